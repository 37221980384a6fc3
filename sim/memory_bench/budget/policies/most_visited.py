"""Views of the place with most of them left go first: places stay in even numbers."""

from __future__ import annotations

from collections import Counter

from memory_node.core.eviction.inventory import Left

__all__ = ['MostVisited', 'make']


class MostVisited:
    """Worth falls with the number of views of the place."""

    name = 'most visited'

    def begin(self, left: Left) -> None:
        """Follow the counts of what is left."""
        self._left = left

    def worth(self, row: int) -> float:
        """Return 1/n for a place with n views left."""
        return 1.0 / float(self._left.visits[self._left.inventory.places[row]])


def make(favoured: Counter[int]) -> MostVisited:
    """Make one; nothing is favoured."""
    return MostVisited()
