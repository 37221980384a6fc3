"""How often a thing was seen, and what else is there, decides between its places."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting


def seen(i, position, label, target, confidence=0.9):
    where = None if target is None else (*target, 0.5)
    return Observation(
        id=f'o{i}',
        stamp_ns=i * 10**9,
        pose=Pose.from_yaw((*position, 0.0), 0.0),
        caption=f'a {label}' if i == 0 else f'a {label}, a window and a rug',
        sightings=(
            Sighting(label=label, confidence=confidence, position=where, extent=(1.0, 1.0, 1.0)),
            *(Sighting(label=other) for other in ('window', 'rug') if i),
        ),
    )


@pytest.fixture
def memory(tmp_path):
    with Memory.open(tmp_path / 'memory.sqlite', encoder=BagOfWordsEncoder()) as opened:
        yield opened


def test_a_thing_seen_often_beats_one_frame_that_says_it_elsewhere(memory):
    memory.add(seen(0, (0.0, 0.0), 'dresser', (1.0, 0.0)))
    memory.add_many(seen(i, (8.0 + 0.3 * i, 0.0), 'dresser', (9.0, 2.0)) for i in range(1, 13))
    memory.add_many(seen(i, (0.3 * i, 9.0), 'sofa', (5.0, 8.0)) for i in range(13, 40))
    best, other, *_ = memory.retrieve('Where is the dresser?').places
    assert best.target_position[0] == pytest.approx(9.0, abs=0.05)
    assert other.target_position[0] == pytest.approx(1.0, abs=0.05)
    assert other.confidence < best.confidence
    assert '12 views' in best.why


def test_a_thing_seen_once_is_found_when_there_is_no_other(memory):
    memory.add(seen(0, (0.0, 0.0), 'dresser', (1.0, 0.0)))
    memory.add_many(seen(i, (8.0 + 0.3 * i, 0.0), 'sofa', (9.0, 2.0)) for i in range(1, 7))
    found = memory.retrieve('Where is the dresser?')
    assert found.found
    assert found.places[0].label == 'dresser'


def test_sightings_without_a_position_lose_nothing(memory):
    memory.add_many(seen(i, (4.0 * i, 0.0), 'dresser', None) for i in range(4))
    found = memory.retrieve('Where is the dresser?')
    assert found.found
    assert found.places[0].label == 'dresser'
    assert all(p.confidence > 0.5 for p in found.places if p.label == 'dresser')
