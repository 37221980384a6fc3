"""The simulated robot explores a world; what it sees goes through the pipeline of the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.data import Observation, Pose
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import DepthPicture, frame_of, PendingFrame, Picture
from memory_node.core.perception.geometry import camera_mounting, Intrinsics
from memory_node.core.perception.images import RawImage
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.ports import Caption, Detection, SignReader
from memory_sim.engines.base import CameraModel, Frame
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.exploration.explorer import Budget, Explorer
from memory_sim.robot.detector_noise import SimulatedDetection
from memory_sim.robot.robot import RobotConfig, SimulatedRobot

__all__ = ['Explored', 'explore']

#: Simulated time of day at which a drive begins [ns].
_START_NS = 1_700_000_000 * 10**9
_ODOMETRY_HZ, _CAMERA_HZ = 20.0, 2.5
_OPTICAL = 'camera_optical_frame'


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """How a drive went."""

    distance_m: float
    time_s: float
    #: Why it ended.
    reason: str
    keyframes: int
    #: When it ended [ns].
    stamp_ns: int


def explore(
    sim: EmbeddedSimulator,
    reader: SignReader,
    keep: Callable[[Observation], None],
    *,
    budget: Budget,
    look_spacing_m: float,
    seed: int = 0,
) -> Explored:
    """
    Explore a world and hand every keyframe's observation to ``keep``; equal arguments, equal ones.

    Odometry does not drift; the detector is the simulator's, with its usual faults. It knows no
    signs: they are read off the pictures.
    """
    robot = SimulatedRobot(
        sim, RobotConfig(odometry_rate_hz=_ODOMETRY_HZ, camera_rate_hz=_CAMERA_HZ), seed=seed
    )
    explorer = Explorer(sim.camera, budget=budget, look_spacing_m=look_spacing_m)
    senses = _Senses(sim.camera, reader, keep)
    while not explorer.done:
        tick = robot.tick()
        senses.move(tick.stamp_ns, tick.estimate.x, tick.estimate.y, tick.estimate.yaw_rad)
        if tick.frame is not None:
            senses.see(tick.frame, tick.detections)
            robot.drive(explorer.update(tick.frame.depth, tick.estimate, tick.stamp_ns))
    senses.finish()
    progress = explorer.progress
    return Explored(
        distance_m=progress.distance_m,
        time_s=progress.time_s,
        reason=progress.reason,
        keyframes=senses.kept,
        stamp_ns=_START_NS + sim.stamp_ns,
    )


class _Senses:
    """The pipeline and perceiver of the node, without DDS and in this thread."""

    def __init__(
        self, camera: CameraModel, reader: SignReader, keep: Callable[[Observation], None]
    ) -> None:
        self.kept = 0
        self._keep = keep
        self._now_s = 0.0
        self._config = IngestConfig()
        keyframes = KeyframeConfig()
        self._perceiver = Perceiver(PerceptionConfig(), sign_reader=reader)
        self._poses = RobotPoses(lambda: self._config)
        mounting = camera_mounting((0.0, 0.0, camera.height_m, 0.0, camera.pitch_rad, 0.0))
        self._pipeline = Pipeline(
            trigger='detections',
            poses=CameraPoses(self._poses, mounting),
            counters=Counters(),
            config=lambda: self._config,
            keyframes=lambda: keyframes,
            outlets=Outlets(
                store=self._store,
                refuse=lambda topic, message: None,
                bug=_raise,
                published=lambda: frozenset({'image', 'depth'}),
            ),
            clock=lambda: self._now_s,
        )
        k = camera.intrinsics
        self._pipeline.camera_info(
            Intrinsics(
                width=camera.width, height=camera.height,
                fx=k[0, 0], fy=k[1, 1], cx=k[0, 2], cy=k[1, 2],
            )
        )  # fmt: skip

    def move(self, stamp_ns: int, x: float, y: float, yaw_rad: float) -> None:
        """Tell where the robot is, and store what waited for it."""
        self._now_s = 1e-9 * stamp_ns
        pose = Pose.from_yaw((x, y, 0.0), yaw_rad)
        self._poses.add(_START_NS + stamp_ns, pose, frame_id='map', child_frame_id='base_link')
        self._pipeline.moved()
        self._pipeline.work_off()

    def see(self, frame: Frame, detections: tuple[SimulatedDetection, ...]) -> None:
        """Take a picture with its depth, and what the detector found in it."""
        stamp_ns = _START_NS + frame.stamp_ns
        height, width = frame.color.shape[:2]
        raw = RawImage(
            height=height, width=width, encoding='rgb8', step=3 * width,
            data=frame.color.tobytes(),
        )  # fmt: skip
        depth = np.where(frame.depth > 0.0, frame.depth, np.nan).astype(np.float32)
        self._pipeline.image(stamp_ns, _OPTICAL, Picture(raw))
        self._pipeline.depth(stamp_ns, DepthPicture(decode=lambda: depth, frame_id=_OPTICAL))
        found = tuple(
            Detection(label=d.label, confidence=d.confidence, box_px=d.box_px) for d in detections
        )
        self._pipeline.described(stamp_ns, _OPTICAL, Caption(detections=found))
        self._pipeline.work_off()

    def finish(self) -> None:
        """Store what is left."""
        self._pipeline.work_off(last=True)

    def _store(self, pending: PendingFrame) -> None:
        observation = self._perceiver.observe(frame_of(pending, lambda topic, message: None))
        self._keep(replace(observation, source='simulator'))
        self.kept += 1


def _raise(error: BaseException) -> None:
    raise error
