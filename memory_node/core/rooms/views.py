"""What rooms are made from: views, drivable links, captions, labels and placed objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ['BoolArray', 'IntArray', 'RealArray', 'RoomViews']

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]


def _no_links() -> IntArray:
    return np.empty((0, 2), np.int64)


def _no_objects() -> IntArray:
    return np.empty(0, np.int64)


def _no_points() -> RealArray:
    return np.empty((0, 3))


def _one_zero() -> IntArray:
    return np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomViews:
    """
    N views and O objects as arrays, in the order of the store.

    All geometry is in the fixed frame of the map [m]; unknown positions are NaN.
    """

    #: (N,) keys of the views in the store, ascending; they outlive a change of rows.
    keys: IntArray
    #: (N,) stamps [ns].
    stamps: IntArray
    #: (N,) index of the map of each view.
    maps: NDArray[np.int32]
    #: (N, 3) where the robot stood [m]; NaN where that is not known.
    positions: RealArray
    #: (N,) one caption a view.
    captions: Sequence[str]
    #: (N + 1,) view i saw ``label_ids[label_starts[i]:label_starts[i + 1]]``.
    label_starts: IntArray
    label_ids: IntArray
    #: (L,) distinct labels.
    labels: Sequence[str]
    #: Those that only captions mention: they may be names of places as well.
    mentioned: frozenset[str] = frozenset()
    #: (E, 2) pairs of views between which the robot drove or can drive.
    links: IntArray = field(default_factory=_no_links)
    #: (O,) label of each object.
    object_labels: IntArray = field(default_factory=_no_objects)
    #: (O, 3) where each object is [m]; NaN where that is not known.
    object_positions: RealArray = field(default_factory=_no_points)
    #: (O + 1,) object i was seen from ``object_rows[object_starts[i]:object_starts[i + 1]]``.
    object_starts: IntArray = field(default_factory=_one_zero)
    object_rows: IntArray = field(default_factory=_no_objects)

    def __post_init__(self) -> None:
        """Refuse arrays that disagree in length."""
        n, count = len(self.stamps), len(self.object_labels)
        if self.positions.shape != (n, 3) or {len(self.keys), len(self.maps)} - {n}:
            raise ValueError(f'expected keys, maps and positions of {n} views')
        if len(self.captions) != n:
            raise ValueError(f'expected {n} captions, got {len(self.captions)}')
        if len(self.label_starts) != n + 1 or self.label_starts[-1] != len(self.label_ids):
            raise ValueError(f'expected label_starts of {n} views over all label_ids')
        if self.links.ndim != 2 or self.links.shape[1] != 2:
            raise ValueError(f'expected links of shape (E, 2), got {self.links.shape}')
        if self.object_positions.shape != (count, 3) or len(self.object_starts) != count + 1:
            raise ValueError(f'expected positions and starts of {count} objects')

    def __len__(self) -> int:
        """Return the number of views."""
        return len(self.stamps)

    @property
    def seen_labels(self) -> csr_array:
        """(N, L) one where a view shows a label, however often."""
        shape = (len(self), len(self.labels))
        seen = csr_array(
            (np.ones(len(self.label_ids)), self.label_ids, self.label_starts), shape, copy=True
        )
        seen.sum_duplicates()  # in place: never on the arrays of the caller
        seen.data[:] = 1.0
        return seen

    @property
    def seen_objects(self) -> csr_array:
        """(N, O) one where a view shows an object."""
        shape = (len(self.object_labels), len(self))
        seen = csr_array(
            (np.ones(len(self.object_rows)), self.object_rows, self.object_starts),
            shape,
            copy=True,
        )
        seen.sum_duplicates()
        seen.data[:] = 1.0
        return csr_array(seen.T)
