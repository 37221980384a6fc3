"""A disk that fills up: warned, then without pictures, then nothing stored; questions go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import os
from pathlib import Path

from fakes import BagOfWordsEncoder, seen
import pytest
from small_disks import small_disk

from memory_node import Memory
from memory_node.core.config import MemoryConfig, StoreConfig
from memory_node.core.errors import LowSpaceError, StoreAccessError
from memory_node.core.store.check import check_store
from memory_node.core.store.space import free_bytes

MIB = 1 << 20
OFF = {'low_space_warn_mb': 0, 'low_space_pictures_mb': 0, 'low_space_stop_mb': 0}
LIMITS = {'low_space_warn_mb': 6, 'low_space_pictures_mb': 4, 'low_space_stop_mb': 2}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of twelve megabytes."""
    with small_disk(tmp_path / 'disk', '12m') as path:
        yield path


def opened(folder: Path, limits: dict[str, int]) -> Memory:
    config = MemoryConfig(store=StoreConfig(**limits))
    return Memory.open(folder / 'm.sqlite', encoder=BagOfWordsEncoder(), config=config)


def leave(folder: Path, size: float) -> Path:
    """Fill the disk of a folder up to ``size`` bytes."""
    filler = folder / f'filler-{len(list(folder.iterdir()))}'
    with filler.open('wb') as file:
        wanted = (free_bytes(filler) - round(size)) // 4096 * 4096
        os.posix_fallocate(file.fileno(), 0, max(1, wanted))
    return filler


def view(number: int):
    return seen(
        f'n{number}', (number, 0, 0), stamp=number, objects={'lamp': (number, 1, 1)},
        keyframe=os.urandom(4000),
    )  # fmt: skip


def again(number: int):
    """Return the view of one of five places, under an id of its own."""
    return replace(view(number % 5), id=f'n{number}', stamp_ns=number)


def fill(memory: Memory) -> None:
    """Add views until one is refused."""
    for number in range(memory.stats().observations, 10_000):
        memory.add(view(number))


def test_a_disk_that_fills_up_stops_pictures_then_observations_and_recovers(disk, caplog):
    with opened(disk, LIMITS) as memory:
        memory.add(view(0))
        assert memory.stats().space_message == ''
        fillers = [leave(disk, 5.5 * MIB)]
        memory.add(view(1))
        assert memory.observation('n1').keyframe
        assert 'store.low_space_warn_mb is 6' in memory.stats().space_message
        fillers.append(leave(disk, 3.5 * MIB))
        memory.add(view(2))
        assert not memory.observation('n2').keyframe
        assert memory.stats().pictures_left_out == 1
        fillers.append(leave(disk, 1.5 * MIB))
        with pytest.raises(LowSpaceError, match=r'store\.low_space_stop_mb is 2: nothing is'):
            memory.add(view(3))
        assert memory.retrieve('where is the lamp?').found
        assert 'lamp' in memory.ask('is there a lamp?').text
        memory.save()
        stats = memory.stats()
        assert (stats.observations, stats.observations_left_out) == (3, 1)
        for filler in fillers:
            filler.unlink()
        memory.add(view(3))
        assert memory.observation('n3').keyframe
        assert memory.stats().space_message == ''
    told = [r.message for r in caplog.records if 'low_space' in r.message]
    assert len(told) == 3  # each level once


def test_a_disk_that_is_full_loses_nothing_that_was_stored(disk):
    with opened(disk, OFF) as memory:
        memory.add_many(view(i) for i in range(100))
        filler = leave(disk, 40_000)
        with pytest.raises(StoreAccessError, match='full'):
            fill(memory)
        stored = memory.stats().observations
        assert stored >= 100
        assert memory.retrieve('where is the lamp?').found
        with pytest.raises(StoreAccessError, match='No space left'):
            memory.save(disk / 'copy.sqlite')
        filler.unlink()
        memory.add(view(stored))
    assert not check_store(disk / 'm.sqlite').problems
    with opened(disk, OFF) as memory:
        assert memory.stats().observations == stored + 1
        assert not list(disk.glob('*.tmp'))


def test_a_budget_makes_room_where_the_disk_has_little(disk):
    with opened(disk, OFF) as memory:
        memory.add_many(again(i) for i in range(600))
        memory.save()
        filler = leave(disk, 1.0 * MIB)
        before = free_bytes(filler)
        done = memory.compact(1 * MIB)
        assert done.reached
        assert free_bytes(filler) > before + 1 * MIB
    assert not check_store(disk / 'm.sqlite').problems
