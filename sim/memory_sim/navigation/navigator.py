"""The simulated robot's own navigation: drives to a goal on the simulator's shortest path."""

from __future__ import annotations

from enum import Enum
import math

from memory_sim.engines.base import Pose2D, Simulator, VelocityCommand
from memory_sim.navigation.path_following import PathFollower, SpeedLimits

__all__ = ['NavigationState', 'Navigator', 'nearest_navigable']


class NavigationState(str, Enum):
    """What became of the newest goal."""

    IDLE = 'idle'
    DRIVING = 'driving'
    ARRIVED = 'arrived'
    FAILED = 'failed'
    CANCELED = 'canceled'


def nearest_navigable(sim: Simulator, goal: Pose2D, within_m: float = 0.6) -> Pose2D | None:
    """Return ``goal`` moved to the closest spot the robot fits on, or None beyond the limit."""
    if sim.is_navigable(goal.x, goal.y, goal.z):
        return goal
    for ring in range(1, int(within_m / 0.05) + 1):
        radius = 0.05 * ring
        steps = max(8, int(2.0 * math.pi * radius / 0.05))
        for i in range(steps):
            angle = 2.0 * math.pi * i / steps
            x, y = goal.x + radius * math.cos(angle), goal.y + radius * math.sin(angle)
            if sim.is_navigable(x, y, goal.z):
                return Pose2D(x=x, y=y, yaw_rad=goal.yaw_rad, z=goal.z)
    return None


class Navigator:
    """
    Follows one goal at a time; a newer goal replaces the older.

    Like a robot's own navigation stack it knows the floor plan, and nothing about what the memory
    is looking for. A robot that makes no way for ``patience_s`` plans again, at most twice.
    """

    def __init__(
        self, sim: Simulator, limits: SpeedLimits | None = None, *, patience_s: float = 3.0
    ) -> None:
        """Drive the robot of ``sim`` within the limits."""
        self._sim = sim
        self._limits = limits or SpeedLimits()
        self._patience_ns = int(patience_s * 1e9)
        self._goal: Pose2D | None = None
        self._follower: PathFollower | None = None
        self._best = (math.inf, 0)
        self._replans = 0
        self.state = NavigationState.IDLE

    def start(self, goal: Pose2D) -> bool:
        """Plan to a goal; return False, and fail, when it cannot be reached."""
        self._replans = 0
        return self._plan(goal)

    def _plan(self, goal: Pose2D) -> bool:
        self._goal, self._follower = goal, None
        spot = nearest_navigable(self._sim, goal)
        path = None if spot is None else self._sim.shortest_path(self._sim.pose, spot)
        if path is None:
            self.state = NavigationState.FAILED
            return False
        self._follower = PathFollower(path, goal.yaw_rad, limits=self._limits)
        self._best = (math.inf, self._sim.stamp_ns)
        self.state = NavigationState.DRIVING
        return True

    def cancel(self) -> None:
        """Forget the goal if one is being driven to."""
        if self.state is NavigationState.DRIVING:
            self.state = NavigationState.CANCELED
        self._follower = None

    def command(self) -> VelocityCommand:
        """Return the velocity for now; zero unless driving."""
        if self._follower is None or self._goal is None:
            return VelocityCommand()
        command = self._follower.command(self._sim.pose)
        if self._follower.arrived:
            self.state, self._follower = NavigationState.ARRIVED, None
            return VelocityCommand()
        self._watch(self._goal)
        return command if self._follower is not None else VelocityCommand()

    def _watch(self, goal: Pose2D) -> None:
        if self._follower is None:
            return
        remaining, now_ns = self._follower.remaining_m, self._sim.stamp_ns
        if remaining < self._best[0] - 0.05 or (remaining == 0.0 and self._best[0] > 0.0):
            self._best = (remaining, now_ns)
        elif now_ns - self._best[1] > self._patience_ns:
            self._replans += 1
            if self._replans > 2:
                self.state, self._follower = NavigationState.FAILED, None
            else:
                self._plan(goal)
