"""What no question was answered with goes first, the oldest of it before the rest."""

from __future__ import annotations

from collections import Counter

from memory_node.core.eviction.inventory import Left

__all__ = ['QueryHits', 'make']


class QueryHits:
    """Worth is how often an observation was an answer."""

    name = 'query hits'

    def __init__(self, favoured: Counter[int]) -> None:
        """Count by the keys of ``favoured``."""
        self._favoured = favoured

    def begin(self, left: Left) -> None:
        """Look the counts up."""
        self._hits = [float(self._favoured[int(key)]) for key in left.inventory.keys]

    def worth(self, row: int) -> float:
        """Return the number of hits."""
        return self._hits[row]


def make(favoured: Counter[int]) -> QueryHits:
    """Make one of what was asked before."""
    return QueryHits(favoured)
