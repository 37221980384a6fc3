"""The newest go first: what was seen first stays."""

from __future__ import annotations

from collections import Counter

from memory_node.core.eviction.inventory import Left

__all__ = ['NewestFirst', 'make']


class NewestFirst:
    """Last in, first out."""

    name = 'lifo'

    def begin(self, left: Left) -> None:
        """Keep the stamps."""
        self._stamps = left.inventory.stamps

    def worth(self, row: int) -> float:
        """Return the negative stamp [ns]."""
        return -float(self._stamps[row])


def make(favoured: Counter[int]) -> NewestFirst:
    """Make one; nothing is favoured."""
    return NewestFirst()
