"""``memory compact``: what would go, and what went."""

from __future__ import annotations

import json
import shutil

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.cli import common, compact
from memory_node.cli.main import main


@pytest.fixture
def store(tmp_path, monkeypatch):
    for module in (common, compact):
        monkeypatch.setattr(module, 'SentenceEncoder', lambda model: BagOfWordsEncoder())
    path = tmp_path / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(f'n{i}', caption=f'view {i}', stamp=i, objects={'lamp': (1, 1, 1)},
                 keyframe=bytes([i]) * 2000)
            for i in range(200)
        )  # fmt: skip
    return path


def files(path):
    # A reader leaves an empty log behind, and -shm is shared memory of SQLite.
    found = {p.name: p.read_bytes() for p in path.parent.glob('m.db*')}
    return {n: data for n, data in found.items() if data and not n.endswith('-shm')}


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_names_what_would_leave_and_writes_nothing(store, capsys):
    before = files(store)
    command = ['compact', str(store), '--to-mb', '0.3', '--json']
    assert main([*command, '--dry-run']) == 0
    said = told(capsys)
    assert said['dry_run']
    assert said['pictures']
    assert files(store) == before
    assert main(command) == 0
    done = told(capsys)
    assert done['used_after'] <= 0.3 * 2**20
    assert done['file_after'] == store.stat().st_size <= 0.3 * 2**20
    assert set(said['pictures']) <= {*done['pictures'], *done['evicted'], *done['folded']}


def test_people_read_a_line_for_each_kind(store, capsys):
    assert main(['compact', str(store), '--to-mb', '0.3', '--eviction', 'fifo']) == 0
    said = capsys.readouterr().err
    assert 'pictures left, seen from 1970-01-01 00:00:00' in said
    assert 'MiB on the disk before' in said


def test_without_bytes_nothing_leaves_but_free_pages(store, capsys):
    killed = store.parent / 'killed' / store.name
    killed.parent.mkdir()
    with Memory.open(store, encoder=BagOfWordsEncoder()) as memory:
        memory.forget([f'n{i}' for i in range(150)])
        for end in ('', '-wal'):  # as a kill leaves them: closing gives free pages back
            shutil.copy(f'{store}{end}', f'{killed}{end}')
    before = killed.stat().st_size
    assert main(['compact', '--store', str(killed), '--json']) == 0
    done = told(capsys)
    assert (done['observations'], done['evicted']) == (50, [])
    assert killed.stat().st_size < before / 2


def test_what_cannot_be_reached_is_said(store, capsys):
    assert main(['compact', str(store), '--to-mb', '0.001']) == 1
    assert 'last view of an object or a place' in capsys.readouterr().err


@pytest.mark.parametrize('wrong', ['0', '-1', 'nan'])
def test_bytes_that_cannot_be_are_refused(store, capsys, wrong):
    assert main(['compact', str(store), '--to-mb', wrong]) == 1
    assert '--to-mb must be above 0 MiB' in capsys.readouterr().err


def test_a_memory_that_is_in_use_is_refused(store, capsys):
    with Memory.open(store, encoder=BagOfWordsEncoder()):
        assert main(['compact', str(store)]) == 1
        assert 'STORE_ACCESS' in capsys.readouterr().err
