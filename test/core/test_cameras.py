"""Views of several cameras in one memory: where each looked counts, not where the robot headed."""

from __future__ import annotations

import math

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node.core.data import Observation, Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.memory import Memory
from memory_node.core.memory.sessions import goes_on
from memory_node.core.store.seen_by import packed_source, read_source
from memory_node.interchange.jsonl import observation_from_dict, observation_to_dict

AHEAD = {'shelf': (3.0, 0.0, 0.7), 'lamp': (2.9, 0.2, 0.8)}
BEHIND = {'table': (-3.0, 0.0, 0.7), 'cup': (-2.9, 0.2, 0.8)}
BACK = {'camera': 'rear', 'view_yaw_rad': 3.1416}


def _round(step: int, ahead=AHEAD, behind=BEHIND) -> list[Observation]:
    """What front and rear camera see in one moment."""
    where = (0.03 * (step % 10), 0.0, 0.0)
    return [
        seen(f'f{step}', where, stamp=step, objects=ahead, camera='front', source='boxes'),
        seen(f'r{step}', where, stamp=step, objects=behind, source='boxes', **BACK),
    ]


@pytest.fixture
def open_memory(tmp_path):
    return lambda: Memory.open(tmp_path / 'memory.sqlite', encoder=BagOfWordsEncoder())


def _existence(memory: Memory) -> dict[str, float]:
    found = {name: memory.objects(name) for name in (*AHEAD, *BEHIND)}
    assert all(len(things) == 1 for things in found.values()), found
    return {name: things[0].existence for name, things in found.items()}


def test_what_is_gone_behind_is_missed_by_the_camera_that_looks_there(open_memory):
    table_alone = {'table': BEHIND['table']}
    with open_memory() as memory:
        memory.add_many([o for step in range(10) for o in _round(step)])
        sure = _existence(memory)
        memory.add_many([o for s in range(6) for o in _round(100 + 21 * s, behind=table_alone)])
        later = _existence(memory)
    assert min(sure.values()) > 0.9
    assert later['cup'] < 0.5
    assert min(later[name] for name in ('shelf', 'lamp', 'table')) > 0.9


def test_a_camera_misses_nothing_that_only_another_one_can_see(open_memory):
    with open_memory() as memory:
        memory.add_many([o for step in range(10) for o in _round(step)])
        before = _existence(memory)
        memory.add_many([_round(100 + 21 * s)[1] for s in range(6)])  # the rear one alone
        after = _existence(memory)
    assert [after[name] for name in AHEAD] == pytest.approx([before[name] for name in AHEAD])


def test_camera_and_heading_are_kept_and_read_at_opening(open_memory):
    with open_memory() as memory:
        memory.add_many([o for step in range(2) for o in _round(step)])
        yaws = memory.view().snapshot.yaws.tolist()
    with open_memory() as memory:
        assert memory.view().snapshot.yaws.tolist() == pytest.approx(yaws)
        rear = memory.observation('r1')
    assert yaws == pytest.approx([0.0, math.pi, 0.0, math.pi], abs=1e-4) or yaws == pytest.approx(
        [0.0, -math.pi, 0.0, -math.pi], abs=1e-4
    )
    assert (rear.camera, rear.view_yaw_rad, rear.source) == ('rear', 3.1416, 'boxes')
    assert rear.pose.yaw_rad == 0.0  # the pose stays that of the robot
    again = observation_from_dict(observation_to_dict(rear))
    assert (again.camera, again.view_yaw_rad, again.source) == ('rear', 3.1416, 'boxes')


def test_a_corrected_path_carries_what_every_camera_saw(open_memory):
    with open_memory() as memory:
        memory.add_many([o for step in range(3) for o in _round(step)])
        turned = [
            (step * 10**9, Pose.from_yaw((0.0, 0.03 * step, 0.0), math.pi / 2))
            for step in range(3)
        ]
        assert memory.correct_poses('map', turned) == 6
        ahead, behind = memory.observation('f2'), memory.observation('r2')
    assert ahead.sightings[0].position == pytest.approx((0.0, 3.0, 0.7), abs=1e-6)
    assert behind.sightings[0].position == pytest.approx((0.0, -3.0, 0.7), abs=1e-6)
    assert behind.view_yaw_rad == 3.1416


@pytest.mark.parametrize('source', ['yolox', 'a@b', 'a@b:', 'a@b:9.0000', '@', 'a@b:1.0'])
def test_a_source_of_one_camera_is_kept_as_it_is(source):
    assert packed_source(seen('a', source=source)) == source
    assert read_source(source) == (source, '', 0.0)


def test_a_side_camera_without_a_name_has_its_heading():
    stored = packed_source(seen('a', source='yolox', view_yaw_rad=-1.5708))
    assert stored == 'yolox@:-1.5708'
    assert read_source(stored) == ('yolox', '', -1.5708)


@pytest.mark.parametrize(
    'fields', [{'camera': 'a b'}, {'camera': 5}, {'view_yaw_rad': 4.0}, {'view_yaw_rad': 'x'}]
)
def test_what_is_no_camera_is_refused_by_name(fields):
    with pytest.raises(InvalidObservationError, match=f'observation.{next(iter(fields))}'):
        seen('a', **fields)
    with pytest.raises(InvalidObservationError, match='view_yaw_rad'):
        seen('a', view_yaw_rad=math.nan)


def test_a_robot_goes_on_by_its_own_heading_whichever_camera_looked_last(open_memory):
    with open_memory() as memory:
        memory.add_many(_round(0))
        here, there = Pose.from_yaw((0.0, 0.0, 0.0), 0.0), Pose.from_yaw((0.0, 0.0, 0.0), math.pi)
        assert goes_on(memory, 'map', here)
        assert not goes_on(memory, 'map', there)
