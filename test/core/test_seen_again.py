"""What captions tell of without saying where is the thing of that name that depth has placed."""

from __future__ import annotations

import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.models.sentence_encoder import SentenceEncoder

TANKS = ((7.0, 5.0, 1.5), (5.0, 5.0, 1.5))


def _seen():
    """Yield a press hall whose things are placed from one spot, and told of from others."""
    placed = (
        *(Sighting(label='juice tank', position=at, confidence=0.9) for at in TANKS),
        Sighting(label='cider press', position=(2.0, 1.0, 1.0), confidence=0.9),
    )
    for turn in range(12):
        shown = turn < 4
        yield Observation(
            id=f'hall-{turn}',
            stamp_ns=turn * 10**9,
            pose=Pose.from_yaw((1.0 + 0.4 * (turn % 4), 2.0 + (turn // 4), 0.0), 0.5 * turn),
            caption='The press hall.'
            if shown
            else 'A green cider press and two juice tanks in the press hall; a hose on the floor.',
            sightings=placed if shown else (),
        )
    for turn in range(4):
        yield Observation(
            id=f'cellar-{turn}',
            stamp_ns=(60 + turn) * 10**9,
            pose=Pose.from_yaw((30.0 + 0.3 * turn, 2.0, 0.0), 0.0),
            caption='Oak barrels in the fermentation cellar.',
            sightings=(Sighting(label='oak barrel', position=(32.0, 2.0, 0.5), confidence=0.9),),
        )


@pytest.fixture(scope='module')
def cidery(tmp_path_factory):
    path = tmp_path_factory.mktemp('cidery') / 'm.sqlite'
    with Memory.open(path, encoder=SentenceEncoder()) as memory:
        memory.add_many(_seen())
        memory.wait_areas()
        yield memory


def test_what_has_a_place_comes_first_and_alone(cidery):
    found = cidery.retrieve('where is the cider press?')
    assert found.places[0].target_position == pytest.approx((2.0, 1.0, 1.0), abs=0.1)
    assert 'Also at' not in cidery.ask('where is the cider press?').text


def test_distances_are_between_what_has_a_place(cidery):
    assert '2.0 m from the juice tank' in cidery.ask('how far apart are the two juice tanks?').text


def test_what_captions_say_of_its_look_is_said_of_it(cidery):
    assert 'is green' in cidery.ask('what colour is the cider press?').text


def test_a_room_is_described_with_each_thing_once(cidery):
    told = cidery.ask('what is the press hall like?').text
    assert '2 juice tanks' in told
    assert '1 cider press' in told
    assert '1 hose' in told


def test_a_cellar_that_is_a_room_is_no_floor(cidery):
    found = cidery.retrieve('take me to the cellar')
    assert found.found
    assert found.places[0].label.endswith('cellar')
    assert found.places[0].pose.position[0] > 25.0
