"""Leaves by the cube of the map they lie in: neighbours without going down the forest."""

from __future__ import annotations

from collections.abc import Iterable
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from memory_node.core.data import Vector3

__all__ = ['Cells']

#: Edge of a cell [m].
CELL_M = 1.0
#: Largest radius that is looked up cell by cell [m]; there are 729 cells in it.
REACH_M = 4.0
#: Of a cell with more leaves only the newest are looked at, or standing still would cost N^2.
NEWEST = 256
# Primes of the spatial hash of Teschner et al., 2003; cells that collide share a list.
_X, _Y, _Z = 73856093, 19349663, 83492791


class Cells:
    """Slots of leaves by cell. Inserting, removing and looking up cost the same however many."""

    def __init__(self) -> None:
        """Start empty."""
        self._slots: dict[int, list[int]] = {}

    def fill(self, slots: Iterable[int], positions: NDArray[np.float64]) -> None:
        """Take over N leaves at (N, 3) positions [m]."""
        x, y, z = np.floor(positions / CELL_M).astype(np.int64).T
        codes = (x * _X) ^ (y * _Y) ^ (z * _Z)
        for slot, code in zip(slots, codes.tolist(), strict=True):
            self._slots.setdefault(code, []).append(slot)

    def add(self, slot: int, position: NDArray[np.float64]) -> None:
        """Take over a leaf at a (3,) position [m]."""
        self._slots.setdefault(_code(position), []).append(slot)

    def drop(self, slot: int, position: NDArray[np.float64]) -> None:
        """Forget a leaf that is at a (3,) position [m]."""
        code = _code(position)
        held = self._slots[code]
        held.remove(slot)
        if not held:
            del self._slots[code]

    def around(self, point: Vector3, radius_m: float) -> list[int]:
        """
        Return the slots in all cells within ``radius_m`` of a point, and perhaps some others.

        Of a crowded cell only the ``NEWEST``.
        """
        x, y, z = (
            range(math.floor((p - radius_m) / CELL_M), math.floor((p + radius_m) / CELL_M) + 1)
            for p in point
        )
        codes = {(i * _X) ^ (j * _Y) ^ (k * _Z) for i in x for j in y for k in z}
        return [slot for code in sorted(codes) for slot in self._slots.get(code, ())[-NEWEST:]]


def _code(position: NDArray[np.float64]) -> int:
    x, y, z = position.tolist()
    code: int = (
        (math.floor(x / CELL_M) * _X)
        ^ (math.floor(y / CELL_M) * _Y)
        ^ (math.floor(z / CELL_M) * _Z)
    )
    return code
