"""A view of the objects while corrections are laid over it: only what they touch is copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.corrections.anchors import Ground, MADE_IDS
from memory_node.core.objects.doubt import Doubt
from memory_node.core.objects.view import IntArray, Objects

__all__ = ['Draft', 'Row', 'called', 'combine', 'relabelled']

#: Names of people that one object goes by at once, the newest.
_MOST_TOLD = 4

#: Fields of a view that are no columns over objects.
_WHOLE = ('ids', 'object_of_sighting', 'epoch', 'rows', 'notes', 'moved', 'doubts')


def _shape() -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the lists of a view by the name of their starts, and the plain columns."""
    names = [f.name for f in fields(Objects) if f.name not in _WHOLE]
    starts = [name for name in names if name.endswith('_starts')]
    lists = {
        start: tuple(n for n in names if n.startswith(start.removesuffix('starts')) and n != start)
        for start in starts
    }
    listed = {n for some in lists.values() for n in some} | set(starts)
    return lists, tuple(n for n in names if n not in listed)


_LISTS, _COLUMNS = _shape()
_STARTS = {name: starts for starts, names in _LISTS.items() for name in names}


class Row(dict[str, Any]):
    """
    One object: what was written of its columns and lists, the rest as the view has it.

    'told' holds the names that people gave it.
    """

    def __init__(self, objects: Objects, index: int) -> None:
        """Begin with an object of a view."""
        super().__init__()
        self._objects, self._index = objects, index

    def __missing__(self, name: str) -> Any:
        values = getattr(self._objects, name)
        if name not in _STARTS:
            return values[self._index]
        at = getattr(self._objects, _STARTS[name])
        return values[int(at[self._index]) : int(at[self._index + 1])]

    def copy(self) -> Row:
        """Return the same object, to be written to apart."""
        made = Row(self._objects, self._index)
        made.update(self)
        return made

    def take(self, other: Row, *, but: Sequence[str]) -> None:
        """Become another object, but for some of its columns and lists."""
        self.update({n: other[n] for n in (*_COLUMNS, *_STARTS) if n not in but})


class Draft:
    """Objects by index; those that are added come after those of the view."""

    def __init__(self, ground: Ground) -> None:
        """Begin with what perception says."""
        self.ground = ground
        self._rows: dict[int, Row] = {}
        self._into: dict[int, int] = {}
        self._gone: set[int] = set()
        self._added: list[int] = []
        self._taken_over: dict[int, int] = {}
        self.notes: dict[int, list[str]] = {}
        self.moved: set[int] = set()
        self.doubts: list[Doubt] = []

    @cached_property
    def by_name(self) -> tuple[IntArray, IntArray]:
        """Entries of names by name, and where each name starts."""
        order, counts = self.ground.objects.by_name
        return order, np.concatenate([[0], np.cumsum(counts)])

    def row(self, index: int) -> Row:
        """Return an object as it is now; what is written to it is kept."""
        if index not in self._rows:
            self._rows[index] = Row(self.ground.objects, index)
        return self._rows[index]

    def is_gone(self, index: int) -> bool:
        """Tell whether an object was taken out."""
        return index in self._gone

    def owners(self, sightings: IntArray) -> list[int]:
        """Return the object that each sighting belongs to now; those taken out are left out."""
        found = []
        raw = self.ground.objects.object_of_sighting[sightings].tolist()
        for sighting, owner in zip(sightings.tolist(), raw, strict=True):
            owner = self._last(self._taken_over.get(sighting, owner))
            if owner >= 0 and owner not in self._gone:
                found.append(owner)
        return found

    def _last(self, index: int) -> int:
        while index in self._into:
            index = self._into[index]
        return index

    def sightings(self, index: int) -> IntArray:
        """Return the sightings of an object; O(S)."""
        of_sighting = self.ground.objects.object_of_sighting
        parts = [index, *(i for i in self._into if self._last(i) == index)]
        own = set(np.flatnonzero(np.isin(of_sighting, parts)).tolist())
        for sighting, owner in self._taken_over.items():
            (own.add if self._last(owner) == index else own.discard)(sighting)
        return np.array(sorted(own), np.int64)

    def drop(self, index: int) -> None:
        """Take an object out."""
        self._gone.add(index)

    def merge(self, kept: int, other: int) -> None:
        """Take an object out whose sightings are of another; ``combine`` makes their row."""
        self._gone.add(other)
        self._into[other] = kept

    def add(self, row: Row, number: int, sightings: IntArray) -> int:
        """Add an object that takes sightings over; its id tells the correction."""
        index = len(self.ground.objects) + len(self._added)
        self._added.append(number)
        self._rows[index] = row
        self._taken_over.update(dict.fromkeys(sightings.tolist(), index))
        return index

    def made_by(self, number: int) -> int:
        """Return the object that a correction added, -1 where it did not."""
        found = [i for i, n in enumerate(self._added) if n == number]
        index = len(self.ground.objects) + found[0] if found else -1
        return -1 if index in self._gone else index

    def note(self, index: int, text: str) -> None:
        """Say of an object what a person said."""
        self.notes.setdefault(index, []).append(text)

    def finish(self) -> Objects:
        """Return the view with everything that was changed."""
        objects = self.ground.objects
        total = len(objects) + len(self._added)
        kept = np.delete(np.arange(total), sorted(self._gone))
        changed = sorted(i for i in self._rows if i not in self._gone)
        index_of = np.full(total + 1, -1, np.int32)
        index_of[kept] = np.arange(len(kept), dtype=np.int32)
        old = kept[kept < len(objects)]
        columns: dict[str, Any] = {}
        for name in _COLUMNS:
            values = getattr(objects, name)
            if total == len(kept) == len(objects) and not any(
                name in self._rows[i] for i in changed
            ):
                columns[name] = values
                continue
            room = np.empty((len(kept), *values.shape[1:]), values.dtype)
            room[: len(old)] = values[old] if len(old) < len(objects) else values
            for i in changed:
                if i >= len(objects) or name in self._rows[i]:
                    room[index_of[i]] = self._rows[i][name]
            columns[name] = room
        for starts, names in _LISTS.items():
            columns |= self._lists(starts, names, changed)
        made = Objects(
            ids=np.concatenate([objects.ids[old], MADE_IDS + np.array(self._added, np.int64)])
            if len(kept) > len(old)
            else objects.ids[old],
            object_of_sighting=self._of_sighting(index_of),
            epoch=objects.epoch,
            rows=objects.rows,
            notes={
                int(index_of[i]): '; '.join(said)
                for i, said in self.notes.items()
                if index_of[i] >= 0
            },
            moved=np.array(sorted(int(index_of[i]) for i in self.moved if index_of[i] >= 0), int),
            doubts=tuple(
                d if d.kind != 'object' else d.at(int(index_of[d.rows[0]]))
                for d in self.doubts
                if d.kind != 'object' or index_of[d.rows[0]] >= 0
            ),
            **columns,
        )
        made.__dict__['shared'] = objects.shared  # what outlives a change outlives this one too
        self._share_names(made, index_of, changed)
        return made

    def _share_names(
        self, made: Objects, index_of: NDArray[np.int32], changed: Sequence[int]
    ) -> None:
        """Let a thing go wholly by the names of people, and by those of perception as before."""
        told = [i for i in changed if self._rows[i].get('told')]
        if not told:
            return
        shares = made.name_shares.copy()
        for i in told:
            first, last = made.hist_starts[index_of[i] : index_of[i] + 2].tolist()
            own = first + len(self._rows[i]['told'])
            shares[first:own] = 1.0
            shares[own:last] /= max(1e-9, float(shares[own:last].sum()))
        made.__dict__['name_shares'] = shares

    def _of_sighting(self, index_of: NDArray[np.int32]) -> NDArray[np.int32]:
        of_sighting = self.ground.objects.object_of_sighting
        if not (self._gone or self._taken_over):
            return of_sighting
        for other in self._into:
            index_of[other] = index_of[self._last(other)]
        found = index_of[of_sighting]
        for sighting, owner in self._taken_over.items():
            found[sighting] = index_of[self._last(owner)]
        return found

    def _lists(self, starts: str, names: Sequence[str], changed: list[int]) -> dict[str, Any]:
        """Return lists over objects: pieces of the old ones, and those of what was changed."""
        objects = self.ground.objects
        at, count = getattr(objects, starts), len(objects)
        lengths: list[NDArray[np.int64]] = []
        pieces: dict[str, list[NDArray[Any]]] = {name: [] for name in names}

        def keep(first: int, last: int) -> None:
            lengths.append(np.diff(at[first : last + 1]))
            for name in names:
                pieces[name].append(getattr(objects, name)[int(at[first]) : int(at[last])])

        done = 0
        written = [i for i in changed if i >= count or names[0] in self._rows[i]]
        if not (written or self._gone):
            return {name: getattr(objects, name) for name in (starts, *names)}
        for i in sorted({*written, *self._gone}):
            if i < count:
                keep(done, i)
                done = i + 1
            elif done < count:
                keep(done, count)
                done = count
            if i not in self._gone:
                row = self._rows[i]
                lengths.append(np.array([len(row[names[0]])]))
                for name in names:
                    pieces[name].append(np.asarray(row[name], getattr(objects, name).dtype))
        if done < count:
            keep(done, count)
        ends = np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths]))
        empty = {name: getattr(objects, name)[:0] for name in names}
        return {starts: ends.astype(np.int64)} | {
            name: np.concatenate([empty[name], *pieces[name]]) for name in names
        }


def combine(row: Row, others: Sequence[Row]) -> None:
    """Make one object of several that turned out to be it: it is where it was seen last."""
    rows = [row.copy(), *(other.copy() for other in others)]
    newest = max(rows, key=lambda r: int(r['last_ns']))
    weights: dict[int, float] = {}
    for one in rows:
        for label, weight in zip(one['hist_labels'], one['hist_weights'], strict=True):
            weights[int(label)] = weights.get(int(label), 0.0) + float(weight)
    order = sorted(weights, key=lambda label: -weights[label])
    row.take(newest, but=('hist_labels', 'hist_weights', 'seen_rows'))
    row.update(
        hist_labels=np.array(order, np.int32),
        hist_weights=np.array([weights[label] for label in order], np.float32),
        labels=np.int32(order[0]),
        seen_rows=np.unique(np.concatenate([one['seen_rows'] for one in rows])),
        frames=sum(int(one['frames']) for one in rows),
        confidences=max(float(one['confidences']) for one in rows),
        first_ns=min(int(one['first_ns']) for one in rows),
        came_from=rows[0]['came_from'],
    )
    placed = [one for one in rows if np.isfinite(one['positions'][0])]
    if not np.isfinite(newest['positions'][0]) and placed:
        best = max(placed, key=lambda r: int(r['last_ns']))
        row.update({name: best[name] for name in ('positions', 'variances', 'extents')})


def relabelled(row: Row, name: int) -> None:
    """Give an object a name for all that perception gave it; what people call it stays."""
    total = max(1.0, float(np.sum(row['hist_weights'])))
    _name_all(row, [name], [total], row.get('told', []))


def called(row: Row, name: int) -> None:
    """Give an object a name of a person beside those of perception, with half of the weight."""
    before = row.get('told', [])
    kept = [
        (label, weight)
        for label, weight in zip(
            row['hist_labels'].tolist(), row['hist_weights'].tolist(), strict=True
        )
        if label not in before and label != name
    ]
    told = [name, *(label for label in before if label != name)][:_MOST_TOLD]
    _name_all(row, [label for label, _ in kept], [weight for _, weight in kept], told)


def _name_all(row: Row, names: list[int], weights: list[float], told: list[int]) -> None:
    share = max(1.0, sum(weights)) / max(1, len(told))
    row['told'] = told
    row['hist_labels'] = np.array([*told, *names], np.int32)
    row['hist_weights'] = np.array([*(share for _ in told), *weights], np.float32)
    row['labels'] = row['hist_labels'][0]
