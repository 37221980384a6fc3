"""Readings of one plate become one object, those of neighbouring plates stay apart."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.language.sign_labels import sign_label
from memory_node.core.objects.sign_readings import reading_cost

ENCODER = BagOfWordsEncoder()


def read(name, x, *signs):
    """See signs, (text, confidence, position or None), from (x, 0)."""
    return Observation(
        id=name,
        stamp_ns=int(1e9 * (1 + len(name) + 10 * x)),
        pose=Pose.from_yaw((x, 0.0, 0.0), 0.0),
        sightings=tuple(
            Sighting(label=sign_label(text), confidence=sure, position=position)
            for text, sure, position in signs
        ),
    )


def signs_of(memory):
    return {thing.label: thing for thing in memory.objects('sign')}


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=ENCODER) as opened:
        yield opened


def test_misread_letters_are_outvoted(memory):
    plate = (2.0, 1.2, 1.5)
    memory.add(read('a', 0.0, ('Roon 2O6', 0.6, plate)))
    memory.add(read('b', 0.5, ('Room 206', 0.9, plate)))
    memory.add(read('c', 1.0, ('Room 206', 0.9, (2.05, 1.22, 1.5))))
    memory.add(read('d', 1.5, ('Room 208', 0.7, plate)))
    (sign,) = memory.objects('sign')
    assert sign.label == 'sign "Room 206"'
    assert sign.views == 4
    assert sign.position == pytest.approx(plate, abs=0.05)
    assert {name for name, _ in sign.names} > {'sign "Room 208"'}


def test_a_dot_that_was_lost_is_outvoted_whichever_came_first(memory):
    plate = (2.0, 1.2, 1.5)
    memory.add(read('a', 0.0, ('129', 0.9, plate)))
    memory.add(read('b', 0.5, ('1.29', 0.9, plate)))
    memory.add(read('c', 1.0, ('1.29', 0.9, plate), ('1.31', 0.9, (3.2, 1.2, 1.5))))
    memory.add(read('d', 1.5, ('1.29', 0.9, plate)))
    found = signs_of(memory)
    assert {label: sign.views for label, sign in found.items()} == {
        'sign "1.29"': 4,
        'sign "1.31"': 1,
    }
    assert memory.retrieve('room 1.29').found
    assert not memory.retrieve('room 129').found


def test_plates_of_neighbouring_doors_are_two_whether_seen_together_or_not(memory):
    west, east = (2.0, 1.2, 1.5), (3.2, 1.2, 1.5)
    memory.add(read('a', 0.0, ('Room 206', 0.9, west)))
    memory.add(read('b', 1.0, ('Room 208', 0.9, east)))
    memory.add(read('c', 1.5, ('Room 206', 0.9, west), ('Room 208', 0.9, east)))
    found = signs_of(memory)
    assert set(found) == {'sign "Room 206"', 'sign "Room 208"'}
    assert {sign.views for sign in found.values()} == {2}


def test_without_positions_the_text_and_the_place_of_the_view_decide(memory):
    memory.add(read('a', 0.0, ('PHARMACV', 0.6, None)))
    memory.add(read('b', 0.5, ('PHARMACY', 0.9, None)))
    memory.add(read('c', 1.0, ('PHARMACY', 0.9, None), ('214', 0.9, None)))
    memory.add(read('d', 1.5, ('216', 0.9, None)))
    memory.add(read('far', 50.0, ('PHARMACY', 0.9, None)))
    names = sorted(thing.label for thing in memory.objects('sign'))
    assert names == ['sign "214"', 'sign "216"', 'sign "PHARMACY"', 'sign "PHARMACY"']


def test_a_sign_that_is_not_read_for_a_while_hangs_there_still(memory):
    door = Sighting(label='door', position=(6.0, 0.2, 1.0))
    memory.add(read('a', 0.0, ('EXIT', 0.9, (3.0, 0.0, 2.2))))
    for i in range(40):
        pose = Pose.from_yaw((0.02 * i, 0.0, 0.0), 0.0)
        memory.add(
            Observation(id=f'v{i}', stamp_ns=2 * 10**9 * (i + 9), pose=pose, sightings=(door,))
        )
    (sign,) = memory.objects('sign')
    assert sign.existence > 0.5


def test_a_sign_that_was_read_once_goes_by_its_text(memory):
    where = (3.0, 0.0, 2.2)
    for i in range(5):
        unread = Sighting(label='sign', confidence=0.9, position=where)
        pose = Pose.from_yaw((0.1 * i, 0.0, 0.0), 0.0)
        memory.add(
            Observation(id=f's{i}', stamp_ns=10**9 * (i + 1), pose=pose, sightings=(unread,))
        )
    assert not memory.retrieve('the sign that says exit').found
    memory.add(read('read', 1.0, ('EXIT', 0.9, where)))
    (sign,) = memory.objects('sign')
    assert (sign.label, sign.views) == ('sign "EXIT"', 6)
    assert memory.retrieve('the sign that says exit').found
    assert not memory.retrieve('the sign that says entry').found


def test_the_same_map_comes_of_reading_the_store_again(memory, tmp_path):
    memory.add(read('a', 0.0, ('Room 2O6', 0.6, (2.0, 1.2, 1.5)), ('PHARMACV', 0.6, None)))
    memory.add(read('b', 0.5, ('Room 206', 0.9, (2.0, 1.2, 1.5)), ('PHARMACY', 0.9, None)))
    before = [(t.id, t.label, t.views) for t in memory.objects()]
    memory.close()
    (tmp_path / 'm.sqlite.objects').unlink()
    with Memory.open(tmp_path / 'm.sqlite', encoder=ENCODER) as again:
        assert [(t.id, t.label, t.views) for t in again.objects()] == before


def test_what_readings_cost():
    assert reading_cost('ROOM 214', 'Room214') == 0.0
    assert reading_cost('Room', 'Room 214') < reading_cost('Room 216', 'Room 214')
    assert reading_cost('EXIT', 'PHARMACY') == float('inf')
