"""Answers about what has happened to things: what changed, what was moved, how often seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.habits import OCCASION_NS, since_answer, usual_answer
from memory_node.core.answers.phrases import age, are, joined, sentence, spot, the
from memory_node.core.answers.types import Answer
from memory_node.core.constraints.base import Kind
from memory_node.core.constraints.time import Time
from memory_node.core.data import Place
from memory_node.core.language.directives import reported
from memory_node.core.language.relations import words
from memory_node.core.language.request import AnswerKind
from memory_node.core.language.text import tokenize
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['gone_objects', 'history_answer', 'missing']

IntArray = NDArray[np.int64]

#: Words between a time and one before it: what is different today from yesterday changed today.
_COMPARING = frozenset(words('comparing'))
#: Changes that are told.
_TOLD = 12
#: What came to a place that was looked at this often before is new there, once seen twice.
_LOOKED, _SEEN = 2, 2
_CHANGES = {
    AnswerKind.CHANGES: ('moved', 'gone', 'new'),
    AnswerKind.GONE: ('gone',),
    AnswerKind.NEW: ('new',),
}
_NOTHING = {
    AnswerKind.CHANGES: 'I have seen no change',
    AnswerKind.GONE: 'I have seen nothing that is gone',
    AnswerKind.NEW: 'I have seen nothing that is new',
}


def history_answer(found: Found, retriever: Retriever, now_ns: int) -> Answer | None:
    """Return what has happened; None where nothing is known of what is asked about."""
    kind = found.request.answer
    if kind in _CHANGES:
        return _changes(found, retriever)
    fit = _fitting(found)
    if not len(fit):
        return None
    if kind is AnswerKind.OFTEN:
        return _often(found, retriever, fit, now_ns)
    chain = _stays(found, fit)
    if kind is AnswerKind.USUAL:
        return usual_answer(found, retriever, chain)
    if kind in (AnswerKind.SINCE, AnswerKind.WHEN):
        return since_answer(found, retriever, chain, now_ns)
    return _moved(found, retriever, chain, _perhaps_before(found, fit, chain), now_ns)


def _fitting(found: Found) -> IntArray:
    """Return the candidates that are things and meet all but the times, the likeliest first."""
    candidates, judged = found.candidates, found.judged
    fits = (candidates.kind == Kind.OBJECT) & (candidates.odds > 0.0)
    for constraint, met in zip(judged.constraints, judged.met, strict=True):
        if not isinstance(constraint, Time):
            fits &= met
    fit = np.flatnonzero(fits)
    return fit[np.argsort(-candidates.odds[fit], kind='stable')]


def _times(found: Found) -> list[Time]:
    return [c for c in found.request.constraints if isinstance(c, Time)]


def _span(times: Sequence[Time]) -> tuple[int, int]:
    """Return the span of time that some constraints are about [ns]."""
    windows = [time.window for time in times]
    since = max((w.since_ns or 0 for w in windows), default=0)
    ends = [w.until_ns for w in windows if w.until_ns is not None]
    return since, min(ends, default=np.iinfo(np.int64).max)


def _changes(found: Found, retriever: Retriever) -> Answer:
    """Return what was moved, is gone and is new, or the part of it that is asked for."""
    objects, index = found.view.objects, found.candidates.index[_fitting(found)]
    index = index[np.argsort(-objects.frames[index], kind='stable')]
    times = _times(found)
    since, until = _span(times)
    if since > until and not _COMPARING.isdisjoint(tokenize(found.request.text)):
        times = [max(times, key=lambda time: time.window.since_ns or 0)]
        since, until = _span(times)
    about = [c for c in found.request.constraints if not isinstance(c, Time) or c in times]
    asked = [reported(c.phrase) for c in about]
    if since > until:
        text = sentence(f'{joined(asked)} exclude each other')
        return Answer(known=False, text=text)
    came = (objects.since_ns[index] >= since) & (objects.since_ns[index] <= until)
    missed = (objects.missed_ns[index] >= since) & (objects.missed_ns[index] <= until)
    there, real = objects.existence[index] > 0.0, objects.real[index] > 0.0
    real &= objects.frames[index] >= _SEEN
    before = objects.index_of(objects.came_from[index].astype(np.int64))
    moved = index[came & (before >= 0) & real]
    gone = index[missed & ~there & (objects.moved_to[index] < 0) & real]
    looked = objects.empties[index] >= _LOOKED
    new = index[came & there & (before < 0) & looked & real]
    told, cited = list[str](), list[Place]()

    def places(some: IntArray) -> tuple[Place, ...]:
        made = retriever.object_places(found.view, some)
        cited.extend(made)
        return made

    wanted = _CHANGES[found.request.answer]
    in_room = any(not isinstance(c, Time) for c in found.request.constraints)
    if found.request.answer is AnswerKind.NEW and in_room:
        wanted = ('moved', *wanted)  # new there
    moved, gone, new = (
        some if name in wanted else some[:0]
        for name, some in (('moved', moved), ('gone', gone), ('new', new))
    )
    for i in moved[: _TOLD - len(told)]:
        one, two = places(np.array([_before(found, i), i]))
        told.append(f'{the(two)} was moved from {_at(one, cited)} to {_at(two, cited)}')
    for place in places(gone[: _TOLD - len(told)]):
        told.append(f'{the(place)} {are(place)} gone from {_at(place, cited)}')
    for place in places(new[: _TOLD - len(told)]):
        told.append(f'{the(place)} at {_at(place, cited)} {are(place)} new')
    when = ' '.join(asked)
    if not told:
        return Answer(
            known=True, text=sentence(f'{when} {_NOTHING[found.request.answer]}'.strip())
        )
    text = sentence(f'{when}: {joined(told)}'.removeprefix(': '))
    return Answer(known=True, text=text, citations=tuple(cited))


def _before(found: Found, index: int) -> int:
    """Return the object that shows a thing where it was before; -1 where none is known."""
    objects = found.view.objects
    return int(objects.index_of(objects.came_from[[index]].astype(np.int64))[0])


def _at(place: Place, cited: Sequence[Place]) -> str:
    return f'{spot(place)} [{cited.index(place) + 1}]'


def _stays(found: Found, fit: IntArray) -> list[int]:
    """Return the objects that show the likeliest thing where it was, the oldest first."""
    there = found.view.objects.existence[found.candidates.index[fit]]
    chain = [int(found.candidates.index[fit[np.argmax(there)]])]
    while (before := _before(found, chain[0])) >= 0 and before not in chain:
        chain.insert(0, before)
    return chain


def _perhaps_before(found: Found, fit: IntArray, chain: list[int]) -> int:
    """
    Return the object that may show the one thing of a name where it was before; -1 where none.

    It is the only other one, was last seen on an earlier occasion than this one was first, and
    nobody has seen that it is gone.
    """
    objects = found.view.objects
    others = {int(i) for i in found.candidates.index[fit]} - {*chain}
    others = {
        i
        for i in others
        if objects.labels[i] == objects.labels[chain[0]]
        and objects.placed[i]
        and objects.real[i] > 0.0
    }
    if len(chain) > 1 or len(others) != 1:
        return -1
    (other,) = others
    apart = int(objects.since_ns[chain[0]]) - int(objects.last_ns[other])
    return other if apart > OCCASION_NS else -1


def _moved(
    found: Found, retriever: Retriever, chain: list[int], perhaps: int, now_ns: int
) -> Answer:
    """
    Return whether a thing was moved, or has stayed, and from where to where.

    ``perhaps`` is an object that may show it where it was before, -1 where none does.
    """
    objects, (since, until) = found.view.objects, _span(_times(found))
    yes, no = 'yes', 'no'
    if found.request.answer is AnswerKind.STAYED:  # where it was then, and since
        yes, no, until = no, yes, np.iinfo(np.int64).max
    last = chain[-1]
    if perhaps >= 0:
        chain = [perhaps, *chain]
    moves = [i for i in chain[1:] if since <= objects.since_ns[i] <= until]
    cited = retriever.object_places(found.view, np.array(chain[-1 - len(moves) :]))
    new, subject = cited[-1], the(cited[-1])
    if moves:
        ages = [age(now_ns - int(objects.last_ns[i])) for i in chain[-1 - len(moves) :]]
        way = [f'{_at(p, cited)}, seen {a}' for p, a in zip(cited, ages, strict=True)]
        seems, unless = (', it seems', ', if it is the same one') if perhaps >= 0 else ('', '')
        text = f'{yes}{seems}: {subject} was at {joined(way[:-1])}, and then at {way[-1]}{unless}'
    elif objects.existence[last] < 0.0 and since <= objects.missed_ns[last] <= until:
        text = f'{yes}: {missing(found, last, new, now_ns)}'
    else:
        seen = age(now_ns - int(objects.last_ns[last]))
        text = f'{no}: I have seen {subject} at {_at(new, cited)} alone, last {seen}'
    return Answer(known=True, text=sentence(text), citations=cited)


def _often(found: Found, retriever: Retriever, fit: IntArray, now_ns: int) -> Answer:
    """Return in how many views and on how many occasions a thing was seen."""
    objects, (since, until) = found.view.objects, _span(_times(found))
    index = found.candidates.index[fit]
    rows = np.unique(np.concatenate([objects.seen_by(i) for i in index.tolist()]))
    stamps = np.sort(found.view.snapshot.stamps[rows])
    stamps = stamps[(stamps >= since) & (stamps <= until)]
    cited = retriever.object_places(found.view, index[np.argsort(-objects.last_ns[index])][:1])
    name = reported(cited[0].label)
    if not len(stamps):
        asked = reported(' '.join(c.phrase for c in found.request.constraints))
        return Answer(known=True, text=sentence(f'I have not seen the {name} {asked}'), count=0)
    times = 1 + int(np.count_nonzero(np.diff(stamps) > OCCASION_NS))
    forgotten = bool((objects.frames[index] > np.diff(objects.seen_starts)[index]).any())
    least = 'at least ' if forgotten else ''
    views = f'{len(stamps)} view{"s" * (len(stamps) != 1)}'
    occasions = f'{times} occasion{"s" * (times != 1)}'
    last = age(now_ns - int(stamps[-1]))
    text = f'I have seen the {name} in {least}{views}, on {least}{occasions}, last {last} [1]'
    return Answer(known=True, text=sentence(text), citations=cited, count=times)


def gone_objects(found: Found) -> IntArray:
    """Return the candidates of the asked name that were there and are no more, newest first."""
    objects, candidates, odds = found.view.objects, found.candidates, found.relevance.odds
    if not len(odds):
        return np.empty(0, np.int64)
    index = np.where(candidates.kind == Kind.OBJECT, candidates.index, 0)
    gone = (candidates.kind == Kind.OBJECT) & ~found.judged.unmet.any(axis=0)
    gone &= odds[np.maximum(candidates.name, 0)] > 0.0
    gone &= (objects.existence[index] < 0.0) & (objects.real[index] > 0.0)
    gone &= objects.misses[index] > 0
    some = np.flatnonzero(gone)
    return some[np.argsort(-candidates.last_ns[some], kind='stable')]


def missing(found: Found, index: int, place: Place, now_ns: int) -> str:
    """Return that an object, cited as [1], is not where it was seen."""
    objects = found.view.objects
    seen, missed = (age(now_ns - int(t[index])) for t in (objects.last_ns, objects.missed_ns))
    return (
        f'I last saw {the(place)} {seen} at {spot(place)} [1];'
        f' when I looked there {missed}, it was gone'
    )
