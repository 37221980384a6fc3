"""What is told to be on the disk was forced to it: file first, then name, then folder."""

from __future__ import annotations

import os
from pathlib import Path
import threading

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.config import MemoryConfig, StoreConfig
from memory_node.core.store import durability


def opened(path, **store):
    config = MemoryConfig(store=StoreConfig(**store))
    return Memory.open(path, encoder=BagOfWordsEncoder(), config=config)


@pytest.mark.parametrize(('sync', 'level'), [('batch', 2), ('interval', 1), ('checkpoint', 1)])
def test_each_policy_is_handed_to_sqlite(tmp_path, sync, level):
    with opened(tmp_path / 'm.db', sync=sync) as memory:
        db = memory._mirror.store.connection
        assert db.execute('PRAGMA synchronous').fetchone() == (level,)


def test_the_log_is_synced_after_an_interval(tmp_path, monkeypatch):
    synced, came = [], threading.Event()

    def sync(path):
        synced.append(Path(path).name)
        came.set()

    monkeypatch.setattr(durability, 'sync_file', sync)
    with opened(tmp_path / 'm.db', sync='interval', sync_interval_s=0.01) as memory:
        came.clear()
        memory.add(seen('n'))
        assert came.wait(30.0)
    assert set(synced) == {'m.db-wal'}


def test_copies_and_derived_files_are_synced_before_they_get_their_name(tmp_path, monkeypatch):
    events: list[tuple[str, str]] = []
    named: set[str] = set()
    real_sync, real_replace = os.fsync, os.replace

    def sync(fd):
        events.append(('sync', os.readlink(f'/proc/self/fd/{fd}')))
        real_sync(fd)

    def replace(source, target):
        real_replace(source, target)
        events.append(('name', os.fspath(source)))
        named.add(os.fspath(target))

    with opened(tmp_path / 'm.db', sync='checkpoint') as memory:
        memory.add_many(seen(f'n{i}', (i, 0, 0), f'a lamp {i}') for i in range(20))
        assert memory.wait_areas(30.0)
        monkeypatch.setattr(os, 'fsync', sync)
        monkeypatch.setattr(os, 'replace', replace)
        memory.save(tmp_path / 'copy.db')
        monkeypatch.undo()
    synced = {path for kind, path in events if kind == 'sync'}
    for at, (kind, source) in enumerate(events):
        # What is derived has a name beside the copy first, and gets its own with the copy.
        if kind == 'name' and source not in named:
            assert ('sync', source) in events[:at]
    assert sum(kind == 'name' for kind, _ in events) >= 6
    assert str(tmp_path) in synced
    assert events[-1] == ('sync', str(tmp_path))
