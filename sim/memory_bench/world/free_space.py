"""Where the robot of a simulator fits on one storey, as a grid."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from memory_sim.engines.base import Simulator
from memory_sim.world.model import Room

__all__ = ['FreeSpace', 'find_free_space']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Cells of the grid of free space [m], and the most of them on a storey.
_CELL_M, _MOST_CELLS = 0.1, 400_000
#: Narrow are places with less room than this around the robot's middle [m].
_NARROW_M = 0.8
#: Distance between the places in narrow ways, and between those outside of rooms [m]; larger
#: where there would be more of them than this.
_SPACING_M, _MOST_PLACES = 0.3, 3000


class FreeSpace:
    """
    Where a robot fits, as a grid: what ``Obstacles`` are for a world of boxes.

    The robot's size is in the grid, so paddings do not count.
    """

    def __init__(
        self, free: NDArray[np.bool_], origin: tuple[float, float], cell_m: float
    ) -> None:
        """Take an (X, Y) grid whose lower corner is ``origin`` [m]."""
        self.free, self._origin, self._cell_m = free, np.array(origin), cell_m

    def inside(self, points: FloatArray, *, pad_m: float = 0.0) -> NDArray[np.bool_]:
        """Say at which of (P, 2) points the robot does not fit."""
        del pad_m
        cells = np.floor((points - self._origin) / self._cell_m).astype(np.int64)
        held = ((cells >= 0) & (cells < self.free.shape)).all(axis=1)
        result = np.ones(len(points), bool)
        result[held] = ~self.free[cells[held, 0], cells[held, 1]]
        return result

    def blocked(
        self,
        starts: FloatArray,
        ends: FloatArray,
        *,
        pad_m: float = 0.0,
        ignore: IntArray | None = None,
    ) -> NDArray[np.bool_]:
        """Say which of the lines between (S, 2) points the robot cannot drive."""
        del pad_m, ignore
        hit = np.zeros(len(starts), bool)
        length = np.linalg.norm(ends - starts, axis=1)
        steps = np.maximum(np.ceil(length / (0.5 * self._cell_m)).astype(np.int64), 1)
        for count in np.unique(steps):
            rows = np.flatnonzero(steps == count)
            share = np.linspace(0.0, 1.0, int(count) + 1)[None, :, None]
            points = starts[rows, None] + share * (ends - starts)[rows, None]
            hit[rows] = self.inside(points.reshape(-1, 2)).reshape(len(rows), -1).any(axis=1)
        return hit

    def holder(self, x: float, y: float, owner: int) -> int:
        """Return 0: the grid does not know what stands where."""
        del x, y, owner
        return 0

    def narrow_places(self) -> FloatArray:
        """Return (P, 2) places along the middle of narrow ways [m]."""
        room = ndimage.distance_transform_edt(np.pad(self.free, 1))[1:-1, 1:-1] * self._cell_m
        ridge = (room > 0.0) & (room < _NARROW_M) & (room >= ndimage.maximum_filter(room, 3))
        return self._thinned(np.argwhere(ridge))

    def places(self, cells: NDArray[np.bool_]) -> FloatArray:
        """Return (P, 2) places in those of the (X, Y) cells that are free [m]."""
        return self._thinned(np.argwhere(cells & self.free))

    def centers(self) -> FloatArray:
        """Return the (X * Y, 2) middles of all cells [m]."""
        i, j = np.indices(self.free.shape)
        cells = np.stack([i, j], axis=2).reshape(-1, 2)
        return np.asarray(self._origin + (cells + 0.5) * self._cell_m, np.float64)

    def _thinned(self, cells: NDArray[np.int64]) -> FloatArray:
        points = self._origin + (cells + 0.5) * self._cell_m
        if not len(points):
            return np.zeros((0, 2))
        area_m2 = len(points) * self._cell_m**2
        near = cKDTree(points).query_ball_point(
            points, max(_SPACING_M, math.sqrt(area_m2 / _MOST_PLACES))
        )
        covered = np.zeros(len(points), bool)
        taken = []
        for index, others in enumerate(near):
            if not covered[index]:
                taken.append(index)
                covered[others] = True
        return np.asarray(points[taken], np.float64)


def find_free_space(sim: Simulator, rooms: Sequence[Room], elevation_m: float) -> FreeSpace:
    """Ask a simulator where the robot fits on the storey with these rooms."""
    corners = np.array([corner for room in rooms for corner in room.polygon])
    low, high = corners.min(axis=0) - 1.0, corners.max(axis=0) + 1.0
    cell_m = max(_CELL_M, math.sqrt(float(np.prod(high - low)) / _MOST_CELLS))
    shape = tuple(np.ceil((high - low) / cell_m).astype(int).tolist())
    origin = (float(low[0]), float(low[1]))
    space = FreeSpace(np.zeros(shape, bool), origin, cell_m)
    centers = space.centers()
    points = np.column_stack([centers, np.full(len(centers), elevation_m)])
    return FreeSpace(_fits(sim, points).reshape(shape), origin, cell_m)


def _fits(sim: Simulator, points: FloatArray) -> NDArray[np.bool_]:
    """Say at which of (N, 3) points the robot fits."""
    at_once = getattr(sim, 'are_navigable', None)
    if at_once is None:
        return np.array([sim.is_navigable(x, y, z) for x, y, z in points.tolist()], bool)
    parts = [at_once(points[i : i + 20_000]) for i in range(0, len(points), 20_000)]
    return np.concatenate(parts)
