"""Where a robot fits in a world, and the shortest ways between places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_sim.navigation.cell_grid import BoolGrid, grid_around
from memory_sim.navigation.grid_graph import COMFORT_M, GridGraph
from memory_sim.render.mesh import FloatArray
from memory_sim.world.errors import WorldError
from memory_sim.world.model import World

__all__ = ['OccupancyMap']

#: Things lower than this are driven over [m].
_STEP_M = 0.04


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
        self._grid = grid_around(world, cell_m)
        low, high = elevation_m + _STEP_M, elevation_m + height_m
        occupied = self._grid.rasterize(corners, low, high)
        outlines = [r.polygon for r in world.rooms if abs(r.elevation_m - elevation_m) < 0.5]
        outlines += [f.outline for f in world.stairs if f.upper_floor == floor]
        occupied |= ~self._grid.within(outlines)
        for wall in (w for w in world.walls if abs(w.elevation_m - elevation_m) < 0.5):
            self._grid.draw_wall(wall, height_m, occupied)
        #: (X, Y) cells that hold an obstacle or no floor.
        self.occupied: BoolGrid = occupied
        #: (X, Y) distance from a cell's middle to the nearest obstacle [m].
        self.clearance = (ndimage.distance_transform_edt(~occupied) - 0.5) * self.cell_m
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
