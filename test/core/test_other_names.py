"""Things and rooms by names that nothing here goes by, and wholes that are asked for by a part."""

from __future__ import annotations

import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.models.sentence_encoder import SentenceEncoder

#: Rooms of a hostel 20 m apart, the last one upstairs: what stands there, and two captions.
ROOMS = {
    'lounge': (
        0.0,
        {'sofa': (3.0, 0.0), 'bookshelf': (3.0, 3.0)},
        ('A lounge with a sofa and a bookshelf.', 'A lamp is clamped to the bookshelf.'),
    ),
    'reception': (
        0.0,
        {'counter': (3.0, 0.0), 'cash box': (3.1, 0.2), 'mixing console': (3.0, 4.0)},
        ('A reception with a counter.', 'A cash box on the reception counter.'),
    ),
    'dormitory': (
        0.0,
        {'crib': (3.0, 0.0), 'chair': (3.0, 3.0), 'high chair': (4.0, 3.5), 'skis': (1.0, 3.0)},
        ('On the door hangs a sign: Dormitory Room A, quiet.', 'Two chairs in the dormitory.'),
    ),
    'office': (
        3.4,
        {
            'safe': (3.0, 0.0),
            'monitor': (3.0, 3.0),
            'printer': (3.5, 3.2),
            'television': (4.0, 0.5),
            'rubber boots': (1.0, 1.0),
            'defibrillator': (1.0, 2.5),
        },
        ('An office with a safe.', 'A printer next to a monitor in the office.'),
    ),
}


@pytest.fixture(scope='module')
def hostel(tmp_path_factory):
    path = tmp_path_factory.mktemp('hostel') / 'm.sqlite'
    with Memory.open(path, encoder=SentenceEncoder()) as memory:
        memory.add_many(_seen())
        memory.wait_areas()
        yield memory


def _seen():
    for i, (room, (z, things, captions)) in enumerate(ROOMS.items()):
        for turn in range(4):
            yield Observation(
                id=f'{room}-{turn}',
                stamp_ns=(10 * i + turn) * 10**9,
                pose=Pose.from_yaw((20.0 * i, 0.3 * turn, z), 0.3),
                caption=captions[turn % 2],
                sightings=tuple(
                    Sighting(label=label, position=(20.0 * i + x, y, z + 0.5), confidence=0.9)
                    for label, (x, y) in things.items()
                ),
            )


@pytest.mark.parametrize(
    ('asked', 'label'),
    [
        ('where is the baby cot?', 'crib'),
        ('the telly', 'television'),
        ('where are my wellies', 'rubber boots'),
        ('the defib, quick', 'defibrillator'),
        ('the sound mixer', 'mixing console'),
        ('where are the skis', 'skis'),
        ('the printer next to the heart monitor', 'printer'),
        ('the box on the reception counter', 'cash box'),
    ],
)
def test_a_thing_goes_by_other_names(hostel, asked, label):
    found = hostel.retrieve(asked)
    assert found.found
    assert found.places[0].label == label


@pytest.mark.parametrize('asked', ['the pig pen', 'the paint mixer', 'a treadmill', 'the pool'])
def test_what_only_sounds_like_it_is_not_taken_for_it(hostel, asked):
    assert not hostel.retrieve(asked).found


def test_a_name_that_captions_give_a_room_is_the_room(hostel):
    """'Lounge' means a sofa, too."""
    found = hostel.retrieve('where is the lounge?')
    assert found.found
    assert found.places[0].label == 'lounge'


@pytest.mark.parametrize(
    ('question', 'said'),
    [
        ('Which room has the safe?', 'in the office'),
        ('in which room can I find a printer?', 'in the office'),
        ('What room is the crib in?', 'in the dormitory'),
        ('Is the safe upstairs or downstairs?', 'The safe is upstairs'),
        ('Is the crib upstairs or downstairs?', 'The crib is downstairs'),
        (
            'Is the safe on the first or on the second floor?',
            'on the second floor (floor 2',
        ),
        ('Is the printer in the lounge or next to the monitor?', 'is next to the monitor'),
        ("what's clamped to the bookshelf?", '1 lamp'),
        ('how many chairs are there, without the high chair?', '1 chair'),
        ('what is on the reception counter?', '1 cash box'),
    ],
)
def test_an_answer_says(hostel, question, said):
    assert said in hostel.ask(question).text


def test_a_room_may_have_a_letter(hostel):
    assert hostel.retrieve('go to room A').found
    assert not hostel.retrieve('go to room B').found


def test_what_depth_has_not_placed_is_ahead_of_the_view_and_not_measured(tmp_path):
    """Two benches, and a statue that only captions tell of."""
    with Memory.open(tmp_path / 'm.sqlite', encoder=SentenceEncoder()) as memory:
        for turn in range(6):
            shows = turn % 2 == 0
            memory.add(
                Observation(
                    id=str(turn),
                    stamp_ns=turn * 10**9,
                    pose=Pose.from_yaw((0.0, 0.0, 0.0), 0.0 if shows else 1.5),
                    caption='A bronze statue in a glass case.' if shows else 'Two benches.',
                    sightings=()
                    if shows
                    else tuple(
                        Sighting(label='bench', position=at, confidence=0.9)
                        for at in ((-1.0, 3.0, 0.5), (3.0, 2.0, 0.5))
                    ),
                )
            )
        memory.wait_areas()
        found = memory.retrieve('which bench is closest to the statue?')
    assert found.places[0].target_position == pytest.approx((3.0, 2.0, 0.5), abs=0.1)
    assert '0.0 m' not in found.places[0].why
