"""A picture of who finds what, and how long it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from memory_bench.errors import EvaluationError
from memory_bench.metrics.data_sets import kinds_of, MethodSummary
from memory_bench.metrics.intervals import Interval
from memory_bench.report.data_sets import Report

__all__ = ['plot']

_FIRST, _ANY, _TIME = '#0b559f', '#e8873a', '#5a5a5a'
#: Kinds that get a panel of their own.
_PANELS = 4
_LEAST_MS = 0.02


def plot(report: Report, path: Path, title: str = '') -> None:
    """
    Draw success with its intervals for each kind of question, and the time a search takes.

    The suffix of ``path`` chooses the format (.png, .svg). Raises ``EvaluationError`` if
    matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise EvaluationError(f'a plot needs matplotlib: {error}') from error
    mpl.use('Agg')
    from matplotlib import pyplot

    runs = [run for run in report.runs if run.outcomes]
    kinds = [
        kind
        for kind in kinds_of(o for run in runs for o in run.outcomes)
        if any(o.first is not None for run in runs for o in run.outcomes if o.kind == kind)
    ][:_PANELS]
    count = len(kinds) + 1
    figure, panels = pyplot.subplots(
        1,
        count,
        figsize=(2.0 + 3.3 * count, 1.5 + 0.32 * max(len(runs), 3)),
        sharey=True,
        layout='constrained',
        squeeze=False,
    )
    places = np.arange(len(runs))[::-1]
    for panel, kind in zip(panels[0], kinds, strict=False):
        rows = [report.summary(run, kind) for run in runs]
        _success(panel, places, rows, report.k)
        panel.set_title(kind, fontsize=10)
    _time(panels[0][-1], places, [report.summary(run) for run in runs])
    panels[0][0].set_yticks(places, [run.name for run in runs])
    if kinds:
        panels[0][0].legend(
            loc='lower left', bbox_to_anchor=(0.0, 1.08), ncols=2, fontsize=8, frameon=False
        )
    if title:
        figure.suptitle(title, fontsize=11, x=0.01, ha='left')
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _success(panel: Any, places: Any, rows: list[MethodSummary], k: int) -> None:
    for name, colour, shift, marker in (
        ('first', _FIRST, 0.12, 'o'),
        ('any_of_k', _ANY, -0.12, 'D'),
    ):
        values: list[Interval | None] = [getattr(row, name) for row in rows]
        held = [(at, v) for at, v in zip(places, values, strict=True) if v is not None]
        if not held:
            continue
        mean = np.array([v.mean for _, v in held])
        reach = np.array([[v.mean - v.low, v.high - v.mean] for _, v in held]).T
        label = 'first answer' if name == 'first' else f'any of {k}'
        panel.errorbar(
            mean,
            np.array([at for at, _ in held]) + shift,
            xerr=np.maximum(reach, 0.0),
            fmt=marker,
            color=colour,
            ms=5,
            lw=1.4,
            capsize=2,
            label=label,
        )
    panel.set_xlim(-0.02, 1.02)
    panel.set_xlabel('success')
    panel.grid(axis='x', alpha=0.3)


def _time(panel: Any, places: Any, rows: list[MethodSummary]) -> None:
    p50, p95 = np.array([[row.p50_ms, row.p95_ms] for row in rows]).T
    searches = p95 >= _LEAST_MS  # bounds look at nothing
    places, p50, p95 = places[searches], p50[searches], np.maximum(p95[searches], _LEAST_MS)
    p50 = np.maximum(p50, _LEAST_MS)
    panel.hlines(places, p50, p95, color=_TIME, lw=1.4)
    panel.plot(p50, places, 'o', color=_TIME, ms=5)
    panel.plot(p95, places, '|', color=_TIME, ms=9)
    panel.set_xscale('log')
    panel.set_xlabel('ms a query, p50 to p95')
    panel.set_title('search beyond the embedding', fontsize=10)
    panel.grid(axis='x', alpha=0.3)
