"""What is most like another one goes first."""

from __future__ import annotations

from collections import Counter

import numpy as np

from memory_node.core.eviction.inventory import Left

__all__ = ['Uniqueness', 'make']


class Uniqueness:
    """Worth is the distance to the nearest vector of all."""

    name = 'uniqueness'

    def begin(self, left: Left) -> None:
        """Compare each vector with all others."""
        vectors = left.inventory.vectors.astype(np.float32)
        self._apart = np.ones(len(vectors))
        for row in range(len(vectors)):
            cosines = vectors @ vectors[row]
            cosines[row] = -1.0
            self._apart[row] = 1.0 - float(cosines.max())

    def worth(self, row: int) -> float:
        """Return 1 - cosine."""
        return float(self._apart[row])


def make(favoured: Counter[int]) -> Uniqueness:
    """Make one; nothing is favoured."""
    return Uniqueness()
