"""The last, smallest fit: how far to trust the model against plain similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

__all__ = ['fit_stack', 'stacked']

RealArray = NDArray[np.float64]


def stacked(scores: RealArray, text: RealArray, weights: RealArray) -> RealArray:
    """
    Return (Q, C) scores: the model's with a share of the plain signals, scaled to be sure.

    ``weights`` are the scale, then the shares of ``text_scores.SIGNALS``; ``text`` is (Q, C, 3).
    """
    return np.asarray(weights[0] * (scores + text @ weights[1:]))


def fit_stack(
    scores: Sequence[RealArray], text: Sequence[RealArray], right: Sequence[NDArray[np.bool_]]
) -> RealArray:
    """
    Return the (4,) weights under which the right candidates are most likely.

    Takes one entry a building, of predictions by models not fitted on that building.
    """
    count = sum(len(s) for s in scores)

    def loss(weights: RealArray) -> tuple[float, RealArray]:
        total, slope = 0.0, np.zeros(4)
        for own, plain, hit in zip(scores, text, right, strict=True):
            if not len(own):
                continue
            inner = own + plain @ weights[1:]
            logits = weights[0] * inner
            logits -= logits.max(axis=1, keepdims=True)
            every = np.exp(logits)
            good = np.where(hit, every, 0.0) + 1e-12 * every
            gap = good / good.sum(1, keepdims=True) - every / every.sum(1, keepdims=True)
            total -= float(np.log(good.sum(1) / every.sum(1)).sum())
            slope[0] -= float((gap * inner).sum())
            slope[1:] -= weights[0] * np.einsum('qc,qcs->s', gap, plain)
        return total / count, slope / count

    found = minimize(loss, np.array([0.7, 0.0, 0.0, 0.0]), jac=True, method='L-BFGS-B')
    return np.asarray(found.x, np.float64)
