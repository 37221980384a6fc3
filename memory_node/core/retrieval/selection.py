"""Which candidates become the places of an answer: the likeliest, and then others that differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.constraints.combine import Combined

__all__ = ['arranged', 'distinct', 'placed_first', 'select']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: A thing without a position is one with a position that is about as likely, seen again; so much
#: less likely it is another one [log-odds].
_LIKE_IT, _SEEN_AGAIN = 1.5, 3.0
#: If the first thing of a name is not what was wanted, the second is so much less likely.
_SAME_NAME = 1.5
#: Candidates looked at for each place that is wanted.
_LOOKED_AT = 16


def arranged(
    candidates: Candidates, odds: RealArray, judged: Combined, k: int, *, separation_m: float
) -> IntArray:
    """Return the candidates for at most ``k`` places, in the order that the request asks for."""
    if judged.sort_keys is None:
        return select(candidates, odds, k, separation_m=separation_m)
    chosen = np.empty(0, np.int64)
    for looked_at in (k, k * _LOOKED_AT):  # most often the first k differ
        order = judged.arranged(odds, looked_at)[:looked_at]
        chosen = distinct(candidates, order, separation_m)[:k]
        if len(chosen) == k:
            break
    return chosen


def placed_first(candidates: Candidates, odds: RealArray) -> RealArray:
    """
    Return (n,) log-odds, less of things that depth has not placed where one like them is.

    What a caption tells of in a room is likely the thing of that name that is known there.
    """
    objects = candidates.kind == Kind.OBJECT
    placed, loose = objects & candidates.placed, objects & ~candidates.placed
    if not placed.any() or not loose.any():
        return odds
    kin = candidates.kin
    known, of = np.unique(kin[placed], return_inverse=True)
    best = np.full(len(known), -np.inf)
    np.maximum.at(best, of, odds[placed])
    at = np.minimum(np.searchsorted(known, kin), len(known) - 1)
    alike = loose & (known[at] == kin) & (best[at] >= odds - _LIKE_IT)
    return np.where(alike, odds - _SEEN_AGAIN, odds)


def select(candidates: Candidates, odds: RealArray, k: int, *, separation_m: float) -> IntArray:
    """
    Return the candidates for at most ``k`` places, best first.

    The first is the likeliest one. Each further one is the likeliest if those before it are
    wrong: another thing of the same name then is less likely than before. Candidates without a
    measured position that stand within ``separation_m`` of a chosen one of the same name say
    nothing new.
    """
    count, rows = k * _LOOKED_AT, np.arange(len(odds))
    if len(odds) > count:  # sorting all of them would take longer
        rows = np.flatnonzero(odds >= np.partition(odds, -count)[-count])
    order = rows[np.lexsort((candidates.index[rows], candidates.kind[rows], -odds[rows]))][:count]
    left = distinct(candidates, order, separation_m)
    chosen: list[int] = []
    value, names = odds[left], candidates.name[left]
    named = names >= 0
    while len(chosen) < min(k, len(left)):
        best = int(np.argmax(value))
        chosen.append(int(left[best]))
        value[(names == names[best]) & named] -= _SAME_NAME
        value[best] = -np.inf
    return np.array(chosen, np.int64)


def distinct(candidates: Candidates, order: IntArray, separation_m: float) -> IntArray:
    """Return ``order`` without what is the same answer as one before it."""
    kinds = candidates.kind[order]
    alone = candidates.placed[order] | (kinds == Kind.ROOM) | (kinds == Kind.AREA)
    if alone.all():
        return order
    kept: list[int] = []
    for one, is_alone in zip(order.tolist(), alone.tolist(), strict=True):
        if is_alone:
            kept.append(one)
            continue
        earlier = np.array(kept, np.int64)
        alike = (candidates.map[earlier] == candidates.map[one]) & (
            (candidates.name[earlier] == candidates.name[one])
            | (candidates.kind[one] == Kind.VIEW)
        )
        away = np.linalg.norm(candidates.position[earlier] - candidates.position[one], axis=1)
        if not (alike & (away <= separation_m)).any():
            kept.append(one)
    return np.array(kept, np.int64)
