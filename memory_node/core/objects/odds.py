"""Log-odds of statements that are joined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ['both']

RealArray = NDArray[np.float64]


def both(one: RealArray, other: RealArray) -> RealArray:
    """Return the log-odds that two independent statements are both true, from those of each."""
    # -log(e^-a + e^-b + e^-(a+b)), without overflow.
    parts = -one, -other, -(one + other)
    highest = np.maximum(np.maximum(parts[0], parts[1]), parts[2])
    first, second, third = (np.exp(part - highest) for part in parts)
    return np.asarray(-(highest + np.log(first + second + third)))
