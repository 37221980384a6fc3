"""Signs that hang overhead: aisles of shops and warehouses, wards of hospitals, ways out."""

from __future__ import annotations

import math

from memory_sim.world.model import Room, World
from memory_sim.world.sign import AISLE, EXIT, Sign, WARD
from memory_sim.world.sign_board import board_size

__all__ = ['hang_aisles', 'hang_exits', 'hang_wards']

#: x, y [m] and heading of a normal [rad].
_Place = tuple[float, float, float]

#: Height of capitals, and of the middle of what hangs in a hall and in a corridor [m].
_AISLE_LETTER_M, _WARD_LETTER_M, _EXIT_LETTER_M = 0.12, 0.09, 0.1
_IN_HALL_M, _IN_CORRIDOR_M = 2.5, 2.3
#: From the end of an aisle to its sign [m].
_FROM_END_M = 0.6
#: Parts of a hall that have a board of their own, and those of them that are numbered.
_AISLES = frozenset({'aisle', 'freezer section', 'rack aisle'})
_DEPARTMENTS = frozenset({'bakery', 'deli counter', 'produce department'})
_GOODS = {'freezer section': 'Frozen', 'deli counter': 'Deli', 'produce department': 'Produce'}


def hang_aisles(world: World) -> list[Sign]:
    """Return a board at both ends of every aisle, and one in the middle of a department."""
    rooms = [r for r in world.rooms if r.kind in _AISLES and not r.outdoor]
    rooms.sort(key=lambda r: (round(r.center[0], 1), round(r.center[1], 1)))
    signs = []
    for number, room in enumerate(rooms, 1):
        goods = _goods(room)
        lines = (f'Aisle {number}', goods) if goods else (f'Aisle {number}',)
        signs += [_board(room, AISLE, lines, _AISLE_LETTER_M, end) for end in _ends(room)]
    for room in world.rooms:
        if room.kind in _DEPARTMENTS and room.height_m > 3.0:
            _, _, yaw = _ends(room)[0]
            middle = (*room.center, yaw)
            signs.append(_board(room, AISLE, (_goods(room),), _AISLE_LETTER_M, middle))
    return signs


def hang_wards(world: World) -> list[Sign]:
    """Return a board near an end of every long corridor of a hospital."""
    corridors = [r for r in world.rooms if r.kind == 'corridor' and _length(r) > 7.0]
    signs = []
    for letter, room in zip('ABCDEFGH', corridors, strict=False):
        signs.append(_board(room, WARD, (f'Ward {letter}',), _WARD_LETTER_M, _ends(room)[0]))
    return signs


def hang_exits(world: World) -> list[Sign]:
    """Return a lit sign above every door that leads out of the building."""
    width, height = board_size(('EXIT',), (_EXIT_LETTER_M,))
    signs = []
    rooms = {room.id: room for room in world.rooms}
    for thing in world.objects:
        room = rooms.get(thing.region_id)
        if thing.label != 'entrance door' or room is None:
            continue
        z = thing.position[2] + thing.size[2] + 0.03 + 0.5 * height
        if z + 0.5 * height > room.elevation_m + room.height_m:
            continue
        out = 0.5 * thing.size[0] + 0.03
        x = thing.position[0] + out * math.cos(thing.yaw_rad)
        y = thing.position[1] + out * math.sin(thing.yaw_rad)
        signs.append(
            Sign(
                kind=EXIT, lines=('EXIT',), letters_m=(_EXIT_LETTER_M,), yaw_rad=thing.yaw_rad,
                position=(round(x, 3), round(y, 3), round(z, 3)), width_m=width, height_m=height,
                color='dark green', text_color='white', lit=True, floor=room.floor,
            )
        )  # fmt: skip
    return signs


def _board(
    room: Room, kind: str, lines: tuple[str, ...], letter_m: float, place: _Place
) -> Sign:  # fmt: skip
    """Return a board that hangs from the ceiling at (x, y) and shows its text on both sides."""
    letters = (letter_m, *(0.75 * letter_m for _ in lines[1:]))
    width, height = board_size(lines, letters)
    up = _IN_HALL_M if room.height_m > 3.0 else _IN_CORRIDOR_M
    top = room.height_m - 0.03 - 0.5 * height
    x, y, yaw = place
    return Sign(
        kind=kind, lines=lines, letters_m=letters, yaw_rad=round(yaw, 6),
        position=(round(x, 3), round(y, 3), round(room.elevation_m + min(up, top), 3)),
        width_m=width, height_m=height, color='dark blue', text_color='white', two_sided=True,
        room_id=room.id, floor=room.floor,
    )  # fmt: skip


def _ends(room: Room) -> tuple[_Place, _Place]:
    """Return a place near either end of a room's long axis, facing out of it."""
    x0, y0, x1, y1 = room.bounds
    x, y = room.center
    if x1 - x0 > y1 - y0:
        return (x0 + _FROM_END_M, y, math.pi), (x1 - _FROM_END_M, y, 0.0)
    return (x, y0 + _FROM_END_M, -0.5 * math.pi), (x, y1 - _FROM_END_M, 0.5 * math.pi)


def _length(room: Room) -> float:
    x0, y0, x1, y1 = room.bounds
    return max(x1 - x0, y1 - y0)


def _goods(room: Room) -> str:
    """Return what an aisle holds, as its sign says it; empty where its name is only a letter."""
    if room.kind == 'rack aisle':
        return ''
    name = _GOODS.get(room.kind, room.name)
    for ending in (' aisle', ' section'):
        name = name.removesuffix(ending)
    return name[0].upper() + name[1:]
