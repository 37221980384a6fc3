"""What the demo found out, as rows, as a table for people and as ``summary.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
import json
import math
from pathlib import Path
import platform
from typing import Any

from rich.table import Table
from rich.text import Text

from memory_sim.formats.whole_files import plain_json, write_whole

__all__ = ['FORMAT_VERSION', 'QuestionRow', 'WorldReport', 'summarise', 'table', 'write_json']

FORMAT_VERSION = 1
_PACKAGES = ('numpy', 'open3d-cpu', 'torch', 'sentence-transformers', 'hnswlib', 'ros-rclpy')


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow:
    """One question, what the memory answered, and how the drive ended."""

    seed: int
    number: int
    text: str
    kind: str
    #: Labels that would have been right.
    labels: tuple[str, ...]
    found: bool
    answer: str
    confidence: float
    #: x, y [m], yaw [rad]: where the memory sent the robot, and where it ended.
    goal: tuple[float, float, float] | None
    final: tuple[float, float, float] | None
    #: Position of the true thing nearest to the end of the drive [m].
    target: tuple[float, float, float]
    navigation: str
    success: bool
    in_view: bool
    distance_m: float
    walk_m: float
    route_length_m: float
    latency_ms: float
    #: Share of random places of the memory that would have succeeded.
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldReport:
    """One world: what was explored and remembered, and every question."""

    seed: int
    world: str
    rooms: int
    instances: int
    exploration: Mapping[str, Any]
    memory: Mapping[str, Any]
    #: Wall time of each stage, and processor time of each process [s].
    seconds: Mapping[str, float]
    cpu_seconds: Mapping[str, float]
    rows: tuple[QuestionRow, ...]


def table(rows: Sequence[QuestionRow], title: str) -> Table:
    """Lay the rows out for a terminal."""
    grid = Table(title=title, title_justify='left', header_style='bold', row_styles=('', 'dim'))
    grid.add_column('#', justify='right')
    grid.add_column('question', min_width=28)
    grid.add_column('answer')
    grid.add_column('to target', justify='right')
    grid.add_column('success', justify='center')
    grid.add_column('in view', justify='center')
    grid.add_column('latency', justify='right')
    for row in rows:
        grid.add_row(
            str(row.number),
            row.text,
            row.answer if row.found else 'not found',
            f'{row.distance_m:.2f} m',
            _tick(row.success),
            _tick(row.in_view),
            f'{row.latency_ms:.0f} ms',
        )
    return grid


def _tick(value: bool) -> Text:
    return Text('yes', style='green') if value else Text('no', style='red')


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def summarise(
    reports: Sequence[WorldReport], criteria: Mapping[str, float], total_s: float
) -> dict[str, Any]:
    """Put all worlds into one JSON-ready object; see docs/benchmarks.md for its meaning."""
    rows = [row for report in reports for row in report.rows]
    worlds = [{k: v for k, v in asdict(r).items() if k != 'rows'} for r in reports]
    return {
        'format': FORMAT_VERSION,
        'success_rate': _mean([row.success for row in rows]),
        'in_view_rate': _mean([row.in_view for row in rows]),
        'chance_rate': _mean([row.chance for row in rows]),
        'questions': len(rows),
        'seeds': [report.seed for report in reports],
        'success_by_kind': {
            kind: _mean([row.success for row in rows if row.kind == kind])
            for kind in sorted({row.kind for row in rows})
        },
        'latency_ms_median': _median([row.latency_ms for row in rows]),
        'criteria': dict(criteria),
        'worlds': worlds,
        'rows': [asdict(row) for row in rows],
        'seconds_total': total_s,
        'versions': _versions(),
    }


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else math.nan


def _versions() -> dict[str, str]:
    versions = {'python': platform.python_version(), 'platform': platform.platform()}
    for name in ('memory_node', *_PACKAGES):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def write_json(summary: Mapping[str, Any], path: Path) -> None:
    """Write a summary so that a reader never sees half of it."""
    write_whole(path, json.dumps(plain_json(summary), indent=2, allow_nan=False) + '\n')
