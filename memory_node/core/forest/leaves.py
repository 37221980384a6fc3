"""The leaves of the forest in contiguous arrays: where, what, when, and what they join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import InvalidObservationError, UnknownNodeError
from memory_node.core.forest.cells import Cells
from memory_node.core.forest.drives import Drives

if TYPE_CHECKING:
    from memory_node.core.data import FloatArray
    from memory_node.core.forest.node import ForestNode
    from memory_node.core.store.snapshot import Snapshot

__all__ = ['LeafTable', 'LeafVectors', 'checked_position', 'unit_vector']

Slots = Sequence[int] | NDArray[np.int64]

_FIRST_SLOTS = 64


def checked_position(position: object) -> NDArray[np.float64]:
    """Return a finite (3,) position [m], or raise ``InvalidObservationError``."""
    try:
        p = np.array(position, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidObservationError(f'leaf position must be numbers, got {position!r}') from None
    if p.shape != (3,) or not np.isfinite(p).all() or np.abs(p).max() > 1e9:
        raise InvalidObservationError(f'leaf position must be 3 finite metres, got {position}')
    return p


def unit_vector(vector: object, dim: int) -> FloatArray:
    """Return a finite (dim,) float32 vector at unit length; a zero vector stays zero."""
    try:
        v = np.asarray(vector, dtype=np.float32)
    except (TypeError, ValueError):
        raise InvalidObservationError('leaf embedding must be numbers') from None
    if v.shape != (dim,):
        raise InvalidObservationError(f'leaf embedding must have shape ({dim},), got {v.shape}')
    norm2 = float(np.dot(v, v))
    if not np.isfinite(norm2):
        raise InvalidObservationError('leaf embedding must be finite')
    if norm2 == 0.0 or abs(norm2 - 1.0) < 1e-6:
        return v
    return np.asarray(v / np.float32(np.sqrt(norm2)), dtype=np.float32)


class LeafVectors(Protocol):
    """Unit embeddings by slot."""

    def __getitem__(self, slots: int | Slots) -> FloatArray:
        """Return the embedding (D,) of one slot, or (n, D) of several."""


class _Borrowed:
    """Embeddings of leaves where a snapshot holds them already; nothing is held twice."""

    def __init__(self, leaves: LeafTable, snapshot: Snapshot) -> None:
        self._leaves = leaves
        self._snapshot = snapshot

    def __getitem__(self, slots: int | Slots) -> FloatArray:
        rows = self._snapshot.rows_of_each(np.atleast_1d(self._leaves.keys[slots]))
        found = self._snapshot.vectors[rows].astype(np.float32)
        return found if np.ndim(slots) else found[0]


class LeafTable:
    """
    Growing columns addressed by slot; a removed leaf's slot is used again, its key is not.

    Embeddings are columns like the others, unless ``borrow`` names a snapshot that holds them.
    """

    def __init__(self, dim: int) -> None:
        """Make an empty table for embeddings of size ``dim``."""
        self.slots: dict[int, int] = {}
        self.keys: NDArray[np.int64] = np.zeros(_FIRST_SLOTS, np.int64)
        self.positions: NDArray[np.float64] = np.zeros((_FIRST_SLOTS, 3))
        self._own: FloatArray | None = np.zeros((_FIRST_SLOTS, dim), np.float32)
        self.vectors: LeafVectors = self._own
        self.stamps: NDArray[np.int64] = np.zeros(_FIRST_SLOTS, np.int64)
        self.homes: list[ForestNode | None] = []
        #: Which leaves can be driven to directly, by slot.
        self.links = Drives()
        #: Slots of removed leaves, the next to be used last.
        self.free: list[int] = []
        self.cells = Cells()

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self.slots)

    def borrow(self, snapshot: Snapshot) -> None:
        """Read embeddings from a snapshot that holds every leaf, under its key."""
        self._own, self.vectors = None, _Borrowed(self, snapshot)

    def slot(self, key: int) -> int:
        """Slot of a leaf; raises ``UnknownNodeError``."""
        try:
            return self.slots[key]
        except KeyError:
            raise UnknownNodeError(f'the forest holds no leaf {key}') from None

    def add(
        self, key: int, position: NDArray[np.float64], vector: FloatArray, stamp_ns: int
    ) -> int:
        """Store a new leaf and return its slot."""
        if self.free:
            slot = self.free.pop()
        else:
            slot = len(self.homes)
            self.homes.append(None)
            if slot == len(self.keys):
                self.reserve(2 * slot)
        self.slots[key] = slot
        self.keys[slot] = key
        self.positions[slot] = position
        if self._own is not None:
            self._own[slot] = vector
        self.stamps[slot] = stamp_ns
        self.cells.add(slot, position)
        return slot

    def move(self, slot: int, position: NDArray[np.float64]) -> None:
        """Put a leaf elsewhere [m]; the caller sees to its area."""
        self.cells.drop(slot, self.positions[slot])
        self.positions[slot] = position
        self.cells.add(slot, position)

    def fill(
        self,
        keys: list[int],
        positions: NDArray[np.float64],
        vectors: FloatArray | None,
        stamps: NDArray[np.int64],
        slots: NDArray[np.int64] | None = None,
        free: Sequence[int] = (),
    ) -> None:
        """
        Take N leaves at once into an empty table, at 0..N-1 or at distinct ``slots``.

        ``vectors`` are left out where they are borrowed.
        """
        if self.slots:
            raise ValueError('only an empty table can be filled')
        n = len(keys)
        at = np.arange(n) if slots is None else slots
        size = n + len(free)
        if len(np.unique([*at.tolist(), *free])) != size or size and at.max(initial=0) >= size:
            raise ValueError('slots must be distinct and without gaps')
        self.reserve(size)
        self.keys[at], self.positions[at] = keys, positions
        self.stamps[at] = stamps
        if self._own is not None and vectors is not None:
            self._own[at] = vectors
        numbers = at.tolist()  # one object for each slot
        self.slots = dict(zip(keys, numbers, strict=True))
        self.homes = [None] * size
        self.free = list(free)
        self.cells.fill(numbers, self.positions[at])

    def drop(self, key: int) -> None:
        """Forget a leaf whose links are already gone."""
        slot = self.slots.pop(key)
        self.cells.drop(slot, self.positions[slot])
        self.homes[slot] = None
        self.free.append(slot)

    def reserve(self, rows: int) -> None:
        """Make room for ``rows`` leaves in all."""
        if rows <= len(self.keys):
            return
        self.keys, self.positions, self.stamps = (
            _grown(old, rows) for old in (self.keys, self.positions, self.stamps)
        )
        if self._own is not None:
            self.vectors = self._own = _grown(self._own, rows)


def _grown(old: NDArray[Any], rows: int) -> NDArray[Any]:
    new = np.zeros((rows, *old.shape[1:]), old.dtype)
    new[: len(old)] = old
    return new
