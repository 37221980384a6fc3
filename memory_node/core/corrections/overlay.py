"""
Lays corrections of objects over what perception says, in the order they were made.

``edit.py`` says how long each holds. Nothing here changes what is stored or what the object map
learned: an undone correction is left out the next time, and all is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
import math
from typing import Any

import numpy as np

from memory_node.core.corrections.anchors import Anchors, Ground
from memory_node.core.corrections.draft import called, combine, Draft, relabelled, Row
from memory_node.core.corrections.edit import EditKind, HOLDS
from memory_node.core.corrections.viewpoints import Viewpoints
from memory_node.core.language.directives import reported
from memory_node.core.language.text import question_terms
from memory_node.core.objects.doubt import Doubt
from memory_node.core.objects.view import IntArray, Objects
from memory_node.core.store.corrections import Correction

__all__ = ['CONTRADICTED', 'IN_FORCE', 'LOST', 'Overlay', 'said_by']

#: What becomes of a correction; each is said in a list of them.
IN_FORCE, CONTRADICTED, LOST = 'in force', 'contradicted', 'lost'
#: Log-odds that a thing is there because a person said so, and what "wrong" takes from them.
TOLD, WRONG = 4.0, 8.0
#: Places this close together are one [m]; variance of a place that a person told [m^2].
_SAME_PLACE_M, _TOLD_VARIANCE = 1.0, 0.05**2
_NOTHING = np.zeros(0, np.int64)


def said_by(correction: Correction, what: str) -> str:
    """Return who corrected something, when and what, for a person."""
    try:
        day = datetime.fromtimestamp(correction.stamp_ns / 1e9, timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        day = 'an unknown day'
    return f'corrected by {reported(correction.author)} on {day}: {what}'


@dataclass(frozen=True, slots=True)
class _Step:
    """One correction being applied."""

    correction: Correction
    draft: Draft
    #: The object it is about.
    index: int
    others: tuple[int, ...]
    names: Callable[[str], int]
    viewpoints: Viewpoints
    anchors: Anchors

    @property
    def body(self) -> Mapping[str, Any]:
        return self.correction.body

    @property
    def row(self) -> Row:
        """The object; what is written to it is kept."""
        return self.draft.row(self.index)

    def note(self, what: str) -> None:
        self.draft.note(self.index, said_by(self.correction, what))

    def seen_since(self) -> int:
        """Return how many observations saw the object after it was corrected."""
        return max(0, int(self.row['frames']) - int(self.body['object']['views']))

    def contradicted_as_often(self, count: float) -> bool:
        """Tell whether perception insists: as often as it had erred before, and ``HOLDS``."""
        return count >= max(HOLDS, int(self.body['object']['views']))

    def after(self) -> int:
        """Return the key of the newest observation that was there when it was corrected."""
        return self.anchors.after(self.correction)

    def position(self) -> Any:
        return self.anchors.point(self.body, self.draft.ground.taken).astype(np.float32)


class Overlay:
    """Applies corrections; the owner holds one lock around every call."""

    def __init__(self, anchors: Anchors) -> None:
        """Find what corrections are about through ``anchors``."""
        self._anchors = anchors
        self.viewpoints = Viewpoints()

    def apply(
        self,
        corrections: tuple[Correction, ...],
        ground: Ground,
        names: Callable[[str], int],
    ) -> tuple[Objects, dict[int, str]]:
        """Return the objects with corrections, and what became of each; ``names`` gives rows."""
        draft = Draft(ground)
        states: dict[int, str] = {}
        for correction in corrections:
            apply = _APPLY.get(EditKind(correction.kind))
            if apply is None:
                continue
            if 'observation' in correction.body:
                states[correction.id] = self._doubt_view(correction, draft)
                continue
            index = self._resolve(correction, 0, correction.body['object'], draft)
            others = tuple(
                self._resolve(correction, n, anchor, draft)
                for n, anchor in enumerate(correction.body.get('others_at', ()), start=1)
            )
            if index < 0 or min(others, default=0) < 0:
                states[correction.id] = LOST
                continue
            step = _Step(correction, draft, index, others, names, self.viewpoints, self._anchors)
            states[correction.id] = IN_FORCE if apply(step) else CONTRADICTED
        return draft.finish(), states

    def _resolve(
        self, correction: Correction, number: int, anchor: Mapping[str, Any], draft: Draft
    ) -> int:
        """Return the object that most sightings of an anchor belong to, -1 without one."""
        if 'made' in anchor and (made := draft.made_by(int(anchor['made']))) >= 0:
            return made
        found = self._anchors.sightings((correction.id, number), anchor, draft.ground)
        if len(found):
            owners = draft.owners(found)
            return max(owners, key=lambda i: (owners.count(i), -i)) if owners else -1
        nearest = self._anchors.nearest(anchor, draft.ground)
        return -1 if draft.is_gone(nearest) else nearest

    def _doubt_view(self, correction: Correction, draft: Draft) -> str:
        row = self._anchors.row(correction.body['observation'], draft.ground.taken)
        if row < 0:
            return LOST
        note = said_by(correction, f'wrong for {correction.body["question"]!r}')
        terms = question_terms(correction.body['question'])
        kind = 'room' if correction.body.get('room') else 'view'
        draft.doubts.append(Doubt(terms=terms, kind=kind, rows=np.array([row]), note=note))
        return IN_FORCE


def _move(step: _Step) -> bool:
    told, row, ground = step.position(), step.row, step.draft.ground
    old = row['positions']
    elsewhere = not np.isfinite(old[0]) or math.dist(old, told) > _SAME_PLACE_M
    if elsewhere and np.isfinite(old[0]) and step.seen_since() >= HOLDS:
        return False
    step.note('moved here')
    came = _came_since(step, told) if elsewhere else []
    if came:  # it was seen here since: where exactly, and whether it still is, is seen too
        rows = [step.draft.row(i) for i in came]
        combine(row, rows)
        for other in came:
            step.draft.merge(step.index, other)
    elif elsewhere:
        at = step.viewpoints.nearest(step.correction.id, told, int(row['maps']), ground.taken)
        row |= {
            'positions': told,
            'variances': np.full(3, _TOLD_VARIANCE, np.float32),
            'existence': np.float32(TOLD),
            **{'misses': np.int32(0), 'moved_to': np.int32(-1)},
        }
        if at >= 0:
            row |= {'view_rows': np.int64(at), 'seen_rows': np.array([at])}
        step.draft.moved.add(step.index)
    else:
        row['existence'] = max(row['existence'], np.float32(TOLD))
    return True


def _came_since(step: _Step, told: Any) -> list[int]:
    """Return the objects of the same name that came up at the told place after it was told."""
    objects, taken = step.draft.ground.objects, step.draft.ground.taken
    order, starts = step.draft.by_name
    name = int(step.row['labels'])
    if name + 1 >= len(starts):
        return []
    of_name = objects.name_owners[order[starts[name] : starts[name + 1]]]
    away = np.linalg.norm(objects.positions[of_name] - told, axis=1)
    near = (away <= _SAME_PLACE_M) & (objects.maps[of_name] == step.row['maps'])
    found = []
    for index in np.unique(of_name[near]).tolist():
        if index == step.index or step.draft.is_gone(index):
            continue
        rows = objects.seen_by(index)
        if int(objects.frames[index]) > len(rows):
            seen = np.flatnonzero(objects.object_of_sighting == index)[:1]
            rows = step.draft.ground.rows_of(seen)
        if len(rows) and int(taken.keys[rows[0]]) > step.after():
            found.append(int(index))
    return found


def _relabel(step: _Step) -> bool:
    row, labels = step.row, step.draft.ground.frames.labels
    known = {*step.body['object']['names'], step.body['name']}
    new = [labels[i] not in known for i in row['hist_labels'].tolist()]
    if step.contradicted_as_often(float(np.sum(row['hist_weights'][new]))):
        return False
    was = labels[int(row['labels'])]
    _deny_names(step)
    relabelled(row, step.names(step.body['name']))
    step.note(f'it is no {reported(was)}')
    return True


def _name(step: _Step) -> bool:
    called(step.row, step.names(step.body['name']))
    step.note(f'called {reported(step.body["name"])}')
    return True


def _merge(step: _Step) -> bool:
    others = [i for i in dict.fromkeys(step.others) if i != step.index]
    if not others:
        return True  # perception came to the same
    rows = [step.draft.row(i) for i in others]
    taken, after = step.draft.ground.taken, step.after()
    own = step.row['seen_rows']
    own = own[taken.keys[own] > after]
    together = sum(len(np.intersect1d(own, row['seen_rows'])) for row in rows)
    if together >= max(HOLDS, int(step.body.get('together', 0))):
        return False
    combine(step.row, rows)
    for other in others:
        step.draft.merge(step.index, other)
    step.note(f'{len(others) + 1} things that are one')
    return True


def _split(step: _Step) -> bool:
    ground, told, row = step.draft.ground, step.position(), step.row
    sightings = step.draft.sightings(step.index)
    rows = ground.rows_of(sightings)
    where = _positions(sightings, rows, ground)
    with np.errstate(invalid='ignore'):
        theirs = np.linalg.norm(where - told, axis=1) < np.linalg.norm(
            where - row['positions'], axis=1
        )
    other = row.copy()
    other |= {'positions': told, 'variances': np.full(3, _TOLD_VARIANCE, np.float32)}
    if theirs.any():
        _seen_by(other, sightings[theirs], rows[theirs], ground)
        other['positions'] = where[theirs].mean(axis=0).astype(np.float32)
    if theirs.any() and not theirs.all():
        _seen_by(row, sightings[~theirs], rows[~theirs], ground)
        left = where[~theirs]
        if np.isfinite(left[:, 0]).any():
            row['positions'] = np.nanmean(left, axis=0).astype(np.float32)
    if name := step.body.get('name'):
        relabelled(other, step.names(name))
    moved = sightings[theirs] if not theirs.all() else sightings[:0]
    added = step.draft.add(other, step.correction.id, moved)
    for index in (step.index, added):
        step.draft.note(index, said_by(step.correction, 'one of two that looked like one'))
    return True


def _positions(sightings: IntArray, rows: IntArray, ground: Ground) -> Any:
    """Return (n, 3) where each sighting was [m]; NaN for what only captions mention."""
    place = sightings - ground.frames.sighting_starts[rows]
    starts = ground.taken.sighting_starts
    measured = place < starts[rows + 1] - starts[rows]
    found = np.full((len(sightings), 3), np.nan)
    found[measured] = ground.taken.sighting_positions[(starts[rows] + place)[measured]]
    return found


def _seen_by(row: Row, sightings: IntArray, rows: IntArray, ground: Ground) -> None:
    """Make an object what some of its sightings show."""
    stamps = ground.taken.stamps[rows]
    labels, counts = np.unique(ground.frames.sighting_labels[sightings], return_counts=True)
    order = np.argsort(-counts, kind='stable')
    row |= {
        'hist_labels': labels[order].astype(np.int32),
        'hist_weights': counts[order].astype(np.float32),
        'labels': np.int32(labels[order[0]]),
        'seen_rows': np.unique(rows),
        'frames': np.int32(len(np.unique(rows))),
        'first_ns': np.int64(stamps.min()),
        'last_ns': np.int64(stamps.max()),
        'view_rows': np.int64(rows[-1]),
    }


def _confirm(step: _Step) -> bool:
    known = 0 if step.seen_since() else int(step.body['object']['misses'])
    if int(step.row['misses']) - known >= HOLDS:
        return False
    step.row['existence'] = max(step.row['existence'], np.float32(TOLD))
    step.note('it is there')
    return True


def _delete(step: _Step) -> bool:
    if step.contradicted_as_often(step.seen_since()):
        return False
    _deny_names(step)
    step.draft.drop(step.index)
    return True


def _deny_names(step: _Step) -> None:
    """Doubt that what showed a thing shows one of its names: words of labels are searched too."""
    ground, told = step.draft.ground, step.body.get('name')
    find = _rows_that_show(step.draft, step.index)
    note = said_by(step.correction, 'what was taken for it there is none')
    for label in step.row['hist_labels'].tolist():
        if (name := ground.frames.labels[label]) != told:
            terms = question_terms(name)
            doubt = Doubt(terms=terms, kind='name', rows=_NOTHING, note=note, find=find)
            step.draft.doubts.append(doubt)


def _rows_that_show(draft: Draft, index: int) -> Callable[[], IntArray]:
    """Return what finds the observations that show an object, once it is asked for."""
    return cache(lambda: np.unique(draft.ground.rows_of(draft.sightings(index))))


def _wrong(step: _Step) -> bool:
    if question := step.body.get('question'):
        note = said_by(step.correction, f'wrong for {question!r}')
        terms, rows = question_terms(question), np.array([step.index])
        step.draft.doubts.append(Doubt(terms=terms, kind='object', rows=rows, note=note))
        return True
    if step.contradicted_as_often(step.seen_since()):
        return False
    step.row['existence'] = np.float32(float(step.row['existence']) - WRONG)
    step.note('that was wrong')
    return True


_APPLY: dict[EditKind, Callable[[_Step], bool]] = {
    EditKind.MOVE: _move,
    EditKind.RELABEL: _relabel,
    EditKind.NAME: _name,
    EditKind.MERGE: _merge,
    EditKind.SPLIT: _split,
    EditKind.CONFIRM: _confirm,
    EditKind.DELETE: _delete,
    EditKind.WRONG: _wrong,
}
