"""
What every simulator gives the harness, whichever engine draws its pictures.

Worlds are in REP-103 axes (x forward, y left, z up, metres, radians) in a frame ``map`` whose
origin is the world's. Backends convert at their own edge and nowhere else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    'CameraModel',
    'Engine',
    'Frame',
    'GroundTruth',
    'Instance',
    'Pose2D',
    'Region',
    'Simulator',
    'StepResult',
    'VelocityCommand',
]

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraModel:
    """A pinhole camera fixed to the robot; its optical frame is z forward, x right, y down."""

    width: int = 640
    height: int = 480
    #: Horizontal field of view [rad].
    hfov_rad: float = 1.3963
    #: Height of the optical centre above the floor [m].
    height_m: float = 1.2
    #: Downward tilt about the robot's y axis [rad].
    pitch_rad: float = 0.15
    #: Hits farther than this have depth 0 [m].
    max_depth_m: float = 10.0

    def __post_init__(self) -> None:
        for name in ('width', 'height'):
            if not 2 <= getattr(self, name) <= 4096:
                raise ValueError(f'camera {name} must be in [2, 4096], got {getattr(self, name)}')

    @property
    def intrinsics(self) -> NDArray[np.float64]:
        """The (3, 3) matrix K [pixels]; pixel centres are at integer coordinates."""
        f = 0.5 * self.width / np.tan(0.5 * self.hfov_rad)
        cx, cy = 0.5 * (self.width - 1), 0.5 * (self.height - 1)
        return np.array([[f, 0.0, cx], [0.0, f, cy], [0.0, 0.0, 1.0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose2D:
    """Where a wheeled robot stands: x, y, floor height z [m] and heading [rad]."""

    x: float
    y: float
    yaw_rad: float
    z: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VelocityCommand:
    """Forward speed [m/s] and turn rate [rad/s], as in a planar ``geometry_msgs/Twist``."""

    linear_m_s: float = 0.0
    angular_rad_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step did."""

    pose: Pose2D
    stamp_ns: int
    collided: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """What the camera saw: all pictures share size, stamp and pose."""

    stamp_ns: int
    pose: Pose2D
    #: (H, W, 3) uint8 RGB.
    color: NDArray[np.uint8]
    #: (H, W) float32 z-depth [m], 0 for no hit.
    depth: NDArray[np.float32]
    #: (H, W) int32 instance ids, 0 for walls, floors and nothing.
    instances: NDArray[np.int32]
    #: (H, W) int32 class ids into ``GroundTruth.classes``, 0 for background.
    classes: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One physical thing in the world."""

    id: int
    label: str
    #: Centre and full size of its axis-aligned box [m].
    center: Vector3
    extent: Vector3
    region_id: int
    #: For example ``{'color': 'red', 'material': 'wood'}``.
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: What one can do with it, for example ``('wash hands',)``.
    affordances: tuple[str, ...] = ()
    #: What it is for, for example ``('gives running water',)``.
    functions: tuple[str, ...] = ()
    #: Storey it stands on, 0 at the ground.
    floor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A room or area: what people call a place."""

    id: int
    #: For example ``kitchen``.
    kind: str
    name: str
    #: Floor polygon as (x, y) corners [m].
    polygon: tuple[tuple[float, float], ...]
    floor: int = 0
    #: Height of its floor [m].
    elevation_m: float = 0.0
    #: What one can do there, and what it is for.
    affordances: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruth:
    """What is really there; the judge's, never the memory's."""

    instances: tuple[Instance, ...]
    regions: tuple[Region, ...]
    #: Class names by class id; entry 0 is ``background``.
    classes: tuple[str, ...]


class Simulator(Protocol):
    """A world with one robot in it. Not thread-safe: one owner drives it."""

    @property
    def camera(self) -> CameraModel:
        """The robot's camera."""

    @property
    def ground_truth(self) -> GroundTruth:
        """Instances and regions of the world."""

    @property
    def pose(self) -> Pose2D:
        """The robot's true pose."""

    @property
    def stamp_ns(self) -> int:
        """Simulated time since reset [ns]."""

    def reset(self, *, seed: int = 0, pose: Pose2D | None = None) -> Pose2D:
        """Set time to 0 and put the robot at ``pose``, or at a free one drawn with ``seed``."""

    def step(self, command: VelocityCommand, dt_s: float) -> StepResult:
        """Drive for ``dt_s``; the robot slides to a stop at obstacles."""

    def observe(self) -> Frame:
        """Draw what the camera sees now."""

    def observe_from(self, pose: Pose2D) -> Frame:
        """Draw what the camera would see from ``pose``, without moving the robot."""

    def seen_from(self, pose: Pose2D) -> Mapping[int, int]:
        """Return how many pixels each object fills in the picture from ``pose``, by id."""

    def is_navigable(self, x: float, y: float, z: float = 0.0) -> bool:
        """Whether the robot's footprint fits at (x, y) on the floor at height z."""

    def shortest_path(self, start: Pose2D, goal: Pose2D) -> NDArray[np.float64] | None:
        """Return the (N, 3) drivable path [m] from start to goal, or None if there is none."""

    def close(self) -> None:
        """Free what the engine holds."""


class Engine(ABC):
    """What the engines have in common: the camera, the robot's pose and clock, reset and step."""

    def __init__(self, camera: CameraModel | None) -> None:
        """Begin at the origin at time 0; the default camera if None."""
        self._camera = camera or CameraModel()
        self._stamp_ns, self._pose = 0, Pose2D(x=0.0, y=0.0, yaw_rad=0.0)

    @property
    def camera(self) -> CameraModel:
        """The robot's camera."""
        return self._camera

    @property
    def pose(self) -> Pose2D:
        """The robot's true pose."""
        return self._pose

    @property
    def stamp_ns(self) -> int:
        """Simulated time since reset [ns]."""
        return self._stamp_ns

    def reset(self, *, seed: int = 0, pose: Pose2D | None = None) -> Pose2D:
        """
        Set time to 0 and put the robot at ``pose``, or at a free one drawn with ``seed``.

        Raises
        ------
        ValueError
            If the robot does not fit at ``pose``.

        """
        if pose is None:
            pose = self._free_pose(np.random.default_rng(seed))
        elif not self.is_navigable(pose.x, pose.y, pose.z):
            raise ValueError(f'the robot does not fit at ({pose.x}, {pose.y}, {pose.z})')
        self._pose, self._stamp_ns = pose, 0
        return pose

    def step(self, command: VelocityCommand, dt_s: float) -> StepResult:
        """
        Drive for ``dt_s``; the robot slides to a stop at obstacles.

        Raises
        ------
        ValueError
            If the command is not finite or ``dt_s`` is not positive and finite.

        """
        self._pose, collided = self._driven(command, dt_s)
        self._stamp_ns += round(dt_s * 1e9)
        return StepResult(pose=self._pose, stamp_ns=self._stamp_ns, collided=collided)

    def observe(self) -> Frame:
        """Draw what the camera sees now."""
        return self.observe_from(self._pose)

    def seen_from(self, pose: Pose2D) -> dict[int, int]:
        """Return how many pixels each object fills in the picture from ``pose``, by id."""
        instances = self._instances(pose)
        ids, counts = np.unique(instances[instances > 0], return_counts=True)
        return dict(zip(ids.tolist(), counts.tolist(), strict=True))

    @abstractmethod
    def observe_from(self, pose: Pose2D) -> Frame:
        """Draw what the camera would see from ``pose``, without moving the robot."""

    @abstractmethod
    def is_navigable(self, x: float, y: float, z: float = 0.0) -> bool:
        """Whether the robot's footprint fits at (x, y) on the floor at height z."""

    @abstractmethod
    def _free_pose(self, rng: np.random.Generator) -> Pose2D:
        """Draw a pose at which the robot has room."""

    @abstractmethod
    def _driven(self, command: VelocityCommand, dt_s: float) -> tuple[Pose2D, bool]:
        """Return where a command takes the robot, and whether it ran into something."""

    @abstractmethod
    def _instances(self, pose: Pose2D) -> NDArray[np.int32]:
        """Return the (H, W) object ids of the picture from ``pose``, 0 for none."""
