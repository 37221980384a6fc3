"""No file, no thread: what is stored is stored, what is refused says so, and it ends by itself."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys
import threading

from fakes import BagOfWordsEncoder, seen

from memory_node import Memory
from memory_node.core.store.check import check_store

ROOT = Path(__file__).resolve().parents[2]

_NO_FILES = """
import resource, sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
from memory_node.core.errors import MemoryNodeError
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
memory.add(seen('early', (1, 0, 0), 'a kettle', objects={'kettle': (1, 0, 1)}))
hogs = []
try:
    while True:
        hogs.append(open('/dev/null'))
except OSError:
    pass
steps = {
    'add': lambda: memory.add(seen('late', (2, 0, 0), 'a lamp', objects={'lamp': (2, 0, 1)})),
    'ask': lambda: memory.ask('where is the kettle?'),
    'retrieve': lambda: memory.retrieve('kettle'),
    'describe': lambda: memory.describe(),
    'save': lambda: memory.save(),
    'copy': lambda: memory.save(sys.argv[1] + '.copy'),
}
for name, step in steps.items():
    try:
        step()
        print(name, 'worked')
    except MemoryNodeError as error:
        print(name, error.name)
for hog in hogs:
    hog.close()
assert memory.ask('where is the kettle?').known
assert memory.retrieve('lamp').found
memory.save(sys.argv[1] + '.copy')
memory.close()
"""


def test_a_process_without_files_to_open_answers_with_typed_errors_and_recovers(tmp_path):
    path = tmp_path / 'm.sqlite'
    command = [sys.executable, '-c', _NO_FILES, path, ROOT, ROOT / 'test']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told['add'] == 'worked'
    assert set(told.values()) <= {'worked', 'STORE_ACCESS'}
    assert told['ask'] == told['save'] == told['copy'] == 'STORE_ACCESS'
    for whole in (path, Path(f'{path}.copy')):
        report = check_store(whole)
        assert (report.observations, report.problems) == (2, [])


def test_a_machine_that_gives_no_threads_stores_all_the_same(tmp_path, caplog):
    path = tmp_path / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        before = threading.stack_size(1 << 46)  # no machine has room for such a thread
        try:
            for i in range(3):
                memory.add(seen(f'n{i}', (i, 0, 0), 'a lamp', objects={'lamp': (i, 0, 1)}))
            assert memory.retrieve('lamp').found
        finally:
            threading.stack_size(before)
        assert sum('could not be started' in m for m in caplog.messages) <= 6  # once a worker
        assert any('memory-indexer could not be started' in m for m in caplog.messages)
        memory.add(seen('n3', (3, 0, 0), 'a sofa', objects={'sofa': (3, 0, 1)}))
        assert memory.wait_indexed(30.0)
        assert memory.wait_areas(30.0)
        assert memory.stats().indexed == 4
    assert not check_store(path).problems
