"""
Estimated travel distances: over the driven edges, and along lines of sight.

The topological map only knows what was driven, and a robot that came round the long way would call
the room next door far. Where a thing was seen there is nothing in between, so two poses that saw
one object are joined through it. Such a way says how far something is; it is no route to drive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
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
#: A point this close to an object is that object [m].
_SAME_POINT_M = 0.01


class TravelDistance:
    """Distances over one topological map and through the objects seen from it."""

    def __init__(self, topological_map: TopologicalMap, objects: Objects) -> None:
        """Join poses and objects; some tens of milliseconds for 20,000 poses."""
        self.snapshot = topological_map.snapshot
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
        self._graph: csr_array = coo_array(
            (np.maximum(shortest, _LEAST_M), np.divmod(pairs[starts], size)), shape=(size, size)
        ).tocsr()

    def distances_from(self, row: int) -> RealArray:
        """Return (N,) the way from one row to every row [m], infinite where none is known."""
        return self._ways(row)[: len(self.snapshot)]

    def _ways(self, row: int) -> RealArray:
        """Return (N + O,) the way from a row to every row and object [m]."""
        ways: RealArray = dijkstra(self._graph, directed=False, indices=row)
        return ways

    def distances(self, start: RealArray, points: RealArray, maps: IntArray) -> RealArray:
        """
        Return (n,) the way from a point to points on their maps [m].

        To the pose nearest to each end, or to the object that a point is; straight where no way
        is known.
        """
        straight = np.linalg.norm(points - start, axis=1)
        result = np.full(len(points), np.inf)
        offsets = np.linalg.norm(self.snapshot.positions - start, axis=1)
        for one in np.unique(maps).tolist():
            asked = np.flatnonzero(maps == one)
            rows, tree = self._tree(one)
            if not len(rows):
                continue
            first = int(rows[np.argmin(offsets[rows])])
            ways = self._ways(first)
            away, found = tree.query(points[asked])
            by_pose = ways[rows[found]] + away
            result[asked] = offsets[first] + np.minimum(
                by_pose, self._to_objects(points[asked], ways)
            )
        lost = ~np.isfinite(result)
        result[lost] = straight[lost]
        return np.asarray(np.maximum(result, straight))

    def _to_objects(self, points: RealArray, ways: RealArray) -> RealArray:
        """Return (n,) the way to the object that each point is; infinite for other points."""
        if self._objects is None:
            return np.full(len(points), np.inf)
        away, found = self._objects.query(points)
        nodes = len(self.snapshot) + self._placed[found]
        return np.where(away <= _SAME_POINT_M, ways[nodes], np.inf)

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
