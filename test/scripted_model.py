"""
A language model of a few rules, for ``OpenAIServer``: it really reads what it is asked.

It picks options that share words with the request, names areas by their commonest words, reads
entities out of "a stove, a sink and a fridge", and grades by the facts that a text names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
import json
import re
from typing import Any

__all__ = ['scripted']

_SMALL = frozenset({'and', 'are', 'can', 'for', 'here', 'the', 'there', 'this', 'what', 'where'})


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r'[a-z]{3,}', text.casefold()) if w not in _SMALL]


def scripted(request: Mapping[str, Any]) -> str:
    """Answer a chat request."""
    messages = request['messages']
    told, asked = messages[0]['content'], messages[-1]['content']
    kind = request.get('response_format', {})
    if kind.get('type') == 'json_schema':
        return json.dumps(_answer(json.loads(asked), kind['json_schema']['schema']))
    if 'expert keyword extractor' in asked:
        query = re.search(r'User Query: (.*)', asked)
        words = _words(query.group(1)) if query else []
        return json.dumps({'high_level_keywords': words[:1], 'low_level_keywords': words})
    if 'Knowledge Graph Specialist' in told:
        return _graph(asked)
    contents = re.findall(r'"content": "([^"]*)"', told)
    return 'I know of ' + '; '.join(contents or ['nothing']) + '.\n\n### References\n'


def _graph(asked: str) -> str:
    text = re.search(r'```\n(.*)\n```', asked, re.DOTALL)
    if text is None:  # asked for what it missed
        return '<|COMPLETE|>'
    parts = re.split(r',| and | facing ', text.group(1))
    names = [' '.join(w for w in p.split() if w not in ('a', 'an', 'the')) for p in parts]
    names = list(dict.fromkeys(n.title() for n in names if n))
    rows = [f'entity<|#|>{n}<|#|>Artifact<|#|>A {n.lower()} in a room.' for n in names]
    rows += [
        f'relation<|#|>{a}<|#|>{b}<|#|>same room<|#|>{a} stands near {b}.'
        for a, b in zip(names, names[1:], strict=False)
    ]
    return '\n'.join([*rows, '<|COMPLETE|>'])


def _answer(data: Any, schema: Mapping[str, Any]) -> Any:
    properties = schema['properties']
    if 'choice' in properties:
        wanted = set(_words(data['asked for']))
        shown = [(i, len(wanted & set(_words(text)))) for i, text in data['options'].items()]
        best = sorted(shown, key=lambda item: -item[1])
        return {'choice': [int(i) for i, _ in best[: properties['choice']['maxItems']]]}
    if 'grade' in properties:
        said = data['answer'].casefold()
        share = sum(fact.casefold() in said for fact in data['facts']) / len(data['facts'])
        return {'grade': min(properties['grade']['enum'], key=lambda g: abs(g - 10 * share))}
    if 'areas' in properties and isinstance(data, list):
        return {'areas': [_area(area) for area in data]}
    if list(properties) == ['answer']:
        return {'answer': ' '.join(data['observations'])}
    return _least(schema)


def _area(area: Mapping[str, Any]) -> dict[str, Any]:
    counts = Counter(_words(json.dumps([area.get('captions'), area.get('parts')])))
    words = [w for w, _ in counts.most_common(4)] or ['area']
    return {
        'index': area['index'],
        'name': ' '.join(words[:2]),
        'summary': f'Here are {", ".join(words)}.',
        'relations': [],
    }


def _least(schema: Mapping[str, Any]) -> Any:
    """Return the least that a schema allows."""
    if 'enum' in schema:
        return schema['enum'][0]
    kind = schema.get('type')
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == 'object':
        return {name: _least(s) for name, s in schema.get('properties', {}).items()}
    if kind == 'array':
        return [_least(schema['items'])] * schema.get('minItems', 0)
    if kind in ('integer', 'number'):
        return schema.get('minimum', 0)
    return {'boolean': False, 'null': None}.get(str(kind), '')
