"""The oldest go first: a memory of the last hours or days."""

from __future__ import annotations

from memory_node.core.eviction.inventory import Left

__all__ = ['OldestFirst']


class OldestFirst:
    """First in, first out."""

    name = 'fifo'

    def begin(self, left: Left) -> None:
        """Keep the stamps."""
        self._stamps = left.inventory.stamps

    def worth(self, row: int) -> float:
        """Return the stamp [ns]."""
        return float(self._stamps[row])
