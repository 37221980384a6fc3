"""Rigid transforms in the plane that bring things of one map to things alike of another."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.joining.landmarks import Landmarks

__all__ = ['Alignment', 'candidate_alignments', 'fitted', 'pairs_alike']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Pairs of things alike that alignments are drawn from, and alignments that are looked at.
_MOST_PAIRS, _MOST_DRAWN = 700, 20_000
#: Two things draw an alignment where they are this far apart [m], as far in both maps, and as
#: high above each other.
_LEAST_M, _ALIKE_M, _HEIGHT_M = 1.5, 0.4, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """``target = turn(yaw_rad) source + (x_m, y_m, z_m)``."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float

    def apply(self, points: RealArray) -> RealArray:
        """Return (N, 3) points of the source in the target."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        x, y, z = points.T
        moved = (c * x - s * y + self.x_m, s * x + c * y + self.y_m, z + self.z_m)
        return np.stack(moved, axis=1)


def pairs_alike(source: Landmarks, target: Landmarks) -> tuple[IntArray, IntArray]:
    """Return pairs of things that go by one name, those of rare names first, up to a number."""
    found: list[tuple[int, int, IntArray, IntArray]] = []
    for kind in np.intersect1d(source.kinds, target.kinds).tolist():
        ones, others = (np.flatnonzero(m.kinds == kind) for m in (source, target))
        found.append((len(ones) * len(others), kind, ones, others))
    pairs, total = [np.zeros((2, 0), np.int64)], 0
    for count, _, ones, others in sorted(found, key=lambda f: f[:2]):
        if total and total + count > _MOST_PAIRS:
            break
        pairs.append(np.stack(np.meshgrid(ones, others, indexing='ij')).reshape(2, -1))
        total += count
    one, other = np.concatenate(pairs, axis=1)
    return one[:_MOST_PAIRS], other[:_MOST_PAIRS]


def candidate_alignments(
    source: Landmarks, target: Landmarks, pairs: tuple[IntArray, IntArray], weights: RealArray
) -> RealArray:
    """
    Return (H, 4) alignments x, y, z [m] and yaw [rad] that two pairs each agree on.

    ``weights`` (P,) says how much a pair tells; the pairs that tell most are tried first.
    """
    one, other = pairs
    first, second = np.triu_indices(len(one), k=1)
    apart = (one[first] != one[second]) & (other[first] != other[second])
    first, second = first[apart], second[apart]
    a = source.points[one[second]] - source.points[one[first]]
    b = target.points[other[second]] - target.points[other[first]]
    length, reach = np.hypot(a[:, 0], a[:, 1]), np.hypot(b[:, 0], b[:, 1])
    fits = (np.minimum(length, reach) >= _LEAST_M) & (np.abs(length - reach) <= _ALIKE_M)
    fits &= np.abs(a[:, 2] - b[:, 2]) <= _HEIGHT_M
    kept = np.flatnonzero(fits)
    told = weights[first[kept]] + weights[second[kept]]
    kept = kept[np.argsort(-told, kind='stable')[:_MOST_DRAWN]]
    a, b = a[kept], b[kept]
    yaw = np.arctan2(b[:, 1], b[:, 0]) - np.arctan2(a[:, 1], a[:, 0])
    p, q = source.points[one], target.points[other]
    middle = 0.5 * (p[first[kept]] + p[second[kept]])
    where = 0.5 * (q[first[kept]] + q[second[kept]])
    c, s = np.cos(yaw), np.sin(yaw)
    x = where[:, 0] - c * middle[:, 0] + s * middle[:, 1]
    y = where[:, 1] - s * middle[:, 0] - c * middle[:, 1]
    return np.stack([x, y, where[:, 2] - middle[:, 2], np.arctan2(s, c)], axis=1)


def fitted(source: RealArray, target: RealArray, weights: RealArray) -> Alignment:
    """
    Return the alignment with the least weighted squares of (N, 3) points, N at least 2.

    Umeyama (1991) in the plane, without scale; the height is the weighted mean of differences.
    """
    share = (weights / weights.sum())[:, None]
    middle, where = (share * source).sum(axis=0), (share * target).sum(axis=0)
    a, b = (source - middle)[:, :2], (target - where)[:, :2]
    cross = (share[:, 0] * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])).sum()
    yaw = math.atan2(float(cross), float((share * a * b).sum()))
    c, s = math.cos(yaw), math.sin(yaw)
    x, y = (float(v) for v in where[:2] - (c * middle[0] - s * middle[1],
                                           s * middle[0] + c * middle[1]))  # fmt: skip
    return Alignment(x_m=x, y_m=y, z_m=float(where[2] - middle[2]), yaw_rad=yaw)
