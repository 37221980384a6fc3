"""Files of others: JSON Lines, GML graphs, and corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import captions, data, mostly, mutated, numbers, questions, strange
from memory_node.core.corrections.edit import Edit, EditKind
from memory_node.core.data import Observation, Pose, Sighting
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
    'position': _POINTS, 'radius_m': mostly(st.floats(0.1, 9.0), numbers),
    'map_id': mostly(st.just('map'), strange),
    'since_ns': numbers, 'until_ns': numbers, 'question': questions, 'observation_id': _IDS,
    'object': _ANCHORS, 'others_at': st.lists(_ANCHORS, max_size=2), 'near': _IDS,
    'near_at': st.lists(numbers, min_size=4, max_size=4), 'observation': _IDS,
    'after': st.tuples(numbers, _IDS).map(list),
}  # fmt: skip
_KINDS = mostly(st.sampled_from([kind.value for kind in EditKind]), strange)


def _like(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects with some of these fields, a few of them of any kind."""
    kinds = {name: mostly(value) for name, value in fields.items()}
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
    graphs = _graphs().map(lambda text: text.encode('ascii', 'xmlcharrefreplace'))
    yield Door(
        name='imports/gml',
        inputs=st.one_of(graphs, graphs, mutated(graphs)),
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
    number = st.integers(0, 16)
    usual = {**_BODIES, 'object_id': number, 'others': st.lists(number, max_size=2)}
    usual |= {'position': st.tuples(*[st.floats(-20, 20)] * 3).map(list), 'name': _NAMES}
    told_well = st.sampled_from(sorted(_TOLD)).flatmap(
        lambda kind: st.tuples(
            st.just(kind), _NAMES, st.fixed_dictionaries({n: usual[n] for n in _TOLD[kind]})
        )
    )
    told_badly = st.tuples(_KINDS, strange, _like({n: usual[n] for n in _ALL}))
    edits = mostly(told_well, told_badly)
    yield Door(
        name='corrections/told',
        inputs=edits,
        take=lambda drawn: _correct(told_to.memory, *drawn),
        close=told_to.close,
    )
    forgets, numbers_of = SmallMemory(folder / 'forgets.db'), count()

    def forget(told: dict[str, Any]) -> None:
        fields = dict(told)
        if forgets.memory.stats().observations < _FEW:
            forgets.add([_seen(next(numbers_of)) for _ in range(_FEW)])
        try:
            around = fields.pop('around', ())
            fields |= dict(zip(('position', 'radius_m'), around, strict=False))
            edit = Edit.of_body('forget', fields)
            forgets.memory.correct_by(edit, author='anna')
            forgets.memory.retrieve('the lamp')
        finally:
            forgets.acknowledged = forgets.memory.stats().observations

    yield Door(
        name='corrections/forgotten',
        inputs=_FORGOTTEN,
        take=forget,
        close=forgets.close,
        varied=(),
        share=0.3,
    )
    yield Door(
        name='corrections/undone',
        inputs=st.tuples(mostly(st.integers(0, 400), numbers | strange), _NAMES),
        take=lambda drawn: told_to.memory.undo(drawn[0], author=drawn[1]),
    )


_NAMES = mostly(st.sampled_from(['anna', 'lamp', 'kitchen', 'blue mug']), strange)
_ALL = ('object_id', 'others', 'name', 'position', 'map_id', 'question', 'observation_id')
_TOLD = {
    'move': ('object_id', 'position'),
    'relabel': ('object_id', 'name'),
    'name': ('object_id', 'name'),
    'merge': ('object_id', 'others'),
    'confirm': ('object_id',),
    'delete': ('object_id',),
    'split': ('object_id', 'position', 'name'),
    'place': ('name', 'position', 'radius_m'),
    'wrong': ('object_id', 'question'),
}
#: How a person says where and when to forget.
_FORGOTTEN = st.fixed_dictionaries(
    {},
    optional={
        'since_ns': st.integers(0, 9).map(lambda i: (1_700_000_000 + 50 * i) * 10**9),
        'until_ns': st.integers(0, 9).map(lambda i: (1_700_000_000 + 50 * i) * 10**9),
        'around': st.tuples(
            st.tuples(*[st.floats(-20, 20)] * 3).map(list), mostly(st.floats(0.1, 6.0), numbers)
        ),
        'map_id': mostly(st.just('map'), strange),
    },
)  # fmt: skip


#: Observations below which others come.
_FEW = 4


def _seen(number: int) -> Observation:
    return Observation(
        id=f'again{number}',
        stamp_ns=(1_700_000_000 + number % 400) * 10**9,
        pose=Pose(position=(float(number % 20), 0.0, 0.0)),
        caption='a hall with a lamp',
        sightings=(Sighting(label='lamp', position=(float(number % 20), 1.0, 0.5)),),
    )


def _correct(memory: Memory, kind: str, author: str, fields: dict[str, Any]) -> None:
    edit = Edit.of_body(kind, fields)
    if edit.kind is EditKind.FORGET:  # it would soon be empty
        return
    memory.correct_by(edit, author=author)
    memory.corrections()
    memory.retrieve('the lamp')


def _graphs() -> st.SearchStrategy[str]:
    plain = st.text('abc xyz,.', max_size=12).map('"{}"'.format)
    point = st.tuples(numbers, numbers).map('[ x {0[0]} y {0[1]} ]'.format)
    usual = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map('[ x {0[0]} y {0[1]} ]'.format)
    odd = point | numbers.map(str) | strange.map('"{}"'.format)
    value = st.one_of(plain, plain, usual, usual, odd)
    names = ('label', 'caption', 'name', 'level', 'type', 'yaw', 'box3D')
    entries = st.dictionaries(st.sampled_from(names), value, max_size=3).map(
        lambda some: '\n'.join(f'{name} {held}' for name, held in some.items())
    )
    node = st.tuples(st.one_of(usual, usual, usual, value), entries).map(
        'position {0[0]} {0[1]}'.format
    )
    nodes = st.lists(node, min_size=3, max_size=5).map(
        lambda some: '\n'.join(f'node [ id {i} {one} ]' for i, one in enumerate(some))
    )
    edges = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=2).map(
        lambda some: '\n'.join(f'edge [ source {a} target {b} ]' for a, b in some)
    )
    radius = st.sampled_from(['', 'detection_radius 4']) | value.map('detection_radius {}'.format)
    return st.tuples(radius, nodes, edges).map('\n'.join).map('graph [ {} ]'.format) | strange
