"""
From a question to ranked places: candidates -> contributions -> selection -> places.

A ``Ranker`` turns candidates into named contributions, whose sum is the score, and says how sure
the chosen ones are. ``FusionRanker`` is the baseline that needs no training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core import confidence
from memory_node.core.candidates import (
    allowed_rows,
    Candidates,
    generate,
    Question,
    Sources,
)
from memory_node.core.config import RetrievalConfig
from memory_node.core.corroboration import corroboration
from memory_node.core.store.snapshot import Snapshot

__all__ = [
    'Choice',
    'FusionRanker',
    'Ranker',
    'Ranking',
    'choose',
    'closeness',
    'counted',
    'search',
]

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Answers closer than this are one place.
MERGE_DISTANCE_M = 1.0
MAX_EVIDENCE = 8
#: Best candidates looked at for each place wanted, before all are.
_LOOKED_AT = 16
#: Score of standing right beside ``near``, in standard deviations of one signal.
_NEAR_WEIGHT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What a ranker makes of the candidates."""

    #: (C,) rows that were scored.
    rows: IntArray
    #: (C,) contributions by signal; their sum is the score.
    signals: Mapping[str, RealArray]
    scores: RealArray
    #: Places best first, as indices of ``rows``; the first stands for the place.
    places: list[IntArray]
    #: (P,) probability that each place answers, in [0, 1].
    confidence: RealArray
    #: (L,) how well each label of the snapshot fits, None to compare vectors.
    label_scores: RealArray | None = None


class Ranker(Protocol):
    """Scores candidates and chooses places; swapped whole by a learned one."""

    def reads(self, snapshot: Snapshot) -> bool:
        """Tell whether areas, landmarks and floors that a text names are weighed already."""

    def rank(
        self, snapshot: Snapshot, question: Question, candidates: Candidates, sources: Sources
    ) -> Ranking:
        """Return the scored candidates and the best ``question.query.k`` places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One selected row and why."""

    row: int
    score: float
    confidence: float
    signals: dict[str, float]
    #: Rows merged into this place, best first, this one included.
    evidence: IntArray
    #: (L,) how well each label of the snapshot fits, None to compare vectors.
    label_scores: RealArray | None = None
    #: What kind of room the row stands for as a whole; empty: it stands for what it shows.
    room: str = ''


class FusionRanker:
    """Sum of z-scores over captions, words and the best object, and closeness to ``near``."""

    def __init__(self, config: RetrievalConfig) -> None:
        """Take the scale of closeness from ``config``."""
        self._config = config

    def reads(self, snapshot: Snapshot) -> bool:
        """Tell that the text is only compared, never read."""
        return False

    def rank(
        self, snapshot: Snapshot, question: Question, candidates: Candidates, sources: Sources
    ) -> Ranking:
        """Return every candidate scored, and the best of each place."""
        signals = self.contributions(snapshot, question, candidates, sources)
        scores = np.sum(list(signals.values()), axis=0)
        places = choose(snapshot, candidates, scores, question.query.k)
        chosen = np.array([place[0] for place in places], np.int64)
        return Ranking(
            rows=candidates.rows,
            signals=signals,
            scores=scores,
            places=places,
            confidence=self.confidence(snapshot, question, candidates, chosen, sources),
        )

    def contributions(
        self, snapshot: Snapshot, question: Question, candidates: Candidates, sources: Sources
    ) -> Mapping[str, RealArray]:
        """Return the z-scores of the generators, corroboration, and closeness when asked for."""
        signals = {
            name: _standardised(getattr(candidates, name), *candidates.population[name])
            for name in ('captions', 'objects', 'words')
        }
        labels = (snapshot.label_vectors @ question.vector).astype(np.float64)
        signals['corroboration'] = corroboration(snapshot, candidates.rows, labels)
        near = closeness(snapshot, question, candidates.rows, self._config.distance_scale_m)
        if near is not None:
            signals['near'] = _NEAR_WEIGHT * near
        for name, wished in question.preferences.items():
            extra = _NEAR_WEIGHT * wished[candidates.rows]
            signals[name] = signals[name] + extra if name in signals else extra
        return counted(signals, self._config)

    def confidence(
        self,
        snapshot: Snapshot,
        question: Question,
        candidates: Candidates,
        chosen: IntArray,
        sources: Sources,
    ) -> RealArray:
        """Return calibrated probabilities; see ``memory_node.core.confidence``."""
        return confidence.calibrated(self.evidence(snapshot, question, candidates, chosen))

    def evidence(
        self,
        snapshot: Snapshot,
        question: Question,
        candidates: Candidates,
        chosen: IntArray,
    ) -> RealArray:
        """Return (P, F) what confidence is judged from, for the chosen candidates."""
        coverage = word_coverage(snapshot, candidates, candidates.rows[chosen])
        return confidence.features(
            candidates.objects[chosen],
            candidates.captions[chosen],
            coverage,
            len(question.terms),
        )


def counted(signals: Mapping[str, RealArray], config: RetrievalConfig) -> Mapping[str, RealArray]:
    """Return the signals with those that ``left_out`` names at zero."""
    if not config.left_out:
        return signals
    return {n: np.zeros_like(v) if config.leaves_out(n) else v for n, v in signals.items()}


def _standardised(values: RealArray, mean: float, deviation: float) -> RealArray:
    return (values - mean) / deviation if deviation > 1e-9 else np.zeros_like(values)


def closeness(
    snapshot: Snapshot, question: Question, rows: IntArray, scale_m: float
) -> RealArray | None:
    """Return exp(-d / scale) of rows to ``near``, None when the question names no point."""
    if question.query.near is None:
        return None
    offsets = snapshot.positions[rows] - np.array(question.query.near)
    return np.asarray(np.exp(-np.linalg.norm(offsets, axis=1) / scale_m))


def word_coverage(snapshot: Snapshot, candidates: Candidates, rows: IntArray) -> RealArray:
    """Return the share of the question's words that each row has, rare words counting more."""
    hits, total = np.zeros(len(rows)), 0.0
    wanted = snapshot.keys[rows]
    for keys, _ in candidates.postings:
        rarity = float(np.log1p((len(snapshot) + 0.5) / (len(keys) + 0.5)))
        if len(keys):
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            hits += rarity * (keys[at] == wanted)
        total += rarity
    return hits / total if total else hits


def choose(
    snapshot: Snapshot, candidates: Candidates, scores: RealArray, k: int
) -> list[IntArray]:
    """
    Return up to ``k`` places, best first, as indices of candidates; the first stands for it.

    Candidates of one map within ``MERGE_DISTANCE_M`` of a better one are its evidence.
    """
    best = np.arange(len(scores))
    top = _LOOKED_AT * k + _LOOKED_AT
    if len(scores) > top:
        best = np.sort(np.argpartition(-scores, top)[:top])
    places = _apart(snapshot, candidates.rows, best[np.argsort(-scores[best], kind='stable')], k)
    if len(places) < k and len(best) < len(scores):
        every = np.argsort(-scores, kind='stable')
        places = _apart(snapshot, candidates.rows, every, k)
    return places


def _apart(snapshot: Snapshot, rows: IntArray, order: IntArray, k: int) -> list[IntArray]:
    positions, maps = snapshot.positions[rows[order]], snapshot.maps[rows[order]]
    left = np.ones(len(order), np.bool_)
    places: list[IntArray] = []
    while len(places) < k and left.any():
        first = int(np.argmax(left))
        offsets = positions - positions[first]
        same = left & (maps == maps[first])
        same &= np.einsum('ij,ij->i', offsets, offsets) <= MERGE_DISTANCE_M**2
        places.append(order[np.flatnonzero(same)[:MAX_EVIDENCE]])
        left &= ~same
    return places


def search(
    snapshot: Snapshot,
    question: Question,
    ranker: Ranker,
    sources: Sources,
    rows: NDArray[np.bool_] | None = None,
) -> list[Choice]:
    """
    Return the best places for a question, best first; empty if the filters leave nothing.

    ``rows`` is (N,) which observations the conditions of the question leave, None for all.
    """
    allowed = allowed_rows(snapshot, question.query, rows)
    if allowed is not None and not len(allowed):
        return []
    candidates = generate(snapshot, question, sources, allowed)
    ranking = ranker.rank(snapshot, question, candidates, sources)
    return [
        Choice(
            row=int(ranking.rows[place[0]]),
            score=float(ranking.scores[place[0]]),
            confidence=float(np.clip(ranking.confidence[i], 0.0, 1.0)),
            signals={name: float(values[place[0]]) for name, values in ranking.signals.items()},
            evidence=ranking.rows[place],
            label_scores=ranking.label_scores,
        )
        for i, place in enumerate(ranking.places)
    ]
