"""
What shows least that nothing else shows goes first.

The objective is a sum over objects and places of the harmonic number of their views: the first
view of a thing counts 1, the n-th 1/n. Taking away the observation with the least loss per byte is
the greedy rule for this submodular function under a budget (Krause and Golovin, 2014).
"""

from __future__ import annotations

from memory_node.core.eviction.inventory import Left

__all__ = ['Coverage']


class Coverage:
    """Coverage of objects and places, per byte."""

    name = 'coverage'

    def begin(self, left: Left) -> None:
        """Follow the counts of what is left."""
        self._left = left

    def worth(self, row: int) -> float:
        """Return the loss per byte: 1/n for each object and the place with n views."""
        left, inventory = self._left, self._left.inventory
        seen = float((1.0 / left.views[inventory.shown(row)]).sum())
        loss = seen + 1.0 / float(left.visits[inventory.places[row]])
        return loss / max(float(inventory.sizes[row]), 1.0)
