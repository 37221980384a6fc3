"""A spatial hash of objects: square columns over the ground plane of every map."""

from __future__ import annotations

from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ['SpatialGrid']

IntArray: TypeAlias = NDArray[np.int64]
_Cell: TypeAlias = tuple[int, int, int]

#: Width of a cell [m].
_CELL_M = 1.0
#: Coordinates beyond this share the outermost cells [cells].
_LIMIT = 2.0**40


class SpatialGrid:
    """Finds the objects near points at a cost that does not grow with the map."""

    def __init__(self) -> None:
        """Make an empty grid."""
        self._members: dict[_Cell, list[int]] = {}
        self._cell_of: dict[int, _Cell] = {}

    def put(self, slots: IntArray, map_row: int, points: NDArray[np.float64]) -> None:
        """Insert objects at (n, 3) points [m] of one map, or move them there."""
        cells = self._cell_of
        for slot, (x, y) in zip(slots.tolist(), _corners(points).tolist(), strict=True):
            cell = (map_row, x, y)
            held = cells.get(slot)
            if held == cell:
                continue
            if held is not None:
                self.discard(slot)
            members = self._members.get(cell)
            if members is None:
                self._members[cell] = [slot]
            else:
                members.append(slot)
            cells[slot] = cell

    def discard(self, slot: int) -> None:
        """Take one object out; one that is not here is ignored."""
        cell = self._cell_of.pop(slot, None)
        if cell is None:
            return
        members = self._members[cell]
        members.remove(slot)
        if not members:
            del self._members[cell]

    def near(self, map_row: int, points: NDArray[np.float64], reach_m: float) -> IntArray:
        """
        Return the objects in all cells that touch the box around (n, 3) points, ascending.

        The box is widened by ``reach_m`` on the ground plane. A superset of the objects that
        close: whole cells are returned.
        """
        if not self._cell_of or not len(points):
            return np.zeros(0, np.int64)
        (left, low), (right, high) = _corners(
            np.stack([points.min(axis=0) - reach_m, points.max(axis=0) + reach_m])
        ).tolist()
        if (right - left + 1) * (high - low + 1) <= 4 * len(self._members):
            get = self._members.get
            found = [
                members
                for x in range(left, right + 1)
                for y in range(low, high + 1)
                if (members := get((map_row, x, y)))
            ]
        else:
            found = [
                members
                for (where, x, y), members in self._members.items()
                if where == map_row and left <= x <= right and low <= y <= high
            ]
        slots = np.fromiter(chain.from_iterable(found), np.int64)
        slots.sort()  # the order of the cells must not matter
        return slots


def _corners(points: NDArray[np.float64]) -> IntArray:
    return np.clip(np.floor(points[:, :2] / _CELL_M), -_LIMIT, _LIMIT).astype(np.int64)
