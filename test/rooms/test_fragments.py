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
    group = np.array([0] * 8 + [1] * 2)
    rooms = absorbed(views([*HALL, at, at]), group, np.array([2.0, confidence]))
    assert (len(set(rooms.tolist())) == 1) is joined
    assert len(set(rooms[:8].tolist())) == 1


def test_views_of_another_map_and_without_a_position_stay():
    group = np.array([0] * 8 + [1, 2])
    nowhere = (np.nan, np.nan, np.nan)
    there = views([*HALL, (3.5, 1.0, 0.0), nowhere], [0] * 8 + [1, 0])
    assert absorbed(there, group, np.array([2.0, -1.0, -1.0])).tolist() == group.tolist()


def test_nothing_but_fragments_stays_as_it_is():
    group = np.array([0, 0, 1, 1])
    assert absorbed(views(HALL[:4]), group, np.array([-1.0, -1.0])).tolist() == group.tolist()
