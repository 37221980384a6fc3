"""Stores in odd places, on disks that stop taking writes, at a clock that begins in 1970."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path
import socket
import subprocess
import sys

from fakes import BagOfWordsEncoder, seen
import pytest
from small_disks import small_disk

from memory_node import Memory
from memory_node.core.config import MemoryConfig, PrivacyConfig
from memory_node.core.config.paths import own_folder, user_path
from memory_node.core.errors import InvalidObservationError, MemoryNodeError, StoreAccessError
from memory_node.core.language.affordances import load_packs
from memory_node.core.store.check import check_store

#: A moment of the time that the rest of the world is in [s].
NOW_S = 1_790_000_000


def opened(path, *, read_only=False, retention_h=0.0):
    config = MemoryConfig(privacy=PrivacyConfig(retention_h=retention_h))
    return Memory.open(path, encoder=BagOfWordsEncoder(), read_only=read_only, config=config)


def lamps(start, count):
    return [
        seen(f'n{i}', (i % 9, 0, 0), f'a lamp {i}', stamp=i, objects={'lamp': (i % 9, 1, 1)})
        for i in range(start, start + count)
    ]


@pytest.mark.parametrize(
    'name',
    [
        *('a b.sqlite', 'ü厨🚪.sqlite', 'q?mode=ro&x#y%20.sqlite', 'quote\'".sqlite'),
        *('new\nline', ':memory:', '-dash', '.hidden', 'file:x'),
    ],
)
def test_a_store_may_be_called_anything(tmp_path, name):
    path = tmp_path / name
    for there in (0, 2):
        with opened(path) as memory:
            assert memory.stats().observations == there
            memory.add_many(lamps(there, 2))
            memory.save()
    with opened(path, read_only=True) as reader:
        assert reader.retrieve('lamp').found
    assert not check_store(path).problems
    assert {p.name.removeprefix(name) for p in tmp_path.iterdir()} >= {'', '.lock', '.hnsw'}


def test_a_store_behind_a_link_has_all_its_files_beside_it(tmp_path):
    (tmp_path / 'real ü').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'real ü')
    (tmp_path / 'm.sqlite').symlink_to(tmp_path / 'link' / 'there.sqlite')
    with opened(tmp_path / 'm.sqlite') as memory:
        memory.add_many(lamps(0, 3))
    assert {p.name for p in tmp_path.iterdir()} == {'real ü', 'link', 'm.sqlite'}
    with opened(tmp_path / 'real ü' / 'there.sqlite') as memory:
        assert memory.stats().observations == 3


@pytest.mark.parametrize('read_only', [True, False])
def test_what_can_be_no_store_is_refused_and_nothing_is_put_beside_it(tmp_path, read_only):
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
    (tmp_path / 'device').symlink_to('/dev/null')
    os.mkfifo(tmp_path / 'pipe')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / 'socket'))
        before = {p.name for p in tmp_path.iterdir()}
        for name in ('folder', 'loop', 'device', 'pipe', 'socket', 'x' * 300, 'no/such/m.sqlite'):
            with pytest.raises(StoreAccessError, match=name[:40]):
                opened(tmp_path / name, read_only=read_only)
    assert {p.name for p in tmp_path.iterdir()} == before
    assert not list(Path('/dev').glob('null?*'))


def test_a_home_that_is_not_there_is_told_by_the_path_that_wants_it(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='~nobody_of_that_name/x'):
        user_path('~nobody_of_that_name/x')
    packs = load_packs(['~nobody_of_that_name/p.jsonl', 'nul\0.jsonl'])
    assert len(packs.problems) == 2
    config = MemoryConfig()
    object.__setattr__(config.language, 'rooms_path', '~nobody_of_that_name/r.yaml')
    with pytest.raises(StoreAccessError, match=r'language\.rooms_path ~nobody_of_that_name'):
        Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder(), config=config)
    monkeypatch.setenv('XDG_CACHE_HOME', '~nobody_of_that_name')
    assert own_folder('XDG_CACHE_HOME', '.cache') is None
    with opened(tmp_path / 'm.db') as memory:  # only what is cached is made again each time
        memory.add_many(lamps(0, 2))
        assert memory.retrieve('lamp').found


def test_a_disk_that_is_read_only_is_asked_and_refuses_to_be_written(tmp_path):
    with small_disk(tmp_path / 'disk', '128m') as disk:
        path = disk / 'm.sqlite'
        with opened(path) as memory:
            memory.add_many(lamps(0, 20))
        mount = ['mount', '-o', 'remount,ro', str(disk)]
        assert subprocess.run(mount, capture_output=True).returncode == 0
        with pytest.raises(StoreAccessError, match=r'm\.sqlite'):
            opened(path)
        with pytest.raises(StoreAccessError, match=r'new\.sqlite'):
            opened(disk / 'new.sqlite')
        with opened(path, read_only=True) as reader:
            assert reader.retrieve('lamp').found
        assert not check_store(path).problems


@pytest.mark.parametrize('mishap', ['removed', 'renamed', 'replaced'])
def test_a_store_that_is_taken_away_while_it_is_in_use_stores_nothing_and_says_so(
    tmp_path, mishap
):
    path, away, other = tmp_path / 'm.sqlite', tmp_path / 'away', tmp_path / 'other.sqlite'
    with opened(other) as memory:
        memory.add_many(lamps(50, 3))
    with opened(path) as memory:
        memory.add_many(lamps(0, 10))
        memory.save()
        if mishap == 'renamed':
            path.rename(away)
        else:
            os.link(path, away)
            path.unlink()
        if mishap == 'replaced':
            other.rename(path)
        for write in (
            lambda: memory.add_many(lamps(10, 2)),
            lambda: memory.forget(['n0']),
            lambda: memory.correct('name', author='a', object_id=0, name='x'),
            memory.save,
        ):
            with pytest.raises(StoreAccessError, match='removed, renamed or replaced'):
                write()
        assert memory.retrieve('lamp').found
        assert memory.stats().observations == 10
        if mishap != 'replaced':
            away.replace(path)
            memory.add_many(lamps(10, 2))
            memory.save()
    with opened(path) as memory:
        assert memory.stats().observations == (3 if mishap == 'replaced' else 12)
    if mishap == 'replaced':
        with opened(away) as memory:
            assert memory.stats().observations == 10
    assert not check_store(path).problems


REFUSING = """
import resource, sys
from test_odd_places import lamps, opened
from memory_node.core.errors import StoreAccessError
with opened(sys.argv[1]) as memory:
    memory.add_many(lamps(0, 20))
    memory.save()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, resource.RLIM_INFINITY))
    refused, stored = 0, 20
    while refused < 5:
        try:
            memory.add_many(lamps(stored, 5))
            stored += 5
        except StoreAccessError as error:
            refused += 1
        if refused:
            assert memory.retrieve('lamp').found
            try:
                memory.save()
            except StoreAccessError:
                pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert memory.stats().observations == stored
    memory.add_many(lamps(stored, 5))
    memory.save()
    assert memory.wait_areas(60.0)
    print(stored + 5, flush=True)
"""


def test_a_disk_that_stops_taking_writes_and_takes_them_again_loses_nothing(tmp_path):
    folder = Path(__file__).parent
    environment = {**os.environ, 'PYTHONPATH': f'{folder}:{folder.parent}:{folder.parents[1]}'}
    done = subprocess.run(
        [sys.executable, '-c', REFUSING, tmp_path / 'm.sqlite'],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with opened(tmp_path / 'm.sqlite') as memory:
        assert memory.stats().observations == int(done.stdout)
    assert not check_store(tmp_path / 'm.sqlite').problems


def test_a_clock_that_begins_in_1970_stores_answers_and_forgets_nothing_before_its_time(tmp_path):
    with opened(tmp_path / 'm.sqlite', retention_h=1.0) as memory:
        memory.add_many(lamps(0, 10))  # stamps from 0 s on
        assert memory.forget_old(now=0.0) == 0
        for text in ('where is the lamp?', 'where was the lamp yesterday?', 'a lamp this morning'):
            with suppress(MemoryNodeError):
                memory.ask(text, now=0.0)
        assert memory.retrieve('lamp', now=0.0).found
        with pytest.raises(InvalidObservationError, match='stamp_ns'):
            memory.add(seen('before', (0, 0, 0), 'a lamp', stamp=-1))
        late = seen('late', (1, 0, 0), 'a sofa', stamp=NOW_S, objects={'sofa': (1, 1, 1)})
        memory.add(late)  # the clock was set
        assert memory.ask('where is the sofa?', now=5.0).known  # and set back: seen in the future
        assert memory.forget_old(now=5.0) == 0
        assert memory.forget_old(now=float(NOW_S)) == 10
        memory.save()
        assert [o.id for o in memory.observations()] == ['late']
    assert not check_store(tmp_path / 'm.sqlite').problems


def test_begun_and_ended_again_at_once_a_memory_is_whole(tmp_path):
    path = tmp_path / 'm.sqlite'
    for i in range(12):
        with opened(path) as memory:
            assert memory.stats().observations == i
            memory.add_many(lamps(i, 1))
    assert not check_store(path).problems
