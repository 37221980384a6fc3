"""What captions call a room spreads to who sees the same, and stops at the door."""

from __future__ import annotations

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory

#: Two rooms side by side, a door between them at x = 4; every view shows the things of its room,
#: and the views at the door also the nearest thing of the other.
KITCHEN = {'stove': (1.0, 1.5, 0.5), 'refrigerator': (2.0, 1.5, 0.9), 'kettle': (3.0, 1.5, 1.0)}
OFFICE = {'desk': (6.0, 1.5, 0.4), 'printer': (7.0, 1.5, 0.8), 'lamp': (5.0, 1.5, 0.9)}


def rooms():
    for i, x in enumerate((0.5, 1.5, 2.5, 3.5)):
        shown = {**KITCHEN, **({'lamp': OFFICE['lamp']} if x == 3.5 else {})}
        named = 'A kitchen with a stove.' if i in (0, 2) else 'A stove and a kettle.'
        yield seen(f'k{i}', (x, 0.0, 0.0), named, stamp=i, objects=shown)
    for i, x in enumerate((4.6, 5.5, 6.5, 7.5)):
        shown = {**OFFICE, **({'kettle': KITCHEN['kettle']} if x == 4.6 else {})}
        named = 'An office with a desk.' if i in (1, 3) else 'A desk and a printer.'
        yield seen(f'o{i}', (x, 0.0, 0.0), named, stamp=10 + i, objects=shown)


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        opened.add_many(rooms())
        assert opened.wait_areas(60.0)
        yield opened


def test_views_without_a_name_belong_to_the_room_whose_things_they_see(memory):
    view = memory.view()
    assert [view.rooms.names[i] for i in view.row_rooms] == ['kitchen'] * 4 + ['office'] * 4


def test_a_thing_seen_through_the_door_is_in_the_room_of_those_beside_it(memory):
    assert {o.label for o in memory.objects(area='kitchen')} == set(KITCHEN)
    assert {o.label for o in memory.objects(area='the office')} == set(OFFICE)


def test_what_a_room_holds_is_told_without_what_is_next_door(memory):
    told = memory.ask('What is in the kitchen?')
    assert told.known
    assert all(thing in told.text for thing in KITCHEN)
    assert 'lamp' not in told.text


def test_names_follow_what_is_added_and_what_is_removed(memory):
    memory.add_many(
        seen(f'p{i}', (40.0 + 0.5 * i, 0.0, 0.0), 'A pantry with jars.', stamp=400 + i)
        for i in range(4)
    )
    assert memory.wait_areas(60.0)
    assert 'pantry' in memory.view().rooms.names
    assert memory.retrieve('go to the pantry').places[0].label == 'pantry'
    memory.forget([f'p{i}' for i in range(4)])
    assert memory.wait_areas(60.0)
    assert 'pantry' not in memory.view().rooms.names
    assert not memory.retrieve('go to the pantry').found
