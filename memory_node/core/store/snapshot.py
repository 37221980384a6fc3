"""
The store's searchable part as arrays: one row an observation, no Python object per row.

Arrays only grow at their end, so a ``Snapshot`` taken under the owner's lock stays valid while
other threads append; a removal replaces the arrays and leaves older snapshots as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray

__all__ = ['Batch', 'Columns', 'Growing', 'HalfArray', 'Snapshot']

IntArray = NDArray[np.int64]
#: Vectors in memory: a cosine is right to 1e-4, at half the bytes. The store holds all digits.
HalfArray = NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows to append; sightings are listed observation by observation."""

    #: (N,) keys of the observations in the store, ascending.
    keys: IntArray
    #: (N,) stamps [ns].
    stamps: IntArray
    #: (N,) index into the map ids.
    maps: NDArray[np.int32]
    #: (N, 3) positions [m].
    positions: NDArray[np.float64]
    #: (N,) headings about +z of the camera that saw each [rad].
    yaws: FloatArray
    #: (N,) number of searchable words.
    word_counts: NDArray[np.int32]
    #: (N, D) unit vectors.
    vectors: FloatArray | HalfArray
    #: (N,) whether the source named the neighbours.
    mapped: NDArray[np.bool_]
    #: (N,) number of sightings of each observation.
    sighting_counts: IntArray
    #: (S,) index into the labels.
    sighting_labels: NDArray[np.int32]
    #: (S,) detector confidence in [0, 1].
    sighting_confidences: FloatArray
    #: (S, 3) positions [m], NaN where unknown.
    sighting_positions: FloatArray
    #: (S, 3) full sizes [m], NaN where unknown.
    sighting_extents: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the memory held at one moment, as read-only arrays."""

    keys: IntArray
    stamps: IntArray
    maps: NDArray[np.int32]
    positions: NDArray[np.float64]
    yaws: FloatArray
    word_counts: NDArray[np.int32]
    #: (N, D) unit vectors, rounded; a product with a float32 vector is float32.
    vectors: HalfArray
    mapped: NDArray[np.bool_]
    #: (N + 1,) row i saw the sightings ``sighting_starts[i]:sighting_starts[i + 1]``.
    sighting_starts: IntArray
    sighting_labels: NDArray[np.int32]
    sighting_confidences: FloatArray
    sighting_positions: FloatArray
    sighting_extents: FloatArray
    #: (L, D) unit vectors of the distinct labels.
    label_vectors: FloatArray
    #: Distinct labels as they were stored.
    labels: tuple[str, ...]
    map_ids: tuple[str, ...]
    #: Changes with every append and removal.
    revision: int
    #: Changes with every removal: rows have moved.
    epoch: int
    #: Sighting from which on confidences, positions and extents are held; see ``Frames``.
    held_from: int = 0
    #: (S,) what else the thing of a sighting is called, -1 for nothing; see ``Frames``.
    sighting_aliases: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        """Return the number of observations."""
        return len(self.keys)

    @property
    def seers(self) -> IntArray:
        """(S,) row that each sighting is of; made anew at each call."""
        return np.repeat(np.arange(len(self)), np.diff(self.sighting_starts))

    def rows_of(self, keys: IntArray) -> IntArray:
        """Return the rows of store keys that are held here; others are left out."""
        rows = self.rows_of_each(keys)
        return rows[rows >= 0]

    def rows_of_each(self, keys: IntArray) -> IntArray:
        """Return the row of every store key, -1 where it is not held here."""
        first, last = (self.keys[0], self.keys[-1]) if len(self.keys) else (0, -1)
        if last - first + 1 == len(self.keys):  # nothing was ever removed: keys count up
            rows = keys - first
            if len(rows) and (rows.min() < 0 or rows.max() >= len(self.keys)):
                rows[(rows < 0) | (rows >= len(self.keys))] = -1
            return rows
        rows = np.searchsorted(self.keys, keys)
        held = rows < len(self.keys)
        held[held] = self.keys[rows[held]] == keys[held]
        return np.where(held, rows, -1)

    def first(self, count: int) -> Snapshot:
        """Return the oldest ``count`` observations; costs microseconds."""
        if count >= len(self):
            return self
        sightings = int(self.sighting_starts[count])
        rows = {name: getattr(self, name)[:count] for name in _ROW_FIELDS}
        seen = {name: getattr(self, name)[:sightings] for name in _SIGHTING_FIELDS}
        return replace(self, sighting_starts=self.sighting_starts[: count + 1], **rows, **seen)

    def labels_of(self, row: int) -> list[int]:
        """Return the labels of the sightings of one row."""
        found: list[int] = self.sighting_labels[self.sightings_of(row)].tolist()
        return found

    def sightings_of(self, row: int) -> slice:
        """Return where the sightings of one row are."""
        return slice(int(self.sighting_starts[row]), int(self.sighting_starts[row + 1]))


class Growing:
    """A numpy array that grows at its end; pages not yet written cost no memory."""

    def __init__(self, dtype: Any, width: tuple[int, ...] = ()) -> None:
        self._array = np.empty((0, *width), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def view(self) -> NDArray[Any]:
        """What was appended so far, read-only."""
        view = self._array[: self._size]
        view.flags.writeable = False
        return view

    def reserve(self, total: int) -> None:
        """Make room for ``total`` values in all."""
        if total > len(self._array):
            grown = np.empty(
                (max(total, 2 * len(self._array), 64), *self._array.shape[1:]), self._array.dtype
            )
            grown[: self._size] = self._array[: self._size]
            self._array = grown

    def adopt(self, room: NDArray[Any], size: int) -> None:
        """Begin with the first values of an array that has room for more behind them."""
        self._array, self._size = room, size

    def append(self, values: NDArray[Any]) -> None:
        """Append values, which now belong to this; views taken before stay valid."""
        if not len(self._array) and values.dtype == self._array.dtype and values.base is None:
            self._array, self._size = values, len(values)  # a whole store: nothing is copied
            return
        self.reserve(self._size + len(values))
        self._array[self._size : self._size + len(values)] = values
        self._size += len(values)


_ROW_FIELDS = ('keys', 'stamps', 'maps', 'positions', 'yaws', 'word_counts', 'vectors', 'mapped')
_SIGHTING_FIELDS = (
    'sighting_labels',
    'sighting_confidences',
    'sighting_positions',
    'sighting_extents',
)


class Columns:
    """Owner of the growing arrays. Not thread-safe: the memory's lock guards every call."""

    def __init__(self, dim: int, *, epoch: int = 0) -> None:
        """Make empty columns for vectors of shape ``(dim,)``."""
        self._dim = dim
        self._revision = 0
        self._epoch = epoch
        self._labels: list[str] = []
        self._label_texts: tuple[str, ...] = ()
        self._label_vectors = Growing(np.float32, (dim,))
        self._label_rows: dict[str, int] = {}
        self._map_ids: tuple[str, ...] = ()
        self._newest: Snapshot | None = None
        self._clear_rows()

    def _clear_rows(self) -> None:
        self._rows = {
            'keys': Growing(np.int64),
            'stamps': Growing(np.int64),
            'maps': Growing(np.int32),
            'positions': Growing(np.float64, (3,)),
            'yaws': Growing(np.float32),
            'word_counts': Growing(np.int32),
            'vectors': Growing(np.float16, (self._dim,)),
            'mapped': Growing(np.bool_),
            'sighting_labels': Growing(np.int32),
            'sighting_confidences': Growing(np.float32),
            'sighting_positions': Growing(np.float32, (3,)),
            'sighting_extents': Growing(np.float32, (3,)),
        }
        self._starts = Growing(np.int64)
        self._starts.append(np.zeros(1, np.int64))

    def __len__(self) -> int:
        """Return the number of observations."""
        return len(self._rows['keys'])

    @property
    def last_key(self) -> int:
        """Store key of the newest row, 0 when empty."""
        keys = self._rows['keys'].view
        return int(keys[-1]) if len(keys) else 0

    @property
    def map_ids(self) -> tuple[str, ...]:
        """Map ids in the order of their first observation."""
        return self._map_ids

    @property
    def label_count(self) -> int:
        """Number of distinct labels."""
        return len(self._labels)

    def label_row(self, label: str) -> int | None:
        """Return the row of a label, or None if it was never seen."""
        return self._label_rows.get(label)

    def adopt_vectors(self, room: HalfArray, rows: int) -> None:
        """Hold the first vectors where they are mapped; those of no row yet are appended next."""
        column = self._rows['vectors']
        self._newest = None
        rest = column.view[rows:]
        column.adopt(room, rows)
        column.append(rest)

    def append_labels(self, labels: list[str], vectors: FloatArray) -> None:
        """Append distinct labels with (n, D) unit vectors."""
        self._newest = None
        for label in labels:
            self._label_rows[label] = len(self._labels)
            self._labels.append(label)
        if labels:
            self._label_texts = tuple(self._labels)
        self._label_vectors.append(vectors)

    def append_maps(self, map_ids: list[str]) -> None:
        """Append map ids."""
        self._newest = None
        self._map_ids += tuple(map_ids)

    def append(self, batch: Batch) -> None:
        """Append observations whose labels and maps are already here."""
        self._newest = None
        for name in (*_ROW_FIELDS, *_SIGHTING_FIELDS):
            self._rows[name].append(getattr(batch, name))
        self._starts.append(self._starts.view[-1] + np.cumsum(batch.sighting_counts))
        self._revision += 1

    def remove(self, keys: IntArray) -> None:
        """Drop rows by store key; unknown keys are ignored."""
        old, self._newest = self.snapshot(), None
        keep = ~np.isin(old.keys, keys)
        counts = np.diff(old.sighting_starts)
        keep_sightings = np.repeat(keep, counts)
        self._clear_rows()
        for name in _ROW_FIELDS:
            self._rows[name].append(getattr(old, name)[keep])
        for name in _SIGHTING_FIELDS:
            self._rows[name].append(getattr(old, name)[keep_sightings])
        self._starts.append(np.cumsum(counts[keep]))
        self._revision += 1
        self._epoch += 1

    def snapshot(self) -> Snapshot:
        """Return views of all columns as they are now; the same until something changes."""
        if self._newest is not None:
            return self._newest
        views: dict[str, Any] = {name: column.view for name, column in self._rows.items()}
        self._newest = Snapshot(
            sighting_starts=self._starts.view,
            label_vectors=self._label_vectors.view,
            labels=self._label_texts,
            map_ids=self._map_ids,
            revision=self._revision,
            epoch=self._epoch,
            **views,
        )
        return self._newest
