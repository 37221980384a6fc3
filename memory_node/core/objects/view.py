"""What the object map knows at one moment, as read-only arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.doubt import Doubt
from memory_node.core.objects.existence import was_there
from memory_node.core.objects.moves import believed_moves, presence
from memory_node.core.objects.table import KEPT_ROWS, ObjectTable

__all__ = ['Objects', 'view_of']

IntArray: TypeAlias = NDArray[np.int64]

#: A view is made anew where more than this share of the objects has changed.
_MOST_CHANGED = 0.25
#: Columns of the table that are handed out as they are.
_PLAIN = (
    'maps', 'extents', 'anchors', 'frames', 'first_ns', 'last_ns', 'missed_ns', 'misses',
    'confidences', 'since_ns', 'empties',
)  # fmt: skip


class _Caches:
    """Gives a class with slots room for cached properties."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objects(_Caches):
    """O objects, by ascending id. All arrays are read-only; all positions are in their map."""

    #: (O,) ids; after all objects were made again, each keeps that of its observations.
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
    #: (O,) log-odds that it was there when it was seen.
    real: FloatArray
    #: (O,) highest confidence of a sighting.
    confidences: FloatArray
    #: (O,) when it came there, as far as was seen, and looks at the place that had not shown it.
    since_ns: IntArray
    empties: NDArray[np.int32]
    #: (O,) id of where the same thing is since, and of where it was before; -1 where unknown.
    moved_to: NDArray[np.int32]
    came_from: NDArray[np.int32]
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
    #: What people corrected: a sentence by index, those they moved, and answers they doubt.
    notes: Mapping[int, str] = field(default_factory=dict)
    moved: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    doubts: tuple[Doubt, ...] = ()

    def __post_init__(self) -> None:
        """Make every array read-only."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.ids)

    @cached_property
    def shared(self) -> dict[str, Any]:
        """What readers keep and what outlives a change of the objects; see ``core.view``."""
        return {}

    def prepare(self) -> None:
        """Make all that is made when it is first asked for."""
        _ = self.placed, self.name_shares, self.by_name

    @cached_property
    def placed(self) -> NDArray[np.bool_]:
        """(O,) whether the position of each is known."""
        return np.isfinite(self.positions[:, 0])

    @cached_property
    def name_owners(self) -> IntArray:
        """(H,) object that each entry of ``hist_labels`` is of."""
        return np.repeat(np.arange(len(self)), np.diff(self.hist_starts))

    @cached_property
    def name_shares(self) -> NDArray[np.float64]:
        """(H,) share of an object's sightings that gave it each of its names."""
        weights = self.hist_weights.astype(np.float64)
        total = np.bincount(self.name_owners, weights, minlength=len(self))
        return np.asarray(np.maximum(weights, 1e-9) / np.maximum(total[self.name_owners], 1e-9))

    @cached_property
    def by_name(self) -> tuple[IntArray, IntArray]:
        """Entries of ``hist_labels`` by name (H,), and how many there are of each."""
        names = self.hist_labels
        if int(names.max(initial=0)) < 1 << 15:
            names = names.astype(np.int16)  # numpy sorts these by radix
        return np.argsort(names, kind='stable'), np.bincount(names)

    def index_of(self, ids: IntArray) -> IntArray:
        """Return the index of each id, -1 for objects that are not here."""
        if np.array_equal(self.ids[: len(ids)], ids):
            return np.arange(len(ids))
        index = np.searchsorted(self.ids, ids)
        held = index < len(self.ids)
        held[held] = self.ids[index[held]] == ids[held]
        return np.where(held, index, -1)

    def seen_by(self, index: int) -> IntArray:
        """Return the remembered observation rows that saw an object, oldest first."""
        return self.seen_rows[self.seen_starts[index] : self.seen_starts[index + 1]]


def view_of(
    table: ObjectTable,
    object_of_sighting: NDArray[np.int32],
    *,
    epoch: int,
    rows: int,
    before: Objects | None = None,
    changed: IntArray | None = None,
) -> Objects:
    """
    Return copies of what is known of the objects that were not merged into others.

    With ``before``, an older view of the table, and the slots that have ``changed`` since, only
    those are read again; costs what copying the arrays costs.
    """
    slots = np.flatnonzero(table.alive)
    parts = None
    if before is not None and changed is not None:
        parts = _Parts.of(table, slots, before, changed)
    if before is None or parts is None:
        columns = _columns(table, slots)
        index_of = np.full(len(table) + 1, -1, np.int32)
        index_of[slots] = np.arange(len(slots), dtype=np.int32)
        of_sighting = index_of[object_of_sighting]
    else:
        columns = _patched(table, before, parts)
        of_sighting = parts.of_sighting(table, slots, before, object_of_sighting)
    made = Objects(
        ids=slots.astype(np.int64),
        object_of_sighting=of_sighting,
        epoch=epoch,
        rows=rows,
        **columns,
    )
    if before is not None:
        made.shared.update(before.shared)
    return made


def _columns(table: ObjectTable, slots: IntArray) -> dict[str, Any]:
    """Return what a view shows of some slots, but for what depends on all of them."""
    hist_starts, hist_labels, hist_weights = _histograms(table, slots)
    seen_starts, seen_rows = _seen(table, slots)
    plain = {name: getattr(table, name)[slots] for name in _PLAIN}
    moved_to, came_from = believed_moves(table, slots)
    return {
        'labels': table.labels(slots).astype(np.int32),
        'hist_starts': hist_starts,
        'hist_labels': hist_labels,
        'hist_weights': hist_weights,
        'positions': table.positions[slots].astype(np.float32),
        'variances': table.variances[slots].astype(np.float32),
        'view_rows': table.view_rows[slots].astype(np.int64),
        'seen_starts': seen_starts,
        'seen_rows': seen_rows,
        'existence': presence(table, slots),
        'moved_to': moved_to,
        'came_from': came_from,
        'real': was_there(table, slots),
        **plain,
    }


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a newer view shares with an older one."""

    #: Alive slots that are read again, ascending, and where they are in the newer view.
    read: IntArray
    places: IntArray
    #: Index of each of ``read`` in the older view; those beyond its length are new.
    old_places: IntArray
    #: Objects of the older view that were merged into others since.
    dead: IntArray
    #: Number of new objects.
    added: int

    @classmethod
    def of(
        cls, table: ObjectTable, slots: IntArray, before: Objects, changed: IntArray
    ) -> _Parts | None:
        """Return what is shared; None where it is too little."""
        count = len(before)
        changed = np.unique(changed)
        if len(changed) > _MOST_CHANGED * count:
            return None
        old = before.index_of(changed)
        alive = table.alive[changed]
        dead = old[~alive & (old >= 0)]
        read, old = changed[alive], old[alive]
        new = old < 0
        old[new] = count + np.arange(int(new.sum()))
        if count - len(dead) + int(new.sum()) != len(slots):
            return None  # not all that has changed was told
        return cls(read, np.searchsorted(slots, read), old, dead, int(new.sum()))

    def column(self, old: NDArray[Any], fresh: NDArray[Any]) -> NDArray[Any]:
        """Return a column with ``fresh`` values for what is read again."""
        kept = np.delete(old, self.dead, axis=0) if len(self.dead) else old
        room = np.empty((self.added, *old.shape[1:]), old.dtype)
        result = np.concatenate([kept, room])
        result[self.places] = fresh
        return result

    def pieces(self, starts: IntArray, fresh: IntArray) -> Iterator[tuple[bool, int, int]]:
        """Yield what lists are made of: whether a piece is fresh, and from where to where."""
        at = 0
        gone = dict.fromkeys(self.dead.tolist(), -1)
        again = dict(zip(self.old_places.tolist(), range(len(self.read)), strict=True))
        for old, i in sorted({**gone, **again}.items()):
            end = min(old, len(starts) - 1)
            yield False, int(starts[at]), int(starts[end])
            at = min(old + 1, len(starts) - 1)
            if i >= 0:
                yield True, int(fresh[i]), int(fresh[i + 1])
        yield False, int(starts[at]), int(starts[-1])

    def of_sighting(
        self,
        table: ObjectTable,
        slots: IntArray,
        before: Objects,
        object_of_sighting: NDArray[np.int32],
    ) -> NDArray[np.int32]:
        """Return the object of each sighting; only of new ones where nothing was merged."""
        index_of = np.full(len(table) + 1, -1, np.int32)
        index_of[slots] = np.arange(len(slots), dtype=np.int32)
        if len(self.dead):
            return index_of[object_of_sighting]
        known = before.object_of_sighting
        return np.concatenate([known, index_of[object_of_sighting[len(known) :]]])


def _patched(table: ObjectTable, before: Objects, parts: _Parts) -> dict[str, Any]:
    fresh = _columns(table, parts.read)
    result: dict[str, Any] = {}
    for starts, lists in (
        ('hist_starts', ('hist_labels', 'hist_weights')),
        ('seen_starts', ('seen_rows',)),
    ):
        old_starts, new_starts = getattr(before, starts), fresh.pop(starts)
        lengths = parts.column(np.diff(old_starts), np.diff(new_starts))
        result[starts] = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        pieces = list(parts.pieces(old_starts, new_starts))
        for name in lists:
            old, new = getattr(before, name), fresh.pop(name)
            result[name] = np.concatenate([(new if f else old)[a:b] for f, a, b in pieces])
    for name, values in fresh.items():
        result[name] = parts.column(getattr(before, name), values)
    return result


def _histograms(
    table: ObjectTable, slots: IntArray
) -> tuple[IntArray, NDArray[np.int32], FloatArray]:
    labels, weights = table.hist_labels[slots], table.hist_weights[slots]
    held = (labels >= 0) & (weights > 0)
    counts = held.sum(axis=1)
    several = np.flatnonzero(counts > 1)
    order = np.argsort(-weights[several], axis=1, kind='stable')
    for column in (labels, weights, held):
        column[several] = np.take_along_axis(column[several], order, axis=1)
    starts = np.zeros(len(slots) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts, labels[held], weights[held]


def _seen(table: ObjectTable, slots: IntArray) -> tuple[IntArray, IntArray]:
    totals, best = table.seen_total[slots], table.view_rows[slots]
    most = int(totals.max(initial=0))
    ring = table.seen.rings(slots, max(1, min(most, KEPT_ROWS)))
    if most > KEPT_ROWS:
        first = np.where(totals > KEPT_ROWS, totals % KEPT_ROWS, 0)
        turned = (first[:, None] + np.arange(KEPT_ROWS)) % KEPT_ROWS
        ring = np.take_along_axis(ring, turned, axis=1)
    lost = ~(ring == best[:, None]).any(axis=1)
    rows = np.column_stack([np.where(lost, best, -1), ring])
    held = rows >= 0
    starts = np.zeros(len(slots) + 1, np.int64)
    np.cumsum(held.sum(axis=1), out=starts[1:])
    return starts, rows[held].astype(np.int64)
