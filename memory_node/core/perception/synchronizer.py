"""
Messages of several topics brought together by stamp, whatever their order and their clock.

A simulator reset or a looped bag moves every later stamp back; a single broken message does not.
Two rising stamps in a row, both far before the newest, are taken as a new start.
The buffers are bounded, deterministic and free of clocks: what they answer depends only on what
was put in. They are not thread-safe; their owner holds one lock. A look-up is O(log n), an insert
in order O(1) apart from moving at most ``capacity`` pointers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from memory_node.core.data import Pose
from memory_node.core.perception.geometry import interpolate

__all__ = [
    'Match',
    'PoseBuffer',
    'PoseLookup',
    'PoseStatus',
    'StampOrder',
    'StampWatch',
    'Stamped',
    'StampedBuffer',
    'match',
]

ItemT = TypeVar('ItemT')


class StampOrder(str, Enum):
    """How a stamp relates to those before it."""

    #: Not before the newest.
    NEXT = 'next'
    #: Before the newest, by little: messages overtook each other.
    LATE = 'late'
    #: Far before the newest, and alone so far: refuse it.
    SUSPECT = 'suspect'
    #: Far before the newest, as the one before was: time starts anew with this stamp.
    RESET = 'reset'


class StampWatch:
    """
    Judges the stamps of one stream; O(1), not thread-safe.

    ``jump_ns`` is how far back a stamp must lie to count as a jump.
    """

    def __init__(self, jump_ns: int = 1_000_000_000) -> None:
        self._jump_ns = jump_ns
        self._newest: int | None = None
        self._suspect: int | None = None
        self.resets = 0
        self.suspects = 0

    @property
    def newest_ns(self) -> int | None:
        """Newest stamp since the last reset, or None."""
        return self._newest

    def judge(self, stamp_ns: int) -> StampOrder:
        """Say how ``stamp_ns`` fits, and remember it unless it is suspect."""
        if self._newest is None or stamp_ns >= self._newest:
            self._newest, self._suspect = stamp_ns, None
            return StampOrder.NEXT
        if self._newest - stamp_ns <= self._jump_ns:
            self._suspect = None
            return StampOrder.LATE
        if self._suspect is not None and stamp_ns > self._suspect:  # unset stamps repeat 0
            self._newest, self._suspect = stamp_ns, None
            self.resets += 1
            return StampOrder.RESET
        self._suspect = stamp_ns
        self.suspects += 1
        return StampOrder.SUSPECT


@dataclass(frozen=True, slots=True)
class Stamped(Generic[ItemT]):
    """An item and its stamp [ns]."""

    stamp_ns: int
    item: ItemT


class StampedBuffer(Generic[ItemT]):
    """
    The newest ``capacity`` items of one topic, by stamp.

    An item with the stamp of a stored one replaces it. Far backward stamps are refused until a
    second one follows, which empties the buffer: the clock was set back (``resets``).
    """

    def __init__(self, capacity: int = 64, *, jump_ns: int = 1_000_000_000) -> None:
        if capacity < 1:
            raise ValueError(f'capacity must be at least 1, got {capacity}')
        self._capacity = capacity
        self._stamps: list[int] = []
        self._items: list[ItemT] = []
        self._watch = StampWatch(jump_ns)
        #: Items that left because newer ones needed the room.
        self.evicted = 0

    def __len__(self) -> int:
        """Return the number of items held."""
        return len(self._stamps)

    def __iter__(self) -> Iterator[Stamped[ItemT]]:
        """Iterate from oldest to newest."""
        return (Stamped(s, i) for s, i in zip(self._stamps, self._items, strict=True))

    @property
    def resets(self) -> int:
        """Times the clock was seen set back."""
        return self._watch.resets

    @property
    def refused(self) -> int:
        """Items refused because their stamp alone lay far back."""
        return self._watch.suspects

    @property
    def latest(self) -> Stamped[ItemT] | None:
        """Item with the newest stamp, or None."""
        return Stamped(self._stamps[-1], self._items[-1]) if self._stamps else None

    @property
    def spacing_ns(self) -> int:
        """Time between the two newest items; 0 with fewer."""
        return self._stamps[-1] - self._stamps[-2] if len(self._stamps) > 1 else 0

    def add(self, stamp_ns: int, item: ItemT) -> StampOrder:
        """Insert in order of stamp; return how the stamp fitted (``SUSPECT`` is not stored)."""
        order = self._watch.judge(stamp_ns)
        if order is StampOrder.SUSPECT:
            return order
        if order is StampOrder.RESET:
            self.clear()
        at = bisect_left(self._stamps, stamp_ns)
        if at < len(self._stamps) and self._stamps[at] == stamp_ns:
            self._items[at] = item
            return order
        self._stamps.insert(at, stamp_ns)
        self._items.insert(at, item)
        if len(self._stamps) > self._capacity:
            del self._stamps[0], self._items[0]
            self.evicted += 1
        return order

    def nearest(self, stamp_ns: int, slop_ns: int) -> Stamped[ItemT] | None:
        """Return the item nearest in stamp, at most ``slop_ns`` away; the earlier of a tie."""
        at = bisect_left(self._stamps, stamp_ns)
        near = [i for i in (at - 1, at) if 0 <= i < len(self._stamps)]
        best = min(near, key=lambda i: abs(self._stamps[i] - stamp_ns), default=None)
        if best is None or abs(self._stamps[best] - stamp_ns) > slop_ns:
            return None
        return Stamped(self._stamps[best], self._items[best])

    def around(self, stamp_ns: int) -> tuple[Stamped[ItemT] | None, Stamped[ItemT] | None]:
        """Return the last item at or before the stamp and the first at or after it."""
        at = bisect_left(self._stamps, stamp_ns)
        after = Stamped(self._stamps[at], self._items[at]) if at < len(self) else None
        if after is not None and after.stamp_ns == stamp_ns:
            return after, after
        before = Stamped(self._stamps[at - 1], self._items[at - 1]) if at else None
        return before, after

    def drop_oldest(self) -> int:
        """Forget the oldest item; return its stamp."""
        del self._items[0]
        return self._stamps.pop(0)

    def drop_before(self, stamp_ns: int) -> int:
        """Forget items older than the stamp; return how many."""
        at = bisect_left(self._stamps, stamp_ns)
        del self._stamps[:at], self._items[:at]
        return at

    def clear(self) -> None:
        """Forget every item."""
        self._stamps.clear()
        self._items.clear()


class Match(Enum):
    """Why no message was found for a stamp."""

    #: It may still come.
    WAIT = 'wait'
    #: It will not come.
    MISSING = 'missing'


def match(
    buffer: StampedBuffer[ItemT], stamp_ns: int, slop_ns: int, *, late: bool
) -> Stamped[ItemT] | Match:
    """
    Find the message that belongs to a stamp.

    The nearest one may be that of the frame before while the right one is on its way, so an
    inexact hit counts only once the topic has gone past the stamp, or when ``late``.
    """
    latest = buffer.latest
    passed = latest is not None and latest.stamp_ns >= stamp_ns
    found = buffer.nearest(stamp_ns, slop_ns)
    if found is not None and (found.stamp_ns == stamp_ns or passed or late):
        return found
    gone = latest is not None and latest.stamp_ns > stamp_ns + slop_ns
    return Match.MISSING if late or gone else Match.WAIT


class PoseStatus(str, Enum):
    """Why a pose is known at a stamp, or not."""

    OK = 'ok'
    #: Newer than every stored pose: it may still come.
    PENDING = 'pending'
    #: Between two poses too far apart to be interpolated.
    GAP = 'gap'
    #: Older than every stored pose: it will not come.
    EXPIRED = 'expired'
    #: No pose was ever added, or none since the clock was set back.
    EMPTY = 'empty'


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseLookup:
    """The pose at a stamp, or the reason why there is none."""

    pose: Pose | None
    status: PoseStatus


class PoseBuffer:
    """
    Where the robot was: stamped poses of the base in the map, interpolated in between.

    ``Pose`` refuses values that are not finite, so none can be stored here.

    Parameters
    ----------
    max_gap_ns : int
        Longest time between two poses that is bridged by a straight line.
    capacity : int
        Poses kept; 4096 are 80 s of odometry at 50 Hz.
    jump_ns : int
        How far back a stamp must lie to count as the clock set back.

    """

    def __init__(
        self, max_gap_ns: int, *, capacity: int = 4096, jump_ns: int = 1_000_000_000
    ) -> None:
        #: May be changed at any time.
        self.max_gap_ns = max_gap_ns
        self._poses: StampedBuffer[Pose] = StampedBuffer(capacity, jump_ns=jump_ns)

    def __len__(self) -> int:
        """Return the number of poses held."""
        return len(self._poses)

    @property
    def latest(self) -> Stamped[Pose] | None:
        """Pose with the newest stamp, or None."""
        return self._poses.latest

    @property
    def spacing_ns(self) -> int:
        """Time between the two newest poses; 0 with fewer."""
        return self._poses.spacing_ns

    @property
    def resets(self) -> int:
        """Times the clock was seen set back."""
        return self._poses.resets

    @property
    def refused(self) -> int:
        """Poses refused because their stamp alone lay far back."""
        return self._poses.refused

    def add(self, stamp_ns: int, pose: Pose) -> StampOrder:
        """Insert a pose, in any order; return how its stamp fitted."""
        return self._poses.add(stamp_ns, pose)

    def at(self, stamp_ns: int, *, hold_ns: int = 0) -> PoseLookup:
        """
        Return the pose at ``stamp_ns``: straight line between positions, slerp between turns.

        ``hold_ns`` lets the newest pose stand for stamps that much later, and the oldest for
        earlier ones: for a caller that has waited long enough, or knows its clocks to differ.
        """
        before, after = self._poses.around(stamp_ns)
        if before is None and after is None:
            return PoseLookup(pose=None, status=PoseStatus.EMPTY)
        if after is None or before is None:
            edge = before or after
            assert edge is not None
            if abs(stamp_ns - edge.stamp_ns) <= hold_ns:
                return PoseLookup(pose=edge.item, status=PoseStatus.OK)
            status = PoseStatus.PENDING if after is None else PoseStatus.EXPIRED
            return PoseLookup(pose=None, status=status)
        span_ns = after.stamp_ns - before.stamp_ns
        if span_ns == 0:
            return PoseLookup(pose=before.item, status=PoseStatus.OK)
        if span_ns > self.max_gap_ns:
            for edge in (before, after):
                if abs(stamp_ns - edge.stamp_ns) <= hold_ns:
                    return PoseLookup(pose=edge.item, status=PoseStatus.OK)
            return PoseLookup(pose=None, status=PoseStatus.GAP)
        fraction = (stamp_ns - before.stamp_ns) / span_ns
        return PoseLookup(
            pose=interpolate(before.item, after.item, fraction), status=PoseStatus.OK
        )

    def clear(self) -> None:
        """Forget every pose."""
        self._poses.clear()
