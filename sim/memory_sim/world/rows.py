"""Rooms in a row along a corridor, and names for all rooms of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory_sim.world.sketch import Join, Sketch

__all__ = ['add_row', 'name_rooms']


def add_row(
    sketch: Sketch,
    kinds: Sequence[str],
    edges: Sequence[float],
    span: tuple[float, float],
    corridor: int,
    joins: dict[str, Join],
    *,
    upright: bool = False,
    rng: np.random.Generator | None = None,
    **more: float,
) -> list[int]:
    """
    Add rooms between successive edges, each with a door to the corridor.

    Parameters
    ----------
    sketch
        The plan.
    kinds
        One a room.
    edges
        One more than rooms: where they begin and end along the corridor [m].
    span
        Where the row begins and ends across the corridor [m].
    corridor
        The space that all doors lead to.
    joins
        How rooms of some kinds are joined, if not by an ordinary door.
    upright
        Whether the corridor runs along y.
    rng
        Shuffles the kinds, if given.
    more
        Further fields of ``Space``.

    """
    order = list(range(len(kinds)))
    if rng is not None:
        order = [int(i) for i in rng.permutation(len(kinds))]
    rooms = []
    for i, low, high in zip(order, edges, edges[1:], strict=False):
        rect = (low, span[0], high, span[1])
        if upright:
            rect = (span[0], low, span[1], high)
        room = sketch.add(kinds[i], '', rect, **more)
        sketch.join(room, corridor, joins.get(kinds[i]))
        rooms.append(room)
    return rooms


def name_rooms(sketch: Sketch) -> None:
    """Give rooms without a name their kind's, with a number where there are several."""
    totals: dict[str, int] = {}
    for space in sketch.spaces:
        if not space.name:
            totals[space.kind] = totals.get(space.kind, 0) + 1
    seen: dict[str, int] = {}
    for i, space in enumerate(sketch.spaces):
        if not space.name:
            seen[space.kind] = seen.get(space.kind, 0) + 1
            number = f' {seen[space.kind]}' if totals[space.kind] > 1 else ''
            sketch.rename(i, f'{space.kind}{number}')
