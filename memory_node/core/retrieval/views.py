"""Candidates among single observations, for what only the words of a caption say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.data import FloatArray
from memory_node.core.language.sign_labels import sign_text, without_texts
from memory_node.core.language.text import content_terms, lemmas
from memory_node.core.store.postings import bm25, highest, Postings
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.view import View

__all__ = ['TextSources', 'named_views', 'rows_as_candidates', 'text_odds', 'view_candidates']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Observations that each of the two searches contributes.
_EACH = 64
#: Observations listed as what comes closest to a name that nothing goes by.
_CLOSEST = 8
#: Log-odds that a caption with all words of a name speaks of the thing, and without.
SAID, UNSAID = 2.0, -7.0
#: Log-odds of a caption that has none of the words, and what the highest possible BM25 score and a
#: cosine of one add; fitted on known items of CMU_500 with and without their place in the memory.
_NOTHING, _WORDS, _MEANING = -4.5, 13.5, 2.0


class TextSources(Protocol):
    """What text search asks the memory for beyond the view; thread-safe."""

    def postings(self, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``."""

    def nearest(self, snapshot: Snapshot, vector: FloatArray, k: int) -> IntArray:
        """Return about the ``k`` rows whose captions are nearest to a unit vector."""


def text_odds(words: RealArray, cosines: RealArray) -> RealArray:
    """
    Return log-odds that captions answer a text.

    ``words`` are BM25 scores as shares of the highest score that is possible for the text, and
    ``cosines`` say how near each caption is in meaning.
    """
    return np.asarray(_NOTHING + _WORDS * words + _MEANING * np.maximum(cosines, 0.0))


def view_candidates(view: View, sources: TextSources, text: str, vector: FloatArray) -> Candidates:
    """Return the observations whose captions answer a text, by words (BM25) and by meaning."""
    snapshot = view.snapshot
    postings = sources.postings(content_terms(text))
    words = bm25(snapshot, postings)
    near = sources.nearest(snapshot, vector, _EACH)
    matched = np.flatnonzero(words)
    if len(matched) > _EACH:
        matched = matched[np.argpartition(-words[matched], _EACH - 1)[:_EACH]]
    rows = np.unique(np.concatenate([near, matched]))
    shares = words[rows] / max(highest(snapshot, postings), 1e-9)
    cosines = (snapshot.vectors[rows] @ vector).astype(np.float64)
    return rows_as_candidates(view, rows, text_odds(shares, cosines))


def named_views(
    view: View,
    sources: TextSources,
    name: str,
    vector: FloatArray,
    *,
    captions: Callable[[IntArray], list[str]],
    said: bool = True,
) -> Candidates:
    """
    Return the observations whose captions have every word of a name, and a few near in meaning.

    Only the first kind answers: what is merely near in meaning is what comes closest. Nor does
    the first where the words are ``said`` of other things alone, as "captain" of a chair, or on
    signs: "DO NOT DRINK THE WATER" shows no water. ``captions`` returns those of rows.
    """
    snapshot = view.snapshot
    held = sorted((keys for keys, _ in sources.postings(content_terms(name))), key=len)
    keys = held[0] if held else np.empty(0, np.int64)
    for others in held[1:]:
        keys = np.intersect1d(keys, others, assume_unique=True)
    having = snapshot.rows_of(keys)[:_EACH] if said else keys[:0]
    having = having[~_on_signs_alone(view, having, name, captions)]
    near = sources.nearest(snapshot, vector, _CLOSEST)
    near = near[~np.isin(near, having)]
    rows = np.concatenate([having, near])
    cosines = (snapshot.vectors[rows] @ vector).astype(np.float64)
    base = np.where(np.arange(len(rows)) < len(having), SAID, UNSAID)
    return rows_as_candidates(view, rows, base + cosines)


def _on_signs_alone(
    view: View, rows: IntArray, name: str, captions: Callable[[IntArray], list[str]]
) -> NDArray[np.bool_]:
    """Return (n,) whether signs alone say the words of a name in observations."""
    result = np.zeros(len(rows), np.bool_)
    labels = [[view.snapshot.labels[i] for i in view.snapshot.labels_of(row)] for row in rows]
    signed = np.flatnonzero([any(map(sign_text, some)) for some in labels])
    words = set(lemmas(name))
    for i, caption in zip(signed.tolist(), captions(rows[signed]), strict=True):
        others = [label for label in labels[i] if not sign_text(label)]
        result[i] = not words <= set(lemmas(', '.join([without_texts(caption), *others])))
    return result


def rows_as_candidates(view: View, rows: IntArray, odds: RealArray) -> Candidates:
    """Return some observations as candidates with given log-odds."""
    snapshot = view.snapshot
    return Candidates(
        kind=np.full(len(rows), Kind.VIEW, np.int8),
        index=rows.astype(np.int64),
        row=rows.astype(np.int64),
        position=snapshot.positions[rows],
        placed=np.zeros(len(rows), np.bool_),
        map=snapshot.maps[rows].astype(np.int64),
        room=view.row_rooms[rows],
        name=np.full(len(rows), -1, np.int64),
        first_ns=snapshot.stamps[rows],
        last_ns=snapshot.stamps[rows],
        odds=odds,
    )
