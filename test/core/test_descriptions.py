"""A caption said again finds its place: descriptions ask for nothing and set no conditions."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, QueryMode

STREET = (
    'A brick building stands next to a tree on the left side of a street, overall calm, with cars'
    ' parked in front of the building and no people near the crosswalk'
)


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as opened:
        others = ('a tree next to a crosswalk', 'a building', 'a calm street with people')
        for i, caption in enumerate((*others, STREET)):
            pose = Pose(position=(60.0 * i, 0.0, 0.0))
            opened.add(Observation(id=f'n{i}', stamp_ns=i, pose=pose, caption=caption))
        yield opened


@pytest.mark.parametrize(
    ('text', 'described'),
    [
        (STREET, True),
        ('the red chair next to the sofa', False),
        ('go to the kitchen on the second floor and wipe the counter next to the big sink', False),
        (
            'Where in the building did you last see the red toolbox that stood near the door?',
            False,
        ),
    ],
)
def test_only_what_asks_for_nothing_is_a_description(memory, text, described):
    assert (memory.retrieve(text).conditions == ()) == described


def test_a_description_sets_no_conditions_and_asks_of_no_area(memory):
    found = memory.retrieve(STREET)
    assert found.found
    assert found.mode is QueryMode.EXPLICIT
    assert found.places[0].node_id == 'n3'
    assert found.conditions == ()
    assert set(found.places[0].signals) == {'relevance'}
