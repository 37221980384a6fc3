"""The worker's step: a frame is described, lifted into the map, encoded and stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from memory_node.core.config import PerceptionConfig
from memory_node.core.data import Observation
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.perception.frames import Frame
from memory_node.core.perception.images import Image
from memory_node.core.perception.observer import Frame as PerceivedFrame
from memory_node.core.perception.observer import Perceiver
from memory_node.core.ports import Captioner
from memory_node.ros.settings import NodeConfig

__all__ = ['Observer']

#: What the perceiver leaves out of an observation, by its own name for it.
_LEFT_OUT = {
    'depth_refused': ('depth', 'size or camera_info does not fit the picture'),
    'captions_altered': ('caption', 'characters that are no text were taken off'),
    'detections_refused': ('detections', 'malformed detection'),
}


@dataclass(frozen=True, kw_only=True)
class Observer:
    """Makes observations of frames and stores them; thread-safe if the captioner is."""

    memory: Memory
    captioner: Captioner | None
    node_config: Callable[[], NodeConfig]
    perception: Callable[[], PerceptionConfig]
    #: Told (topic, message) of what had to be left out.
    refuse: Callable[[str, str], None]
    #: Told of each stored observation.
    stored: Callable[[Observation], None]

    def store(self, frame: Frame) -> None:
        """
        Describe and store one keyframe.

        Raises ``CaptionerError``, ``InvalidObservationError`` or what the store raises; depth that
        is malformed costs the sightings their positions, not the observation.
        """
        if frame.camera is None:
            raise InvalidObservationError('frame has no pose')
        color = self._color(frame)
        caption = frame.caption
        perceiver = self._perceiver(keep=frame.picture is not None)
        observation = perceiver.observe(
            PerceivedFrame(
                stamp_ns=frame.stamp_ns,
                color=color,
                pose=frame.camera.map_T_base,
                map_T_camera=frame.camera.map_T_camera,
                depth_m=self._depth(frame),
                intrinsics=frame.intrinsics,
                detections=caption.detections if caption is not None else None,
                caption=caption.text if caption is not None else '',
            )
        )
        self.memory.add(observation)
        self.stored(observation)
        for name, (topic, message) in _LEFT_OUT.items():
            if perceiver.counts.get(name):
                self.refuse(topic, message)

    def _perceiver(self, *, keep: bool) -> Perceiver:
        node_config = self.node_config()
        side_px = 320 if keep and node_config.keep_keyframes else 0
        return Perceiver(
            self.perception(),
            self.captioner,
            map_id=node_config.map_id,
            keyframe_side_px=side_px,
        )

    @staticmethod
    def _color(frame: Frame) -> Image:
        """Return the picture, or a blank one of the camera's size where none was received."""
        if frame.picture is not None:
            return frame.picture.color()
        k = frame.intrinsics
        return np.zeros((k.height, k.width, 3) if k is not None else (480, 640, 3), np.uint8)

    def _depth(self, frame: Frame) -> np.ndarray | None:
        if frame.depth is None:
            return None
        try:
            return frame.depth()
        except MemoryNodeError as error:
            self.refuse('depth', str(error))
            return None
