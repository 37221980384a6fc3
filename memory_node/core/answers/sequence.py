"""Answers about order and visits: what was seen first, what came after, how long a room took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.episodes import rounds_told
from memory_node.core.answers.phrases import age, joined, on_maps, sentence, span_in_words
from memory_node.core.answers.types import Answer
from memory_node.core.data import Place, Query
from memory_node.core.language.directives import reported
from memory_node.core.language.sequence import read_sequence, SequenceKind, SequenceQuestion
from memory_node.core.language.times import Clock
from memory_node.core.retrieval.pipeline import Retriever
from memory_node.core.view import View

__all__ = ['sequence_answer']

IntArray = NDArray[np.int64]

#: Rooms and things that are told, and log-odds below which a phrase means no room.
_TOLD, _LIKELY = 12, 0.0
_EVER = np.iinfo(np.int64).max
#: A shelf is no bookcase where something is called a shelf: log-odds that a name may be less.
_AS_WELL = 0.5
#: Views that a thing must have been seen in where others of its name were.
_SEEN = 2
_WHEN = {SequenceKind.VISITED_LAST: 'last', SequenceKind.VISITED_FIRST: 'first'}


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a question names: rooms, or things."""

    name: str
    #: Visits of the rooms; empty for things.
    visits: IntArray
    #: Rows that saw the things, the oldest first; empty for rooms.
    rows: IntArray
    #: The thing that each row saw.
    objects: IntArray

    @property
    def seen(self) -> bool:
        return bool(len(self.visits) or len(self.rows))


def sequence_answer(query: Query, retriever: Retriever) -> Answer | None:
    """Return the answer to a question about an order or a visit; None where it is no such one."""
    view = retriever.view()
    clock = retriever.clock(query, view)
    question = read_sequence(query.text, clock)
    if question is None:
        return None
    told = _Sequence(question, query, retriever, clock)
    meant = [told.meant(name) for name in question.names]
    if any(one is None for one in meant):
        return None  # of what is not here, the search says what is closest
    return told.answer([one for one in meant if one is not None])


class _Sequence:
    """One question over one view."""

    def __init__(
        self, question: SequenceQuestion, query: Query, retriever: Retriever, clock: Clock
    ) -> None:
        self.question = question
        self.view: View = retriever.view()
        self._retriever = retriever
        self._clock, self._now_ns = clock, clock.now_ns
        self._since = max(question.since_ns or 0, query.since_ns or 0)
        ends = [end for end in (question.until_ns, query.until_ns) if end is not None]
        self._until = min(ends, default=_EVER)
        visits, snapshot = self.view.visits, self.view.snapshot
        inside = (visits.end_ns >= self._since) & (visits.begin_ns <= self._until)
        self._on_map = np.ones(len(snapshot), np.bool_)
        if query.map_id is not None and query.map_id in snapshot.map_ids:
            self._on_map = snapshot.maps == snapshot.map_ids.index(query.map_id)
        inside &= self._on_map[visits.first_rows]
        self.visits = np.flatnonzero(inside)

    # ---- what is named -----------------------------------------------------------------------

    def meant(self, name: str) -> _Meant | None:
        """Return what a phrase means in this memory; None where nothing goes by it."""
        about_rooms = self.question.kind in _VISITING
        readings: tuple[Callable[[str], _Meant | None], ...] = (self._things, self._rooms)
        for read in reversed(readings) if about_rooms else readings:
            if (found := read(name)) is not None:
                return found
        return None

    def _rooms(self, name: str) -> _Meant | None:
        rooms, words = self.view.rooms, self._retriever.room_words
        odds = words.log_odds(rooms, name)
        if not len(odds) or float(odds.max()) <= _LIKELY:
            return None
        meant = np.flatnonzero(words.meant(odds))
        visits = self.visits[np.isin(self.view.visits.rooms[self.visits], meant)]
        return _Meant(name, visits, np.empty(0, np.int64), np.empty(0, np.int64))

    def _things(self, name: str) -> _Meant | None:
        if self.question.kind in _VISITING:
            return None
        view, objects = self.view, self.view.objects
        odds = np.where(view.present, self._retriever.name_odds(view, name), -np.inf)
        named = (odds > 0.0) & (odds >= odds.max(initial=0.0) - _AS_WELL)
        fits = np.flatnonzero(named[objects.labels])
        if not len(fits):
            return None
        often = fits[objects.frames[fits] >= _SEEN]
        real = often[objects.real[often] > 0.0]
        fits = next(some for some in (real, often, fits) if len(some))
        seen = [objects.seen_by(i) for i in fits.tolist()]
        rows = np.concatenate(seen)
        owners = np.repeat(fits, [len(some) for some in seen])
        stamps = view.snapshot.stamps[rows]
        inside = (stamps >= self._since) & (stamps <= self._until) & self._on_map[rows]
        order = np.flatnonzero(inside)[np.argsort(stamps[inside], kind='stable')]
        return _Meant(name, np.empty(0, np.int64), rows[order], owners[order])

    # ---- answers -----------------------------------------------------------------------------

    def answer(self, meant: Sequence[_Meant]) -> Answer:
        kind = self.question.kind
        missing = [one.name for one in meant if not one.seen]
        if missing:
            names = joined([f'the {reported(name)}' for name in missing])
            return self._said(False, f'I have not seen {names} {self.question.when}')
        if kind is SequenceKind.ROUTE:
            return self._route()
        if kind is SequenceKind.ROUND:
            return self._rounds()
        if kind in (SequenceKind.NEXT, SequenceKind.PREVIOUS):
            one = meant[0]
            return self._beside_room(one) if len(one.visits) else self._beside_thing(one)
        if kind in _VISITING:
            return self._visited(meant[0])
        return self._ordered(meant)

    def _route(self) -> Answer:
        """Return the rooms by their first visits."""
        rooms = self.view.visits.rooms[self.visits]
        _, firsts = np.unique(rooms, return_index=True)
        chosen = self.visits[np.sort(firsts)]
        chosen = chosen[[bool(self._name(v)) for v in chosen.tolist()]]
        if not len(chosen):
            return self._said(False, f'I know of no room that I was in {self.question.when}')
        told = [f'the {self._name(v)} [{i}]' for i, v in enumerate(chosen[:_TOLD].tolist(), 1)]
        more = f', and {len(chosen) - _TOLD} more' if len(chosen) > _TOLD else ''
        text = f'{self.question.when} I came through {", then ".join(told)}{more}'
        return self._said(True, text, self._entries(chosen[:_TOLD]))

    def _rounds(self) -> Answer:
        """Return the rounds of a span of time as episodes; without one, the newest round."""
        visits, when = self.view.visits, self.question.when
        chosen = self.visits[visits.begin_ns[self.visits] < self._until]
        if not len(chosen):
            return self._said(False, f'I know of no round that I made {when}')
        if not when:
            chosen = chosen[visits.drives[chosen] == visits.drives[chosen[-1]]]
        told = rounds_told(visits, chosen, (self._since, self._until), self._clock, self._name)
        text = f'{when or "most recently"} {told.text}'
        return self._said(True, text, self._entries(np.array(told.visits)), count=told.rounds)

    def _ordered(self, meant: Sequence[_Meant]) -> Answer:
        """Return named things and rooms by when each was first seen, or last."""
        kind, last = self.question.kind, self.question.kind is SequenceKind.LAST
        stamps = [self._stamp(one, last=last) for one in meant]
        order = sorted(range(len(meant)), key=lambda i: (stamps[i], i))
        cited = [self._shown(meant[i], last=last) for i in order]
        names = [f'the {reported(meant[i].name)}' for i in order]
        ages = [age(self._now_ns - stamps[i]) for i in order]
        marked = [f'{n} [{i}], {a}' for i, (n, a) in enumerate(zip(names, ages, strict=True), 1)]
        if len({stamps[i] for i in order}) == 1:
            said = f'I saw {joined(names)} in the same view, {ages[0]}'
        elif kind is SequenceKind.ORDER:
            said = f'I first saw {"; then ".join(marked)}'
        elif last:
            said = f'{names[-1]} came last: I saw {"; then ".join(marked)}'
        else:
            said = f'{names[0]} came first: I first saw {"; then ".join(marked)}'
        if kind in (SequenceKind.EARLIER, SequenceKind.LATER):
            as_asked = stamps[0] < stamps[1]
            as_asked = as_asked if kind is SequenceKind.EARLIER else stamps[0] > stamps[1]
            said = f'{"yes" if as_asked else "no"}: I first saw {"; then ".join(marked)}'
        return self._said(True, f'{said}', tuple(cited))

    def _beside_room(self, meant: _Meant) -> Answer:
        """Return which room came after a room, or before it, in the same drive."""
        visits, step = self.view.visits, 1 if self.question.kind is SequenceKind.NEXT else -1
        word = 'after' if step > 0 else 'before'
        own = set(meant.visits.tolist())
        found: list[int] = []
        for visit in meant.visits[::-1].tolist():
            other = visit + step
            while other in own:
                other += step
            if 0 <= other < len(visits) and visits.drives[other] == visits.drives[visit]:
                found.append(other)
        name = reported(meant.name)
        if not found:
            ends = 'ended' if step > 0 else 'began'
            return self._said(True, f'nothing {word} the {name}: my drive {ends} there')
        cited = list(self._entries(np.array(found[:1])))
        when = age(self._now_ns - int(visits.begin_ns[found[0]]))
        text = f'{word} the {name} I came through the {self._named(found[0])}, {when} [1]'
        if step < 0:
            text = f'{word} the {name} I was in the {self._named(found[0])}, {when} [1]'
        told = self._named(found[0])
        others = [n for n in dict.fromkeys(map(self._named, found[1:])) if n != told]
        if others:
            text += f'. At other times it was {joined([f"the {n}" for n in others])}'
        return self._said(True, text, tuple(cited))

    def _beside_thing(self, meant: _Meant) -> Answer:
        """Return which thing was first seen after a thing, or before it."""
        objects, forward = self.view.objects, self.question.kind is SequenceKind.NEXT
        at = self._stamp(meant, last=False)
        first = objects.first_ns.copy()
        real = (objects.real > 0.0) & (objects.frames >= _SEEN) & (objects.came_from < 0)
        real &= (first >= self._since) & (first <= self._until)
        real[np.unique(meant.objects)] = False
        real &= first > at if forward else first < at
        some, word = np.flatnonzero(real), 'after' if forward else 'before'
        name = reported(meant.name)
        if not len(some):
            return self._said(True, f'I saw nothing new {word} the {name}')
        when = int(first[some].min() if forward else first[some].max())
        some = some[first[some] == when][:_TOLD]
        cited = self._retriever.object_places(self.view, some)
        told = joined([f'the {reported(p.label)} [{i}]' for i, p in enumerate(cited, 1)])
        text = f'{word} the {name} I first saw {told}, {age(self._now_ns - when)}'
        return self._said(True, text, cited)

    def _visited(self, meant: _Meant) -> Answer:
        """Return when a room was visited, how long, or how often."""
        visits, kind, name = self.view.visits, self.question.kind, reported(meant.name)
        own = _joined_visits(meant.visits, visits.drives)
        begin = np.maximum(visits.begin_ns[[v[0] for v in own]], self._since)
        end = np.minimum(visits.end_ns[[v[-1] for v in own]], self._until)
        if kind in _WHEN:
            i = -1 if kind is SequenceKind.VISITED_LAST else 0
            ago = age(self._now_ns - int((end if i else begin)[i]))
            row = visits.last_rows[own[i][-1]] if i else visits.first_rows[own[i][0]]
            took = span_in_words(end[i] - begin[i])
            text = f'I was {_WHEN[kind]} in the {name} {ago} [1], for {took}'
            return self._said(True, text, self._row_places([int(row)]))
        cited = self._entries(np.array([own[-1][0]]))
        number = f'{len(own)} visit{"s" * (len(own) != 1)}'
        total = int((end - begin).sum())
        when = self.question.when
        if kind is SequenceKind.VISITED:
            text = f'{when} I was in the {name} {len(own)} time{"s" * (len(own) != 1)}'
            text += (
                f', for {span_in_words(total)} in all, last {age(self._now_ns - int(end[-1]))} [1]'
            )
            return self._said(True, text, cited, count=len(own))
        text = f'{when} I was in the {name} for {span_in_words(total)}, in {number} [1]'
        if len(own) > 1:
            text += f', the last one {span_in_words(end[-1] - begin[-1])}'
        return self._said(True, text, cited, count=round(total / 1e9))

    # ---- words and places --------------------------------------------------------------------

    def _said(
        self, known: bool, text: str, cited: tuple[Place, ...] = (), count: int | None = None
    ) -> Answer:
        where = on_maps(cited, self.view.snapshot.maps)
        text = f'{sentence(text)}{where}'
        return Answer(known=known, text=text, citations=cited, count=count)

    def _name(self, visit: int) -> str:
        name = self.view.rooms.names[int(self.view.visits.rooms[visit])]
        return reported(name) if name else ''

    def _named(self, visit: int) -> str:
        return self._name(visit) or 'room that I have no name for'

    def _entries(self, visits: IntArray) -> tuple[Place, ...]:
        return self._row_places(self.view.visits.first_rows[visits].tolist())

    def _row_places(self, rows: Sequence[int]) -> tuple[Place, ...]:
        return self._retriever.key_places(self.view.snapshot.keys[list(rows)].tolist())

    def _stamp(self, meant: _Meant, *, last: bool) -> int:
        """Return when something was first seen, or last [ns]."""
        visits, i = self.view.visits, -1 if last else 0
        if len(meant.visits):
            rows = (visits.last_rows if last else visits.first_rows)[meant.visits]
        else:
            rows = meant.rows
            index = np.unique(meant.objects)
            if not (last or self._since or self._until < _EVER):
                return int(self.view.objects.first_ns[index].min())  # older than rows kept
        return int(self.view.snapshot.stamps[rows[i]])

    def _shown(self, meant: _Meant, *, last: bool) -> Place:
        if len(meant.visits):
            return self._entries(meant.visits[[-1 if last else 0]])[0]
        objects = self.view.objects
        if last:
            index = int(meant.objects[-1])
        else:
            index = int(meant.objects[np.argmin(objects.first_ns[meant.objects])])
        return self._retriever.object_places(self.view, np.array([index]))[0]


_VISITING = (
    SequenceKind.VISITED_LAST,
    SequenceKind.VISITED_FIRST,
    SequenceKind.STAYED,
    SequenceKind.VISITED,
)


def _joined_visits(visits: IntArray, drives: IntArray) -> list[list[int]]:
    """Return visits that follow each other without another room between as one."""
    found: list[list[int]] = []
    for visit in visits.tolist():
        before = found[-1][-1] if found else -2
        if before == visit - 1 and drives[before] == drives[visit]:
            found[-1].append(visit)
        else:
            found.append([visit])
    return found
