"""A copy takes the place of a store whole: no log and no derived file of the other is taken up."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import threading

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.errors import StoreAccessError, StoreFormatError

ROOT = Path(__file__).resolve().parents[2]
DERIVED = ('.hnsw', '.hnsw.json', '.objects', '.rooms', '.forest')

_KILLED = """
import os, signal, sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
for i in range(20):
    memory.add(seen(f'killed-{i}', (i, 0, 0), f'a broken shelf {i}'))
os.kill(os.getpid(), signal.SIGKILL)
"""


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


def drive(first, count, name='n', y=0.0):
    return [
        seen(f'{name}{i}', (i, y, 0.0), f'{name} room {i}', stamp=i, objects={'lamp': (i, y, 1.0)})
        for i in range(first, first + count)
    ]


def made(path, observations):
    with opened(path) as memory:
        memory.add_many(observations)
        assert memory.wait_indexed(30.0)
        assert memory.wait_areas(30.0)
    return path


@pytest.fixture(scope='module')
def stores(tmp_path_factory):
    """Make a store of 30 observations, and one more whose writer was killed after 20 more."""
    folder = tmp_path_factory.mktemp('stores')
    good = made(folder / 'good.db', drive(0, 30))
    for part in folder.glob('good.db*'):
        shutil.copy(part, folder / part.name.replace('good', 'killed'))
    command = [sys.executable, '-c', _KILLED, folder / 'killed.db', ROOT, ROOT / 'test']
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert Path(f'{folder / "killed.db"}-wal').stat().st_size > 0
    other = made(folder / 'other.db', drive(0, 50, 'o'))
    return {'good': good, 'killed': folder / 'killed.db', 'other': other}


@pytest.fixture
def copy_of(stores, tmp_path):
    """Copy all files of one of the stores into the folder of the test."""

    def copy(name, target):
        for part in stores[name].parent.glob(f'{name}.db*'):
            shutil.copy(part, tmp_path / part.name.replace(f'{name}.db', target))
        return tmp_path / target

    return copy


def ids(path, **more):
    with opened(path, **more) as memory:
        memory._mirror.store.verify()
        return [o.id for o in memory.observations()]


def test_a_saved_copy_put_over_a_killed_store_is_what_is_read_then(copy_of):
    target = copy_of('killed', 'x.db')
    with opened(copy_of('other', 'other.db')) as memory:
        memory.save(target, overwrite=True)
    assert ids(target, read_only=True) == [f'o{i}' for i in range(50)]
    assert ids(target) == [f'o{i}' for i in range(50)]


def test_a_plain_copy_put_over_a_killed_store_wins_and_the_log_is_kept(copy_of, stores, tmp_path):
    target = copy_of('killed', 'x.db')
    shutil.copy(stores['other'], target)
    with pytest.raises(StoreFormatError, match='belongs to another file'):
        opened(target, read_only=True)
    assert ids(target) == [f'o{i}' for i in range(50)]
    assert len(list(tmp_path.glob('x.db-wal.*.old'))) == 1


def test_an_older_copy_of_the_same_store_is_never_mixed_with_a_later_log(copy_of, tmp_path):
    path = copy_of('killed', 'x.db')
    assert len(ids(path)) == 50  # what was logged is in the file now
    with opened(path) as memory:
        memory.add_many(drive(60, 5))
        log = Path(f'{path}-wal').read_bytes()
        shutil.copy(f'{path}.lock', tmp_path / 'lock')
    shutil.copy(copy_of('good', 'good.db'), path)
    Path(f'{path}-wal').write_bytes(log)
    shutil.copy(tmp_path / 'lock', f'{path}.lock')
    assert ids(path) == [f'n{i}' for i in range(30)]


def test_a_killed_store_loses_nothing_by_itself(copy_of):
    assert len(ids(copy_of('killed', 'moved.db'))) == 50  # with the log that belongs to it


def test_a_copy_is_of_its_own_identity_and_opens_with_all_that_is_derived(copy_of, tmp_path):
    with opened(copy_of('good', 'm.db')) as memory:
        memory.save(tmp_path / 'copy.db')
        identity = memory._mirror.store.uuid
    assert {p.name.removeprefix('copy.db') for p in tmp_path.glob('copy.db*')} >= set(DERIVED)
    with opened(tmp_path / 'copy.db') as memory:
        assert memory._mirror.store.uuid != identity
        assert memory.wait_areas(30.0)
        stats = memory.stats()
        assert (stats.index_rebuilds, stats.objects_message, memory.areas.message) == (0, '', '')


def test_a_copy_that_cannot_be_finished_leaves_what_was_there(copy_of, tmp_path, monkeypatch):
    target = copy_of('killed', 'x.db')
    with opened(copy_of('good', 'good.db')) as memory:
        real = os.replace

        def fails(source, aim):
            if Path(aim) == target:
                raise OSError(28, 'No space left on device')
            real(source, aim)

        monkeypatch.setattr(os, 'replace', fails)
        with pytest.raises(StoreAccessError, match='No space'):
            memory.save(target, overwrite=True)
        monkeypatch.undo()
    assert len(ids(target)) == 50
    assert not list(tmp_path.glob('*.tmp*'))


def test_a_copy_is_not_put_over_a_store_that_is_being_written(copy_of, tmp_path):
    with opened(copy_of('good', 'a.db')) as a, opened(copy_of('other', 'b.db')) as b:
        with pytest.raises(StoreAccessError, match='being written'):
            a.save(tmp_path / 'b.db', overwrite=True)
        assert b.stats().observations == 50


@pytest.mark.parametrize('content', [b'', b'my thesis', b'SQLite format 3\0' + bytes(4096)])
def test_what_is_no_memory_is_never_overwritten(copy_of, tmp_path, content):
    target = tmp_path / 'thesis.txt'
    target.write_bytes(content)
    with opened(copy_of('good', 'good.db')) as memory:
        with pytest.raises(StoreAccessError, match='is no memory'):
            memory.save(target, overwrite=True)
        for end in ('-wal', '.hnsw', '.lock', '.forest'):
            with pytest.raises(StoreAccessError, match='belongs to the open store'):
                memory.save(tmp_path / f'good.db{end}', overwrite=True)
    assert target.read_bytes() == content
    assert len(ids(tmp_path / 'good.db')) == 30


@pytest.mark.parametrize('forgetting', [False, True])
def test_derived_files_of_another_content_are_made_again(copy_of, tmp_path, forgetting):
    """An older copy is restored and goes on: as many rows, the same keys, other content."""
    path, older = copy_of('good', 'm.db'), tmp_path / 'older.db'
    shutil.copy(path, older)
    with opened(path) as memory:
        if forgetting:
            memory.forget(['n3'])
        memory.add_many(drive(40, 30, 'first', y=5.0))
        memory.save()  # what was forgotten leaves the files, and they are filled anew
        assert memory.wait_indexed(30.0)
        assert memory.wait_areas(30.0)
    kept = {end: Path(f'{path}{end}').read_bytes() for end in DERIVED}
    shutil.copy(older, path)
    with opened(path) as memory:
        if forgetting:
            memory.forget(['n7'])
        memory.add_many(drive(40, 30, 'second', y=50.0))
    for end, data in kept.items():
        Path(f'{path}{end}').write_bytes(data)
    with opened(path) as memory:
        assert memory.stats().index_rebuilds == 1
        assert 'other observations' in memory.stats().objects_message
        assert memory.wait_indexed(30.0)
        assert memory.wait_areas(30.0)
        assert 'growing the forest again' in memory.areas.message
        snapshot = memory.snapshot()
        for row, key in enumerate(snapshot.keys.tolist()):
            found, _ = memory._parts.indexer.index.search(np.float32(snapshot.vectors[row]), 1)
            assert found[0] == key
            leaves = memory.areas.forest.leaves
            slot = leaves.slot(key)
            assert leaves.positions[slot].tolist() == snapshot.positions[row].tolist()
        assert memory.objects('lamp')[-1].position[1] in (0.0, 50.0)


_KILLED_SAVING = """
import os, signal, sys; sys.path[:0] = sys.argv[4:]
from fakes import BagOfWordsEncoder
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
replace, left = os.replace, [int(sys.argv[3])]
def counted(*names):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
os.replace = counted
memory.save(sys.argv[2], overwrite=True)
"""


@pytest.mark.parametrize('renames', [1, 6, 8])
def test_a_save_that_is_killed_leaves_the_old_copy_or_the_new_one(copy_of, tmp_path, renames):
    source, target = copy_of('good', 'good.db'), copy_of('other', 'x.db')
    arguments = [source, target, str(renames), ROOT, ROOT / 'test']
    done = subprocess.run([sys.executable, '-c', _KILLED_SAVING, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert ids(target) in ([f'n{i}' for i in range(30)], [f'o{i}' for i in range(50)])
    with opened(source) as memory:
        memory.save(target, overwrite=True)
    assert ids(target) == [f'n{i}' for i in range(30)]


def test_copies_while_observations_come_hold_all_that_was_acknowledged(copy_of, tmp_path):
    acknowledged: list[str] = []
    done = threading.Event()

    def ingest(memory):
        for i in range(5000):
            if done.is_set():
                return
            memory.add(seen(f'live{i}', (i % 50, 3.0, 0.0), f'a shelf {i}', stamp=100 + i))
            acknowledged.append(f'live{i}')

    with opened(copy_of('good', 'good.db')) as memory:
        writer = threading.Thread(target=ingest, args=(memory,))
        writer.start()
        held = []
        for n in range(4):
            before = len(acknowledged)
            memory.save(tmp_path / f'copy{n}.db')
            held.append((before, len(acknowledged) + 1))
        done.set()
        writer.join()
        assert memory.stats().observations == 30 + len(acknowledged)
    for n, (before, after) in enumerate(held):
        live = ids(tmp_path / f'copy{n}.db')[30:]
        assert live == [f'live{i}' for i in range(len(live))]
        assert before <= len(live) <= after
    assert held[-1][0] > 0
