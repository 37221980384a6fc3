"""Times and corrections that can not be: each is refused in words, and nothing is lost."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.core.errors import UnknownNodeError

#: Wednesday, 4 March 2026, 9:00 UTC [s]; the mug was seen a day before.
NOW = 1_772_614_800


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        for i in range(4):
            for label, x in (('mug', 2.0), ('lamp', 8.0)):
                opened.add(
                    Observation(
                        id=f'{label}{i}',
                        stamp_ns=(NOW - 86_400 + 10 * i + round(x)) * 10**9,
                        pose=Pose.from_yaw((x - 1.5, 0.0, 0.0), 0.0),
                        caption='a kitchen',
                        sightings=(Sighting(label=label, position=(x, 0.0, 0.8)),),
                    )
                )
        yield opened


@pytest.mark.parametrize(
    ('question', 'said'),
    [
        ('where was the mug yesterday tomorrow?', 'not tomorrow'),
        ('where was the mug tomorrow?', 'not tomorrow'),
        ('what changed yesterday and today?', 'Yesterday and today exclude each other.'),
        ('what did you do tomorrow?', 'I know of no round that I made tomorrow.'),
        ('what did you do yesterday tomorrow?', 'no round that I made yesterday tomorrow.'),
        ('in which order did you see the rooms tomorrow?', 'no room that I was in tomorrow.'),
    ],
)
def test_a_time_that_can_not_have_been_is_refused_by_name(memory, question, said):
    answer = memory.ask(question, now=NOW)
    assert not answer.known
    assert said in answer.text


def test_what_differs_from_an_earlier_time_is_what_changed_in_the_later(memory):
    answer = memory.ask('what is different today from yesterday?', now=NOW)
    assert answer.text == 'Today I have seen no change.'


def test_of_a_time_to_come_the_last_place_is_told(memory):
    answer = memory.ask('where will the mug be tomorrow?', now=NOW)
    assert answer.known
    assert answer.text.startswith('The mug is at (2.0, 0.0, 0.8)')


def test_two_corrections_that_exclude_each_other_are_not_both_made(memory):
    ids = {thing.label: thing.id for thing in memory.objects()}
    made = memory.correct('delete', object_id=ids['mug'], author='anna')
    for kind, more in (('confirm', {}), ('move', {'position': (3.0, 0.0, 0.8)})):
        with pytest.raises(UnknownNodeError, match=f'no object has the id {ids["mug"]}'):
            memory.correct(kind, object_id=ids['mug'], author='ben', **more)
    with pytest.raises(UnknownNodeError, match='others: no object has the id'):
        memory.correct('merge', object_id=ids['lamp'], others=[ids['mug']], author='ben')
    assert [c.kind for c in memory.corrections()] == ['delete']
    memory.undo(made.id, author='anna')
    assert {thing.label: thing.id for thing in memory.objects()} == ids
