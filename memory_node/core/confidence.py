"""How sure an answer is: a logistic model over what the place and the question share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ['FEATURES', 'calibrated', 'features']

#: Features of one place, comparable between questions and memories.
FEATURES = ('object', 'caption', 'coverage', 'length', 'object_length')
#: Fitted by ``python test/bench/fit_confidence.py``.
WEIGHTS = (22.036, -1.407, -0.631, 4.169, -4.923)
BIAS = -12.298


def features(
    objects: NDArray[np.float64],
    captions: NDArray[np.float64],
    coverage: NDArray[np.float64],
    words: int,
) -> NDArray[np.float64]:
    """
    Return (P, F) features of P places.

    ``objects`` and ``captions`` are (P,) cosines of the question with the best object and the
    caption, ``coverage`` is the share of the question's words that the place has, and ``words``
    is how many there are: a long instruction is never as near to one object as its name.
    """
    length = np.full(len(objects), np.log1p(words))
    return np.column_stack([objects, captions, coverage, length, objects * length])


def calibrated(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that each of P places answers, from their (P, F) features."""
    logits = values @ np.array(WEIGHTS) + BIAS
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))
