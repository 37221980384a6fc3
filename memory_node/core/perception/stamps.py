"""
Order of stamps in one stream: which arrive late, and when the clock itself was set back.

A simulator reset or a looped bag moves every later stamp back; a single broken message does not.
Two rising stamps in a row, both far before the newest, are taken as a new start.
"""

from __future__ import annotations

from enum import Enum

__all__ = ['StampOrder', 'StampWatch']


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
