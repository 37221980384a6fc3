"""Drives between leaves as flat arrays: 32 bytes each, however many there are."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ['Drives', 'Parts']

IntArray = NDArray[np.int64]


class Drives:
    """
    Undirected edges between leaf slots, each with its length.

    A drive is two halves, one in the chain of each end: half ``h`` leads to ``to[h]``, its twin
    ``h ^ 1`` back, and ``next[h]`` is another half from the same end, -1 at the end of the chain.
    """

    def __init__(self) -> None:
        """Hold no drives yet."""
        self._first = array('i')
        self._next = array('i')
        self._to = array('i')
        self._length = array('d')
        #: First halves of removed drives, used again.
        self._free: list[int] = []

    def _halves(self, slot: int) -> Iterator[int]:
        half = self._first[slot] if slot < len(self._first) else -1
        while half >= 0:
            yield half
            half = self._next[half]

    def of(self, slot: int) -> dict[int, float]:
        """Return the lengths [m] of the drives from a slot, by the slot they lead to."""
        return {self._to[half]: self._length[half] for half in self._halves(slot)}

    def ends(self, slot: int) -> list[int]:
        """Return the slots that drives from a slot lead to."""
        return [self._to[half] for half in self._halves(slot)]

    def put(self, one: int, other: int, length_m: float) -> bool:
        """Join two slots, the shorter of two drives is kept; tell whether they were apart."""
        for half in self._halves(one):
            if self._to[half] == other:
                if length_m < self._length[half]:
                    self._length[half] = self._length[half ^ 1] = length_m
                return False
        half = self._free.pop() if self._free else self._new_pair()
        for at, start, end in ((half, one, other), (half ^ 1, other, one)):
            if start >= len(self._first):
                self._first.extend([-1] * (start + 1 - len(self._first)))
            self._to[at], self._length[at] = end, length_m
            self._next[at], self._first[start] = self._first[start], at
        return True

    def _new_pair(self) -> int:
        half = len(self._to)
        self._to.extend((0, 0))
        self._next.extend((-1, -1))
        self._length.extend((0.0, 0.0))
        return half

    def clear(self, slot: int) -> list[tuple[int, float]]:
        """Remove all drives of a slot and return them by the slot they lead to, ascending."""
        gone = list(self._halves(slot))
        found = sorted((self._to[half], self._length[half]) for half in gone)
        for half in gone:
            self._unchain(self._to[half], half ^ 1)
            self._free.append(half & ~1)
        if gone:
            self._first[slot] = -1
        return found

    def _unchain(self, slot: int, gone: int) -> None:
        if self._first[slot] == gone:
            self._first[slot] = self._next[gone]
            return
        for half in self._halves(slot):
            if self._next[half] == gone:
                self._next[half] = self._next[gone]
                return

    # ---- all at once -------------------------------------------------------------------------

    def pairs(self) -> tuple[IntArray, NDArray[np.float64]]:
        """Return (E, 2) slots that are joined, each drive once and in order, and (E,) lengths."""
        to = np.array(self._to, np.int64).reshape(-1, 2)
        kept = np.ones(len(to), np.bool_)
        kept[np.array(self._free, np.int64) // 2] = False
        ends = np.sort(to[kept], axis=1)
        order = np.lexsort(ends.T[::-1])
        return ends[order], np.array(self._length[::2])[kept][order]

    def fill(self, pairs: IntArray, lengths: NDArray[np.float64]) -> None:
        """Take over (E, 2) distinct pairs of slots and their (E,) lengths [m], where empty."""
        to = pairs[:, ::-1].reshape(-1)
        start = pairs.reshape(-1)
        order = np.argsort(start, kind='stable')
        last = np.flatnonzero(np.diff(start[order], append=-1))
        following = np.append(order[1:], -1)
        following[last] = -1
        chain = np.empty(len(order), np.int32)
        chain[order] = following
        first = np.full(int(start.max(initial=-1)) + 1, -1, np.int32)
        first[start[order[::-1]]] = order[::-1]
        self._to = array('i', to.astype(np.int32).tobytes())
        self._next = array('i', chain.tobytes())
        self._first = array('i', first.tobytes())
        self._length = array('d', np.repeat(lengths.astype(np.float64), 2).tobytes())
        self._free = []


class Parts:
    """Which slots some way joins: a union-find that a slot enters anew when it is used again."""

    def __init__(self) -> None:
        """Every slot is alone."""
        #: Number of each slot, -1 for none yet, and the number above each, itself at the top.
        self._numbers = array('i')
        self._above = array('i')

    def _top(self, slot: int) -> int:
        if slot >= len(self._numbers):
            self._numbers.extend([-1] * (slot + 1 - len(self._numbers)))
        number = self._numbers[slot]
        if number < 0:
            number = self._numbers[slot] = len(self._above)
            self._above.append(number)
        above = self._above
        path = []
        while above[number] != number:
            path.append(number)
            number = above[number]
        for step in path:
            above[step] = number
        return number

    def join(self, one: int, other: int) -> None:
        """Join two slots and all that is joined to them."""
        self._above[self._top(one)] = self._top(other)

    def joined(self, one: int, other: int) -> bool:
        """Tell whether two slots are joined."""
        return self._top(one) == self._top(other)

    def forget(self, slot: int) -> None:
        """Let a slot be alone; what it joined stays joined."""
        if slot < len(self._numbers):
            self._numbers[slot] = -1

    def fill(self, parts: NDArray[np.integer]) -> None:
        """Take over the part (N,) that each slot is in."""
        _, first, part = np.unique(parts, return_index=True, return_inverse=True)
        self._numbers = array('i', np.arange(len(parts), dtype=np.int32).tobytes())
        self._above = array('i', first[part].astype(np.int32).tobytes())
