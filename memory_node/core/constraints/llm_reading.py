"""
A language model reads requests into the same conditions as the rules, held to a JSON schema.

It may only fill in the fields of a condition; what it says is checked again, bounded and counted,
and whatever goes wrong is read by the rules instead. Moments come as seconds before now, so it
needs no calendar; phrases of time that the rules know are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import json
import logging
import math
import threading
from typing import Any

from memory_node.core.constraints.conditions import Condition, Kind, Order, Reading, Window
from memory_node.core.constraints.reading import MAX_CONDITIONS, read
from memory_node.core.constraints.times import Clock
from memory_node.core.errors import LanguageModelError
from memory_node.core.ports import LanguageModel
from memory_node.core.ranking.parsing import Floor, FloorKind

__all__ = ['LanguageModelReader', 'ReadingStatistics', 'SCHEMA']

_LOG = logging.getLogger(__name__)
_CHARS = 80
_SIDES = (
    'north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest',
)  # fmt: skip
_FLOORS = {kind.name.lower(): kind for kind in FloorKind if kind is not FloorKind.NUMBER}
_MAX_AGO_S = 3.2e8
_MAX_DISTANCE_M = 1e5
_MAX_NUMBER = 99
_INSTRUCTION = (
    'Cut a request to a robot into what is wanted and its conditions. wanted: the thing or need in'
    ' the words of the request, without the conditions. Conditions, each with the phrase it stands'
    ' in: near (close to the asker), area (in a named area), beside (next to a thing), with (an'
    ' area that has a thing), count (number of a thing), floor, direction (side of something),'
    ' time (from_s to to_s seconds before now). Leave out what the request does not say.'
)
_TEXT: Mapping[str, Any] = {'type': 'string', 'maxLength': _CHARS}
SCHEMA: Mapping[str, Any] = {
    'type': 'object',
    'properties': {
        'wanted': {'type': 'string', 'maxLength': 400},
        'order': {'type': 'string', 'enum': ['none', *(o.value for o in Order)]},
        'conditions': {
            'type': 'array',
            'maxItems': 8,
            'items': {
                'type': 'object',
                'properties': {
                    'kind': {'type': 'string', 'enum': [k.value for k in Kind]},
                    'phrase': _TEXT,
                    'negated': {'type': 'boolean'},
                    'about': _TEXT,
                    'distance_m': {'type': 'number'},
                    'floor': {'type': 'string', 'enum': [*_FLOORS, 'number', 'none']},
                    'side': {'type': 'string', 'enum': [*_SIDES, 'none']},
                    'number': {'type': 'integer'},
                    'from_s': {'type': 'number'},
                    'to_s': {'type': 'number'},
                },
                'required': ['kind', 'phrase', 'negated', 'about'],
                'additionalProperties': False,
            },
        },
    },
    'required': ['wanted', 'order', 'conditions'],
    'additionalProperties': False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStatistics:
    """How often a model was asked to read, and how often the rules had to."""

    requests: int = 0
    fallbacks: int = 0
    #: Why the last one failed.
    message: str = ''


class LanguageModelReader:
    """Reads requests with a language model, and with the rules where it fails; thread-safe."""

    def __init__(self, model: LanguageModel) -> None:
        """Ask ``model``."""
        self._model = model
        self._lock = threading.Lock()
        self._statistics = ReadingStatistics()

    @property
    def statistics(self) -> ReadingStatistics:
        """What was read so far."""
        with self._lock:
            return self._statistics

    def read(self, text: str, clock: Clock) -> Reading:
        """Return the request in parts; never fails, see ``reading.read``."""
        ruled = read(text, clock)
        try:
            completion = self._model.complete(
                instruction=_INSTRUCTION,
                data=json.dumps({'request': text}, ensure_ascii=False),
                schema=SCHEMA,
                max_tokens=512,
            )
            reading = _reading(completion.value, text, clock, ruled)
        except LanguageModelError as error:
            _LOG.warning('reading by rules: %s', error)
            self._count(str(error))
            return ruled
        self._count('')
        return reading

    def _count(self, failure: str) -> None:
        with self._lock:
            was = self._statistics
            self._statistics = ReadingStatistics(
                requests=was.requests + 1,
                fallbacks=was.fallbacks + bool(failure),
                message=failure or was.message,
            )


def _reading(value: Mapping[str, Any], text: str, clock: Clock, ruled: Reading) -> Reading:
    """Return a model's answer as a reading; ``LanguageModelError`` where it makes no sense."""
    wanted, listed = value.get('wanted'), value.get('conditions')
    if not isinstance(wanted, str) or not wanted.strip() or not isinstance(listed, list):
        raise LanguageModelError('the model read nothing that is wanted')
    timed = [c for c in ruled.conditions if c.kind is Kind.TIME]
    found: list[Condition] = list(timed)
    for row in listed[:MAX_CONDITIONS]:
        condition = _condition(row, text, clock)
        if condition.kind is not Kind.TIME or not timed:
            found.append(condition)
    order = value.get('order')
    known = {o.value: o for o in Order}
    return replace(
        ruled,
        conditions=tuple(found),
        spans=(),
        order=known.get(order) if isinstance(order, str) else None,
        order_from='',
        order_phrase=str(order),
        order_spans=(),
        wanted=' '.join(wanted.split())[:400],
    )


def _condition(row: Any, text: str, clock: Clock) -> Condition:
    if not isinstance(row, Mapping) or row.get('kind') not in {k.value for k in Kind}:
        raise LanguageModelError(f'the model named no kind of condition: {str(row)[:80]!r}')
    kind = Kind(row['kind'])
    phrase, about = (_clean(row.get(name)) for name in ('phrase', 'about'))
    if not phrase or phrase.casefold() not in ' '.join(text.split()).casefold():
        raise LanguageModelError(f'the request does not say {phrase!r}')
    if kind in (Kind.AREA, Kind.BESIDE, Kind.WITH, Kind.COUNT) and not about:
        raise LanguageModelError(f'{phrase!r} is about nothing')
    distance = _number(row, 'distance_m', 0.0, _MAX_DISTANCE_M)
    side = row.get('side')
    if kind is Kind.DIRECTION and side not in _SIDES:
        raise LanguageModelError(f'{phrase!r} names no direction')
    return Condition(
        kind=kind,
        phrase=phrase,
        negated=row.get('negated') is True,
        about=about.casefold(),
        distance_m=distance or None,
        floor=_floor(row, phrase) if kind is Kind.FLOOR else None,
        side=str(side) if side in _SIDES else '',
        number=int(_number(row, 'number', 0, _MAX_NUMBER)),
        window=_window(row, clock, phrase) if kind is Kind.TIME else None,
    )


def _floor(row: Mapping[str, Any], phrase: str) -> Floor:
    named = row.get('floor')
    if named in _FLOORS:
        return Floor(_FLOORS[str(named)])
    number = int(_number(row, 'number', 0, _MAX_NUMBER))
    if named != 'number' or not number:
        raise LanguageModelError(f'{phrase!r} names no floor')
    return Floor(FloorKind.NUMBER, number)


def _window(row: Mapping[str, Any], clock: Clock, phrase: str) -> Window:
    ends = [_number(row, name, 0.0, _MAX_AGO_S) for name in ('from_s', 'to_s')]
    if not max(ends) > 0.0:
        raise LanguageModelError(f'{phrase!r} names no time')
    since, until = (max(0, clock.now_ns - int(s * 1e9)) for s in (max(ends), min(ends)))
    return Window(since, until)


def _number(row: Mapping[str, Any], name: str, least: float, most: float) -> float:
    value = row.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise LanguageModelError(f'{name} is no number: {str(value)[:40]!r}')
    if not least <= value <= most:
        raise LanguageModelError(f'{name} must be in [{least}, {most}], got {value}')
    return value


def _clean(value: Any) -> str:
    """Return one line of printable text, '' where it is no text."""
    if not isinstance(value, str):
        return ''
    return ' '.join(''.join(c if c.isprintable() else ' ' for c in value).split())[:_CHARS]
