"""A few views that nothing speaks for belong to the room beside them; a closet stays a room."""

from __future__ import annotations

import numpy as np
import pytest

from memory_node.core.rooms.fragments import absorbed
from memory_node.core.rooms.views import RoomViews


def views(positions, maps=None):
    count = len(positions)
    none = np.empty(0, np.int64)
    return RoomViews(
        keys=np.arange(count),
        stamps=np.arange(count, dtype=np.int64),
        maps=np.zeros(count, np.int32) if maps is None else np.array(maps, np.int32),
        positions=np.array(positions, float),
        captions=[''] * count,
        label_starts=np.zeros(count + 1, np.int64),
        label_ids=none,
        labels=[],
        links=none.reshape(-1, 2),
        object_labels=none,
        object_positions=np.empty((0, 3)),
        object_starts=np.zeros(1, np.int64),
        object_rows=none,
    )


#: Eight views along a hall, then two of a fragment.
HALL = [(float(x), 0.0, 0.0) for x in range(8)]


def rooms_of(seen, group, confidences, votes=None, driven=()):
    votes = np.zeros(len(confidences)) if votes is None else np.array(votes)
    reached = np.isin(np.arange(len(group)), driven)
    return absorbed(seen, np.array(group), np.array(confidences), votes, reached)


@pytest.mark.parametrize(
    ('at', 'confidence', 'joined'),
    [
        ((3.5, 1.0, 0.0), -1.0, True),
        ((3.5, 1.0, 0.0), 0.5, False),  # something there speaks for a closet
        ((3.5, 5.0, 0.0), -1.0, False),  # too far
        ((3.5, 1.0, 3.0), -1.0, False),  # another floor
    ],
)
def test_a_fragment_is_of_the_room_beside_it_unless_something_speaks_for_another(
    at, confidence, joined
):
    rooms = rooms_of(views([*HALL, at, at]), [0] * 8 + [1] * 2, [2.0, confidence])
    assert (len(set(rooms.tolist())) == 1) is joined
    assert len(set(rooms[:8].tolist())) == 1


def test_views_of_another_map_and_without_a_position_stay():
    group = [0] * 8 + [1, 2]
    nowhere = (np.nan, np.nan, np.nan)
    there = views([*HALL, (3.5, 1.0, 0.0), nowhere], [0] * 8 + [1, 0])
    assert rooms_of(there, group, [2.0, -1.0, -1.0]).tolist() == group


def test_nothing_but_fragments_stays_as_it_is():
    group = [0, 0, 1, 1]
    assert rooms_of(views(HALL[:4]), group, [-1.0, -1.0]).tolist() == group


@pytest.mark.parametrize(
    ('of_hall', 'votes', 'driven', 'joined'),
    [
        (8, [2.0, 0.0], (), True),
        (8, [2.0, 1.0], (), False),  # captions name it too
        (8, [0.0, 0.0], (), False),  # captions name no room at all
        (8, [2.0, 0.0], (9,), False),  # ways were driven there, and parted it
        (2, [2.0, 0.0], (), False),  # most views are of rooms that no caption names
    ],
)
def test_what_no_caption_names_is_of_the_room_beside_it_where_captions_name_most(
    of_hall, votes, driven, joined
):
    places = [*HALL[:of_hall], *[(1.5, 1.0, 0.0)] * 4]
    group = [0] * of_hall + [1] * 4
    rooms = rooms_of(views(places), group, [2.0, 2.0], votes, driven)
    assert (len(set(rooms.tolist())) == 1) is joined


def test_what_is_larger_than_named_rooms_are_is_a_room_without_a_name():
    places = [*HALL, *[(float(x), 2.0, 0.0) for x in range(9)], *[(20.0, 0.0, 0.0)] * 8]
    group = [0] * 8 + [1] * 9 + [2] * 8
    assert rooms_of(views(places), group, [2.0] * 3, [2.0, 0.0, 2.0]).tolist() == group
