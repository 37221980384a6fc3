"""A memory keeps within its bytes: the file gets smaller, and answers stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import os
from pathlib import Path
import sqlite3
import subprocess
import sys
import time

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.config import MemoryConfig, StoreConfig
from memory_node.core.errors import EmptyMemoryError, InvalidQueryError
from memory_node.core.eviction.fifo import OldestFirst
from memory_node.core.store.check import check_store

MIB = 1 << 20
PATIENCE_S = 300.0


def rounds(count: int, *, picture: int = 0):
    """Drive ``count`` rounds past a lamp, a sofa and, in the first round only, a violin."""
    things = {'lamp': (2.0, 2.0, 1.0), 'sofa': (8.0, 2.0, 0.5)}
    for turn in range(count):
        for i in range(10):
            near = {n: p for n, p in things.items() if abs(p[0] - i) < 3}
            if turn == 0 and i == 5:
                near['violin'] = (5.0, 3.0, 1.0)
            yield seen(
                f't{turn:03}-{i}', (float(i), 0.0, 0.0), f'round {turn}', objects=near,
                stamp=turn * 100.0 + i, yaw=1.5, keyframe=os.urandom(picture),
            )  # fmt: skip


def opened(path: Path, **store) -> Memory:
    config = MemoryConfig(store=StoreConfig(**store))
    return Memory.open(path, encoder=BagOfWordsEncoder(), config=config)


def on_disk(path: Path) -> int:
    return sum(p.stat().st_size for p in path.parent.glob(f'{path.name}*') if p.suffix != '.lock')


def contains(path: Path, data: bytes) -> bool:
    return any(data in p.read_bytes() for p in path.parent.glob(f'{path.name}*'))


def test_bytes_are_gone_from_the_disk_with_pictures_vectors_and_words(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(rounds(16, picture=2000))
        memory.wait_areas()
        memory.wait_indexed()
        first = memory.observation('t000-0')
    before = path.stat().st_size, on_disk(path)
    vector = first.embedding.astype('<f4').tobytes()
    assert contains(path, first.keyframe[:200])
    assert contains(path, vector)
    with opened(path) as memory:
        used = memory.stats().store_used_bytes
        done = memory.compact(used // 5, policy=OldestFirst(), guard=False)
        assert done.reached
        assert 't000-0' in done.evicted + done.folded
        memory.wait_indexed()
    after = path.stat().st_size, on_disk(path)
    assert after[0] <= before[0] // 5
    assert after[1] <= before[1] // 4
    with sqlite3.connect(path) as db:
        assert db.execute('PRAGMA freelist_count').fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'round'").fetchone() == (
            db.execute('SELECT count(*) FROM observation').fetchone()
        )
    assert not contains(path, vector)
    assert not check_store(path).problems


def test_where_things_are_is_answered_after_their_views_have_gone(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(rounds(12))
        asked = ['violin', 'lamp', 'sofa']
        before = {t: memory.objects(t)[0].position for t in asked}
        done = memory.compact(1)
        assert not done.reached
        assert memory.stats().observations <= 12
        for text in asked:
            (found,) = memory.objects(text)
            assert found.position == pytest.approx(before[text], abs=0.1)
            assert memory.retrieve(f'where is the {text}?').found
        assert memory.retrieve('violin').places[0].node_id == 't000-5'
        assert memory.stats().observations_evicted == len(done.evicted)
    with opened(path) as memory:  # what left is counted in the file
        stats = memory.stats()
        assert stats.observations_evicted == len(done.evicted)
        assert stats.observations_folded == len(done.folded)


def test_what_is_made_anew_is_what_is_made_of_the_rest(tmp_path):
    with opened(tmp_path / 'a.sqlite') as memory:
        memory.add_many(rounds(10))
        memory.compact(memory.stats().store_used_bytes // 2)
        rest = list(memory.observations())
        objects = [(o.label, o.position, o.views) for o in memory.objects()]
    with opened(tmp_path / 'b.sqlite') as fresh:
        fresh.add_many(rest)
        assert [(o.label, o.position, o.views) for o in fresh.objects()] == objects


def test_a_dry_run_says_what_leaves_and_changes_nothing(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(rounds(20, picture=500))
        memory.wait_indexed()
        memory.wait_areas()
        held = replace(memory.stats(), disk_free_bytes=0)
        said = memory.compact(held.store_used_bytes // 3, dry_run=True)
        assert said.evicted or said.folded
        assert replace(memory.stats(), disk_free_bytes=0) == held
        done = memory.compact(held.store_used_bytes // 3)
        gone = {*said.evicted, *said.folded}
        assert gone <= {*done.evicted, *done.folded}
        assert done.observations == memory.stats().observations


def test_the_budget_is_kept_in_the_background_while_observations_come(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path, budget_mb=4) as memory:
        for start, item in enumerate(rounds(15, picture=40_000)):
            memory.add(item)
            if start % 50 == 0:
                assert memory.retrieve('violin').found or start < 6
        deadline = time.monotonic() + PATIENCE_S
        while (stats := memory.stats()).store_bytes > 4 * MIB:
            assert time.monotonic() < deadline, stats
            time.sleep(0.05)
        assert stats.pictures_evicted > 50
        assert stats.observations == 150  # pictures were enough
        assert stats.budget_message == ''
    assert path.stat().st_size <= 4 * MIB
    assert not check_store(path).problems


def test_a_budget_acts_at_once_and_says_where_it_is_too_small(tmp_path, caplog):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(
            seen(f'n{i}', (3.0 * i, 0.0, 0.0), f'view {i}', keyframe=os.urandom(100_000))
            for i in range(60)
        )
        memory.config = replace(memory.config, store=StoreConfig(budget_mb=4))
        deadline = time.monotonic() + PATIENCE_S
        while not (said := memory.stats().budget_message):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert said.startswith('store.budget_mb 4 is too small')
        assert memory.stats().observations == 60  # each is its place's only view
        memory.config = replace(memory.config, store=StoreConfig(budget_mb=64))
        while memory.stats().budget_message:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert sum('store.budget_mb' in r.message for r in caplog.records) == 1


def test_an_older_store_shrinks_too(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(rounds(20, picture=2000))
    db = sqlite3.connect(path)
    db.execute('PRAGMA journal_mode = DELETE')
    db.execute('PRAGMA auto_vacuum = NONE')
    db.execute('VACUUM')  # as stores were made before
    db.execute('PRAGMA journal_mode = WAL')
    db.close()
    before = path.stat().st_size
    with opened(path) as memory:
        memory.compact(before // 3)
    assert path.stat().st_size <= before // 3
    assert not check_store(path).problems


KILLED = """
import sys
from test_budget import opened, rounds
with opened(sys.argv[1]) as memory:
    memory.add_many(rounds(16, picture=500))
    print('stored', flush=True)
    memory.compact(1)
"""


def test_a_process_that_is_killed_while_it_evicts_leaves_a_whole_store(tmp_path):
    path = tmp_path / 'm.sqlite'
    folder = Path(__file__).parent
    environment = {**os.environ, 'PYTHONPATH': f'{folder}:{folder.parent}:{folder.parents[1]}'}
    process = subprocess.Popen(
        [sys.executable, '-c', KILLED, path], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == 'stored\n'
    with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
        while db.execute('SELECT count(*) FROM observation').fetchone()[0] > 130:
            assert process.poll() is None
    process.kill()
    process.wait()
    process.stdout.close()
    with opened(path) as memory:
        assert 0 < memory.stats().observations <= 130
        assert memory.objects('violin')
        memory.compact(1)
        assert memory.objects('violin')
    assert not check_store(path).problems


def test_a_reader_follows_what_leaves(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(rounds(20, picture=500))
        with Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as reader:
            assert reader.stats().observations == 200
            memory.compact(1)
            assert reader.retrieve('violin').places[0].node_id == 't000-5'
            assert reader.stats().observations == memory.stats().observations


def marked(count: int):
    """Drive past halls whose every word is marked; views that stay name some of them."""
    for i in range(count):
        yield seen(
            f'zqx{i}', (float(i % 9), 0.0, 0.0), f'zqxhall {i}', stamp=i,
            objects={'zqxlamp': (i % 9, 2, 1)}, keyframe=b'zqx' * 200, source='zqx',
        )  # fmt: skip
    for i in range(count):
        yield seen(
            f'n{i}', (float(i % 9), 0.0, 0.0), f'a hall {i}', stamp=1000 + i,
            objects={'chair': (i % 9, 3, 1)}, neighbors=(f'zqx{i}',),
        )  # fmt: skip


def test_what_was_evicted_is_in_no_file_from_the_next_save_on(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(marked(80))
        memory.save()
        assert contains(path, b'zqx')
        keys = memory._parts.mirror.snapshot().keys
        memory._evict(keys[:0], keys[:80])
        assert memory.stats().observations == memory.stats().observations_evicted == 80
        assert memory.wipe_due
        assert {o.label for o in memory.objects()} == {'chair'}
        memory.save()
        assert not memory.wipe_due
        assert not contains(path, b'zqx')
        assert memory.retrieve('chair').found
        keys = memory._parts.mirror.snapshot().keys
        memory._evict(keys[:0], keys)
        with pytest.raises(EmptyMemoryError):
            memory.retrieve('chair')
    assert not contains(path, b'zqx')
    assert not check_store(path).problems


def test_the_file_is_written_anew_while_questions_hold_the_lock_and_read(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory, ThreadPoolExecutor(1) as other:
        memory.add_many(marked(40))
        memory.forget([f'zqx{i}' for i in range(40)])
        mirror = memory._parts.mirror
        with mirror.lock, mirror.store.at_once():
            held = mirror.store.content
            for work in (mirror.store.rewrite, lambda: mirror.store.give_back(64)):
                other.submit(work).result(PATIENCE_S)
            other.submit(mirror.store.move_log).result(PATIENCE_S)
            assert mirror.store.content == held
        memory.save()
        assert not memory.wipe_due
        assert not contains(path, b'zqx')
    assert not check_store(path).problems


def test_an_index_whose_removed_vectors_were_replaced_is_kept(tmp_path):
    with opened(tmp_path / 'm.sqlite') as memory:
        memory.add_many(rounds(4))
        memory.wait_indexed()
        indexer = memory._parts.indexer
        index = indexer.index
        keys = memory._parts.mirror.snapshot().keys[:4]
        memory._evict(keys[:0], keys)
        assert index.removed == 4
        memory.add_many(seen(f'new{i}', (float(i), 9.0, 0.0), f'new {i}') for i in range(4))
        memory.wait_indexed()
        assert (index.removed, len(index)) == (0, 40)
        memory.save()
        assert indexer.index is index
        keys = memory._parts.mirror.snapshot().keys[:4]
        memory._evict(keys[:0], keys)
        memory.save()
        assert indexer.index is not index  # it still held what was removed


def test_what_leaves_may_be_forgotten_or_moved_meanwhile(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(marked(20))
        parts = memory._parts
        keys = parts.mirror.snapshot().keys[:20]
        parts.let_go(keys[:12])
        memory.forget(['zqx0', 'zqx15', 'n0'])  # what else is seen as they are still is there
        assert not check_store(path).problems
        pose = replace(memory.observation('n1').pose, position=(1.5, 0.0, 0.0))
        assert memory.correct_poses('map', [('n1', pose)]) == 1  # reads all anew, what leaves too
        parts.delete(keys[:6], last=False)
        parts.delete(keys[6:12], last=True)
        assert {o.id for o in memory.observations()} == {
            *(f'zqx{i}' for i in range(12, 20) if i != 15),
            *(f'n{i}' for i in range(1, 20)),
        }
        assert memory.retrieve('zqxlamp').found
        memory.forget([f'zqx{i}' for i in range(12, 20) if i != 15])
    assert not contains(path, b'zqx')
    assert not check_store(path).problems


def test_what_a_correction_refers_to_stays(tmp_path):
    with opened(tmp_path / 'm.sqlite') as memory:
        memory.add_many(rounds(10))
        (lamp,) = memory.objects('lamp')
        made = memory.correct('relabel', author='anna', object_id=lamp.id, name='torch')
        named = set(str(memory.stored_corrections()[0].body).split("'"))
        held = named & {o.id for o in memory.observations()}
        assert held
        memory.compact(1)
        assert held <= {o.id for o in memory.observations()}
        assert memory.corrections()[0].state == made.state == 'in force'
        assert memory.objects('torch')


def test_given_neighbours_stay(tmp_path):
    with opened(tmp_path / 'm.sqlite') as memory:
        memory.add_many(
            seen(f'n{i}', caption='the same', stamp=i, neighbors=(f'n{(i + 1) % 5}',))
            for i in range(5)
        )
        assert not memory.compact(1).evicted
        memory.add_many(seen(f'm{i}', caption='the same', stamp=9 + i) for i in range(3))
        memory.add(seen('last', caption='the same', stamp=20, neighbors=('m1',)))
        done = memory.compact(1)  # m1 has none itself, but is one
        assert {*done.folded, *done.evicted} == {'m0', 'm2'}


@pytest.mark.parametrize(
    ('wrong', 'named'),
    [
        ({'budget_mb': 3}, 'budget_mb must be 0 or at least 4 MiB, got 3'),
        ({'budget_mb': -1}, 'budget_mb must be >= 0'),
        ({'eviction': 'lifo'}, 'eviction must be one of coverage, fifo'),
        ({'low_space_stop_mb': 300}, 'must ascend, got 300, 256, 512'),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(wrong, named):
    with pytest.raises(ValueError, match=named):
        StoreConfig(**wrong)


def test_no_bytes_at_all_are_refused(tmp_path):
    with (
        opened(tmp_path / 'm.sqlite') as memory,
        pytest.raises(InvalidQueryError, match='to_bytes must be at least 1, got 0'),
    ):
        memory.compact(0)
