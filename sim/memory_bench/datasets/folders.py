"""
Data sets as folders: ``observations.jsonl``, ``questions.jsonl`` and ``dataset.json``.

``observations.jsonl`` is what ``memory import`` reads. Each line of ``questions.jsonl`` holds
``id``, ``text`` and ``kind``, and optionally ``goals`` ([[x, y, z], ...] [m]), ``radius_m``,
``nodes`` (ids of observations), ``facts``, ``near`` ([x, y, z] [m]), ``now`` [s] and
``answerable``. ``dataset.json`` holds ``name`` and ``kind``; without it the folder's name is the
name. Nothing is skipped: a line that is refused makes the data set refused.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Any

from memory_bench.datasets.types import DataSet, Loaded, LoadOptions, Question
from memory_bench.errors import EvaluationError
from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidQueryError, StoreAccessError
from memory_node.core.ports import Encoder
from memory_node.interchange.jsonl import (
    observation_to_dict,
    read_jsonl,
    read_observations,
    Rejected,
    write_jsonl,
)

__all__ = [
    'EXPECTS',
    'is_data_set',
    'question_from_dict',
    'question_to_dict',
    'read_data_set',
    'write_data_set',
    'load',
    'reads',
]

#: What is looked for.
EXPECTS = 'questions.jsonl'

OBSERVATIONS, QUESTIONS, HEADER = 'observations.jsonl', 'questions.jsonl', 'dataset.json'
MAX_GOALS = 10_000


def is_data_set(folder: Path) -> bool:
    """Whether a folder holds a data set of this format."""
    return (folder / QUESTIONS).is_file()


# ---- questions -------------------------------------------------------------------------------


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidQueryError(f'{name} must be a finite number, got {value!r:.80}')
    return float(value)


def _point(value: object, name: str) -> Vector3:
    if not isinstance(value, list) or len(value) != 3:
        raise InvalidQueryError(f'{name} must be [x, y, z], got {value!r:.80}')
    x, y, z = (_number(v, name) for v in value)
    return x, y, z


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidQueryError(f'{name} must be a text, got {value!r:.80}')
    return value


def _list(item: Mapping[str, Any], name: str) -> list[object]:
    value = item.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_GOALS:
        raise InvalidQueryError(f'{name} must be a list of at most {MAX_GOALS}')
    return value


def question_from_dict(item: object) -> Question:
    """Make a question of one parsed line; raise ``InvalidQueryError`` naming the field."""
    if not isinstance(item, dict):
        raise InvalidQueryError(f'a line must hold an object, got {item!r:.80}')
    radius_m = _number(item.get('radius_m', 3.0), 'radius_m')
    if radius_m < 0.0:
        raise InvalidQueryError(f'radius_m must be >= 0 m, got {radius_m}')
    answerable = item.get('answerable', True)
    if not isinstance(answerable, bool):
        raise InvalidQueryError(f'answerable must be true or false, got {answerable!r:.80}')
    near, now = item.get('near'), item.get('now')
    return Question(
        id=_text(item.get('id'), 'id'),
        text=_text(item.get('text'), 'text'),
        kind=_text(item.get('kind'), 'kind'),
        goals=tuple(_point(p, 'goals') for p in _list(item, 'goals')),
        radius_m=radius_m,
        nodes=tuple(_text(v, 'nodes') for v in _list(item, 'nodes')),
        facts=tuple(_text(v, 'facts') for v in _list(item, 'facts')),
        near=None if near is None else _point(near, 'near'),
        now_ns=None if now is None else round(_number(now, 'now') * 1e9),
        answerable=answerable,
    )


def question_to_dict(question: Question) -> dict[str, Any]:
    """Return what ``question_from_dict`` reads back; defaults are left out."""
    item: dict[str, Any] = {'id': question.id, 'text': question.text, 'kind': question.kind}
    if question.goals:
        item |= {'goals': [list(g) for g in question.goals], 'radius_m': question.radius_m}
    if question.nodes:
        item['nodes'] = list(question.nodes)
    if question.facts:
        item['facts'] = list(question.facts)
    if question.near is not None:
        item['near'] = list(question.near)
    if question.now_ns is not None:
        item['now'] = question.now_ns / 1e9
    if not question.answerable:
        item['answerable'] = False
    return item


# ---- folders ---------------------------------------------------------------------------------


def read_data_set(folder: Path) -> DataSet:
    """Read a data set; raise ``EvaluationError`` naming file and line of what is wrong."""
    try:
        header = _header(folder)
        refused: list[Rejected] = []
        observations = tuple(read_observations(folder / OBSERVATIONS, refused))
        _refuse(folder / OBSERVATIONS, refused)
        questions = tuple(read_jsonl(folder / QUESTIONS, question_from_dict, refused))
        _refuse(folder / QUESTIONS, refused)
    except StoreAccessError as error:
        raise EvaluationError(str(error)) from error
    if not observations or not questions:
        empty = QUESTIONS if observations else OBSERVATIONS
        raise EvaluationError(f'{folder / empty} is empty')
    for path, ids in (
        (OBSERVATIONS, [o.id for o in observations]),
        (QUESTIONS, [q.id for q in questions]),
    ):
        if len(set(ids)) != len(ids):
            twice = next(i for n, i in enumerate(ids) if i in ids[:n])
            raise EvaluationError(f'{folder / path}: the id {twice!r:.80} comes twice')
    return DataSet(observations=observations, questions=questions, **header)


def _refuse(path: Path, refused: list[Rejected]) -> None:
    if refused:
        more = f' (and {len(refused) - 1} more lines)' if len(refused) > 1 else ''
        raise EvaluationError(f'{path}:{refused[0].line}: {refused[0].reason}{more}')


def _header(folder: Path) -> dict[str, str]:
    path = folder / HEADER
    header = {'name': folder.resolve().name, 'kind': 'place'}
    if not path.exists():
        return header
    try:
        item = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        raise EvaluationError(f'{path} can not be read: {error}') from error
    if not isinstance(item, dict):
        raise EvaluationError(f'{path} must hold an object, got {item!r:.80}')
    for name in header:
        value = item.get(name, header[name])
        if not isinstance(value, str) or not value.strip():
            raise EvaluationError(f'{path}: {name} must be a text, got {value!r:.80}')
        header[name] = value
    return header


def write_data_set(data_set: DataSet, folder: Path) -> None:
    """Write what ``read_data_set`` reads back, without embeddings and keyframes."""
    folder.mkdir(parents=True, exist_ok=True)
    header = {'name': data_set.name, 'kind': data_set.kind}
    (folder / HEADER).write_text(json.dumps(header) + '\n', encoding='utf-8')
    write_jsonl((observation_to_dict(o) for o in data_set.observations), folder / OBSERVATIONS)
    write_jsonl((question_to_dict(q) for q in data_set.questions), folder / QUESTIONS)


def _inside(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and is_data_set(p))


def reads(path: Path) -> bool:
    """Whether this is a folder of the generic format, or a folder of such folders."""
    return path.is_dir() and (is_data_set(path) or bool(_inside(path)))


def load(path: Path, encoder: Encoder, options: LoadOptions) -> Loaded:
    """Read a folder of the generic format, or all that are in it."""
    del encoder, options
    if is_data_set(path):
        return [read_data_set(path)], [f'data: {path.name}']
    inside = _inside(path)
    return [read_data_set(p) for p in inside], [f'data: {path.name}, {len(inside)} sets']
