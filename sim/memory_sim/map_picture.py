"""The demo's picture: the apartment from above, what the robot did in it, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.simulator import GroundTruth, Instance, Pose2D, Region, Simulator

__all__ = ['MapScene', 'QuestionMark', 'draw_map']

_INK, _PAPER, _WALL = '#22303c', '#fbfaf7', '#3b4a57'
_GOOD, _BAD, _PATH, _MEMORY = '#1b8a5a', '#d1495b', '#2f6690', '#e08e2b'
_FLOORS = {
    'kitchen': '#fdebd0',
    'dining': '#fbe5d6',
    'living': '#e4efe0',
    'bedroom': '#e3e8f6',
    'bathroom': '#d9f0f2',
    'toilet': '#d9f0f2',
    'hall': '#efece6',
    'corridor': '#efece6',
    'office': '#f3e6f1',
    'study': '#f3e6f1',
    'laundry': '#e6eef0',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMark:
    """One question on the map."""

    number: int
    text: str
    answer: str
    success: bool
    #: Where the memory sent the robot, where it ended, and the true thing nearest to that.
    goal: Pose2D | None
    final: Pose2D | None
    target: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapScene:
    """Everything the picture shows."""

    title: str
    subtitle: str
    truth: GroundTruth
    trajectory: Sequence[Pose2D]
    observations: Sequence[Pose2D]
    questions: Sequence[QuestionMark]


def draw_map(scene: MapScene, sim: Simulator, path: Path) -> None:
    """Write the picture as PNG; doors are found where ``sim`` lets the robot through a wall."""
    import matplotlib as mpl

    mpl.use('Agg')
    from matplotlib import pyplot as plt

    low, high = _bounds(scene.truth)
    width, height = high - low
    figure_height = min(12.0, max(6.0, 9.0 * height / width + 1.2))
    with plt.rc_context({'font.family': 'DejaVu Sans', 'text.color': _INK}):
        figure, (axes, panel) = plt.subplots(
            1, 2, figsize=(15.0, figure_height), width_ratios=(2.05, 1.0), facecolor=_PAPER
        )
        _draw_rooms(axes, scene.truth, sim)
        _draw_furniture(axes, scene.truth.instances)
        _draw_trajectory(axes, scene.trajectory)
        _draw_observations(axes, scene.observations)
        for mark in scene.questions:
            _draw_question(axes, mark)
        _finish_axes(axes, low, high)
        _draw_panel(panel, scene)
        figure.subplots_adjust(left=0.015, right=0.985, top=0.985, bottom=0.02, wspace=0.02)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, facecolor=_PAPER)
        plt.close(figure)


def _bounds(truth: GroundTruth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = [corner for region in truth.regions for corner in region.polygon]
    corners += [i.center[:2] for i in truth.instances]
    points = np.array(corners or [(0.0, 0.0), (1.0, 1.0)], dtype=float)
    return points.min(axis=0) - 0.5, points.max(axis=0) + 0.5


def _floor_color(region: Region) -> str:
    name = f'{region.kind} {region.name}'.lower()
    return next((color for key, color in _FLOORS.items() if key in name), '#f0f0ea')


def _draw_rooms(axes: Any, truth: GroundTruth, sim: Simulator) -> None:
    for region in truth.regions:
        if len(region.polygon) < 3:
            continue
        xs, ys = zip(*region.polygon, strict=True)
        axes.fill(xs, ys, color=_floor_color(region), zorder=0)
    for region in truth.regions:
        corners = list(region.polygon)
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            for start, end in _wall_pieces(np.array(a), np.array(b), sim):
                axes.plot(
                    *zip(start, end, strict=True),
                    color=_WALL,
                    lw=4.0,
                    solid_capstyle='projecting',
                    zorder=3,
                )


def _wall_pieces(
    a: NDArray[np.float64], b: NDArray[np.float64], sim: Simulator
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Split an edge into the pieces the robot can't cross; the rest is doors."""
    length = float(np.linalg.norm(b - a))
    if length < 0.05:
        return []
    count = max(2, int(length / 0.05) + 1)
    along = (b - a) / length
    across = np.array([-along[1], along[0]])
    points = a + np.linspace(0.0, 1.0, count)[:, None] * (b - a)
    # A door lets the robot stand on the wall's line and on both sides of it.
    open_ = np.array(
        [all(sim.is_navigable(*(p + d * across)) for d in (-0.12, 0.0, 0.12)) for p in points]
    )
    # The robot's middle stays a radius away from the frame.
    grow = int(0.22 / (length / (count - 1)))
    wide = np.convolve(open_, np.ones(2 * grow + 1), mode='same') > 0
    pieces, first = [], None
    for i, gap in enumerate([*wide.tolist(), True]):
        if not gap and first is None:
            first = i
        elif gap and first is not None:
            pieces.append((points[first], points[i - 1]))
            first = None
    return pieces


def _draw_furniture(axes: Any, instances: Sequence[Instance]) -> None:
    from matplotlib.patches import FancyBboxPatch

    for thing in sorted(instances, key=lambda i: i.center[2]):
        x, y, _ = thing.center
        w, h, _ = thing.extent
        box = FancyBboxPatch(
            (x - w / 2, y - h / 2),
            w,
            h,
            boxstyle=f'round,pad=0,rounding_size={0.15 * min(w, h):.3f}',
            fc='#ffffff',
            ec='#9aa5ad',
            lw=0.8,
            alpha=0.85,
            zorder=2,
        )
        axes.add_patch(box)
        if max(w, h) >= 0.45:
            upright = h > 1.4 * w and w < 0.11 * len(thing.label)
            axes.text(
                x,
                y,
                thing.label,
                fontsize=5.6,
                color='#5b6770',
                ha='center',
                va='center',
                rotation=90 if upright else 0,
                zorder=4,
            )


def _draw_trajectory(axes: Any, trajectory: Sequence[Pose2D]) -> None:
    from matplotlib.collections import LineCollection

    if len(trajectory) < 2:
        return
    points = np.array([(p.x, p.y) for p in trajectory])
    pieces = np.stack([points[:-1], points[1:]], axis=1)
    axes.add_collection(
        LineCollection(list(pieces), colors=_PATH, linewidths=1.3, alpha=0.55, zorder=5)
    )
    axes.plot(*points[0], marker='s', ms=7, color=_PATH, mec='white', zorder=7)
    axes.annotate(
        'start', points[0], xytext=(6, 6), textcoords='offset points', fontsize=7, color=_PATH
    )


def _draw_observations(axes: Any, observations: Sequence[Pose2D]) -> None:
    if not observations:
        return
    xs, ys = np.array([p.x for p in observations]), np.array([p.y for p in observations])
    yaws = np.array([p.yaw_rad for p in observations])
    axes.quiver(
        xs,
        ys,
        np.cos(yaws),
        np.sin(yaws),
        color=_MEMORY,
        alpha=0.55,
        scale=4.5,
        scale_units='xy',
        angles='xy',
        width=0.0016,
        headwidth=4,
        zorder=5,
    )
    axes.scatter(xs, ys, s=9, color=_MEMORY, linewidths=0, zorder=6)


def _draw_question(axes: Any, mark: QuestionMark) -> None:
    color = _GOOD if mark.success else _BAD
    where = mark.final or mark.goal
    if where is None:
        return
    if mark.target is not None:
        axes.plot(
            (where.x, mark.target[0]),
            (where.y, mark.target[1]),
            color=color,
            lw=1.4,
            ls=(0, (3, 2)),
            zorder=7,
        )
        axes.plot(*mark.target, marker='*', ms=12, color=color, mec='white', mew=0.8, zorder=8)
    nose = (where.x + 0.34 * math.cos(where.yaw_rad), where.y + 0.34 * math.sin(where.yaw_rad))
    axes.annotate(
        '',
        nose,
        xytext=(where.x, where.y),
        arrowprops={'arrowstyle': '-|>', 'color': color, 'lw': 1.6},
        zorder=8,
    )
    axes.plot(where.x, where.y, marker='o', ms=14, color=color, mec='white', mew=1.2, zorder=9)
    axes.text(
        where.x,
        where.y,
        str(mark.number),
        color='white',
        fontsize=8,
        fontweight='bold',
        ha='center',
        va='center_baseline',
        zorder=10,
    )


def _finish_axes(axes: Any, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1] - 0.3, high[1])
    axes.set_aspect('equal')
    axes.set_axis_off()
    x, y = low[0] + 0.4, low[1] - 0.1
    axes.plot((x, x + 2.0), (y, y), color=_INK, lw=2.5, solid_capstyle='butt')
    axes.text(x + 1.0, y + 0.08, '2 m', ha='center', va='bottom', fontsize=8)


def _draw_panel(panel: Any, scene: MapScene) -> None:
    panel.set_axis_off()
    panel.set_xlim(0.0, 1.0)
    panel.set_ylim(0.0, 1.0)
    panel.text(0.02, 0.975, scene.title, fontsize=17, fontweight='bold', va='top')
    panel.text(0.02, 0.925, scene.subtitle, fontsize=9, color='#5b6770', va='top', linespacing=1.5)
    step = min(0.062, 0.70 / max(1, len(scene.questions)))
    for i, mark in enumerate(scene.questions):
        y = 0.81 - i * step
        color = _GOOD if mark.success else _BAD
        panel.plot(0.045, y, marker='o', ms=15, color=color, mec='white')
        panel.text(
            0.045,
            y,
            str(mark.number),
            color='white',
            fontsize=8.5,
            fontweight='bold',
            ha='center',
            va='center_baseline',
        )
        text = textwrap.shorten(mark.text, 58, placeholder=' …')
        panel.text(0.09, y + 0.003, text, fontsize=9.5, va='bottom')
        panel.text(0.09, y - 0.003, mark.answer, fontsize=8.5, color=color, va='top')
    _draw_legend(panel)


def _draw_legend(panel: Any) -> None:
    y = 0.035
    entries = (
        (0.045, 's', _PATH, 'exploration'),
        (0.29, 'o', _MEMORY, 'observation'),
        (0.53, 'o', _GOOD, 'goal reached'),
        (0.78, '*', _GOOD, 'true target'),
    )
    for x, marker, color, text in entries:
        panel.plot(x, y, marker=marker, ms=8, color=color, mec='white')
        panel.text(x + 0.03, y, text, fontsize=8.5, va='center')
