"""Answers in words over DDS: grounded, cited, honest, with and without a language model."""

from __future__ import annotations

from memory_msgs.msg import Status
from memory_msgs.srv import Ask, Describe
import pytest

DOMAIN = 37
ROOMS = {
    0.0: ('stove', 'sink', 'refrigerator'),
    6.0: ('sofa', 'television', 'sofa'),
    12.0: ('bed', 'wardrobe', 'lamp'),
}
NAMES = ('kitchen', 'living room', 'bedroom')


@pytest.fixture(scope='module')
def remembering(client, robot):
    """Three rooms were seen and have their names, which come a little later."""
    for i, (x, labels) in enumerate(ROOMS.items()):
        robot.look(*labels, position=(x, 0.0, 0.0))
        client.counted(lambda s, n=i + 1: s.observations >= n, f'{i + 1} observations')
    client.until(lambda: all(name in _describe(client).description for name in NAMES), NAMES)
    return client


def _ask(client, question, **fields):
    return client.call(Ask, 'memory/ask', Ask.Request(question=question, **fields))


def _describe(client, area='', **fields):
    return client.call(Describe, 'memory/describe', Describe.Request(area=area, **fields))


def test_where_is_answered_with_a_place_and_a_citation(remembering):
    answer = _ask(remembering, 'Where is the bed?')
    assert answer.status.code == Status.OK
    assert answer.known
    assert not answer.generated
    assert 'bed is at (14.' in answer.answer
    assert '[1]' in answer.answer
    assert answer.citations[0].label == 'bed'


def test_what_was_never_seen_is_not_known(remembering):
    answer = _ask(remembering, 'Where is the swimming pool?')
    assert not answer.known
    assert "don't know" in answer.answer


@pytest.mark.parametrize(
    ('question', 'opening'),
    [
        ('Is there a television?', 'Yes: the television is at'),
        ('How many beds are there?', 'I have seen 1 bed: at (14.'),
        ('When did you last see the stove?', 'The stove was last seen'),
    ],
)
def test_the_kind_of_question_shapes_the_answer(remembering, question, opening):
    answer = _ask(remembering, question)
    assert answer.answer.startswith(opening), answer.answer


@pytest.mark.parametrize(
    ('question', 'count'),
    [
        ('How many beds are there?', 1),
        ('How many stoves are in the kitchen?', 1),
        ('How many submarines are there?', 0),
        ('Where is the bed?', -1),
        ('Is there a television?', -1),
    ],
)
def test_a_question_for_a_number_gets_one(remembering, question, count):
    answer = _ask(remembering, question)
    assert (answer.status.code, answer.count) == (Status.OK, count), answer.answer


@pytest.mark.parametrize(
    ('fields', 'code'),
    [
        ({'question': ''}, Status.INVALID_QUERY),
        ({'question': 'x' * 5000}, Status.INVALID_QUERY),
        ({'question': 'bed', 'k': 10**6}, Status.INVALID_QUERY),
        ({'question': 'bed', 'map_id': 'moon'}, Status.UNKNOWN_MAP),
    ],
)
def test_bad_questions_get_their_status(remembering, fields, code):
    answer = _ask(remembering, **fields)
    assert (answer.status.code, answer.count) == (code, -1)


def test_everything_is_described_by_what_is_in_it(remembering):
    told = _describe(remembering)
    assert told.status.code == Status.OK
    assert told.found
    assert told.observations == 3
    assert told.citations
    for word in (*NAMES, 'stoves', 'sofas', 'beds'):
        assert word in told.description


def test_an_area_that_is_not_there_has_a_status(remembering):
    assert _describe(remembering, 'area:999999').status.code == Status.UNKNOWN_NODE
    assert _describe(remembering, map_id='moon').status.code == Status.UNKNOWN_MAP
