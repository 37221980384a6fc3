"""Furnish a room by the recipe of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from memory_sim.furniture.footprints import Placed
from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.kinds import room_table
from memory_sim.world.model import Room, Wall

__all__ = ['furnish', 'missing_essentials']

_ATTEMPTS = 8


def furnish(
    room: Room, rooms: Sequence[Room], walls: Sequence[Wall], rng: np.random.Generator
) -> list[Placed]:
    """
    Return the furniture of a room.

    Parameters
    ----------
    room
        The room; kinds without a recipe stay empty.
    rooms, walls
        All rooms and walls of its storey, for doors and windows, and so that what has no room of
        its own goes elsewhere.
    rng
        Draws pieces, colours and places.

    """
    recipe = _recipes().get(room.kind)
    if recipe is None:
        return []
    kinds = frozenset(other.kind for other in rooms)
    best: tuple[int, list[Placed]] | None = None
    for child in rng.spawn(_ATTEMPTS):
        layout = RoomLayout(room=room, rooms=rooms, walls=walls, rng=child)
        recipe(layout, kinds)
        missing = len(missing_essentials(room, layout.placed))
        if best is None or missing < best[0]:
            best = missing, layout.placed
        if missing == 0:
            break
    return best[1] if best else []


def missing_essentials(room: Room, placed: Sequence[Placed]) -> frozenset[str]:
    """Return the labels of what a room of this kind needs and does not have."""
    return _essentials().get(room.kind, frozenset()) - {piece.model.label for piece in placed}


@cache
def _recipes() -> Mapping[str, Recipe]:
    from memory_sim.world import rooms_common, rooms_home  # they are made with this package

    return {**rooms_home.RECIPES, **rooms_common.RECIPES, **room_table('RECIPES')}


@cache
def _essentials() -> Mapping[str, frozenset[str]]:
    """Return the labels that a room of a kind cannot do without."""
    from memory_sim.world import rooms_common, rooms_home

    return {**rooms_home.ESSENTIALS, **rooms_common.ESSENTIALS, **room_table('ESSENTIALS')}
