"""Anything may go: what a policy has to beat."""

from __future__ import annotations

from collections import Counter

import numpy as np

from memory_node.core.eviction.inventory import Left

__all__ = ['Chance', 'make']


class Chance:
    """Rows in an order that a seed draws."""

    name = 'random'

    def begin(self, left: Left) -> None:
        """Draw a number for each observation, the same in every pass."""
        self._drawn = [
            float(np.random.default_rng(int(key)).random()) for key in left.inventory.keys
        ]

    def worth(self, row: int) -> float:
        """Return the number drawn."""
        return self._drawn[row]


def make(favoured: Counter[int]) -> Chance:
    """Make one; nothing is favoured."""
    return Chance()
