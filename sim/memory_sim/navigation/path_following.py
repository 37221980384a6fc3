"""Turns a path into velocity commands: what drives the robot, to frontiers and to goals alike."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import Pose2D, VelocityCommand

__all__ = ['PathFollower', 'SpeedLimits', 'turn_command', 'wrap_angle']


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedLimits:
    """How fast the robot may drive and turn."""

    linear_m_s: float = 0.8
    angular_rad_s: float = 1.4

    def __post_init__(self) -> None:
        for name in ('linear_m_s', 'angular_rad_s'):
            value = getattr(self, name)
            if not 0.0 < value < math.inf:
                raise ValueError(f'{name} must be finite and > 0, got {value!r}')


def wrap_angle(angle_rad: float) -> float:
    """Express an angle in (-pi, pi] [rad]."""
    wrapped = math.remainder(angle_rad, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


def turn_command(error_rad: float, limits: SpeedLimits, *, gain: float = 2.5) -> VelocityCommand:
    """Turn on the spot so that a heading error [rad] vanishes."""
    rate = min(limits.angular_rad_s, max(-limits.angular_rad_s, gain * error_rad))
    return VelocityCommand(angular_rad_s=rate)


class PathFollower:
    """
    Pure pursuit along a polyline, then a turn on the spot to the final heading.

    ``command`` is called with the newest pose for as long as ``arrived`` is false. A heading error
    above ``turn_first_rad`` is turned away before the robot drives, so it never swings wide in
    narrow rooms.
    """

    def __init__(
        self,
        path: NDArray[np.float64],
        final_yaw_rad: float | None = None,
        *,
        limits: SpeedLimits | None = None,
        lookahead_m: float = 0.35,
        slow_within_m: float = 0.5,
        position_tolerance_m: float = 0.08,
        yaw_tolerance_rad: float = 0.06,
        turn_first_rad: float = 0.7,
    ) -> None:
        """Follow ``path`` of shape (N, 2) or (N, 3), N >= 1 [m]; raise ``ValueError`` else."""
        points = np.asarray(path, dtype=np.float64)
        if points.ndim != 2 or points.shape[0] < 1 or points.shape[1] not in (2, 3):
            raise ValueError(f'path must have shape (N, 2) or (N, 3), N >= 1, got {points.shape}')
        if not np.isfinite(points).all():
            raise ValueError('path must be finite')
        self._points = points[:, :2]
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)
        self._arc = np.concatenate([[0.0], np.cumsum(steps)])
        self._final_yaw = final_yaw_rad
        self._limits = limits or SpeedLimits()
        self._lookahead = lookahead_m
        self._slow_within = slow_within_m
        self._tolerance = (position_tolerance_m, yaw_tolerance_rad)
        self._turn_first = turn_first_rad
        self._progress = 0.0
        self._at_end = False
        self.arrived = False

    @property
    def length_m(self) -> float:
        """Length of the whole path [m]."""
        return float(self._arc[-1])

    @property
    def remaining_m(self) -> float:
        """Length of path still ahead [m]."""
        return 0.0 if self._at_end else self.length_m - self._progress

    def _point_at(self, arc_m: float) -> tuple[float, float]:
        x = np.interp(arc_m, self._arc, self._points[:, 0])
        y = np.interp(arc_m, self._arc, self._points[:, 1])
        return float(x), float(y)

    def _advance(self, pose: Pose2D) -> None:
        """Move progress to the nearest point ahead, searching one metre so loops are not cut."""
        window = np.linspace(
            self._progress, min(self._progress + 1.0, self.length_m), num=41, dtype=np.float64
        )
        x = np.interp(window, self._arc, self._points[:, 0])
        y = np.interp(window, self._arc, self._points[:, 1])
        self._progress = float(window[int(np.argmin(np.hypot(x - pose.x, y - pose.y)))])

    def command(self, pose: Pose2D) -> VelocityCommand:
        """Return the velocity for now; zero once arrived."""
        if self.arrived:
            return VelocityCommand()
        self._advance(pose)
        end_x, end_y = self._points[-1]
        distance = math.hypot(end_x - pose.x, end_y - pose.y)
        if not self._at_end and (
            distance > self._tolerance[0] or self.length_m - self._progress > self._lookahead
        ):
            return self._drive(pose, distance)
        self._at_end = True
        return self._turn(pose)

    def _drive(self, pose: Pose2D, distance_m: float) -> VelocityCommand:
        x, y = self._point_at(self._progress + self._lookahead)
        error = wrap_angle(math.atan2(y - pose.y, x - pose.x) - pose.yaw_rad)
        if abs(error) > self._turn_first:
            return turn_command(error, self._limits)
        slow = min(1.0, max(0.2, distance_m / self._slow_within))
        speed = self._limits.linear_m_s * slow * math.cos(error) ** 2
        turn = turn_command(error, self._limits)
        return VelocityCommand(linear_m_s=speed, angular_rad_s=turn.angular_rad_s)

    def _turn(self, pose: Pose2D) -> VelocityCommand:
        if self._final_yaw is None:
            self.arrived = True
            return VelocityCommand()
        error = wrap_angle(self._final_yaw - pose.yaw_rad)
        if abs(error) <= self._tolerance[1]:
            self.arrived = True
            return VelocityCommand()
        return turn_command(error, self._limits)
