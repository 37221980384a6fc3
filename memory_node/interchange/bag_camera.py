"""What one camera of a recording brings, fed to a pipeline of its own and described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception import descriptions
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth
from memory_node.core.perception.frames import (
    DepthPicture,
    frame_of,
    PendingFrame,
    Picture,
    PoseSource,
)
from memory_node.core.perception.geometry import Intrinsics
from memory_node.core.perception.messages import intrinsics_from_msg, is_rectified, raw_image
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.ports import Caption, Captioner, SignReader
from memory_node.interchange.topics import DESCRIPTIONS

__all__ = ['DETECTORS', 'BagCamera', 'BagSettings']

#: Captioners that need ``detector``.
DETECTORS = ('onnx', 'yolox')


@dataclass(frozen=True, slots=True, kw_only=True)
class BagSettings:
    """How a recording is read and described."""

    #: What looks at the pictures: one of ``DETECTORS``, whose model is ``detector``, or a plug-in.
    captioner: str = 'onnx'
    detector: Path | None = None
    #: Class names of the detector, or of recorded detections whose class_id is a number.
    classes: Path | None = None
    min_confidence: float = 0.3
    #: What reads the signs in the pictures, as ``perception.signs``.
    signs: str = 'none'
    map_id: str | None = None
    #: Names of the cameras to take, each a part of the names of its topics; empty: the best one.
    cameras: tuple[str, ...] = ()
    #: (x, y, z, roll, pitch, yaw) of the camera's link in the frame that odometry moves [m, rad];
    #: None leaves it to TF.
    camera: tuple[float, ...] | None = None
    #: The same by the name of the camera, where there are several.
    mountings: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    #: Role to topic, where type, name and frame do not tell; ``front/depth`` is of one camera.
    topics: Mapping[str, str] = field(default_factory=dict)
    #: Metres per count of depth; 0: by its encoding.
    depth_unit_m: float = 0.0
    #: Depth is registered to colour, whatever their frames are called.
    depth_registered: bool = False
    #: Whether pictures come without distortion, as ``camera.rectified``.
    rectified: str = 'auto'
    ingest: IngestConfig = field(default_factory=IngestConfig)


class BagCamera:
    """One camera; ``done`` gets its observations, ``unread`` what detectors said amiss."""

    def __init__(
        self,
        name: str,
        settings: BagSettings,
        captioner: Captioner | None,
        *,
        sign_reader: SignReader | None = None,
        roles: Mapping[str, str],
        poses: PoseSource,
        ingest: IngestConfig,
        map_for: Callable[[str], str],
        refuse: Callable[[str, str, str], None],
        clock: Callable[[], float],
    ) -> None:
        """Read nothing yet; ``roles`` are by topic; ``refuse`` is told the name, role and why."""
        self._name = name
        self.done: list[Observation] = []
        self.unread: Counter[str] = Counter()
        self._unit_m = settings.depth_unit_m
        self._map_for = map_for
        self._refuse = partial(refuse, name)
        self._names = ClassNames(str(settings.classes or '') if captioner is None else '')
        self._captioner = captioner
        self._sign_reader = sign_reader
        self._roles, self._rectified = roles, settings.rectified
        self.described = next((r for r in DESCRIPTIONS if r in roles.values()), '')
        self._perception = PerceptionConfig(
            captioner='caption' if self.described == 'caption' else 'detections',
            min_confidence=settings.min_confidence,
        )
        self._perceivers: dict[str, Perceiver] = {}
        published = frozenset(role.split('/')[0] for role in roles.values())
        keyframes = KeyframeConfig()
        self.pipeline = Pipeline(
            trigger=self.described or 'image',
            poses=poses,
            counters=Counters(),
            config=lambda: ingest,
            keyframes=lambda: keyframes,
            outlets=Outlets(
                store=self._store,
                refuse=self._refuse,
                bug=_raise,
                published=lambda: published,
            ),
            depth_is_registered=settings.depth_registered,
            clock=clock,
            capacity=max(64, round(60 * ingest.companion_timeout_s)),
        )

    @property
    def counts(self) -> Counter[str]:
        """What was seen, as ``Perceiver`` counts it."""
        return sum((Counter(p.counts) for p in self._perceivers.values()), Counter())

    @property
    def unplaced(self) -> Counter[str]:
        """How many sightings got no position, by the reason."""
        return sum((Counter(p.unplaced) for p in self._perceivers.values()), Counter())

    def take(self, role: str, stamp: int, message: Any) -> None:
        """Hand a message to the pipeline; what is wrong with it is refused."""
        try:
            self._take(role, stamp, message)
        except MemoryNodeError as error:
            self._refuse(role, str(error))

    def _take(self, role: str, stamp: int, message: Any) -> None:
        frame_id = descriptions.header_of(message).frame_id.lstrip('/')
        if role == 'image':
            self.pipeline.image(stamp, frame_id, Picture(raw_image(message)))
        elif role == 'image/compressed':
            self.pipeline.image(stamp, frame_id, Picture(bytes(message.data)))
        elif role == 'depth':
            decode = partial(decode_depth, raw_image(message), self._unit_m)
            self.pipeline.depth(stamp, DepthPicture(decode=decode, frame_id=frame_id))
        elif role == 'depth/compressedDepth':
            decode = partial(decode_compressed_depth, message.data, message.format, self._unit_m)
            self.pipeline.depth(stamp, DepthPicture(decode=decode, frame_id=frame_id))
        elif role == 'camera_info':
            self.pipeline.camera_info(self._intrinsics('image', message))
        elif role == 'depth/camera_info':
            self.pipeline.depth_camera_info(self._intrinsics('depth', message))
        elif role == 'label_info':
            self._names.learn((c.class_id, c.class_name) for c in message.class_map)
        else:
            self._described(role, stamp, frame_id, message)

    def _intrinsics(self, picture: str, message: Any) -> Intrinsics:
        topics = (t for t, role in self._roles.items() if role.split('/')[0] == picture)
        topic = next((t for t in topics if not t.endswith('camera_info')), '')
        return intrinsics_from_msg(message, rectified=is_rectified(topic, self._rectified))

    def _described(self, role: str, stamp: int, frame_id: str, message: Any) -> None:
        caption: Caption | None
        if role == 'detections':
            caption, refused = descriptions.caption_from_detections(message)
        elif role == 'detections_2d':
            caption, refused = descriptions.caption_from_vision_2d(message, self._names)
        elif role == 'detections_3d':
            caption, refused = descriptions.caption_from_vision_3d(message, self._names)
        else:
            caption, refused = descriptions.caption_from_text(message)
        self.unread.update(f'{role}: {reason}' for reason in refused)
        if caption is not None:
            self.pipeline.described(stamp, frame_id, caption)

    def _store(self, pending: PendingFrame) -> None:
        frame = frame_of(pending, self._refuse)
        map_id = self._map_for(frame.fixed_frame)
        if map_id not in self._perceivers:
            self._perceivers[map_id] = Perceiver(
                self._perception,
                self._captioner,
                sign_reader=self._sign_reader,
                map_id=map_id,
                camera=self._name,
            )
        self.done.append(self._perceivers[map_id].observe(frame))


def _raise(error: BaseException) -> None:
    raise error
