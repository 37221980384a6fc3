"""Traversability in the forest: which areas a robot drove between, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence
import heapq
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from memory_node.core.forest.drives import Parts
from memory_node.core.forest.leaves import LeafTable
from memory_node.core.forest.node import ForestNode, Unit

__all__ = ['Links', 'Reach']

#: Places settled when the drive from a new leaf is measured; bounds the cost of an insertion.
_SETTLED = 64


class Reach(NamedTuple):
    """How far a new leaf is from the areas around it, as the robot drives."""

    #: Shortest drive found [m] by node id, on every level.
    drives: dict[int, float]
    #: Length below which no area was missed [m].
    horizon_m: float
    #: Slot of a leaf that the drive starts from.
    start: int


class Links:
    """
    Edges between leaves, counted between the areas above them on every level.

    A count is kept for each pair of areas of one level in one tree, so an area's neighbours are
    known without visiting its leaves, and moving a child adjusts only its own edges.
    """

    def __init__(self, leaves: LeafTable, nodes: dict[int, ForestNode]) -> None:
        """Keep the edges of ``leaves``, whose areas are in ``nodes`` by id."""
        self._leaves = leaves
        self._nodes = nodes
        #: Which leaves some drive joins.
        self._parts = Parts()

    def join(self, a: int, b: int, length_m: float) -> None:
        """Join two leaf slots by a drive of ``length_m``; the shorter of two drives is kept."""
        if self._leaves.links.put(a, b, length_m):
            self._count(self._leaves.homes[a], self._leaves.homes[b], 1)
        self._parts.join(a, b)

    def fill(self, pairs: NDArray[np.int64], lengths: NDArray[np.float64]) -> None:
        """Join (E, 2) distinct pairs of leaf slots at once, where none are joined yet."""
        if not len(pairs):
            return
        self._leaves.links.fill(pairs, lengths)
        self._count_all(pairs)
        size = len(self._leaves.homes)
        graph = coo_array((np.ones(len(pairs), np.bool_), tuple(pairs.T)), shape=(size, size))
        self._parts.fill(connected_components(graph, directed=False)[1])

    def _count_all(self, pairs: NDArray[np.int64]) -> None:
        """Count the edges between areas of every level, from the smallest up."""
        nodes, homes = list(self._nodes.values()), self._leaves.homes
        index = {node.id: i for i, node in enumerate(nodes)}
        trees: dict[tuple[str, int], int] = {}
        tree = np.array([trees.setdefault((n.map_id, n.floor), len(trees)) for n in nodes])
        above = np.array([-1 if n.parent is None else index.get(n.parent.id, -1) for n in nodes])
        home = np.array([-1 if node is None else index[node.id] for node in homes], np.int64)
        ends = home[pairs]
        ends = ends[(ends >= 0).all(axis=1)]
        ends = np.sort(ends[tree[ends[:, 0]] == tree[ends[:, 1]]], axis=1)
        while len(ends := ends[(ends[:, 0] != ends[:, 1]) & (ends >= 0).all(axis=1)]):
            codes, counts = np.unique(ends @ [len(nodes), 1], return_counts=True)
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                one, other = (nodes[i] for i in divmod(code, len(nodes)))
                one.links[other.id] = other.links[one.id] = count
            ends = np.sort(above[ends], axis=1)

    def part(self, slot: int) -> list[tuple[int, float]]:
        """Remove all edges of a leaf slot and return them."""
        edges = self._leaves.links.clear(slot)
        self._parts.forget(slot)
        for other, _ in edges:
            self._count(self._leaves.homes[slot], self._leaves.homes[other], -1)
        return edges

    def moved(self, unit: ForestNode | int, source: ForestNode, target: ForestNode) -> None:
        """Adjust the counts after a child went from ``source`` to ``target`` of one level."""
        if isinstance(unit, ForestNode):
            edges = [(self._nodes[i].parent, n) for i, n in unit.links.items()]
        else:
            edges = [(self._leaves.homes[i], 1) for i in self._leaves.links.ends(unit)]
        for other, n in edges:
            self._count(source, other, -n)
            self._count(target, other, n)

    def reach(self, edges: Sequence[tuple[int, float]], limit_m: float) -> Reach:
        """
        Measure the drive from a new leaf to the areas around it.

        Parameters
        ----------
        edges : sequence of (slot, length [m])
            Where the new leaf can be driven to directly; at least one.
        limit_m : float
            Drives longer than this are not followed.

        """
        best: dict[int, float] = {}
        heap: list[tuple[float, int]] = []
        for slot, length in edges:
            home = self._leaves.homes[slot]
            if home is not None and length < best.get(home.id, math.inf):
                best[home.id] = length
                heapq.heappush(heap, (length, home.id))
        done: set[int] = set()
        horizon = limit_m
        while heap:
            drive, node_id = heapq.heappop(heap)
            if node_id in done:
                continue
            if len(done) == _SETTLED:
                horizon = drive
                break
            done.add(node_id)
            here = self._nodes[node_id].position
            for other in self._nodes[node_id].links:
                total = drive + math.dist(here, self._nodes[other].position)
                if total < best.get(other, limit_m):
                    best[other] = total
                    heapq.heappush(heap, (total, other))
        settled = sorted((best[i], i) for i in done)
        for drive, node_id in settled:
            up = self._nodes[node_id].parent
            while up is not None and up.id >= 0 and up.id not in best:
                best[up.id] = drive
                up = up.parent
        return Reach(best, horizon, edges[0][0])

    def joined(self, slot: int, node: ForestNode) -> bool:
        """Whether some drive, however long, joins the leaf to the area."""
        while node.level > 1:
            node = node.children[0]
        return self._parts.joined(slot, node.leaves[0])

    def drives(
        self,
        units: Sequence[Unit],
        distance: NDArray[np.float64],
        outside_m: float,
    ) -> NDArray[np.float64]:
        """
        Shortest drives between areas of one level, or leaf slots; at least the straight line.

        ``distance`` (N, N) holds the straight lines [m]. Units without any edge keep them; where
        the drive leaves the units, it counts as the line and ``outside_m``.
        """
        edges, rows = self._edges(units)
        if not any(edges):
            return distance
        sources = [i for i, joined in enumerate(edges) for other in joined if other in rows]
        targets = [rows[other] for joined in edges for other in joined if other in rows]
        lengths = np.maximum(distance[sources, targets], 1e-9)  # 0 means no edge
        graph = csr_array((lengths, (sources, targets)), shape=distance.shape)
        drive = dijkstra(graph, directed=False)
        drive = np.where(np.isinf(drive), distance + outside_m, drive)
        linked = np.array([bool(e) for e in edges])
        both = linked[:, None] & linked[None, :]
        return np.where(both, np.maximum(distance, drive), distance)

    def _edges(self, units: Sequence[Unit]) -> tuple[list[list[int]], dict[int, int]]:
        """Neighbours of each unit, and the row of each unit, by node id or leaf slot."""
        edges: list[list[int]] = []
        rows: dict[int, int] = {}
        for i, unit in enumerate(units):
            if isinstance(unit, ForestNode):
                rows[unit.id] = i
                edges.append(list(unit.links))
            else:
                rows[unit] = i
                edges.append(self._leaves.links.ends(unit))
        return edges, rows

    @staticmethod
    def _count(a: ForestNode | None, b: ForestNode | None, n: int) -> None:
        if a is None or b is None or (a.map_id, a.floor) != (b.map_id, b.floor):
            return  # trees differ in height, and stairs join no areas
        while a is not b and a is not None and b is not None and a.id >= 0:
            for one, other in ((a, b), (b, a)):
                total = one.links.get(other.id, 0) + n
                if total:
                    one.links[other.id] = total
                else:
                    del one.links[other.id]
            a, b = a.parent, b.parent
