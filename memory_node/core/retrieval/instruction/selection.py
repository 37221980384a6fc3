"""
Which places to answer with: the ones most likely to hold the goal among them.

With a probability for each candidate, an answer is right when the goal is within ``radius_m`` of
it. The first answer is where most probability lies within that radius; the next is where most of
what is left lies, and so on. This greedy choice is within 1 - 1/e of the best set of ``k``
(maximum coverage is submodular), and for k = 1 it is the best.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ['SUCCESS_RADIUS_M', 'choose_places', 'nearness', 'probabilities']

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: An answer this close to the goal is right.
SUCCESS_RADIUS_M = 3.0
#: Answers closer than this are one place.
MERGE_DISTANCE_M = 1.0
MAX_EVIDENCE = 8
#: Weight of a candidate's own probability: among spots that cover the same, stand at the likely.
_OWN_WEIGHT = 0.01


def probabilities(scores: RealArray) -> RealArray:
    """Return the softmax of (C,) scores."""
    shifted = np.exp(scores - scores.max())
    return np.asarray(shifted / shifted.sum())


def nearness(squared_m2: RealArray, radius_m: float = SUCCESS_RADIUS_M) -> NDArray[np.bool_]:
    """Return (C, C) whether candidates are within ``radius_m``, from squared distances [m^2]."""
    return np.asarray(squared_m2 <= radius_m**2)


def choose_places(
    probability: RealArray,
    squared_m2: RealArray,
    k: int,
    near: RealArray | None = None,
) -> tuple[list[IntArray], RealArray]:
    """
    Return up to ``k`` distinct places, best first, and the probability each covers anew.

    Parameters
    ----------
    probability : (C,) array
        Probability that the goal is at each candidate.
    squared_m2 : (C, C) array
        Squared distances [m^2]; infinite between maps.
    k
        Places wanted.
    near : (C, C) array, optional
        ``nearness`` of the candidates as numbers, when it is at hand.

    Returns
    -------
    places : list of arrays
        Indices of candidates; the first stands for the place, the others lie within
        ``MERGE_DISTANCE_M`` of it, most likely first.
    covered : (P,) array
        Probability within ``SUCCESS_RADIUS_M`` of each place, less what earlier ones cover.

    """
    if near is None:
        near = nearness(squared_m2).astype(np.float64)
    free = np.ones(len(probability), np.bool_)
    left = probability.astype(np.float64).copy()
    places: list[IntArray] = []
    covered: list[float] = []
    while len(places) < k and free.any():
        mass = near @ left
        worth = np.where(free, mass + _OWN_WEIGHT * left + 1e-9 * probability, -1.0)
        best = int(np.argmax(worth))
        around = np.flatnonzero(free & (squared_m2[best] <= MERGE_DISTANCE_M**2))
        around = around[np.lexsort((around, -probability[around]))]
        around = np.concatenate([[best], around[around != best]])
        places.append(around[:MAX_EVIDENCE].astype(np.int64))
        covered.append(float(mass[best]))
        free[around] = False
        left[near[best] > 0.0] = 0.0
    return places, np.array(covered)
