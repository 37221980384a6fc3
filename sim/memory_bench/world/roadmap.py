"""The navigable space as a graph: a lattice of places in every room, joined through doorways."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from memory_bench.world.analytic import Ground, Storey
from memory_sim.engines.base import Vector3
from memory_sim.world.errors import WorldError

__all__ = ['Roadmap']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_RADIUS_M = 0.2
#: Lattice step of a small room [m], and nodes of one room and of a world.
_STEP_M = 0.5
_ROOM_NODES = 1500
_WORLD_NODES = 9000
#: Neighbours that a place is tried with, in its room and anywhere.
_NEIGHBORS = 9
#: Farthest from the end of a flight of stairs that a place may be [m].
_TO_STAIRS_M = 2.0


class Roadmap:
    """
    N places where a robot fits, and the ways between them.

    Only the largest part that hangs together is kept. Distances are those of the graph, a few
    percent longer than the shortest ways.
    """

    def __init__(self, ground: Ground) -> None:
        """Sample a world; raises ``WorldError`` where a robot fits nowhere."""
        self._ground = ground
        points, rooms, steps = _sample(ground)
        if not len(points):
            raise WorldError(f'world {ground.world.name!r}: a robot fits nowhere')
        graph = _join(ground, points, rooms, steps)
        _, part = csgraph.connected_components(graph, directed=False)
        keep = np.flatnonzero(part == np.bincount(part).argmax())
        #: (N, 3) places [m].
        self.points: FloatArray = points[keep]
        #: (N,) region ids.
        self.regions: IntArray = rooms[keep]
        self.graph: sparse.csr_matrix = graph[keep][:, keep]
        self._tree = cKDTree(self.points * (1.0, 1.0, 10.0))
        self._from: dict[int, FloatArray] = {}

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.points)

    def nearest(self, position: Vector3) -> int:
        """Return the index of the place nearest to a point, on its storey where there is one."""
        _, index = self._tree.query(np.array(position) * (1.0, 1.0, 10.0))
        return int(index)

    def within(self, position: Vector3, radius_m: float) -> IntArray:
        """Return the places on the same storey within a radius of a point, by index."""
        near = self._tree.query_ball_point(np.array(position) * (1.0, 1.0, 10.0), radius_m)
        return np.array(sorted(near), np.int64)

    def distances(self, index: int) -> FloatArray:
        """Return the (N,) driving distances from a place [m]; kept."""
        if index not in self._from:
            if len(self._from) > 256:
                self._from.clear()
            self._from[index] = csgraph.dijkstra(self.graph, directed=False, indices=index)
        return self._from[index]

    def distance(self, start: Vector3, goal: Vector3) -> float:
        """Return the driving distance between the places nearest to two points [m]."""
        return float(self.distances(self.nearest(start))[self.nearest(goal)])

    def walkable(self, start: Vector3, ends: FloatArray) -> NDArray[np.bool_]:
        """Say which (P, 3) points near ``start`` a robot reaches in a straight line."""
        storey = self._ground.storey_at(start[2])
        ok = storey.free(ends[:, :2], _RADIUS_M)
        rows = np.flatnonzero(ok)
        starts = np.tile(np.array(start[:2]), (len(rows), 1))
        ok[rows] = ~storey.body.blocked(starts, ends[rows, :2], pad_m=0.5 * _RADIUS_M)
        return ok


def _sample(ground: Ground) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return (N, 3) places, (N,) region ids and (N,) lattice steps [m]."""
    steps = {r.id: max(_STEP_M, math.sqrt(r.area_m2 / _ROOM_NODES)) for r in ground.world.rooms}
    total = sum(r.area_m2 / steps[r.id] ** 2 for r in ground.world.rooms)
    coarser = max(1.0, math.sqrt(total / _WORLD_NODES))
    points, rooms, spacing = [], [], []
    for storey in ground.storeys:
        for room in storey.rooms:
            step = steps[room.id] * coarser
            x0, y0, x1, y1 = room.bounds
            xs, ys = _line(x0, x1, step), _line(y0, y1, step)
            grid = np.stack(np.meshgrid(xs, ys, indexing='ij'), axis=2).reshape(-1, 2)
            grid = grid[storey.room_index(grid) == storey.rooms.index(room)]
            points.append(_lift(grid, storey))
            rooms.append(np.full(len(grid), room.id))
            spacing.append(np.full(len(grid), step))
        doors = storey.passages
        index = storey.room_index(doors)
        points.append(_lift(doors, storey))
        ids = np.array([r.id for r in storey.rooms])
        rooms.append(np.where(index >= 0, ids[index], 0))
        spacing.append(np.full(len(doors), max(_STEP_M, 1.2 * coarser)))
    where, region = np.concatenate(points), np.concatenate(rooms)
    free = np.zeros(len(where), bool)
    for storey in ground.storeys:
        rows = np.flatnonzero(where[:, 2] == storey.elevation_m)
        free[rows] = ~storey.body.inside(where[rows, :2], pad_m=_RADIUS_M)
    return where[free], region[free].astype(np.int64), np.concatenate(spacing)[free]


def _line(low: float, high: float, step: float) -> FloatArray:
    count = max(1, round((high - low) / step))
    return low + (np.arange(count) + 0.5) * (high - low) / count


def _lift(points: FloatArray, storey: Storey) -> FloatArray:
    return np.column_stack([points, np.full(len(points), storey.elevation_m)])


def _join(
    ground: Ground, points: FloatArray, rooms: IntArray, steps: FloatArray
) -> sparse.csr_matrix:
    pairs: set[tuple[int, int]] = set()
    for storey in ground.storeys:
        rows = np.flatnonzero(points[:, 2] == storey.elevation_m)
        groups = [rows, *(rows[rooms[rows] == room.id] for room in storey.rooms)]
        for group in groups:
            pairs |= _near(points[group, :2], group, steps[group])
    edges = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    clear = np.zeros(len(edges), bool)
    for storey in ground.storeys:
        on = np.flatnonzero(points[edges[:, 0], 2] == storey.elevation_m)
        a, b = points[edges[on, 0], :2], points[edges[on, 1], :2]
        clear[on] = ~storey.body.blocked(a, b, pad_m=0.9 * _RADIUS_M)
    edges = edges[clear]
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    flights, climbs = _flights(ground, points)
    rows = np.concatenate([edges[:, 0], flights[:, 0]])
    cols = np.concatenate([edges[:, 1], flights[:, 1]])
    costs = np.concatenate([length, climbs])
    graph = sparse.csr_matrix((costs, (rows, cols)), shape=(len(points), len(points)))
    return graph.maximum(graph.T)


def _near(xy: FloatArray, rows: IntArray, steps: FloatArray) -> set[tuple[int, int]]:
    if len(rows) < 2:
        return set()
    k = min(_NEIGHBORS, len(rows))
    distance, other = cKDTree(xy).query(xy, k=k)
    a = np.repeat(rows, k)
    b = rows[other.ravel()]
    close = (distance <= 2.3 * steps[:, None]).ravel() & (a != b)
    low, high = np.minimum(a, b)[close], np.maximum(a, b)[close]
    return set(zip(low.tolist(), high.tolist(), strict=True))


def _flights(ground: Ground, points: FloatArray) -> tuple[IntArray, FloatArray]:
    """Join the places nearest to the foot and to the head of each flight of stairs."""
    joined, costs = [], []
    elevation = {s.floor: s.elevation_m for s in ground.storeys}
    for flight in ground.flights:
        ends = []
        for end, floor in ((flight.foot, flight.lower_floor), (flight.head, flight.upper_floor)):
            rows = np.flatnonzero(points[:, 2] == elevation[floor])
            if len(rows):
                apart = np.hypot(*(points[rows, :2] - end[:2]).T)
                ends.append((int(rows[apart.argmin()]), float(apart.min())))
        if len(ends) == 2 and max(apart for _, apart in ends) <= _TO_STAIRS_M:
            joined.append((ends[0][0], ends[1][0]))
            costs.append(flight.length_m + ends[0][1] + ends[1][1])
    return np.array(joined, np.int64).reshape(-1, 2), np.array(costs, np.float64)
