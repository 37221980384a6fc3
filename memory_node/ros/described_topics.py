"""Topics on which detectors and captioners of others say what they see."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from memory_msgs.msg import Caption, DetectionArray
from rclpy.qos import QoSProfile

from memory_node.core.perception import descriptions
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.ports import Caption as Said
from memory_node.ros import qos

__all__ = ['DescribedTopics']

Read = Callable[[Any], tuple[Said | None, list[str]]]


Handler = Callable[[int, Any], None]
#: Subscribes to a type on a topic, of which each message and its stamp [ns] are handed on.
Listen = Callable[[type, str, Handler, QoSProfile], None]
#: The same for what holds until the next message, whether it is latched or not.
ListenFixed = Callable[[type, str, Handler], None]


class DescribedTopics:
    """
    Subscribes to what ``perception.captioner`` names: ``detections`` or ``caption``.

    ``detections`` takes arrays of three kinds, each on its own topic: ``detections``
    (memory_msgs), ``detections_2d`` and ``detections_3d`` (vision_msgs, where that is installed).
    Class ids that are numbers get their names from ``label_info`` or ``perception.classes_path``.
    """

    def __init__(
        self,
        captioner: str,
        listen: Listen,
        listen_fixed: ListenFixed,
        *,
        names: ClassNames,
        described: Callable[[str, int, Any, Said | None, list[str]], None],
        say: Callable[[str], None],
    ) -> None:
        """Subscribe; ``described`` is given what each message of a topic says."""
        self._listen, self._listen_fixed = listen, listen_fixed
        self._names = names
        self._described = described
        self._say = say
        self._told: set[str] = set()
        self._topics: list[str] = []
        if captioner == 'caption':
            self._take(Caption, 'caption', descriptions.caption_from_text)
        elif captioner == 'detections':
            self._take(DetectionArray, 'detections', descriptions.caption_from_detections)
            if find_spec('vision_msgs') is not None:
                self._take_vision()

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that say what was seen; none where the node looks at pictures itself."""
        return tuple(self._topics)

    def _take_vision(self) -> None:
        from vision_msgs import msg as vision

        self._take(
            vision.Detection2DArray,
            'detections_2d',
            lambda msg: descriptions.caption_from_vision_2d(msg, self._names),
        )
        self._take(
            vision.Detection3DArray,
            'detections_3d',
            lambda msg: descriptions.caption_from_vision_3d(msg, self._names),
        )
        if hasattr(vision, 'LabelInfo'):
            self._listen_fixed(vision.LabelInfo, 'label_info', self._on_label_info)
        self._listen_fixed(vision.VisionInfo, 'vision_info', self._on_vision_info)

    def _take(self, kind: type, topic: str, read: Read) -> None:
        def handle(stamp_ns: int, msg: Any) -> None:
            caption, refused = read(msg)
            self._described(topic, stamp_ns, msg, caption, refused)

        self._topics.append(topic)
        self._listen(kind, topic, handle, qos.DETECTIONS)

    def _on_label_info(self, stamp_ns: int, msg: Any) -> None:
        self._names.learn((c.class_id, c.class_name) for c in msg.class_map)
        self._say_once(f'label_info names {len(msg.class_map)} classes')

    def _on_vision_info(self, stamp_ns: int, msg: Any) -> None:
        if not len(self._names):
            self._say_once(
                f'vision_info says that {msg.method!r} keeps its class names at'
                f' {msg.database_location!r}: set perception.classes_path to a file of them, or'
                ' publish them on label_info'
            )

    def _say_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)
