"""
Top-down search of the forest: K branches a level, scored by embeddings.

The paper lets a language model choose one child at a time. Here every level keeps the K areas
that may hold the best leaf, and a leaf is scored by itself and by the areas around it, which is
what a flat list of observations cannot do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memory_node.core.forest.leaves import unit_vector
from memory_node.core.forest.node import box_distance, ForestNode

if TYPE_CHECKING:
    from memory_node.core.data import FloatArray, Vector3
    from memory_node.core.forest.view import ForestView

__all__ = ['CONTEXT', 'Scope', 'Traversal', 'ancestor_cosines', 'expand', 'traverse']

#: Weight of the evidence in the area at level 1, 2, 3 beside the leaf's own cosine.
CONTEXT = (0.0, 0.3, 0.0)
#: Best leaves of an area whose mean is its evidence.
_WITNESSES = 3
#: Independent directions in which leaves of one area differ; sets how far the best leaf may
#: be above the mean of its area.
_SPREAD_DIMS = 48.0


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where and when to look; the default is everywhere and always."""

    map_id: str | None = None
    near: Vector3 | None = None
    radius_m: float | None = None
    since_ns: int | None = None
    until_ns: int | None = None

    @property
    def everywhere(self) -> bool:
        """Whether nothing but the map is filtered."""
        return self.radius_m is None and self.since_ns is None and self.until_ns is None

    def meets(self, node: ForestNode) -> bool:
        """Whether an area can hold a leaf in scope."""
        if self.since_ns is not None and node.last_ns < self.since_ns:
            return False
        if self.until_ns is not None and node.first_ns > self.until_ns:
            return False
        if self.near is None or self.radius_m is None:
            return True
        return box_distance(node.box, self.near) <= self.radius_m

    def leaves(
        self, positions: NDArray[np.float64], stamps: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of N leaves are in scope."""
        inside = np.ones(len(stamps), np.bool_)
        if self.since_ns is not None:
            inside &= stamps >= self.since_ns
        if self.until_ns is not None:
            inside &= stamps <= self.until_ns
        if self.near is not None and self.radius_m is not None:
            inside &= np.linalg.norm(positions - self.near, axis=1) <= self.radius_m
        return inside


@dataclass(frozen=True)
class Traversal:
    """Leaves found, best first."""

    #: (N,) leaf keys.
    keys: NDArray[np.int64]
    #: (N,) cosine of the leaf, plus ``context`` times ``support``.
    scores: NDArray[np.float64]
    #: (N,) cosine of the leaf itself.
    cosines: NDArray[np.float64]
    #: (N, levels) evidence in the areas above, level 1 first: mean cosine of their best leaves;
    #: 0 for levels without weight.
    support: NDArray[np.float64]
    #: Areas and leaves compared with the query.
    visited: int


def traverse(
    forest: ForestView,
    query: FloatArray,
    k: int,
    *,
    branches: int = 64,
    scope: Scope | None = None,
    context: tuple[float, ...] = CONTEXT,
    separation_m: float = 0.0,
) -> Traversal:
    """
    Rank leaves for a query by going down from the roots.

    Parameters
    ----------
    forest : ForestView
        Where to look.
    query : (D,) array
        Embedding of the question.
    k : int
        Leaves returned at most.
    branches : int
        Areas kept per level; the cost is proportional to it, not to the number of leaves.
    scope : Scope, optional
        Filters on map, place and time.
    context : tuple of float
        Weight of the evidence in the areas above a leaf, level 1 first.
    separation_m : float
        A leaf closer than this to a better one is left out, so that k leaves are k places [m].

    Raises
    ------
    InvalidObservationError
        If the query is not a finite (D,) vector.

    """
    q = unit_vector(query, forest.dim)
    scope = scope or Scope()
    frontier = [root for root in forest.roots(scope.map_id) if scope.meets(root)]
    level = max((root.level for root in frontier), default=0)
    visited = len(frontier)
    while level > 1:
        kept = [node for node in frontier if node.level < level]
        grown, hope = expand([n for n in frontier if n.level == level], q, scope)
        visited += len(grown)
        if len(grown) > branches:
            best = np.argsort(-hope, kind='stable')[:branches]
            grown = [grown[i] for i in sorted(best.tolist())]
        frontier = kept + grown
        level -= 1
    return _rank_leaves(forest, frontier, q, k, scope, context, separation_m, visited)


def expand(
    nodes: list[ForestNode], q: FloatArray, scope: Scope
) -> tuple[list[ForestNode], NDArray[np.float64]]:
    """Children of areas of one level, with the score that their best leaf may reach."""
    grown: list[ForestNode] = []
    hopes: list[float] = []
    for node in nodes:
        n = len(node.children)
        counts = node.counts[:n]
        spread = np.maximum(0.0, 1.0 - node.norm2[:n] / (counts * counts))
        hope = (node.sums[:n] @ q) / counts
        hope += np.sqrt(spread * np.log1p(counts) * (2.0 / _SPREAD_DIMS))
        if scope.everywhere:
            grown += node.children
            hopes += hope.tolist()
            continue
        for child, hoped in zip(node.children, hope.tolist(), strict=True):
            if scope.meets(child):
                grown.append(child)
                hopes.append(hoped)
    return grown, np.array(hopes)


def _rank_leaves(
    forest: ForestView,
    places: list[ForestNode],
    q: FloatArray,
    k: int,
    scope: Scope,
    context: tuple[float, ...],
    separation_m: float,
    visited: int,
) -> Traversal:
    leaves, depth = forest.leaves, len(context)
    slots = np.fromiter((s for place in places for s in place.leaves), np.int64)
    sizes = [len(place.leaves) for place in places]
    above = np.array([_area_ids(place, depth) for place in places], np.int64)
    areas = np.repeat(above.reshape(len(places), depth), sizes, axis=0)
    inside = scope.leaves(leaves.positions[slots], leaves.stamps[slots])
    slots, areas = slots[inside], areas[inside]
    cosines = (leaves.vectors[slots] @ q).astype(np.float64)
    support = np.zeros((len(slots), depth))
    for level in np.flatnonzero(context):
        support[:, level] = _evidence(areas[:, level], cosines)
    scores = cosines + support @ np.array(context)
    keys = leaves.keys[slots]
    order = np.lexsort((keys, -scores))
    if separation_m > 0.0:
        order = _apart(leaves.positions[slots], order, k, separation_m)
    order = order[:k]
    return Traversal(
        keys[order], scores[order], cosines[order], support[order], visited + len(slots)
    )


def _area_ids(place: ForestNode, depth: int) -> list[int]:
    """Ids of the areas from a place up, ``depth`` of them; the root repeats."""
    ids, node = [], place
    for _ in range(depth):
        ids.append(node.id)
        if node.parent is not None and node.parent.id >= 0:
            node = node.parent
    return ids


def _evidence(areas: NDArray[np.int64], cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the best cosines in the area of each leaf."""
    if len(areas) == 0:
        return cosines
    order = np.lexsort((-cosines, areas))
    _, first, inverse, sizes = np.unique(
        areas[order], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.arange(len(areas)) - first[inverse]
    best = np.bincount(inverse, np.where(rank < _WITNESSES, cosines[order], 0.0))
    evidence = np.empty(len(areas))
    evidence[order] = (best / np.minimum(sizes, _WITNESSES))[inverse]
    return evidence


def _apart(
    positions: NDArray[np.float64], order: NDArray[np.int64], k: int, separation_m: float
) -> NDArray[np.int64]:
    """Take from an order what is at least ``separation_m`` from everything taken before."""
    taken: list[int] = []
    free = np.ones(len(order), np.bool_)
    ordered = positions[order]
    while len(taken) < k and free.any():
        i = int(free.argmax())
        taken.append(i)
        free &= np.linalg.norm(ordered - ordered[i], axis=1) >= separation_m
        free[i] = False
    return order[taken]


def ancestor_cosines(
    forest: ForestView, query: FloatArray, keys: list[int], depth: int = 3
) -> NDArray[np.float64]:
    """
    Cosine of the query to the areas above each leaf, shape (len(keys), depth), level 1 first.

    A leaf in a shallower tree repeats its root's.
    """
    q = unit_vector(query, forest.dim)
    known: dict[int, float] = {}
    result = np.zeros((len(keys), depth))
    for i, key in enumerate(keys):
        cosine = 0.0
        path = forest.ancestors(key)
        for j in range(depth):
            if j < len(path):
                node = path[j]
                if node.id not in known:
                    known[node.id] = float(node.embedding @ q)
                cosine = known[node.id]
            result[i, j] = cosine
    return result
