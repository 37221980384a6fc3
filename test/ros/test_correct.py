"""Corrections over DDS: acted on at the next question, refused by field, listed, undone, kept."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped
from memory_msgs.msg import Status
from memory_msgs.srv import Correct, Objects
import pytest
from std_msgs.msg import Header

DOMAIN = 57
KIND = Correct.Request
#: Things and where the robot stood; each is 2 m ahead of it.
ROOMS = {0.0: ('stove', 'mug'), 8.0: ('sofa', 'microwave')}


@pytest.fixture(scope='module')
def remembering(client, robot):
    for i, (x, labels) in enumerate(ROOMS.items()):
        robot.look(*labels, position=(x, 0.0, 0.0))
        client.counted(lambda s, n=i + 1: s.observations >= n, f'{i + 1} observations')
    return client


def correct(client, kind, author='anna', **fields):
    return client.call(
        Correct, 'memory/correct', Correct.Request(kind=kind, author=author, **fields)
    )


def made(answer):
    assert answer.status.code == Status.OK, answer.status.message
    (correction,) = answer.corrections
    return correction


def thing(client, text):
    (found,) = client.call(Objects, 'memory/objects', Objects.Request(text=text)).objects
    return found


def point(x, y, z=0.0, frame_id=''):
    at = PointStamped(header=Header(frame_id=frame_id))
    at.point.x, at.point.y, at.point.z = float(x), float(y), float(z)
    return {'use_point': True, 'point': at}


def of(found):
    return {'use_object': True, 'object_id': found.id}


def test_a_move_acts_on_the_next_question_and_is_undone(remembering):
    mug = thing(remembering, 'mug')
    correction = made(correct(remembering, KIND.MOVE, **of(mug), **point(10, 1, 0.5, 'odom')))
    assert (correction.author, correction.kind, correction.state) == ('anna', 'move', 'in force')
    assert correction.stamp.sec > 0
    place = remembering.retrieve('where is the mug?').places[0]
    target = place.target_position
    assert (target.x, target.y, target.z) == pytest.approx((10.0, 1.0, 0.5))
    assert 'corrected by anna on ' in place.why
    undone = made(correct(remembering, KIND.UNDO, 'bob', correction_id=correction.id))
    assert undone.state == 'undone'
    target = remembering.retrieve('where is the mug?').places[0].target_position
    assert target.x == pytest.approx(mug.position.x)


def test_names_kinds_and_places_are_told(remembering, robot):
    oven, mug = thing(remembering, 'microwave'), thing(remembering, 'mug')
    made(correct(remembering, KIND.RELABEL, name='printer', **of(oven)))
    made(correct(remembering, KIND.NAME, name="Anna's mug", **of(mug)))
    assert remembering.retrieve('the printer').places[0].label == 'printer'
    assert remembering.retrieve("where is Anna's mug?").found
    made(correct(remembering, KIND.PLACE, name='room 214'))  # where the robot is now
    answer = remembering.retrieve('go to room 214')
    assert (answer.found, answer.places[0].label) == (True, 'room 214')
    assert answer.places[0].pose.position.x == pytest.approx(8.0)


def test_a_wrong_answer_is_told_by_its_place(remembering):
    best = remembering.retrieve('somewhere to sit').places[0]
    at = point(best.target_position.x, best.target_position.y, best.target_position.z)
    fields = {'observation_id': best.node_id, 'name': best.label, 'question': 'somewhere to sit'}
    correction = made(correct(remembering, KIND.WRONG, **fields, **at))
    after = remembering.retrieve('somewhere to sit')
    assert not after.found or after.places[0].label != best.label
    made(correct(remembering, KIND.UNDO, correction_id=correction.id))
    assert remembering.retrieve('somewhere to sit').places[0].label == best.label


@pytest.mark.parametrize(
    ('kind', 'fields', 'said'),
    [
        (200, {}, 'kind must be 0 to 11, got 200'),
        (KIND.CONFIRM, {}, 'object_id must not be empty'),
        (KIND.MOVE, {'use_object': True, 'object_id': 0}, 'position must not be empty'),
        (
            KIND.MOVE,
            {'use_object': True, 'object_id': 0, **point(math.nan, 0)},
            'point must be finite',
        ),
        (
            KIND.MOVE,
            {'use_object': True, 'object_id': 0, **point(1e9, 0)},
            'position must be three finite numbers of at most 2e+07 m',
        ),
        (
            KIND.MOVE,
            {'use_object': True, 'object_id': 0, **point(0, 0, 0, 'moon')},
            "point.header.frame_id is 'moon'",
        ),
        (KIND.NAME, {'use_object': True, 'object_id': 0, 'name': ''}, 'name must not be empty'),
        (
            KIND.NAME,
            {'use_object': True, 'object_id': 0, 'name': 'x' * 1000},
            'name must hold at most 128 characters, got 1000',
        ),
        (
            KIND.NAME,
            {'use_object': True, 'object_id': 0, 'name': 'a\x07'},
            'name must hold no control or invisible characters',
        ),
        (KIND.MERGE, {'use_object': True, 'object_id': 0, 'others': [0]}, 'others must be other'),
        (KIND.FORGET, {}, 'must be given'),
    ],
)
def test_what_can_not_be_meant_is_refused_by_field(remembering, kind, fields, said):
    before = correct(remembering, KIND.LIST).corrections
    answer = correct(remembering, kind, **fields)
    assert answer.status.code == Status.INVALID_QUERY
    assert said in answer.status.message
    assert correct(remembering, KIND.LIST).corrections == before


def test_unknown_ids_are_refused_by_number(remembering):
    answer = correct(remembering, KIND.CONFIRM, use_object=True, object_id=12345)
    assert answer.status.code == Status.UNKNOWN_NODE
    assert 'no object has the id 12345' in answer.status.message
    answer = correct(remembering, KIND.UNDO, correction_id=12345)
    assert answer.status.code == Status.UNKNOWN_NODE
    answer = correct(remembering, KIND.CONFIRM, author='', use_object=True)
    assert (answer.status.code, 'author' in answer.status.message) == (Status.INVALID_QUERY, True)


def test_a_span_of_time_is_forgotten(remembering, robot):
    robot.look('umbrella', position=(30.0, 0.0, 0.0))
    last = remembering.counted(lambda s: s.observations == 3, 'the third observation')
    assert remembering.retrieve('the umbrella').found
    umbrella = thing(remembering, 'umbrella')
    since = {'use_since': True, 'since': umbrella.last_seen}
    correction = made(correct(remembering, KIND.FORGET, **since))
    assert (correction.summary, correction.state) == ('1 observations forgotten', 'done')
    assert not remembering.retrieve('the umbrella').found
    remembering.counted(lambda s: s.observations == last.observations - 1, 'one less')
    answer = correct(remembering, KIND.FORGET, use_since=True, since=Time(sec=2**31 - 1))
    assert answer.status.code == Status.UNKNOWN_NODE


def test_corrections_are_there_when_the_node_was_killed(remembering, start, connect, eager):
    listed = correct(remembering, KIND.LIST).corrections
    assert len(listed) >= 5
    remembering.process.process.kill()
    remembering.process.wait()
    again = connect(start(eager))
    again.until(lambda: again.statistics, 'first statistics')
    assert correct(again, KIND.LIST).corrections == listed
    assert again.retrieve('the printer').places[0].label == 'printer'
    again.until(lambda: again.retrieve('go to room 214').found, 'the room by its name')
