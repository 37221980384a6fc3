"""Where an exploring robot can go on its own map, and where that map ends (Yamauchi, 1997)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from memory_sim.exploration.grid import ExplorationGrid

__all__ = ['Frontier', 'Reach', 'cluster', 'find_frontiers', 'reach_from']

Point = tuple[float, float]

#: Half of a cell's eight neighbours; the other half is the same edges backwards.
_STEPS = ((1, 0), (0, 1), (1, 1), (1, -1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """Cheapest ways from one or more sources to every cell the robot's footprint can reach."""

    #: (N, 2) cells of the grid, and their (N,) world cost [m, longer near obstacles].
    cells: NDArray[np.int64]
    points: NDArray[np.float64]
    cost_m: NDArray[np.float64]
    _before: NDArray[np.int32]

    def path_to(self, index: int) -> NDArray[np.float64]:
        """Return the (M, 2) world path [m] from the source to the cell of that row."""
        rows = [index]
        while self._before[rows[-1]] >= 0:
            rows.append(int(self._before[rows[-1]]))
        path: NDArray[np.float64] = self.points[rows[::-1]]
        return path

    def nearest(self, point: Point, limit_m: float = math.inf) -> int | None:
        """Return the row of the reachable cell nearest to a point, or None beyond the limit."""
        if len(self.points) == 0:
            return None
        distance = np.hypot(self.points[:, 0] - point[0], self.points[:, 1] - point[1])
        row = int(np.argmin(distance))
        return row if distance[row] <= limit_m else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A stretch of border between seen floor and the unknown."""

    #: Middle of the stretch and its length [m].
    center: Point
    size_m: float
    #: Row in ``Reach`` of the cheapest cell to look at it from, and its cost [m].
    stand_row: int
    cost_m: float


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)


def reach_from(grid: ExplorationGrid, sources: Sequence[Point]) -> Reach:
    """
    Search the free cells from the sources with Dijkstra's algorithm.

    A cell counts when the robot's disc fits there. Cells near obstacles cost up to twice their
    length, so paths keep to the middle of doors. A source inside an obstacle's margin starts at
    the closest fitting cell within half a metre; if there is none, the reach is empty.
    """
    res = grid.config.resolution_m
    window = _window(grid.free)
    clearance = _clearance(grid, window)
    fits = grid.free[window] & (clearance > grid.config.robot_radius_m)
    cells = np.argwhere(fits)
    offset = np.array([window[0].start, window[1].start])
    world = grid.to_world(cells + offset)
    starts = _start_rows(world, sources)
    if not starts:
        empty = np.empty((0, 2))
        return Reach(
            cells=empty.astype(np.int64),
            points=empty,
            cost_m=np.empty(0),
            _before=np.empty(0, np.int32),
        )
    penalty = 1.0 + np.clip((0.6 - clearance) / 0.6, 0.0, 1.0)
    graph = _graph(fits, penalty, res)
    cost, before, _ = dijkstra(
        graph, directed=False, indices=starts, min_only=True, return_predecessors=True
    )
    rows = np.flatnonzero(np.isfinite(cost))
    renumbered = np.full(len(cells) + 1, -1, np.int32)
    renumbered[rows] = np.arange(rows.size, dtype=np.int32)
    # Sources have predecessor -9999: index -1 keeps them at -1.
    parents = renumbered[np.maximum(before[rows], -1)]
    return Reach(
        cells=cells[rows] + offset, points=world[rows], cost_m=cost[rows], _before=parents
    )


def _clearance(grid: ExplorationGrid, window: tuple[slice, slice]) -> NDArray[np.float64]:
    """Distance to obstacles [m] inside the window; obstacles just outside of it count too."""
    margin = int(math.ceil(1.0 / grid.config.resolution_m))
    low = [max(0, s.start - margin) for s in window]
    wide = grid.occupied[low[0] : window[0].stop + margin, low[1] : window[1].stop + margin]
    inner = tuple(
        slice(s.start - first, s.stop - first) for s, first in zip(window, low, strict=True)
    )
    if not wide.any():
        return np.full(wide[inner].shape, math.inf)
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(~wide)[inner]
    return distance * grid.config.resolution_m


def _start_rows(world: NDArray[np.float64], sources: Sequence[Point]) -> list[int]:
    starts = []
    for x, y in sources:
        if len(world) == 0:
            break
        distance = np.hypot(world[:, 0] - x, world[:, 1] - y)
        row = int(np.argmin(distance))
        if distance[row] <= 0.5:
            starts.append(row)
    return starts


def _graph(
    fits: NDArray[np.bool_], penalty: NDArray[np.float64], resolution_m: float
) -> coo_array:
    """Join each fitting cell to its fitting neighbours; rows follow ``np.argwhere(fits)``."""
    number = np.full((fits.shape[0] + 2, fits.shape[1] + 2), -1, np.int64)
    number[1:-1, 1:-1][fits] = np.arange(np.count_nonzero(fits))
    weight = np.pad(np.where(np.isfinite(penalty), penalty, 1.0), 1)
    heads, tails, costs = [], [], []
    inner = number[1:-1, 1:-1]
    for di, dj in _STEPS:
        rows = slice(1 + di, 1 + di + fits.shape[0])
        cols = slice(1 + dj, 1 + dj + fits.shape[1])
        joined = (inner >= 0) & (number[rows, cols] >= 0)
        heads.append(inner[joined])
        tails.append(number[rows, cols][joined])
        mean = 0.5 * (weight[1:-1, 1:-1] + weight[rows, cols])[joined]
        costs.append(mean * math.hypot(di, dj) * resolution_m)
    count = int(np.count_nonzero(fits))
    edges = (np.concatenate(heads), np.concatenate(tails))
    return coo_array((np.concatenate(costs), edges), shape=(count, count)).tocsr()


def find_frontiers(
    grid: ExplorationGrid,
    reach: Reach,
    *,
    ignore: Sequence[Point] = (),
    min_size_m: float = 0.5,
    min_unknown_m2: float = 0.4,
    stand_off_m: float = 0.7,
    ignore_radius_m: float = 0.5,
) -> list[Frontier]:
    """
    List the frontiers that can be looked at from a reachable cell, cheapest first.

    A frontier cell is seen floor with unknown beside it. A frontier shorter than ``min_size_m``,
    or with less than ``min_unknown_m2`` of unknown within 0.6 m of its middle, is a nook and not
    a way on. Cells within ``ignore_radius_m`` of a point of ``ignore`` are left out: the robot
    was there and could not see more.
    """
    if len(reach.cells) == 0:
        return []
    res = grid.config.resolution_m
    cells = _frontier_cells(grid, ignore, ignore_radius_m)
    if len(cells) == 0:
        return []
    names = cluster(cells)
    world = grid.to_world(cells)
    distance, nearest = cKDTree(world).query(reach.points, distance_upper_bound=stand_off_m)
    near = np.flatnonzero(np.isfinite(distance))
    order = near[np.argsort(reach.cost_m[near], kind='stable')]
    found: dict[int, Frontier] = {}
    for row in order.tolist():
        name = int(names[nearest[row]])
        if name in found:
            continue
        members = world[names == name]
        size = len(members) * res
        if size >= min_size_m:
            center = members[np.argmin(np.linalg.norm(members - members.mean(axis=0), axis=1))]
            if _unknown_near(grid, center) < min_unknown_m2:
                continue
            found[name] = Frontier(
                center=(float(center[0]), float(center[1])),
                size_m=size,
                stand_row=row,
                cost_m=float(reach.cost_m[row]),
            )
    return list(found.values())


def _unknown_near(grid: ExplorationGrid, center: NDArray[np.float64]) -> float:
    row, col = grid.to_cells(center[None])[0].tolist()
    reach = int(round(0.6 / grid.config.resolution_m))
    patch = (
        slice(max(0, row - reach), row + reach + 1),
        slice(max(0, col - reach), col + reach + 1),
    )
    return float(np.count_nonzero(grid.unknown[patch])) * grid.config.resolution_m**2


def _frontier_cells(
    grid: ExplorationGrid, ignore: Sequence[Point], radius_m: float
) -> NDArray[np.int64]:
    window = _window(grid.free)
    grown = tuple(slice(max(0, s.start - 1), s.stop + 1) for s in window)
    free, unknown = grid.free[grown], grid.unknown[grown]
    border = free & ndimage.binary_dilation(unknown)
    corner = np.array([grown[0].start, grown[1].start])
    cells: NDArray[np.int64] = np.argwhere(border) + corner
    if len(ignore) and len(cells):
        away, _ = cKDTree(np.asarray(ignore)).query(grid.to_world(cells))
        cells = cells[away > radius_m]
    return cells


def cluster(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Name the cluster of each cell; cells touch with their eight neighbours."""
    low = cells.min(axis=0)
    local = np.zeros(cells.max(axis=0) - low + 1, bool)
    local[tuple((cells - low).T)] = True
    names = np.asarray(ndimage.label(local, structure=np.ones((3, 3)))[0], np.int64)
    rows, cols = (cells - low).T
    named: NDArray[np.int64] = names[rows, cols]
    return named
