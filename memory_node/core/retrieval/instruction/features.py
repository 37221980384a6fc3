"""What captions, labels and words of each viewpoint say about a text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.text import content_terms
from memory_node.core.retrieval.views import TextSources
from memory_node.core.store.postings import bm25
from memory_node.core.store.snapshot import Snapshot

__all__ = ['TextFeatures', 'object_cosines', 'text_features']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Up to this many viewpoints every one is a candidate.
EXACT_LIMIT = 4096
#: Beyond it, what each feature contributes, and how many rows stand for the population.
PER_FEATURE, REFERENCE_ROWS = 256, 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFeatures:
    """Rows that may answer, what each feature says, and the population they stand out from."""

    #: (C,) rows of the snapshot, ascending.
    rows: IntArray
    #: (C,) cosine of text and caption.
    captions: RealArray
    #: (C,) cosine of text and best object; the caption's where nothing was sighted.
    objects: RealArray
    #: (C,) BM25 of the words, 0 where none matches.
    words: RealArray
    #: Mean and standard deviation of each over all rows.
    population: dict[str, tuple[float, float]]


def object_cosines(snapshot: Snapshot, vector: FloatArray) -> FloatArray:
    """Return (N,) the cosine with the nearest label each observation shows, NaN if it has none."""
    labels = snapshot.label_vectors @ vector
    starts = snapshot.sighting_starts
    seen = np.flatnonzero(starts[1:] > starts[:-1])
    if len(seen) == len(snapshot):
        return np.asarray(np.maximum.reduceat(labels[snapshot.sighting_labels], starts[:-1]))
    best = np.full(len(snapshot), np.nan, np.float32)
    if len(seen):
        best[seen] = np.maximum.reduceat(labels[snapshot.sighting_labels], starts[seen])
    return best


def text_features(
    snapshot: Snapshot, text: str, vector: FloatArray, sources: TextSources
) -> TextFeatures:
    """Return the features of every row of a small memory, of the best rows of a large one."""
    words = bm25(snapshot, sources.postings(content_terms(text)))
    objects = object_cosines(snapshot, vector)
    every = np.arange(len(snapshot))
    whole = len(snapshot) <= EXACT_LIMIT
    rows, reference = every, every
    if not whole:
        reference = every[:: len(snapshot) // REFERENCE_ROWS]
        near = sources.nearest(snapshot, vector, PER_FEATURE)
        matched = np.flatnonzero(words)
        best = _top(every, np.nan_to_num(objects, nan=-1.0), PER_FEATURE)
        rows = np.unique(np.concatenate([near, _top(matched, words[matched], PER_FEATURE), best]))
    captions = _cosines(snapshot, rows, vector)
    others = captions if whole else _cosines(snapshot, reference, vector)
    shown = _filled(objects[rows], captions)
    return TextFeatures(
        rows=rows,
        captions=captions,
        objects=shown,
        words=words[rows],
        population={
            'captions': _spread(others),
            'objects': _spread(shown if whole else _filled(objects[reference], others)),
            'words': _spread(words),
        },
    )


def _filled(objects: FloatArray, captions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let the caption stand for the objects where a captioner names none."""
    return np.where(np.isnan(objects), captions, objects)


def _top(rows: IntArray, scores: NDArray[np.floating], k: int) -> IntArray:
    if len(rows) <= k:
        return rows
    return rows[np.argpartition(-scores, k - 1)[:k]]


def _cosines(snapshot: Snapshot, rows: IntArray, vector: FloatArray) -> NDArray[np.float64]:
    vectors = snapshot.vectors if len(rows) == len(snapshot) else snapshot.vectors[rows]
    return (vectors @ vector).astype(np.float64)


def _spread(values: NDArray[np.float64]) -> tuple[float, float]:
    if not len(values):
        return 0.0, 0.0
    mean = float(values.mean())
    apart = values - mean
    return mean, float(np.sqrt(apart @ apart / len(values)))
