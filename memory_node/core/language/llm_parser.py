"""
A language model reads requests into the same parts as the rules, held to a JSON schema.

The schema is put together from the kinds of constraints, so a new kind is offered to the model
without a change here. What it says is checked again: its words must stand in the request, and
phrases of time that the rules know are theirs. Whatever goes wrong is read by the rules instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import json
import logging
import threading
from typing import Any, TYPE_CHECKING

from memory_node.core.errors import LanguageModelError
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.parser import MAX_CONSTRAINTS, normalized, parse
from memory_node.core.language.request import AnswerKind, Request, Subject, SubjectKind
from memory_node.core.language.times import Clock
from memory_node.core.ports import LanguageModel

if TYPE_CHECKING:
    from memory_node.core.constraints.base import Constraint
    from memory_node.core.constraints.order import Order

__all__ = ['LanguageModelParser', 'ParserStatistics', 'request_schema']

_LOG = logging.getLogger(__name__)
_CHARS, _SUBJECT_CHARS, _LISTED = 80, 400, 8
_NONE = 'none'
_INSTRUCTION = (
    'Cut a request to a robot into its subject and its constraints, in the words of the request.'
    ' subject: the thing, room or need, without the constraints. subject_kind: name, need (what'
    ' it is for), view (describes a picture) or anything. answer: what the question wants to'
    ' hear. order: which of several is meant. Constraints, each with the phrase it stands in and'
    ' whether it is negated: near (close to the asker), area (in a room), beside (in a relation'
    ' to a thing), with (a room that has a thing), count (a room with a number of things), floor,'
    ' direction, time. Leave out what the request does not say.'
)


def request_schema(constraint_types: Sequence[type[Constraint]]) -> Mapping[str, Any]:
    """Return the JSON schema of a request, with the fields of some kinds of constraints."""
    text = {'type': 'string', 'maxLength': _CHARS}
    fields: dict[str, Any] = {}
    for kind in constraint_types:
        fields.update(kind.SCHEMA)
    constraint = {
        'type': 'object',
        'properties': {
            'kind': {'type': 'string', 'enum': [kind.NAME for kind in constraint_types]},
            'phrase': text,
            'negated': {'type': 'boolean'},
            **fields,
        },
        'required': ['kind', 'phrase', 'negated'],
        'additionalProperties': False,
    }
    properties = {
        'subject': {'type': 'string', 'maxLength': _SUBJECT_CHARS},
        'subject_kind': {'type': 'string', 'enum': [kind.value for kind in SubjectKind]},
        'answer': {'type': 'string', 'enum': [kind.value for kind in AnswerKind]},
        'order': {'type': 'string', 'enum': [_NONE, 'nearest', 'farthest', 'newest', 'oldest']},
        'constraints': {'type': 'array', 'maxItems': _LISTED, 'items': constraint},
    }
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserStatistics:
    """How often a model was asked to read, and how often the rules had to."""

    requests: int = 0
    fallbacks: int = 0
    #: Why the last one failed.
    message: str = ''


class LanguageModelParser:
    """Reads requests with a language model, and by rules where it fails; thread-safe."""

    def __init__(
        self,
        model: LanguageModel,
        constraint_types: Sequence[type[Constraint]],
        order_type: type[Order],
    ) -> None:
        """Ask ``model`` for constraints of some kinds."""
        self._model = model
        self._kinds = {kind.NAME: kind for kind in constraint_types}
        self._order = order_type
        self._schema = request_schema(constraint_types)
        self._lock = threading.Lock()
        self._statistics = ParserStatistics()

    @property
    def statistics(self) -> ParserStatistics:
        """What was read so far."""
        with self._lock:
            return self._statistics

    def parse(self, text: str, clock: Clock) -> Request:
        """Return what a text asks for; never fails, see ``parser.parse``."""
        ruled = parse(text, clock, tuple(self._kinds.values()), self._order)
        if ruled.subject.kind is SubjectKind.VIEW:
            return ruled
        try:
            completion = self._model.complete(
                instruction=_INSTRUCTION,
                data=json.dumps({'request': ruled.text}, ensure_ascii=False),
                schema=self._schema,
                max_tokens=512,
            )
            read = self._request(completion.value, ruled, clock)
        except LanguageModelError as error:
            _LOG.warning('reading without the language model: %s', error)
            self._count(fallbacks=1, message=str(error))
            return ruled
        self._count(fallbacks=0, message='')
        return read

    def _count(self, *, fallbacks: int, message: str) -> None:
        with self._lock:
            now = self._statistics
            self._statistics = ParserStatistics(
                requests=now.requests + 1,
                fallbacks=now.fallbacks + fallbacks,
                message=message or now.message,
            )

    def _request(self, value: Mapping[str, Any], ruled: Request, clock: Clock) -> Request:
        """Return a model's answer as a request; ``LanguageModelError`` where it is nonsense."""
        listed = value.get('constraints')
        if not isinstance(listed, list):
            raise LanguageModelError('the model listed no constraints')
        timed = [c for c in ruled.constraints if c.NAME == 'time']
        found: list[Constraint] = list(timed)
        for row in listed[: min(_LISTED, MAX_CONSTRAINTS)]:
            constraint = self._constraint(row, ruled.text, clock)
            if constraint.NAME != 'time' or not timed:
                found.append(constraint)
        try:
            answer = AnswerKind(value.get('answer', ruled.answer.value))
        except ValueError as error:
            raise LanguageModelError(f'the model named no answer: {error}') from error
        return replace(
            ruled,
            subject=_subject(value, ruled),
            constraints=tuple(found),
            order=self._ordered(value.get('order'), ruled),
            answer=answer,
        )

    def _ordered(self, order: Any, ruled: Request) -> Order | None:
        """Return the order: the rules' own where both agree, as these know where it stands."""
        if order == _NONE or order is None:
            return None
        if ruled.order is not None and ruled.order.kind.value == order:
            return ruled.order
        try:
            return self._order.from_fields(str(order))
        except ValueError as error:
            raise LanguageModelError(f'the model named no order: {error}') from error

    def _constraint(self, row: Any, text: str, clock: Clock) -> Constraint:
        if not isinstance(row, Mapping) or row.get('kind') not in self._kinds:
            raise LanguageModelError(f'the model named no kind of constraint: {str(row)[:80]!r}')
        phrase = _words(row.get('phrase'), _CHARS)
        _check_said(phrase, text)
        if isinstance(row.get('about'), str):
            _check_said(_words(row['about'], _CHARS) or phrase, text)
        try:
            made = self._kinds[row['kind']].from_fields(phrase, row, clock)
        except ValueError as error:
            raise LanguageModelError(str(error)) from error
        return replace(made, negated=row.get('negated') is True)


def _subject(value: Mapping[str, Any], ruled: Request) -> Subject:
    """Return the subject that a model read: the rules' own where both agree."""
    words = _words(value.get('subject'), _SUBJECT_CHARS)
    try:
        kind = SubjectKind(value.get('subject_kind'))
    except ValueError as error:
        raise LanguageModelError(f'the model named no kind of subject: {error}') from error
    if kind is ruled.subject.kind and words.casefold() == ruled.subject.text.casefold():
        return ruled.subject
    if kind is SubjectKind.ANYTHING:
        return Subject(kind=kind, text=words, motion=ruled.subject.motion)
    _check_said(words, ruled.text)
    if kind is not SubjectKind.NAME:
        return Subject(kind=kind, text=words)
    attributes, name = split_name(words)
    return Subject(
        kind=kind,
        text=words,
        name=name or words,
        attributes=tuple(attributes),
        definite=ruled.subject.definite,
        motion=ruled.subject.motion,
    )


def _check_said(words: str, text: str) -> None:
    """Raise ``LanguageModelError`` where the request does not say some words."""
    if not words or words.casefold() not in text.casefold():
        raise LanguageModelError(f'the request does not say {words!r}')


def _words(value: Any, most: int) -> str:
    """Return one line of printable text, '' where it is no text."""
    if not isinstance(value, str):
        return ''
    return normalized(''.join(c if c.isprintable() else ' ' for c in value))[:most]
