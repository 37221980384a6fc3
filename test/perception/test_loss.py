"""Pictures that were lost, told by the stamps of those that came."""

from __future__ import annotations

import numpy as np
import pytest

from memory_node.core.perception.loss import arrivals, StampLoss

PERIOD_NS = 33_333_333
BEGAN_NS = 1_700_000_000 * 10**9


def stamps(count=90, *, keep=None, jitter_ns=0, seed=0):
    rng = np.random.default_rng(seed)
    sent = [BEGAN_NS + i * PERIOD_NS + int(rng.normal(0, jitter_ns)) for i in range(count)]
    return [s for i, s in enumerate(sent) if keep is None or keep(i)]


def test_a_steady_camera_loses_nothing():
    came = arrivals(stamps(jitter_ns=2_000_000))
    assert (came.lost, came.received) == (0, 90)
    assert came.period_s == pytest.approx(PERIOD_NS * 1e-9, rel=0.05)


@pytest.mark.parametrize('share', [0.1, 0.37, 0.63])
def test_what_is_missing_is_counted(share):
    rng = np.random.default_rng(1)
    lost = rng.random(90) < share
    lost[[0, -1]] = False
    came = arrivals(stamps(keep=lambda i: not lost[i], jitter_ns=1_000_000))
    assert came.lost == lost.sum()
    assert came.sent == 90


def test_a_pause_is_no_loss():
    came = arrivals(stamps(keep=lambda i: not 20 <= i < 60))
    assert came.lost == 0


def test_what_is_not_regular_or_too_little_is_not_judged():
    rng = np.random.default_rng(2)
    assert arrivals(np.cumsum(rng.exponential(1e8, 80)).astype(int).tolist()) is None
    assert arrivals(stamps(5)) is None
    assert arrivals([]) is None
    assert arrivals([BEGAN_NS] * 50) is None


def test_raw_and_compressed_count_once_and_a_reset_begins_anew():
    loss = StampLoss()
    for stamp in stamps(60):
        loss.add(stamp)
        loss.add(stamp - PERIOD_NS)  # the same picture, compressed, comes later
    assert loss.look().lost == 0
    for stamp in stamps(20, keep=lambda i: i % 2 == 0):
        loss.add(stamp - 10**12)
    assert loss.look().received == 10
    loss.clear()
    assert loss.look() is None
