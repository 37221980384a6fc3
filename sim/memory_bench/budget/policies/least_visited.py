"""Views of the places that were visited least go first."""

from __future__ import annotations

from collections import Counter

from memory_node.core.eviction.inventory import Left

__all__ = ['LeastVisited', 'make']


class LeastVisited:
    """Worth is the number of views of the place."""

    name = 'least visited'

    def begin(self, left: Left) -> None:
        """Count the visits as they were."""
        self._visits = left.visits[left.inventory.places].copy()

    def worth(self, row: int) -> float:
        """Return how many views of its place there were."""
        return float(self._visits[row])


def make(favoured: Counter[int]) -> LeastVisited:
    """Make one; nothing is favoured."""
    return LeastVisited()
