"""What a method's outcomes come to: rates with intervals, calibration, abstention, cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import math

import numpy as np

from memory_bench.datasets.absent import ABSENT
from memory_bench.judging.data_sets import QuestionOutcome
from memory_bench.metrics.intervals import (
    area_under_curve,
    bootstrap,
    calibration_error,
    Interval,
)
from memory_bench.run.evaluate import MethodRun

__all__ = ['MethodSummary', 'abstention', 'kinds_of', 'paired', 'summarise_run']

Field = Callable[[QuestionOutcome], 'float | bool | None']


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSummary:
    """One row of a table; None or NaN where there is no truth to judge by."""

    method: str
    questions: int
    judged: int
    first: Interval | None
    any_of_k: Interval | None
    visible_first: Interval | None
    visible_any: Interval | None
    facts: Interval | None
    #: Median over the judged questions [m].
    distance_m: float
    calibration_error: float
    abstention_auc: float
    #: Share of answerable questions answered, and of the others.
    answered: float
    answered_absent: float
    failed: int
    build_s: float
    build_cpu_s: float
    #: Of the search beyond the embedding [ms].
    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    bytes: int
    llm_calls: int
    llm_tokens: int


def kinds_of(outcomes: Iterable[QuestionOutcome]) -> list[str]:
    """Return the kinds of questions in order of their first."""
    return list(dict.fromkeys(o.kind for o in outcomes))


def _grouped(outcomes: Iterable[QuestionOutcome], value: Field) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for outcome in outcomes:
        found = value(outcome)
        if found is not None:
            groups.setdefault(outcome.data_set, []).append(float(found))
    return groups


def _interval(outcomes: Sequence[QuestionOutcome], value: Field, seed: int) -> Interval | None:
    groups = _grouped(outcomes, value)
    return bootstrap(groups, seed=seed) if groups else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def abstention(outcomes: Sequence[QuestionOutcome]) -> float:
    """
    Return how often an answerable question has more confidence than one without an answer.

    Questions are compared with those of the same form: ``thing (absent)`` with ``thing``; a kind
    without such twins with all answerable questions. NaN where no question lacks an answer.
    """
    total, weight = 0.0, 0
    for kind in kinds_of(o for o in outcomes if not o.answerable):
        absent = [o.confidence for o in outcomes if o.kind == kind and not o.answerable]
        twin = kind.removesuffix(ABSENT)
        there = [o.confidence for o in outcomes if o.answerable and o.kind == twin]
        there = there or [o.confidence for o in outcomes if o.answerable]
        if there:
            total += area_under_curve(there, absent) * len(absent)
            weight += len(absent)
    return total / weight if weight else math.nan


def summarise_run(run: MethodRun, kind: str | None = None, seed: int = 0) -> MethodSummary:
    """Summarise all questions, or those of one kind; costs of building are of the whole run."""
    chosen = [o for o in run.outcomes if kind is None or o.kind == kind]
    judged = [o for o in chosen if o.right is not None]
    search = np.array([o.search_s for o in chosen]) * 1e3
    cpu = np.array([o.search_cpu_s for o in chosen]) * 1e3
    away = [
        math.inf if o.distance_m is None else o.distance_m for o in chosen if o.first is not None
    ]
    return MethodSummary(
        method=run.name,
        questions=len(chosen),
        judged=len(judged),
        first=_interval(chosen, lambda o: o.first, seed),
        any_of_k=_interval(chosen, lambda o: o.any_of_k, seed),
        visible_first=_interval(chosen, lambda o: o.visible_first, seed),
        visible_any=_interval(chosen, lambda o: o.visible_any, seed),
        facts=_interval(chosen, lambda o: o.facts, seed),
        distance_m=float(np.median(away)) if away else math.nan,
        calibration_error=(
            calibration_error([o.confidence for o in judged], [bool(o.right) for o in judged])
            if judged
            else math.nan
        ),
        abstention_auc=abstention(chosen),
        answered=_mean([float(o.found) for o in chosen if o.answerable]),
        answered_absent=_mean([float(o.found) for o in chosen if not o.answerable]),
        failed=sum(bool(o.error) for o in chosen),
        build_s=sum(b.seconds for b in run.builds),
        build_cpu_s=sum(b.cpu_s for b in run.builds),
        p50_ms=float(np.quantile(search, 0.5)) if len(search) else math.nan,
        p95_ms=float(np.quantile(search, 0.95)) if len(search) else math.nan,
        cpu_p50_ms=float(np.quantile(cpu, 0.5)) if len(cpu) else math.nan,
        bytes=sum(b.bytes for b in run.builds),
        llm_calls=sum(o.llm_calls for o in chosen),
        llm_tokens=sum(o.llm_tokens for o in chosen),
    )


def paired(
    run: MethodRun, baseline: MethodRun, value: Field, kind: str | None = None, seed: int = 0
) -> Interval | None:
    """Return by how much ``run`` is better, question by question; None if they share none."""
    theirs = {
        (o.data_set, o.question): value(o)
        for o in baseline.outcomes
        if kind is None or o.kind == kind
    }
    gains: dict[str, list[float]] = {}
    for outcome in run.outcomes:
        ours, other = value(outcome), theirs.get((outcome.data_set, outcome.question))
        if ours is not None and other is not None:
            gains.setdefault(outcome.data_set, []).append(float(ours) - float(other))
    return bootstrap(gains, seed=seed) if gains else None
