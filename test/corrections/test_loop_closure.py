"""Corrected poses move observations, objects, rooms and areas; what was double becomes one."""

from __future__ import annotations

import math

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.core.errors import (
    InvalidObservationError,
    InvalidQueryError,
    UnknownMapError,
    UnknownNodeError,
)
from memory_node.core.store.check import check_store

#: 100 things along a corridor that the robot drives down and back.
THINGS = [(f'thing {i}', np.array([1.5 * i, 1.5 if i % 2 else -1.5, 0.5])) for i in range(100)]
OFF_M, OFF_RAD = 1.0, math.radians(5.0)


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


def look(name, stamp, true_pose, believed, rng):
    """See what is within 3 m ahead, put into the map by the pose that is believed."""
    x, y, yaw = true_pose
    bx, by, byaw = believed
    sightings = []
    for label, where in THINGS:
        dx, dy = where[0] - x, where[1] - y
        ahead = math.cos(yaw) * dx + math.sin(yaw) * dy
        left = -math.sin(yaw) * dx + math.cos(yaw) * dy
        if not (0.3 < ahead < 3.0 and abs(left) < ahead + 1.0):
            continue
        px, py, pz = np.array([ahead, left, where[2]]) + rng.normal(0, 0.03, 3)
        sightings.append(
            Sighting(
                label=label,
                confidence=0.9,
                position=(
                    bx + math.cos(byaw) * px - math.sin(byaw) * py,
                    by + math.sin(byaw) * px + math.cos(byaw) * py,
                    pz,
                ),
            )
        )
    return Observation(
        id=name,
        stamp_ns=round(stamp * 1e9),
        pose=Pose.from_yaw((bx, by, 0.0), byaw),
        caption='' if sightings else 'nothing recognised',
        sightings=tuple(sightings),
    )


def drift(x, y, yaw, share):
    """Return the pose that odometry believes: up to 1 m and 5 degrees off."""
    return x + share * OFF_M * 0.8, y + share * OFF_M * 0.6, yaw + share * OFF_RAD


def drive():
    """Return observations down and back with drift on the way back, and the corrected poses."""
    rng = np.random.default_rng(0)
    items, truth = [], []
    down = [(0.75 * i - 2.0, 0.0, 0.0) for i in range(205)]
    back = [(x, y, math.pi) for x, y, _ in reversed(down)]
    for i, (x, y, yaw) in enumerate([*down, *back]):
        share = 0.0 if i < len(down) else 1.0
        believed = drift(x, y, yaw, share)
        items.append(look(f'o{i}', 0.5 * i, (x, y, yaw), believed, rng))
        truth.append((round(0.5e9 * i), Pose.from_yaw((x, y, 0.0), yaw)))
    return items, truth


def errors(memory):
    """Return how far each object is from the thing of its name."""
    true = dict(THINGS)
    return [
        float(np.linalg.norm(np.array(thing.position) - true[thing.label]))
        for thing in memory.objects()
    ]


@pytest.fixture(scope='module')
def closed(tmp_path_factory):
    path = tmp_path_factory.mktemp('loop') / 'm.db'
    items, truth = drive()
    with opened(path) as memory:
        memory.add_many(items)
        before = len(memory.objects())
        told = max(memory.objects('thing 50'), key=lambda thing: thing.views)
        memory.correct('name', object_id=told.id, name='the beacon', author='anna')
        moved = memory.correct_poses('map', truth)
        yield memory, items, before, moved, path


def test_after_a_loop_closure_no_thing_is_double(closed):
    memory, items, before, moved, _ = closed
    assert before > 150
    assert moved == len(items) // 2
    objects = memory.objects()
    assert len(objects) == 100
    assert {thing.label for thing in objects} == {
        'the beacon' if label == 'thing 50' else label for label, _ in THINGS
    }
    place = memory.retrieve('where is the beacon?').places[0]
    assert place.target_position == pytest.approx(tuple(THINGS[50][1]), abs=0.1)
    memory.undo(1, author='anna')
    assert max(errors(memory)) < 0.1


def test_ids_stay_and_everything_follows(closed):
    memory, items, _, _, path = closed
    assert memory.wait_areas(60.0)
    held = list(memory.observations())
    assert [o.id for o in held] == [o.id for o in items]
    assert [o.caption for o in held] == [o.caption for o in items]
    (last,) = [o for o in held if o.id == items[-1].id]
    assert last.pose.position == pytest.approx((-2.0, 0.0, 0.0))
    assert memory.route(items[0].id, items[-1].id).length_m < 2.0
    leaves = memory.areas.forest.leaves
    for o in held[:: len(held) // 7]:
        at = leaves.positions[leaves.slot(memory._mirror.key_of(o.id))]
        assert tuple(at) == pytest.approx(o.pose.position)


def test_what_moved_is_whole_on_disk_and_read_again(tmp_path):
    path = tmp_path / 'm.db'
    items, truth = drive()
    with opened(path) as memory:
        memory.add_many(items)
        with opened(path, read_only=True) as reader:
            memory.correct_poses('map', truth)
            assert reader.observation(items[-1].id).pose == memory.observation(items[-1].id).pose
            assert len(reader.objects()) == len(memory.objects())
        wanted = sorted((t.label, t.position) for t in memory.objects())
    assert not check_store(path).problems
    with opened(path) as memory:
        assert sorted((t.label, t.position) for t in memory.objects()) == wanted


def test_one_observation_is_moved_by_id_and_a_told_place_with_it(tmp_path):
    with opened(tmp_path / 'm.db') as memory:
        memory.add_many(drive()[0][:4])
        thing = memory.objects()[0]
        memory.correct('move', object_id=thing.id, position=(-2.0, 2.0, 0.0), author='anna')
        turned = Pose.from_yaw((-2.0, 10.0, 0.0), math.pi / 2)
        assert memory.correct_poses('map', [('o0', turned)]) == 1
        assert memory.correct_poses('map', [('o0', turned)]) == 0  # it is there
        assert memory.observation('o0').pose.yaw_rad == pytest.approx(math.pi / 2)
        (moved,) = memory.objects(thing.label)
        assert moved.position == pytest.approx((-4.0, 10.0, 0.0), abs=1e-3)


POSE = Pose.from_yaw((0.0, 0.0, 0.0), 0.0)


@pytest.mark.parametrize(
    ('error', 'map_id', 'poses', 'said'),
    [
        (UnknownMapError, 'moon', [(0, POSE)], "no observation is on a map named 'moon'"),
        (InvalidQueryError, 'map', [], 'poses must not be empty'),
        (InvalidQueryError, 'map', [0], r'poses\[0\] must be a key and a pose'),
        (InvalidQueryError, 'map', [(0, POSE), (1, 'x')], r"poses\[1\] must hold a pose, got 'x'"),
        (InvalidQueryError, 'map', [(0.5, POSE)], r'poses\[0\] must be of an id or a stamp'),
        (
            InvalidQueryError,
            'map',
            [(0, POSE), (0, Pose.from_yaw((1.0, 0.0, 0.0), 0.0))],
            r'poses\[1\]: 0 comes twice',
        ),
        (UnknownNodeError, 'map', [('nobody', POSE)], "no observation has the id 'nobody'"),
        (UnknownNodeError, 'map', [('far', POSE)], "observation 'far' is not on map 'map'"),
    ],
)
def test_poses_that_can_not_be_meant_are_refused(tmp_path, error, map_id, poses, said):
    with opened(tmp_path / 'm.db') as memory:
        memory.add_many(drive()[0][:3])
        memory.add(Observation(id='far', stamp_ns=0, pose=POSE, caption='x', map_id='cellar'))
        before = [o.pose for o in memory.observations()]
        with pytest.raises(error, match=said):
            memory.correct_poses(map_id, poses)
        assert [o.pose for o in memory.observations()] == before


@pytest.mark.parametrize('orientation', [(0, 0, 0, 0), (0, 0, 0, 1.2), (0, 0, math.nan, 1)])
def test_a_pose_that_is_not_rigid_is_none(orientation):
    with pytest.raises(InvalidObservationError, match=r'pose\.orientation must be'):
        Pose(position=(0.0, 0.0, 0.0), orientation=orientation)
