"""Recorded buildings: what was reached stays reached."""

from __future__ import annotations

from collections import defaultdict

from data import require_data
import numpy as np
import pytest
from rooms.evaluate import answers, load

from memory_node.core.rooms.building import RoomBuilder
from memory_node.core.rooms.matching import RoomMatcher
from memory_node.core.rooms.vocabulary import default_vocabulary

NEEDED = {
    'hm3d_rooms': {
        'ARI': 0.95,
        'room stands': 0.95,
        'next_to first': 0.9,
        'which_next first': 0.9,
        'absent_room refused': 0.93,
    },
    'gibson_rooms': {
        'ARI': 0.95,
        'room stands': 0.86,
        'in_room right': 0.88,
        'count_room right': 0.77,
        'view kind': 0.67,
    },
}


@pytest.mark.parametrize('name', NEEDED)
def test_questions_about_rooms(name):
    vocabulary = default_vocabulary()
    builder, matcher = RoomBuilder(vocabulary), RoomMatcher(vocabulary)
    total = defaultdict(list)
    for folder in sorted(path for path in require_data(name).iterdir() if path.is_dir()):
        one = load(folder)
        for measure, values in answers(one, builder.build(one.views), matcher).items():
            total[measure] += values
    reached = {measure: float(np.mean(total[measure])) for measure in NEEDED[name]}
    assert all(reached[m] >= least for m, least in NEEDED[name].items()), reached
