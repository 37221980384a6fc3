"""Plates beside the doors of a building: numbers, people's names, and what a room is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np

from memory_sim.world.model import DOOR, Opening, Room, Wall, World, WorldObject
from memory_sim.world.sign import DOOR_PLATE, Sign
from memory_sim.world.sign_board import board_size

__all__ = ['hang_plates']

#: Height of capitals: what a plate says, and the name above a number [m].
_LETTER_M, _SMALL_LETTER_M = 0.04, 0.025
#: Height of a plate's middle, and of one that hangs above its door [m].
_EYE_LEVEL_M, _ABOVE_M = 1.5, 0.14
#: From the edge of a door to its plate, the casing between them [m].
_BESIDE_M = 0.13
#: How far the front stands out from the wall, and before the casing of a door [m].
_OUT_M, _BEFORE_CASING_M = 0.015, 0.03
#: From the ceiling to a plate at least [m].
_BELOW_CEILING_M = 0.02
#: Room that a plate needs in front, so that nothing hides it [m].
_FREE_M = 0.4
#: From a plate to another one, and to another door, so that it is clear what it belongs to [m].
_APART_M = 0.3
#: Wider passages have no door leaf [m].
_WIDEST_DOOR_M = 2.6
_WIDEST_LINE = 11
#: Kinds of room that are no destination, and kinds that go by a number or by who works there.
_PASSAGES = frozenset({'corridor', 'staircase', 'hallway', 'courtyard', 'drive aisle'})
_NUMBERED = frozenset({'office', 'meeting room', 'patient room', 'classroom', 'storage room',
                       'examination room', 'treatment room'})  # fmt: skip
_PEOPLES = frozenset({'manager office', 'principal office'})
_SURNAMES = ('Novak', 'Silva', 'Meyer', 'Rossi', 'Kowalski', 'Tanaka', 'Olsen', 'Dubois', 'Patel',
             'Horvat', 'Lindberg', 'Moreau', 'Keller', 'Santos', 'Brandt', 'Nakamura')  # fmt: skip
_WRITTEN = {'x-ray room': 'X-Ray', 'open-plan office': 'Open office'}


class _Spot(NamedTuple):
    """A place for a plate: middle of its front, and where it faces."""

    position: tuple[float, float, float]
    yaw_rad: float


def hang_plates(world: World, rng: np.random.Generator) -> list[Sign]:
    """Return a plate for every door of a room; numbers are unique and rise along the building."""
    doors = sorted(_doors(world), key=lambda d: (d[0].floor, d[0].id))
    storey = int(rng.integers(1, 4))
    style = str(rng.choice(['plain', 'room', 'dotted']))
    first = int(rng.integers(1, 30))
    numbers: dict[int, str] = {}
    lines: dict[int, tuple[str, ...]] = {}
    signs: list[Sign] = []
    for room, wall, opening, side in doors:
        if room.id not in lines:
            count = first + len(numbers)
            number = f'{storey + room.floor}{"." if style == "dotted" else ""}{count:02d}'
            if room.kind in _NUMBERED | _PEOPLES:
                numbers[room.id] = number
            lines[room.id] = _written(room, number, style, rng)
        sign = _plate(lines[room.id], room)
        position, yaw = _spot(world, signs, wall, opening, side, (sign.width_m, sign.height_m))
        signs.append(replace(sign, position=position, yaw_rad=yaw))
    return signs


def _written(room: Room, number: str, style: str, rng: np.random.Generator) -> tuple[str, ...]:
    """Return what stands beside a room's door; ``style`` is plain, room or dotted."""
    if room.kind in _PEOPLES:
        title = str(rng.choice(['Dr. ', '', 'Prof. ']))
        initial = 'ABCDEGHJKLMPRST'[int(rng.integers(15))]
        return f'{title}{initial}. {rng.choice(_SURNAMES)}', number
    if room.kind in _NUMBERED:
        return (f'Room {number}' if style == 'room' else number,)
    name = room.name if any(c.isdigit() for c in room.name) else room.kind
    name = _WRITTEN.get(name, name)
    return _wrapped(name[0].upper() + name[1:])


def _plate(lines: tuple[str, ...], room: Room) -> Sign:
    """Return a plate as large as its lines need; a name above a number is in smaller letters."""
    named = len(lines) > 1 and lines[-1].replace('.', '').isdigit()
    letters = tuple(_SMALL_LETTER_M if named and i == 0 else _LETTER_M for i in range(len(lines)))
    width, height = board_size(lines, letters)
    return Sign(
        kind=DOOR_PLATE, lines=lines, letters_m=letters, position=(0.0, 0.0, 0.0), yaw_rad=0.0,
        width_m=width, height_m=height, text_color='dark blue', room_id=room.id, floor=room.floor,
    )  # fmt: skip


def _wrapped(text: str) -> tuple[str, ...]:
    if len(text) <= _WIDEST_LINE or ' ' not in text:
        return (text,)
    head, tail = text.split(' ', 1)
    return head, tail


def _doors(world: World) -> Iterator[tuple[Room, Wall, Opening, float]]:
    """Yield each door with the room it leads to, and the side of the wall that one comes from."""
    between = [
        (wall, opening, _room_at(world, wall, opening, 1.0), _room_at(world, wall, opening, -1.0))
        for wall in world.walls
        for opening in wall.openings
        if opening.kind == DOOR and opening.width_m <= _WIDEST_DOOR_M
    ]
    count: dict[int, int] = {}
    for _, _, left, right in between:
        for room in (left, right):
            if room is not None:
                count[room.id] = count.get(room.id, 0) + 1
    for wall, opening, left, right in between:
        if left is None or right is None:
            continue
        # A corridor has many doors, a room has one.
        ways = sorted(
            ((left, -1.0), (right, 1.0)),
            key=lambda way: (way[0].kind in _PASSAGES, count[way[0].id], way[0].area_m2),
        )
        room, side = ways[0]
        if room.kind not in _PASSAGES and not room.outdoor:
            yield room, wall, opening, side


def _room_at(world: World, wall: Wall, opening: Opening, side: float) -> Room | None:
    x, y = _beside(wall, opening.offset_m, side, 0.3)
    return world.room_at(x, y, wall.floor)


def _beside(wall: Wall, offset_m: float, side: float, away_m: float) -> tuple[float, float]:
    """Return the point on a side of a wall, so far from its face [m]."""
    (x0, y0), (x1, y1) = wall.start, wall.end
    reach = side * (0.5 * wall.thickness_m + away_m) / wall.length_m
    x, y = wall.point(offset_m)
    return x - reach * (y1 - y0), y + reach * (x1 - x0)


def _spot(
    world: World, hung: Sequence[Sign], wall: Wall, opening: Opening, side: float,
    size: tuple[float, float],
) -> _Spot:  # fmt: skip
    """Return where a plate hangs: beside the door where there is room, else above it."""
    (x0, y0), (x1, y1) = wall.start, wall.end
    yaw = round(math.atan2(side * (x1 - x0), -side * (y1 - y0)), 6)
    reach = 0.5 * opening.width_m + _BESIDE_M + 0.5 * size[0]
    z = wall.elevation_m + _EYE_LEVEL_M
    for way in (1.0, -1.0):  # the right of the door as one comes to it, then the left
        offset = opening.offset_m - side * way * reach
        x, y = _beside(wall, offset, side, _OUT_M)
        apart = min((_gap(sign, (x, y, z), size[0]) for sign in hung), default=math.inf)
        if apart > _APART_M and _is_free(world, wall, opening, offset, side, size, z):
            return _Spot((round(x, 3), round(y, 3), round(z, 3)), yaw)
    x, y = _beside(wall, opening.offset_m, side, _BEFORE_CASING_M)
    highest = wall.height_m - _BELOW_CEILING_M - 0.5 * size[1]
    z = wall.elevation_m + min(opening.top_m + _ABOVE_M + 0.5 * size[1], highest)
    return _Spot((round(x, 3), round(y, 3), round(z, 3)), yaw)


def _gap(sign: Sign, position: tuple[float, float, float], width_m: float) -> float:
    return math.dist(sign.position, position) - 0.5 * (sign.width_m + width_m)


def _is_free(
    world: World, wall: Wall, own: Opening, offset: float, side: float,
    size: tuple[float, float], z: float,
) -> bool:  # fmt: skip
    half = 0.5 * size[0] + 0.02
    room = world.room_at(*_beside(wall, offset, side, 0.05), wall.floor)
    ends = [_beside(wall, offset + step, side, 0.05) for step in (-half, half)]
    if room is None or any(not room.contains(*end) for end in ends):
        return False
    middle = wall.point(offset)
    for other in world.walls:
        if other.floor != wall.floor:
            continue
        for opening in other.openings:
            gap = math.dist(middle, other.point(opening.offset_m)) - 0.5 * opening.width_m
            if opening is not own and gap < half + _APART_M:
                return False
    front = _beside(wall, offset, side, 0.5 * _FREE_M)
    return not any(_covers(thing, front, half, z, size[1]) for thing in world.objects)


def _covers(
    thing: WorldObject, front: tuple[float, float], half_m: float, z: float, height_m: float
) -> bool:
    """Whether a thing may stand between a plate and the middle of what is before it."""
    low, high = thing.position[2], thing.position[2] + thing.size[2]
    if high < z - 0.6 * height_m or low > z + 0.6 * height_m:
        return False
    dx, dy = front[0] - thing.position[0], front[1] - thing.position[1]
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    along, across = abs(c * dx + s * dy), abs(c * dy - s * dx)
    reach = math.hypot(half_m, 0.5 * _FREE_M)
    return along < 0.5 * thing.size[0] + reach and across < 0.5 * thing.size[1] + reach
