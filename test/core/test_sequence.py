"""Order of rooms and things, and visits of rooms, from when they were seen."""

from __future__ import annotations

from datetime import UTC

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.core.language.sequence import read_sequence
from memory_node.core.language.times import Clock
from memory_node.core.rooms.visits import visits_of

#: Monday, 2 March 2026, 9:00 UTC [s].
MONDAY = 1_772_442_000
DAY = 86_400
NOW = MONDAY + DAY + 8 * 3600
LEFT = {'kitchen': 0.0, 'hallway': 20.0, 'office': 40.0, 'bedroom': 60.0}
THINGS = {'kitchen': 'stove', 'hallway': 'bench', 'office': 'printer', 'bedroom': 'sofa'}


def drive(begin, rooms, views=6):
    """Stay two minutes in each room, a view every 20 s."""
    return [
        Observation(
            id=f'{begin}-{n}-{i}',
            stamp_ns=(begin + 20 * (n * views + i)) * 10**9,
            pose=Pose.from_yaw((LEFT[room] + 0.3 * i, 0.0, 1.0), 0.0),
            caption=f'a {room}',
            sightings=(Sighting(label=THINGS[room], position=(LEFT[room] + 3.0, 0.0, 0.5)),),
        )
        for n, room in enumerate(rooms)
        for i in range(views)
    ]


@pytest.fixture(scope='module')
def memory(tmp_path_factory):
    path = tmp_path_factory.mktemp('sequence') / 'm.sqlite'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as opened:
        opened.add_many(drive(MONDAY, ['kitchen', 'hallway', 'office', 'kitchen']))
        opened.add_many(drive(MONDAY + DAY, ['office', 'hallway', 'kitchen', 'bedroom']))
        assert opened.wait_areas(30.0)
        yield opened


@pytest.mark.parametrize(
    'question',
    [
        'what did you do this morning?',
        'Tell me about the round this morning',
        "tell me about this morning's round",
        'how was your day today?',
        'where have you been today?',
        'what have you been up to today?',
        'summarize your patrol this morning',
        'Can you tell me what you did on your last round?',
        'tell me about your last tour',
        'what was your latest trip like?',
    ],
)
def test_a_round_is_told_as_an_episode(memory, question):
    answer = memory.ask(question, now=NOW)
    assert answer.known
    assert (
        'From 09:00 to 09:07: the office for 2 minutes [1], then the hallway for 2 minutes [2],'
        ' then the kitchen for 2 minutes [3], then the bedroom for 2 minutes [4].'
    ) in answer.text
    assert len(answer.citations) == 4
    assert answer.count == 1


def test_rounds_of_other_days_have_their_dates(memory):
    answer = memory.ask("tell me about yesterday's round", now=NOW)
    assert answer.text.startswith(
        'Yesterday I made 1 round. On Monday, 2026-03-02 from 09:00 to 09:07: the kitchen for'
    )
    assert memory.ask('what did you do this week?', now=NOW).count == 2
    assert not memory.ask('what did you do last week?', now=NOW).known


def test_many_rounds_are_told_coarsely_first(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as opened:
        for hour in range(10):
            opened.add_many(drive(MONDAY + 3600 * hour, ['kitchen', 'office']))
        assert opened.wait_areas(30.0)
        answer = opened.ask('what did you do today?', now=MONDAY + 11 * 3600)
        assert answer.text.startswith(
            'Today I made 10 rounds. From 11:00 to 11:03 [1]: the kitchen and the office.'
        )
        assert 'The 2 before are not told; ask for their times.' in answer.text
        fine = opened.ask('what did you do between 11 and 12?', now=MONDAY + 11 * 3600)
        assert fine.text.startswith('Between 11 and 12 I made 1 round. From 11:00 to 11:03: the')


@pytest.mark.parametrize(
    ('question', 'text'),
    [
        (
            'In which order did you see the rooms this morning?',
            'This morning I came through the office [1], then the hallway [2], then the kitchen'
            ' [3], then the bedroom [4].',
        ),
        (
            'in what order did you visit the rooms yesterday',
            'Yesterday I came through the kitchen [1], then the hallway [2], then the office [3].',
        ),
        ('what did you pass after the kitchen?', 'After the kitchen I came through the bedroom'),
        ('which room did you enter after the kitchen yesterday?', 'through the hallway'),
        ('what room comes after the kitchen?', 'After the kitchen I came through the bedroom'),
        ('what did you see right after you left the kitchen?', 'After the kitchen I came'),
        (
            'what was the sequence of the rooms you visited yesterday?',
            'Yesterday I came through the',
        ),
        ('when was the last time you were in the kitchen?', 'I was last in the kitchen 8 hours'),
        ('what came before the hall?', 'Before the hall I was in the office, 8 hours ago [1]'),
        ('what came before the hallway yesterday?', 'Before the hallway I was in the kitchen'),
        (
            'where did you go after the bedroom?',
            'Nothing after the bedroom: my drive ended there.',
        ),
        (
            'what did you see first, the sofa or the printer?',
            'The printer came first: I first saw the printer [1], 32 hours ago; then the sofa [2],'
            ' 8 hours ago.',
        ),
        ('which came last, the bench, the stove or the sofa', 'The sofa came last'),
        (
            'in which order did you see the sofa, the bench and the stove?',
            'I first saw the stove [1], 32 hours ago; then the bench [2], 32 hours ago; then the'
            ' sofa [3], 8 hours ago.',
        ),
        ('could you please tell me, in which order did you see the stove and the office', 'stove'),
        ('did you see the sofa before the printer?', 'No: I first saw the printer'),
        ('did you pass the kitchen before the office?', 'Yes: I first saw the kitchen'),
        ('what did you see after the printer?', 'After the printer I first saw the sofa [1]'),
        ('when were you last in the kitchen?', 'I was last in the kitchen 8 hours ago [1], for 2'),
        ('when were you first in the office?', 'I was first in the office 32 hours ago [1]'),
        ('when did you last visit the hallway', 'I was last in the hallway 8 hours ago [1]'),
        (
            'how long were you in the kitchen yesterday?',
            'Yesterday I was in the kitchen for 4 minutes, in 2 visits [1], the last one 2',
        ),
        (
            'how much time did you spend in the bedroom?',
            'in the bedroom for 2 minutes, in 1 visit',
        ),
        ('how often were you in the kitchen?', 'I was in the kitchen 3 times, for 6 minutes'),
    ],
)
def test_questions_about_order_and_visits(memory, question, text):
    answer = memory.ask(question, now=NOW)
    assert answer.known
    assert text in answer.text
    assert answer.citations or 'ended there' in text


def test_lengths_and_numbers_come_as_numbers_too(memory):
    assert memory.ask('how long were you in the kitchen yesterday?', now=NOW).count == 220
    assert memory.ask('how often did you visit the kitchen?', now=NOW).count == 3


def test_citations_are_the_moments_that_are_told_of(memory):
    answer = memory.ask('when were you last in the kitchen?', now=NOW)
    assert answer.citations[0].stamp_ns == (MONDAY + DAY + 20 * 17) * 10**9
    (first, last) = memory.ask('what did you see first, the sofa or the bench?').citations
    assert (first.label, last.label) == ('bench', 'sofa')


@pytest.mark.parametrize(
    'question',
    [
        'what did you see first, the piano or the sofa?',
        'how long were you in the swimming pool?',
        'when did you last see the sofa?',
        'where is the sofa?',
        'what is after the sofa?',
        'where were you after 5 pm?',
        'what is after the kitchen in the list of things to do before the party starts',
    ],
)
def test_what_is_no_such_question_is_answered_as_ever(memory, question):
    answer = memory.ask(question, now=NOW)
    assert 'came first' not in answer.text
    assert 'I was' not in answer.text


def test_what_was_not_seen_in_a_span_is_said_so(memory):
    answer = memory.ask('how long were you in the bedroom yesterday?', now=NOW)
    assert not answer.known
    assert answer.text == 'I have not seen the bedroom yesterday.'


def test_no_text_breaks_the_reader():
    clock = Clock(NOW * 10**9, UTC)
    for text in (
        '',
        '?',
        'after ' * 40,
        'in which order did you see ' + 'the a, ' * 60,
        '\x00 \u2019',
    ):
        read_sequence(text, clock)


def test_a_slip_of_one_view_is_no_visit_and_a_pause_ends_one():
    rooms = np.array([0, 0, 1, 0, 0, 2, 1, 2, 2, -1, 2])
    stamps = np.arange(11, dtype=np.int64) * 10**9
    visits = visits_of(stamps, rooms, np.zeros(11, np.int32))
    assert visits.rooms.tolist() == [0, 2]
    stamps[8:] += 10**13
    visits = visits_of(stamps, rooms, np.zeros(11, np.int32))
    assert visits.rooms.tolist() == [0, 2, 2]
    assert visits.drives.tolist() == [0, 0, 1]
    assert visits.end_ns[0] == visits.begin_ns[1] == 4_500_000_000
    assert len(visits_of(stamps[:0], rooms[:0], np.zeros(0, np.int32))) == 0
