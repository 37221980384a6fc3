"""
What kind of answer a request wants, where its wording follows no rule: told by meaning.

Rules read what most people say; for the rest a small logistic model looks at the sentence vector.
It is fitted on hand-written requests by ``python test/bench/fit_intents.py``, and only counts
with the encoder it was fitted with.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path

import numpy as np

from memory_node.core.data import FloatArray

__all__ = ['Intent', 'Intents']

_WEIGHTS = Path(__file__).with_name('intents.npz')
#: Probability from which an intent counts.
SURE = 0.7


class Intent(str, Enum):
    """One thing that a request may want; several may hold."""

    #: To be told what a room, or everything, is like.
    DESCRIBE = 'describe'
    NEAREST = 'nearest'
    #: Where something is by now.
    LATEST = 'latest'
    THIS_MORNING = 'this morning'
    YESTERDAY = 'yesterday'


class Intents:
    """Tells intents from the sentence vectors of one encoder."""

    def __init__(self, encoder_id: str) -> None:
        """Read the weights when they are first needed."""
        self._encoder_id = encoder_id

    def of(self, vector: FloatArray) -> frozenset[Intent]:
        """Return what the request with the unit ``vector`` (D,) surely wants."""
        weights = _read(self._encoder_id)
        if weights is None:
            return frozenset()
        slopes, biases = weights
        chances = 1.0 / (1.0 + np.exp(-(slopes @ vector + biases)))
        return frozenset(i for i, p in zip(Intent, chances.tolist(), strict=True) if p >= SURE)


@cache
def _read(encoder_id: str) -> tuple[FloatArray, FloatArray] | None:
    """Return (K, D) slopes and (K,) biases, None for another encoder."""
    if not _WEIGHTS.is_file():
        return None
    with np.load(_WEIGHTS, allow_pickle=False) as data:
        if str(data['encoder']) != encoder_id:
            return None
        if data['intents'].tolist() != [i.value for i in Intent]:
            return None
        return data['slopes'].astype(np.float32), data['biases'].astype(np.float32)
