"""The demo's picture: the apartment from above, what the robot did in it, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import textwrap
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import GroundTruth, Instance, Pose2D
from memory_sim.render.top_down import TopDown

__all__ = ['MapScene', 'QuestionMark', 'draw_map']

_INK, _QUIET, _PAPER = '#1f2d3a', '#5b6770', '#fbfaf7'
_GOOD, _BAD, _PATH, _MEMORY = '#12805c', '#c8374b', '#1d5fa8', '#f08a24'
#: How far the world fades behind what the robot did.
_FADE = 0.45


class _SeenFromAbove(Protocol):
    """A simulator that can draw its world from above."""

    @property
    def ground_truth(self) -> GroundTruth:
        """Instances and regions of the world."""

    def top_down(self, *, resolution_m: float = 0.02, labels: bool = True) -> TopDown:
        """Draw the world from above, without ceilings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMark:
    """One question on the map."""

    number: int
    text: str
    answer: str
    success: bool
    #: Where the robot ended, None if it was not sent; and the true thing nearest to that.
    final: Pose2D | None
    target: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapScene:
    """Everything the picture shows."""

    title: str
    subtitle: str
    trajectory: Sequence[Pose2D]
    observations: Sequence[Pose2D]
    questions: Sequence[QuestionMark]


def draw_map(scene: MapScene, sim: _SeenFromAbove, path: Path) -> None:
    """Write the picture as PNG, the map on one side and the questions beside or below it."""
    import matplotlib as mpl

    mpl.use('Agg')
    from matplotlib import pyplot as plt

    world = sim.top_down(labels=False)
    x0, x1, y0, y1 = world.extent
    wide = (x1 - x0) >= 1.15 * (y1 - y0)
    height = 10.0 * (y1 - y0) / (x1 - x0) if wide else 9.0
    width = 10.0 if wide else 9.0 * (x1 - x0) / (y1 - y0)
    height = max(height, 1.6 + 0.52 * len(scene.questions))
    with plt.rc_context({'font.family': 'DejaVu Sans', 'text.color': _INK}):
        figure, (axes, panel) = plt.subplots(
            1, 2, figsize=(width + 5.2, height), width_ratios=(width, 5.2), facecolor=_PAPER
        )
        _draw_world(axes, world)
        _draw_trajectory(axes, scene.trajectory)
        _draw_observations(axes, scene.observations)
        taken: list[tuple[float, float]] = []
        for mark in scene.questions:
            _draw_question(axes, mark, taken)
        _draw_panel(panel, scene, height)
        figure.subplots_adjust(left=0.01, right=0.995, top=0.985, bottom=0.015, wspace=0.01)
        _write_labels(figure, axes, sim.ground_truth)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, facecolor=_PAPER)
        plt.close(figure)


def _outline(width: float = 2.0, color: str = 'white') -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=color)]


def _draw_world(axes: Any, world: TopDown) -> None:
    faded = world.image.astype(np.float32) * (1.0 - _FADE) + 252.0 * _FADE
    axes.imshow(faded.astype(np.uint8), extent=world.extent, interpolation='antialiased', zorder=0)
    x0, x1, y0, y1 = world.extent
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0 - 0.55, y1)
    axes.set_aspect('equal')
    axes.set_axis_off()
    axes.plot((x0 + 0.3, x0 + 2.3), (y0 - 0.3,) * 2, color=_INK, lw=2.5, solid_capstyle='butt')
    axes.text(x0 + 2.45, y0 - 0.3, '2 m', ha='left', va='center', fontsize=9)


def _write_labels(figure: Any, axes: Any, truth: GroundTruth) -> None:
    """Name rooms, then things, the largest first; a name that would touch another is left out."""
    renderer = figure.canvas.get_renderer()
    taken: list[Any] = []
    for region in truth.regions:
        corners: NDArray[np.float64] = np.array(region.polygon)
        x, y = corners.mean(axis=0)
        name = axes.text(
            x,
            y,
            region.name.upper(),
            fontsize=9.5,
            fontweight='bold',
            color='#33414d',
            alpha=0.85,
            ha='center',
            va='center',
            zorder=4,
            path_effects=_outline(2.5),
        )
        taken.append(name.get_window_extent(renderer).padded(2.0))
    for thing in sorted(truth.instances, key=_importance):
        if min(thing.extent[:2]) < 0.12 or thing.label in ('rug', 'window', 'painting'):
            continue
        name = axes.text(
            thing.center[0],
            thing.center[1],
            thing.label,
            fontsize=6.5,
            color=_INK,
            ha='center',
            va='center',
            zorder=4,
            path_effects=_outline(1.8),
        )
        box = name.get_window_extent(renderer)
        if any(box.overlaps(other) for other in taken):
            name.remove()
        else:
            taken.append(box.padded(1.0))


def _importance(thing: Instance) -> tuple[float, int]:
    return -thing.extent[0] * thing.extent[1], thing.id


def _draw_trajectory(axes: Any, trajectory: Sequence[Pose2D]) -> None:
    if len(trajectory) < 2:
        return
    xs, ys = [p.x for p in trajectory], [p.y for p in trajectory]
    axes.plot(xs, ys, color='white', lw=3.4, alpha=0.75, zorder=5, solid_joinstyle='round')
    axes.plot(xs, ys, color=_PATH, lw=1.5, alpha=0.85, zorder=5, solid_joinstyle='round')
    axes.plot(xs[0], ys[0], marker='s', ms=8, color=_PATH, mec='white', mew=1.2, zorder=7)
    axes.annotate(
        'start',
        (xs[0], ys[0]),
        xytext=(8, -3),
        textcoords='offset points',
        fontsize=8.5,
        fontweight='bold',
        color=_PATH,
        path_effects=_outline(),
        zorder=7,
    )


def _draw_observations(axes: Any, observations: Sequence[Pose2D]) -> None:
    """Draw a dot where the robot looked, and a short tick where to."""
    from matplotlib.collections import LineCollection

    if not observations:
        return
    foot = np.array([(p.x, p.y) for p in observations])
    yaw = np.array([p.yaw_rad for p in observations])
    nose = foot + 0.2 * np.column_stack([np.cos(yaw), np.sin(yaw)])
    ticks = list(np.stack([foot, nose], axis=1))
    axes.add_collection(LineCollection(ticks, colors=_MEMORY, linewidths=1.0, alpha=0.8, zorder=6))
    axes.scatter(*foot.T, s=10, color=_MEMORY, edgecolors='white', linewidths=0.3, zorder=6)


def _draw_question(axes: Any, mark: QuestionMark, taken: list[tuple[float, float]]) -> None:
    """Draw where a drive ended; its number moves aside where another one is already."""
    color = _GOOD if mark.success else _BAD
    if mark.target is not None:
        axes.plot(*mark.target, marker='*', ms=15, color=color, mec='white', mew=1.0, zorder=8)
    where = mark.final
    if where is None:
        return
    if mark.target is not None:
        axes.plot(
            (where.x, mark.target[0]),
            (where.y, mark.target[1]),
            color=color,
            lw=1.6,
            ls=(0, (3, 2)),
            zorder=7,
            path_effects=_outline(3.0),
        )
    nose = (where.x + 0.42 * math.cos(where.yaw_rad), where.y + 0.42 * math.sin(where.yaw_rad))
    arrow = {'arrowstyle': '-|>', 'color': color, 'lw': 2.0, 'shrinkA': 0, 'shrinkB': 0}
    axes.annotate('', nose, xytext=(where.x, where.y), arrowprops=arrow, zorder=8)
    x, y = where.x, where.y
    while any(math.dist((x, y), other) < 0.3 for other in taken):
        x -= 0.32
    taken.append((x, y))
    _badge(axes, x, y, mark.number, color)


def _badge(axes: Any, x: float, y: float, number: int, color: str) -> None:
    axes.plot(x, y, marker='o', ms=15, color=color, mec='white', mew=1.3, zorder=9)
    axes.text(
        x,
        y,
        str(number),
        color='white',
        fontsize=8.5,
        fontweight='bold',
        ha='center',
        va='center_baseline',
        zorder=10,
    )


def _draw_panel(panel: Any, scene: MapScene, height_in: float) -> None:
    """Write title, questions and legend; heights are in inches from the top."""
    panel.set_axis_off()
    panel.set_xlim(0.0, 1.0)
    panel.set_ylim(height_in, 0.0)
    panel.text(0.03, 0.12, scene.title, fontsize=17, fontweight='bold', va='top')
    panel.text(0.03, 0.50, scene.subtitle, fontsize=9, color=_QUIET, va='top', linespacing=1.5)
    step = min(0.60, (height_in - 1.6) / max(1, len(scene.questions)))
    for i, mark in enumerate(scene.questions):
        y = 1.40 + i * step
        color = _GOOD if mark.success else _BAD
        _badge(panel, 0.055, y, mark.number, color)
        text = textwrap.shorten(mark.text, 56, placeholder=' …')
        panel.text(0.11, y - 0.02, text, fontsize=9.5, va='bottom')
        panel.text(0.11, y + 0.02, mark.answer, fontsize=8.5, color=color, va='top')
    entries = (
        (0.055, 's', _PATH, 'exploration'),
        (0.30, 'o', _MEMORY, 'observation'),
        (0.55, 'o', _GOOD, 'goal'),
        (0.73, '*', _GOOD, 'true target'),
    )
    for x, marker, color, text in entries:
        y = height_in - 0.14
        panel.plot(x, y, marker=marker, ms=10 if marker == '*' else 8, color=color, mec='white')
        panel.text(x + 0.035, y, text, fontsize=8.5, va='center')
