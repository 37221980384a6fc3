"""A robot on its round: poses, pictures and their stamps, with a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable
import math

from memory_bench.soak.endpoint import picture_of, PLACES
from memory_node.core.config import IngestConfig, KeyframeConfig
from memory_node.core.data import Observation, Pose
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import frame_of, PendingFrame, Picture
from memory_node.core.perception.geometry import camera_mounting
from memory_node.core.perception.images import RawImage
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.ports import Captioner

__all__ = ['START_NS', 'Robot']

START_NS = 1_700_000_000 * 10**9
#: One round leads once through all places [s], on a circle of this radius [m].
_ROUND_S, _RADIUS_M = 240.0, 12.0


class Robot:
    """Drives, looks and hands what it saw to ``keep``: the pipeline of the node without DDS."""

    def __init__(self, captioner: Captioner, keep: Callable[[Observation], None]) -> None:
        """Stand at the start."""
        self.counters = Counters()
        self.faults: list[BaseException] = []
        #: How far the clock is off [ns], and the drive itself [s].
        self.offset_ns = 0
        self._at_s = 0.0
        self._keep = keep
        self._perceiver = Perceiver(captioner=captioner)
        config, keyframes = IngestConfig(), KeyframeConfig()
        self._poses = RobotPoses(lambda: config)
        self._pipeline = Pipeline(
            trigger='image',
            poses=CameraPoses(self._poses, camera_mounting()),
            counters=self.counters,
            config=lambda: config,
            keyframes=lambda: keyframes,
            outlets=Outlets(
                store=self._store,
                refuse=lambda topic, message: None,
                bug=self.faults.append,
                published=lambda: frozenset({'image'}),
            ),
            clock=lambda: self._at_s,
        )

    def now_ns(self, at_s: float) -> int:
        """Return what the clock says at a moment of the drive."""
        return START_NS + round(at_s * 1e9) + self.offset_ns

    def move(self, at_s: float) -> None:
        """Tell where the robot is."""
        self._at_s = at_s
        turn = 2.0 * math.pi * at_s / _ROUND_S
        position = (_RADIUS_M * math.cos(turn), _RADIUS_M * math.sin(turn), 0.0)
        pose = Pose.from_yaw(position, math.remainder(turn + math.pi / 2, 2.0 * math.pi))
        self._poses.add(self.now_ns(at_s), pose, frame_id='map', child_frame_id='base_link')
        self._pipeline.moved()

    def look(self, at_s: float) -> None:
        """Take a picture of the place the robot is at; what is ready is described and kept."""
        place = int(at_s / _ROUND_S * len(PLACES)) % len(PLACES)
        color = picture_of(place)
        height, width = color.shape[:2]
        raw = RawImage(
            height=height, width=width, encoding='rgb8', step=3 * width, data=color.tobytes()
        )
        self._pipeline.image(self.now_ns(at_s), 'camera', Picture(raw))

    def work(self, *, last: bool = False) -> None:
        """Describe and keep what is ready."""
        self._pipeline.work_off(last=last)

    def _store(self, pending: PendingFrame) -> None:
        frame = frame_of(pending, lambda topic, message: None)
        self._keep(self._perceiver.observe(frame))
        self.counters.count('stored')
