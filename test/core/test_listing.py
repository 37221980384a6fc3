"""Sightings become as many objects as there are things, and are listed as plain values."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.errors import InvalidQueryError, StoreAccessError, UnknownMapError


def _memory(tmp_path, sightings):
    memory = Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder())
    memory.add_many(
        Observation(
            id=f'o{i}',
            stamp_ns=i * 10**9,
            pose=Pose(position=(stand, 0.0, 0.0)),
            sightings=(Sighting(label=label, position=position, confidence=0.5 + 0.01 * i),),
            map_id=where,
        )
        for i, (label, stand, position, where) in enumerate(sightings)
    )
    return memory


def test_two_chairs_are_two_and_their_sightings_are_kept(tmp_path):
    with _memory(
        tmp_path,
        [
            ('chair', 0.0, (1.0, 0.0, 0.5), 'a'),
            ('chair', 0.5, (1.1, 0.1, 0.5), 'a'),
            ('chair', 1.0, (4.0, 0.0, 0.5), 'a'),
            ('chair', 0.0, (1.0, 0.0, 0.5), 'b'),
        ],
    ) as memory:
        first, *others = memory.objects()
        assert (first.label, first.map_id, first.views) == ('chair', 'a', 2)
        assert first.position == pytest.approx((1.05, 0.05, 0.5), abs=0.04)
        assert (first.first_ns, first.last_ns) == (0, 10**9)
        assert 0.5 < first.existence <= 1.0
        assert first.names == (('chair', 1.0),)
        assert memory.by_keys([first.best_view])[0].id in ('o0', 'o1')
        assert len(others) == 2
        assert len({o.id for o in memory.objects()}) == 3
        assert memory.stats().objects == 3


def test_a_sighting_without_depth_has_no_position_and_is_not_lost(tmp_path):
    with _memory(tmp_path, [('sofa', 0.0, None, 'a'), ('sofa', 1.0, None, 'a')]) as memory:
        (only,) = memory.objects()
        assert only.position is only.extent is None
        assert only.views == 2
        assert memory.retrieve('the sofa').found


def test_a_sighting_without_depth_adds_nothing_where_one_was_measured(tmp_path):
    shown = [('sofa', 0.0, (2.0, 0.0, 0.4), 'a'), ('sofa', 1.0, None, 'a')]
    with _memory(tmp_path, shown) as memory:
        (only,) = memory.objects()
        assert only.position == pytest.approx((2.0, 0.0, 0.4), abs=1e-6)
        assert only.views == 2


def test_nothing_seen_is_no_thing(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        assert memory.objects() == []
    with pytest.raises(StoreAccessError):
        memory.objects()


@pytest.fixture
def home(tmp_path):
    rooms = {'kitchen': ('stove', 'cup'), 'bedroom': ('bed', 'cup')}
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(
                f'{room}{i}',
                (20.0 * r + 0.3 * i, 0.0, 0.0),
                f'a {room}',
                stamp=100.0 * r + i,
                objects={t: (20.0 * r + 1.0 + j, 1.0, 0.5) for j, t in enumerate(things)},
            )
            for r, (room, things) in enumerate(rooms.items())
            for i in range(2 + r)
        )
        assert memory.wait_areas(60.0)
        yield memory


def test_objects_are_filtered_by_name_room_and_distance(home):
    def labels(*args, **filters):
        return [o.label for o in home.objects(*args, **filters)]

    assert labels() == ['bed', 'cup', 'stove', 'cup']  # seen in most views first
    assert labels('cups') == ['cup', 'cup']
    assert labels('piano') == []
    assert labels(area='the kitchen') == ['stove', 'cup']
    assert labels('cup', area='bedroom') == ['cup']
    assert labels(area='ballroom') == []
    assert labels(near=(1.0, 1.0, 0.5), radius=0.5) == ['stove']
    assert labels(map_id='map') == labels()
    assert {o.room for o in home.objects(area='the kitchen')} == {'kitchen'}


@pytest.mark.parametrize(
    ('filters', 'error'),
    [
        ({'map_id': 'attic'}, UnknownMapError),
        ({'radius': 1.0}, InvalidQueryError),
        ({'radius': 0.0, 'near': (0.0, 0.0, 0.0)}, InvalidQueryError),
        ({'radius': float('nan'), 'near': (0.0, 0.0, 0.0)}, InvalidQueryError),
        ({'radius': 1.0, 'near': (0.0, float('nan'), 0.0)}, InvalidQueryError),
        ({'radius': 1.0, 'near': (0.0, 0.0)}, InvalidQueryError),
    ],
)
def test_filters_that_make_no_sense_are_refused(home, filters, error):
    with pytest.raises(error):
        home.objects(**filters)
