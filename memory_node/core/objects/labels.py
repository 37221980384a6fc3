"""How likely one thing carries two labels: spellings, words for one thing, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.data import FloatArray
from memory_node.core.objects.sign_readings import SignLabels
from memory_node.core.objects.table import ObjectTable

__all__ = ['LabelSimilarity']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Labels of this cosine are spellings of one label ("Cup", "cup").
_SPELLING = 0.97


class LabelSimilarity:
    """Compares labels by the cosine of their vectors; a label's first spelling stands for all."""

    def __init__(self, config: ObjectsConfig) -> None:
        """Compare no labels yet."""
        self._config = config
        self._vectors: FloatArray = np.zeros((0, 0), np.float32)
        self._first: IntArray = np.zeros(0, np.int64)
        self._signs = SignLabels()

    def update(self, vectors: FloatArray, texts: Sequence[str]) -> None:
        """Take the (L, D) vectors of all labels and the labels; they are only ever appended."""
        known = len(self._first)
        self._vectors = vectors
        if len(vectors) <= known:
            return
        self._first = np.concatenate([self._first, np.arange(known, len(vectors))])
        self._signs.extend(texts[known : len(vectors)])
        for row in range(known, len(vectors)):
            if self._signs.holds(row):
                self._first[row] = self._signs.first(row)
                continue
            alike = np.flatnonzero(vectors[:row] @ vectors[row] >= _SPELLING)
            alike = alike[[not self._signs.holds(other) for other in alike.tolist()]]
            if len(alike):
                self._first[row] = self._first[alike[0]]

    def is_sign(self, labels: IntArray) -> NDArray[np.bool_]:
        """Return (n,) whether labels are of signs, by what they say."""
        return np.array([self._signs.holds(label) for label in labels.tolist()], np.bool_)

    def alike(self, label: int) -> list[int]:
        """Return the labels that may be of the same thing by their text alone, itself first."""
        return self._signs.alike(label) if self._signs.holds(label) else [label]

    def settle(self, table: ObjectTable, slots: IntArray) -> None:
        """Let signs among objects that were just seen go by what was read on them."""
        self._signs.settle(table, slots)

    def spelled(self, rows: NDArray[np.int32]) -> IntArray:
        """Return the row of the first spelling of each label."""
        return self._first[rows]

    def costs(self, labels: IntArray, others: IntArray) -> Reals:
        """
        Return (n,) cost of taking each label for its other one.

        0 for one label or words for one thing, up to ``label_cost`` for the least similar labels
        that are confused at all, infinite below.
        """
        config = self._config
        cosines: Reals = np.einsum(
            'ij,ij->i', self._vectors[labels], self._vectors[others], dtype=np.float64
        )
        span = config.same_cosine - config.similar_cosine
        cost: Reals = config.label_cost * np.clip((config.same_cosine - cosines) / span, 0.0, 1.0)
        cost[cosines < config.similar_cosine] = np.inf
        cost[labels == others] = 0.0
        for i, share in self._signs.shares(labels, others):
            cost[i] = config.label_cost * share
        return cost

    def costs_to_histograms(
        self,
        labels: IntArray,
        hist_labels: NDArray[np.int32],
        hist_weights: FloatArray,
        left: NDArray[np.bool_] | None = None,
    ) -> Reals:
        """
        Return (n,) cost of each label for an object that was called other things before.

        ``hist_labels`` and ``hist_weights`` are (n, K), -1 where empty. A label that an object
        has been given already costs what its share of the object's labels says. Where the object
        may have ``left``, a similar label is no confusion.
        """
        total = hist_weights.sum(axis=1, dtype=np.float64)
        own = np.where(hist_labels == labels[:, None], hist_weights, 0.0).sum(axis=1)
        strongest = hist_labels[np.arange(len(labels)), hist_weights.argmax(axis=1)]
        with np.errstate(divide='ignore', invalid='ignore'):
            known = -2.0 * np.log(own / total)
        known[~(own > 0.0)] = np.inf
        cost: Reals = known
        other = strongest != labels
        if other.any():
            similar = self.costs(labels[other], strongest[other].astype(np.int64))
            if left is not None:
                similar[left[other] & (similar > 0.0)] = np.inf
            cost[other] = np.minimum(known[other], similar)
        cost[~other] = 0.0
        return cost
