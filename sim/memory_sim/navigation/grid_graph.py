"""Shortest ways over the free cells of a grid."""

from __future__ import annotations

from functools import cached_property
import math

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

__all__ = ['COMFORT_M', 'GridGraph']

#: Extra distance that comfortable ways keep where there is room [m].
COMFORT_M = 0.15
#: More free cells than this are joined through every n-th cell only.
_MOST_CELLS = 500_000
_WIDEST_STRIDE = 4
_DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


class GridGraph:
    """
    Joins free cells to their eight neighbours, or in a large grid every n-th cell to every n-th.

    Queries are safe from several threads once each graph has been used.
    """

    def __init__(
        self,
        free: NDArray[np.bool_],
        clearance: NDArray[np.float64],
        *,
        cell_m: float,
        radius_m: float,
    ) -> None:
        """
        Give every node a number.

        Parameters
        ----------
        free
            (X, Y) cells where the robot's middle can be.
        clearance
            (X, Y) distance to the nearest obstacle [m].
        cell_m, radius_m
            Side of a cell, and the robot's radius [m].

        """
        self._free, self._clearance = free, clearance
        self._cell_m, self._radius_m = cell_m, radius_m
        share = int(free.sum()) / _MOST_CELLS
        self.stride = min(_WIDEST_STRIDE, max(1, math.ceil(math.sqrt(share))))
        lattice = np.argwhere(free[:: self.stride, :: self.stride]).astype(np.int32)
        #: (N, 2) cells that are nodes.
        self.cells: NDArray[np.int32] = lattice * np.int32(self.stride)
        self._nodes = np.full(free[:: self.stride, :: self.stride].shape, -1, dtype=np.int32)
        self._nodes[lattice[:, 0], lattice[:, 1]] = np.arange(len(lattice), dtype=np.int32)

    @cached_property
    def plain(self) -> sparse.csr_matrix:
        """Lengths between joined cells [m]."""
        return self._connect(np.ones(self._nodes.shape))

    @cached_property
    def comfortable(self) -> sparse.csr_matrix:
        """Lengths between joined cells, longer where an obstacle is near."""
        clearance = self._clearance[:: self.stride, :: self.stride]
        lack = np.clip((self._radius_m + COMFORT_M - clearance) / COMFORT_M, 0.0, 1.0)
        return self._connect(1.0 + 4.0 * lack)

    def node_at(self, i: int, j: int) -> int | None:
        """Return the node of a free cell: itself, or the nearest to which the line is free."""
        n = self.stride
        if n == 1:
            return int(self._nodes[i, j])
        size: tuple[int, ...] = self._nodes.shape
        rows, columns = size[0], size[-1]
        best: tuple[float, int] | None = None
        for a in range(max(0, i // n - 1), min(rows, i // n + 3)):
            for b in range(max(0, j // n - 1), min(columns, j // n + 3)):
                node = int(self._nodes[a, b])
                far = math.hypot(a * n - i, b * n - j)
                if (
                    node >= 0
                    and (best is None or far < best[0])
                    and self._line(i, j, a * n, b * n)
                ):
                    best = far, node
        return None if best is None else best[1]

    def distances(self, node: int) -> NDArray[np.float64]:
        """Return the (X, Y) length of the shortest way to every cell [m], infinite without one."""
        found = csgraph.dijkstra(self.plain, directed=False, indices=node)
        field = np.full(self._free.shape, np.inf)
        if self.stride == 1:
            field[self.cells[:, 0], self.cells[:, 1]] = found
            return field
        coarse = np.full(self._nodes.shape, np.inf)
        coarse[self._nodes >= 0] = found[self._nodes[self._nodes >= 0]]
        near = coarse.repeat(self.stride, axis=0).repeat(self.stride, axis=1)
        shape = self._free.shape
        field[self._free] = near[: shape[0], : shape[1]][self._free]
        return field

    def way(self, start: int, goal: int, *, comfort: bool) -> NDArray[np.int32] | None:
        """Return the (N, 2) cells of the shortest way between two nodes, or None."""
        graph = self.comfortable if comfort else self.plain
        _, before = csgraph.dijkstra(graph, directed=False, indices=start,
                                     return_predecessors=True)  # fmt: skip
        chain = [goal]
        while chain[-1] != start:
            chain.append(int(before[chain[-1]]))
            if chain[-1] < 0:
                return None
        return self.cells[chain[::-1]]

    def _line(self, i: int, j: int, a: int, b: int) -> bool:
        steps = max(abs(a - i), abs(b - j), 1)
        rows = np.rint(np.linspace(i, a, steps + 1)).astype(int)
        columns = np.rint(np.linspace(j, b, steps + 1)).astype(int)
        return bool(self._free[rows, columns].all())

    def _connect(self, price: NDArray[np.float64]) -> sparse.csr_matrix:
        nodes, n = self._nodes, self.stride
        starts, ends, costs = [], [], []
        for di, dj in _DIRECTIONS:
            a_rows, b_rows = slice(None, -di or None), slice(di, None)
            a_cols = slice(max(0, -dj), -dj if dj > 0 else None)
            b_cols = slice(max(0, dj), dj if dj < 0 else None)
            a, b = nodes[a_rows, a_cols], nodes[b_rows, b_cols]
            joined = (a >= 0) & (b >= 0)
            if n > 1:  # the cells in between have to be free as well
                rows, cols = np.nonzero(joined)
                first = self.cells[a[rows, cols]]
                clear = np.ones(len(rows), dtype=bool)
                for k in range(1, n):
                    clear &= self._free[first[:, 0] + k * di, first[:, 1] + k * dj]
                joined[rows[~clear], cols[~clear]] = False
            starts.append(a[joined])
            ends.append(b[joined])
            mean = 0.5 * (price[a_rows, a_cols] + price[b_rows, b_cols])
            costs.append(mean[joined] * self._cell_m * n * math.hypot(di, dj))
        size = len(self.cells)
        entries = (np.concatenate(costs), (np.concatenate(starts), np.concatenate(ends)))
        return sparse.csr_matrix(entries, shape=(size, size))
