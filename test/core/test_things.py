"""Sightings of one label become as many things as there are."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.things import things_of


def _memory(tmp_path, sightings):
    memory = Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder())
    memory.add_many(
        Observation(
            id=f'o{i}',
            stamp_ns=i * 10**9,
            pose=Pose(position=(stand, 0.0, 0.0)),
            sightings=(Sighting(label=label, position=position, confidence=0.5 + 0.01 * i),),
            map_id=where,
        )
        for i, (label, stand, position, where) in enumerate(sightings)
    )
    return memory


def _things(memory):
    snapshot = memory.snapshot()
    return things_of(snapshot, range(len(snapshot.labels)))


def test_two_chairs_are_two_and_their_sightings_are_kept(tmp_path):
    with _memory(
        tmp_path,
        [
            ('chair', 0.0, (1.0, 0.0, 0.5), 'a'),
            ('chair', 0.5, (1.1, 0.1, 0.5), 'a'),
            ('chair', 1.0, (4.0, 0.0, 0.5), 'a'),
            ('chair', 0.0, (1.0, 0.0, 0.5), 'b'),
        ],
    ) as memory:
        first, *others = _things(memory)
    assert (first.map_id, len(first.rows)) == ('a', 2)
    assert first.position == pytest.approx((1.05, 0.05, 0.5), abs=1e-6)
    assert (first.first_seen_ns, first.last_seen_ns) == (0, 10**9)
    assert first.confidence == pytest.approx(0.51)
    assert len(others) == 2


def test_a_sighting_without_depth_stands_where_it_was_seen_from(tmp_path):
    with _memory(tmp_path, [('sofa', 0.0, None, 'a'), ('sofa', 1.0, None, 'a')]) as memory:
        (only,) = _things(memory)
    assert not only.measured
    assert only.position == (0.5, 0.0, 0.0)


def test_a_sighting_without_depth_adds_nothing_where_one_was_measured(tmp_path):
    seen = [('sofa', 0.0, (2.0, 0.0, 0.4), 'a'), ('sofa', 1.0, None, 'a')]
    with _memory(tmp_path, seen) as memory:
        (only,) = _things(memory)
    assert only.measured


def test_nothing_seen_is_no_thing(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        assert _things(memory) == []
