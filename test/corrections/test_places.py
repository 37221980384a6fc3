"""Names that people give rooms and spots: asked for, counted in, held through rebuilds, undone."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.rooms import keeper

ROOMS = (('a kitchen', 'stove'), ('a bedroom', 'bed'), ('a bathroom', 'towel'))


def opened(path, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), **more)


def building(first=0):
    """Yield three rooms of eight views, 0.5 m apart, 10 m from room to room."""
    for i, (caption, label) in enumerate(ROOMS):
        for j in range(8):
            x = 10.0 * i + 0.5 * j
            yield seen(
                f'{i}.{j}',
                (x, 0.0, 0.0),
                caption,
                stamp=100.0 * i + j,
                objects={label: (10.0 * i, 1.0, 0.5), f'cup {j}': (x, 1.0, 0.5)},
            )


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / 'm.db') as made:
        made.add_many(building())
        assert made.wait_areas(30.0)
        yield made


def room_names(memory):
    return sorted(memory.view().rooms.names)


def label_of(memory, text):
    answer = memory.retrieve(text)
    return answer.places[0].label if answer.found else None


def test_a_room_goes_by_the_name_that_it_was_given(memory):
    memory.correct('place', name='room 214', position=(11.0, 0.0, 0.0), author='bob', stamp=0)
    answer = memory.retrieve('go to room 214')
    place = answer.places[0]
    assert (answer.found, place.label) == (True, 'room 214')
    assert 10.0 <= place.pose.position[0] <= 13.5
    assert 'corrected by bob on 1970-01-01' in place.why
    bed = memory.retrieve('the bed in room 214')
    assert (bed.found, bed.places[0].room) == (True, 'room 214')
    assert not memory.retrieve('the stove in room 214').found
    assert memory.retrieve('go to the bedroom').found  # it still is one


def test_what_was_seen_last_is_named_though_rooms_are_seldom_made(tmp_path, monkeypatch):
    monkeypatch.setattr(keeper, '_SHARE', 1e-9)  # as on a machine with much else to do
    with opened(tmp_path / 'm.db') as memory:
        *first, last = building()
        memory.add_many(first)
        assert room_names(memory)
        memory.add(last)
        memory.correct('place', name='room 214', position=last.pose.position, author='bob')
        assert label_of(memory, 'go to room 214') == 'room 214'


def test_a_room_that_was_taken_for_another_kind_is_that_no_more(memory):
    memory.correct('place', name='office', position=(11.0, 0.0, 0.0), author='bob')
    assert label_of(memory, 'go to the office') == 'office'
    assert memory.retrieve('the bed in the office').found
    assert room_names(memory) == ['bathroom', 'kitchen', 'office']


def test_a_spot_is_a_place_inside_its_room(memory):
    made = memory.correct(
        'place', name='the charging corner', position=(3.5, 0.0, 0.0), radius=1.1, author='bob'
    )
    place = memory.retrieve('go to the charging corner').places[0]
    assert place.label == 'the charging corner'
    assert place.pose.position == (3.5, 0.0, 0.0)
    held = memory.objects(area='charging corner')
    assert {thing.label for thing in held} == {'cup 7'}
    assert memory.retrieve('the stove in the kitchen').found
    assert len(memory.view().rooms) == 4
    memory.undo(made.id, author='bob')
    assert len(memory.view().rooms) == 3
    assert not memory.retrieve('go to the charging corner').found


def test_a_spot_that_is_a_whole_room_is_that_room(memory):
    memory.correct(
        'place', name='the annexe', position=(21.0, 0.0, 0.0), radius=50.0, author='bob'
    )
    assert len(memory.view().rooms) == 3
    assert label_of(memory, 'go to the annexe') == 'the annexe'


def test_names_hold_when_rooms_are_made_again_and_when_the_store_is_opened_again(tmp_path):
    path = tmp_path / 'm.db'
    with opened(path) as memory:
        memory.add_many(building())
        memory.correct('place', name='room 214', position=(11.0, 0.0, 0.0), author='bob')
        memory.correct(
            'place', name='the charging corner', position=(3.5, 0, 0), radius=1.1, author='bob'
        )
        memory.add_many(
            seen(f'n{i}', (10.0 + 0.5 * i, -0.5, 0), 'a bedroom', stamp=500.0 + i)
            for i in range(8)
        )
        assert memory.wait_areas(30.0)
        wanted = room_names(memory)
        assert wanted == ['bathroom', 'kitchen', 'room 214', 'the charging corner']
    with opened(path) as memory:
        assert memory.wait_areas(30.0)
        assert room_names(memory) == wanted
    for derived in tmp_path.glob('m.db.*'):
        if derived.suffix in ('.rooms', '.objects'):
            derived.unlink()
    with opened(path) as memory:
        assert memory.wait_areas(30.0)
        assert room_names(memory) == wanted
        memory.forget(['1.2'])  # the observation that anchors the name
        assert memory.wait_areas(30.0)
        assert room_names(memory) == wanted
        memory.forget([f'1.{i}' for i in (0, 1, 3, 4, 5, 6, 7)] + [f'n{i}' for i in range(8)])
        assert memory.wait_areas(30.0)
        assert 'room 214' not in room_names(memory) or len(room_names(memory)) < 4


def test_the_last_name_of_a_room_counts_and_undoing_it_brings_the_one_before_back(memory):
    memory.correct('place', name='lab', position=(11.0, 0.0, 0.0), author='bob')
    made = memory.correct('place', name='store room', position=(12.0, 0, 0), author='anna')
    assert 'store room' in room_names(memory)
    memory.undo(made.id, author='anna')
    assert 'lab' in room_names(memory)


def test_a_room_is_no_answer_to_a_question_that_it_was_wrong_for(memory):
    best = memory.retrieve('go to the bedroom').places[0]
    memory.correct(
        'wrong',
        observation_id=best.node_id,
        name=best.label,
        question='go to the bedroom',
        author='bob',
    )
    after = memory.retrieve('go to the bedroom')
    assert not after.found or after.places[0].label != best.label
    assert memory.retrieve('the bed').found
