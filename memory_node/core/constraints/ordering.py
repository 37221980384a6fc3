"""Which of several places that fit equally well is meant: the nearest, the newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.conditions import Order
from memory_node.core.constraints.limits import Ordering
from memory_node.core.data import Place
from memory_node.core.lexical import clean_label
from memory_node.core.store.snapshot import Snapshot

__all__ = ['MIN_ORDERED', 'ordered', 'way_to']

#: Places looked at when one of those that fit is meant.
MIN_ORDERED = 40
#: What a place needs of the best one's confidence, and of its words, to fit as well; the first
#: where both show the same thing, the second where only captions speak.
_SAME_THING, _SAME_TEXT, _SAME_WORDS = 0.5, 0.9, 0.7
#: Sightings of one label this close are of one thing [m].
_SAME_SPOT_M = 1.0


def ordered(
    places: Sequence[Place], ordering: Ordering, snapshot: Snapshot, *, any_label: bool = False
) -> tuple[Place, ...]:
    """
    Return the places that fit as well as the best one in the order asked for, then the others.

    With ``any_label`` things of other labels may fit as well: a need is served by several. The
    scores of those that fit are dealt out anew; the difference is the signal of the order.
    """
    if not places:
        return ()
    best = places[0]
    fitting = [p for p in places if _fits(p, best, any_label)]
    if ordering.origins is not None:
        fitting = _confirmed(fitting, snapshot)
    chosen = {p.node_id for p in fitting}
    others = [p for p in places if p.node_id not in chosen]
    if ordering.origins is None:
        stamps = [_stamps(p, snapshot) for p in fitting]
        newest = ordering.order is Order.NEWEST
        fitting = [replace(p, stamp_ns=max(s)) for p, s in zip(fitting, stamps, strict=True)]
        keys = [-float(max(s)) if newest else float(min(s)) for s in stamps]
        words = [''] * len(keys)
    else:
        away = [way_to(p, ordering, snapshot) for p in fitting]
        keys = [-d if ordering.order is Order.FARTHEST else d for d in away]
        words = [f' ({d:.1f} m)' for d in away]
    order = sorted(range(len(fitting)), key=lambda i: (keys[i], i))
    scores = sorted((p.score for p in fitting), reverse=True)
    dealt = [
        replace(
            fitting[i],
            score=score,
            signals={**fitting[i].signals, ordering.order.value: score - fitting[i].score},
            why=_why(fitting[i].why, ordering.phrase, words[i]),
        )
        for i, score in zip(order, scores, strict=True)
    ]
    return (*dealt, *others)


def _why(why: str, phrase: str, words: str) -> str:
    """Say the order, with the words of its measure; what was said already only gets these."""
    said, found, rest = why.rpartition(f'; {phrase}')
    return f'{said}{found}{words}{rest}' if found else f'{why}; {phrase}{words}'


def _fits(place: Place, best: Place, any_label: bool) -> bool:
    if any_label and place.label and best.label:
        return place.confidence >= _SAME_THING * best.confidence
    if place.label != best.label:
        return False
    words, needed = place.signals.get('words', 0.0), best.signals.get('words', 0.0)
    if needed > 0.0 and words < _SAME_WORDS * needed:
        return False
    share = _SAME_THING if best.label else _SAME_TEXT
    return place.confidence >= share * best.confidence


def way_to(place: Place, ordering: Ordering, snapshot: Snapshot) -> float:
    """Return how far the thing of a place is, as an order by distance measures it [m]."""
    at = place.target_position or place.pose.position
    rows = _seers(place, snapshot)
    if len(rows):
        return ordering.reach(snapshot, rows, at)
    return ordering.distance(at, _map_row(place, snapshot))


def _confirmed(places: Sequence[Place], snapshot: Snapshot) -> list[Place]:
    """Return the places whose thing was seen more than once, all where none was."""
    twice = [p for p in places if len(np.unique(_seers(p, snapshot))) > 1]
    return twice or list(places)


def _stamps(place: Place, snapshot: Snapshot) -> tuple[int, int]:
    """Return when the thing of a place was seen there first and last."""
    rows = _seers(place, snapshot)
    if not len(rows):
        return place.stamp_ns, place.stamp_ns
    stamps = snapshot.stamps[rows]
    return int(stamps.min()), int(stamps.max())


def _seers(place: Place, snapshot: Snapshot) -> NDArray[np.int64]:
    """Return the rows that saw the thing of a place where it is; none without its position."""
    if not place.label or place.target_position is None:
        return np.empty(0, np.int64)
    labels = [i for i, name in enumerate(snapshot.labels) if clean_label(name) == place.label]
    same = np.flatnonzero(np.isin(snapshot.sighting_labels, np.array(labels, np.int64)))
    away = np.linalg.norm(
        snapshot.sighting_positions[same] - np.array(place.target_position), axis=1
    )
    same = same[away <= _SAME_SPOT_M]  # a sighting without a position is at no distance
    rows = np.searchsorted(snapshot.sighting_starts, same, side='right') - 1
    return np.asarray(rows[snapshot.maps[rows] == _map_row(place, snapshot)])


def _map_row(place: Place, snapshot: Snapshot) -> int:
    return snapshot.map_ids.index(place.map_id) if place.map_id in snapshot.map_ids else -1
