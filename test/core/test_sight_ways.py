"""What is near is near, however long the robot's way around was."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import numpy as np
import pytest

from memory_node import Memory
from memory_node.core.topology.travel_distance import SightWays

LAMP = (1.5, 0.0, 1.0)


def ways(memory: Memory) -> np.ndarray:
    return SightWays(memory.topological_map()).distances_from(0)


def round_trip(lamp_from_the_end):
    """Drive 40 m in a loop that ends 3 m from its start, at the other side of a wide room."""
    loop = [
        seen('start', (0.0, 0.0, 0.0), stamp=0, objects={'lamp': LAMP}),
        *(seen(f'{i}', (0.0, 2.0 * i, 0.0), stamp=i, neighbors=()) for i in range(1, 10)),
        *(seen(f'b{i}', (3.0, 20.0 - 2.0 * i, 0.0), stamp=10 + i) for i in range(10)),
    ]
    end = seen('end', (3.0, 0.0, 0.0), stamp=30, objects={'lamp': lamp_from_the_end})
    return [*loop, end]


def test_two_poses_that_saw_one_thing_are_as_far_apart_as_the_way_through_it(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(round_trip((1.55, 0.05, 1.0)))
        driven = memory.topological_map().distances_from(0)[-1]
        assert driven > 30.0
        assert ways(memory)[-1] == pytest.approx(3.0, rel=0.15)


@pytest.mark.parametrize('lamp', [(8.5, 0.0, 1.0), (1.5, 0.0, 3.5), None])
def test_what_is_elsewhere_too_far_or_on_another_floor_joins_nothing(tmp_path, lamp):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(round_trip(lamp))
        assert ways(memory)[-1] == pytest.approx(memory.topological_map().distances_from(0)[-1])


def test_a_memory_without_things_has_its_driven_ways(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(seen(f'{i}', (float(i), 0.0, 0.0), stamp=i) for i in range(4))
        assert ways(memory).tolist() == pytest.approx([0.0, 1.0, 2.0, 3.0])
