"""Saves that meet do not harm each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fakes import BagOfWordsEncoder, seen

from memory_node import Memory
from memory_node.core.data import Observation, Pose


def test_many_saves_at_once_all_succeed_and_open_again(tmp_path):
    path = tmp_path / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            Observation(id=str(i), stamp_ns=i, pose=Pose(position=(i, 0.0, 0.0)), caption=f'a {i}')
            for i in range(200)
        )
        assert memory.wait_indexed(30.0)
        with ThreadPoolExecutor(8) as pool:
            saves = [pool.submit(memory.save) for _ in range(40)]
            assert {save.result() for save in saves} == {path}
    with Memory.open(path, encoder=BagOfWordsEncoder()) as again:
        assert again.stats().index_rebuilds == 0
        assert again.stats().observations == 200


def _rooms(path, **given):
    with Memory.open(path, encoder=BagOfWordsEncoder(), **given) as memory:
        rooms = memory.view().rooms
        return len(rooms.keys), sorted(rooms.names)


def _house(first, last):
    kinds = (('stove', 'fridge'), ('bed', 'wardrobe'), ('toilet', 'bathtub'), ('sofa', 'tv'))
    return [
        seen(
            f'h{i}',
            (12.0 * (i // 6), 0.2 * (i % 6), 0.0),
            objects={label: (12.0 * (i // 6) + 1.0 + j, 0.0, 0.5) for j, label in enumerate(some)},
            stamp=float(i),
        )
        for i, some in ((i, kinds[i // 6]) for i in range(first, last))
    ]


def test_a_memory_that_is_closed_at_once_knows_its_rooms_when_it_is_opened(tmp_path):
    path = tmp_path / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        for first in range(0, 24, 4):
            memory.add_many(_house(first, first + 4))
    count, names = _rooms(path, read_only=True)
    assert count == 24
    assert {'kitchen', 'bedroom', 'bathroom', 'living room'} <= set(names)


def test_rooms_in_a_file_that_knows_half_are_made_again_before_a_question(tmp_path):
    path, half = tmp_path / 'm.sqlite', tmp_path / 'half.rooms'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(_house(0, 12))
    rooms = path.with_name('m.sqlite.rooms')
    half.write_bytes(rooms.read_bytes())
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(_house(12, 24))
    whole = _rooms(path)
    rooms.write_bytes(half.read_bytes())
    assert _rooms(path, read_only=True) == whole
