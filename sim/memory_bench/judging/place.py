"""Whether an answer is right, by what is really there; no picture is drawn for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_bench.world.analytic import Ground
from memory_bench.world.roadmap import Roadmap
from memory_sim.demo.judge import Judge
from memory_sim.engines.base import Instance, Pose2D, Vector3

__all__ = [
    'PictureJudge',
    'PlaceJudge',
    'PlaceVerdict',
    'view_range_m',
]

IntArray = NDArray[np.int64]

#: How far the robot may walk to a place that sees the target [m].
_REACH_M = 1.0
#: Places tried around the robot: rings at these shares of the reach, with so many places.
_RINGS = ((0.3, 6), (0.65, 10), (1.0, 14))
#: How close that place must be to the target's box, below a roof and under the sky [m].
_VIEW_INDOORS_M, _VIEW_OUTDOORS_M = 3.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceVerdict:
    """How good a place is as an answer."""

    success: bool
    #: Driving distance to the nearest place that would have been right [m]; infinite if none.
    distance_m: float
    #: Driving distance from where the robot stood [m].
    path_m: float


def view_range_m(ground: Ground, instance: Instance) -> float:
    """Return from how far a thing counts as seen [m]."""
    room = ground.rooms.get(instance.region_id)
    under_roof = room is None or not room.outdoor
    return _VIEW_INDOORS_M if under_roof else _VIEW_OUTDOORS_M


class PlaceJudge:
    """Judges places in one world. Keeps what it has looked up."""

    def __init__(self, ground: Ground, roadmap: Roadmap) -> None:
        """Judge by the ground and the driving distances on the roadmap."""
        self._ground, self._roadmap = ground, roadmap
        self._right: dict[tuple[int, Vector3], IntArray] = {}
        #: Methods answer with the same observations again and again.
        self._stood: dict[Vector3, NDArray[np.float64]] = {}
        rings = [
            (share * math.cos(2.0 * math.pi * i / n), share * math.sin(2.0 * math.pi * i / n), 0.0)
            for share, n in _RINGS
            for i in range(n)
        ]
        self._rings = _REACH_M * np.array(rings)

    def right_places(self, targets: Sequence[Instance], areas: frozenset[int]) -> IntArray:
        """Return the places of the roadmap that see a target, or lie in one of the areas."""
        found = [np.flatnonzero(np.isin(self._roadmap.regions, sorted(areas)))]
        for target in targets:
            key = (target.id, target.center)
            if key not in self._right:
                reach = view_range_m(self._ground, target)
                seen = self._ground.sees(self._roadmap.points, target, range_m=reach)
                self._right[key] = np.flatnonzero(seen)
            found.append(self._right[key])
        return np.unique(np.concatenate(found))

    def walk_to_m(self, start: Vector3, target: Instance) -> float:
        """Return the driving distance to the nearest place that sees a thing [m]."""
        places = self.right_places([target], frozenset())
        distances = self._roadmap.distances(self._roadmap.nearest(start))
        return float(distances[places].min()) if len(places) else math.inf

    def shortest_m(
        self, start: Vector3, targets: Sequence[Instance], areas: frozenset[int]
    ) -> float:
        """Return the driving distance to the nearest right place [m]."""
        places = self.right_places(targets, areas)
        distances = self._roadmap.distances(self._roadmap.nearest(start))
        return float(distances[places].min()) if len(places) else math.inf

    def judge(
        self,
        start: Vector3,
        position: Vector3,
        targets: Sequence[Instance],
        areas: frozenset[int] = frozenset(),
    ) -> PlaceVerdict:
        """Say how right it is to stand at ``position`` for targets or areas."""
        places = self.right_places(targets, areas)
        here = self._roadmap.nearest(position)
        away = self._roadmap.distances(here)[places]
        return PlaceVerdict(
            success=self._succeeds(position, targets, areas),
            distance_m=float(away.min()) if len(away) else math.inf,
            path_m=float(self._roadmap.distances(self._roadmap.nearest(start))[here]),
        )

    def in_view(self, pose: Pose2D, targets: Sequence[Instance]) -> bool | None:
        """Whether the robot's picture from a pose shows a target; None without pictures."""
        del pose, targets
        return None

    def _succeeds(
        self, position: Vector3, targets: Sequence[Instance], areas: frozenset[int]
    ) -> bool:
        eyes = self._eyes(position)
        if not len(eyes):
            return False
        if areas and np.isin(self._ground.regions_at(eyes), sorted(areas)).any():
            return True
        return any(
            bool(self._ground.sees(eyes, t, range_m=view_range_m(self._ground, t)).any())
            for t in targets
        )

    def _eyes(self, position: Vector3) -> NDArray[np.float64]:
        """Return (P, 3) places within walking reach; none where no robot could stand."""
        if position not in self._stood:
            self._stood[position] = self._look_around(position)
        return self._stood[position]

    def _look_around(self, position: Vector3) -> NDArray[np.float64]:
        storey = self._ground.storey_at(position[2])
        here = np.array([[position[0], position[1], storey.elevation_m]])
        if abs(position[2] - storey.elevation_m) > 1.0:
            return np.zeros((0, 3))
        if not storey.free(here[:, :2], 0.1)[0]:
            near = self._roadmap.points[self._roadmap.nearest(position)]
            if math.dist(near, here[0]) > _REACH_M:
                return np.zeros((0, 3))
            here = near[None, :]
        ring = here + self._rings
        ok = self._roadmap.walkable(_vector(here[0]), ring)
        return np.concatenate([here, ring[ok]])


class PictureJudge(PlaceJudge):
    """Judges whether a target is seen by pictures of the simulator."""

    def __init__(self, ground: Ground, roadmap: Roadmap, pictures: Judge) -> None:
        """Draw with the simulator of ``pictures``."""
        super().__init__(ground, roadmap)
        self._pictures = pictures

    def in_view(self, pose: Pose2D, targets: Sequence[Instance]) -> bool | None:
        """Whether the picture shows a target large enough; None where no thing is asked for."""
        return self._pictures.shows(pose, targets) if targets else None

    def _succeeds(
        self, position: Vector3, targets: Sequence[Instance], areas: frozenset[int]
    ) -> bool:
        if areas or not targets:
            return super()._succeeds(position, targets, areas)
        eyes = self._eyes(position)
        if not len(eyes):
            return False
        x, y, z = _vector(eyes[0])
        return self._pictures.judge(Pose2D(x=x, y=y, z=z, yaw_rad=0.0), targets).success


def _vector(point: NDArray[np.float64]) -> Vector3:
    return float(point[0]), float(point[1]), float(point[2])
