"""Saves that meet do not harm each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fakes import BagOfWordsEncoder

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
