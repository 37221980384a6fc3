"""Files of others: JSON Lines, GML graphs, and corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import captions, data, mutated, numbers, questions, strange
from memory_node.core.corrections.edit import Edit, EditKind
from memory_node.core.memory import Memory
from memory_node.interchange.corrections import import_corrections
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import Identity, read_observations, read_queries, Rejected

__all__ = ['doors']

_POINTS = st.lists(numbers, min_size=2, max_size=4) | st.fixed_dictionaries(
    {'x': numbers, 'y': numbers}
)
_IDS = st.integers(0, 9).map('n{}'.format) | strange | st.sampled_from(['kitchen', 'bedroom'])
_OBJECTS = st.lists(
    strange | st.fixed_dictionaries({'label': strange}, optional={
        'confidence': numbers, 'position': _POINTS, 'extent': _POINTS,
    }),
    max_size=3,
)  # fmt: skip
_OBSERVATIONS: dict[str, st.SearchStrategy[Any]] = {
    'id': _IDS, 'stamp': numbers | strange, 'position': _POINTS, 'caption': captions,
    'objects': _OBJECTS, 'neighbors': st.lists(_IDS, max_size=3), 'yaw': numbers,
    'orientation': st.lists(numbers, min_size=4, max_size=4), 'map_id': strange,
    'frame_id': strange, 'source': strange,
}  # fmt: skip
_QUERIES: dict[str, st.SearchStrategy[Any]] = {
    'id': _IDS, 'text': questions, 'goal': _POINTS, 'goal_ids': st.lists(_IDS, max_size=2),
    'k': numbers, 'near': _POINTS, 'radius': numbers, 'now': numbers,
}  # fmt: skip
_ANCHORS = st.fixed_dictionaries(
    {
        'map_id': st.just('map'), 'names': st.lists(strange, max_size=2), 'position': _POINTS,
        'views': numbers, 'misses': numbers,
        'seen': st.lists(st.tuples(_IDS, numbers, strange).map(list), max_size=2),
    }
)  # fmt: skip
_BODIES: dict[str, st.SearchStrategy[Any]] = {
    'object_id': numbers, 'others': st.lists(numbers, max_size=2), 'name': strange,
    'position': _POINTS, 'radius_m': numbers, 'map_id': st.just('map') | strange,
    'since_ns': numbers, 'until_ns': numbers, 'question': questions, 'observation_id': _IDS,
    'object': _ANCHORS, 'others_at': st.lists(_ANCHORS, max_size=2), 'near': _IDS,
    'near_at': st.lists(numbers, min_size=4, max_size=4), 'observation': _IDS,
    'after': st.tuples(numbers, _IDS).map(list),
}  # fmt: skip
_KINDS = st.sampled_from([kind.value for kind in EditKind]) | strange


def _like(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects with some of these fields, a few of them of any kind."""
    kinds = {name: st.one_of(value, value, value, data) for name, value in fields.items()}
    return st.fixed_dictionaries({}, optional=kinds)


def _lines(items: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    one = (items | data).map(lambda item: json.dumps(item).encode())
    return mutated(st.lists(one, max_size=3).map(b'\n'.join)) | st.binary(max_size=60)


def _file(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def take(content: bytes) -> object:
        path.write_bytes(content)
        return read(path)

    return take


def doors(folder: Path) -> Iterator[Door]:
    """Yield the readers of files, and memories that take in what is read."""
    filled = SmallMemory(folder / 'filled.db')

    def observations(path: Path) -> None:
        found = list(read_observations(path, list[Rejected](), Identity()))
        fresh = {o.id: o for o in found if not filled.memory.known([o.id])}
        filled.add(list(fresh.values()))

    yield Door(
        name='imports/observations',
        inputs=_lines(_like(_OBSERVATIONS)),
        take=_file(folder / 'o.jsonl', observations),
        close=filled.close,
    )
    yield Door(
        name='imports/queries',
        inputs=_lines(_like(_QUERIES)),
        take=_file(folder / 'q.jsonl', lambda path: list(read_queries(path, list[Rejected]()))),
    )
    yield Door(
        name='imports/gml',
        inputs=mutated(_graphs().map(lambda text: text.encode('utf-8', 'replace'))),
        take=_file(folder / 'g.gml', lambda path: read_gml(path, list[Rejected]())),
    )
    corrected = SmallMemory(folder / 'corrected.db')
    told = st.fixed_dictionaries(
        {'kind': _KINDS, 'author': strange, 'stamp': numbers, 'body': _like(_BODIES)},
        optional={'undone': numbers, 'undone_by': strange},
    )

    def corrections(path: Path) -> None:
        rejected = list[Rejected]()
        if import_corrections(corrected.memory, path, rejected, Identity()):
            corrected.memory.corrections()
            corrected.memory.retrieve('the lamp')

    yield Door(
        name='imports/corrections',
        inputs=_lines(told.map(lambda one: {'correction': one})),
        take=_file(folder / 'c.jsonl', corrections),
        close=corrected.close,
    )
    told_to = SmallMemory(folder / 'told.db')
    edits = st.tuples(_KINDS, strange, _like({n: _BODIES[n] for n in _TOLD}))
    yield Door(
        name='corrections/told',
        inputs=edits,
        take=lambda drawn: _correct(told_to.memory, *drawn),
        close=told_to.close,
    )


_TOLD = ('object_id', 'others', 'name', 'position', 'map_id', 'question', 'observation_id')


def _correct(memory: Memory, kind: str, author: str, fields: dict[str, Any]) -> None:
    edit = Edit.of_body(kind, fields)
    if edit.kind is EditKind.FORGET:  # it would soon be empty
        return
    memory.correct_by(edit, author=author)
    memory.corrections()
    memory.retrieve('the lamp')


def _graphs() -> st.SearchStrategy[str]:
    value = (
        numbers.map(str) | strange.map('"{}"'.format) | st.just('[ x 1 y 2 z 3 ]') | strange
        | st.tuples(numbers, numbers).map('[ x {0[0]} y {0[1]} ]'.format)
    )  # fmt: skip
    names = ('position', 'label', 'caption', 'name', 'level', 'type', 'yaw', 'box3D')
    entry = st.tuples(st.sampled_from(names), value).map(' '.join)
    body = st.lists(entry, max_size=4).map('\n'.join)
    number = st.integers(0, 4) | numbers
    node = st.tuples(number, body).map('node [ id {0[0]} {0[1]} ]'.format)
    edge = st.tuples(number, number).map('edge [ source {0[0]} target {0[1]} ]'.format)
    radius = st.just('') | value.map('detection_radius {}'.format)
    parts = st.tuples(radius, st.lists(node | edge, max_size=5).map('\n'.join)).map('\n'.join)
    return parts.map('graph [ {} ]'.format) | strange
