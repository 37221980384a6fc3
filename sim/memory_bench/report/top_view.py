"""What a memory holds of its things, seen from above: where each is, how large, how sure."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use('Agg')  # before pyplot, which opens a window else

from matplotlib.patches import Rectangle
import matplotlib.pyplot as plt
import numpy as np

from memory_node.core.memory import Memory

__all__ = ['draw_top_view']

#: Probability from which on a thing is believed to be there; views from which on it is named.
_BELIEVED, _NAMED = 0.5, 2
_THERE, _DOUBTED, _WAY = '#12805c', '#b8bec4', '#1d5fa8'


def draw_top_view(memory: Memory, path: Path, *, map_id: str | None = None) -> int:
    """
    Draw the placed things of a map to a PNG; return how many are believed to be there.

    Each is a box of its size with its name and the number of views that saw it; those that are
    not believed to be there are grey. Arrows are the views that were stored.
    """
    figure, axes = plt.subplots(figsize=(8.0, 8.0), dpi=110)
    snapshot = memory.snapshot()
    rows = np.ones(len(snapshot), np.bool_)
    if map_id is not None:
        rows = snapshot.maps == snapshot.map_ids.index(map_id)
    at, yaws = snapshot.positions[rows], snapshot.yaws[rows]
    axes.plot(at[:, 0], at[:, 1], color=_WAY, alpha=0.4, linewidth=1.0)
    axes.quiver(
        at[:, 0], at[:, 1], np.cos(yaws), np.sin(yaws),
        color=_WAY, alpha=0.5, width=0.002, scale=40.0,
    )  # fmt: skip
    believed = 0
    for thing in sorted(memory.objects(map_id=map_id), key=lambda o: o.views):
        if thing.position is None:
            continue
        there = thing.existence >= _BELIEVED
        believed += there
        x, y, _ = thing.position
        width, depth, _ = thing.extent or (0.1, 0.1, 0.1)
        color = _THERE if there else _DOUBTED
        axes.add_patch(
            Rectangle(
                (x - width / 2.0, y - depth / 2.0), width, depth,
                facecolor=color, alpha=0.15 if there else 0.08, edgecolor=color,
            )
        )  # fmt: skip
        if thing.views >= _NAMED:
            label = f'{thing.label} ({thing.views})'
            axes.annotate(label, (x, y), ha='center', va='center', fontsize=8, color=color)
    axes.set_aspect('equal')
    axes.autoscale_view()
    axes.set(
        xlabel='x [m]', ylabel='y [m]', title=f'{believed} things (views); grey: not believed'
    )
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
    return believed
