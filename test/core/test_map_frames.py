"""Each map is in one fixed frame, which the file keeps."""

from __future__ import annotations

import math
import shutil

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory
from memory_node.cli.main import main
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.memory.map_frames import MapFrames
from memory_node.core.perception.geometry import transform_from_xyz_rpy
from memory_node.core.store.salvage import Salvage
from memory_node.interchange.export import export_memory
from memory_node.ros.settings import NodeConfig

MAP_T_ODOM = transform_from_xyz_rpy((10.0, 5.0, 0.0, 0.0, 0.0, math.pi / 2))


class Run:
    """One run of a robot: poses come in a frame, and are joined to the map or not."""

    def __init__(self, memory) -> None:
        self.memory, self.warnings = memory, []
        self.map_T_odom = None
        self.maps = MapFrames(
            memory, 'map', join=lambda target, source: self.map_T_odom, warn=self.warnings.append
        )
        self.stamp_ns = 0

    def see(self, label, x, frame_id, map_id='home'):
        self.stamp_ns += 10**9
        chosen = self.maps.map_for(map_id, frame_id)
        observation = Observation(
            id=f'{chosen}-{len(self.memory.snapshot())}-{label}',
            stamp_ns=self.stamp_ns,
            pose=Pose(position=(x, 0.0, 0.0)),
            sightings=(Sighting(label=label, position=(x + 1.0, 0.0, 0.5), extent=(0.2, 0.4, 1)),),
            map_id=chosen,
        )
        self.memory.add(observation)
        self.maps.stored(observation.id, map_id, frame_id)
        return chosen


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'm.sqlite'


@pytest.fixture
def memory(path):
    with Memory.open(path, encoder=BagOfWordsEncoder()) as opened:
        yield opened


def where(memory, label):
    (thing,) = memory.objects(label)
    return thing.map_id, thing.position


def test_a_frame_is_kept_in_the_file_and_its_copies(memory, path, tmp_path):
    assert dict(memory.frames) == {}
    Run(memory).see('lamp', 1.0, 'odom')
    assert dict(memory.frames) == {'home': 'odom'}
    memory.save(tmp_path / 'copy.sqlite')
    with Memory.open(tmp_path / 'copy.sqlite', encoder=BagOfWordsEncoder()) as copy:
        assert dict(copy.frames) == {'home': 'odom'}
    with Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as reader:
        assert dict(reader.frames) == {'home': 'odom'}
    memory.save()
    shutil.copy(path, tmp_path / 'damaged.sqlite')
    salvage = Salvage(tmp_path / 'damaged.sqlite')
    assert salvage.frames == {'home': 'odom'}
    salvage.close()


def test_what_a_run_saw_is_brought_into_the_map_once_that_is_joined(memory):
    run = Run(memory)
    assert run.see('lamp', 1.0, 'odom') == 'home'
    run.map_T_odom = MAP_T_ODOM
    assert run.see('sofa', 0.0, 'map') == 'home'
    assert dict(memory.frames) == {'home': 'map'}
    assert where(memory, 'lamp') == ('home', pytest.approx((10.0, 7.0, 0.5)))
    (thing,) = memory.objects('lamp')
    assert thing.extent == pytest.approx((0.4, 0.2, 1.0))
    assert len(memory.snapshot()) == 2
    (warning,) = run.warnings
    assert "1 observations of this run are brought into map 'home'" in warning


def test_each_map_gets_its_own_back(memory):
    run = Run(memory)
    run.see('lamp', 1.0, 'odom', map_id='ground floor')
    run.see('cup', 1.0, 'odom', map_id='first floor')
    run.map_T_odom = MAP_T_ODOM
    run.see('sofa', 0.0, 'map', map_id='first floor')
    assert where(memory, 'cup') == ('first floor', pytest.approx((10.0, 7.0, 0.5)))
    assert where(memory, 'lamp') == ('ground floor', (2.0, 0.0, 0.5))


def test_frames_that_nothing_joins_are_kept_apart(memory):
    run = Run(memory)
    run.see('lamp', 1.0, 'odom')
    assert run.see('sofa', 0.0, 'map') == 'home@map'
    assert run.maps.current('home') == 'home@map'
    assert run.maps.current('garage') == 'garage'
    assert dict(memory.frames) == {'home': 'odom', 'home@map': 'map'}
    assert where(memory, 'lamp') == ('home', (2.0, 0.0, 0.5))
    assert run.see('lamp', 1.0, 'odom') == 'home'


def test_an_earlier_run_in_odometry_stays_where_it_was_and_is_told_of(memory):
    Run(memory).see('lamp', 1.0, 'odom')
    second = Run(memory)
    second.see('cup', 5.0, 'odom')
    assert 'holds an earlier run' in second.warnings[0]
    second.map_T_odom = MAP_T_ODOM
    assert second.see('sofa', 0.0, 'map') == 'home@map'
    assert where(memory, 'lamp') == ('home', (2.0, 0.0, 0.5))


def test_a_run_that_is_localised_late_comes_into_the_map_of_earlier_ones(memory):
    Run(memory).see('sofa', 0.0, 'map')
    second = Run(memory)
    assert second.see('lamp', 1.0, 'odom') == 'home@odom'
    second.map_T_odom = MAP_T_ODOM
    assert second.see('cup', 3.0, 'map') == 'home'
    assert where(memory, 'lamp') == ('home', pytest.approx((10.0, 7.0, 0.5)))
    assert memory.map_ids == ('home',)


def test_a_frame_goes_out_and_in_with_observations(memory, tmp_path, capsys):
    Run(memory).see('lamp', 1.0, 'odom')
    export_memory(memory, tmp_path / 'out.jsonl', 'jsonl')
    other = tmp_path / 'other.jsonl'
    text = (tmp_path / 'out.jsonl').read_text()
    other.write_text(text.replace('odom', 'world').replace('-0-', '-9-'))
    store = ['--store', str(tmp_path / 'again.sqlite')]
    assert main(['import', str(tmp_path / 'out.jsonl'), *store]) == 0
    assert main(['import', str(other), *store]) == 1
    said = ' '.join(capsys.readouterr().err.split())
    assert "frame_id must be 'odom' as in all of map 'home', got 'world'" in said
    with Memory.open(store[1]) as again:
        assert dict(again.frames) == {'home': 'odom'}
        assert len(again.snapshot()) == 1
    assert main(['stats', *store]) == 0
    assert 'home in odom' in capsys.readouterr().out


# ---- sessions whose odometry begins anew ----


def run_of(memory, anew='auto', max_speed_m_s=1.5):
    run = Run(memory)
    run.maps = MapFrames(
        memory,
        'map',
        join=lambda t, s: run.map_T_odom,
        warn=run.warnings.append,
        anew=lambda: anew,
        max_speed_m_s=lambda: max_speed_m_s,
    )
    return run


def see_at(run, label, x, frame_id='odom', yaw=0.0):
    chosen = run.maps.map_for('home', frame_id, Pose.from_yaw((x, 0.0, 0.0), yaw))
    assert run.see(label, x, frame_id) == chosen
    return chosen


def test_a_run_whose_odometry_begins_anew_is_a_map_of_its_own(memory):
    first = run_of(memory)
    assert [see_at(first, 'lamp', x) for x in (0.0, 3.0)] == ['home', 'home']
    second = run_of(memory)
    assert [see_at(second, 'cup', x) for x in (0.0, 3.0, 6.0)] == ['home~2'] * 3
    assert 'sessions.new: never' in second.warnings[0]
    assert second.maps.current('home') == 'home~2'
    assert see_at(run_of(memory), 'sofa', 0.0) == 'home~3'
    assert dict(memory.frames) == dict.fromkeys(('home', 'home~2', 'home~3'), 'odom')


@pytest.mark.parametrize(
    ('x', 'yaw', 'goes_on'), [(6.2, 0.1, True), (6.2, 1.0, False), (5.0, 0.0, False)]
)
def test_a_run_that_begins_where_the_last_one_ended_goes_on(memory, x, yaw, goes_on):
    see_at(run_of(memory), 'lamp', 0.0)
    see_at(run_of(memory), 'cup', 6.0)
    again = run_of(memory)
    assert see_at(again, 'sofa', x, yaw=yaw) == ('home~2' if goes_on else 'home~3')
    assert ('holds an earlier run' in again.warnings[0]) == goes_on


@pytest.mark.parametrize(
    ('x', 'after_s', 'speed', 'goes_on'),
    [
        (37.0, 6.0, 1.5, True),  # killed on the way, and back after 6 s
        (37.0, 6.0, 0.0, False),
        (45.0, 6.0, 1.5, False),  # too far for 6 s: carried, or odometry jumped
        (0.0, 6.0, 1.5, False),  # odometry began anew, and the robot stands
        (8.0, 6.0, 1.5, False),  # the same, and it has driven since
        (37.0, 30.0, 1.5, False),  # time enough to come here from the origin
        (37.0, -3600.0, 1.5, False),  # the clock was set back
        (37.0, 1e9, 1.5, False),  # the clock was set
    ],
)
def test_a_run_that_was_cut_on_the_way_goes_on_where_nothing_else_can_be(
    memory, x, after_s, speed, goes_on
):
    run = run_of(memory)
    run.stamp_ns = 10**19 // 10
    see_at(run, 'lamp', 30.0)
    at_ns = run.stamp_ns + round(after_s * 1e9)
    again = run_of(memory, max_speed_m_s=speed)
    chosen = again.maps.map_for('home', 'odom', Pose(position=(x, 0.0, 0.0)), at_ns)
    assert chosen == ('home' if goes_on else 'home~2')


def test_poses_in_the_map_frame_are_of_one_map_unless_told(memory):
    see_at(run_of(memory), 'lamp', 5.0, 'map')
    localised = run_of(memory)
    assert see_at(localised, 'cup', 0.0, 'map') == 'home'
    assert not localised.warnings
    assert see_at(run_of(memory, 'always'), 'sofa', 0.0, 'map') == 'home~2'
    assert see_at(run_of(memory, 'never'), 'sofa', 9.0, 'map') == 'home~2'


def test_the_longest_map_id_of_a_node_has_room_for_sessions_and_frames(memory):
    longest = NodeConfig(map_id='m' * 128).map_id
    for frame_id in ('odom', 'odom', 'f' * 400):
        run = run_of(memory, 'always')
        assert run.see('lamp', 0.0, frame_id, longest).startswith(longest)
    assert len(memory.map_ids) == 3
    with pytest.raises(ValueError, match='1 to 128'):
        NodeConfig(map_id='m' * 129)


def test_names_of_sessions_that_were_joined_are_not_given_again(memory):
    see_at(run_of(memory), 'lamp', 0.0)
    see_at(run_of(memory), 'cup', 6.0)
    memory.join_maps('home', 'home~2', np.eye(4))
    assert see_at(run_of(memory), 'sofa', 0.0) == 'home~3'
    memory.join_maps('home~2', 'home~3', np.eye(4))
    assert memory.map_ids == ('home~3',)
    assert see_at(run_of(memory, 'never'), 'bed', 9.0) == 'home~3'
