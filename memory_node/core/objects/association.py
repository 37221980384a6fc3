"""
Which object each sighting of one frame is of: gated pairs, then the cheapest assignment.

Costs are twice a negative log-likelihood: the Mahalanobis distance of the positions under the
noise of a depth camera, how far the extents differ, and how likely the labels are one thing.
Sightings of one frame are always different objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from memory_node.core.config import ObjectsConfig
from memory_node.core.data import FloatArray
from memory_node.core.objects.grid import SpatialGrid
from memory_node.core.objects.labels import LabelSimilarity
from memory_node.core.objects.table import ObjectTable

__all__ = [
    'MAX_EXTENT_M',
    'Pairs',
    'Sightings',
    'assign',
    'assign_crowded',
    'extent_costs',
    'gated_pairs',
    'may_have_left',
]

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Extents are looked at up to this size [m].
MAX_EXTENT_M = 4.0
#: Standard deviation of the logarithm of an extent: views are partial.
_EXTENT_SPREAD = 0.5
#: Extents that differ more than this cost no more.
_MAX_EXTENT_COST = 9.0
#: Most that an object's own uncertainty costs: a thing seen once from afar must stay findable.
_MAX_VAGUE_COST = 3.0
#: What a change of label costs more where no extents tell whether it is one box.
_UNSIZED_COST = 4.0
#: Share of the time that a thing usually stays after which another may be in its place.
_TAKEN = 0.01
#: Objects farther from a sighting than this are other objects [m].
_MAX_REACH_M = 4.0
#: Objects considered for one sighting: by distance alone, and by all there is to know.
_NEAREST = 128
_CANDIDATES = 32
#: Sightings compared with all objects around them at a time.
_CHUNK = 64
#: Largest number of entries of an assignment that is solved as one matrix.
_DENSE = 1 << 16
#: Groups of more sightings than this are assigned greedily, cheapest pair first.
_OPTIMAL = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """The n sightings of one frame that have a position."""

    #: Index of each in the frame's observation row.
    index: IntArray
    #: Row of the label's first spelling.
    labels: IntArray
    confidences: FloatArray
    #: (n, 3) positions [m] and their variances [m^2], without the scatter of partial views.
    points: Reals
    variances: Reals
    #: (n, 3) extents [m], NaN where unknown.
    extents: FloatArray
    #: Distance and signed bearing from the pose they were seen from [m, rad].
    ranges: Reals
    bearings: Reals

    def __len__(self) -> int:
        """Return the number of sightings."""
        return len(self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Sightings and the objects that each may be, in order of sighting and slot."""

    sighting: IntArray
    slot: IntArray
    #: Cost of position and extent, and of the label.
    place_cost: Reals
    label_cost: Reals

    @property
    def cost(self) -> Reals:
        """Total cost of each pair."""
        return self.place_cost + self.label_cost


def extent_costs(one: FloatArray, other: FloatArray) -> Reals:
    """Return the cost of extents (..., 3) being of one thing; 0 where either is unknown."""
    ratio = np.log(one, dtype=np.float64) - np.log(other, dtype=np.float64)
    cost = (ratio * ratio).sum(axis=-1) / _EXTENT_SPREAD**2
    known: Reals = np.fmax(np.minimum(cost, _MAX_EXTENT_COST), 0.0)  # NaN costs nothing
    return known


def may_have_left(
    table: ObjectTable, slots: IntArray, stamp_ns: int | IntArray
) -> NDArray[np.bool_]:
    """Return (n,) whether another thing may be in the place of each object at a moment."""
    away_ns = stamp_ns - table.last_ns[slots]
    return np.asarray(away_ns > 1e9 * _TAKEN * table.lasting_s[slots])


def gated_pairs(
    sightings: Sightings,
    table: ObjectTable,
    near: tuple[SpatialGrid, int],
    *,
    labels: LabelSimilarity,
    config: ObjectsConfig,
    stamp_ns: int,
) -> Pairs:
    """
    Return the pairs whose position and extent cost less than a new object.

    ``near`` is the grid of the objects and the map of the frame. The cost of a label may be
    infinite: what has another label after a while may have taken the place of what was there.
    O(sightings times objects within reach of them).
    """
    grid, map_row = near
    order = np.lexsort((sightings.points[:, 1], sightings.points[:, 0]))
    found = [
        _chunk_pairs(sightings, order[start : start + _CHUNK], table, (grid, map_row), config)
        for start in range(0, len(order), _CHUNK)
    ]
    rows, slots, costs = (np.concatenate(part) for part in zip(*found, strict=True))
    if len(found) > 1:
        by_sighting = np.lexsort((slots, rows))
        rows, slots, costs = rows[by_sighting], slots[by_sighting], costs[by_sighting]
    label_cost = labels.costs_to_histograms(
        sightings.labels[rows],
        table.hist_labels[slots],
        table.hist_weights[slots],
        left=may_have_left(table, slots, stamp_ns),
    )
    unsized = np.isnan(sightings.extents[rows, 0]) | np.isnan(table.extents[slots, 0])
    label_cost[unsized & (label_cost > 0.0)] += _UNSIZED_COST
    return Pairs(sighting=rows, slot=slots, place_cost=costs, label_cost=label_cost)


def _chunk_pairs(
    sightings: Sightings,
    rows: IntArray,
    table: ObjectTable,
    near: tuple[SpatialGrid, int],
    config: ObjectsConfig,
    taken: NDArray[np.bool_] | None = None,
) -> tuple[IntArray, IntArray, Reals]:
    rows = np.sort(rows)
    grid, map_row = near
    points, variances, sizes = (
        sightings.points[rows],
        sightings.variances[rows],
        sightings.extents[rows],
    )
    slots = grid.near(map_row, points, _MAX_REACH_M)
    if taken is not None:
        slots = slots[~taken[slots]]
    if not len(slots):
        empty = np.zeros(0, np.int64)
        return empty, empty, np.zeros(0)
    one, other = _within_reach(points, variances, sizes, table, slots, config)
    slots = slots[other]
    away = points[one] - table.positions[slots]
    extents, own, base = table.extents[slots], sizes[one], variances[one]
    spread = (config.extent_scatter * np.fmax(np.fmax(extents, own), 0.0)) ** 2
    total = base + table.variances[slots] + spread
    cost = (away * away / total).sum(axis=1) + extent_costs(own, extents)
    vague = np.log(total / (base + spread)).sum(axis=1)
    cost += np.minimum(vague, _MAX_VAGUE_COST)  # of two objects as near, the better known one
    kept = np.flatnonzero(cost < config.new_object_cost)
    one, slots, cost = one[kept], slots[kept], cost[kept]
    if len(kept) > _CANDIDATES:
        other_label = table.labels(slots) != sightings.labels[rows[one]]
        best = _cheapest_each(one, cost + config.label_cost * other_label)
        one, slots, cost = one[best], slots[best], cost[best]
    return rows[one], slots, cost


def _within_reach(
    points: Reals,
    variances: Reals,
    sizes: FloatArray,
    table: ObjectTable,
    slots: IntArray,
    config: ObjectsConfig,
) -> tuple[IntArray, IntArray]:
    """Return the pairs of (n,) sightings and ``slots`` that the largest noise could explain."""
    largest = max(np.fmax.reduce(a, axis=None, initial=0.0) for a in (sizes, table.extents[slots]))
    variance = variances.max() + table.variances[slots].max()
    variance += (config.extent_scatter * float(largest)) ** 2
    reach = min(float(np.sqrt(config.new_object_cost * variance)), _MAX_REACH_M)
    places = table.positions[slots]
    near = np.abs(points[:, 0, None] - places[:, 0]) <= reach
    near &= np.abs(points[:, 1, None] - places[:, 1]) <= reach
    if np.count_nonzero(near, axis=1).max() > _NEAREST:
        apart = points[:, None, :] - places
        away: Reals = np.einsum('ijk,ijk->ij', apart, apart)
        away[~near] = np.inf
        nearest = np.argpartition(away, _NEAREST, axis=1)[:, :_NEAREST]
        chosen = np.zeros_like(near)
        np.put_along_axis(chosen, nearest, True, axis=1)
        near &= chosen
    one, other = np.nonzero(near)
    return one, other


def _cheapest_each(groups: IntArray, cost: Reals) -> IntArray:
    """Return, in order, the indices of the cheapest ``_CANDIDATES`` pairs of each group."""
    order = np.lexsort((cost, groups))
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return np.sort(order[rank < _CANDIDATES])


def assign(pairs: Pairs, count: int, new_cost: float) -> IntArray:
    """
    Return (count,) slot that each sighting is of, -1 for a new object.

    The assignment is the cheapest one of every group of sightings that compete for objects;
    groups beyond ``_OPTIMAL`` sightings are assigned greedily.
    """
    found = np.full(count, -1, np.int64)
    cost = pairs.cost
    kept = np.flatnonzero(cost < new_cost)
    if not len(kept):
        return found
    rows, cost = pairs.sighting[kept], cost[kept]
    slots, columns = np.unique(pairs.slot[kept], return_inverse=True)
    if count * (len(slots) + count) <= _DENSE:
        _assign_dense(found, slots, (rows, columns, cost), new_cost)
        return found
    size = count + len(slots)
    graph = coo_array((np.ones(len(rows)), (rows, count + columns)), shape=(size, size))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group[rows], kind='stable')
    cuts = np.flatnonzero(np.diff(group[rows][order])) + 1
    for part in np.split(order, cuts):
        edges = (rows[part], columns[part], cost[part])
        if len(np.unique(edges[0])) <= _OPTIMAL:
            _assign_dense(found, slots, edges, new_cost)
        else:
            _assign_greedily(found, slots, edges)
    return found


def assign_crowded(
    assigned: IntArray,
    pairs: Pairs,
    sightings: Sightings,
    *,
    table: ObjectTable,
    near: tuple[SpatialGrid, int],
    labels: LabelSimilarity,
    config: ObjectsConfig,
) -> None:
    """
    Give sightings among so many objects that some were not considered what is left, in order.

    Writes to ``assigned``. Without this a crowd would grow with every frame that shows it.
    """
    count = np.bincount(pairs.sighting, minlength=len(sightings))
    left = np.flatnonzero((assigned < 0) & (count >= _CANDIDATES))
    if not len(left):
        return
    taken = np.zeros(len(table), np.bool_)
    taken[assigned[assigned >= 0]] = True
    for i in left.tolist():
        one, slots, cost = _chunk_pairs(sightings, np.array([i]), table, near, config, taken)
        cost = cost + labels.costs_to_histograms(
            sightings.labels[one], table.hist_labels[slots], table.hist_weights[slots]
        )
        if len(cost) and cost.min() < config.new_object_cost:
            assigned[i] = slots[cost.argmin()]
            taken[assigned[i]] = True


def _assign_dense(
    found: IntArray, slots: IntArray, edges: tuple[IntArray, IntArray, Reals], new_cost: float
) -> None:
    rows, at_row = np.unique(edges[0], return_inverse=True)
    columns, at_column = np.unique(edges[1], return_inverse=True)
    matrix = np.full((len(rows), len(columns) + len(rows)), new_cost)
    matrix[at_row, at_column] = edges[2]
    one, other = linear_sum_assignment(matrix)
    taken = matrix[one, other] < new_cost
    found[rows[one[taken]]] = slots[columns[other[taken]]]


def _assign_greedily(
    found: IntArray, slots: IntArray, edges: tuple[IntArray, IntArray, Reals]
) -> None:
    rows, columns, cost = edges
    used: set[int] = set()
    for i in np.lexsort((columns, rows, cost)).tolist():
        row, column = int(rows[i]), int(columns[i])
        if found[row] < 0 and column not in used:
            found[row] = slots[column]
            used.add(column)
