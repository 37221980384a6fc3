"""Plates name the rooms behind them, and texts that are no names of rooms name none."""

from __future__ import annotations

import numpy as np
import pytest

from memory_node.core.language.sign_labels import sign_label
from memory_node.core.rooms.building import _representatives
from memory_node.core.rooms.plates import named_by_plates, plate_name
from memory_node.core.rooms.views import RoomViews
from memory_node.core.rooms.vocabulary import default_vocabulary

VOCABULARY = default_vocabulary()


@pytest.mark.parametrize(
    ('text', 'name'),
    [
        ('214', 'room 214'),
        ('ROOM 214', 'room 214'),
        ('B-12', 'room b12'),
        ('Meeting Room 3', 'meeting room 3'),
        ('Kitchen', 'kitchen'),
        ('Cabin 12', 'cabin 12'),
        ('214 Dr. Smith', 'room 214'),
        ('Table 5', ''),
        ('Aisle 7', ''),
        ('214 - 220', ''),
        ('EXIT', ''),
        ('NO SMOKING', ''),
        ('', ''),
    ],
)
def test_what_a_plate_calls_its_room(text, name):
    assert plate_name(text, VOCABULARY) == name


def views(plates):
    """
    Make a hallway along x with rooms to the north at x = 2 and x = 6.

    ``plates`` are (text, position, rows that read it); returns the views and their rooms.
    """
    hallway = [(float(x), 0.0, 0.0) for x in range(9)]
    west, east = [(2.0, y, 0.0) for y in (2.0, 3.0)], [(6.0, y, 0.0) for y in (2.0, 3.0)]
    positions = np.array([*hallway, *west, *east])
    count = len(positions)
    none = np.empty(0, np.int64)
    rows = [np.array(seen, np.int64) for _, _, seen in plates]
    made = RoomViews(
        keys=np.arange(count),
        stamps=np.arange(count),
        maps=np.zeros(count, np.int32),
        positions=positions,
        captions=[''] * count,
        label_starts=np.zeros(count + 1, np.int64),
        label_ids=none,
        labels=[sign_label(text) for text, _, _ in plates],
        object_labels=np.arange(len(plates)),
        object_positions=np.array([p for _, p, _ in plates], float).reshape(-1, 3),
        object_starts=np.cumsum([0, *map(len, rows)]),
        object_rows=np.concatenate([none, *rows]),
    )
    return made, np.array([0] * 9 + [1] * 2 + [2] * 2)


def names(plates):
    made, group = views(plates)
    return {int(group[p.row]): p.name for p in named_by_plates(made, group, VOCABULARY)}


def test_the_room_behind_is_named_and_not_the_hallway():
    found = names([('214', (1.4, 1.2, 1.5), [1, 2]), ('216', (5.4, 1.2, 1.5), [5, 6])])
    assert found == {1: 'room 214', 2: 'room 216'}


def test_a_room_that_nobody_entered_gives_its_name_to_no_other():
    south = ('215', (2.0, -1.2, 1.5), [1, 2])
    assert names([south, ('214', (1.4, 1.2, 1.5), [1, 2])]) == {1: 'room 214'}


def test_of_two_plates_near_a_room_the_nearer_one_names_it():
    plates = [('212', (-0.6, 1.2, 1.5), [0]), ('214', (1.4, 1.2, 1.5), [1])]
    assert names(plates) == {1: 'room 214'}


def test_views_near_behind_a_plate_stand_for_its_room():
    made, _ = views([('216', (5.4, 1.2, 1.5), [5, 6])])
    both = np.array([0] * 9 + [1] * 4)  # two rooms that were taken for one
    (plate,) = named_by_plates(made, both, VOCABULARY)
    assert plate.behind == (11, 12)
    pairs = np.array([(9, 10), (10, 12), (12, 11)])
    assert _representatives(made, both, pairs, [])[1] == 10
    assert _representatives(made, both, pairs, [plate])[1] in (11, 12)


def test_a_sign_inside_names_the_room_that_it_is_read_from():
    assert names([('Library', (6.0, 5.0, 2.0), [11, 12])]) == {}
    made, _ = views([('Library', (6.0, 5.0, 2.0), [10, 11, 12])])
    group = np.array([0] * 9 + [1] * 4)
    found = named_by_plates(made, group, VOCABULARY)
    assert [(int(group[p.row]), p.name) for p in found] == [(1, 'library')]


def test_signs_without_a_place_name_no_room():
    assert names([('214', (np.nan, np.nan, np.nan), [1])]) == {}
