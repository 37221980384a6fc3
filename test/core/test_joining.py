"""Maps of one place become one; maps of different places stay as they are, with the reason."""

from __future__ import annotations

from dataclasses import replace
import math

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.core.errors import InvalidQueryError, MapsDifferError, UnknownMapError
from memory_node.core.memory.joining import planar_transform
from memory_node.core.memory.sessions import SessionJoiner
from memory_node.core.perception.geometry import transform_points
from memory_node.core.store.check import check_store

KINDS = (
    'sofa', 'sink', 'stove', 'bed', 'desk', 'printer', 'bathtub', 'wardrobe', 'bookcase', 'toilet',
    'fridge', 'piano', 'dresser', 'table', 'cabinet', 'mirror',
)  # fmt: skip
#: Where the second session's odometry began.
B_T_A = planar_transform(4.0, -7.0, 0.3, 2.0)


def flat(seed):
    """Put one thing of each kind somewhere in 12 by 9 m, and a mug."""
    rng = np.random.default_rng(seed)
    return {
        kind: np.array([*(rng.random(2) * (12.0, 9.0)), rng.choice([0.4, 0.8])])
        for kind in (*KINDS, 'mug')
    }


def session(things, map_id, begin_s, frame_T_world=None, seed=0):
    """Look around at lattice points; see what is within 4 m, 3 cm off."""
    rng = np.random.default_rng((seed, 7))
    frame_T_world = np.eye(4) if frame_T_world is None else frame_T_world
    yaw = math.atan2(frame_T_world[1, 0], frame_T_world[0, 0])
    found = []
    for n, (x, y, turn) in enumerate(
        (x, y, 1.57 * k) for x in (2.0, 5.0, 8.0, 11.0) for y in (2.0, 6.0) for k in range(4)
    ):
        seen = []
        for kind, where in things.items():
            away = where[:2] - (x, y)
            off = math.remainder(math.atan2(away[1], away[0]) - turn, 2.0 * math.pi)
            if np.hypot(*away) < 4.0 and abs(off) < 0.9 and rng.random() > 0.1:
                at = transform_points(frame_T_world, where + rng.normal(0.0, 0.03, 3))
                seen.append(Sighting(label=kind, confidence=0.9, position=tuple(at.tolist())))
        at = transform_points(frame_T_world, np.array([x, y, 0.0]))
        found.append(
            Observation(
                id=f'{map_id}-{n}',
                stamp_ns=round((begin_s + 5 * n) * 1e9),
                pose=Pose.from_yaw(tuple(at.tolist()), yaw + turn),
                caption='a room',
                sightings=tuple(seen),
                map_id=map_id,
            )
        )
    return found


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as opened:
        yield opened


def contents(memory):
    return [
        (o.id, o.map_id, o.stamp_ns, o.pose, o.caption, o.sightings) for o in memory.observations()
    ]


def test_two_sessions_of_one_place_become_one_map(memory):
    things = flat(1)
    memory.add_many(session(things, 'a', 0))
    things['mug'] = np.array([1.0, 1.0, 0.8])
    memory.add_many(session(things, 'b', 90_000, B_T_A, seed=1))
    assert len(memory.objects('sofa')) == 2
    assert memory.retrieve('the sofa', map_id='a').found
    joined = memory.join_maps('a', 'b')
    assert np.abs(joined.transform - B_T_A).max() < 0.05
    assert joined.observations == 32
    assert joined.match.found >= 14
    assert memory.map_ids == ('b',)
    (sofa,) = memory.objects('sofa')
    at = transform_points(B_T_A, things['sofa'])
    assert sofa.position == pytest.approx(at.tolist(), abs=0.1)
    assert sofa.map_id == 'b'
    (mug,) = (m for m in memory.objects('mug') if m.existence > 0.5)
    assert mug.position == pytest.approx(transform_points(B_T_A, things['mug']).tolist(), abs=0.1)
    (record,) = memory.maps()
    assert (record.id, record.observations, record.joined) == ('b', 64, ('a',))
    assert not check_store(memory.path).problems


def test_answers_name_map_and_session(memory):
    memory.add_many(session(flat(1), 'a', 0))
    memory.add_many([o for o in session(flat(1), 'b', 9_000, B_T_A, 1) if o.id < 'b-2'])
    assert memory.ask('where is the toilet?').text.endswith('That is on map “a”.')
    memory.join_maps('a', 'b', B_T_A)
    assert 'map' not in memory.ask('where is the toilet?').text
    found = memory.retrieve('the toilet', map_id='a').places  # its name then is as good
    assert {p.map_id for p in found} == {'b'}
    assert {p.session for p in found} <= {'a', 'b'}
    assert all(p.session == p.node_id.partition('-')[0] for p in found)


def test_what_comes_for_a_joined_map_is_brought_over(memory):
    things = flat(1)
    early, late = session(things, 'a', 0)[:20], session(things, 'a', 0)[20:]
    memory.add_many([*early, *session(things, 'b', 9_000, B_T_A, seed=1)])
    memory.join_maps('a', 'b', B_T_A)
    memory.add_many(late)
    assert memory.map_ids == ('b',)
    assert len(memory.objects('sofa')) == 1
    assert memory.map_now('a') == 'b'


def test_a_chain_of_joins_and_back(memory, tmp_path):
    things = flat(1)
    c_T_b = planar_transform(-1.0, 2.0, 0.0, -1.0)
    memory.add_many(session(things, 'a', 0))
    memory.add_many(session(things, 'b', 9_000, B_T_A, seed=1))
    memory.add_many(session(things, 'c', 18_000, c_T_b @ B_T_A, seed=2))
    before = contents(memory)
    memory.join_maps('a', 'b')
    memory.join_maps('b', 'c')
    assert memory.map_now('a') == 'c'
    assert len(memory.objects('piano')) == 1
    memory.save(tmp_path / 'copy.sqlite')
    with Memory.open(tmp_path / 'copy.sqlite', encoder=BagOfWordsEncoder()) as copy:
        assert copy.part_maps('a') == 32
        assert copy.map_ids == ('a', 'c')
    assert memory.part_maps('b') == 64
    assert memory.part_maps('a') == 32
    for one, other in zip(contents(memory), before, strict=True):
        assert (one[0], one[1], one[2], one[4]) == (other[0], other[1], other[2], other[4])
        assert one[3].position == pytest.approx(other[3].position, abs=1e-9)
        for seen, was in zip(one[5], other[5], strict=True):
            assert seen.position == pytest.approx(was.position, abs=1e-9)
    assert not check_store(memory.path).problems


@pytest.mark.parametrize('seed', [2, 3])
def test_maps_with_nothing_in_common_stay_as_they_are(memory, seed):
    memory.add_many(session(flat(1), 'a', 0))
    memory.add_many(session(flat(seed), 'b', 90_000, B_T_A, seed=1))
    before = contents(memory)
    with pytest.raises(MapsDifferError, match=r"'a' is not joined to 'b': .* things again"):
        memory.join_maps('a', 'b')
    assert contents(memory) == before


def test_maps_without_things_alike_are_refused(memory):
    memory.add_many(session({'sofa': np.array([3.0, 3.0, 0.5])}, 'a', 0))
    memory.add_many(session({'sink': np.array([3.0, 3.0, 0.5])}, 'b', 9_000))
    with pytest.raises(MapsDifferError, match='0 kinds are in both'):
        memory.join_maps('a', 'b')


def test_a_place_that_looks_alike_from_both_ends_is_refused(memory):
    """Every thing has a twin at the other end: both ways of turning the map fit."""
    ends = [dict(list(flat(1).items())[:8])]
    ends.append({k: np.array([12.0, 9.0, 2 * v[2]]) - v for k, v in ends[0].items()})
    for name, frame in (('a', np.eye(4)), ('b', B_T_A)):
        for k, things in enumerate(ends):
            seen = session(things, name, 9_000 * (name == 'b') + 400 * k, frame, seed=k)
            memory.add_many([replace(o, id=f'{o.id}-{k}') for o in seen])
    with pytest.raises(MapsDifferError, match='another place fits .* as well'):
        memory.join_maps('a', 'b')


@pytest.mark.parametrize(
    'transform',
    [
        np.diag([2.0, 2.0, 1.0, 1.0]),
        np.diag([1.0, -1.0, 1.0, 1.0]),
        np.full((4, 4), np.nan),
        np.eye(3),
        'east',
    ],
)
def test_transforms_that_are_not_rigid_are_refused(memory, transform):
    memory.add_many([*session(flat(1), 'a', 0), *session(flat(1), 'b', 900)])
    with pytest.raises(InvalidQueryError, match='transform must be'):
        memory.join_maps('a', 'b', transform)
    assert memory.map_ids == ('a', 'b')


def test_maps_that_are_none_or_one_are_refused(memory):
    memory.add_many([*session(flat(1), 'a', 0), *session(flat(1), 'b', 900)])
    with pytest.raises(UnknownMapError, match="'cellar'"):
        memory.join_maps('cellar', 'b')
    with pytest.raises(InvalidQueryError, match='one map'):
        memory.join_maps('a', 'a')
    with pytest.raises(UnknownMapError, match='was not joined'):
        memory.part_maps('a')
    assert not memory.join_maps('a', 'b', dry_run=True).observations
    memory.join_maps('a', 'b')
    with pytest.raises(UnknownMapError, match="joined into 'b'"):
        memory.join_maps('a', 'b')


def test_a_told_place_and_a_name_go_along(memory):
    things = flat(1)
    memory.add_many(session(things, 'a', 0))
    (piano,) = memory.objects('piano')
    memory.correct('name', object_id=piano.id, name="Clara's wing", author='anna')
    corner = (2.0, 2.0, 0.0)
    memory.correct(
        'place', name='charging corner', position=corner, radius=1.0, map_id='a', author='anna'
    )
    memory.add_many(session(things, 'b', 9_000, B_T_A, seed=1))
    memory.join_maps('a', 'b')
    memory.wait_areas(30.0)
    (named,) = memory.objects("Clara's wing")
    assert named.map_id == 'b'
    assert named.position == pytest.approx(
        transform_points(B_T_A, things['piano']).tolist(), abs=0.1
    )
    found = memory.retrieve('the charging corner').places[0]
    at = transform_points(B_T_A, np.array(corner))
    assert found.pose.position == pytest.approx(at.tolist(), abs=1.0)


def test_a_session_going_on_takes_earlier_ones_in_by_itself(memory):
    things, said, wanted = flat(1), [], [False]
    memory.add_many(session(things, 'home', 0))
    memory.add_many(session(flat(5), 'home~2', 40_000, seed=3))
    memory.add_many(session(flat(6), 'garage', 50_000, seed=4))
    joiner = SessionJoiner(
        memory, wanted=lambda: wanted[0], current=lambda: ('home', 'home~3'), say=said.append
    )
    *most, last = session(things, 'home~3', 90_000, B_T_A, seed=1)
    for observation in most:
        memory.add(observation)
        joiner.stored()
    assert memory.map_ids == ('home', 'home~2', 'garage', 'home~3')
    wanted[0] = True
    memory.add(last)
    joiner.stored()
    assert joiner.wait(30.0)
    joiner.close()
    assert memory.map_ids == ('home~2', 'garage', 'home~3')
    assert memory.map_now('home') == 'home~3'
    (line,) = said
    assert "map 'home' is of the same place as 'home~3'" in line
