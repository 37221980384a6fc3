"""Vectors that are mapped from the file beside a store are those of the store."""

from __future__ import annotations

from pathlib import Path

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose
from memory_node.core.errors import IndexDamagedError
from memory_node.core.store import repository
from memory_node.core.store.vectors_file import map_vectors, save_vectors, vectors_path


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch):
    monkeypatch.setattr(repository, 'LEAST_ROWS', 1)


def walk(first: int, count: int) -> list[Observation]:
    return [
        Observation(
            id=str(i), stamp_ns=i, pose=Pose(position=(i, 0.0, 0.0)), caption=f'thing {i} here'
        )
        for i in range(first, first + count)
    ]


def opened(path: Path) -> Memory:
    return Memory.open(path, encoder=BagOfWordsEncoder())


@pytest.fixture
def store(tmp_path):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(walk(0, 40))
    assert vectors_path(path).exists()
    return path


def vectors_read_anew(path: Path) -> np.ndarray:
    kept = vectors_path(path).read_bytes()
    vectors_path(path).unlink()
    try:
        with Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as memory:
            return memory.snapshot().vectors.copy()
    finally:
        vectors_path(path).write_bytes(kept)


def test_mapped_vectors_are_those_of_the_store_and_growth_stays_out_of_the_file(store):
    expected, kept = vectors_read_anew(store), vectors_path(store).read_bytes()
    with opened(store) as memory:
        before = memory.snapshot()
        memory.add_many(walk(40, 3))
        assert np.array_equal(before.vectors, expected)
        assert np.array_equal(memory.snapshot().vectors[:40], expected)
        assert vectors_path(store).read_bytes() == kept
        assert len(memory.snapshot().vectors) == 43
    with opened(store) as again:
        assert np.array_equal(again.snapshot().vectors, vectors_read_anew(store))


def test_snapshots_outlive_a_save_that_maps_anew(store):
    with opened(store) as memory:
        memory.add_many(walk(40, 40))
        before = memory.snapshot()
        copy = before.vectors.copy()
        memory.save()
        memory.add_many(walk(80, 5))
        assert np.array_equal(before.vectors, copy)
        assert np.array_equal(memory.snapshot().vectors[:80], copy)


def test_a_file_from_before_a_removal_is_not_used(store):
    kept = vectors_path(store).read_bytes()
    with opened(store) as memory:
        memory.forget(['3', '17'])
        expected = memory.snapshot().vectors.copy()
    vectors_path(store).write_bytes(kept)
    with opened(store) as again:
        assert np.array_equal(again.snapshot().vectors, expected)


@pytest.mark.parametrize('harm', ['flip', 'cut', 'empty', 'text'])
def test_a_damaged_file_is_not_used(store, harm):
    path, expected = vectors_path(store), vectors_read_anew(store)
    data = bytearray(path.read_bytes())
    if harm == 'flip':
        data[5000] ^= 1
    harmed = {'cut': data[:5000], 'empty': b'', 'text': b'[1, 2]'.ljust(9000)}.get(harm, data)
    path.write_bytes(harmed)
    with opened(store) as memory:
        assert np.array_equal(memory.snapshot().vectors, expected)


def test_a_file_ahead_of_its_store_is_not_used(store):
    """As after a power cut that took the last observations: their keys come again."""
    with Memory.open(store, encoder=BagOfWordsEncoder(), read_only=True) as memory:
        mirror = memory._parts.mirror
        stamp, vectors = mirror._vectors_stamp(mirror.store.uuid), memory.snapshot().vectors
        last = int(memory.snapshot().keys[-1])
        expected = vectors.copy()
    path = vectors_path(store)
    save_vectors(path, np.concatenate([expected, expected[:1]]), last + 1, stamp)
    with opened(store) as memory:
        assert np.array_equal(memory.snapshot().vectors, expected)


def test_vectors_of_another_store_or_size_are_refused(tmp_path):
    path = tmp_path / 'x.vectors'
    vectors = np.ones((5, 8), np.float16)
    save_vectors(path, vectors, 9, {'store': 'a'})
    assert np.array_equal(map_vectors(path, {'store': 'a'}, 8).room[:5], vectors)
    for stamp, dim in (({'store': 'b'}, 8), ({'store': 'a'}, 4)):
        with pytest.raises(IndexDamagedError, match='stamp'):
            map_vectors(path, stamp, dim)
    with pytest.raises(IndexDamagedError):
        map_vectors(tmp_path / 'none', {'store': 'a'}, 8)
