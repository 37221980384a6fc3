"""How sure an answer is: a logistic model over what the place and the question share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ['FEATURES', 'calibrated', 'features']

#: Features of one place, comparable between questions and memories.
FEATURES = ('object', 'caption', 'coverage', 'object_coverage')
#: Fitted by ``python -m test.bench.fit_confidence``.
WEIGHTS = (8.0, 3.0, 2.0, 0.0)
BIAS = -6.0


def features(
    objects: NDArray[np.float64], captions: NDArray[np.float64], coverage: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return (P, 4) features of P places.

    ``objects`` and ``captions`` are cosines of the question with the best object and the caption,
    ``coverage`` is the share of the question's words that the place has.
    """
    return np.column_stack([objects, captions, coverage, objects * coverage])


def calibrated(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that each of P places answers, from their (P, 4) features."""
    logits = values @ np.array(WEIGHTS) + BIAS
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))
