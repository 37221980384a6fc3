"""Figures of the report as SVG text, without fonts or links to anything outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import io
import re

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from memory_bench.metrics.intervals import Interval
from memory_bench.metrics.worlds import ALL, BOUNDS, RunSummary

__all__ = ['cost_against_success', 'success_by_kind', 'success_by_world']

_COLORS = ('#9aa0a6', '#6baed6', '#74c476', '#fd8d3c', '#9e9ac8', '#e7ba52', '#8c6d31', '#de9ed6')
_OURS = '#c0392b'
_BOUND = {'random': '#d5d8dc', 'oracle': '#5d6d7e'}


def _svg(figure: Figure) -> str:
    """Return the drawing alone, the same bytes for the same figure."""
    buffer = io.StringIO()
    with mpl.rc_context({'svg.hashsalt': 'memory-bench', 'svg.fonttype': 'path'}):
        nothing = {'Date': None, 'Creator': None}
        figure.savefig(buffer, format='svg', metadata=nothing, transparent=True)
    drawing = buffer.getvalue()
    drawing = re.sub(
        r'<metadata>.*?</metadata>', '', drawing[drawing.index('<svg') :], flags=re.DOTALL
    )
    # Black follows the text of the page, which is light on a dark one.
    return drawing.replace('#000000', 'currentColor')


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout='constrained')
    axes = figure.add_subplot()
    axes.spines[['top', 'right']].set_visible(False)
    axes.grid(axis='y', color='#88888855', linewidth=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def _color(methods: Sequence[str], method: str) -> str:
    if method.startswith('ours'):
        return _OURS
    if method in BOUNDS:
        return _BOUND.get(method, '#aab7b8')
    rivals = [m for m in methods if not m.startswith('ours') and m not in BOUNDS]
    return _COLORS[rivals.index(method) % len(_COLORS)]


def _bars(
    summary: RunSummary,
    groups: Sequence[str],
    lookup: Mapping[tuple[str, str], Interval],
    title: str,
) -> str:
    figure, axes = _figure(max(7.0, 1.5 * len(groups)), 3.4)
    width = 0.84 / max(len(summary.methods), 1)
    named: set[str] = set()
    for number, method in enumerate(summary.methods):
        for index, group in enumerate(groups):
            interval = lookup.get((method, group))
            if interval is None:
                continue
            x = index - 0.42 + (number + 0.5) * width
            error = [[interval.mean - interval.low], [interval.high - interval.mean]]
            axes.bar(
                x,
                interval.mean,
                0.92 * width,
                yerr=error,
                color=_color(summary.methods, method),
                error_kw={'linewidth': 0.8},
                label=method if method not in named else None,
            )
            named.add(method)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_ylim(0.0, 1.02)
    axes.set_ylabel('success')
    axes.set_title(title, loc='left', fontsize=10)
    if named:
        axes.legend(loc='upper left', bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    return _svg(figure)


def success_by_kind(summary: RunSummary) -> str:
    """Draw success by kind of question, with intervals."""
    groups = (*summary.kinds, ALL)
    return _bars(summary, groups, summary.success, 'Success by kind of question, 95 % intervals')


def success_by_world(summary: RunSummary) -> str:
    """Draw success by kind of world, with intervals."""
    title = 'Success by kind of world, 95 % intervals'
    return _bars(summary, summary.world_kinds, summary.by_world, title)


def cost_against_success(summary: RunSummary) -> str:
    """Draw success over the time of a search, and over the size of the memory."""
    figure = Figure(figsize=(9.0, 3.4), layout='constrained')
    axes = figure.subplots(1, 2)
    costs: Sequence[tuple[str, Callable[[str], float]]] = (
        ('CPU time of a search [ms]', lambda m: summary.costs[m].search_cpu_ms),
        ('size per observation [kB]', lambda m: summary.costs[m].bytes_each / 1e3),
    )
    for panel, (name, cost) in zip(axes, costs, strict=True):
        memories = [m for m in summary.methods if m not in BOUNDS and cost(m) > 0]
        for number, method in enumerate(sorted(memories, key=cost)):
            interval, x = summary.success[method, ALL], cost(method)
            error = [[interval.mean - interval.low], [interval.high - interval.mean]]
            color = _color(summary.methods, method)
            panel.errorbar(x, interval.mean, yerr=error, fmt='o', color=color, linewidth=0.9)
            # Names of neighbours are put above and below, so that they do not cover each other.
            panel.annotate(method, (x, interval.mean), xytext=(6, (4, -11, 14)[number % 3]),
                           textcoords='offset points', fontsize=8)  # fmt: skip
        panel.set_xscale('log')
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.margins(x=0.2)
        panel.set_xlabel(name)
        panel.set_ylabel('success, all kinds')
        panel.set_ylim(0.0, 1.0)
        panel.grid(color='#88888855', linewidth=0.7)
        panel.spines[['top', 'right']].set_visible(False)
    return _svg(figure)
