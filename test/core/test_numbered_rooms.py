"""Rooms of a school by number, the school as a whole, what is between things, what is whose."""

from __future__ import annotations

import math

import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.language.sign_labels import sign_label

#: Rooms 12 m apart: what stands there [m from the room's middle], and captions of its stops.
ROOMS = {
    'classroom 1a': (
        {'globe': (1.0, 0.0), 'desk': (2.0, 1.0), 'desk ': (2.0, -1.0), 'lamp': (2.0, 0.0)},
        ['A classroom 1A with a globe.', 'A desk.', 'A lamp with a paper shade.'],
    ),
    'classroom 2b': (
        {'clock': (1.0, 0.0), 'whiteboard': (2.0, 1.0), 'lamp': (2.0, -1.5)},
        ['A classroom 2B with a clock.', 'A whiteboard.', 'A clean whiteboard.'],
    ),
    'hall': (
        {'school bell': (1.0, 0.0), 'piano': (2.0, 1.0), 'counter': (2.0, -1.0)},
        [
            'An entrance hall with a school bell.',
            'A wooden counter with a small steam iron on it.',
            'A piano and a counter.',
        ],
    ),
    'staff room': (
        {'sofa': (1.5, 0.0), 'kettle': (2.0, 1.0)},
        ["The teachers' sofa in the staff room.", 'A green sofa.', 'A kettle.'],
    ),
}


@pytest.fixture(scope='module')
def school(tmp_path_factory):
    path = tmp_path_factory.mktemp('school') / 'm.sqlite'
    with Memory.open(path) as memory:
        memory.add_many(_seen())
        memory.wait_areas()
        yield memory


def _seen():
    for i, (room, (things, captions)) in enumerate(ROOMS.items()):
        for turn in range(6):
            at = (12.0 * i + 0.4 * math.cos(turn), 0.9 * (turn % 3 - 1), 0.0)
            yield Observation(
                id=f'{room}-{turn}',
                stamp_ns=(100 * i + turn) * 10**9,
                pose=Pose.from_yaw(at, 0.0),
                caption=captions[turn % len(captions)],
                sightings=tuple(
                    Sighting(label=label.strip(), position=(12.0 * i + x, y, 0.5), confidence=0.9)
                    for label, (x, y) in things.items()
                ),
            )


def first(memory, text):
    answer = memory.retrieve(text)
    place = answer.places[0]
    x, y, _ = place.target_position or place.pose.position
    return (round(x, 1), round(y, 1)) if answer.found else None


@pytest.mark.parametrize(
    ('text', 'room'),
    [
        ('go to classroom 1a', 0),
        ('classroom 2B, please', 1),
        ('go to classroom 3c', None),
        ('go to classroom five', None),
        ('Go to classroom 2a', None),
        ('go to room 305', None),
        ('I was given classroom 2B, how do I get there?', 1),
        ('the lamp of classroom 1A', 0),
        ('bring the papers to the staff room', 3),
        ('Please carry this box to the staff room.', 3),
    ],
)
def test_a_room_is_meant_by_its_number(school, text, room):
    found = first(school, text)
    assert (None if found is None else round((found[0] - 1.0) / 12.0)) == room


@pytest.mark.parametrize(
    ('text', 'at'),
    [
        ('the lamp in 2B', (14.0, -1.5)),
        ('the lamp in classroom 1A', (2.0, 0.0)),
        ('the lamp between the two desks', (2.0, 0.0)),
        ('what is between the two desks?', (2.0, 0.0)),
        ('the lamp between the whiteboard and the clock', None),
        ("the teachers' sofa", (37.5, 0.0)),
        ('I look for the sofa of the teachers', (37.5, 0.0)),
        ('wheres the kettle', (38.0, 1.0)),
        ('Not the piano, the globe', (1.0, 0.0)),
    ],
)
def test_which_of_several_is_meant(school, text, at):
    assert first(school, text) == at


@pytest.mark.parametrize(
    ('question', 'said'),
    [
        ('Is the globe in 1A or in 2B?', 'in the 1a'),
        ('Does classroom 2b have a clock?', 'Yes: the clock'),
        ('How many lamps are there in the school?', 'I have seen 2 lamps'),
        ('How many lamps are there in the whole building?', 'I have seen 2 lamps'),
        ('How many lamps are there in the hospital?', "I don't know: I know no 'hospital'"),
        ('What is the school like?', 'I know '),
        ('What is on the counter?', 'On the counter I have seen 1 steam iron'),
    ],
)
def test_answers_of_a_school(school, question, said):
    assert said in school.ask(question).text


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('a sofa that is not green', False),
        ("the sofa that isn't green", False),
        ('the sofa, not the green one', False),
        ('the sofa, not the red one', True),
        ('the sofa, not a red one', True),
    ],
)
def test_what_a_thing_is_not_to_look_like(school, text, found):
    answer = school.retrieve(text)
    assert answer.found is found
    assert answer.places[0].label.endswith('sofa')


@pytest.mark.parametrize(
    'text',
    [
        'what is in the staff room besides the sofa?',
        'anything but a sofa in the staff room',
        'something other than the sofa in the staff room',
    ],
)
def test_a_thing_that_is_left_out(school, text):
    assert school.retrieve(text).places[0].label == 'kettle'
    assert 'sofa [' not in school.ask(text).text


def test_what_denies_something_is_quoted_where_it_is_not_met(school):
    told = school.ask('a sofa that is not green').text
    assert told.endswith('but not “that is not green” [1].')
    assert school.ask('go to classroom 2b').text.startswith('Classroom 2b is at ')


@pytest.mark.parametrize('text', ['bring this to {}', 'carry it to {}', 'take the globe to {}'])
def test_what_is_brought_to_a_number_is_no_part_of_its_name(school, text):
    assert first(school, text.format('classroom 2b')) == first(school, 'go to classroom 2b')


@pytest.fixture(scope='module')
def ship(tmp_path_factory):
    """Three cabins that look alike, 4 m apart, with plates in the corridor."""
    with Memory.open(tmp_path_factory.mktemp('ship') / 'm.sqlite') as memory:
        seen = [(turn, i) for turn in range(3) for i in range(3)]
        for count, (turn, i) in enumerate(seen):
            x, plate = 4.0 * i, sign_label(f'Cabin {101 + 2 * i}')
            own = ('porthole', 'suitcase', 'washbasin')[i]
            for y, caption, things in (
                (0.0, 'A narrow corridor.', {plate: (1.0, 1.5)}),
                (2.5, 'A small cabin with a berth.', {'berth': (4.0, 0.5), own: (4.5, 0.5)}),
            ):
                memory.add(
                    Observation(
                        id=f'{turn}-{i}-{y}',
                        stamp_ns=(20 * count + int(y)) * 10**9,
                        pose=Pose.from_yaw((x, y, 0.0), math.pi / 2),
                        caption=caption,
                        sightings=tuple(
                            Sighting(label=label, position=(x, *at), confidence=0.9)
                            for label, at in things.items()
                        ),
                    )
                )
        memory.wait_areas()
        yield memory


def test_rooms_that_look_alike_are_told_by_their_plates(ship):
    assert {f'cabin {n}' for n in (101, 103, 105)} <= set(ship.view().rooms.names)
    assert first(ship, 'the berth in cabin 103') == (4.0, 4.0)
    assert ship.retrieve('go to cabin 103').places[0].label == 'cabin 103'  # not to its plate
    assert ship.ask('is there a suitcase in cabin 103?').known
    assert not ship.ask('is there a suitcase in cabin 101?').known
    assert not ship.ask('is there a berth in cabin 107?').known


def test_a_room_that_has_a_plate_is_described(ship):
    told = ship.describe('cabin 103')
    assert told.found
    assert 'suitcase' in told.text
    assert 'porthole' not in told.text
    assert ship.describe('this place').text == ship.describe().text


def test_a_place_without_a_name_is_not_called_what_was_asked_for(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite') as memory:
        memory.add_many(
            Observation(
                id=f'{i}',
                stamp_ns=i * 10**9,
                pose=Pose.from_yaw((0.0, 0.3 * i, 0.0), 0.0),
                caption='Five wooden hives in a row.',
                sightings=(Sighting(label='hive', position=(2.0, 0.0, 0.5), confidence=0.9),),
            )
            for i in range(3)
        )
        memory.wait_areas()
        found = memory.retrieve('go to the office')
        assert not found.found
        assert all('office' not in (place.label, place.why) for place in found.places)
        assert 'seen is office' not in memory.ask('go to the office').text
