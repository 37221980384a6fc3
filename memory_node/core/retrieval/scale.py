"""The one scale of retrieval: log-odds that a candidate answers, made of independent parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.objects.odds import both

__all__ = ['both', 'probability', 'under']

RealArray = NDArray[np.float64]

#: Log-probabilities closer to 0 than this are certain.
_CERTAIN = 1e-6


def under(odds: RealArray, constraints: RealArray) -> RealArray:
    """
    Return the log-odds of candidates that also meet constraints.

    ``constraints`` are (n,) logarithms of the probability that all are met; what is above 0 is a
    preference among candidates that meet them all.
    """
    log_met = np.minimum(constraints, -_CERTAIN)
    met = log_met - np.log(-np.expm1(log_met))
    found = np.where(constraints < -_CERTAIN, both(odds, met), odds)
    return np.asarray(found + np.maximum(constraints, 0.0))


def probability(odds: RealArray) -> RealArray:
    """Return probabilities of log-odds."""
    within = np.minimum(np.maximum(odds, -60.0), 60.0)
    return np.asarray(1.0 / (1.0 + np.exp(-within)))
