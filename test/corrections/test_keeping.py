"""Corrections on disk: earlier stores, damage, a killed process, copies and other formats."""

from __future__ import annotations

import json
from pathlib import Path
import shutil
import signal
import sqlite3
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.errors import StoreFormatError
from memory_node.core.store.check import check_store
from memory_node.core.store.salvage import Salvage
from memory_node.interchange.corrections import import_corrections
from memory_node.interchange.export import export_memory
from memory_node.interchange.jsonl import Identity, read_observations, Rejected

ROOT = Path(__file__).resolve().parents[2]


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(more.pop('dim', 64)), **more)


def fill(memory):
    memory.add_many(
        seen(f'{i}', (3.0 * i, 0, 0), stamp=i, objects={label: (3.0 * i, 1.0, 0.5)})
        for i, label in enumerate(('mug', 'chair', 'microwave', 'chair'))
    )
    memory.correct('move', object_id=0, position=(9.0, 2.0, 0.0), author='anna', stamp=5.0)
    memory.correct('relabel', object_id=2, name='printer', author='anna', stamp=6.0)
    memory.correct('merge', object_id=1, others=[3], author='anna', stamp=7.0)
    memory.correct('place', name='room 214', position=(0, 0, 0), author='bob', stamp=8.0)
    memory.undo(3, author='bob', stamp_ns=9 * 10**9)


def told(memory):
    things = sorted((t.label, t.views, tuple(t.position)) for t in memory.objects())
    records = memory.corrections()
    return things, [(c.kind, c.author, c.stamp_ns, c.summary, c.state) for c in records]


@pytest.fixture
def path(tmp_path):
    with opened(tmp_path / 'm.db') as memory:
        fill(memory)
    return tmp_path / 'm.db'


@pytest.mark.parametrize('version', [1, 2])
def test_stores_of_earlier_versions_get_the_table(tmp_path, version):
    path = tmp_path / 'old.db'
    shutil.copy(ROOT / 'test' / 'core' / 'golden' / f'format-{version}.db', path)
    with opened(path, dim=16, read_only=True) as memory:
        assert memory.corrections() == []
    with opened(path, dim=16) as memory:
        (oven,) = memory.objects('oven')
        memory.correct('name', object_id=oven.id, name='the old oven', author='anna')
    with opened(path, dim=16, read_only=True) as memory:
        assert memory.objects('oven')[0].label == 'the old oven'
    assert not check_store(path).problems


CHILD = """
import sys
sys.path[:0] = {paths!r}
from fakes import BagOfWordsEncoder
from memory_node import Memory
memory = Memory.open({path!r}, encoder=BagOfWordsEncoder())
for i in range(10_000):
    made = memory.correct('name', object_id=0, name=f'mug {{i}}', author='anna')
    print(made.id, flush=True)
"""


def test_what_was_acknowledged_is_there_after_a_kill(path):
    code = CHILD.format(paths=[str(ROOT), str(ROOT / 'test')], path=str(path))
    child = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    last = 0
    for line in child.stdout:
        last = int(line)
        if last >= 12:
            child.send_signal(signal.SIGKILL)
            break
    child.stdout.close()
    child.wait(30)
    assert not check_store(path).problems
    with opened(path) as memory:
        records = memory.corrections()
        assert [c.id for c in records] == list(range(1, len(records) + 1))
        assert len(records) >= last
        (mug,) = memory.objects('mug')
        assert mug.label == f'mug {len(records) - 5}'
        assert mug.position == pytest.approx((9.0, 2.0, 0.0))


@pytest.mark.parametrize(
    'damage',
    [
        "UPDATE correction SET author = 'eve' WHERE key = 2",
        "UPDATE correction SET body = replace(body, 'printer', 'toaster') WHERE key = 2",
        'UPDATE correction SET undone_ns = NULL WHERE key = 3',
        'DELETE FROM correction WHERE key = 4',
    ],
)
def test_damage_is_found_by_a_check_and_what_is_readable_is_saved(path, damage):
    assert not check_store(path).problems
    db = sqlite3.connect(path)
    db.execute(damage)
    db.commit()
    db.close()
    (problem,) = check_store(path, quick=True).problems
    assert 'correction' in problem
    with pytest.raises(StoreFormatError, match='correction'):
        opened(path).close()
    salvage = Salvage(path)
    assert len(salvage.corrections()) == 3
    assert salvage.losses.parts['correction'] == (0 if 'DELETE' in damage else 1)
    salvage.close()


def test_a_copy_holds_the_corrections(path, tmp_path):
    with opened(path) as memory:
        wanted = told(memory)
        memory.save(tmp_path / 'copy.db')
    with opened(tmp_path / 'copy.db') as memory:
        assert told(memory) == wanted


def imported(source, target, identity=None):
    rejected: list[Rejected] = []
    identity = identity or Identity()
    memory = opened(target)
    memory.add_many(read_observations(source, rejected, identity))
    count = import_corrections(memory, source, rejected, identity)
    return memory, count, rejected


def test_corrections_travel_in_json_lines(path, tmp_path):
    out = tmp_path / 'out.jsonl'
    with opened(path) as memory:
        wanted = told(memory)
        assert export_memory(memory, out, 'jsonl') == 8
    memory, count, rejected = imported(out, tmp_path / 'new.db')
    with memory:
        assert (count, rejected) == (4, [])
        assert told(memory) == wanted
        assert import_corrections(memory, out, rejected, Identity()) == 0  # they are known
        assert told(memory) == wanted


def test_corrections_follow_observations_that_get_other_ids_and_another_map(path, tmp_path):
    out = tmp_path / 'out.jsonl'
    with opened(path) as memory:
        wanted = told(memory)
        export_memory(memory, out, 'jsonl')
    identity = Identity(prefix='a-', map_id='upstairs')
    memory, count, rejected = imported(out, tmp_path / 'new.db', identity)
    with memory:
        assert (count, rejected) == (4, [])
        assert told(memory) == wanted


BODY = {
    'after': [4, '3'],
    'object_id': 0,
    'name': 'x',
    'object': {
        'map_id': 'map',
        'names': ['mug'],
        'position': [0, 1, 0.5],
        'views': 1,
        'misses': 0,
        'seen': [['0', 0, 'mug']],
    },
}


@pytest.mark.parametrize(
    'line',
    [
        {'correction': 5},
        {'correction': {}},
        {'correction': {'kind': 'fly', 'author': 'a', 'stamp': 1, 'body': BODY}},
        {'correction': {'kind': 'name', 'author': '', 'stamp': 1, 'body': BODY}},
        {'correction': {'kind': 'name', 'author': 'a', 'stamp': 1.5, 'body': BODY}},
        {'correction': {'kind': 'name', 'author': 'a', 'stamp': 2**70, 'body': BODY}},
        {'correction': {'kind': 'name', 'author': 'a', 'stamp': 1, 'body': {**BODY, 'name': ''}}},
        *(
            {
                'correction': {
                    'kind': 'name',
                    'author': 'a',
                    'stamp': 1,
                    'body': {**BODY, 'object': {**BODY['object'], **wrong}},
                }
            }
            for wrong in (
                {'names': []},
                {'names': ['a\x1b']},
                {'names': 5},
                {'seen': [['0', -1, 'mug']]},
                {'seen': [[]]},
                {'seen': 3},
                {'position': [1e300, 0, 0]},
                {'position': 'abc'},
                {'views': 'many'},
                {'views': -1},
            )
        ),
        *(
            {
                'correction': {
                    'kind': 'name',
                    'author': 'a',
                    'stamp': 1,
                    'body': {k: v for k, v in BODY.items() if k != left_out},
                }
            }
            for left_out in ('object', 'after')
        ),
    ],
)
def test_lines_that_are_no_corrections_are_refused_by_line(path, tmp_path, line):
    source = tmp_path / 'bad.jsonl'
    good = {'correction': {'kind': 'name', 'author': 'a', 'stamp': 1, 'body': BODY}}
    source.write_text('\n'.join(map(json.dumps, (line, good))))
    with opened(path) as memory:
        rejected: list[Rejected] = []
        assert import_corrections(memory, source, rejected, Identity()) == 1
        assert [r.line for r in rejected] == [1]
        assert memory.objects('x')[0].label == 'x'
