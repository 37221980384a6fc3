"""How well fitted scores choose places: success of the first answer and of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_bench.metrics.intervals import bootstrap, Interval
from memory_node.core.retrieval.instruction.selection import choose_places, probabilities

__all__ = ['Outcome', 'judge', 'summarise']


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one query went."""

    building: str
    first: bool
    any_of_k: bool
    #: Probability that the model gave to its first answer.
    confidence: float
    #: Distance of the first answer from the goal [m].
    distance_m: float


def judge(
    building: str,
    scores: NDArray[np.float64],
    squared_m2: NDArray[np.float64],
    distances: NDArray[np.float64],
    *,
    k: int = 5,
    radius_m: float = 3.0,
) -> list[Outcome]:
    """
    Choose places by (Q, C) scores and compare them with the goals.

    ``squared_m2`` is (C, C) between candidates, ``distances`` (Q, C) from goal to candidate.
    """
    outcomes = []
    for row, apart in zip(scores, distances, strict=True):
        places, covered = choose_places(probabilities(row), squared_m2, k)
        reached = [bool(apart[p[0]] <= radius_m) for p in places]
        outcomes.append(
            Outcome(
                building=building,
                first=reached[0],
                any_of_k=any(reached),
                confidence=float(covered[0]),
                distance_m=float(apart[places[0][0]]),
            )
        )
    return outcomes


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Interval]:
    """Return success of the first answer and of any, with intervals."""
    first: dict[str, list[float]] = {}
    any_of_k: dict[str, list[float]] = {}
    for outcome in outcomes:
        first.setdefault(outcome.building, []).append(float(outcome.first))
        any_of_k.setdefault(outcome.building, []).append(float(outcome.any_of_k))
    return {'first': bootstrap(first), 'any': bootstrap(any_of_k)}
