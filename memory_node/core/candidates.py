"""
Which observations may answer a question, and what each generator says of them.

Three generators look at once: nearest captions (HNSW or exact), best matching words (BM25), and
the best single object. Small memories are looked at whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Query, QueryMode
from memory_node.core.errors import EmptyMemoryError, UnknownMapError
from memory_node.core.store.postings import bm25, Postings
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Candidates', 'Question', 'Sources', 'allowed_rows', 'generate', 'object_cosines']

IntArray = NDArray[np.int64]

#: Up to this many admissible observations every one is a candidate.
EXACT_LIMIT = 4096
#: Beyond it, what each generator contributes, and how many rows stand for the population.
PER_GENERATOR = 256
REFERENCE_ROWS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query with what was made of its text."""

    query: Query
    mode: QueryMode
    #: (D,) unit vector of the text.
    vector: FloatArray
    #: Its content words.
    terms: tuple[str, ...]
    #: (N,) how well each row meets a condition of the question, in [0, 1], by signal.
    preferences: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class Sources(Protocol):
    """What generators and rankers may ask the memory for beyond the snapshot; thread-safe."""

    def postings(self, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``; see ``words.bm25``."""

    def nearest(self, snapshot: Snapshot, vector: FloatArray, k: int) -> IntArray:
        """Return about the ``k`` rows whose captions are nearest to a unit vector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Rows that may answer, what the generators say, and the population they stand out from."""

    #: (C,) rows of the snapshot, ascending.
    rows: IntArray
    #: (C,) cosine of question and caption.
    captions: NDArray[np.float64]
    #: (C,) cosine of question and best object; the caption's where nothing was sighted.
    objects: NDArray[np.float64]
    #: (C,) BM25 of the words, 0 where none matches.
    words: NDArray[np.float64]
    #: Posting list of every word of the question.
    postings: list[Postings]
    #: Mean and standard deviation of each over the admissible observations.
    population: dict[str, tuple[float, float]]


def allowed_rows(
    snapshot: Snapshot, query: Query, rows: NDArray[np.bool_] | None = None
) -> IntArray | None:
    """
    Return the rows that pass the query's filters, None for all.

    ``rows`` is (N,) which of them the conditions of the request leave, None for all.
    Raises ``EmptyMemoryError`` if there is nothing at all and ``UnknownMapError`` for a map id
    that no observation carries.
    """
    if not len(snapshot):
        raise EmptyMemoryError('the memory holds no observation yet')
    filters = (query.map_id, query.radius_m, query.since_ns, query.until_ns)
    if all(value is None for value in filters):
        return None if rows is None else np.flatnonzero(rows)
    mask = np.ones(len(snapshot), np.bool_)
    if query.map_id is not None:
        if query.map_id in snapshot.map_ids:
            mask = snapshot.maps == snapshot.map_ids.index(query.map_id)
        if query.map_id not in snapshot.map_ids or not mask.any():
            raise UnknownMapError(f'no observation is on a map named {query.map_id!r}')
    if query.since_ns is not None:
        mask &= snapshot.stamps >= query.since_ns
    if query.until_ns is not None:
        mask &= snapshot.stamps <= query.until_ns
    if query.radius_m is not None and query.near is not None:
        offsets = snapshot.positions - np.array(query.near)
        mask &= np.einsum('ij,ij->i', offsets, offsets) <= query.radius_m**2
    return np.flatnonzero(mask if rows is None else mask & rows)


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


def generate(
    snapshot: Snapshot, question: Question, sources: Sources, allowed: IntArray | None
) -> Candidates:
    """Return the candidates among the allowed rows (None: all), with every generator's view."""
    count = len(snapshot) if allowed is None else len(allowed)
    whole = count <= EXACT_LIMIT
    postings = sources.postings(question.terms)
    words = bm25(snapshot, postings)
    objects = object_cosines(snapshot, question.vector)
    every = np.arange(len(snapshot)) if allowed is None else allowed
    if whole:
        rows, reference = every, every
    else:
        rows = _picked(snapshot, question, sources, every, words, objects)
        reference = every[:: count // REFERENCE_ROWS]
    captions = _cosines(snapshot, rows, question.vector)
    others = captions if whole else _cosines(snapshot, reference, question.vector)
    shown = _filled(objects[rows], captions)
    # Where nothing was sighted the captions stand in for objects, and would count twice.
    sighted = len(snapshot.sighting_labels) > 0
    return Candidates(
        rows=rows,
        captions=captions,
        objects=shown,
        words=words[rows],
        postings=postings,
        population={
            'captions': _spread(others),
            'objects': _spread(shown if whole else _filled(objects[reference], others))
            if sighted
            else (0.0, 0.0),
            'words': _spread(words if allowed is None else words[allowed]),
        },
    )


def _picked(
    snapshot: Snapshot,
    question: Question,
    sources: Sources,
    every: IntArray,
    words: NDArray[np.float64],
    objects: FloatArray,
) -> IntArray:
    """Return the union of each generator's best among ``every``, ascending."""
    if len(every) == len(snapshot):
        near = sources.nearest(snapshot, question.vector, PER_GENERATOR)
        matched, shown = np.flatnonzero(words), objects
    else:
        near = _top(every, _cosines(snapshot, every, question.vector), PER_GENERATOR)
        matched, shown = every[words[every] > 0.0], objects[every]
    return np.unique(
        np.concatenate(
            [
                near,
                _top(matched, words[matched], PER_GENERATOR),
                _top(every, np.nan_to_num(shown, nan=-1.0), PER_GENERATOR),
            ]
        )
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
