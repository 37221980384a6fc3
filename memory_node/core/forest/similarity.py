"""How alike two places are: near, alike in meaning, and a short drive apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ['Calibration', 'Scales', 'bipartition', 'blend', 'pairwise_distance']

_SAMPLES = 2048
_REFRESH_FIRST = 16


@dataclass(frozen=True)
class Scales:
    """Size of an area by level, derived from the distance scale theta of the paper."""

    theta_m: float
    #: Largest diagonal of an area of level 1..4 over theta: place, room, zone, region.
    bounds: tuple[float, ...] = (0.4, 0.8, 2.5, 8.0)
    growth: float = 3.0

    def extent_m(self, level: int) -> float:
        """Largest diagonal of an area of ``level`` [m]; unbounded above the named levels."""
        if level > len(self.bounds):
            return float('inf')
        return self.theta_m * self.bounds[level - 1]

    def closeness_m(self, level: int) -> float:
        """Distance at which closeness falls to 1/e when areas of ``level`` are drawn [m]."""
        return 0.5 * self.distance_m(level)

    def distance_m(self, level: int) -> float:
        """Distance at which closeness falls to 1/e among areas of ``level`` [m]."""
        over = max(0, level - len(self.bounds))
        return self.theta_m * self.bounds[min(level, len(self.bounds)) - 1] * self.growth**over


class Calibration:
    """
    Maps cosines of one embedder to [0, 1] by the quantiles seen in the memory itself.

    Encoders differ in range: unrelated captions score 0.7 with one and 0.1 with another. The
    range is learnt from the first pairs of leaves and then kept, so that it is cheap and stable.
    """

    def __init__(self) -> None:
        """Start with the identity on [0, 1]."""
        self.samples: NDArray[np.float32] = np.zeros(_SAMPLES, np.float32)
        self.n = 0
        self.low = 0.0
        self.high = 1.0

    @property
    def full(self) -> bool:
        """Whether enough pairs were seen."""
        return self.n >= _SAMPLES

    def observe(self, cosine: float) -> None:
        """Take in the cosine of one pair of leaves."""
        if self.full:
            return
        self.samples[self.n] = cosine
        self.n += 1
        if self.n >= _REFRESH_FIRST and self.n & (self.n - 1) == 0:
            self.refresh()

    def refresh(self) -> None:
        """Set the range from the pairs seen so far."""
        if self.n >= _REFRESH_FIRST:
            low, high = np.quantile(self.samples[: self.n], (0.05, 0.95)).tolist()
            self.low, self.high = low, max(high, low + 1e-3)

    def slope(self, weight: float) -> float:
        """Weight of a cosine beside closeness: ``blend`` up to scale, offset and clipping."""
        return weight / max(1e-6, 1.0 - weight) / (self.high - self.low)

    def meaning(self, cosine: NDArray[np.floating]) -> NDArray[np.floating]:
        """Similarity of meaning in [0, 1] for cosines of any shape."""
        scaled = (cosine - self.low) * (1.0 / (self.high - self.low))
        np.minimum(np.maximum(scaled, 0.0, out=scaled), 1.0, out=scaled)
        return scaled


def blend(
    distance_m: NDArray[np.float64],
    meaning: NDArray[np.floating],
    scale_m: float,
    weight: float,
) -> NDArray[np.float64]:
    """Similarity (1 - a) exp(-d / theta) + a m of Embodied-RAG, elementwise."""
    closeness = np.exp(distance_m * (-1.0 / scale_m))
    closeness *= 1.0 - weight
    closeness += weight * meaning
    return closeness


def pairwise_distance(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances [m] between (N, 3) positions, shape (N, N)."""
    difference = positions[:, None, :] - positions[None, :, :]
    return np.asarray(np.sqrt(np.einsum('ijk,ijk->ij', difference, difference)))


def bipartition(similarity: NDArray[np.float64], least: int) -> NDArray[np.bool_]:
    """
    Part N >= 2 units into two groups of at least ``least``, alike inside.

    Seeds are the least similar pair (as complete linkage would separate last); the others follow
    the group they are more like on average, for a few rounds.

    Returns
    -------
    (N,) bool array
        True for the second group; both groups are non-empty.

    """
    n = len(similarity)
    least = max(1, min(least, n // 2))
    first, second = divmod(int(np.argmin(similarity)), n)
    if first == second:  # all alike: any halves do
        return np.arange(n) >= n // 2
    lean = similarity[:, second] - similarity[:, first]
    group = lean > 0.0
    group[first], group[second] = False, True
    for _ in range(4):
        size = int(group.sum())
        if not 0 < size < n:
            break
        to_second = similarity @ group
        total = similarity.sum(axis=1)
        lean = to_second / size - (total - to_second) / (n - size)
        new = lean > 0.0
        if (new == group).all():
            break
        group = new
    order = np.argsort(lean, kind='stable')
    size = min(max(int(group.sum()), least), n - least)
    result = np.zeros(n, np.bool_)
    result[order[n - size :]] = True
    return result
