"""Seen in a span of time: "this morning", "yesterday between 2 pm and 3 pm"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    IntArray,
    Kind,
    Scene,
    UNMET,
    UNSURE,
)
from memory_node.core.constraints.distances import judged
from memory_node.core.constraints.fields import read_number
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock, TIMES, Window, windows

__all__ = ['Time']

#: The last moment that Python can tell as a date [s].
_LAST_S = 253_370_764_800
_PAST = frozenset(words('past'))
_NOT = re.compile(r'\b(?:but )?(?:not|never) $', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Time(Constraint):
    """Seen in a window of time, whether it is still there or not."""

    NAME: ClassVar[str] = 'time'
    PRIORITY: ClassVar[int] = 10
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        'from_s': {'type': 'number', 'description': 'Seconds before now when it begins.'},
        'to_s': {'type': 'number', 'description': 'Seconds before now when it ends.'},
    }
    CUES: ClassVar[Cues] = Cues(*TIMES)

    window: Window
    #: The window has not begun when it is asked: "where can I sit tonight?".
    ahead: bool = False

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Time]:
        """Yield "this morning", "not yesterday"."""
        past = not _PAST.isdisjoint(rest.whole.casefold().split())
        for found in windows(rest.text, clock):
            denial = _NOT.search(rest.text[: found.start])
            start = denial.start() if denial else found.start
            yield cls(
                negated=denial is not None,
                span=(start, found.stop),
                phrase=rest.take(start, found.stop),
                window=found.window,
                ahead=not past and (found.window.since_ns or 0) > clock.now_ns,
            )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Time:
        """Make one from a phrase: as the rules read it, or else by seconds before now."""
        if known := windows(phrase, clock):
            return cls(phrase=phrase, window=known[0].window)
        ends = [read_number(fields, name) for name in ('from_s', 'to_s')]
        if not max(ends) > 0.0:
            raise ValueError(f'{phrase!r} names no time')
        since, until = (max(0, clock.now_ns - int(s * 1e9)) for s in (max(ends), min(ends)))
        return cls(phrase=phrase, window=Window(since, until))

    def excludes(self, other: Constraint) -> bool:
        """Whether no moment is in both spans, whatever was seen in them."""
        if not isinstance(other, Time) or self.negated or other.negated:
            return False
        one, two = self.window, other.window
        since = max(one.since_ns or 0, two.since_ns or 0)
        ends = [w.until_ns for w in (one, two) if w.until_ns is not None]
        return bool(ends) and min(ends) < since

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by the stamps of the frames that saw each candidate; what is ahead, by none."""
        if self.ahead:
            return Effect(odds=np.zeros(len(candidates)), told=self._told_ahead)
        since = self.window.since_ns or 0
        until = np.iinfo(np.int64).max if self.window.until_ns is None else self.window.until_ns
        first, last = candidates.first_ns, candidates.last_ns
        odds = np.where((last >= since) & (first <= until), UNSURE, UNMET)
        odds[(first >= since) & (first <= until) | (last >= since) & (last <= until)] = 0.0
        # Seen before and after: only the frames tell.
        for kind, between in ((Kind.OBJECT, _objects_seen), (Kind.ROOM, _rooms_seen)):
            asked = np.flatnonzero((odds == UNSURE) & (candidates.kind == kind))
            if len(asked):
                odds[asked] = between(scene, candidates.index[asked], since, until)
        zone = scene.config.zone

        def told(i: int) -> str:
            stamps = _stamps_of(scene, candidates, i)
            inside = stamps[(stamps >= since) & (stamps <= until)]
            if self.negated or not len(inside):
                return self.phrase
            seconds = min(int(inside.max()) // 10**9, _LAST_S)
            moment = datetime.fromtimestamp(seconds, tz=zone)
            return f'{self.phrase} (seen {moment:%a %Y-%m-%d %H:%M})'

        return Effect(odds=judged(odds, negated=self.negated, known=odds != UNSURE), told=told)

    def _told_ahead(self, i: int) -> str:
        return f'{self.phrase} is still to come, so where it was seen last'


def _objects_seen(scene: Scene, index: IntArray, since: int, until: int) -> NDArray[np.float64]:
    """Return log-odds that a frame in between saw each object; old frames may be forgotten."""
    objects, stamps = scene.view.objects, scene.view.snapshot.stamps
    starts, counts = objects.seen_starts[index], np.diff(objects.seen_starts)[index]
    owners = np.repeat(np.arange(len(index)), counts)
    places = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    seen = stamps[objects.seen_rows[starts[owners] + places]]
    inside = (seen >= since) & (seen <= until)
    met = np.bincount(owners, inside, minlength=len(index)) > 0
    forgotten = objects.frames[index] > counts
    return np.where(met, 0.0, np.where(forgotten, UNSURE, UNMET))


def _rooms_seen(scene: Scene, index: IntArray, since: int, until: int) -> NDArray[np.float64]:
    """Return log-odds that a frame in between was taken in each room."""
    stamps = scene.view.snapshot.stamps
    rooms = scene.view.row_rooms[(stamps >= since) & (stamps <= until)]
    return np.where(np.isin(index, np.unique(rooms)), 0.0, UNMET)


def _stamps_of(scene: Scene, candidates: Candidates, i: int) -> IntArray:
    """Return the known stamps of the frames that saw one candidate [ns]."""
    known = np.array([candidates.first_ns[i], candidates.last_ns[i]], np.int64)
    if candidates.kind[i] != Kind.OBJECT:
        return known
    rows = scene.view.objects.seen_by(int(candidates.index[i]))
    return np.concatenate([known, scene.view.snapshot.stamps[rows]])
