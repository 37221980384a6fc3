from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.synchronizer import (
    PoseBuffer,
    PoseStatus,
    StampedBuffer,
    StampOrder,
    StampWatch,
)

S = 1_000_000_000
stamps = st.lists(st.integers(0, 10**9), max_size=60)


def pose(x, yaw=0.0):
    return Pose.from_yaw((float(x), 0.0, 0.0), yaw)


@given(stamps, st.integers(0, 10**9), st.integers(0, 10**9))
def test_nearest_is_what_a_search_through_all_finds(inserted, asked, slop):
    buffer = StampedBuffer[int](100)
    for stamp in inserted:
        buffer.add(stamp, stamp)
    within = [s for s in inserted if abs(s - asked) <= slop]
    found = buffer.nearest(asked, slop)
    if not within:
        assert found is None
    else:
        best = min(within, key=lambda s: (abs(s - asked), s))
        assert found is not None
        assert (found.stamp_ns, found.item) == (best, best)


@given(stamps, st.integers(1, 10))
def test_a_buffer_is_bounded_and_in_order_whatever_comes(inserted, capacity):
    buffer = StampedBuffer[int](capacity)
    for stamp in inserted:
        buffer.add(stamp, stamp)
    held = [entry.stamp_ns for entry in buffer]
    assert held == sorted(set(held))
    assert len(buffer) <= capacity
    if inserted:
        assert buffer.latest is not None
        assert buffer.latest.stamp_ns == max(inserted)


def test_the_later_message_of_one_stamp_replaces_the_earlier():
    buffer = StampedBuffer[str]()
    buffer.add(5, 'old')
    buffer.add(5, 'new')
    assert [entry.item for entry in buffer] == ['new']


def test_forgetting_counts():
    buffer = StampedBuffer[int](3)
    for i in range(5):
        buffer.add(i, i)
    assert buffer.evicted == 2
    assert buffer.drop_before(4) == 2
    assert [entry.item for entry in buffer] == [4]
    with pytest.raises(ValueError, match='capacity'):
        StampedBuffer(0)


def test_one_stamp_far_back_is_refused_two_are_a_reset():
    buffer = StampedBuffer[str]()
    buffer.add(100 * S, 'before')
    assert buffer.add(0, 'unset') is StampOrder.SUSPECT
    assert buffer.add(0, 'unset') is StampOrder.SUSPECT
    assert [entry.item for entry in buffer] == ['before']
    assert buffer.add(101 * S, 'after') is StampOrder.NEXT
    assert (len(buffer), buffer.refused, buffer.resets) == (2, 2, 0)
    assert buffer.add(1 * S, 'restart') is StampOrder.SUSPECT
    assert buffer.add(2 * S, 'restarted') is StampOrder.RESET
    assert [entry.item for entry in buffer] == ['restarted']
    assert buffer.resets == 1


def test_a_stamp_from_the_future_heals():
    watch = StampWatch()
    orders = [watch.judge(stamp) for stamp in (10 * S, 999 * S, 11 * S, 12 * S, 13 * S)]
    assert [order.value for order in orders] == ['next', 'next', 'suspect', 'reset', 'next']
    assert watch.newest_ns == 13 * S


def test_overtaken_messages_are_only_late():
    watch = StampWatch()
    orders = [watch.judge(stamp).value for stamp in (10 * S, 10 * S - 1, 9 * S, 10 * S)]
    assert orders == ['next', 'late', 'late', 'next']


def test_a_pose_is_interpolated_between_its_neighbours():
    buffer = PoseBuffer(S)
    buffer.add(2 * S, pose(2, 1.0))
    buffer.add(2 * S - S // 2, pose(1, 0.0))  # out of order
    found = buffer.at(2 * S - S // 4)
    assert found.status is PoseStatus.OK
    assert found.pose is not None
    assert found.pose.position[0] == pytest.approx(1.5)
    assert found.pose.yaw_rad == pytest.approx(0.5)
    assert buffer.at(2 * S).pose == pose(2, 1.0)


def test_the_short_way_round_is_taken():
    buffer = PoseBuffer(S)
    buffer.add(0, pose(0, math.pi - 0.1))
    buffer.add(S, pose(0, -math.pi + 0.1))
    found = buffer.at(S // 2).pose
    assert found is not None
    assert abs(found.yaw_rad) == pytest.approx(math.pi, abs=1e-6)


def test_why_there_is_no_pose():
    buffer = PoseBuffer(S // 2)
    assert buffer.at(0).status is PoseStatus.EMPTY
    buffer.add(10 * S, pose(0))
    buffer.add(11 * S, pose(1))
    assert buffer.at(10 * S + S // 2).status is PoseStatus.GAP
    assert buffer.at(12 * S).status is PoseStatus.PENDING
    assert buffer.at(9 * S).status is PoseStatus.EXPIRED
    assert buffer.at(12 * S, hold_ns=S).pose == pose(1)
    assert buffer.at(9 * S, hold_ns=S).pose == pose(0)
    assert buffer.at(10 * S + 10, hold_ns=100).pose == pose(0)
    assert buffer.at(11 * S - 10, hold_ns=100).pose == pose(1)
    assert buffer.latest is not None
    assert buffer.latest.item == pose(1)
    buffer.clear()
    assert len(buffer) == 0


def test_a_pose_that_is_not_finite_never_gets_in():
    with pytest.raises(InvalidObservationError, match='position'):
        pose(math.nan)
    with pytest.raises(InvalidObservationError, match='orientation'):
        Pose(position=(0, 0, 0), orientation=(0, 0, math.inf, 1))


@given(
    st.lists(st.tuples(st.integers(0, 10**10), st.floats(-5, 5)), max_size=40),
    st.integers(0, 10**10),
)
def test_any_poses_in_any_order_answer(added, asked):
    buffer = PoseBuffer(S, capacity=16)
    for stamp, x in added:
        buffer.add(stamp, pose(x, x))
    found = buffer.at(asked)
    assert (found.pose is not None) == (found.status is PoseStatus.OK)
    if found.pose is not None:
        assert abs(found.pose.position[0]) <= 5 + 1e-9
