"""Bad files and bad places on disk, and what a crash leaves."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path
import shutil
import signal
import sqlite3
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_node import Memory
from memory_node.core.errors import (
    InvalidObservationError,
    StoreAccessError,
    StoreFormatError,
    StoreVersionError,
)
from memory_node.core.store.store import Store

ROOT = Path(__file__).resolve().parents[2]


def opened(path: Path, **more: object) -> Memory:
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


@pytest.fixture(scope='module')
def filled(tmp_path_factory):
    """Return the path of a closed store of 40 observations."""
    path = tmp_path_factory.mktemp('filled') / 'm.db'
    with opened(path) as memory:
        memory.add_many(
            seen(f'n{i}', (i, 0, 0), f'room {i} with a lamp', stamp=i, objects={'lamp': (i, 1, 1)})
            for i in range(40)
        )
        assert memory.wait_indexed(30.0)
    return path


@pytest.fixture
def copy(filled, tmp_path):
    shutil.copytree(filled.parent, tmp_path / 'copy')
    return tmp_path / 'copy' / 'm.db'


# ---- files that are no store -----------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(content=st.binary(min_size=1, max_size=2000), read_only=st.booleans())
def test_any_bytes_as_a_store_are_a_typed_error(tmp_path_factory, content, read_only):
    path = tmp_path_factory.mktemp('store') / 'm.db'
    path.write_bytes(content)
    with pytest.raises(StoreFormatError):
        opened(path, read_only=read_only)
    assert path.read_bytes() == content  # what is not ours is left as it is


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damage_anywhere_is_a_typed_error_or_does_no_harm(filled, tmp_path_factory, data):
    path = tmp_path_factory.mktemp('store') / 'm.db'
    content = bytearray(filled.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, 4096))
    content[at : at + length] = data.draw(st.binary(min_size=length, max_size=length))
    path.write_bytes(content)
    with suppress(StoreFormatError, StoreVersionError, StoreAccessError), opened(path) as memory:
        memory.retrieve('lamp')
        list(memory.observations())
        memory.add(seen('new', (1, 1, 0), 'a new lamp'))


@settings(deadline=None, max_examples=20)
@given(size=st.integers(1, 100_000))
def test_a_truncated_store_is_a_typed_error(filled, tmp_path_factory, size):
    path = tmp_path_factory.mktemp('store') / 'm.db'
    content = filled.read_bytes()
    path.write_bytes(content[: min(size, len(content) - 1)])

    def read() -> None:
        with opened(path) as memory:
            memory.retrieve('lamp')
            list(memory.observations())
            memory._mirror.store.verify()

    with pytest.raises(StoreFormatError):
        read()


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / 'other.db'
    with sqlite3.connect(path) as db:
        db.execute('CREATE TABLE t (x)')
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreFormatError, match='not a memory store'):
            opened(path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_newer_version_is_refused(copy):
    with sqlite3.connect(copy) as db:
        db.execute('PRAGMA user_version = 99')
    with pytest.raises(StoreVersionError, match='99'):
        opened(copy)


def test_verify_reads_everything(copy):
    Store(copy).verify()


# ---- places that can't be used ---------------------------------------------------------------


@pytest.mark.parametrize(
    'path', ['missing/m.db', '.', 'bad\0name', '/dev/null/m.db', '/proc/m.db']
)
def test_unusable_paths_are_typed_errors(tmp_path, path):
    for read_only in (False, True):
        with pytest.raises(StoreAccessError):
            opened(tmp_path / path, read_only=read_only)


def test_a_missing_store_is_not_made_by_reading(tmp_path):
    with pytest.raises(StoreAccessError, match='does not exist'):
        opened(tmp_path / 'm.db', read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_becomes_a_store(tmp_path):
    path = tmp_path / 'm.db'
    path.touch()
    with pytest.raises(StoreFormatError):
        opened(path, read_only=True)
    with opened(path) as memory:
        memory.add(seen('n'))
    with opened(path) as memory:
        assert memory.stats().observations == 1


def test_a_creation_that_was_cut_short_is_finished(tmp_path):
    path = tmp_path / 'm.db'
    db = sqlite3.connect(path)
    db.execute('PRAGMA journal_mode = WAL')
    db.close()
    with opened(path) as memory:
        memory.add(seen('n'))
        assert memory.stats().observations == 1


def test_reading_only_refuses_writing(copy):
    with opened(copy, read_only=True) as memory:
        assert memory.retrieve('lamp').places
        for write in (
            lambda: memory.add(seen('new')),
            lambda: memory.forget(['n1']),
            lambda: memory.save(),
        ):
            with pytest.raises(StoreAccessError, match='reading only'):
                write()


@pytest.mark.skipif(os.geteuid() != 0, reason='needs root to become somebody else')
def test_a_folder_without_permission(filled):
    """A user who may read but not write: reading works, writing is a typed error."""
    script = (
        'import os, sys; sys.path[:0] = sys.argv[2:]\n'
        'from fakes import BagOfWordsEncoder\n'
        'from memory_node import Memory\n'
        'from memory_node.core.errors import StoreAccessError\n'
        'import encodings.cp437, hnswlib, scipy.spatial, scipy.sparse.csgraph\n'
        'import memory_node.core.memory\n'
        'os.seteuid(65534)\n'
        'with Memory.open(sys.argv[1], encoder=BagOfWordsEncoder(), read_only=True) as m:\n'
        '    print(len(m.retrieve("lamp").places))\n'
        'try:\n'
        '    Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())\n'
        'except StoreAccessError as error:\n'
        '    print(error.name)\n'
    )
    folder = Path('/tmp') / f'memory-test-{os.getpid()}'
    shutil.copytree(filled.parent, folder)
    try:
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        answer = subprocess.run(
            [sys.executable, '-c', script, folder / 'm.db', ROOT, ROOT / 'test'],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    assert answer.stdout.split() == ['5', 'STORE_ACCESS'], answer.stderr


def test_a_full_disk_is_a_typed_error_and_loses_nothing(copy):
    with opened(copy) as memory:
        db = memory._mirror.store._db
        pages = db.execute('PRAGMA page_count').fetchone()[0]
        db.execute(f'PRAGMA max_page_count = {pages}')
        with pytest.raises(StoreAccessError, match='full'):
            memory.add_many(seen(f'big{i}', keyframe=bytes(10_000)) for i in range(50))
        assert memory.stats().observations == 40
        assert memory.known(['big0', 'n0']) == {'n0'}
        db.execute('PRAGMA max_page_count = 1000000')
        memory.add(seen('small'))
        assert memory.retrieve('small', 1).places[0].node_id == 'small'


# ---- the index beside it ---------------------------------------------------------------------


@pytest.mark.parametrize('damage', ['missing', 'header', 'graph', 'stale', 'folder'])
def test_a_bad_index_is_rebuilt_and_nothing_is_lost(copy, damage):
    graph, header = Path(f'{copy}.hnsw'), Path(f'{copy}.hnsw.json')
    if damage in ('missing', 'folder'):
        graph.unlink()
    if damage == 'folder':
        graph.mkdir()
    if damage == 'header':
        header.write_text('[1, 2')
    if damage == 'graph':
        graph.write_bytes(graph.read_bytes()[:-1] + b'x')
    if damage == 'stale':
        header.write_text(header.read_text().replace('"epoch": 0', '"epoch": 7'))
    with opened(copy) as memory:
        assert memory.wait_indexed(30.0)
        stats = memory.stats()
        assert (stats.observations, stats.indexed, stats.index_rebuilds) == (40, 40, 1)
        assert 'index' in stats.index_message
        assert memory.retrieve('room 17', 1).places[0].node_id == 'n17'
    if damage != 'folder':
        with opened(copy) as memory:
            assert memory.stats().index_rebuilds == 0


# ---- processes -------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_a_reader_follows(copy):
    with opened(copy) as writer:
        with pytest.raises(StoreAccessError, match='another process'):
            opened(copy)
        with opened(copy, read_only=True) as reader:
            writer.add(seen('new', (9.0, 9.0, 0.0), 'a purple piano', objects={'piano': None}))
            assert reader.retrieve('purple piano', 1).places[0].node_id == 'new'
            writer.forget(['new'])
            assert reader.stats().observations == 40
            assert reader.retrieve('purple piano', 1).places[0].node_id != 'new'
    with opened(copy):
        pass  # the lock is free again


_WRITER = """
import sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
print('ready', flush=True)
for batch in range(100000):
    memory.add_many(seen(f'{batch}-{i}', (i, batch, 0), f'shelf {batch}') for i in range(5))
    print(batch, flush=True)
"""


def test_kill_9_while_writing_loses_at_most_the_open_batch(tmp_path):
    path = tmp_path / 'm.db'
    process = subprocess.Popen(
        [sys.executable, '-c', _WRITER, path, ROOT, ROOT / 'test'],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline().strip() == 'ready'
        with pytest.raises(StoreAccessError):  # a second process may not write meanwhile
            opened(path)
        told = -1
        for line in lines:
            told = int(line)
            if told >= 30:
                process.send_signal(signal.SIGKILL)
                break
        told = max([told, *map(int, lines)])
    process.wait()
    with opened(path) as memory:
        count = memory.stats().observations
        assert count % 5 == 0
        assert count in (5 * (told + 1), 5 * (told + 2))
        memory._mirror.store.verify()
        assert memory.retrieve(f'shelf {told}', 1).places
        memory.add(seen('after'))


# ---- FTS5 and SQL ----------------------------------------------------------------------------


def test_sql_in_what_is_stored_is_only_text(tmp_path):
    nasty = "'); DROP TABLE observation; --"
    with opened(tmp_path / 'm.db') as memory:
        memory.add(seen(nasty, caption=nasty, objects={nasty: None}, map_id=nasty, source=nasty))
        assert memory.observation(nasty).caption == nasty
        assert memory.known([nasty, "' OR 1=1 --"]) == {nasty}
        assert memory.retrieve('x', map_id=nasty).places[0].node_id == nasty
        with pytest.raises(InvalidObservationError, match='already'):
            memory.add(seen(nasty))
