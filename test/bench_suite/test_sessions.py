"""The benchmark of sessions: two drives of one world meet, and what is judged is what is true."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from memory_bench.cli import main
from memory_bench.places import WorldSpec
from memory_bench.sessions.drives import draw_sessions
from memory_bench.sessions.unique_labels import join_by_unique_labels
from memory_bench.world.open import opened
from memory_node.core.perception.geometry import inverse, transform_points


@pytest.fixture(scope='module')
def world():
    with opened(WorldSpec(kind='apartment', seed=1, size='small')) as made:
        yield made


def test_sessions_begin_at_zero_and_see_the_same_things_in_their_frames(world):
    one, other = draw_sessions(world.ground, world.roadmap, 1)
    for session in (one, other):
        first = session.observations[0]
        assert first.pose.position == pytest.approx((0.0, 0.0, 0.0), abs=0.2)
        assert abs(first.pose.yaw_rad) < 1e-6
    assert one.observations[-1].stamp_ns < other.observations[0].stamp_ns
    other_T_one = inverse(other.frame) @ one.frame
    baths = [
        np.median([s.position for o in session.observations for s in o.sightings
                   if s.label == 'sofa'], axis=0)
        for session in (one, other)
    ]  # fmt: skip
    assert transform_points(other_T_one, baths[0]) == pytest.approx(baths[1], abs=0.15)
    again, _ = draw_sessions(world.ground, world.roadmap, 1)
    assert [o.pose for o in again.observations] == [o.pose for o in one.observations]


def test_drift_bends_a_session_and_nothing_else(world):
    straight, _ = draw_sessions(world.ground, world.roadmap, 1)
    bent, _ = draw_sessions(world.ground, world.roadmap, 1, drift_rad=0.05)
    ends = [s.observations[-1].pose.position for s in (straight, bent)]
    assert straight.observations[0].pose == bent.observations[0].pose
    assert math.dist(*ends) > 0.05
    assert [len(o.sightings) for o in straight.observations] == [
        len(o.sightings) for o in bent.observations
    ]


def test_unique_labels_join_whatever_they_are_given(world):
    one, other = draw_sessions(world.ground, world.roadmap, 1)
    found = join_by_unique_labels(one.observations, other.observations)
    middle = np.mean([o.pose.position for o in one.observations], axis=0)
    right = transform_points(inverse(other.frame) @ one.frame, middle)
    assert transform_points(found, middle) == pytest.approx(right, abs=0.5)
    shuffled = [dataclasses.replace(o, sightings=o.sightings[:1]) for o in other.observations]
    assert join_by_unique_labels(one.observations, shuffled[:1]) is None


@pytest.mark.parametrize(
    ('given', 'said'), [(('--kinds', 'moon'), 'got moon'), (('--share', '2'), '--share')]
)
def test_wrong_options_are_refused_by_name(capsys, given, said):
    assert main(['sessions', *given]) == 2
    assert said in capsys.readouterr().out
