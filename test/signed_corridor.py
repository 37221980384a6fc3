"""A corridor of three offices with plates at their doors: quick to build, quick to explore."""

from __future__ import annotations

from memory_sim.world.model import DOOR, Light, Opening, Room, Wall, World
from memory_sim.world.signs import with_signs

_WIDTH_M, _DEPTH_M, _PASSAGE_M = 3.0, 2.6, 2.8


def corridor_without_signs() -> World:
    """Return two offices and a pharmacy above a corridor of 9 m, each with a door to it."""
    kinds = ('office', 'pharmacy', 'manager office')
    end = len(kinds) * _WIDTH_M
    top = _PASSAGE_M + _DEPTH_M
    rooms = [Room(id=1, kind='corridor', name='corridor', polygon=_box(0.0, 0.0, end, _PASSAGE_M))]
    walls = [
        Wall(start=a, end=b)
        for a, b in (((0.0, 0.0), (end, 0.0)), ((0.0, top), (end, top)),
                     ((0.0, 0.0), (0.0, top)), ((end, 0.0), (end, top)))
    ]  # fmt: skip
    for i, kind in enumerate(kinds):
        x = i * _WIDTH_M
        polygon = _box(x, _PASSAGE_M, x + _WIDTH_M, top)
        rooms.append(Room(id=i + 2, kind=kind, name=kind, polygon=polygon))
        door = Opening(kind=DOOR, offset_m=1.2, width_m=1.0)
        walls.append(Wall(start=(x, _PASSAGE_M), end=(x + _WIDTH_M, _PASSAGE_M), openings=(door,)))
        if i:
            walls.append(Wall(start=(x, _PASSAGE_M), end=(x, top)))
    lights = tuple(Light(position=(*room.center, 2.5)) for room in rooms)
    return World(
        name='three doors', kind='office', rooms=tuple(rooms), walls=tuple(walls), lights=lights
    )


def signed_corridor() -> World:
    """Return the same with a plate beside each door."""
    return with_signs(corridor_without_signs())


def _box(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)
