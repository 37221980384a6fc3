"""
How far apart places are, as the crow walks: over the driven edges, and along lines of sight.

The topological map only knows what was driven, and a robot that came round the long way would call
the room next door far. Where a thing was seen there is nothing in between, so two poses that saw
one thing are joined through it. Such a way says how far something is; it is no route to drive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from memory_node.core.store.snapshot import Snapshot
from memory_node.core.things import cells_of
from memory_node.core.topology.graph import TopologicalMap

__all__ = ['SightWays']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Farther sightings are placed too badly, or are seen over what can't be crossed [m].
_SIGHT_M = 5.0
#: Things higher or lower than this against the pose may be on another floor [m].
_SAME_FLOOR_M = 2.2
#: Sightings of one label in a cell this wide are of one thing [m].
_CELL_M = 0.5
#: What a metre along a line of sight costs: furniture stands in the way of some.
_PRICE = 1.1
#: Poses this close have no wall between them, whoever drove there [m].
_TOUCHING_M = 0.6
_LEAST_M = 1e-6


class SightWays:
    """Ways over one topological map and through the things seen from it."""

    def __init__(self, topological_map: TopologicalMap) -> None:
        """Join poses and things; some tens of milliseconds for 20,000 poses."""
        self.snapshot = topological_map.snapshot
        count = len(self.snapshot)
        rows, things, lengths, total = _seen(self.snapshot)
        near, other, steps = _touching(self.snapshot)
        driven = topological_map.graph.tocoo()
        sources = np.concatenate([driven.coords[0], rows, near])
        targets = np.concatenate([driven.coords[1], count + things, other])
        prices = np.concatenate([driven.data, _PRICE * lengths, steps])
        # Of several edges between two nodes the shortest counts; COO would add them up.
        low, high = np.minimum(sources, targets), np.maximum(sources, targets)
        order = np.lexsort((prices, high, low))
        low, high, prices = low[order], high[order], prices[order]
        first = np.ones(len(low), np.bool_)
        first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        size = count + total
        self._graph: csr_array = coo_array(
            (np.maximum(prices[first], _LEAST_M), (low[first], high[first])), shape=(size, size)
        ).tocsr()

    def distances_from(self, row: int) -> RealArray:
        """Return (N,) the way from one row to every row [m], infinite where none is known."""
        ways: RealArray = dijkstra(self._graph, directed=False, indices=row)
        return ways[: len(self.snapshot)]


def _seen(snapshot: Snapshot) -> tuple[IntArray, IntArray, RealArray, int]:
    """Return rows, the things they saw, how far away [m], and the number of things."""
    seers = snapshot.seers
    points = snapshot.sighting_positions.astype(np.float64)
    offsets = points - snapshot.positions[seers]
    away = np.hypot(offsets[:, 0], offsets[:, 1])
    with np.errstate(invalid='ignore'):
        kept = np.flatnonzero((away <= _SIGHT_M) & (np.abs(offsets[:, 2]) <= _SAME_FLOOR_M))
    if not len(kept):
        return kept, kept, np.empty(0), 0
    things = cells_of(snapshot, kept, seers[kept], _CELL_M)
    return seers[kept], things, away[kept], int(things.max()) + 1


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
