"""Reads what the grammar alone does not: by the sentences that it is like, and by what is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timezone
from itertools import islice
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Constraint
from memory_node.core.data import FloatArray
from memory_node.core.language.parser import normalized
from memory_node.core.language.relations import alternatives, words
from memory_node.core.language.request import (
    AnswerKind,
    Request,
    Subject,
    SubjectKind,
)
from memory_node.core.language.times import Clock
from memory_node.core.language.wordings import BLANKS, Kind, Wordings
from memory_node.core.retrieval.blanks import (
    in_clauses,
    Known,
    Named,
    named_in,
    overlap,
    Sentence,
    sentences,
)
from memory_node.core.retrieval.plain import plain_example, plain_sentence, renamed
from memory_node.core.retrieval.understood import (
    is_certain,
    is_of_clause,
    is_simple,
    is_understood,
)

__all__ = ['WordingReader']

RealArray = NDArray[np.float64]

#: What counts against a reading [log-odds]: each name that nothing here goes by, a room where a
#: thing is asked for, and words that are left out as constraints.
_UNKNOWN, _ROOM, _CUT = 1.5, 1.5, 0.5
#: Log-probability from which on a sentence is of a kind; up to which it is no need where it is of
#: none, up to which it is hardly of a kind, and no need though its name is unknown here (and
#: though the grammar calls it one), and where only the bare sentence is one.
_SURE, _UNLIKELY, _HARDLY, _CLEARLY_NONE, _DOUBTFUL = -0.7, -1.2, -4.0, -6.0, -10.0
#: Runs of clauses that are looked at for themselves.
_CLAUSES = 8
_DEFINITE = re.compile(rf'(?:{alternatives(words("definite"))}) $', re.IGNORECASE)
#: Constraints that hold whatever else a sentence says.
_INDEPENDENT = frozenset(('time', 'near', 'count', 'floor', 'direction', 'attribute'))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A sentence as one of a kind, and the log-probabilities of that and of a need."""

    sentence: Sentence
    kind: Kind
    odds: float
    needed: float
    sure: bool = True


class WordingReader:
    """Reads again what is not plain; thread-safe."""

    def __init__(
        self,
        wordings: Wordings,
        encode: Callable[[list[str]], FloatArray],
        parse: Callable[[str, Clock], Request],
    ) -> None:
        """Compare with ``wordings``; ``encode`` returns (n, D) unit vectors of texts."""
        self._wordings = wordings
        self._encode = encode
        self._parse = parse
        #: Kinds that ask where or whether a thing is and nothing else, the plainest first.
        at_any_time = Clock(0, timezone.utc)
        self._where = [
            kind
            for kind in wordings.kinds
            if kind.slots == {'thing'} and _asks_where(parse(plain_example(kind), at_any_time))
        ]
        self._asking = np.array([kind in self._where for kind in wordings.kinds])
        self._nameless = np.array([bool(k.plain) and not k.slots for k in wordings.kinds])
        self._needs = np.array([not kind.plain and bool(kind.name) for kind in wordings.kinds])

    def read(self, text: str, clock: Clock, known: Known) -> Request:
        """Return what a text asks for, by the grammar or by the sentences that it is like."""
        read = self._parse(text, clock)
        request = _placed(read, normalized(text))
        if is_simple(request, known):
            return request
        named = named_in(request, known)
        if is_of_clause(read, named):
            return request
        understood = is_understood(request, named)
        if understood and is_certain(request, named):
            return request
        tried = sentences(request, named)
        if not tried or _is_name(request, tried):
            return request
        likeness = self._wordings.likeness(self._encode([s.text for s in tried]))
        needed = likeness[:, self._needs].max(axis=1)
        best = self._best(tried, likeness, needed)
        alone = best is not None and best.kind in self._where
        if understood and not self._overrules(request, best):
            return request
        if best is None or _is_need(request, tried, needed, best, alone=alone):
            best = self._in_clause(request, named)
            if best is None:
                return _needed(request) if needed.max() > _SURE else request
        if not best.sure:
            best = self._of_one_thing(request, tried, needed)
        if best is None:
            return request
        plain = self._parse(plain_sentence(best.kind, best.sentence), clock)
        names = {blank: named.text for blank, named in best.sentence.names.items()}
        return _joined(request, renamed(plain, {**names, 'things': names.get('thing', '')}), best)

    def _overrules(self, request: Request, best: _Reading | None) -> bool:
        """Tell whether a reading is right where the grammar has used every word."""
        if best is None or not best.sure:
            return False
        if not best.sentence.unknown:
            return True
        needed = request.subject.kind is SubjectKind.NEED  # "where do we keep the anvil?"
        return needed and best.kind in self._where and best.needed < _CLEARLY_NONE

    def _of_one_thing(
        self, request: Request, tried: Sequence[Sentence], needed: RealArray
    ) -> _Reading | None:
        """Return a reading that asks for the one thing here that an odd sentence names."""
        if request.subject.kind in (SubjectKind.NAME, SubjectKind.ANYTHING):
            return None
        for sentence, odds in zip(tried, needed.tolist(), strict=True):
            if sentence.here and sentence.names.keys() == {'thing'} and odds < _UNLIKELY:
                return _Reading(sentence=sentence, kind=self._where[0], odds=0.0, needed=odds)
        return None

    def _in_clause(self, request: Request, named: Sequence[Named]) -> _Reading | None:
        """
        Return a reading that asks for a thing that is not here, where some clauses surely do.

        "Where's the sewing machine hiding, Marge says we've got one".
        """
        needed = request.subject.kind is SubjectKind.NEED and not request.subject.guessed
        if needed or any(n.here for n in named):
            return None
        tried = list(islice(in_clauses(request.text, named), _CLAUSES))
        if not tried:
            return None
        likeness = self._wordings.likeness(self._encode([s.text for s in tried]))
        doings = likeness[:, self._needs].max(axis=1).tolist()
        for sentence, row, doing in zip(tried, likeness, doings, strict=True):
            for kind, odds in zip(self._wordings.kinds, row.tolist(), strict=True):
                if odds > _SURE and doing < _CLEARLY_NONE and kind in self._where:
                    return _Reading(sentence=sentence, kind=kind, odds=odds, needed=doing)
        return None

    def _best(
        self, tried: Sequence[Sentence], likeness: RealArray, needed: RealArray
    ) -> _Reading | None:
        """Return the likeliest reading that is no need; None where no kind fits."""
        best: _Reading | None = None
        asked = likeness[:, self._asking].max() > _SURE
        for sentence, row, doing in zip(tried, likeness, needed.tolist(), strict=True):
            penalty = _UNKNOWN * sentence.unknown + _ROOM * sentence.entered
            penalty += _CUT * bool(sentence.kept)
            if asked and not sentence.names:  # "there is a propeller in here" describes nothing
                row = np.where(self._nameless, likeness.min(axis=0), row)
            for kind, odds in zip(self._wordings.kinds, row.tolist(), strict=True):
                if (best is None or odds - penalty > best.odds) and _fits(kind, sentence):
                    best = _Reading(
                        sentence=sentence,
                        kind=kind,
                        odds=odds - penalty,
                        needed=doing,
                        sure=self._is_sure(sentence, row, odds),
                    )
        return best

    def _is_sure(self, sentence: Sentence, row: RealArray, odds: float) -> bool:
        """
        Tell whether a sentence is surely of a kind, with those that have fewer blanks than it.

        "Drive to the thing in the room" is also like "go to the room"; "how many are in the whole
        station?" is no question of what is between two things, whatever else it surely is.
        """
        kinds = self._wordings.kinds
        fewer = [bool(k.plain) and k.slots < sentence.names.keys() for k in kinds]
        nearly = np.logaddexp.reduce(row[fewer], initial=-np.inf)
        return odds >= _HARDLY and bool(np.logaddexp(odds, nearly) > _SURE)


def _is_name(request: Request, tried: Sequence[Sentence]) -> bool:
    """Tell whether a request is a name and nothing else: "people?"."""
    named = request.subject.kind is SubjectKind.NAME
    return named and any(s.text.rstrip(' ?!.') == BLANKS['thing'] for s in tried)


def _asks_where(plain: Request) -> bool:
    """Tell whether a plain sentence asks where a thing is, or whether, at any time."""
    asks = plain.answer in (AnswerKind.WHERE, AnswerKind.USUAL, AnswerKind.EXISTS)
    return asks and all(constraint.NAME == 'time' for constraint in plain.constraints)


def _is_need(
    request: Request,
    tried: Sequence[Sentence],
    needed: RealArray,
    best: _Reading,
    *,
    alone: bool,
) -> bool:
    """
    Tell whether a request rather says what is to be done than what it names.

    ``alone`` says that the best reading asks where one thing is, and nothing else.
    """
    subject, where = request.subject, request.answer is AnswerKind.WHERE
    said = subject.kind is SubjectKind.NEED and not subject.guessed and where
    odds = best.needed
    none = _CLEARLY_NONE if said else _HARDLY
    if alone and best.sentence.unknown and best.sure and odds < none:
        return False  # "the typewriter, where is it?"
    if said and best.sentence.unknown:
        return True
    told = where or (not subject.guessed and odds > _DOUBTFUL)
    if told and not any(n.here for n in best.sentence.names.values()):
        plain = [odd for s, odd in zip(tried, needed.tolist(), strict=True) if not s.unknown]
        odds = max([odds, *plain])
    return odds > max(best.odds, _UNLIKELY)


def _placed(request: Request, text: str) -> Request:
    """Return a request with all of its text, of which the grammar may have read a part again."""
    if request.text == text:
        return request
    placed = []
    for constraint in request.constraints:
        start = text.find(constraint.phrase)
        span = (start, start + len(constraint.phrase)) if start >= 0 else None
        placed.append(replace(constraint, span=span))
    return replace(request, text=text, constraints=tuple(placed))


def _fits(kind: Kind, sentence: Sentence) -> bool:
    """Tell whether a sentence has just the names that a kind has blanks for."""
    slots = kind.slots - {'colour', 'time'}
    return (
        bool(kind.plain)
        and slots == sentence.names.keys()
        and ('colour' not in kind.slots or bool(sentence.colour))
        and ('time' not in kind.slots or bool(sentence.time))
    )


def _needed(request: Request) -> Request:
    """Return a request that says what is to be done, where the grammar took it for a name."""
    subject = request.subject
    if subject.kind not in (SubjectKind.NAME, SubjectKind.VIEW):
        return request
    need = Subject(kind=SubjectKind.NEED, text=subject.text, motion=subject.motion)
    return replace(request, subject=need)


def _joined(request: Request, plain: Request, reading: _Reading) -> Request:
    """Return a plain reading with what else a request says: times, floors, other constraints."""
    names = reading.sentence.names
    spans = [named.span for named in names.values()]
    own = [c for c in request.constraints if c not in reading.sentence.kept]
    said = {c.NAME for c in plain.constraints if c.NAME == 'time'}
    kept = [c for c in own if c.NAME in _INDEPENDENT - said and not _speaks_of(c, spans)]
    kept += reading.sentence.kept
    stated = [c for c in own if c not in kept]
    constraints = [*kept]
    for constraint in plain.constraints:
        if any(c.NAME == constraint.NAME for c in kept):
            continue
        constraints.append(_as_said(constraint, stated) or replace(constraint, span=None))
    subject = plain.subject
    asked = names.get('thing')
    if asked is not None and asked.text in (subject.name, subject.text):
        subject = _as_named(request, plain, asked)
    return replace(
        plain,
        text=request.text,
        subject=subject,
        constraints=tuple(constraints),
        order=plain.order or (request.order if subject.kind is SubjectKind.NAME else None),
        assumed=request.assumed,
    )


def _as_named(request: Request, plain: Request, asked: Named) -> Subject:
    """Return the subject of a plain reading as a request names it."""
    subject, own = plain.subject, request.subject
    if own.name == asked.name and plain.order is None:
        subject = replace(subject, text=own.text, purpose=own.purpose)
    return replace(
        subject,
        name=asked.name,
        attributes=(*subject.attributes, *asked.attributes),
        definite=_DEFINITE.search(request.text[: asked.span[0]]) is not None,
        motion=own.motion or subject.motion,
    )


def _speaks_of(constraint: Constraint, spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether the words of a constraint have one of the names of a sentence."""
    return constraint.span is not None and any(overlap(constraint.span, s) for s in spans)


def _as_said(constraint: Constraint, stated: Sequence[Constraint]) -> Constraint | None:
    """Return what the grammar has read of the landmark of a constraint; None where nothing."""
    for one in stated:
        same = one.NAME == constraint.NAME and one.negated >= constraint.negated
        about = (getattr(one, 'about', None), getattr(one, 'other', None))
        if same and about == (
            getattr(constraint, 'about', ()),
            getattr(constraint, 'other', None),
        ):
            return one
    return None
