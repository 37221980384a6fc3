"""Log-odds of statements that are joined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ['both']

RealArray = NDArray[np.float64]


def both(one: RealArray, other: RealArray) -> RealArray:
    """Return the log-odds that two independent statements are both true, from those of each."""
    # -log(e^-a + e^-b + e^-(a+b)), without overflow.
    parts = np.stack([-one, -other, -(one + other)])
    highest = parts.max(axis=0)
    return np.asarray(-(highest + np.log(np.exp(parts - highest).sum(axis=0))))
