"""One process writes and any number read, however they reach the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.config import MemoryConfig, RetrievalConfig
from memory_node.core.errors import RemovedError, StoreAccessError

ROOT = Path(__file__).resolve().parents[2]


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


def views(count):
    return [
        seen(f'n{i}', (i, 0, 0), f'room {i} with a lamp', stamp=i, objects={'lamp': (i, 1, 1)})
        for i in range(count)
    ]


@pytest.fixture
def path(tmp_path):
    with opened(tmp_path / 'm.db') as memory:
        memory.add_many(views(40))
    return tmp_path / 'm.db'


# ---- a second writer --------------------------------------------------------------------------

_TRIES = """
import sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder
from memory_node import Memory
from memory_node.core.config import MemoryConfig, RetrievalConfig
from memory_node.core.errors import StoreAccessError
try:
    Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
except StoreAccessError as error:
    print(error.name, 'being written' in str(error))
"""


def _another_process(path):
    answer = subprocess.run(
        [sys.executable, '-c', _TRIES, path, ROOT, ROOT / 'test'],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.split()


@pytest.mark.parametrize('way', ['symbolic link', 'hard link', 'no lock file'])
def test_a_second_writer_is_refused_however_it_comes(path, tmp_path, way):
    with opened(path) as writer:
        other = tmp_path / 'elsewhere' / 'other.db'
        other.parent.mkdir()
        if way == 'symbolic link':
            other.symlink_to(path)
        elif way == 'hard link':
            os.link(path, other)
        else:
            Path(f'{path}.lock').unlink()
            other = path
        with pytest.raises(StoreAccessError, match='being written'):
            opened(other)
        # Not even after a reader in this process has opened and closed the file.
        opened(path, read_only=True).close()
        assert _another_process(other) == ['STORE_ACCESS', 'True']
        writer.add(seen('n'))
    with opened(path) as memory:
        assert memory.stats().observations == 41


def test_a_link_to_a_store_is_the_store_with_all_its_files(path, tmp_path):
    link = tmp_path / 'elsewhere' / 'link.db'
    link.parent.mkdir()
    link.symlink_to(path)
    with opened(link) as memory:
        memory.add(seen('n'))
        assert memory.stats().index_rebuilds == 0
    assert [p.name for p in link.parent.iterdir()] == ['link.db']


# ---- readers beside a writer ------------------------------------------------------------------

_BUSY = """
import sys, time; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
print('ready', flush=True)
for i in range(100000):
    memory.add(seen(f'b{i}', (i % 9, 1, 0), f'a busy shelf {i}', objects={f'box{i % 50}': None}))
    time.sleep(0.015)  # some 58 a second, as a robot with everything on does at most
    if i % 50 == 49:
        memory.forget([f'b{i - 20}'])
"""


@pytest.fixture
def busy(path):
    """Have another process add and forget."""
    process = subprocess.Popen(
        [sys.executable, '-c', _BUSY, path, ROOT, ROOT / 'test'], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().strip() == 'ready'
        yield
        process.kill()
    process.wait()


def test_every_opening_and_every_question_beside_a_busy_writer_is_answered(path, busy):
    counts, impatient = set(), MemoryConfig(retrieval=RetrievalConfig(patience_s=0.2))
    for _ in range(8):
        with opened(path, read_only=True, config=impatient) as memory:
            assert memory.retrieve('a shelf or a lamp', 20).places
            assert len(memory.objects('lamp')) == 40
            assert len(list(memory.observations())) >= 40
            counts.add(memory.stats().observations)
    assert min(counts) >= 40
    assert len(counts) > 1  # it was busy


def test_a_reader_in_the_middle_of_a_request_does_not_hold_up_a_save(path):
    log = Path(f'{path}-wal')
    with opened(path) as writer, opened(path, read_only=True) as reader:
        with reader._mirror.pinned():
            writer.add(seen('new'))
            writer._mirror.store.connection.execute('PRAGMA busy_timeout = 3600000')
            writer.save()
            assert log.stat().st_size > 0  # the reader needs it
            assert reader.known(['new']) == set()
        assert reader.known(['new']) == {'new'}
        writer.save()
        assert log.stat().st_size == 0


def test_what_was_removed_meanwhile_is_said_to_be(path):
    with opened(path) as writer, opened(path, read_only=True) as reader:
        keys = reader.snapshot().keys
        writer.forget(['n3'])
        for memory in (reader, writer):
            with pytest.raises(RemovedError, match='removed meanwhile'):
                memory._mirror.captions(keys)


def test_questions_are_answered_while_the_same_process_forgets(path):
    impatient = MemoryConfig(retrieval=RetrievalConfig(patience_s=0.05))
    with opened(path, config=impatient) as memory, ThreadPoolExecutor(1) as pool:

        def churn():
            for i in range(60):
                memory.add(seen(f'c{i}', (i % 9, 1, 0), f'a passing shelf {i}'))
                memory.forget([f'c{i}'])

        going = pool.submit(churn)
        asked = 0
        while not going.done() or not asked:
            assert memory.retrieve('a shelf or a lamp', 20).places
            assert memory.describe().text
            asked += 1
        going.result()
        assert memory.stats().observations == 40


def test_a_closed_memory_says_that_it_is_closed(path):
    memory = opened(path)
    memory.close()
    with pytest.raises(StoreAccessError, match='closed'):
        memory._mirror.store.captions(memory._mirror._columns.snapshot().keys)
