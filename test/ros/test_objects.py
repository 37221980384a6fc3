"""The listing of objects over DDS: complete, filtered, page by page, honest about bad requests."""

from __future__ import annotations

from geometry_msgs.msg import PointStamped
from memory_msgs.msg import Status
from memory_msgs.srv import Objects
import pytest
from std_msgs.msg import Header

DOMAIN = 41
#: Things and where the robot stood; each is 2 m ahead of it.
ROOMS = {
    0.0: ('stove', 'sink', 'refrigerator'),
    8.0: ('sofa', 'television'),
    16.0: ('bed', 'wardrobe'),
}


@pytest.fixture(scope='module')
def remembering(client, robot):
    """Three rooms were seen; the bedroom twice."""
    for i, (x, labels) in enumerate([*ROOMS.items(), (16.0, ROOMS[16.0])]):
        robot.look(*labels, position=(x, 0.0, 0.0))
        client.counted(lambda s, n=i + 1: s.observations >= n, f'{i + 1} observations')
    return client


def _list(client, **fields):
    return client.call(Objects, 'memory/objects', Objects.Request(**fields))


def _near(x, frame_id=''):
    point = PointStamped(header=Header(frame_id=frame_id))
    point.point.x = x
    return {'use_near': True, 'near': point}


def _labels(answer):
    assert answer.status.code == Status.OK, answer.status.message
    return {thing.label for thing in answer.objects}


def test_every_object_is_listed_with_everything_known_of_it(remembering):
    answer = _list(remembering)
    assert _labels(answer) == {label for labels in ROOMS.values() for label in labels}
    assert answer.total == len(answer.objects) == 7
    assert len({thing.id for thing in answer.objects}) == 7
    views = [thing.views for thing in answer.objects]
    assert views == sorted(views, reverse=True)
    assert views[:2] == [2, 2]
    bed = next(thing for thing in answer.objects if thing.label == 'bed')
    assert (list(bed.names), list(bed.name_shares)) == (['bed'], [1.0])
    assert (bed.map_id, bed.header.frame_id, bed.has_position) == ('map', 'odom', True)
    assert (bed.position.x, bed.position.y, bed.position.z) == pytest.approx((18, 0, 0), abs=0.05)
    assert bed.has_extent
    assert bed.extent.y > 0.1
    assert bed.first_seen.sec <= bed.last_seen.sec
    assert bed.header.stamp == bed.last_seen
    assert 0.5 < bed.existence <= 1.0
    best = remembering.retrieve('the bed').places[0]
    assert bed.observation_id in best.evidence_ids


def test_statistics_count_objects_and_names(remembering):
    last = remembering.counted(lambda s: s.observations == 4, 'every observation')
    assert (last.objects, last.names) == (7, 7)


def test_objects_are_listed_by_name_room_distance_and_map(remembering):
    assert _labels(_list(remembering, text='the sofas')) == {'sofa'}
    assert _labels(_list(remembering, text='submarine')) == set()
    assert _labels(_list(remembering, **_near(10.0), radius=1.0)) == set(ROOMS[8.0])
    assert _labels(_list(remembering, **_near(10.0, 'odom'), radius=9.0, text='bed')) == {'bed'}
    assert _labels(_list(remembering, map_id='map', text='stove')) == {'stove'}

    def kitchen():
        return _labels(_list(remembering, area='kitchen'))

    remembering.until(lambda: kitchen() == set(ROOMS[0.0]), 'the kitchen to be a room')
    assert {thing.room for thing in _list(remembering, area='kitchen').objects} == {'kitchen'}
    assert _labels(_list(remembering, area='ballroom')) == set()


def test_pages_hold_every_object_once(remembering):
    pages = [_list(remembering, limit=3, offset=offset) for offset in (0, 3, 6, 9, 2**32 - 1)]
    assert [len(page.objects) for page in pages] == [3, 3, 1, 0, 0]
    assert {page.total for page in pages} == {7}
    assert len({thing.id for page in pages for thing in page.objects}) == 7


@pytest.mark.parametrize(
    ('fields', 'code', 'word'),
    [
        ({'map_id': 'moon'}, Status.UNKNOWN_MAP, 'moon'),
        ({'limit': 1001}, Status.INVALID_QUERY, 'limit'),
        ({'radius': 1.0}, Status.INVALID_QUERY, 'near'),
        (_near(0.0), Status.INVALID_QUERY, 'radius'),
        ({**_near(0.0), 'radius': -1.0}, Status.INVALID_QUERY, 'radius'),
        ({**_near(0.0), 'radius': float('nan')}, Status.INVALID_QUERY, 'radius'),
        ({**_near(float('inf')), 'radius': 1.0}, Status.INVALID_QUERY, 'near'),
        ({**_near(0.0, 'moon'), 'radius': 1.0}, Status.INVALID_QUERY, 'frame_id'),
        ({'text': 'x' * 4097}, Status.INVALID_QUERY, 'text'),
        ({'area': 'x' * 4097}, Status.INVALID_QUERY, 'area'),
    ],
)
def test_bad_requests_get_their_status(remembering, fields, code, word):
    answer = _list(remembering, **fields)
    assert answer.status.code == code
    assert word in answer.status.message
    assert (answer.total, len(answer.objects)) == (0, 0)
