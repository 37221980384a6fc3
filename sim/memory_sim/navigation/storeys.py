"""Where a robot fits on every storey of a world, and the ways between them over the stairs."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from memory_sim.engines.base import Vector3
from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.navigation.occupancy import OccupancyMap
from memory_sim.render.mesh import Finish, FloatArray, transform
from memory_sim.render.primitives import box
from memory_sim.world.model import Stairs, World, WorldObject

__all__ = ['Storeys', 'is_walked_on', 'object_boxes']

#: A place is on a storey's floor if it is this near to it [m].
_NEAR_M = 0.5


def is_walked_on(thing: WorldObject) -> bool:
    """Whether a robot drives over a thing: stairs, rugs, mats."""
    model = CATALOGUE.get(thing.model)
    return model is not None and model.flat


def object_boxes(world: World) -> FloatArray:
    """Return (T, 3, 3) triangles of the boxes around all things that stand in the way [m]."""
    finish = Finish()
    corners = [np.zeros((0, 3, 3), dtype=np.float32)]
    for thing in world.objects:
        if not is_walked_on(thing):
            d, w, h = thing.size
            solid = box((-0.5 * d, -0.5 * w, 0.0), (0.5 * d, 0.5 * w, h), finish)
            corners.append(transform(solid, thing.position, thing.yaw_rad).corners)
    return np.concatenate(corners)


class Storeys:
    """
    One occupancy map per storey, joined by stairs.

    A robot on stairs belongs to the lower storey up to the middle of the flight, and to the upper
    one from there on, so that its height alone says which map it is on. Queries are safe from
    several threads.
    """

    def __init__(
        self,
        world: World,
        corners: FloatArray | None = None,
        *,
        radius_m: float = 0.2,
        height_m: float = 1.4,
        cell_m: float | None = None,
    ) -> None:
        """
        Rasterise a world.

        Parameters
        ----------
        world
            Its rooms, walls and stairs.
        corners
            (T, 3, 3) triangles of what stands in the way [m]; boxes around the objects if None,
            which needs no meshes and is nearly the same.
        radius_m, height_m
            The robot's footprint and height [m].
        cell_m
            Side of a grid cell [m]; by the world's size if None.

        Raises
        ------
        WorldError
            If the robot fits nowhere on a storey.

        """
        solid = object_boxes(world) if corners is None else corners
        self._world = world
        self._floors = tuple(world.elevations)
        self._heights = tuple(world.elevations.values())
        self.maps: tuple[OccupancyMap, ...] = tuple(
            OccupancyMap(world, solid, radius_m=radius_m, height_m=height_m, cell_m=cell_m,
                         elevation_m=elevation, floor=floor)
            for floor, elevation in world.elevations.items()
        )  # fmt: skip
        self._flights = tuple(f for f in world.stairs if self._joins(f))

    def _joins(self, flight: Stairs) -> bool:
        """Whether the robot can pass the middle of a flight on both storeys."""
        x, y, _ = flight.middle
        lower, upper = (self._floors.index(f) for f in (flight.lower_floor, flight.upper_floor))
        return self.maps[lower].is_navigable(x, y) and self.maps[upper].is_navigable(x, y)

    def index_at(self, z: float) -> int:
        """Return which of the maps a robot at height z is on."""
        return min(range(len(self._heights)), key=lambda i: (abs(self._heights[i] - z), i))

    def height_at(self, index: int, x: float, y: float) -> float:
        """Return the height of a storey at (x, y): of its floor, or of stairs [m]."""
        floor = self._floors[index]
        for flight in self._world.stairs:
            if floor in (flight.lower_floor, flight.upper_floor):
                height = flight.height_at(x, y)
                if height is not None:
                    return height
        return self._heights[index]

    def is_navigable(self, x: float, y: float, z: float) -> bool:
        """Whether the robot fits at (x, y) on the floor or stairs at height z."""
        if not math.isfinite(z):
            return False
        index = self.index_at(z)
        return (
            self.maps[index].is_navigable(x, y) and abs(self.height_at(index, x, y) - z) < _NEAR_M
        )

    def snap(self, x: float, y: float, z: float = 0.0) -> Vector3 | None:
        """Return the nearest place where the robot fits on the storey at height z."""
        index = self.index_at(z)
        place = self.maps[index].snap(x, y)
        return None if place is None else (*place, self.height_at(index, *place))

    def sample(self, rng: np.random.Generator, clearance_m: float = 0.0) -> Vector3:
        """Draw a place on any storey; storeys with more floor are drawn more often."""
        index = 0
        if len(self.maps) > 1:
            areas = np.array([m.area_m2 for m in self.maps])
            index = int(rng.choice(len(self.maps), p=areas / areas.sum()))
        x, y = self.maps[index].sample(rng, clearance_m)
        return x, y, self.height_at(index, x, y)

    def geodesic_distance(self, start: Sequence[float], goal: Sequence[float]) -> float:
        """Return the driving distance between two places (x, y, z) [m], or infinity."""
        legs = self._legs(start, goal)
        if legs is None:
            return math.inf
        return sum(self.maps[i].geodesic_distance(a, b) for i, a, b in legs)

    def shortest_path(
        self, start: Sequence[float], goal: Sequence[float]
    ) -> NDArray[np.float64] | None:
        """Return (N, 3) way points [m] from (x, y, z) to (x, y, z), or None if there is no way."""
        legs = self._legs(start, goal)
        if legs is None:
            return None
        parts: list[NDArray[np.float64]] = []
        for i, a, b in legs:
            points = self.maps[i].shortest_path(a, b)
            if points is None:
                return None
            lifted = self._lift(i, points)
            parts.append(lifted if not parts else lifted[1:])
        return np.concatenate(parts)

    def _lift(self, index: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add heights to way points, and way points where the way meets stairs."""
        if not self._flights:
            return np.column_stack([points, np.full(len(points), self._heights[index])])
        rows = [[*points[0], self.height_at(index, *points[0])]]
        for a, b in zip(points[:-1], points[1:], strict=True):
            steps = max(1, math.ceil(float(np.linalg.norm(b - a)) / 0.25))
            line = [a + (k + 1) / steps * (b - a) for k in range(steps - 1)] + [b]
            flat = self._heights[index]
            heights = [self.height_at(index, *p) for p in line]
            for p, z in zip(line, heights, strict=True):
                if p is line[-1] or z != flat or rows[-1][2] != flat:
                    rows.append([*p, z])
        return np.array(rows)

    def _legs(
        self, start: Sequence[float], goal: Sequence[float]
    ) -> list[tuple[int, Sequence[float], Sequence[float]]] | None:
        """Return the parts of the shortest way, each on one map, from start to goal."""
        first, last = self.index_at(start[2]), self.index_at(goal[2])
        if not (self.is_navigable(*start[:3]) and self.is_navigable(*goal[:3])):
            return None
        if first == last:
            return [(first, start[:2], goal[:2])]
        # A graph of the two ends and, for every flight, its middle on the lower and upper map.
        nodes: list[tuple[int, Sequence[float]]] = [(first, start[:2]), (last, goal[:2])]
        for flight in self._flights:
            for floor in (flight.lower_floor, flight.upper_floor):
                nodes.append((self._floors.index(floor), flight.middle[:2]))
        cost = np.zeros((len(nodes), len(nodes)))
        for i, (floor, a) in enumerate(nodes):
            for j in range(i):
                if nodes[j][0] == floor:
                    cost[i, j] = self.maps[floor].geodesic_distance(a, nodes[j][1]) + 1e-6
                elif i % 2 == 1 and i > 2 and j == i - 1:
                    cost[i, j] = 1e-6  # both halves of one flight
        cost[~np.isfinite(cost)] = 0.0
        _, before = csgraph.dijkstra(cost, directed=False, indices=0, return_predecessors=True)
        chain = [1]
        while chain[-1] != 0:
            chain.append(int(before[chain[-1]]))
            if chain[-1] < 0:
                return None
        chain.reverse()
        pairs = zip(chain[:-1], chain[1:], strict=True)
        return [(nodes[i][0], nodes[i][1], nodes[j][1]) for i, j in pairs
                if nodes[i][0] == nodes[j][0]]  # fmt: skip
