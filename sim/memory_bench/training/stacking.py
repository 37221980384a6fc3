"""
The last, smallest fit: how far to trust the model against plain similarity.

What captions, labels and words say of candidates needs no training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from memory_bench.datasets.reverie import Building
from memory_node.core.language.text import clean_label, content_terms, observation_text
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.instruction.words import stem, tokenize

__all__ = ['SIGNALS', 'bm25_scores', 'fit_stack', 'stacked', 'text_scores']

RealArray = NDArray[np.float64]

SIGNALS = ('captions', 'objects', 'words')
_K1, _B = 1.2, 0.75


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(values.std(axis=1, keepdims=True), 1e-9))


def text_scores(building: Building, encoder: Encoder) -> NDArray[np.float64]:
    """Return (Q, C, 3) columns of ``SIGNALS`` for the queries of a building, standardised."""
    if not building.queries:
        return np.zeros((0, len(building.observations), len(SIGNALS)))
    queries = encoder.encode([q.text for q in building.queries])
    texts = [observation_text(o) for o in building.observations]
    captions = queries @ encoder.encode(texts).T
    names = sorted({clean_label(s.label) for o in building.observations for s in o.sightings})
    rows = {name: row for row, name in enumerate(names)}
    objects = captions.copy()
    if names:
        by_label = queries @ encoder.encode(names).T
        for i, o in enumerate(building.observations):
            if o.sightings:
                own = [rows[clean_label(s.label)] for s in o.sightings]
                objects[:, i] = by_label[:, own].max(axis=1)
    words = bm25_scores(
        [tokenize(t) for t in texts], [content_terms(q.text) for q in building.queries]
    )
    columns = [_standardised(v.astype(np.float64)) for v in (captions, objects, words)]
    return np.stack(columns, axis=2)


def bm25_scores(
    documents: Sequence[Sequence[str]], queries: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Return (Q, C) BM25 scores of C documents, words stemmed."""
    counts = [Counter(stem(w) for w in d) for d in documents]
    holders: dict[str, list[int]] = {}
    for i, count in enumerate(counts):
        for word in count:
            holders.setdefault(word, []).append(i)
    lengths = np.array([sum(c.values()) for c in counts], np.float64)
    norms = _K1 * (1.0 - _B + _B * lengths / max(lengths.mean(), 1e-9))
    scores = np.zeros((len(queries), len(documents)))
    for row, query in enumerate(queries):
        for word in sorted({stem(w) for w in query} & holders.keys()):
            at = holders[word]
            rarity = np.log1p((len(documents) - len(at) + 0.5) / (len(at) + 0.5))
            often = np.array([counts[i][word] for i in at], np.float64)
            scores[row, at] += rarity * often * (_K1 + 1.0) / (often + norms[at])
    return scores


def stacked(scores: RealArray, text: RealArray, weights: RealArray) -> RealArray:
    """
    Return (Q, C) scores: the model's with a share of the plain signals, scaled to be sure.

    ``weights`` are the scale, then the shares of ``SIGNALS``; ``text`` is (Q, C, 3).
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
