"""Wheel odometry: the true motion, with the drift that wheels have when asked for."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from memory_sim.engines.base import Pose2D

__all__ = ['Drift', 'DriftingOdometry', 'compose', 'relative']


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How fast the estimate leaves the truth; all zero gives perfect odometry."""

    #: Scale error of driven distance, for example 0.01 for 1 %.
    scale: float = 0.0
    #: Random heading walk [rad / sqrt(m)] and position walk [m / sqrt(m)].
    heading: float = 0.0
    position: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.scale) < 0.5:
            raise ValueError(f'scale must be in (-0.5, 0.5), got {self.scale!r}')
        for name in ('heading', 'position'):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f'{name} must be finite and >= 0, got {getattr(self, name)!r}')


def relative(origin: Pose2D, target: Pose2D) -> Pose2D:
    """Express ``target`` in the frame of ``origin``."""
    dx, dy = target.x - origin.x, target.y - origin.y
    c, s = math.cos(origin.yaw_rad), math.sin(origin.yaw_rad)
    return Pose2D(
        x=c * dx + s * dy,
        y=-s * dx + c * dy,
        yaw_rad=math.remainder(target.yaw_rad - origin.yaw_rad, 2.0 * math.pi),
        z=target.z - origin.z,
    )


def compose(origin: Pose2D, offset: Pose2D) -> Pose2D:
    """Express ``offset``, given in the frame of ``origin``, in the parent of that frame."""
    c, s = math.cos(origin.yaw_rad), math.sin(origin.yaw_rad)
    return Pose2D(
        x=origin.x + c * offset.x - s * offset.y,
        y=origin.y + s * offset.x + c * offset.y,
        yaw_rad=math.remainder(origin.yaw_rad + offset.yaw_rad, 2.0 * math.pi),
        z=origin.z + offset.z,
    )


class DriftingOdometry:
    """Integrates true motion with noise; starts at the true pose, so map and odom coincide."""

    def __init__(self, start: Pose2D, drift: Drift | None = None, *, seed: int = 0) -> None:
        """Start at the true pose ``start``."""
        self._truth = start
        self._estimate = start
        self._drift = drift or Drift()
        self._rng = np.random.default_rng((seed, 3))

    @property
    def estimate(self) -> Pose2D:
        """Where the wheels believe the robot is."""
        return self._estimate

    def update(self, truth: Pose2D) -> Pose2D:
        """Add the motion since the last call and return the new estimate."""
        if self._drift == Drift():
            self._truth = self._estimate = truth
            return truth
        motion = relative(self._truth, truth)
        root = math.sqrt(math.hypot(motion.x, motion.y) + 0.2 * abs(motion.yaw_rad))
        heading, dx, dy = self._rng.normal(size=3) * root
        noisy = Pose2D(
            x=motion.x * (1.0 + self._drift.scale) + self._drift.position * dx,
            y=motion.y * (1.0 + self._drift.scale) + self._drift.position * dy,
            yaw_rad=motion.yaw_rad + self._drift.heading * heading,
            z=motion.z,
        )
        self._truth = truth
        self._estimate = compose(self._estimate, noisy)
        return self._estimate

    def to_truth(self, pose: Pose2D) -> Pose2D:
        """Move a pose from the estimate's frame to the world, as the robot's drift is now."""
        return compose(self._truth, relative(self._estimate, pose))
