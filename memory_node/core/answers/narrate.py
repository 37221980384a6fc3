"""A language model words an answer from numbered evidence, and may cite nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import re
from typing import Any

from memory_node.core.answers.types import Answer
from memory_node.core.data import Place
from memory_node.core.errors import LanguageModelError
from memory_node.core.language.directives import is_english, says_only
from memory_node.core.ports import LanguageModel

__all__ = ['narrated']

_INSTRUCTION = (
    'You are the memory of a robot. Answer the question in at most three sentences, using only'
    ' the numbered observations. Cite each observation you use by its number. If they do not'
    ' answer the question, set known to false and say that you do not know.'
)


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


def _check(text: str, places: Sequence[Place]) -> None:
    """Raise ``LanguageModelError`` where an answer is more than a report of what was seen."""
    shown = [t for p in places for t in (p.caption, p.label, p.room, *p.area_path)]
    numbers: list[float] = list(range(len(places) + 1))
    for place in places:
        numbers += [*place.pose.position, *(place.target_position or ())]
    if not is_english(text) or not says_only(text, shown, numbers):
        raise LanguageModelError('the answer says more than what was seen')


def narrated(question: str, places: Sequence[Place], model: LanguageModel) -> Answer:
    """Return what a model answers from places; raises ``LanguageModelError`` without an answer."""
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
    known, said, cited = (value.get(name) for name in schema['required'])
    if not isinstance(known, bool) or not isinstance(said, str) or not isinstance(cited, list):
        raise LanguageModelError('the answer is not of the form that was asked for')
    used = [n for n in numbers if n in cited]
    used.sort(key=cited.index)
    if known and not used:
        raise LanguageModelError('the answer cites nothing it was shown')
    if not said.strip():
        raise LanguageModelError('the answer is empty')
    _check(said, places)
    order = {number: i for i, number in enumerate(used, 1)}
    text = re.sub(
        r'\[(\d+)\]',
        lambda m: f'[{order[int(m[1])]}]' if int(m[1]) in order else '',
        said.strip(),
    )
    missing = [n for n in order.values() if f'[{n}]' not in text]
    text += ''.join(f' [{n}]' for n in missing)
    return Answer(
        known=known,
        text=text,
        citations=tuple(places[n - 1] for n in used),
        generated=True,
    )
