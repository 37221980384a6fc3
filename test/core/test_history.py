"""What has happened to things is told with its age, and what is gone is refused."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting

#: Monday, 2 March 2026, 9:00 UTC [s].
MONDAY = 1_772_442_000
HOUR = 3600
NOW = MONDAY + 31 * HOUR
ROOMS = {'kitchen': 0.0, 'office': 20.0}
FIXED = {'kitchen': 'stove', 'office': 'desk'}


def visit(room, at, **things):
    """Look at the room's furniture and at things from four spots; things by name and offset."""
    left = ROOMS[room]
    seen = {FIXED[room]: (3.4, 0.0), **things}
    return [
        Observation(
            id=f'{room} {at} {i}',
            stamp_ns=(at + 60 * i) * 10**9,
            pose=Pose.from_yaw((left + 0.3 * i, 0.0, 1.0), 0.0),
            caption=f'a {room}',
            sightings=tuple(
                Sighting(label=name.replace('_', ' '), position=(left + x, y, 0.8))
                for name, (x, y) in seen.items()
            ),
        )
        for i in range(4)
    ]


MUG, VASE, HAT, BAG = (3.0, 0.3), (3.0, -0.3), (3.2, 0.6), (3.1, -0.4)


@pytest.fixture(scope='module')
def memory(tmp_path_factory):
    """On Monday in the kitchen: mug, vase and hat; on Tuesday the mug is in the office."""
    path = tmp_path_factory.mktemp('history') / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        for at in (MONDAY, MONDAY + HOUR):
            memory.add_many(visit('kitchen', at, mug=MUG, vase=VASE, hat=HAT))
            memory.add_many(visit('office', at + 600))
        memory.add_many(visit('kitchen', MONDAY + 24 * HOUR, hat=HAT))
        memory.add_many(visit('office', MONDAY + 24 * HOUR + 600, mug=MUG, bag=BAG))
        assert memory.wait_areas(30.0)
        yield memory


def told(memory, question):
    return memory.ask(question, now=NOW)


def test_a_moved_thing_is_where_it_was_seen_last_with_its_age(memory):
    answer = told(memory, 'where is my mug?')
    assert answer.known
    assert 'The mug is at (23.0, 0.3, 0.8) in the office, seen 7 hours ago [1]' in answer.text
    assert 'It was at (3.0, 0.3, 0.8) in the kitchen 30 hours ago, and not there' in answer.text


def test_a_thing_that_is_gone_is_refused_and_said_so(memory):
    answer = told(memory, 'where is the vase?')
    assert not answer.known
    assert answer.text == (
        'I last saw the vase 30 hours ago at (3.0, -0.3, 0.8) in the kitchen [1];'
        ' when I looked there 7 hours ago, it was gone.'
    )
    assert answer.citations[0].label == 'vase'
    assert not memory.retrieve('the vase', now=NOW).found


def test_what_is_there_is_not_refused(memory):
    assert told(memory, 'where is the hat?').known
    assert told(memory, 'is the hat still in the kitchen?').text.startswith('Yes: the hat is at')


@pytest.mark.parametrize(
    'question',
    [
        'where was the mug yesterday?',
        'where was the mug when you first saw it?',
        'where did you first see the mug?',
    ],
)
def test_where_a_thing_was(memory, question):
    answer = told(memory, question)
    assert answer.known
    assert answer.citations[0].target_position == pytest.approx((3.0, 0.3, 0.8), abs=0.05)


def test_a_thing_is_not_still_where_it_has_left(memory):
    answer = told(memory, 'is the mug still in the kitchen?')
    assert not answer.known
    assert answer.text == (
        'No: the mug is at (23.0, 0.3, 0.8) in the office, seen 7 hours ago [1],'
        ' not in the kitchen.'
    )
    assert told(memory, 'is the vase still in the kitchen?').text.startswith('No: I last saw')


def test_what_has_changed_is_moved_gone_or_new(memory):
    answer = told(memory, 'what has changed since yesterday?')
    assert answer.known
    for part in (
        'the mug was moved from (3.0, 0.3, 0.8) in the kitchen [1] to (23.0, 0.3, 0.8)',
        'the vase is gone from',
        'the bag at (23.1, -0.4, 0.8) in the office [4] is new',
    ):
        assert part in answer.text
    assert 'hat' not in answer.text
    assert 'stove' not in answer.text


def test_changes_keep_to_the_place_and_the_time_that_are_asked_about(memory):
    text = told(memory, 'what is missing in the kitchen?').text
    assert 'vase' in text
    assert 'bag' not in text
    assert told(memory, 'what has changed in the last 10 minutes?').text == (
        'In the last 10 minutes I have seen no change.'
    )


@pytest.mark.parametrize(
    ('question', 'text'),
    [
        ('has the mug been moved?', 'Yes: the mug was at (3.0, 0.3, 0.8) in the kitchen [1]'),
        ('did someone move the mug?', 'Yes: the mug was at'),
        ('has the hat been moved?', 'No: I have seen the hat at (3.2, 0.6, 0.8) in the kitchen'),
        ('is the vase gone?', 'Yes: I last saw the vase 30 hours ago'),
        ('is the hat gone?', 'No: I have seen the hat at'),
    ],
)
def test_whether_a_thing_was_moved(memory, question, text):
    assert told(memory, question).text.startswith(text)


def test_how_often_a_thing_was_seen(memory):
    answer = told(memory, 'how often did you see the hat?')
    assert answer.count == 3
    assert answer.text.startswith('I have seen the hat in 12 views, on 3 occasions, last 7 hours')
    assert told(memory, 'how often have you seen the hat yesterday?').count == 2
    assert not told(memory, 'how often did you see the swimming pool?').known


def test_there_is_one_mug_and_no_vase(memory):
    assert told(memory, 'how many mugs are there?').count == 1
    assert told(memory, 'how many vases are there?').count == 0


@pytest.mark.parametrize(
    ('question', 'known', 'text'),
    [
        ('is the mug still where it was yesterday?', True, 'No: the mug was at (3.0, 0.3, 0.8)'),
        ('is the hat still in its place?', True, 'Yes: the hat is at (3.2, 0.6, 0.8)'),
        ('has the hat stayed where it was?', True, 'Yes: I have seen the hat at'),
        ('what went missing overnight?', True, 'Overnight'),
        ('what is gone?', True, 'The vase is gone from (3.0, -0.3, 0.8) in the kitchen [1].'),
        ('has anything disappeared since yesterday?', True, 'Since yesterday: the vase is gone'),
        ('anything missing?', True, 'The vase is gone from'),
        ('what is new?', True, 'The bag at (23.1, -0.4, 0.8) in the office [1] is new.'),
        ('what has been added since yesterday?', True, 'Since yesterday: the bag at'),
        ("what's new in the office?", True, 'In the office: the mug was moved from'),
        ('what is different compared to yesterday?', True, 'Compared to yesterday: the mug was'),
        ('where is the mug usually?', True, 'The mug is usually at (3.0, 0.3, 0.8)'),
        ('where do you normally find the mug?', True, 'I saw it there on 2 of 3 occasions, on 1'),
        ('since when is the mug there?', True, 'I first saw the mug 31 hours ago at (3.0,'),
        ('how long has the bag been here?', True, 'I first saw the bag 7 hours ago at'),
        ('when did you first notice the bag?', True, 'I first saw the bag 7 hours ago at'),
        ('when was the vase last seen?', True, 'I last saw the vase 30 hours ago'),
    ],
)
def test_what_strangers_ask_of_what_has_been(memory, question, known, text):
    answer = told(memory, question)
    assert answer.known is known, answer.text
    assert text in answer.text


def test_what_stood_elsewhere_before_may_have_been_moved(tmp_path):
    """Nobody has looked where it was, so it may also be another one."""
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(visit('kitchen', MONDAY, mug=MUG))
        memory.add_many(visit('office', MONDAY + 2 * HOUR, mug=MUG))
        assert memory.wait_areas(30.0)
        answer = told(memory, 'has the mug been moved?')
    assert answer.text == (
        'Yes, it seems: the mug was at (3.0, 0.3, 0.8) in the kitchen [1], seen 31 hours ago, and'
        ' then at (23.0, 0.3, 0.8) in the office [2], seen 29 hours ago, if it is the same one.'
    )
