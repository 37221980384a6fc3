"""
Reads a request with rules: no model, no failure, well below a millisecond for a sentence.

Every constraint takes its words away from those that read after it, so "in the morning" is never
a room. What no constraint has taken is the subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
import re
from typing import Any, Protocol, runtime_checkable, TYPE_CHECKING

from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.questions import QUESTIONS, read_question
from memory_node.core.language.relations import alternatives, entry, words
from memory_node.core.language.remainder import Remainder, TAKEN
from memory_node.core.language.request import AnswerKind, Request, Subject, SubjectKind
from memory_node.core.language.sentences import asking_clause, is_description, is_statement
from memory_node.core.language.sign_labels import sign_label
from memory_node.core.language.sign_questions import read_sign_question, SIGN_QUESTIONS
from memory_node.core.language.subjects import read_subject
from memory_node.core.language.times import Clock

if TYPE_CHECKING:
    from memory_node.core.constraints.base import Constraint
    from memory_node.core.constraints.order import Order

__all__ = ['MAX_CONSTRAINTS', 'about_landmark', 'normalized', 'parse', 'priority']

#: More constraints than this in one request only cost time.
MAX_CONSTRAINTS = 16
#: In a longer text, "nearby" may be near what it describes instead of near who asks.
_NEARBY_WORDS = 20
#: What is left before or after a constraint that is gone: "a chair that is", "and".
_DANGLING = re.compile(
    rf'(?:^|[ ,;:]+)(?:{alternatives(words("dangling"))})[ ,;]*$', re.IGNORECASE
)
_LEADING = re.compile(r'^[ ,;:]*(?:and|but|or)(?= |$)', re.IGNORECASE)
#: Between two places of which a question offers either.
_OR = re.compile(r'\s*,?\s*or\s+', re.IGNORECASE)
_SENTENCE_START = re.compile(r'[.;!?] +(?=\w)')
_APOSTROPHES = str.maketrans(
    {'\u2019': "'", '\u2018': "'", '\ufe0f': None, '\u02bc': "'", '`': "'"}
)


_CONTRACTIONS: dict[str, str] = entry('contractions')
#: "wheres the cot": written without the apostrophe.
_UNMARKED = re.compile(rf"(?<![\w'-])(?:{'|'.join(_CONTRACTIONS)})(?![\w'-])", re.IGNORECASE)


@runtime_checkable
class _Landmarked(Protocol):
    """A constraint that names something the request may be about."""

    @property
    def landmark(self) -> str: ...


@runtime_checkable
class _OfVerb(Protocol):
    """A constraint that belongs to the verb of a need: "heat it over a flame"."""

    @property
    def of_verb(self) -> bool: ...


def normalized(text: str) -> str:
    """Return a text with single spaces and straight apostrophes, as patterns expect it."""
    text = ' '.join(text.translate(_APOSTROPHES).split())
    return _UNMARKED.sub(lambda word: _CONTRACTIONS[word[0].casefold()], text)


def priority(kind: type[Any]) -> int:
    """Return when a kind of constraint reads: smaller is earlier."""
    return int(getattr(kind, 'PRIORITY', 1000))


def parse(
    text: str,
    clock: Clock,
    constraint_types: Sequence[type[Constraint]],
    order_type: type[Order],
) -> Request:
    """
    Return what a text asks for.

    Parameters
    ----------
    text
        The request, at most some thousand characters.
    clock
        Gives phrases such as "this morning" their span.
    constraint_types
        Kinds that read, in the order of their ``PRIORITY``.
    order_type
        Reads "nearest" and the like; takes its turn among the kinds.

    Returns
    -------
    Request
        ``text`` has single spaces; spans of constraints refer to it. A description of a view has
        no constraints. Constraints beyond ``MAX_CONSTRAINTS`` are left in the subject.

    """
    said = normalized(text)
    rest = Remainder(said)
    sign = read_sign_question(said) if SIGN_QUESTIONS.may_be_in(rest.words) else None
    if sign:
        known = parse(sign.request, clock, constraint_types, order_type)
        if known.subject.kind is SubjectKind.NAME:
            subject = known.subject
            if sign.text:
                subject = replace(subject, text=sign.text, name=sign_label(sign.text))
            return replace(known, subject=subject, answer=sign.answer or known.answer)
    question = read_question(said) if QUESTIONS.may_be_in(rest.words) else None
    if question:
        known = parse(question.thing, clock, constraint_types, order_type)
        if known.subject.kind is SubjectKind.NAME:
            answer, look, other = question.answer, question.look, question.other
            return replace(known, answer=answer, look=look, other=other)
    found, order = _read(rest, clock, constraint_types, order_type)
    hinges = _hinges(found, order)
    found = _without_background(found, order, said)
    asks = order is not None or any(_asks(c, said) for c in found)
    if not asks and is_description(said):
        return Request(text=said, subject=Subject(kind=SubjectKind.VIEW, text=said))
    if clause := asking_clause(said):
        request = parse(clause, clock, constraint_types, order_type)
        named = request.subject.kind is SubjectKind.NAME and request.answer is not AnswerKind.WHAT
        asked = named or request.subject.kind is SubjectKind.NEED
        if asked and hinges == _hinges(request.constraints, request.order):
            # "I'm thirsty, where can I get some water?" is served by what has another name.
            subject = replace(request.subject, wished=named and not request.subject.definite)
            return replace(request, subject=subject, around=said)
    reading = read_subject(_left(rest.text), said)
    if reading.subject.kind is SubjectKind.NEED:
        statement = is_statement(reading.subject.text)
        found, left = _given_back(found, rest, where=statement)
        if left is not None:
            reading = read_subject(_left(left), said)
    if reading.bare and (landmark := about_landmark(found)):
        chosen, subject = landmark
        subject = replace(subject, motion=reading.subject.motion)
        found = [c for c in found if c is not chosen]
        reading = replace(reading, subject=subject, bare=False)
    return Request(
        text=said,
        subject=reading.subject,
        constraints=tuple(found),
        order=order,
        answer=reading.answer,
    )


def _read(
    rest: Remainder,
    clock: Clock,
    constraint_types: Sequence[type[Constraint]],
    order_type: type[Order],
) -> tuple[list[Constraint], Order | None]:
    """Return the constraints in the order of the text, and the order."""
    found: list[Constraint] = []
    ranked = sorted(constraint_types, key=priority)
    turn = sum(priority(kind) < priority(order_type) for kind in ranked)
    for kind in ranked[:turn]:
        found += _said(kind, rest, clock, MAX_CONSTRAINTS - len(found))
    asked = order_type.CUES.may_be_in(rest.words)
    order = next(iter(order_type.read(rest, clock)), None) if asked else None
    for kind in ranked[turn:]:
        found += _said(kind, rest, clock, MAX_CONSTRAINTS - len(found))
    return _offered(sorted(found, key=lambda c: c.span or (0, 0)), rest.whole), order


def _offered(found: Sequence[Constraint], whole: str) -> list[Constraint]:
    """Return constraints with those that an "or" stands between as one."""
    joined: list[Constraint] = []
    end = 0
    for one in found:
        span = one.span or (0, 0)
        if joined and _OR.fullmatch(whole[end : span[0]]) and _may_be_offered(joined[-1], one):
            start = (joined[-1].span or span)[0]
            joined[-1] = joined[-1].or_else(one, whole[start : span[1]].strip())
        else:
            joined.append(one)
        end = span[1]
    return joined


def _may_be_offered(one: Constraint, other: Constraint) -> bool:
    return one.OFFERED and other.OFFERED and not (one.negated or other.negated)


def _said(
    kind: type[Constraint], rest: Remainder, clock: Clock, most: int
) -> Iterable[Constraint]:
    """Return the constraints of a kind; it only looks where its words are."""
    if kind.CUES is not None and not kind.CUES.may_be_in(rest.words):
        return ()
    return islice(kind.read(rest, clock), most)


def _hinges(found: Sequence[Constraint], order: Order | None) -> tuple[bool, int]:
    """Return whether an order is asked for, and how many times, closeness and looks are."""
    return order is not None, sum(c.NAME in ('time', 'near', 'attribute') for c in found)


def _without_background(
    found: list[Constraint], order: Order | None, said: str
) -> list[Constraint]:
    """
    Return the constraints that a last sentence leaves which asks of another time.

    "The mug was in the hall yesterday. Where is it now?" asks of no hall.
    """
    starts = [match.end() for match in _SENTENCE_START.finditer(said)]
    if not starts:
        return found
    earlier = [c for c in found if c.span is not None and c.span[1] <= starts[-1]]
    later = [c for c in found if c not in earlier]
    asked = any(c.NAME == 'time' for c in later) or (
        order is not None and said.rfind(order.phrase) >= starts[-1]
    )
    return later if asked and any(c.NAME == 'time' for c in earlier) else found


def _asks(constraint: Constraint, said: str) -> bool:
    """Tell whether no description of a view would say a constraint; longer ones say "nearby"."""
    near = constraint.NAME == 'near' and said.count(' ') < _NEARBY_WORDS
    return constraint.negated or near or constraint.NAME == 'time'


def _left(text: str) -> str:
    """Return the words that nothing has taken, without what dangles at their edges."""
    parts = re.split(f'{TAKEN}+', text)
    kept = [_DANGLING.sub('', part.rstrip(' ,;:')) for part in parts[:-1]]
    kept.append(parts[-1])
    kept[1:] = [_LEADING.sub('', part) for part in kept[1:]]
    return ' '.join(' '.join(kept).split())


def _given_back(
    found: list[Constraint], rest: Remainder, *, where: bool
) -> tuple[list[Constraint], str | None]:
    """
    Return the constraints without those of a verb, and the text with the words of these.

    With ``where``, those that say where go as well: "I cut my finger on the saw" tells what has
    happened there.
    """
    kept = [
        c
        for c in found
        if not ((isinstance(c, _OfVerb) and c.of_verb) or (where and c.NAME != 'time'))
    ]
    if len(kept) == len(found):
        return found, None
    text = rest.text
    for constraint in found:
        if constraint not in kept and constraint.span is not None:
            start, stop = constraint.span
            text = text[:start] + rest.whole[start:stop] + text[stop:]
    return kept, text


def about_landmark(found: Sequence[Constraint]) -> tuple[Constraint, Subject] | None:
    """
    Return the constraint of the landmark that a request without a thing is about, and that thing.

    "Stand by the printer" asks for the printer. None where no constraint has a landmark.
    """
    landmarked = [c for c in found if isinstance(c, _Landmarked) and c.landmark]
    if not landmarked:
        return None
    # A thing is meant before the room that it is in.
    chosen = min(landmarked, key=_priority_of)
    text = str(chosen.landmark) if isinstance(chosen, _Landmarked) else ''
    attributes, name = split_name(text)
    subject = Subject(
        kind=SubjectKind.NAME,
        text=text,
        name=name or text,
        attributes=tuple(attributes),
        definite=True,
    )
    return chosen, subject


def _priority_of(constraint: Constraint) -> int:
    """Return the priority of the kind of a constraint."""
    return priority(type(constraint))
