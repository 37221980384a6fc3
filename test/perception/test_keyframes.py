from __future__ import annotations

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.config import KeyframeConfig
from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.keyframes import (
    describe_picture,
    KeyframeGate,
    KeyframeReason,
    novelty,
)

S = 1_000_000_000


def scene(seed, shape=(480, 640)):
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return cv2.resize(blocks, shape[::-1], interpolation=cv2.INTER_CUBIC)


def noisy(image, seed, sigma=6.0, light=1.0):
    noise = np.random.default_rng(seed).normal(0.0, sigma, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def stand(x=0.0, yaw=0.0):
    return Pose.from_yaw((x, 0.0, 0.0), yaw)


def reasons(gate, frames):
    return [gate.consider(*frame).reason.value for frame in frames]


def test_each_reason_has_its_turn():
    a, b = scene(1), scene(2)
    gate = KeyframeGate()
    frames = [
        (0, stand(), a),
        (S // 10, stand(9.0), a),
        (S, stand(0.7), a),
        (2 * S, stand(0.8), a),
        (3 * S, stand(0.8, 0.5), a),
        (4 * S, stand(0.8, 0.7), a),
        (5 * S, stand(0.8, 0.7), b),
        (6 * S, stand(0.8, 0.7), b),
        (35 * S, stand(0.8, 0.7), b),
        (34 * S, stand(0.8, 0.7), b),
    ]
    assert reasons(gate, frames) == [
        *('first', 'too_soon', 'unchanged', 'distance', 'unchanged', 'angle'),
        *('novelty', 'unchanged', 'interval', 'stale'),
    ]
    assert gate.counts[KeyframeReason.UNCHANGED] == 3


def test_slow_motion_adds_up():
    gate = KeyframeGate()
    kept = [i for i in range(100) if gate.consider(i * S, stand(0.05 * i), None).keep]
    assert kept == [0, 15, 30, 45, 60, 75, 90]


def test_a_clock_set_back_starts_anew_and_is_counted():
    gate = KeyframeGate()
    image = scene(1)
    frames = [(t * S, stand(), image) for t in (100, 101, 3, 4, 5)]
    assert reasons(gate, frames) == ['first', 'unchanged', 'stale', 'reset', 'unchanged']
    assert gate.resets == 1


def test_a_lone_broken_stamp_changes_nothing():
    gate = KeyframeGate()
    image = scene(1)
    frames = [(t * S, stand(), image) for t in (100, 0, 101, 0, 102)]
    assert reasons(gate, frames) == ['first', 'stale', 'unchanged', 'stale', 'unchanged']
    assert gate.resets == 0


def test_the_picture_is_asked_for_only_when_it_can_decide():
    asked = []

    def picture():
        asked.append(True)
        return scene(1)

    gate = KeyframeGate()
    gate.consider(0, stand(), picture)
    gate.consider(S // 10, stand(5.0), picture)  # too soon
    gate.consider(-5 * S, stand(5.0), picture)  # stale
    assert len(asked) == 1


def test_a_picture_that_fails_leaves_the_gate_as_it_was():
    def broken():
        raise InvalidObservationError('image.data is truncated')

    gate = KeyframeGate()
    gate.consider(0, stand(), scene(1))
    with pytest.raises(InvalidObservationError):
        gate.consider(S, stand(3.0), broken)
    assert gate.consider(2 * S, stand(0.0), scene(1)).reason is KeyframeReason.UNCHANGED
    assert gate.consider(3 * S, stand(3.0), scene(1)).reason is KeyframeReason.DISTANCE


def test_settings_decide():
    gate = KeyframeGate(KeyframeConfig(distance_m=5.0, novelty=1.0, min_interval_s=0.0))
    frames = [(0, stand(), scene(1)), (1, stand(4.0), scene(2)), (2, stand(6.0), scene(2))]
    assert reasons(gate, frames) == ['first', 'unchanged', 'distance']


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0.85, 1.15))
def test_noise_and_flicker_are_old_another_scene_is_new(seed, other, light):
    first = describe_picture(scene(seed))
    again = describe_picture(noisy(scene(seed), other, light=light))
    assert novelty(first, first) == 0.0
    assert novelty(first, again) < 0.15
    if other != seed:
        elsewhere = describe_picture(scene(other))
        assert 0.25 < novelty(first, elsewhere) <= 1.0
        assert novelty(first, elsewhere) == novelty(elsewhere, first)


def test_a_blank_wall_stays_the_same_wall():
    wall = np.full((480, 640, 3), 128, np.uint8)
    first = describe_picture(noisy(wall, 1))
    for seed in range(2, 6):
        assert novelty(first, describe_picture(noisy(wall, seed, light=1.02))) < 0.1


@pytest.mark.parametrize('shape', [(1, 1), (7, 3), (60, 80), (1080, 1920), (480, 640)])
def test_any_size_has_a_descriptor(shape):
    descriptor = describe_picture(np.zeros((*shape, 3), np.uint8))
    assert descriptor.shape == (216,)
    assert np.isfinite(descriptor).all()


def test_a_reduced_picture_describes_the_same():
    image = scene(5)
    small = cv2.resize(image, (80, 60), interpolation=cv2.INTER_AREA)
    assert novelty(describe_picture(image), describe_picture(small)) < 0.02
