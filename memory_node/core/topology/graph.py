"""
The topological map: which observations a robot can drive between, and the shortest way.

Edges come from three sources, the better first. An observation whose source named its neighbours
has those edges only. Consecutive observations that are close in time and space were driven
(traversal). Poses closer than a robot and a wall are wide have no wall between them (proximity).
What is still apart is joined by the shortest gaps up to ``bridge_distance_m``, each between
different parts, at a price that keeps routes off them where there is another way.
"""

from __future__ import annotations

from dataclasses import dataclass
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

from memory_node.core.config import TopologyConfig
from memory_node.core.errors import NoRouteError
from memory_node.core.store.snapshot import Snapshot

__all__ = ['EdgeKind', 'Edges', 'TopologicalMap', 'Topology', 'build_edges']

IntArray = NDArray[np.int64]

#: Proximity edges that a cell asks for at most.
_MAX_NEAR = 8
#: Poses in one cell this wide are joined to the first of them, so a robot at rest adds one edge.
_CELL_M = 0.1
#: Metres that a metre of bridge costs when routes are compared.
_BRIDGE_PRICE = 4.0
#: A link between two observations on one spot still has a length: zero means none to SciPy.
_MIN_LENGTH_M = 1e-6


class EdgeKind:
    """Where an edge comes from."""

    GIVEN = 0
    TRAVERSAL = 1
    PROXIMITY = 2
    BRIDGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Undirected edges between rows of a snapshot, each once with ``sources < targets``."""

    #: (E,) rows.
    sources: IntArray
    #: (E,) rows.
    targets: IntArray
    #: (E,) values of ``EdgeKind``.
    kinds: NDArray[np.int8]
    #: (E,) straight lengths [m].
    lengths: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.sources)


@dataclass(frozen=True, slots=True)
class TopologicalMap:
    """The edges of one snapshot as a sparse graph."""

    snapshot: Snapshot
    edges: Edges
    #: (N, N) symmetric prices [m].
    graph: csr_array
    #: (N,) connected part of each row.
    parts: NDArray[np.int32]

    def shortest_path(self, start: int, goal: int) -> IntArray:
        """Return the rows from start to goal; ``NoRouteError`` if they are not joined."""
        if self.parts[start] != self.parts[goal]:
            raise NoRouteError('no driven path joins start and goal on the topological map')
        if start == goal:
            return np.array([start], np.int64)
        _, before = dijkstra(self.graph, directed=False, indices=start, return_predecessors=True)
        path = [goal]
        while path[-1] != start:
            path.append(int(before[path[-1]]))
        return np.array(path[::-1], np.int64)

    def distances_from(self, start: int, limit_m: float = np.inf) -> NDArray[np.float64]:
        """Return (N,) driving prices [m] from one row, infinite where beyond ``limit_m``."""
        distances: NDArray[np.float64] = dijkstra(
            self.graph, directed=False, indices=start, limit=limit_m
        )
        return distances

    def neighbors(self, row: int) -> IntArray:
        """Return the rows joined to one row, ascending."""
        return np.sort(
            self.graph.indices[self.graph.indptr[row] : self.graph.indptr[row + 1]]
        ).astype(np.int64)


def _given(snapshot: Snapshot, links: tuple[IntArray, IntArray]) -> list[IntArray]:
    sources, targets = snapshot.rows_of_each(links[0]), snapshot.rows_of_each(links[1])
    held = (sources >= 0) & (targets >= 0)
    sources, targets = sources[held], targets[held]
    same_map = snapshot.maps[sources] == snapshot.maps[targets]
    return [sources[same_map], targets[same_map]]


def _traversed(snapshot: Snapshot, config: TopologyConfig) -> list[IntArray]:
    free = np.flatnonzero(~snapshot.mapped)
    order = free[np.lexsort((snapshot.keys[free], snapshot.stamps[free], snapshot.maps[free]))]
    sources, targets = order[:-1], order[1:]
    gaps_s = (snapshot.stamps[targets] - snapshot.stamps[sources]) * 1e-9
    steps = np.linalg.norm(snapshot.positions[targets] - snapshot.positions[sources], axis=1)
    driven = (
        (snapshot.maps[sources] == snapshot.maps[targets])
        & (gaps_s <= config.traversal_interval_s)
        & (steps <= config.traversal_distance_m)
    )
    return [sources[driven], targets[driven]]


def _alike(*columns: NDArray[Any]) -> tuple[IntArray, IntArray]:
    """Return the first row of each combination of values, in their order, and that of each row."""
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new) - 1
    return order[new], group


def _representatives(snapshot: Snapshot, cell_m: float) -> tuple[IntArray, IntArray]:
    """Return the rows without given neighbours, and for each the first row of its small cell."""
    free = np.flatnonzero(~snapshot.mapped)
    cells = np.floor(snapshot.positions[free] / cell_m).astype(np.int64)
    first, cell = _alike(snapshot.maps[free], *cells.T)
    return free, free[first][cell]


def _proximate(snapshot: Snapshot, radius: float) -> list[IntArray]:
    """Join poses of one map that are closer than ``radius`` [m]; edges grow with N only."""
    nothing = np.empty(0, np.int64)
    if radius <= 0.0 or snapshot.mapped.all():
        return [nothing, nothing]
    rows, first = _representatives(snapshot, min(_CELL_M, 0.5 * radius))
    pairs = [np.stack([rows, first])]
    firsts = np.unique(first)
    for map_row in np.unique(snapshot.maps[firsts]):
        here = firsts[snapshot.maps[firsts] == map_row]
        count = min(_MAX_NEAR + 1, len(here))
        _, found = cKDTree(snapshot.positions[here]).query(
            snapshot.positions[here], k=[*range(1, count + 1)], distance_upper_bound=radius
        )
        at, place = np.nonzero(found < len(here))
        pairs.append(np.stack([here[at], here[found[at, place]]]))
    return list(np.concatenate(pairs, axis=1))


def _unique(snapshot: Snapshot, pairs: list[IntArray], kind: int, taken: IntArray) -> Edges:
    low, high = np.minimum(*pairs), np.maximum(*pairs)
    codes = np.unique(low[low != high] * len(snapshot) + high[low != high])
    codes = codes[~np.isin(codes, taken)]
    low, high = np.divmod(codes, max(len(snapshot), 1))
    lengths = np.linalg.norm(snapshot.positions[low] - snapshot.positions[high], axis=1)
    return Edges(
        sources=low,
        targets=high,
        kinds=np.full(len(codes), kind, np.int8),
        lengths=np.maximum(lengths, _MIN_LENGTH_M),
    )


def _joined(a: Edges, b: Edges) -> Edges:
    return Edges(
        sources=np.concatenate([a.sources, b.sources]),
        targets=np.concatenate([a.targets, b.targets]),
        kinds=np.concatenate([a.kinds, b.kinds]),
        lengths=np.concatenate([a.lengths, b.lengths]),
    )


def _graph(count: int, edges: Edges) -> csr_array:
    price = edges.lengths * np.where(edges.kinds == EdgeKind.BRIDGE, _BRIDGE_PRICE, 1.0)
    ends = (
        np.concatenate([edges.sources, edges.targets]),
        np.concatenate([edges.targets, edges.sources]),
    )
    return csr_array((np.concatenate([price, price]), ends), shape=(count, count))


def _bridges(snapshot: Snapshot, edges: Edges, radius: float) -> list[IntArray]:
    """Return the shortest gaps that join parts of one map: a spanning forest over the parts."""
    nothing = np.empty(0, np.int64)
    count, parts = connected_components(_graph(len(snapshot), edges), directed=False)
    if count < 2 or radius <= 0.0 or snapshot.mapped.all():
        return [nothing, nothing]
    # One row a cell and part is enough: its cell mates are within a cell of it.
    free = np.flatnonzero(~snapshot.mapped)
    cells = np.floor(snapshot.positions[free] / _CELL_M).astype(np.int64)
    first, _ = _alike(snapshot.maps[free], parts[free], *cells.T)
    rows = free[first]
    gaps = [
        _gaps(snapshot.positions, parts, rows[snapshot.maps[rows] == m], radius)
        for m in np.unique(snapshot.maps[rows])
    ]
    sources, targets, steps = (np.concatenate(column) for column in zip(*gaps, strict=True))
    low = np.minimum(parts[sources], parts[targets]).astype(np.int64)
    high = np.maximum(parts[sources], parts[targets]).astype(np.int64)
    order = np.lexsort((targets, sources, steps, high, low))
    pairs, best = np.unique(low[order] * count + high[order], return_index=True)
    best = order[best]
    price = np.maximum(steps[best], _MIN_LENGTH_M)
    tree = minimum_spanning_tree(csr_matrix((price, np.divmod(pairs, count)), (count, count)))
    ends = tree.tocoo()
    kept = best[np.searchsorted(pairs, np.sort(ends.row.astype(np.int64) * count + ends.col))]
    return [sources[kept], targets[kept]]


def _gaps(
    positions: NDArray[np.float64], parts: NDArray[np.int32], rows: IntArray, radius: float
) -> tuple[IntArray, IntArray, NDArray[np.float64]]:
    """Return rows outside the largest part, rows of other parts near them, and the gaps [m]."""
    names, sizes = np.unique(parts[rows], return_counts=True)
    small = rows[parts[rows] != names[np.argmax(sizes)]]
    if not len(small):
        return small, small, np.empty(0)
    near = cKDTree(positions[small]).sparse_distance_matrix(
        cKDTree(positions[rows]), radius, output_type='ndarray'
    )
    sources, targets = small[near['i']], rows[near['j']]
    apart = parts[sources] != parts[targets]
    return sources[apart], targets[apart], near['v'][apart]


def build_edges(
    snapshot: Snapshot, links: tuple[IntArray, IntArray], config: TopologyConfig
) -> Edges:
    """Join the rows of a snapshot; ``links`` are the store keys of given neighbours, (E,) each."""

    def with_pairs(edges: Edges, kind: int, pairs: list[IntArray]) -> Edges:
        taken = edges.sources * len(snapshot) + edges.targets
        return _joined(edges, _unique(snapshot, pairs, kind, taken))

    none = np.empty(0, np.int64)
    edges = _unique(snapshot, _given(snapshot, links), EdgeKind.GIVEN, none)
    edges = with_pairs(edges, EdgeKind.TRAVERSAL, _traversed(snapshot, config))
    near = _proximate(snapshot, config.proximity_distance_m)
    edges = with_pairs(edges, EdgeKind.PROXIMITY, near)
    gaps = _bridges(snapshot, edges, config.bridge_distance_m)
    return with_pairs(edges, EdgeKind.BRIDGE, gaps)


class Topology:
    """The topological map of the newest snapshot it was asked about; thread-safe."""

    def __init__(self, config: TopologyConfig | None = None) -> None:
        """Build maps by ``config``, each when it is first needed."""
        self._config = config or TopologyConfig()
        self._lock = threading.Lock()
        self._newest: TopologicalMap | None = None

    def held(self, snapshot: Snapshot) -> TopologicalMap | None:
        """Return the map of a snapshot if it was built already."""
        with self._lock:
            newest = self._newest
        if newest is None or newest.snapshot.revision != snapshot.revision:
            return None
        return newest

    def build(self, snapshot: Snapshot, links: tuple[IntArray, IntArray]) -> TopologicalMap:
        """Build the map of a snapshot from its poses and the given links (store keys)."""
        with self._lock:
            if self._newest is None or self._newest.snapshot.revision != snapshot.revision:
                edges = build_edges(snapshot, links, self._config)
                graph = _graph(len(snapshot), edges)
                _, parts = connected_components(graph, directed=False)
                self._newest = TopologicalMap(snapshot, edges, graph, parts)
            return self._newest
