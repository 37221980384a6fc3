"""Every command but ``import`` works beside the process that writes, and changes no file."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.cli import check, common
from memory_node.cli.main import main
from memory_node.core.store.check import check_store


@pytest.fixture(autouse=True)
def _quick_encoder(monkeypatch):
    for module in (common, check):
        monkeypatch.setattr(module, 'SentenceEncoder', lambda model: BagOfWordsEncoder())


@pytest.fixture
def writer(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(f'n{i}', (i, 0, 0), f'a lamp {i}', stamp=i, objects={'lamp': (i, 1, 1)})
            for i in range(20)
        )
        assert memory.wait_areas(30.0)
        memory.save()
        yield memory


def files(folder):
    # -shm is shared memory of SQLite: readers mark there how far they read.
    return {p.name: p.read_bytes() for p in folder.glob('m.db*') if not p.name.endswith('-shm')}


@pytest.mark.parametrize(
    'command',
    [
        ('query', 'a lamp'),
        ('ask', 'is there a lamp?'),
        ('find', 'a lamp'),
        ('describe',),
        ('objects', 'lamp'),
        ('stats',),
        ('check',),
        ('check', '--quick'),
        ('export', 'out.jsonl'),
        ('export', 'out.graphml'),
        ('export', 'out.json'),
    ],
)
def test_a_command_reads_beside_a_writer_and_writes_nothing(
    writer, tmp_path, capsys, command, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    assert main([*command, '--store', str(tmp_path / 'm.db'), '--json']) == 0
    assert all(json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert files(tmp_path) == before
    writer.add(seen('more'))


def test_importing_beside_a_writer_is_refused(writer, tmp_path, capsys):
    file = tmp_path / 'x.jsonl'
    file.write_text('{"id": "x", "caption": "c", "position": [0, 0, 0]}\n')
    assert main(['import', str(file), '--store', str(tmp_path / 'm.db')]) == 1
    assert 'STORE_ACCESS' in capsys.readouterr().err


def test_check_and_repair_of_a_damaged_store(writer, tmp_path, capsys):
    writer.save(tmp_path / 'copy.db')
    copy = tmp_path / 'copy.db'
    content = bytearray(copy.read_bytes())
    page = content.find(b'a lamp 7') // 4096
    content[page * 4096 : (page + 1) * 4096] = bytes(4096)
    copy.write_bytes(content)
    assert main(['check', str(copy)]) == 1
    assert 'memory repair' in capsys.readouterr().err
    assert main(['repair', str(copy), '--json']) == 1
    report = json.loads(capsys.readouterr().out)
    assert report['kept'] + report['lost'] == 20
    assert report['lost'] > 0
    assert copy.read_bytes() == content
    assert main(['check', f'{copy}.repaired']) == 0


def test_a_repair_that_is_killed_leaves_no_half_of_a_memory(writer, tmp_path):
    writer.save(tmp_path / 'copy.db')
    target = tmp_path / 'copy.db.repaired'
    command = [sys.executable, '-m', 'memory_node.cli.main', 'repair', str(tmp_path / 'copy.db')]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not list(tmp_path.glob('copy.db.repaired.*/store')):
            time.sleep(0.005)
        process.kill()
    assert not target.exists()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = check_store(target)
    assert (report.observations, report.problems) == (20, [])
    assert len(list(tmp_path.glob('copy.db.repaired.*/store'))) == 1  # of the one that was killed
