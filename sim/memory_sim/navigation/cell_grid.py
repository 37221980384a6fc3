"""A grid over the floor, and what is drawn into its cells: triangles, floors, walls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.render.mesh import FloatArray
from memory_sim.world.model import DOOR, Wall, World

__all__ = ['BoolGrid', 'CellGrid', 'grid_around']

BoolGrid = NDArray[np.bool_]

#: Cells for worlds of up to so many square metres [m].
_CELLS = ((0.05, 12_000.0), (0.1, 40_000.0))
_COARSEST_M = 0.25
#: How far a grid reaches beyond the rooms [m].
_MARGIN_M = 0.4
#: How far door frames and skirting boards stand out from a wall [m].
_TRIM_M = 0.02
#: Points worked on at a time: so few that BLAS wakes up no threads for them.
_POINTS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class CellGrid:
    """Square cells over a part of the floor."""

    #: x, y of the lower corner, and the side of a cell [m].
    origin: tuple[float, float]
    cell_m: float
    #: Cells along x and y.
    shape: tuple[int, int]

    def index(self, x: float, y: float) -> tuple[int, int]:
        """Return the cell at (x, y), which may lie outside."""
        return (
            math.floor((x - self.origin[0]) / self.cell_m),
            math.floor((y - self.origin[1]) / self.cell_m),
        )

    def holds(self, i: int, j: int) -> bool:
        """Whether there is such a cell."""
        return 0 <= i < self.shape[0] and 0 <= j < self.shape[1]

    def center(self, i: int, j: int) -> tuple[float, float]:
        """Return the middle of a cell [m]."""
        return (
            self.origin[0] + (i + 0.5) * self.cell_m,
            self.origin[1] + (j + 0.5) * self.cell_m,
        )

    def rasterize(self, corners: FloatArray, low_m: float, high_m: float) -> BoolGrid:
        """
        Return which cells hold a part of any triangle between two heights.

        Parameters
        ----------
        corners
            (T, 3, 3) triangles [m].
        low_m, high_m
            Heights between which a part counts [m].

        """
        shape, cell_m = self.shape, self.cell_m
        grid = np.zeros(shape, dtype=bool)
        flat = grid.ravel()
        z = corners[:, :, 2]
        corners = corners[(z.max(axis=1) > low_m) & (z.min(axis=1) < high_m)]
        steps = np.ceil(_longest_edge(corners) / (0.5 * cell_m)).astype(int) + 1
        steps = np.minimum(2 ** np.ceil(np.log2(steps)).astype(int), 256)
        for n in np.unique(steps):
            weights = _lattice(int(n))
            chosen = corners[steps == n]
            count = max(1, _POINTS // len(weights))
            for low in range(0, len(chosen), count):
                part = chosen[low : low + count]
                x, y, z = (np.matmul(weights, part[:, :, k].T) for k in range(3))
                keep = (z > low_m) & (z < high_m)
                i, j = (
                    np.floor((values[keep] - np.float32(start)) / cell_m).astype(np.int32)
                    for values, start in zip((x, y), self.origin, strict=True)
                )
                inside = (i >= 0) & (i < shape[0]) & (j >= 0) & (j < shape[1])
                flat[i[inside] * shape[1] + j[inside]] = True
        return grid

    def within(self, outlines: Sequence[Sequence[tuple[float, float]]]) -> BoolGrid:
        """Return which cells have their middle inside any polygon."""
        floor = np.zeros(self.shape, dtype=bool)
        for outline in outlines:
            corners = np.asarray(outline)
            columns, rows, xs, ys = self._window(corners.min(axis=0), corners.max(axis=0))
            inside = np.zeros((len(xs), len(ys)), dtype=bool)
            for (ax, ay), (bx, by) in _sides(outline):
                if ay == by:
                    continue
                crosses = (ay > ys) != (by > ys)
                left = xs[:, None] < ax + (ys - ay) / (by - ay) * (bx - ax)
                inside ^= crosses[None, :] & left
            floor[columns, rows] |= inside
        return floor

    def draw_wall(self, wall: Wall, height_m: float, occupied: BoolGrid) -> None:
        """Mark the cells within a wall, leaving its doorways out."""
        (x0, y0), (x1, y1) = wall.start, wall.end
        ux, uy = (x1 - x0) / wall.length_m, (y1 - y0) / wall.length_m
        half = 0.5 * wall.thickness_m + _TRIM_M
        low = (min(x0, x1) - 2 * half, min(y0, y1) - 2 * half)
        high = (max(x0, x1) + 2 * half, max(y0, y1) + 2 * half)
        columns, rows, xs, ys = self._window(low, high)
        xs, ys = xs - x0, ys - y0
        along = xs[:, None] * ux + ys[None, :] * uy
        across = np.abs(-xs[:, None] * uy + ys[None, :] * ux)
        solid = (across <= half) & (along >= -half) & (along <= wall.length_m + half)
        for opening in wall.openings:
            if opening.kind == DOOR and opening.top_m >= height_m:
                solid &= np.abs(along - opening.offset_m) >= 0.5 * opening.width_m
        occupied[columns, rows] |= solid

    def _window(
        self, low: Sequence[float], high: Sequence[float]
    ) -> tuple[slice, slice, NDArray[Any], NDArray[Any]]:
        """Return the cells within two corners as slices, and the x and y of their middles."""
        cell, origin, shape = self.cell_m, self.origin, self.shape
        parts = [
            slice(max(0, math.floor((low[k] - origin[k]) / cell) - 1),
                  max(0, min(shape[k], math.ceil((high[k] - origin[k]) / cell) + 1)))
            for k in (0, 1)
        ]  # fmt: skip
        xs, ys = (
            origin[k] + (np.arange(part.start, max(part.start, part.stop)) + 0.5) * cell
            for k, part in enumerate(parts)
        )
        return parts[0], parts[1], xs, ys


def grid_around(world: World, cell_m: float | None = None) -> CellGrid:
    """Return a grid over all rooms; None takes the side of cells that suits the world's size."""
    x0, y0, x1, y1 = world.bounds
    if not cell_m:
        area = (x1 - x0) * (y1 - y0)
        cell_m = next((cell for cell, most in _CELLS if area <= most), _COARSEST_M)
    shape = (
        math.ceil((x1 - x0 + 2 * _MARGIN_M) / cell_m),
        math.ceil((y1 - y0 + 2 * _MARGIN_M) / cell_m),
    )
    return CellGrid((x0 - _MARGIN_M, y0 - _MARGIN_M), cell_m, shape)


def _longest_edge(corners: FloatArray) -> NDArray[np.float32]:
    """Return the length of the longest edge of (T, 3, 3) triangles [m]."""
    longest = np.zeros(len(corners), dtype=np.float32)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        way = corners[:, a] - corners[:, b]
        np.maximum(longest, np.einsum('tc,tc->t', way, way), out=longest)
    return np.sqrt(longest)


def _lattice(n: int) -> FloatArray:
    """Return barycentric weights of evenly spread points on a triangle."""
    i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing='ij')
    keep = i + j <= n
    a, b = i[keep] / n, j[keep] / n
    return np.stack([a, b, 1.0 - a - b], axis=1).astype(np.float32)


def _sides(
    polygon: Sequence[tuple[float, float]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    return iter(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
