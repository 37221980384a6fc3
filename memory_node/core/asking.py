"""
Answers in words that rest on what was seen, with citations.

Without a language model an answer is extracted: the kind of question is told from its wording,
and the sentence is made of labels, places and stamps that are stored. With one, the model words
the same evidence under a JSON schema; it may cite only the evidence it was shown, and any failure
falls back to the extracted answer. Captions are data, so nothing in them is an instruction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
import json
import logging
import re
from typing import Any

from memory_node.core.data import Place, Query, QueryMode, Retrieval, Vector3
from memory_node.core.errors import LanguageModelError
from memory_node.core.lexical import clean_label
from memory_node.core.memory import Memory
from memory_node.core.perception.captions import plural
from memory_node.core.ports import LanguageModel
from memory_node.core.telling import tell
from memory_node.core.things import Thing, things_of

__all__ = ['GroundedAnswer', 'QuestionKind', 'ask', 'question_kind']

_LOG = logging.getLogger(__name__)

#: Citations of one answer.
MAX_CITATIONS = 5
_INSTRUCTION = (
    'You are the memory of a robot. Answer the question in at most three sentences, using only'
    ' the numbered observations. Cite each observation you use by its number. If they do not'
    ' answer the question, set known to false and say that you do not know.'
)


class QuestionKind(str, Enum):
    """What a question asks for."""

    WHERE = 'where'
    EXISTS = 'exists'
    COUNT = 'count'
    WHEN = 'when'
    WHAT = 'what'


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedAnswer:
    """An answer in words; ``[n]`` in the text cites ``citations[n - 1]``."""

    known: bool
    text: str
    citations: tuple[Place, ...]
    #: Whether a language model worded it.
    generated: bool = False
    #: Why a language model that was there was not used; empty when it was, or there is none.
    fallback: str = ''


_KINDS = (
    (QuestionKind.COUNT, r'\bhow many\b|\bnumber of\b|\bcount the\b'),
    (QuestionKind.WHEN, r'\bwhen\b|\bhow long ago\b|\bwhat time\b'),
    (
        QuestionKind.EXISTS,
        r'^\s*(is|are|was|were) there\b|^\s*(do|does|did|have|has) (you|we|it)\b',
    ),
    (QuestionKind.WHAT, r'^\s*(what|describe|tell me about|which things)\b'),
)


def question_kind(text: str) -> QuestionKind:
    """Tell from its wording what a question asks for; a request for a place if nothing tells."""
    lowered = text.lower()
    for kind, pattern in _KINDS:
        if re.search(pattern, lowered):
            return kind
    return QuestionKind.WHERE


def ask(
    memory: Memory, query: Query, *, now_ns: int | None = None, model: LanguageModel | None = None
) -> GroundedAnswer:
    """
    Answer ``query.text`` from memory.

    ``now_ns`` lets ages be told ("12 minutes ago"); without it stamps are told relative to the
    newest evidence. Raises as ``Memory.search`` does; a language model's failure never raises.
    """
    if query.now_ns is None:
        query = replace(query, now_ns=now_ns)
    retrieval = memory.search(query)
    extracted = _extract(memory, query, retrieval, now_ns)
    if model is None or not retrieval.places:
        return extracted
    memory.searcher.count(language_model_calls=1)
    try:
        return _generate(query.text, retrieval.places[:MAX_CITATIONS], model)
    except LanguageModelError as error:
        memory.searcher.count(language_model_fallbacks=1)
        _LOG.warning('answering without the language model: %s', error)
        return GroundedAnswer(
            known=extracted.known,
            text=extracted.text,
            citations=extracted.citations,
            fallback=str(error),
        )


# ---- extracted -------------------------------------------------------------------------------


def _extract(
    memory: Memory, query: Query, retrieval: Retrieval, now_ns: int | None
) -> GroundedAnswer:
    if retrieval.mode is QueryMode.GLOBAL and (told := tell(memory, query)) is not None:
        return GroundedAnswer(known=told.found, text=told.text, citations=told.citations)
    if not retrieval.found:
        return _unknown(retrieval)
    kind = question_kind(query.text)
    best = retrieval.places[0]
    cited = tuple(p for p in retrieval.places if p.label == best.label)[:MAX_CITATIONS]
    now_ns = max(p.stamp_ns for p in retrieval.places) if now_ns is None else now_ns
    if kind is QuestionKind.COUNT and best.label:
        return _count(memory, query, best, cited)
    if kind is QuestionKind.WHEN:
        newest = max(cited, key=lambda p: (p.stamp_ns, p.score))
        seen = age(now_ns - newest.stamp_ns)
        text = f'{_subject(newest)} was last seen {seen} at {_spot(newest)} [1].'
        return GroundedAnswer(known=True, text=_sentence(text), citations=(newest,))
    if kind is QuestionKind.WHAT:
        text = ' '.join(f'{_sentence(p.caption or p.label)} [{i}]' for i, p in enumerate(cited, 1))
        return GroundedAnswer(known=True, text=text, citations=cited)
    lead = 'Yes: ' if kind is QuestionKind.EXISTS else ''
    text = f'{lead}{_subject(best)} is at {_spot(best)}, seen {age(now_ns - best.stamp_ns)} [1].'
    if others := ', '.join(f'{_spot(p)} [{i}]' for i, p in enumerate(cited[1:], 2)):
        text += f' Also at {others}.'
    return GroundedAnswer(known=True, text=_sentence(text), citations=cited)


def _unknown(retrieval: Retrieval) -> GroundedAnswer:
    text = "I don't know: nothing I have seen answers that."
    if retrieval.places:
        near = retrieval.places[0]
        text += (
            f' The closest I have seen is {near.label or near.caption[:80]} at {_spot(near)} [1].'
        )
    return GroundedAnswer(known=False, text=text, citations=retrieval.places[:1])


def _count(memory: Memory, query: Query, best: Place, cited: tuple[Place, ...]) -> GroundedAnswer:
    snapshot, rows = memory.searcher.remaining(query)
    labels = [i for i, label in enumerate(snapshot.labels) if clean_label(label) == best.label]
    found = things_of(snapshot, labels, rows)
    count = max(len(_confirmed(found)), 1)
    name = best.label if count == 1 else plural(best.label)
    places = '; '.join(_coordinates(t.position) for t in found[:count][:MAX_CITATIONS])
    text = f'I have seen {count} {name}, at {places} [1].'
    return GroundedAnswer(known=True, text=text, citations=cited)


def _confirmed(things: Sequence[Thing]) -> Sequence[Thing]:
    """Things seen more than once count; where none was, every one does."""
    twice = [t for t in things if len(t.rows) > 1]
    return twice or things


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in '.!?' else f'{text}.'


def _subject(place: Place) -> str:
    return f'the {place.label}' if place.label else 'the best match'


def _coordinates(position: Vector3) -> str:
    x, y, z = position
    return f'({x:.1f}, {y:.1f}, {z:.1f})'


def _spot(place: Place) -> str:
    where = _coordinates(place.target_position or place.pose.position)
    return f'{where} in {place.area_path[-1]}' if place.area_path else where


def age(age_ns: int) -> str:
    """Say how long ago something was, coarsely."""
    seconds = max(0.0, age_ns / 1e9)
    for limit, size, unit in (
        (90, 1, 'second'),
        (5400, 60, 'minute'),
        (129600, 3600, 'hour'),
        (float('inf'), 86400, 'day'),
    ):
        if seconds < limit:
            count = round(seconds / size)
            return 'just now' if count == 0 else f'{count} {unit}{"s" * (count != 1)} ago'
    raise AssertionError('unreachable: the last limit is infinite')


# ---- generated -------------------------------------------------------------------------------


def _evidence(places: Sequence[Place]) -> list[dict[str, Any]]:
    return [
        {
            'number': number,
            'object': place.label,
            'caption': place.caption[:600],
            'area': ' > '.join(place.area_path),
            'position_m': [round(v, 2) for v in place.target_position or place.pose.position],
            'seen_s': place.stamp_ns // 10**9,
        }
        for number, place in enumerate(places, 1)
    ]


def _generate(question: str, places: Sequence[Place], model: LanguageModel) -> GroundedAnswer:
    numbers = list(range(1, len(places) + 1))
    schema: Mapping[str, Any] = {
        'type': 'object',
        'properties': {
            'known': {'type': 'boolean'},
            'answer': {'type': 'string', 'maxLength': 1000},
            'citations': {'type': 'array', 'items': {'type': 'integer', 'enum': numbers}},
        },
        'required': ['known', 'answer', 'citations'],
        'additionalProperties': False,
    }
    data = json.dumps({'question': question, 'observations': _evidence(places)})
    value = model.complete(instruction=_INSTRUCTION, data=data, schema=schema).value
    used = [n for n in dict.fromkeys(value['citations']) if n in numbers]
    if value['known'] and not used:
        raise LanguageModelError('the answer cites nothing it was shown')
    if not str(value['answer']).strip():
        raise LanguageModelError('the answer is empty')
    order = {number: i for i, number in enumerate(used, 1)}
    text = re.sub(
        r'\[(\d+)\]',
        lambda m: f'[{order[int(m[1])]}]' if int(m[1]) in order else '',
        str(value['answer']).strip(),
    )
    missing = [n for n in order.values() if f'[{n}]' not in text]
    text += ''.join(f' [{n}]' for n in missing)
    return GroundedAnswer(
        known=bool(value['known']),
        text=text,
        citations=tuple(places[n - 1] for n in used),
        generated=True,
    )
