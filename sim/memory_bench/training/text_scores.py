"""What captions, labels and words say of candidates without any training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory_node.core.lexical import clean_label, content_terms, observation_text
from memory_node.core.ports import Encoder
from memory_node.core.ranking.words import stem, tokenize
from memory_node.evaluation.buildings import Building

__all__ = ['SIGNALS', 'bm25_scores', 'text_scores']

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
