"""The object map is ready when an ``add`` returns; it comes back from its file or anew."""

from __future__ import annotations

import threading
import time

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.config import ObjectsConfig
from memory_node.core.errors import StoreFormatError
from memory_node.core.language.affordances import AffordancePacks
from memory_node.core.memory.derived_files import objects_path
from memory_node.core.objects.keeper import ObjectKeeper
from memory_node.core.objects.meaning import pack_vectors


def drive(count, start=0):
    return [
        seen(f'{i}', (1.0 * i, 0.0, 0.0), stamp=i, objects={'chair': (1.0 * i, 1.0, 0.5)})
        for i in range(start, start + count)
    ]


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / 'm.db') as made:
        yield made


def keeper_of(memory, config=None):
    encoder = memory.encoder
    packs = pack_vectors(AffordancePacks(), encoder.encode, 'none', encoder.dim)
    return ObjectKeeper(
        memory._mirror, encoder.encode, packs, {}, lambda name: False, config or ObjectsConfig()
    )


def columns(kept):
    objects = kept.objects
    return {
        name: getattr(objects, name).tolist()
        for name in ('ids', 'labels', 'frames', 'first_ns', 'last_ns', 'seen_rows', 'view_rows')
    } | {'positions': np.nan_to_num(objects.positions, nan=-1.0).tolist()}


def test_the_map_is_ready_when_an_add_returns(memory):
    for batch in (drive(3), drive(100, 3), drive(1, 103)):
        memory.add_many(batch)
        view = memory.view()
        assert view.behind == 0
        assert view.objects.rows == len(view.snapshot)
        assert len(memory.objects('chair')) == len(view.snapshot)


def test_what_is_forgotten_leaves_the_map(memory):
    memory.add_many(drive(5))
    memory.forget(['2', '3'])
    view = memory.view()
    assert view.behind == 0
    assert sorted(o.position[0] for o in memory.objects()) == [0.0, 1.0, 4.0]
    assert view.objects.view_rows.max() < len(view.snapshot)


def test_a_reader_follows_what_a_writer_adds_and_forgets(tmp_path):
    with opened(tmp_path / 'm.db') as writer:
        writer.add_many(drive(5))
        with opened(tmp_path / 'm.db', read_only=True) as reader:
            assert len(reader.objects()) == 5
            writer.add_many(drive(2, 5))
            assert len(reader.objects()) == 7
            writer.forget(['2', '3', '6'])
            assert sorted(o.position[0] for o in reader.objects()) == [0.0, 1.0, 4.0, 5.0]


def test_catching_up_stops_at_its_deadline_and_goes_on_from_there(memory):
    memory.add_many(drive(300))
    keeper, snapshot = keeper_of(memory), memory.snapshot()
    assert keeper.behind(snapshot) == 300
    assert keeper.catch_up(snapshot, time.monotonic() - 1.0) == 300
    left = [300]
    for _ in range(600):
        left.append(keeper.catch_up(snapshot, time.monotonic() + 1e-4))
        kept = keeper.kept()
        if left[-1]:
            assert kept.objects.rows <= 300  # what is published is whole in itself
            assert len(kept.objects.seen_rows) == 0 or kept.objects.seen_rows.max() < 300
        if not left[-1]:
            break
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)
    whole = keeper_of(memory)
    assert whole.catch_up(snapshot) == 0
    assert columns(keeper.kept()) == columns(whole.kept())


def test_what_is_left_out_is_counted_and_not_written(memory):
    memory.add_many(drive(200))
    keeper, snapshot = keeper_of(memory), memory.snapshot()
    assert keeper.dump({}) is None
    keeper.catch_up(snapshot)
    assert keeper.dump({}) is not None
    memory.add_many(drive(50, 200))
    assert keeper.behind(memory.snapshot()) == 50
    assert keeper.behind(snapshot) == 0


def test_the_map_comes_back_as_it_was(memory):
    memory.add_many(drive(80))
    first, snapshot = keeper_of(memory), memory.snapshot()
    first.catch_up(snapshot)
    data = first.dump({'store': 'x'})
    second = keeper_of(memory)
    second.restore(data, {'store': 'x'}, snapshot)
    assert second.behind(snapshot) == 0
    assert second.kept().names.texts == first.kept().names.texts
    assert columns(second.kept()) == columns(first.kept())
    memory.add_many(drive(10, 80))
    for keeper in (first, second):
        assert keeper.catch_up(memory.snapshot()) == 0
    assert columns(second.kept()) == columns(first.kept())


@pytest.mark.parametrize(
    'damage', ['stamp', 'cut', 'noise', 'empty', 'flipped', 'ahead', 'config']
)
def test_a_map_that_does_not_fit_is_refused_and_made_again(memory, damage):
    memory.add_many(drive(80))
    first, snapshot = keeper_of(memory), memory.snapshot()
    first.catch_up(snapshot)
    data, stamp = first.dump({'removals': 0}), {'removals': 0}
    config = ObjectsConfig(label_cost=3.0) if damage == 'config' else None
    if damage == 'stamp':
        stamp = {'removals': 1}
    if damage == 'ahead':
        memory.forget(['79'])
    data = {
        'cut': data[: len(data) // 2],
        'noise': b'\x00' * 999,
        'empty': b'',
        'flipped': data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1])
        + data[len(data) // 2 + 1 :],
    }.get(damage, data)  # fmt: skip
    keeper, snapshot = keeper_of(memory, config), memory.snapshot()
    with pytest.raises(StoreFormatError):
        keeper.restore(data, stamp, snapshot)
    assert keeper.behind(snapshot) == len(snapshot)
    assert keeper.catch_up(snapshot) == 0
    fresh = keeper_of(memory, config)
    fresh.catch_up(snapshot)
    assert columns(keeper.kept()) == columns(fresh.kept())


@pytest.mark.parametrize('damage', ['none', 'missing', 'noise', 'stale', 'older'])
def test_a_memory_opens_whatever_is_in_the_file_beside_it(tmp_path, damage):
    path = tmp_path / 'm.db'
    with opened(path) as memory:
        memory.add_many(drive(40))
        memory.save()
        older = objects_path(path).read_bytes()
        memory.add_many(drive(10, 40))
        if damage == 'stale':
            memory.forget(['7'])
        before = sorted(o.position[0] for o in memory.objects())
    if damage == 'missing':
        objects_path(path).unlink()
    if damage == 'noise':
        objects_path(path).write_bytes(b'\x00' * 99)
    if damage in ('stale', 'older'):
        objects_path(path).write_bytes(older)
    with opened(path) as memory:
        assert bool(memory.stats().objects_message) == (damage not in ('none', 'older'))
        assert memory.view().behind == 0
        assert sorted(o.position[0] for o in memory.objects()) == before
        assert memory.retrieve('the chair').found


def test_a_map_is_made_anew_where_captions_are_read_otherwise(tmp_path, monkeypatch):
    path = tmp_path / 'm.db'
    with opened(path) as memory:
        memory.add_many(drive(10))
    monkeypatch.setattr('memory_node.core.memory.derived_files.READING', 0)
    with opened(path) as memory:
        assert 'stamp differs' in memory.stats().objects_message
        assert memory.retrieve('the chair').found


def test_rooms_are_made_anew_where_views_become_other_rooms(tmp_path, monkeypatch, caplog):
    path = tmp_path / 'm.db'
    with opened(path) as memory:
        memory.add_many(drive(10))
        memory.wait_areas()
        assert len(memory.view().rooms)
    monkeypatch.setattr('memory_node.core.rooms.keeper.MAKING', 0)
    with opened(path) as memory:
        assert len(memory.view().rooms)
    assert 'the rooms are of another content or vocabulary' in caplog.text


def test_a_view_that_is_being_made_is_waited_for(memory):
    memory.add_many(drive(3))
    keeper = keeper_of(memory)
    keeper.catch_up(memory.snapshot())
    assert keeper.kept().objects.rows == 3
    memory.add_many(drive(1, 3))
    keeper.catch_up(memory.snapshot())
    making, go_on, found = threading.Event(), threading.Event(), []
    make = keeper._map.view

    def slowly():
        making.set()
        assert go_on.wait(30.0)
        return make()

    keeper._map.view = slowly
    threads = [
        threading.Thread(target=lambda: found.append(keeper.kept().objects.rows)) for _ in '12'
    ]
    threads[0].start()
    assert making.wait(30.0)
    threads[1].start()
    threads[1].join(0.1)  # it does not take the view before this one
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == [4, 4]
