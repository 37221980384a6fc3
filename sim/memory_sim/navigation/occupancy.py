"""Where a robot fits in a world, and the shortest ways between places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_sim.navigation.grid_graph import COMFORT_M, GridGraph
from memory_sim.render.mesh import FloatArray
from memory_sim.world.errors import WorldError
from memory_sim.world.model import DOOR, Wall, World

__all__ = ['OccupancyMap', 'cell_for', 'rasterize']

BoolGrid = NDArray[np.bool_]

#: Cells for worlds of up to so many square metres [m].
_CELLS = ((0.05, 12_000.0), (0.1, 40_000.0))
_COARSEST_M = 0.25
#: Things lower than this are driven over [m].
_STEP_M = 0.04
_MARGIN_M = 0.4
#: How far door frames and skirting boards stand out from a wall [m].
_TRIM_M = 0.02
#: Points worked on at a time: so few that BLAS wakes up no threads for them.
_POINTS = 60_000


def rasterize(
    corners: FloatArray, low_m: float, high_m: float, origin: tuple[float, float],
    shape: tuple[int, int], cell_m: float,
) -> BoolGrid:  # fmt: skip
    """
    Return which grid cells hold a part of any triangle between two heights.

    Parameters
    ----------
    corners
        (T, 3, 3) triangles [m].
    low_m, high_m
        Heights between which a part counts [m].
    origin
        x, y of the grid's lower corner [m].
    shape
        Cells along x and y.
    cell_m
        Side of a cell [m].

    """
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
                for values, start in zip((x, y), origin, strict=True)
            )
            inside = (i >= 0) & (i < shape[0]) & (j >= 0) & (j < shape[1])
            flat[i[inside] * shape[1] + j[inside]] = True
    return grid


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


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    origin: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]

    def index(self, x: float, y: float) -> tuple[int, int]:
        return (
            math.floor((x - self.origin[0]) / self.cell_m),
            math.floor((y - self.origin[1]) / self.cell_m),
        )

    def holds(self, i: int, j: int) -> bool:
        return 0 <= i < self.shape[0] and 0 <= j < self.shape[1]

    def center(self, i: int, j: int) -> tuple[float, float]:
        return (
            self.origin[0] + (i + 0.5) * self.cell_m,
            self.origin[1] + (j + 0.5) * self.cell_m,
        )


def cell_for(world: World) -> float:
    """Return the side of the grid cells that suits a world's size [m]."""
    x0, y0, x1, y1 = world.bounds
    area = (x1 - x0) * (y1 - y0)
    return next((cell for cell, most in _CELLS if area <= most), _COARSEST_M)


def _grid_around(world: World, cell_m: float) -> _Grid:
    x0, y0, x1, y1 = world.bounds
    shape = (
        math.ceil((x1 - x0 + 2 * _MARGIN_M) / cell_m),
        math.ceil((y1 - y0 + 2 * _MARGIN_M) / cell_m),
    )
    return _Grid((x0 - _MARGIN_M, y0 - _MARGIN_M), cell_m, shape)


class OccupancyMap:
    """
    One storey as a grid: occupied cells, distance to them, and the part the robot can reach.

    Queries are safe from several threads; building costs about a second for an apartment.
    """

    def __init__(
        self,
        world: World,
        corners: FloatArray,
        *,
        radius_m: float = 0.2,
        height_m: float = 1.4,
        cell_m: float | None = None,
        elevation_m: float = 0.0,
        floor: int = 0,
    ) -> None:
        """
        Rasterise a world.

        Parameters
        ----------
        world
            Its rooms say where floor is, its walls are drawn as boxes.
        corners
            (T, 3, 3) triangles of the objects in it [m].
        radius_m, height_m
            The robot's footprint and height [m].
        cell_m
            Side of a grid cell [m]; 0.05, or more in a world that would have too many, if None.
        elevation_m, floor
            Height of this storey's floor [m], and its number.

        Raises
        ------
        WorldError
            If the robot fits nowhere.

        """
        self.radius_m = radius_m
        cell_m = cell_m or cell_for(world)
        self._grid = _grid_around(world, cell_m)
        low, high = elevation_m + _STEP_M, elevation_m + height_m
        occupied = rasterize(corners, low, high, self._grid.origin, self._grid.shape, cell_m)
        outlines = [r.polygon for r in world.rooms if abs(r.elevation_m - elevation_m) < 0.5]
        outlines += [f.outline for f in world.stairs if f.upper_floor == floor]
        occupied |= ~self._floor(outlines)
        for wall in (w for w in world.walls if abs(w.elevation_m - elevation_m) < 0.5):
            self._draw_wall(wall, height_m, occupied)
        #: (X, Y) cells that hold an obstacle or no floor.
        self.occupied: BoolGrid = occupied
        #: (X, Y) distance from a cell's middle to the nearest obstacle [m].
        self.clearance = (ndimage.distance_transform_edt(~occupied) - 0.5) * cell_m
        # Python reads single numbers from this faster than from an array.
        self._values = np.ascontiguousarray(self.clearance).data.cast('B').cast('d')
        #: (X, Y) cells where the robot's middle can be and that it can drive to.
        self.reachable: BoolGrid = self._main_part(world.name)

    @property
    def cell_m(self) -> float:
        """Side of a cell [m]."""
        return self._grid.cell_m

    @property
    def origin(self) -> tuple[float, float]:
        """Lower corner of the grid [m]."""
        return self._grid.origin

    @property
    def area_m2(self) -> float:
        """Floor that the robot's middle can reach."""
        return float(self.reachable.sum()) * self.cell_m**2

    def is_navigable(self, x: float, y: float) -> bool:
        """Whether the robot fits at (x, y) and can drive there."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return False
        i, j = self._grid.index(x, y)
        return self._grid.holds(i, j) and bool(self.reachable[i, j])

    def clearance_at(self, x: float, y: float) -> float:
        """Return the distance to the nearest obstacle, between cells [m]; 0 off the map."""
        (x0, y0), cell = self._grid.origin, self._grid.cell_m
        u, v = (x - x0) / cell - 0.5, (y - y0) / cell - 0.5
        if not (0.0 <= u < self._grid.shape[0] - 1 and 0.0 <= v < self._grid.shape[1] - 1):
            return 0.0
        i, j = int(u), int(v)
        fu, fv = u - i, v - j
        a, values = i * self._grid.shape[1] + j, self._values
        b = a + self._grid.shape[1]
        near = values[a] + fv * (values[a + 1] - values[a])
        far = values[b] + fv * (values[b + 1] - values[b])
        return near + fu * (far - near)

    def snap(self, x: float, y: float) -> tuple[float, float] | None:
        """Return the nearest reachable cell's middle, or (x, y) itself where it is reachable."""
        if self.is_navigable(x, y):
            return x, y
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        (x0, y0), cell = self._grid.origin, self._grid.cell_m
        way = (self._cells + 0.5) * cell + (x0 - x, y0 - y)
        i, j = self._cells[int((way**2).sum(axis=1).argmin())]
        return self._grid.center(int(i), int(j))

    def sample(self, rng: np.random.Generator, clearance_m: float = 0.0) -> tuple[float, float]:
        """Draw a reachable place that keeps this distance from obstacles, if there is one."""
        rows = self._cells
        roomy = rows[self.clearance[rows[:, 0], rows[:, 1]] >= clearance_m]
        rows = roomy if len(roomy) else rows
        i, j = rows[int(rng.integers(len(rows)))]
        return self._grid.center(int(i), int(j))

    def distances_from(self, x: float, y: float) -> NDArray[np.float64]:
        """Return the (X, Y) driving distance to every cell [m], infinite where there is none."""
        place = self.snap(x, y)
        node = None if place is None else self._graph.node_at(*self._grid.index(*place))
        if node is None:
            return np.full(self._grid.shape, np.inf)
        return self._graph.distances(node)

    def geodesic_distance(self, start: Sequence[float], goal: Sequence[float]) -> float:
        """Return the length of the shortest path between two places [m], or infinity."""
        path = self._path(start, goal, comfort=False)
        if path is None:
            return math.inf
        return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())

    def shortest_path(
        self, start: Sequence[float], goal: Sequence[float]
    ) -> NDArray[np.float64] | None:
        """Return (N, 2) way points [m] that keep their distance from obstacles, or None."""
        return self._path(start, goal, comfort=True)

    # Building ------------------------------------------------------------------------------

    def _window(
        self, low: Sequence[float], high: Sequence[float]
    ) -> tuple[slice, slice, NDArray[Any], NDArray[Any]]:
        """Return the cells within two corners as slices, and the x and y of their middles."""
        cell, origin, shape = self._grid.cell_m, self._grid.origin, self._grid.shape
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

    def _floor(self, outlines: Sequence[Sequence[tuple[float, float]]]) -> BoolGrid:
        floor = np.zeros(self._grid.shape, dtype=bool)
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

    def _draw_wall(self, wall: Wall, height_m: float, occupied: BoolGrid) -> None:
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

    def _main_part(self, name: str) -> BoolGrid:
        free = self.clearance >= self.radius_m
        labels, count = ndimage.label(free, structure=np.ones((3, 3)))
        if count == 0:
            raise WorldError(f'world {name!r}: a robot of radius {self.radius_m} m fits '
                             'nowhere')  # fmt: skip
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        main: BoolGrid = labels == int(sizes.argmax())
        return main

    # Paths ---------------------------------------------------------------------------------

    @cached_property
    def _cells(self) -> NDArray[np.int32]:
        return np.argwhere(self.reachable).astype(np.int32)

    @cached_property
    def _graph(self) -> GridGraph:
        return GridGraph(
            self.reachable, self.clearance, cell_m=self.cell_m, radius_m=self.radius_m
        )

    def _path(
        self, start: Sequence[float], goal: Sequence[float], *, comfort: bool
    ) -> NDArray[np.float64] | None:
        if not (self.is_navigable(*start[:2]) and self.is_navigable(*goal[:2])):
            return None
        a, b = (self._graph.node_at(*self._grid.index(p[0], p[1])) for p in (start, goal))
        if a is None or b is None:
            return None
        way = self._graph.way(a, b, comfort=comfort)
        if way is None:
            return None
        (x0, y0), cell = self._grid.origin, self._grid.cell_m
        middles = (way + 0.5) * cell + (x0, y0)
        if self._graph.stride == 1:  # the ends lie in the first and the last cell
            middles = middles[1:-1]
        points = np.concatenate([[start[:2]], middles, [goal[:2]]]).astype(np.float64)
        keep = self.radius_m + (0.5 * COMFORT_M if comfort else 0.0)
        return points[list(self._corners_of(points, keep))]

    def _corners_of(self, points: NDArray[np.float64], keep_m: float) -> Iterator[int]:
        """Yield the way points that remain when straight, clear stretches replace the steps."""
        at, last = 0, len(points) - 1
        yield 0
        while at < last:
            reach = at + 1
            span = 1
            while reach < last and self.is_clear(points[at], points[min(reach + span, last)],
                                                 keep_m):  # fmt: skip
                reach = min(reach + span, last)
                span = min(2 * span, 32)
            while span > 1 and reach < last:
                span //= 2
                if self.is_clear(points[at], points[min(reach + span, last)], keep_m):
                    reach = min(reach + span, last)
            at = reach
            yield at

    def is_clear(
        self, start: NDArray[np.float64], goal: NDArray[np.float64], keep_m: float
    ) -> bool:
        """Whether the straight line keeps this distance from obstacles all along."""
        length = float(np.linalg.norm(goal - start))
        steps = max(1, math.ceil(length / (0.5 * self.cell_m)))
        line = start + np.linspace(0.0, 1.0, steps + 1)[:, None] * (goal - start)
        return all(self.clearance_at(x, y) >= keep_m for x, y in line.tolist())


def _sides(
    polygon: Sequence[tuple[float, float]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    return iter(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
