"""
Search among things instead of views, where depth has told where they are.

A request wants things of some labels (``wanted``); the sightings of each label are as many things
as stand apart. What a thing scores is in nats: how likely its label is meant, how likely it is
really there, what the captions around it say in the words of the request, and how well it meets
the conditions. One thing is one answer, seen from the pose that shows it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.candidates import Question
from memory_node.core.constraints.limits import Limits
from memory_node.core.goal import best_view
from memory_node.core.misreading import Standing, standings
from memory_node.core.retrieval import Choice, MAX_EVIDENCE
from memory_node.core.store.postings import Postings
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.things import Thing, things_of
from memory_node.core.wanted import Wanted

__all__ = ['search_things']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Rows whose captions tell how near captions usually are.
_SAMPLED_ROWS = 1024
#: Labels less likely than this, or than this share of the likeliest, are not looked at.
_LEAST, _LEAST_SHARE, _MOST_LABELS = 0.02, 0.04, 12
#: Things of one label that are looked at, most often seen first.
_THINGS = 64
#: Chance that one sighting is of something real: without and with the detector's confidence.
_REAL, _REAL_SURE = 0.3, 0.5
#: Nats: all of a thing's frames say a word of the request; its captions are a standard deviation
#: nearer than others; it meets a condition in full.
_WORD, _CAPTION, _CONDITION = 1.0, 0.25, 2.0
#: The same for a condition that the thing's own place is measured by.
_MEASURED = 4.0
#: Nats lost for each factor of e by which another thing of the label was seen oftener.
_OFTENER = 0.4
#: Chance that a thing meets a condition on its place that none of its sightings surely meets.
_OUTSIDE = 0.55
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    thing: Thing
    label: int
    rows: IntArray


def search_things(
    snapshot: Snapshot,
    question: Question,
    wants: Wanted,
    postings: Sequence[Postings],
    allowed: IntArray | None,
    limits: Limits | None = None,
    *,
    distance_scale_m: float = 10.0,
) -> list[Choice]:
    """
    Return the best things for a question as choices, best first; at most ``question.query.k``.

    Parameters
    ----------
    snapshot
        What the conditions of the request leave.
    question
        The request; its ``preferences`` say how well each row meets a condition.
    wants
        Which labels are wanted.
    postings
        Posting lists of the words of the request that name nothing that was seen.
    allowed
        Rows that count, ascending; None for all.
    limits
        The conditions of the request; None for none.
    distance_scale_m
        Distance at which closeness to ``question.query.near`` falls to 1/e [m].

    """
    found = _things(snapshot, wants.probability, allowed)
    if not found:
        return []
    labels = np.array([f.label for f in found])
    points = np.array([f.thing.position for f in found])
    maps = np.array([snapshot.map_ids.index(f.thing.map_id) for f in found])
    likely = wants.probability[labels]
    real = _real(found, standings(snapshot, labels, points, maps))
    signals = {
        'objects': np.log(likely + _TINY),
        'corroboration': np.log(real + _TINY) + _rivals(found),
        'words': _words(snapshot, found, postings),
        'captions': _captions(snapshot, found, question, allowed),
    }
    if question.query.near is not None:
        away = np.linalg.norm(points - np.array(question.query.near), axis=1)
        signals['near'] = _CONDITION * np.exp(-away / distance_scale_m)
    measured = {} if limits is None else limits.closeness(points, maps)
    for name, wished in question.preferences.items():
        extra = _CONDITION * np.array([float(wished[f.rows].max()) for f in found])
        if name in measured:
            extra = _MEASURED * measured[name]
        signals[name] = signals[name] + extra if name in signals else extra
    sure = None if limits is None else limits.sure
    confidence = likely * real
    if sure is not None:
        within = _within(snapshot, found, sure)
        signals['within'] = np.log(within)
        confidence = confidence * within
    scores = np.sum(list(signals.values()), axis=0)
    order = sorted(range(len(found)), key=lambda i: (-scores[i], found[i].thing.position))
    return [
        _choice(
            snapshot,
            found[i],
            float(scores[i]),
            float(confidence[i]),
            {name: float(values[i]) for name, values in signals.items()},
            wants.probability,
        )
        for i in order[: question.query.k]
    ]


def _things(snapshot: Snapshot, probability: RealArray, allowed: IntArray | None) -> list[_Found]:
    if not len(probability):
        return []
    least = max(_LEAST, _LEAST_SHARE * float(probability.max()))
    order = np.argsort(-probability, kind='stable')[:_MOST_LABELS]
    found = []
    for label in order[probability[order] >= least].tolist():
        things = [t for t in things_of(snapshot, [label], allowed) if t.measured]
        found += [
            _Found(thing=t, label=label, rows=np.array(t.rows, np.int64)) for t in things[:_THINGS]
        ]
    return found


def _real(found: Sequence[_Found], standing: Standing) -> RealArray:
    """Return (P,) the probability that each thing is there and is what it was taken for."""
    seen = []
    for one in found:
        sure = _REAL + _REAL_SURE * one.thing.confidence
        seen.append(1.0 - (1.0 - sure) * (1.0 - _REAL) ** (len(one.rows) - 1))
    return np.array(seen) * np.minimum(2.0 * standing.share, 1.0)


def _rivals(found: Sequence[_Found]) -> RealArray:
    """Return (P,) what each thing loses because one of its label was seen oftener elsewhere."""
    most: dict[int, int] = {}
    for one in found:
        most[one.label] = max(most.get(one.label, 1), len(one.rows))
    return _OFTENER * np.array([np.log(len(one.rows) / most[one.label]) for one in found])


def _within(snapshot: Snapshot, found: Sequence[_Found], sure: NDArray[np.bool_]) -> RealArray:
    """Return (P,) the probability that each thing meets the conditions, by its sightings."""
    shares = []
    for one in found:
        seen = np.flatnonzero(snapshot.sighting_labels == one.label)
        rows = np.searchsorted(snapshot.sighting_starts, seen, side='right') - 1
        own = seen[np.isin(rows, one.rows)]
        shares.append(float(sure[own].mean()) if len(own) else 0.0)
    return _OUTSIDE + (1.0 - _OUTSIDE) * np.array(shares)


def _words(snapshot: Snapshot, found: Sequence[_Found], postings: Sequence[Postings]) -> RealArray:
    """Return (P,) the shares of each thing's frames that say the other words of the request."""
    said = np.zeros(len(found))
    for keys, _ in postings:
        rows = np.zeros(len(snapshot), np.bool_)
        rows[snapshot.rows_of(keys)] = True
        said += [float(rows[f.rows].mean()) for f in found]
    return _WORD * said


def _captions(
    snapshot: Snapshot, found: Sequence[_Found], question: Question, allowed: IntArray | None
) -> RealArray:
    """Return (P,) how much nearer the best caption of each thing is than captions usually are."""
    step = max(1, len(snapshot) // _SAMPLED_ROWS)
    rows = np.arange(0, len(snapshot), step) if allowed is None else allowed[::step]
    usual = snapshot.vectors[rows] @ question.vector
    spread = max(float(usual.std()), 1e-6)
    best = [float((snapshot.vectors[f.rows] @ question.vector).max()) for f in found]
    return np.asarray(_CAPTION * (np.array(best) - float(usual.mean())) / spread)


def _choice(
    snapshot: Snapshot,
    found: _Found,
    score: float,
    confidence: float,
    signals: dict[str, float],
    probability: RealArray,
) -> Choice:
    row = best_view(snapshot, found.rows, np.array(found.thing.position))
    others = [r for r in found.rows.tolist() if r != row]
    scores = np.zeros(len(probability))
    scores[found.label] = 1.0
    return Choice(
        row=row,
        score=score,
        confidence=confidence,
        signals=signals,
        evidence=np.array([row, *others][:MAX_EVIDENCE], np.int64),
        label_scores=scores,
    )
