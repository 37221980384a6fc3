"""What the object map knows at one moment, as read-only arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.existence import existence
from memory_node.core.objects.table import KEPT_ROWS, ObjectTable

__all__ = ['Objects', 'view_of']

IntArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objects:
    """O objects, by ascending id. All arrays are read-only; all positions are in their map."""

    #: (O,) ids, stable until observations are removed.
    ids: IntArray
    #: (O,) best supported label, a row of the snapshot's labels.
    labels: NDArray[np.int32]
    #: (O + 1,) object i was called ``hist_labels[hist_starts[i]:hist_starts[i + 1]]``, best first,
    #: with those weights (summed confidences).
    hist_starts: IntArray
    hist_labels: NDArray[np.int32]
    hist_weights: FloatArray
    #: (O,) index of the map.
    maps: NDArray[np.int32]
    #: (O, 3) fused positions [m], NaN for an object that no depth has placed.
    positions: FloatArray
    #: (O, 3) variance of the position along each axis [m^2].
    variances: FloatArray
    #: (O, 3) mean extents [m], NaN where unknown.
    extents: FloatArray
    #: (O, 3) mean place each was seen from [m]; where an unplaced object is about.
    anchors: FloatArray
    #: (O,) observations that saw it.
    frames: NDArray[np.int32]
    first_ns: IntArray
    last_ns: IntArray
    #: (O,) newest stamp at which it was expected and not seen, the least int64 if never.
    missed_ns: IntArray
    #: (O,) such observations since it was last seen.
    misses: NDArray[np.int32]
    #: (O,) log-odds that it still is where it was seen.
    existence: FloatArray
    #: (O,) highest confidence of a sighting.
    confidences: FloatArray
    #: (O,) observation row that shows it best.
    view_rows: IntArray
    #: (O + 1,) object i was seen by ``seen_rows[seen_starts[i]:seen_starts[i + 1]]``: the newest
    #: rows, and the best viewpoint.
    seen_starts: IntArray
    seen_rows: IntArray
    #: (S,) index into these objects of the snapshot's sightings that have been read.
    object_of_sighting: NDArray[np.int32]
    #: Snapshot this was made from: its removals, and the observations that were read.
    epoch: int
    rows: int

    def __post_init__(self) -> None:
        """Make every array read-only."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.ids)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(O,) whether the position of each is known."""
        return np.isfinite(self.positions[:, 0])

    def index_of(self, ids: IntArray) -> IntArray:
        """Return the index of each id, -1 for objects that are not here."""
        index = np.searchsorted(self.ids, ids)
        held = index < len(self.ids)
        held[held] = self.ids[index[held]] == ids[held]
        return np.where(held, index, -1)

    def seen_by(self, index: int) -> IntArray:
        """Return the remembered observation rows that saw an object, oldest first."""
        return self.seen_rows[self.seen_starts[index] : self.seen_starts[index + 1]]


def view_of(
    table: ObjectTable, object_of_sighting: NDArray[np.int32], *, epoch: int, rows: int
) -> Objects:
    """Return copies of what is known of the objects that were not merged into others."""
    slots = np.flatnonzero(table.alive)
    index_of = np.full(len(table) + 1, -1, np.int32)
    index_of[slots] = np.arange(len(slots), dtype=np.int32)
    hist_starts, hist_labels, hist_weights = _histograms(table, slots)
    seen_starts, seen_rows = _seen(table, slots)
    return Objects(
        ids=slots.astype(np.int64),
        labels=table.labels(slots).astype(np.int32),
        hist_starts=hist_starts,
        hist_labels=hist_labels,
        hist_weights=hist_weights,
        maps=table.maps[slots],
        positions=table.positions[slots].astype(np.float32),
        variances=table.variances[slots].astype(np.float32),
        extents=table.extents[slots],
        anchors=table.anchors[slots],
        frames=table.frames[slots],
        first_ns=table.first_ns[slots],
        last_ns=table.last_ns[slots],
        missed_ns=table.missed_ns[slots],
        misses=table.misses[slots],
        existence=existence(
            table.frames[slots], table.gaps[slots], table.misses[slots], table.confidences[slots]
        ),
        confidences=table.confidences[slots],
        view_rows=table.view_rows[slots].astype(np.int64),
        seen_starts=seen_starts,
        seen_rows=seen_rows,
        object_of_sighting=index_of[object_of_sighting],
        epoch=epoch,
        rows=rows,
    )


def _histograms(
    table: ObjectTable, slots: IntArray
) -> tuple[IntArray, NDArray[np.int32], FloatArray]:
    order = np.argsort(-table.hist_weights[slots], axis=1, kind='stable')
    labels = np.take_along_axis(table.hist_labels[slots], order, axis=1)
    weights = np.take_along_axis(table.hist_weights[slots], order, axis=1)
    held = (labels >= 0) & (weights > 0)
    starts = np.zeros(len(slots) + 1, np.int64)
    np.cumsum(held.sum(axis=1), out=starts[1:])
    return starts, labels[held], weights[held]


def _seen(table: ObjectTable, slots: IntArray) -> tuple[IntArray, IntArray]:
    totals, best = table.seen_total[slots], table.view_rows[slots]
    ring = table.seen[slots]
    first = np.where(totals > KEPT_ROWS, totals % KEPT_ROWS, 0)
    turned = (first[:, None] + np.arange(KEPT_ROWS)) % KEPT_ROWS
    ring = np.take_along_axis(ring, turned, axis=1)
    lost = ~(ring == best[:, None]).any(axis=1)
    rows = np.column_stack([np.where(lost, best, -1), ring])
    held = rows >= 0
    starts = np.zeros(len(slots) + 1, np.int64)
    np.cumsum(held.sum(axis=1), out=starts[1:])
    return starts, rows[held].astype(np.int64)
