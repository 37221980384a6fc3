"""Reads what the grammar could not: by sentences that it is like, and by what is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.area import Area
from memory_node.core.constraints.base import Constraint
from memory_node.core.data import FloatArray
from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.places_asked import UNSAYING
from memory_node.core.language.relations import alternatives, words
from memory_node.core.language.request import (
    AnswerKind,
    HISTORY,
    Request,
    Sort,
    Subject,
    SubjectKind,
)
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import is_plural, tokenize
from memory_node.core.language.wordings import Ask, BLANKS, phrases, with_blanks, Wordings
from memory_node.core.retrieval.rooms import names_in

__all__ = ['is_plain', 'Known', 'WordingReader']

RealArray = NDArray[np.float64]

#: Things of a request that each are tried as what is asked for.
_TRIED = 4
#: What the likeness to requests for a thing must be above that to needs: for what is here by that
#: name, and for what is not.
_HERE, _NOT_HERE = -0.03, 0.08
#: What it must be more where a wording says that it is a need, and where a constraint names it.
_SAID, _TAKEN = 0.2, 0.08
#: Longer texts describe a view, or only cost time.
_MOST_WORDS = 40
#: Longer phrases are no names that nothing here goes by.
_NAME_WORDS = 5
_ANSWERS = {
    Ask.WHERE: AnswerKind.WHERE,
    Ask.EXISTS: AnswerKind.EXISTS,
    Ask.COUNT: AnswerKind.COUNT,
    Ask.WHEN: AnswerKind.WHEN,
    Ask.MOVED: AnswerKind.MOVED,
    Ask.OFTEN: AnswerKind.OFTEN,
}
_THINGS = list(_ANSWERS)
#: Answers that the grammar does not guess.
_READ = (
    AnswerKind.DESCRIBE,
    *HISTORY,
    AnswerKind.LOOK,
    AnswerKind.DISTANCE,
    AnswerKind.CLOSER,
)
#: "The closest desk" is no other desk.
_ORDER = frozenset((*words('order', 'nearest'), *words('order', 'farthest')))
_DEFINITE = re.compile(rf'(?:{alternatives(words("definite"))}) $', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """What a memory knows names of."""

    thing: Callable[[str], bool]
    room: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What a request names, where it stands, and whether a thing or a room here goes by it."""

    span: tuple[int, int]
    name: str
    attributes: tuple[str, ...] = ()
    thing: bool = False
    room: bool = False

    @property
    def text(self) -> str:
        return ' '.join((*self.attributes, self.name))


def is_plain(request: Request, known: Known) -> bool:
    """Tell whether nothing is left of a request but what it names."""
    subject = request.subject
    if request.answer in _READ or subject.put or request.text.count(' ') >= _MOST_WORDS:
        return True
    if subject.kind is SubjectKind.VIEW:
        return False
    if subject.kind is SubjectKind.ANYTHING:
        return bool(subject.attributes or request.constraints)
    if request.answer is AnswerKind.SAYS or sign_text(subject.name):
        return True
    if subject.sort is not Sort.THING:
        return True  # "a place to sit"
    if subject.kind is SubjectKind.NEED:
        return False
    if known.thing(subject.name) or known.room(subject.name):
        return True  # "a bottle of water", "the entrance where visitors sign in"
    # "The location of the lamp" and "an inventory of the kitchen" name something else.
    words = tokenize(subject.text)
    phrase = len(words) <= _NAME_WORDS and is_noun_phrase(subject.text)
    return phrase and 'of' not in tokenize(request.text)


class WordingReader:
    """Reads again what is not plain; thread-safe."""

    def __init__(self, wordings: Wordings, encode: Callable[[list[str]], FloatArray]) -> None:
        """Compare with ``wordings``; ``encode`` returns (n, D) unit vectors of texts."""
        self._wordings = wordings
        self._encode = encode

    def read(self, request: Request, known: Known) -> Request:
        """Return a request as sentences like it are meant; one that is plain as it is."""
        if is_plain(request, known):
            return request
        said = _without_time(request)
        named = _named(said, known)
        rooms = {n.span: BLANKS['{room}'] for n in named if n.room and not n.thing}
        tried = _tried(named)
        texts = [with_blanks(said, {**rooms, n.span: BLANKS['{thing}']}) for n in tried]
        likeness = self._wordings.likeness(self._encode([*texts, with_blanks(said, rooms)]))
        return _meant(request, named, tried, likeness)


def _without_time(request: Request) -> str:
    """Return a text of the same length without the words of time and order."""
    text = request.text
    taken = [c.span for c in request.constraints if c.NAME == 'time' and c.span]
    if request.order is not None:
        first = request.order.phrase.partition(' ... ')[0]
        if (start := text.find(first)) >= 0:
            taken.append((start, start + len(first)))
    for start, stop in taken:
        text = text[:start] + ','.ljust(stop - start) + text[stop:]
    return text


def _named(text: str, known: Known) -> list[_Named]:
    """Return the rooms and things that a text names, in order; a longer name comes first."""
    things = []
    for phrase in phrases(text):
        name = phrase.mention.name
        attributes = tuple(a for a in phrase.mention.attributes if a not in _ORDER)
        if not set(tokenize(phrase.mention.said)) <= UNSAYING:
            here = known.thing(name) or known.thing(' '.join((*attributes, name)))
            things.append(_Named(span=phrase.span, name=name, attributes=attributes, thing=here))
    held = [n.span for n in things if n.thing]
    rooms = [
        _Named(span=span, name=name, thing=known.thing(name), room=True)
        for span, name in names_in(text, known.room)
        if not set(tokenize(name)) <= UNSAYING
        and not any(start <= span[0] and span[1] < stop for start, stop in held)
    ]
    free = [n for n in things if not any(_overlap(n.span, r.span) for r in rooms)]
    return sorted((*rooms, *free), key=lambda n: n.span)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _tried(named: Sequence[_Named]) -> list[_Named]:
    """Return what may be asked for, what is here first."""
    things = [n for n in named if n.thing or not n.room]
    return sorted(things, key=lambda n: not n.thing)[:_TRIED]


def _meant(
    request: Request, named: Sequence[_Named], tried: Sequence[_Named], likeness: RealArray
) -> Request:
    """Return the request that the likeness of its variants speaks for; the last has no thing."""
    subject = request.subject
    said = subject.kind is SubjectKind.NEED and not subject.guessed
    if said:
        likeness = likeness + _SAID * np.isin(np.arange(len(Ask)), (Ask.NEED, Ask.PLACE))
    whole, rooms = likeness[-1], [n for n in named if n.room]
    best = _best(request, tried, likeness[:-1], said=said)
    other = [ask for ask in Ask if ask not in _THINGS or tried or rooms]
    asks = np.maximum(whole, best[1])[other] if best else whole[other]
    if whole[Ask.CHANGES] >= asks.max():
        subject = Subject(kind=SubjectKind.ANYTHING, text='')
        kept = (*request.constraints, *_areas(request, rooms))
        return replace(request, subject=subject, constraints=kept, answer=AnswerKind.CHANGES)
    if whole[Ask.DESCRIBE] >= asks.max() and (rooms or not (said or any(n.thing for n in named))):
        return _described(request, rooms)
    if subject.kind is SubjectKind.ANYTHING:
        return request
    if best is None and rooms and whole[_THINGS].max() >= whole.max():
        best = rooms[0], whole
    if best is None:
        return _needed(request)
    answer = _ANSWERS[_THINGS[int(best[1][_THINGS].argmax())]]
    return _asked_for(request, best[0], [n for n in rooms if n is not best[0]], answer)


def _best(
    request: Request, tried: Sequence[_Named], likeness: RealArray, *, said: bool
) -> tuple[_Named, RealArray] | None:
    """Return the thing that is asked for and its likeness; None where a need is."""
    best, highest = None, -np.inf
    for n, row in zip(tried, likeness, strict=True):
        taken = len(_clear_of(request.constraints, n.span)) < len(request.constraints)
        asked = float(row[_THINGS].max()) - _TAKEN * taken - (_HERE if n.thing else _NOT_HERE)
        needed = max(row[Ask.NEED], row[Ask.PLACE])
        if asked > max(needed, highest) and (n.thing or not said):
            best, highest = (n, row), asked
    return best


def _needed(request: Request) -> Request:
    """Return a request that says what is to be done, where the grammar took it for a name."""
    subject = request.subject
    if subject.kind is not SubjectKind.NAME:
        return request
    need = Subject(kind=SubjectKind.NEED, text=subject.text, motion=subject.motion)
    return replace(request, subject=need)


def _described(request: Request, rooms: Sequence[_Named]) -> Request:
    """Return a request to describe a room, or everything."""
    subject = Subject(kind=SubjectKind.ANYTHING, text='', whole=True)
    kept = request.constraints
    if rooms:
        name = rooms[0].text
        subject = Subject(kind=SubjectKind.NAME, text=name, name=name, definite=True)
        kept = _clear_of(kept, rooms[0].span)
    return replace(request, subject=subject, constraints=kept, answer=AnswerKind.DESCRIBE)


def _clear_of(constraints: Sequence[Constraint], span: tuple[int, int]) -> tuple[Constraint, ...]:
    """Return the constraints that have none of the words of a span."""
    return tuple(c for c in constraints if c.span is None or not _overlap(c.span, span))


def _asked_for(
    request: Request, asked: _Named, rooms: Sequence[_Named], answer: AnswerKind
) -> Request:
    """Return a request for a named thing, in the rooms that it names too."""
    subject = Subject(
        kind=SubjectKind.NAME,
        text=asked.text,
        name=asked.name,
        attributes=asked.attributes,
        definite=_DEFINITE.search(request.text[: asked.span[0]]) is not None,
        motion=request.subject.motion,
    )
    request = replace(request, constraints=_clear_of(request.constraints, asked.span))
    read = request.answer
    return replace(
        request,
        subject=subject,
        constraints=(*request.constraints, *_areas(request, rooms)),
        answer=answer if read in (AnswerKind.WHEN, AnswerKind.WHAT, AnswerKind.WHERE) else read,
    )


def _areas(request: Request, rooms: Sequence[_Named]) -> tuple[Area, ...]:
    """
    Return the rooms that no constraint of a request speaks of yet, as constraints.

    Several are none: "I have been wandering the corridors for ages".
    """
    return tuple(
        Area(phrase=request.text[slice(*n.span)], about=(n.text,), span=n.span)
        for n in rooms
        if len(_clear_of(request.constraints, n.span)) == len(request.constraints)
        and not is_plural(n.text)
    )
