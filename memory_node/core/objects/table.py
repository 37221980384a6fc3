"""The columns of the object map: one slot per object, grown at the end."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.seen import KEPT_ROWS, SeenRows

__all__ = ['KEPT_LABELS', 'KEPT_ROWS', 'NEVER', 'ObjectTable']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Labels an object remembers, the best supported.
KEPT_LABELS = 8
#: Stamp of what has not happened.
NEVER = np.iinfo(np.int64).min

#: Column, type, width, value of a new object; 0 width is one number.
_COLUMNS: tuple[tuple[str, Any, int, float], ...] = (
    ('alive', np.bool_, 0, True),
    ('maps', np.int32, 0, 0),
    ('positions', np.float64, 3, np.nan),
    ('variances', np.float64, 3, np.nan),
    ('extents', np.float32, 3, np.nan),
    ('sized', np.int32, 0, 0),
    ('frames', np.int32, 0, 0),
    ('hist_labels', np.int32, KEPT_LABELS, -1),
    ('hist_weights', np.float32, KEPT_LABELS, 0),
    ('confidences', np.float32, 0, 0),
    ('first_ns', np.int64, 0, np.iinfo(np.int64).max),
    ('last_ns', np.int64, 0, NEVER),
    ('missed_ns', np.int64, 0, NEVER),
    ('missed_rows', np.int32, 0, -1),
    ('misses', np.int32, 0, 0),
    ('missed_frames', np.int32, 0, 0),
    ('gaps', np.int32, 0, 0),
    ('reaches', np.float32, 0, 0),
    ('anchors', np.float32, 3, np.nan),
    ('aims', np.float32, 3, np.nan),
    ('view_rows', np.int32, 0, -1),
    ('view_confidences', np.float32, 0, 0),
    ('last_rows', np.int32, 0, -1),
    ('seen_total', np.int32, 0, 0),
    ('lasting_s', np.float32, 0, 86400),
    ('since_ns', np.int64, 0, NEVER),
    ('empties', np.int32, 0, 0),
    ('moved_to', np.int32, 0, -1),
    ('came_from', np.int32, 0, -1),
    ('move_odds', np.float32, 0, 0),
)


class ObjectTable:
    """
    Columns over slots; a slot is an object's id and is never used again.

    Not thread-safe. Arrays are valid until the next ``append``.
    """

    alive: NDArray[np.bool_]
    #: Index of the map.
    maps: NDArray[np.int32]
    #: Fused position [m], NaN when unplaced, and its variance per axis [m^2].
    positions: Reals
    variances: Reals
    #: Mean extent [m] and the number of sightings that gave one.
    extents: FloatArray
    sized: NDArray[np.int32]
    #: Number of observations that saw it.
    frames: NDArray[np.int32]
    #: Labels, -1 where empty, and their summed confidences.
    hist_labels: NDArray[np.int32]
    hist_weights: FloatArray
    #: Highest confidence of a sighting.
    confidences: FloatArray
    first_ns: IntArray
    last_ns: IntArray
    #: Newest stamp and row at which it was expected and not seen.
    missed_ns: IntArray
    missed_rows: NDArray[np.int32]
    #: Misses since it was last seen, those of one viewpoint once; all of them; and all of those
    #: between two times it was seen.
    misses: NDArray[np.int32]
    missed_frames: NDArray[np.int32]
    gaps: NDArray[np.int32]
    #: Farthest distance it was seen from [m].
    reaches: FloatArray
    #: Mean place it was seen from, and mean place that these views look at [m].
    anchors: FloatArray
    aims: FloatArray
    #: Row that shows it best, and the confidence there.
    view_rows: NDArray[np.int32]
    view_confidences: FloatArray
    last_rows: NDArray[np.int32]
    #: How many rows were ever written to the ring of the newest rows that saw it.
    seen_total: NDArray[np.int32]
    #: How long such a thing usually stays where it is [s].
    lasting_s: FloatArray
    #: When it came there, as far as was seen, and how many looks at the place had not shown it.
    since_ns: IntArray
    empties: NDArray[np.int32]
    #: Slot of the place that it may have gone to since, slot that it may have come from, -1 where
    #: there is none, and the log-odds that it is the same thing, but for misses since.
    moved_to: NDArray[np.int32]
    came_from: NDArray[np.int32]
    move_odds: FloatArray

    def __init__(self) -> None:
        """Make a table without objects."""
        self._size = 0
        #: Rings of the newest rows that saw each.
        self.seen = SeenRows()
        self._backing = {
            name: np.empty((0, width) if width else 0, dtype) for name, dtype, width, _ in _COLUMNS
        }
        self._expose()

    def __len__(self) -> int:
        """Return the number of slots, also of objects that were merged into others."""
        return self._size

    @property
    def nbytes(self) -> int:
        """Memory held by the columns [bytes]."""
        return self.seen.nbytes + sum(column.nbytes for column in self._backing.values())

    def _expose(self) -> None:
        for name, column in self._backing.items():
            setattr(self, name, column[: self._size])

    def append(self, count: int) -> IntArray:
        """Add ``count`` objects that nothing is known of, and return their slots."""
        first, self._size = self._size, self._size + count
        for name, _, _, value in _COLUMNS:
            column = self._backing[name]
            if self._size > len(column):
                room = max(self._size, len(column) * 5 // 4, 64)
                grown = np.empty((room, *column.shape[1:]), column.dtype)
                grown[:first] = column[:first]
                self._backing[name] = column = grown
            column[first : self._size] = value
        self.seen.reserve(len(self._backing['alive']))
        self._expose()
        return np.arange(first, self._size)

    def add_labels(self, slots: IntArray, labels: IntArray, weights: FloatArray) -> None:
        """
        Count one label for each of some distinct objects.

        Where all places are taken, the weakest label loses the new one's weight, and its place
        once it has nothing left.
        """
        held, weight = self.hist_labels[slots], self.hist_weights[slots]
        same = held == labels[:, None]
        known = same.any(axis=1)
        place = np.where(known, same.argmax(axis=1), weight.argmin(axis=1))
        old_weight = weight[np.arange(len(slots)), place]
        free = known | (old_weight <= weights)
        taken = np.where(known, old_weight + weights, weights)
        self.hist_weights[slots, place] = np.where(free, taken, old_weight - weights)
        self.hist_labels[slots[free], place[free]] = labels[free]

    def labels(self, slots: IntArray) -> IntArray:
        """Return (n,) best supported label of each object."""
        best = self.hist_weights[slots].argmax(axis=1)
        labels: IntArray = self.hist_labels[slots, best].astype(np.int64)
        return labels

    def add_rows(self, slots: IntArray, row: int) -> None:
        """Remember a row that saw some distinct objects."""
        self.seen.put(slots, self.seen_total[slots] % KEPT_ROWS, row)
        self.seen_total[slots] += 1
        self.last_rows[slots] = row

    def rows_of(self, slot: int) -> NDArray[np.int32]:
        """Return the remembered rows that saw an object, oldest first."""
        total = int(self.seen_total[slot])
        (ring,) = self.seen.rings(np.array([slot]), min(total, KEPT_ROWS))
        return ring if total <= KEPT_ROWS else np.roll(ring, -(total % KEPT_ROWS))

    def set_rows(self, slot: int, rows: NDArray[np.int32]) -> None:
        """Replace the remembered rows of an object by the newest of ``rows``, oldest first."""
        kept = rows[-KEPT_ROWS:]
        self.seen.put(np.full(len(kept), slot), np.arange(len(kept)), kept)
        self.seen_total[slot] = len(kept)
        self.last_rows[slot] = kept[-1]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all columns by name, for writing to a file."""
        columns = {name: getattr(self, name) for name, _, _, _ in _COLUMNS}
        return columns | {'seen': self.seen.rings(np.arange(len(self)))}

    def renumbered(self, slots: IntArray, size: int) -> ObjectTable:
        """Return a table of ``size`` slots in which each object has the one named, unless -1."""
        kept = np.flatnonzero(slots >= 0)
        columns: dict[str, NDArray[Any]] = {}
        for name, old in self.columns().items():
            value = next((v for n, _, _, v in _COLUMNS if n == name), -1)
            columns[name] = np.full((size, *old.shape[1:]), value, old.dtype)
            columns[name][slots[kept]] = old[kept]
        columns['alive'][np.setdiff1d(np.arange(size), slots[kept])] = False
        for name in ('moved_to', 'came_from'):
            other = columns[name]
            linked = other >= 0
            other[linked] = slots[other[linked]]
        return ObjectTable.from_columns(columns)

    @classmethod
    def from_columns(cls, columns: dict[str, NDArray[Any]]) -> ObjectTable:
        """Make a table of columns; ``ValueError`` where names, types or shapes do not fit."""
        table = cls()
        size = len(columns['alive']) if 'alive' in columns and columns['alive'].ndim else -1
        for name, dtype, width, _ in (*_COLUMNS, ('seen', np.int32, KEPT_ROWS, -1)):
            column = columns.get(name)
            shape = (size, width) if width else (size,)
            if column is None or column.dtype != dtype or column.shape != shape:
                raise ValueError(f'column {name} must be {np.dtype(dtype)} of shape {shape}')
            if name == 'seen':
                table.seen = SeenRows.of(column)
            else:
                table._backing[name] = column  # belongs to the table from now on
        table._size = size
        table._expose()
        return table
