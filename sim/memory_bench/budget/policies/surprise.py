"""What was nothing new when it came goes first."""

from __future__ import annotations

from collections import Counter

import numpy as np

from memory_node.core.eviction.inventory import Left

__all__ = ['Surprise', 'make']


class Surprise:
    """Worth is the distance to the nearest vector that was stored before."""

    name = 'surprise'

    def begin(self, left: Left) -> None:
        """Compare each vector with those of smaller keys."""
        vectors = left.inventory.vectors.astype(np.float32)
        self._new = np.ones(len(vectors))
        for row in range(1, len(vectors)):
            self._new[row] = 1.0 - float((vectors[:row] @ vectors[row]).max())

    def worth(self, row: int) -> float:
        """Return 1 - cosine."""
        return float(self._new[row])


def make(favoured: Counter[int]) -> Surprise:
    """Make one; nothing is favoured."""
    return Surprise()
