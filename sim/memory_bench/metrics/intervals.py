"""Rates with intervals that know queries of one building are alike; calibration; ROC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    'Interval',
    'area_under_curve',
    'bootstrap',
    'calibration_error',
    'wilson',
]


_DRAWN_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write as 0.612 [0.580, 0.643]."""
        return f'{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]'


def bootstrap(
    values: Mapping[str, Sequence[float]], *, rounds: int = 2000, seed: int = 0
) -> Interval:
    """
    Return the mean over all queries and its 95 % interval.

    Buildings are drawn with replacement, then queries within each: answers of one building are
    not independent.
    """
    draw = np.random.default_rng(seed)
    groups = [np.asarray(v, np.float64) for _, v in sorted(values.items()) if len(v)]
    every = np.concatenate(groups)
    picked = draw.integers(len(groups), size=(rounds, len(groups)))
    sums, sizes = np.zeros(rounds), np.zeros(rounds)
    for number, group in enumerate(groups):
        times = (picked == number).sum(axis=1)
        sizes += times * len(group)
        owners = np.repeat(np.arange(rounds), times)
        step = max(1, _DRAWN_AT_ONCE // len(group))
        for start in range(0, len(owners), step):
            own = owners[start : start + step]
            drawn = group[draw.integers(len(group), size=(len(own), len(group)))].sum(axis=1)
            sums += np.bincount(own, drawn, rounds)
    means = sums / sizes
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(mean=float(every.mean()), low=float(low), high=float(high))


def wilson(right: int, count: int) -> Interval:
    """
    Return a rate of independent trials and its 95 % interval, as wide as it should be at 0 and 1.

    The score interval of Wilson (1927); from 0 to 1 where there was no trial.
    """
    if count == 0:
        return Interval(mean=float('nan'), low=0.0, high=1.0)
    z, rate = 1.959964, right / count
    spread = z * np.sqrt(rate * (1.0 - rate) / count + z * z / (4.0 * count * count))
    middle, scale = rate + z * z / (2.0 * count), 1.0 + z * z / count
    return Interval(
        mean=rate, low=float((middle - spread) / scale), high=float((middle + spread) / scale)
    )


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width."""
    sure, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    which = np.minimum((sure * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(float(sure[which == b].mean() - hit[which == b].mean())) * int((which == b).sum())
        for b in range(bins)
        if (which == b).any()
    ]
    return sum(gaps) / max(len(sure), 1)


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float:
    """
    Return how often a positive has more than a negative, ties counting half.

    That is the area under the ROC curve (Mann and Whitney, 1947); NaN without one of each.
    """
    high, low = np.asarray(positive, np.float64), np.sort(np.asarray(negative, np.float64))
    if not len(high) or not len(low):
        return float('nan')
    below = np.searchsorted(low, high, side='left') + np.searchsorted(low, high, side='right')
    return float(below.mean() / (2.0 * len(low)))
