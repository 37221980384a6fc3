"""What speaks for an alignment of two maps: what is where it should be, and what is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from memory_node.core.joining.alignment import Alignment
from memory_node.core.joining.landmarks import Landmarks

__all__ = ['GATE_M', 'SIGMA_M', 'Agreement', 'Evidence']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: How far a thing of both maps usually is from itself, and is at most [m].
SIGMA_M, GATE_M = 0.2, 0.6
_HEIGHT_M = 0.5
#: Chance that a thing which is there is in the object map where the robot has looked.
_DETECTED = 0.8
#: The robot has looked at a point where the map has anything this near to it [m].
_LOOKED_M = 1.0
#: Radius in which things of a kind crowd [m]: of chairs at a table, any may be hit by chance.
_CROWD_M = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How two maps agree under one alignment."""

    alignment: Alignment
    #: Log-likelihood ratio of the alignment against none.
    odds: float
    #: (M,) things of the source and of the target that are one, and how likely each pair is.
    ones: IntArray
    others: IntArray
    sure: RealArray
    #: Things that should be in both and are not.
    missing: int


class Evidence:
    """Weighs alignments of one source and one target."""

    def __init__(self, source: Landmarks, target: Landmarks) -> None:
        """Prepare what every alignment needs."""
        self.source, self.target = source, target
        self._stayed = source.stayed(target), target.stayed(source)
        self._tree = cKDTree(target.points)
        #: (N,) how many things of its kind are about each of the target, by chance [1/m^2].
        self._density = _density(target)
        self._kinds = [
            (np.flatnonzero(source.kinds == k), np.flatnonzero(target.kinds == k))
            for k in np.intersect1d(source.kinds, target.kinds).tolist()
        ]

    def ratio(self, ones: IntArray, others: IntArray, away_m: RealArray) -> RealArray:
        """Return the log-likelihood ratio that pairs so far apart are one thing, not chance."""
        stayed = np.minimum(self._stayed[0][ones], self._stayed[1][others]) * _DETECTED
        near = np.exp(-0.5 * (away_m / SIGMA_M) ** 2) / (2.0 * np.pi * SIGMA_M**2)
        return np.asarray(np.log1p(stayed * (near / self._density[others] - 1.0)))

    def agreement(self, alignment: Alignment) -> Agreement:
        """Return how the maps agree: each thing is one of the other map at most."""
        moved = alignment.apply(self.source.points)
        ones, others, ratios = self._matched(moved)
        odds = float(ratios.sum())
        lost = self._lost(moved, ones, self._stayed[0], self._tree)
        back = self._lost(self.target.points, others, self._stayed[1], cKDTree(moved))
        odds += float(np.log1p(-_DETECTED * lost).sum() + np.log1p(-_DETECTED * back).sum())
        return Agreement(
            alignment=alignment,
            odds=odds,
            ones=ones,
            others=others,
            sure=1.0 / (1.0 + np.exp(-ratios)),
            missing=int((lost > 0.5).sum() + (back > 0.5).sum()),
        )

    def _matched(self, moved: RealArray) -> tuple[IntArray, IntArray, RealArray]:
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        for ones, others in self._kinds:
            away = moved[ones][:, None, :] - self.target.points[others][None, :, :]
            flat = np.hypot(away[..., 0], away[..., 1])
            near = (flat <= GATE_M) & (np.abs(away[..., 2]) <= _HEIGHT_M)
            if not near.any():
                continue
            rows, columns = np.nonzero(near)
            gain = np.zeros(near.shape)
            gain[near] = np.maximum(self.ratio(ones[rows], others[columns], flat[near]), 0.0)
            rows, columns = linear_sum_assignment(-gain)
            good = gain[rows, columns] > 0.0
            rows, columns = rows[good], columns[good]
            found.append((ones[rows], others[columns], gain[rows, columns]))
        one, other, gains = zip(*found, strict=True)
        return np.concatenate(one), np.concatenate(other), np.concatenate(gains)

    def _lost(
        self, points: RealArray, matched: IntArray, stayed: RealArray, tree: cKDTree
    ) -> RealArray:
        """Return the (N,) probability that each should be in the other map; 0 where it is."""
        away, _ = tree.query(points, distance_upper_bound=_LOOKED_M)
        should = np.where(np.isfinite(away), stayed, 0.0)
        should[matched] = 0.0
        return should


def _density(landmarks: Landmarks) -> RealArray:
    crowd = np.zeros(len(landmarks))
    for kind in np.unique(landmarks.kinds).tolist():
        own = np.flatnonzero(landmarks.kinds == kind)
        tree = cKDTree(landmarks.points[own])
        around = tree.query_ball_point(landmarks.points[own], _CROWD_M, return_length=True)
        crowd[own] = np.maximum((around - 1) / (np.pi * _CROWD_M**2), len(own) / landmarks.area_m2)
    return crowd
