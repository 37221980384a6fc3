"""Ids of objects outlive a map that is made again: most of the observations decide."""

from __future__ import annotations

import math

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.core.memory.joining import planar_transform
from memory_node.core.objects.identity import Former, kept_slots

LABELS = ('sofa', 'sink', 'stove', 'bed', 'desk', 'printer')


def look(name, stamp_s, things, *, dx=0.0, map_id='map', at=(0.0, 0.0)):
    """See things by label and position, all of them ``dx`` off [m]."""
    return Observation(
        id=name,
        stamp_ns=round(stamp_s * 1e9),
        pose=Pose.from_yaw((at[0] + dx, at[1], 0.0), 0.0),
        sightings=tuple(
            Sighting(label=label, confidence=0.9, position=(x + dx, y, 0.5))
            for label, (x, y) in things
        ),
        map_id=map_id,
    )


def ids(memory):
    return {t.id: (t.label, tuple(round(v, 1) for v in t.position)) for t in memory.objects()}


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as opened:
        yield opened


SPOTS = [(label, (2.0 + i, 1.0 + (i % 2))) for i, label in enumerate(LABELS)]


def test_ids_stay_after_a_loop_closure(memory, tmp_path):
    memory.add_many(look(f'a{n}', n, SPOTS) for n in range(8))
    memory.add_many(look(f'b{n}', 100 + n, SPOTS, dx=3.0) for n in range(4))
    before = ids(memory)
    assert len(before) == 12
    moved = memory.correct_poses(
        'map', [(f'b{n}', Pose.from_yaw((0.0, 0.0, 0.0), 0.0)) for n in range(4)]
    )
    assert moved == 4
    after = ids(memory)
    first = {i: seen for i, seen in before.items() if i < 6}
    assert {i: after[i] for i in first} == first  # eight views outvote four
    assert set(after) == set(first)
    memory.add(look('c', 200, SPOTS))
    assert ids(memory) == after
    memory.save()
    with Memory.open(memory.path, encoder=BagOfWordsEncoder(), read_only=True) as again:
        assert ids(again) == after
    memory.add(look('d', 210, [*SPOTS, ('piano', (9.0, 9.0))]))
    (new,) = set(ids(memory)) - set(after)
    assert new >= 12  # the ids of what became one are never given again


def test_ids_stay_when_observations_are_forgotten(memory):
    memory.add_many(look(f'a{n}', n, [SPOTS[n % 6]]) for n in range(18))
    before = ids(memory)
    memory.forget(['a0', 'a7', 'a1', 'a13'])
    after = ids(memory)
    assert len(after) == 5
    assert after.items() <= before.items()


def test_ids_of_the_map_that_stays_stay_when_maps_are_joined(memory):
    memory.add_many(look(f'a{n}', n, SPOTS[:4], dx=5.0, map_id='a') for n in range(3))
    memory.add_many(look(f'b{n}', 50 + n, SPOTS, map_id='b') for n in range(6))
    before = {t.id: t.label for t in memory.objects(map_id='b')}
    memory.join_maps('a', 'b', planar_transform(-5.0, 0.0, 0.0, 0.0))
    assert {t.id: t.label for t in memory.objects()} == before
    memory.part_maps('a')
    assert before.items() <= {t.id: t.label for t in memory.objects()}.items()


def test_the_object_with_most_observations_keeps_the_id():
    """Old object 0 falls into 0 and 1, old 1 and 2 become 2, and 3 is new; 4 was merged."""
    old = np.array([0, 0, 0, 1, 2, 2, -1], np.int32)
    new = np.array([1, 0, 1, 2, 2, 2, 3], np.int32)
    starts = np.arange(8)
    former = Former(keys=np.arange(10, 17), starts=starts, objects=old, given=9)
    now = Former(keys=np.arange(10, 17), starts=starts, objects=new, given=5)
    slots, size = kept_slots(former, now, np.array([True, True, True, True, False]))
    assert slots.tolist() == [9, 0, 2, 10, -1]
    assert size == 11


def test_turning_everything_about_keeps_all_ids(memory):
    memory.add_many(look(f'a{n}', n, SPOTS, at=(0.2 * n, 0.0)) for n in range(4))
    before = {t.id: t.label for t in memory.objects()}
    turned = [(f'a{n}', Pose.from_yaw((30.0, 0.2 * n, 0.0), math.pi / 2)) for n in range(4)]
    assert memory.correct_poses('map', turned) == 4
    assert {t.id: t.label for t in memory.objects()} == before
