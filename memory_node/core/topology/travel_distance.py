"""
Estimated travel distances: over the driven edges, and along lines of sight.

The topological map only knows what was driven, and a robot that came round the long way would call
the room next door far. Where a thing was seen there is nothing in between, so two poses that saw
one object are joined through it. Such a way says how far something is; it is no route to drive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from memory_node.core.objects.view import Objects
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.topology.graph import TopologicalMap

__all__ = ['TravelDistance']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Farther sightings are placed too badly, or are seen over what can't be crossed [m].
_SIGHT_M = 5.0
#: Things higher or lower than this against the pose may be on another floor [m].
_SAME_FLOOR_M = 2.2
#: What a metre along a line of sight costs: furniture stands in the way of some.
_PRICE = 1.1
#: Poses this close have no wall between them, whoever drove there [m].
_TOUCHING_M = 0.6
_LEAST_M = 1e-6
#: Ways are looked for up to this many times the straight line at first.
_LONGER = 2.0
#: A point this close to an object is that object [m].
_SAME_POINT_M = 0.01


@dataclass(frozen=True, slots=True)
class _Reached:
    """The ways from one row to all poses and objects within a limit; infinite beyond it."""

    row: int
    limit_m: float
    #: (N + O,) [m].
    ways: RealArray


class TravelDistance:
    """Distances over one topological map and through the objects seen from it."""

    def __init__(self, topological_map: TopologicalMap, objects: Objects) -> None:
        """Join poses and objects; some tens of milliseconds for 20,000 poses."""
        self.snapshot = topological_map.snapshot
        #: Removals and observations that the objects know.
        self.known = objects.epoch, objects.rows
        self._trees: dict[int, tuple[IntArray, cKDTree]] = {}
        self._placed = np.flatnonzero(objects.placed)
        self._objects = cKDTree(objects.positions[self._placed]) if len(self._placed) else None
        count = len(self.snapshot)
        rows, things, lengths = _seen(self.snapshot, objects)
        total = len(objects)
        near, other, steps = _touching(self.snapshot)
        driven = topological_map.graph.tocoo()
        sources = np.concatenate([driven.coords[0], rows, near])
        targets = np.concatenate([driven.coords[1], count + things, other])
        prices = np.concatenate([driven.data, _PRICE * lengths, steps])
        # Of several edges between two nodes the shortest counts; COO would add them up.
        size = count + total
        pairs = np.minimum(sources, targets) * size + np.maximum(sources, targets)
        order = np.argsort(pairs, kind='stable')
        pairs, prices = pairs[order], prices[order]
        starts = np.flatnonzero(np.diff(pairs, prepend=-1))
        shortest = np.minimum.reduceat(prices, starts) if len(starts) else prices
        low, high = np.divmod(pairs[starts], size)
        # Both ways round, because SciPy would turn the graph round at every search.
        both = np.concatenate([low, high]), np.concatenate([high, low])
        steps = np.tile(np.maximum(shortest, _LEAST_M), 2)
        self._graph: csr_array = coo_array((steps, both), shape=(size, size)).tocsr()
        _, self._parts = connected_components(self._graph, directed=False)
        self._reached: _Reached | None = None

    def distances_from(self, row: int) -> RealArray:
        """Return (N,) the way from one row to every row [m], infinite where none is known."""
        return self._reach(row, np.inf).ways[: len(self.snapshot)]

    def _reach(self, row: int, limit_m: float) -> _Reached:
        """Return the ways from a row to what is within a limit, or within one asked before."""
        held = self._reached
        if held is None or held.row != row or held.limit_m < limit_m:
            ways = dijkstra(self._graph, indices=row, limit=limit_m)
            self._reached = held = _Reached(row, limit_m, ways)
        return held

    def distances(
        self, start: RealArray, points: RealArray, maps: IntArray, nearest: int | None = None
    ) -> RealArray:
        """
        Return (n,) the way from a point to points on their maps [m].

        To the pose nearest to each end, or to the object that a point is; straight where no way
        is known. With ``nearest``, only so many on each map are wanted: those farther away may be
        infinite.
        """
        straight = np.linalg.norm(points - start, axis=1)
        result: RealArray = straight.copy()
        for one in sorted(set(maps.tolist())):
            asked = np.flatnonzero(maps == one)
            rows, tree = self._tree(one)
            if not len(rows):
                continue
            (offset, next_offset), (place, _) = tree.query(start, k=2)
            if next_offset <= offset + _LEAST_M:  # of several poses on one spot the oldest
                place = min(tree.query_ball_point(start, offset + _LEAST_M))
            result[asked] = self._ways(
                int(rows[place]), float(offset), points[asked], straight[asked], nearest
            )
        return result

    def _ways(
        self,
        first: int,
        offset: float,
        points: RealArray,
        straight: RealArray,
        nearest: int | None,
    ) -> RealArray:
        """Return (n,) the way from a row, ``offset`` from the start, to points on its map."""
        limit, wanted = np.inf, len(straight)
        if nearest is not None:
            wanted = min(nearest, wanted)
            limit = _LONGER * float(np.partition(straight, wanted - 1)[wanted - 1])
        while True:
            # No way is shorter than the straight line.
            within = np.flatnonzero(straight <= offset + limit)
            result = np.full(len(points), np.inf)
            result[within] = np.maximum(
                self._within(first, offset, limit, points[within], straight[within]),
                straight[within],
            )
            if np.count_nonzero(result <= offset + limit) >= wanted:
                return result
            limit = 2.0 * max(limit, _TOUCHING_M)

    def _within(
        self, first: int, offset: float, limit_m: float, points: RealArray, straight: RealArray
    ) -> RealArray:
        """Return (n,) the way to points; infinite where it is longer than a limit may be."""
        rows, tree = self._tree(int(self.snapshot.maps[first]))
        away, found = tree.query(points)
        ends, objects = rows[found], self._objects_at(points)
        reached = self._reach(first, limit_m)
        to_objects = np.where(objects >= 0, reached.ways[objects], np.inf)
        ways = np.minimum(reached.ways[ends] + away, to_objects)
        part = self._parts[first]
        joined = (self._parts[ends] == part) | ((self._parts[objects] == part) & (objects >= 0))
        known = np.where(ways <= reached.limit_m, offset + ways, np.inf)
        return np.where(joined, known, straight)

    def _objects_at(self, points: RealArray) -> IntArray:
        """Return (n,) the node of the object that each point is, -1 for other points."""
        if self._objects is None:
            return np.full(len(points), -1)
        away, found = self._objects.query(points, distance_upper_bound=_SAME_POINT_M)
        nodes = np.append(len(self.snapshot) + self._placed, -1)
        return np.where(np.isfinite(away), nodes[found], -1)

    def _tree(self, map_row: int) -> tuple[IntArray, cKDTree]:
        if map_row not in self._trees:
            rows = np.flatnonzero(self.snapshot.maps == map_row)
            self._trees[map_row] = rows, cKDTree(self.snapshot.positions[rows])
        return self._trees[map_row]


def _seen(snapshot: Snapshot, objects: Objects) -> tuple[IntArray, IntArray, RealArray]:
    """Return rows, the objects they saw, and how far away those were [m]."""
    things = np.repeat(np.arange(len(objects)), np.diff(objects.seen_starts))
    rows = objects.seen_rows
    offsets = objects.positions[things].astype(np.float64)
    known = rows < len(snapshot)
    offsets[known] -= snapshot.positions[rows[known]]
    away = np.hypot(offsets[:, 0], offsets[:, 1])
    with np.errstate(invalid='ignore'):
        kept = known & (away <= _SIGHT_M) & (np.abs(offsets[:, 2]) <= _SAME_FLOOR_M)
    return rows[kept], things[kept], away[kept]


def _touching(snapshot: Snapshot) -> tuple[IntArray, IntArray, RealArray]:
    """Return pairs of rows close enough to have nothing in between, and how far apart [m]."""
    pairs = []
    for one in np.unique(snapshot.maps):
        rows = np.flatnonzero(snapshot.maps == one)
        if len(rows) < 2:
            continue
        tree = cKDTree(snapshot.positions[rows])
        _, found = tree.query(
            snapshot.positions[rows], k=range(2, min(6, len(rows)) + 1),
            distance_upper_bound=_TOUCHING_M,
        )  # fmt: skip
        at, place = np.nonzero(found < len(rows))
        pairs.append(np.stack([rows[at], rows[found[at, place]]]))
    first, second = np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), np.int64)
    steps = np.linalg.norm(snapshot.positions[first] - snapshot.positions[second], axis=1)
    return first, second, steps
