"""
Whether a robot that was sent to a thing has got there, by the simulator's ground truth.

A drive succeeds when, from where the robot ended, it could walk at most ``reach_m`` to a place
from which the target can be seen: it fills at least ``min_fraction`` of the picture of a camera
turned towards it, nothing in between, and it is no farther than ``view_range_m``. Walking distance
counts, so a wall between the robot and the place does; and the bounded range keeps a glimpse
through three open doors from counting. Whether the robot's own final view shows the target, and
how far away the target is, are reported beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import math

import numpy as np

from memory_sim.engines.base import Instance, Pose2D, Simulator

__all__ = ['Criteria', 'Judge', 'DriveVerdict', 'footprint_distance']


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What counts as having got there."""

    #: How far the robot may be from a place that sees the target [m].
    reach_m: float = 1.0
    #: How close that place must be to the target's footprint [m].
    view_range_m: float = 3.0
    #: Share of the picture that the target must fill.
    min_fraction: float = 0.001

    def __post_init__(self) -> None:
        if not 0.0 <= self.reach_m < math.inf:
            raise ValueError(f'reach_m must be finite and >= 0, got {self.reach_m!r}')
        if not 0.0 < self.view_range_m < math.inf:
            raise ValueError(f'view_range_m must be finite and > 0, got {self.view_range_m!r}')
        if not 0.0 < self.min_fraction < 1.0:
            raise ValueError(f'min_fraction must be in (0, 1), got {self.min_fraction!r}')


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveVerdict:
    """How one drive ended."""

    success: bool
    #: Whether the picture taken from the final pose itself shows an acceptable target.
    in_view: bool
    #: From the robot to the footprint of the nearest acceptable target, as the crow flies [m].
    distance_m: float
    #: Nearest acceptable target, or the one that was seen.
    target_id: int
    #: Walk to the place that sees the target [m]; NaN without success.
    walk_m: float


def footprint_distance(pose: Pose2D, instance: Instance) -> float:
    """Horizontal distance from a pose to an instance's box [m]; 0 above or below it."""
    dx = max(0.0, abs(pose.x - instance.center[0]) - 0.5 * instance.extent[0])
    dy = max(0.0, abs(pose.y - instance.center[1]) - 0.5 * instance.extent[1])
    return math.hypot(dx, dy)


class Judge:
    """
    Sees the world as it is. Keeps what it has looked up, so equal questions cost once.

    Give it its own simulator with a small camera: a verdict may need some dozens of pictures.
    """

    #: Places tried around the robot: rings at these shares of ``reach_m``, with so many places.
    _RINGS = ((0.3, 6), (0.65, 10), (1.0, 14))

    def __init__(self, sim: Simulator, criteria: Criteria | None = None) -> None:
        """Judge drives in the world of ``sim``; its robot is not moved."""
        self._sim = sim
        self.criteria = criteria or Criteria()
        self._seen: dict[tuple[float, float, int], bool] = {}

    def judge(self, pose: Pose2D, targets: Sequence[Instance]) -> DriveVerdict:
        """Say how a drive to any of ``targets`` that ended at ``pose`` went."""
        if not targets:
            raise ValueError('a question needs at least one acceptable target')
        ranked = sorted(targets, key=lambda t: (footprint_distance(pose, t), t.id))
        in_view = self.shows(pose, ranked)
        for place, walk_m in self._places(pose, ranked[0]):
            for target in ranked:
                if self._visible_from(place, target):
                    return DriveVerdict(
                        success=True,
                        in_view=in_view,
                        distance_m=footprint_distance(pose, ranked[0]),
                        target_id=target.id,
                        walk_m=walk_m,
                    )
        return DriveVerdict(
            success=False,
            in_view=in_view,
            distance_m=footprint_distance(pose, ranked[0]),
            target_id=ranked[0].id,
            walk_m=math.nan,
        )

    def shows(self, pose: Pose2D, targets: Sequence[Instance]) -> bool:
        """Whether the picture from ``pose`` itself shows a target close and large enough."""
        near = [t for t in targets if footprint_distance(pose, t) <= self.criteria.view_range_m]
        if not near:
            return False
        return self._fills_enough(pose, near)

    def _fills_enough(self, pose: Pose2D, targets: Sequence[Instance]) -> bool:
        camera = self._sim.camera
        need = self.criteria.min_fraction * camera.width * camera.height
        pixels = self._sim.seen_from(pose)
        return any(pixels.get(t.id, 0) >= need for t in targets)

    def _visible_from(self, place: Pose2D, target: Instance) -> bool:
        """Whether a camera at ``place``, turned to the target, sees it close and large enough."""
        if footprint_distance(place, target) > self.criteria.view_range_m:
            return False
        key = (round(place.x, 3), round(place.y, 3), target.id)
        if key not in self._seen:
            yaw = math.atan2(target.center[1] - place.y, target.center[0] - place.x)
            turned = Pose2D(x=place.x, y=place.y, yaw_rad=yaw, z=place.z)
            self._seen[key] = self._fills_enough(turned, [target])
        return self._seen[key]

    def _places(self, pose: Pose2D, nearest: Instance) -> Iterator[tuple[Pose2D, float]]:
        """Yield places within walking reach of a pose, and the walk to each [m]."""
        reach = self.criteria.reach_m
        if footprint_distance(pose, nearest) > reach + self.criteria.view_range_m:
            return
        yield pose, 0.0
        for share, count in self._RINGS:
            for i in range(count):
                angle = 2.0 * math.pi * i / count
                x = pose.x + share * reach * math.cos(angle)
                y = pose.y + share * reach * math.sin(angle)
                place = Pose2D(x=x, y=y, yaw_rad=angle, z=pose.z)
                walk_m = self._walk_m(pose, place)
                if walk_m <= reach + 1e-6:
                    yield place, walk_m

    def _walk_m(self, start: Pose2D, place: Pose2D) -> float:
        """Length of the shortest drivable way [m]; infinite if there is none."""
        if not self._sim.is_navigable(place.x, place.y, place.z):
            return math.inf
        crow = math.hypot(place.x - start.x, place.y - start.y)
        steps = np.linspace(0.0, 1.0, max(2, int(crow / 0.05)))
        line = (
            (start.x + t * (place.x - start.x), start.y + t * (place.y - start.y)) for t in steps
        )
        if all(self._sim.is_navigable(x, y, start.z) for x, y in line):
            return crow
        path = self._sim.shortest_path(start, place)
        if path is None:
            return math.inf
        return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
