"""
Where a robot can stand to see a target, by occupancy grids.

A remembered pose is one the robot really had, and in free space unless something was put there,
the map was made anew, or the pose drifted. Then the nearest free pose that sees the target stands
in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_node.core.bounds import MAX_COORDINATE_M
from memory_node.core.data import Pose, Vector3
from memory_node.core.errors import InvalidObservationError, NoFreePoseError

__all__ = ['MAX_CELLS', 'Grid', 'Placed', 'Robot', 'Stand', 'stand_pose']

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]
Cells: TypeAlias = tuple[slice, slice]

_ALL: Cells = (slice(None), slice(None))

#: Cells of the largest grid that is taken: 280 m by 280 m at 5 cm.
MAX_CELLS = 2**25
_CELL_M = (1e-3, 10.0)
#: A grid says nothing of poses this far above or below it [m].
_STOREY_M = 1.5
#: A target farther away than this is looked for in no grid [m].
_SIGHT_M = 20.0
#: How deep inside an obstacle a target may lie and be seen: a cup on a table, a bed [m].
_DEPTH_M = 1.5
#: Up to so many cells it is looked which of them hang together, all over the grid.
_WHOLE_CELLS = 4_000_000
#: Free space smaller than this is a pocket that nobody gets into [m^2].
_POCKET_M2 = 0.5
_CORNERS_TOO = np.ones((3, 3))
#: From which value on a cell of a costmap is one that the robot's middle can't be in.
_INSCRIBED = 99
#: Candidates whose sight is looked at together.
_BATCH = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class Grid:
    """Cells of one grid: -1 unknown, 0 free to 100 occupied; row-major, x along a row."""

    name: str
    frame_id: str
    cell_m: float
    #: Corner of the first cell: x, y, z [m], and where the rows point [rad], in ``frame_id``.
    origin: tuple[float, float, float, float]
    #: (rows, columns) int8.
    cells: NDArray[np.int8]
    #: A costmap: obstacles have been grown by the robot's radius already.
    inflated: bool = False
    _joined: dict[tuple[float, int], Mask] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        rows, columns = self.cells.shape
        if not self.frame_id:
            raise InvalidObservationError('header.frame_id is empty')
        if not 1 <= rows * columns <= MAX_CELLS:
            raise InvalidObservationError(
                f'info.width x info.height must be 1 to {MAX_CELLS} cells, got {columns} x {rows}'
            )
        if not _CELL_M[0] <= self.cell_m <= _CELL_M[1]:
            raise InvalidObservationError(
                f'info.resolution must be in [{_CELL_M[0]:g}, {_CELL_M[1]:g}] m, got {self.cell_m}'
            )
        if not all(abs(v) <= MAX_COORDINATE_M for v in self.origin):
            raise InvalidObservationError(f'info.origin must be finite, got {self.origin}')

    def free(self, robot: Robot, part: Cells = _ALL) -> Mask:
        """Return which cells of a part are known and no obstacle."""
        cells = self.cells[part]
        limit = _INSCRIBED if self.inflated else robot.occupied_from
        return np.asarray((cells >= 0) & (cells < limit))

    def fits(self, free: Mask, robot: Robot) -> Mask:
        """Return in which cells the robot's middle can be; what is around them counts not free."""
        if self.inflated or not robot.radius_m:
            return free
        clear = ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1] - 0.5
        return np.asarray(clear * self.cell_m >= robot.radius_m)

    def joined(self, robot: Robot) -> Mask | None:
        """Return the largest part of the grid that a robot can drive about in; None: too large."""
        if self.cells.size > _WHOLE_CELLS:
            return None
        key = (robot.radius_m, robot.occupied_from)
        if key not in self._joined:
            self._joined[key] = _largest(self.fits(self.free(robot), robot))
        return self._joined[key]

    def to_cells(self, points: Points) -> Points:
        """Return (N, 2) points of ``frame_id`` [m] as columns and rows, in parts of cells."""
        x, y, _, yaw = self.origin
        c, s = math.cos(yaw), math.sin(yaw)
        return np.asarray((points - (x, y)) @ np.array([[c, -s], [s, c]]) / self.cell_m)

    def to_points(self, cells: Points) -> Points:
        """Return (N, 2) columns and rows as points of ``frame_id`` [m]."""
        x, y, _, yaw = self.origin
        c, s = math.cos(yaw), math.sin(yaw)
        return np.asarray((cells * self.cell_m) @ np.array([[c, s], [-s, c]]) + (x, y))


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A grid, and how its frame lies in that of the poses: a (4, 4) transform."""

    grid: Grid
    grid_T_map: NDArray[np.float64]  # noqa: N815  as transforms are written

    def reaches(self, at: Vector3, margin_m: float) -> bool:
        """Whether a position of the map is on the grid's storey, and on it or nearly so [m]."""
        x, y, z = (self.grid_T_map @ (*at, 1.0))[:3]
        column, row = self.grid.to_cells(np.array([[x, y]]))[0]
        rows, columns = self.grid.cells.shape
        margin = margin_m / self.grid.cell_m
        level = abs(z - self.grid.origin[2]) <= _STOREY_M
        along = -margin <= column < columns + margin
        return bool(level and along and -margin <= row < rows + margin)

    def from_map(self, points: Points) -> Points:
        """Return (N, 2) points of the map [m] as columns and rows."""
        m = self.grid_T_map
        return self.grid.to_cells(points @ m[:2, :2].T + m[:2, 3])

    def to_map(self, cells: Points) -> Points:
        """Return (N, 2) columns and rows as points of the map [m]."""
        m = self.grid_T_map
        return (self.grid.to_points(cells) - m[:2, 3]) @ np.linalg.inv(m[:2, :2]).T


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """What has to fit, and how far from a remembered pose it may stand [m]."""

    radius_m: float
    search_m: float
    #: From which value on a cell of a map is an obstacle.
    occupied_from: int = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where to stand, how far from the remembered pose that is [m], and a sentence why, or ''."""

    pose: Pose
    moved_m: float = 0.0
    note: str = ''


class _Window:
    """The part of a grid around a pose and its target, and where the robot fits there."""

    def __init__(self, placed: Placed, around: Points, robot: Robot) -> None:
        grid = self._grid = placed.grid
        self._placed = placed
        rows, columns = grid.cells.shape
        margin = math.ceil((robot.search_m + robot.radius_m) / grid.cell_m) + 2
        at = placed.from_map(around)
        low = np.clip(np.floor(at.min(axis=0)) - margin, 0, (columns, rows)).astype(int)
        high = np.clip(np.ceil(at.max(axis=0)) + margin, 0, (columns, rows)).astype(int)
        #: First column and row.
        self.low = low
        part = (slice(low[1], high[1]), slice(low[0], high[0]))
        #: Known and without an obstacle.
        self.free = grid.free(robot, part)
        self.fits = self._roomy(grid.fits(self.free, robot))
        joined = grid.joined(robot)
        #: Of these, those that most others can be reached from.
        self.joined: Mask = _largest(self.fits) if joined is None else joined[part]

    def at(self, mask: Mask, points: Points, *, outside: bool) -> Mask:
        """Return for (N, 2) points of the map what a mask says; ``outside`` where it ends."""
        return self._look_up(mask, self._placed.from_map(points) - self.low, outside=outside)

    def candidates(self) -> Points:
        """Return the middles of cells in which the robot fits, as (N, 2) points of the map."""
        found = np.argwhere(self.fits)[:, ::-1]
        return self._placed.to_map(found + self.low + 0.5)

    def _roomy(self, fits: Mask) -> Mask:
        """Leave pockets out; a part that goes on beyond the window may be none."""
        if not fits.size:
            return fits
        labels, _ = ndimage.label(fits, structure=_CORNERS_TOO)
        roomy = np.bincount(labels.ravel(), minlength=1) * self._grid.cell_m**2 >= _POCKET_M2
        roomy[np.concatenate([labels[[0, -1]].ravel(), labels[:, [0, -1]].ravel()])] = True
        roomy[0] = False
        return np.asarray(roomy[labels])

    def sees(self, points: Points, target: Points) -> Mask:
        """
        Return for (N, 2) points of the map whether the line from (2,) target is free.

        The target may lie within an obstacle: what is not free around it doesn't count.
        """
        start = self._placed.from_map(target[None])[0]
        ways = self._placed.from_map(points) - start
        length = float(np.linalg.norm(ways, axis=1).max(initial=0.0))
        along = np.linspace(0.0, 1.0, 2 * math.ceil(length) + 2)
        line = start + along[None, :, None] * ways[:, None, :] - self.low
        blocked = ~self._look_up(self.free, line, outside=False)
        distance_m = along[None, :] * np.linalg.norm(ways, axis=1)[:, None] * self._grid.cell_m
        inside = np.logical_and.accumulate(blocked, axis=1) & (distance_m <= _DEPTH_M)
        return np.asarray(~(blocked & ~inside).any(axis=1))

    def _look_up(self, mask: Mask, cells: Points, *, outside: bool) -> Mask:
        index = np.floor(cells).astype(int)
        column, row = index[..., 0], index[..., 1]
        rows, columns = mask.shape
        if not mask.size:
            return np.full(column.shape, outside)
        held = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found = mask[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
        return np.asarray(np.where(held, found, outside))


def stand_pose(grids: Sequence[Placed], pose: Pose, target: Vector3 | None, robot: Robot) -> Stand:
    """
    Return the nearest pose to a remembered one where the robot fits and sees the target.

    Parameters
    ----------
    grids : sequence of Placed
        The robot has to fit by each of them; the first that has a cell for the pose is searched.
    pose : Pose
        Where the robot stood, in the frame of the map. Kept where it fits: it did see the target.
    target : (3,) tuple, optional
        What to see and face, in the same frame [m]. Without one the heading stays.
    robot : Robot
        What has to fit, and how far it may stand from ``pose``.

    Returns
    -------
    Stand
        ``note`` says what was changed, or that no grid has a cell for the pose.

    Raises
    ------
    NoFreePoseError
        Where the robot fits nowhere near.

    """
    over = [placed for placed in grids if placed.reaches(pose.position, robot.search_m)]
    if not over:
        names = ' and '.join(placed.grid.name for placed in grids)
        return Stand(pose=pose, note=f'{names} does not reach there: the pose is not checked')
    here = np.array(pose.position[:2])
    seen = None if target is None else np.array(target[:2])
    if seen is not None and math.dist(here, seen) > _SIGHT_M:
        seen = None
    around = np.array([here] if seen is None else [here, seen])
    first, *others = windows = [_Window(placed, around, robot) for placed in over]
    fits = all(
        window.at(window.fits, here[None], outside=w > 0)[0] for w, window in enumerate(windows)
    )
    if fits and first.at(first.joined, here[None], outside=False)[0]:
        return Stand(pose=pose)
    found = first.candidates()
    found = found[np.linalg.norm(found - here, axis=1) <= robot.search_m]
    for window in others:
        found = found[window.at(window.fits, found, outside=True)]
    said = f'({here[0]:.1f}, {here[1]:.1f})'
    if not len(found):
        raise NoFreePoseError(
            f'by {over[0].grid.name} the robot, of radius {robot.radius_m:g} m, fits nowhere'
            f' within {robot.search_m:g} m of {said}: navigation.robot_radius_m and'
            ' navigation.search_radius_m set both'
        )
    far = np.linalg.norm(found - here, axis=1)
    apart = ~first.at(first.joined, found, outside=False)
    best, blind = int(np.lexsort((far, apart))[0]), ''
    if seen is not None:
        side = (found - seen) @ (here - seen) > 0.0
        seeing = _first_that_sees(first, found, np.lexsort((far, ~side, apart)), seen)
        if seeing is None:
            blind = f', and nothing free within {robot.search_m:g} m sees the target by the grid'
        else:
            best = seeing
    if fits and (apart[best] or blind or seen is None):
        return Stand(pose=pose, note=f'{said} is cut off from the rest of {over[0].grid.name}')
    x, y = (float(v) for v in found[best])
    moved_m = float(far[best])
    name = over[0].grid.name
    note = f'{said} is not free by {name}: the goal is {moved_m:.2f} m from there{blind}'
    yaw = pose.yaw_rad if target is None else math.atan2(target[1] - y, target[0] - x)
    at = (x, y, pose.position[2])
    return Stand(pose=Pose.from_yaw(at, yaw), moved_m=moved_m, note=note)


def _first_that_sees(
    window: _Window, points: Points, order: NDArray[np.intp], target: Points
) -> int | None:
    """Return the first of the points, in this order, that has sight of the target."""
    for first in range(0, len(order), _BATCH):
        some = order[first : first + _BATCH]
        seeing = np.flatnonzero(window.sees(points[some], target))
        if len(seeing):
            return int(some[seeing[0]])
    return None


def _largest(mask: Mask) -> Mask:
    """Return the largest part of a mask that hangs together."""
    labels, _ = ndimage.label(mask, structure=_CORNERS_TOO)
    sizes = np.bincount(labels.ravel(), minlength=1)
    sizes[:1] = 0
    return np.asarray((labels == sizes.argmax()) & mask)
