"""
How sure an answer is: logistic models over what the place and the question share.

One is for the fusion of plain signals, one for the learned ranker, which also knows how much of
its own probability lies at the place, and whether the words have a meaning in this memory at all.
Both are fitted by ``python test/bench/fit_confidence.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    'FEATURES',
    'READING_FEATURES',
    'calibrated',
    'calibrated_reading',
    'features',
    'reading_features',
]

#: Features of one place, comparable between questions and memories.
FEATURES = ('object', 'caption', 'coverage', 'length', 'object_length')
WEIGHTS = (22.036, -1.407, -0.631, 4.169, -4.923)
BIAS = -12.298

#: The same for the learned ranker.
READING_FEATURES = ('mass', 'known', 'here', 'shared', 'complete', 'length')
READING_WEIGHTS = (0.792, 0.234, -0.137, 3.759, 0.438, -0.47)
READING_BIAS = -2.173
_LEAST = 1e-4


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
    return _logistic(values @ np.array(WEIGHTS) + BIAS)


def reading_features(
    mass: NDArray[np.float64],
    known: float,
    here: NDArray[np.float64],
    shared: float,
    complete: float,
    words: int,
) -> NDArray[np.float64]:
    """
    Return (P, F) features of P places that the learned ranker answers with.

    ``mass`` is (P,) the probability within reach of each place. ``known`` is how surely the wanted
    thing goes by some label of the memory, ``here`` (P,) by one around the place. ``shared`` is
    how much of the wanted thing's name is in labels, ``complete`` whether it is one. All are in
    [0, 1]; ``words`` is the number of content words asked.
    """
    count = len(mass)
    return np.column_stack(
        [
            _logit(mass),
            np.full(count, _logit(np.array(known))),
            _logit(here),
            np.full(count, shared),
            np.full(count, complete),
            np.full(count, np.log1p(words)),
        ]
    )


def calibrated_reading(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that each of P places answers, from ``reading_features``."""
    return _logistic(values @ np.array(READING_WEIGHTS) + READING_BIAS)


def _logit(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.clip(shares, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(kept / (1.0 - kept)))


def _logistic(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))
