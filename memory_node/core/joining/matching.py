"""
Whether two maps are of one place, and how the one lies in the other.

Alignments are drawn from two pairs of things alike that are as far apart in both maps, weighed by
all things, refined by least squares, and verified: the best one must be likelier than chance over
all ways in which one map could lie in the other, and far better than any other one.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.joining.alignment import (
    Alignment,
    candidate_alignments,
    fitted,
    pairs_alike,
)
from memory_node.core.joining.evidence import Agreement, Evidence, GATE_M, SIGMA_M
from memory_node.core.joining.landmarks import Landmarks

__all__ = ['Match', 'match_maps']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Alignments that are refined, and rounds of that.
_REFINED, _ROUNDS = 40, 4
#: Two alignments are one where they put the middle of the source this near [m] and turn it alike.
_ONE_M, _ONE_RAD = 1.0, 0.2
_CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The best way in which one map lies in another, and what speaks for it."""

    #: Log-odds of an alignment that is believed, and things that must be found again.
    SURE: ClassVar[float] = 30.0
    LEAST: ClassVar[int] = 5
    #: Share of the evidence that the next best alignment may have: racks in rows fit as well one
    #: row on, and that tells how much a place as regular as this one gives by chance. Generated
    #: worlds had 0.54 and more where they differ, 0.20 and less where they are the same.
    NEXT_BEST: ClassVar[float] = 0.35

    alignment: Alignment
    #: Things of the source that were found again in the target.
    found: int
    #: Things that should be in both and are not.
    missing: int
    #: Log-odds that the alignment is right, against chance.
    odds: float
    #: Evidence for the next best alignment, as a share of that for this one.
    next_best: float

    @property
    def verified(self) -> bool:
        """Whether the maps may be joined by it."""
        sure = self.odds >= self.SURE and self.next_best <= self.NEXT_BEST
        return sure and self.found >= self.LEAST


def match_maps(source: Landmarks, target: Landmarks) -> Match | None:
    """Return the best alignment of two maps; None where no two things are alike in both."""
    pairs = pairs_alike(source, target)
    if len(pairs[0]) < 2:
        return None
    evidence = Evidence(source, target)
    weights = np.maximum(evidence.ratio(*pairs, np.zeros(len(pairs[0]))), 0.0)
    drawn = candidate_alignments(source, target, pairs, weights)
    if not len(drawn):
        return None
    quick = _quick_odds(drawn, evidence, pairs)
    middle = source.points.mean(axis=0)
    rows = drawn[_distinct(drawn, quick, middle)].tolist()
    refined = [
        _refined(evidence, Alignment(x_m=x, y_m=y, z_m=z, yaw_rad=yaw)) for x, y, z, yaw in rows
    ]
    best = max(refined, key=lambda agreed: agreed.odds)
    others = [a.odds for a in refined if not _one(a.alignment, best.alignment, middle)]
    second = max(others, default=0.0)
    return Match(
        alignment=best.alignment,
        found=len(best.ones),
        missing=best.missing,
        odds=best.odds - _ways(source, target),
        next_best=max(second, 0.0) / best.odds if best.odds > 0.0 else 1.0,
    )


def _ways(source: Landmarks, target: Landmarks) -> float:
    """Return the logarithm of the number of ways in which one map could lie in the other."""
    size_m = math.sqrt(source.area_m2)
    places = (math.sqrt(target.area_m2) + size_m) ** 2 / (2.0 * math.pi * SIGMA_M**2)
    return math.log(places) + math.log(max(2.0 * math.pi * 0.5 * size_m / SIGMA_M, 1.0))


def _quick_odds(
    drawn: RealArray, evidence: Evidence, pairs: tuple[IntArray, IntArray]
) -> RealArray:
    """Return (H,) sums over the pairs that each alignment brings together, the best of each."""
    one, other = pairs
    order = np.argsort(one, kind='stable')
    one, other = one[order], other[order]
    starts = np.flatnonzero(np.diff(one, prepend=-1))
    p, q = evidence.source.points[one], evidence.target.points[other]
    odds = np.zeros(len(drawn))
    for first in range(0, len(drawn), _CHUNK):
        x, y, z, yaw = (v[:, None] for v in drawn[first : first + _CHUNK].T)
        c, s = np.cos(yaw), np.sin(yaw)
        dx = c * p[:, 0] - s * p[:, 1] + x - q[:, 0]
        dy = s * p[:, 0] + c * p[:, 1] + y - q[:, 1]
        away = np.hypot(dx, dy)
        near = (away <= GATE_M) & (np.abs(p[:, 2] + z - q[:, 2]) <= GATE_M)
        gain = np.zeros(near.shape)
        rows, columns = np.nonzero(near)
        gain[near] = np.maximum(evidence.ratio(one[columns], other[columns], away[near]), 0.0)
        odds[first : first + _CHUNK] = np.maximum.reduceat(gain, starts, axis=1).sum(axis=1)
    return odds


def _distinct(drawn: RealArray, odds: RealArray, middle: RealArray) -> list[int]:
    """Return the best alignments that are not about the same."""
    c, s = np.cos(drawn[:, 3]), np.sin(drawn[:, 3])
    x = c * middle[0] - s * middle[1] + drawn[:, 0]
    y = s * middle[0] + c * middle[1] + drawn[:, 1]
    left = np.argsort(-odds, kind='stable')
    chosen: list[int] = []
    while len(left) and len(chosen) < _REFINED:
        best = int(left[0])
        chosen.append(best)
        turned = np.abs(np.angle(np.exp(1j * (drawn[left, 3] - drawn[best, 3]))))
        same = np.hypot(x[left] - x[best], y[left] - y[best]) < 0.5 * _ONE_M
        same &= (turned < 0.5 * _ONE_RAD) & (np.abs(drawn[left, 2] - drawn[best, 2]) < _ONE_M)
        left = left[~same]
    return chosen


def _refined(evidence: Evidence, alignment: Alignment) -> Agreement:
    """Return the agreement after fitting the alignment to what it brings together."""
    best = evidence.agreement(alignment)
    for _ in range(_ROUNDS):
        if len(best.ones) < 2:
            break
        p, q = evidence.source.points[best.ones], evidence.target.points[best.others]
        again = evidence.agreement(fitted(p, q, best.sure))
        if again.odds <= best.odds:
            break
        best = again
    return best


def _one(a: Alignment, b: Alignment, middle: RealArray) -> bool:
    away = np.linalg.norm(a.apply(middle[None])[0] - b.apply(middle[None])[0])
    turned = abs(math.remainder(a.yaw_rad - b.yaw_rad, 2.0 * math.pi))
    return bool(away < _ONE_M) and turned < _ONE_RAD
