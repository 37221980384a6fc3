"""The newest observation rows that saw each object; most objects are seen a few times."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ['KEPT_ROWS', 'SeenRows']

IntArray: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int32]

#: Observation rows an object remembers, the newest.
KEPT_ROWS = 64
#: Rows that are made room for at a time.
_BLOCK = 8


class SeenRows:
    """
    A ring of ``KEPT_ROWS`` rows for each slot, -1 where empty, in blocks that come as needed.

    Block 0 is the empty one, of every slot that has no other yet.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self._blocks = np.zeros((0, KEPT_ROWS // _BLOCK), np.int32)
        self._pool: Rows = np.full((1, _BLOCK), -1, np.int32)
        self._used = 1

    @property
    def nbytes(self) -> int:
        """Memory held [bytes]."""
        return self._blocks.nbytes + self._pool.nbytes

    def reserve(self, slots: int) -> None:
        """Make room for slots, which remember nothing yet."""
        if slots > len(self._blocks):
            grown = np.zeros((slots, self._blocks.shape[1]), np.int32)
            grown[: len(self._blocks)] = self._blocks
            self._blocks = grown

    def put(
        self, slots: IntArray, places: NDArray[np.integer], rows: NDArray[np.integer] | int
    ) -> None:
        """Write rows at distinct pairs of slots and places of their rings."""
        block, place = np.divmod(places, _BLOCK)
        lacking = np.flatnonzero(self._blocks[slots, block] == 0)
        if len(lacking):
            new, index = np.unique(
                slots[lacking] * self._blocks.shape[1] + block[lacking], return_inverse=True
            )
            first, self._used = self._used, self._used + len(new)
            if self._used > len(self._pool):
                grown = np.full((max(self._used, len(self._pool) * 5 // 4), _BLOCK), -1, np.int32)
                grown[:first] = self._pool[:first]
                self._pool = grown
            self._blocks[slots[lacking], block[lacking]] = first + index
        self._pool[self._blocks[slots, block], place] = rows

    def rings(self, slots: IntArray, width: int = KEPT_ROWS) -> Rows:
        """Return the first ``width`` places (n, width) of the rings of slots."""
        blocks = self._blocks[slots, : -(-width // _BLOCK)]
        rings = self._pool[blocks].reshape(len(slots), blocks.shape[1] * _BLOCK)
        return np.asarray(rings[:, :width])

    @classmethod
    def of(cls, rings: Rows) -> SeenRows:
        """Take over whole rings (N, KEPT_ROWS)."""
        seen = cls()
        blocks = rings.reshape(len(rings), KEPT_ROWS // _BLOCK, _BLOCK)
        held = (blocks >= 0).any(axis=2)
        seen._used = 1 + int(held.sum())
        seen._pool = np.concatenate([seen._pool, blocks[held]])
        seen._blocks = np.zeros(held.shape, np.int32)
        seen._blocks[held] = np.arange(1, seen._used)
        return seen
