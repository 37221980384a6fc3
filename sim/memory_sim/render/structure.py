"""Build floors, ceilings, walls with their openings, and lamps from a world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import math

import numpy as np
from numpy.typing import NDArray

from memory_sim.render.mesh import Finish, Patch, transform
from memory_sim.render.primitives import box, cylinder, polygon, quad
from memory_sim.render.textures import REPEAT_M
from memory_sim.world.colors import rgb
from memory_sim.world.model import DOOR, Opening, Room, Wall, World

__all__ = ['build_structure', 'wall_boxes']

#: Walls reach into the corner they share, but stop short of the far face there.
_CORNER_GAP_M = 0.002
_CASING_M = 0.07
_BASEBOARD_M = 0.08
#: Wider passages have no frame [m].
_WIDEST_CASED_M = 2.6

_TRIM = Finish(color=rgb('white'), texture='')
_OUTSIDE = Finish(color=rgb('terracotta'), texture='bricks')

Box = tuple[float, float, float, float]


def build_structure(world: World) -> list[Patch]:
    """Return everything in a world that is no object: its rooms' surfaces and its lamps."""
    patches = [patch for room in world.rooms for patch in _surfaces(room)]
    patches += [patch for wall in world.walls for patch in _wall_patches(world, wall)]
    for light in world.lights:
        x, y, z = light.position
        finish = Finish(color=rgb(light.color), emission=1.0)
        patches.append(cylinder((x - 0.2, y - 0.2, z), (x + 0.2, y + 0.2, z + 0.11), finish))
    return patches


def wall_boxes(wall: Wall) -> Iterator[Box]:
    """Yield the solid parts of a wall: first and last offset, lower and upper edge [m]."""
    extra = 0.5 * wall.thickness_m - _CORNER_GAP_M
    edge = -extra
    for opening in sorted(wall.openings, key=lambda o: o.offset_m):
        low = opening.offset_m - 0.5 * opening.width_m
        high = opening.offset_m + 0.5 * opening.width_m
        yield edge, low, 0.0, wall.height_m
        if opening.bottom_m > 0.0:
            yield low, high, 0.0, opening.bottom_m
        if opening.top_m < wall.height_m:
            yield low, high, opening.top_m, wall.height_m
        edge = high
    yield edge, wall.length_m + extra, 0.0, wall.height_m


def _surfaces(room: Room) -> Iterator[Patch]:
    repeat = REPEAT_M.get(room.floor_texture, 1.0)
    floor = Finish(color=rgb(room.floor_color), texture=room.floor_texture)
    if room.floor_surface:
        yield polygon(room.polygon, room.elevation_m, floor, repeat_m=repeat)
    if room.ceiling:
        ceiling = Finish(color=rgb('white'), texture='plaster')
        top = room.elevation_m + room.height_m
        yield polygon(room.polygon, top, ceiling, repeat_m=1.5, faces_down=True)


def _wall_patches(world: World, wall: Wall) -> Iterator[Patch]:
    (x0, y0), (x1, y1) = wall.start, wall.end
    angle = math.atan2(y1 - y0, x1 - x0)
    place = ((x0, y0, wall.elevation_m), angle)
    half = 0.5 * wall.thickness_m
    for side in (1.0, -1.0):
        room = _room_beside(world, wall, side)
        finish = _OUTSIDE
        if room is not None:
            finish = Finish(color=rgb(room.wall_color), texture=room.wall_texture)
        repeat = REPEAT_M.get(finish.texture, 1.0)
        for a, b, low, high in wall_boxes(wall):
            y = side * half
            points = [(a, y, low), (b, y, low), (b, y, high), (a, y, high)]
            # The texture follows the wall in the map, so the quad is placed before it is mapped.
            yield quad(_placed(points if side < 0 else points[::-1], place), finish,
                       repeat_m=repeat)  # fmt: skip
            if room is not None and low == 0.0:
                low_corner, high_corner = (a, min(y, y + side * 0.015), 0.0), (
                    b, max(y, y + side * 0.015), _BASEBOARD_M)  # fmt: skip
                yield transform(box(low_corner, high_corner, _TRIM), *place)
    for opening in wall.openings:
        for patch in _opening_patches(opening, half, wall.height_m):
            yield transform(patch, *place)


def _opening_patches(opening: Opening, half: float, height_m: float) -> Iterator[Patch]:
    a = opening.offset_m - 0.5 * opening.width_m
    b = opening.offset_m + 0.5 * opening.width_m
    low, high = opening.bottom_m, opening.top_m
    reveals = [
        [(a, -half, low), (a, half, low), (a, half, high), (a, -half, high)],
        [(b, half, low), (b, -half, low), (b, -half, high), (b, half, high)],
    ]
    if high < height_m - 0.01:  # else the ceiling is there
        reveals.append([(a, half, high), (b, half, high), (b, -half, high), (a, -half, high)])
    if low > 0.0:
        reveals.append([(a, -half, low), (b, -half, low), (b, half, low), (a, half, low)])
    for corners in reveals:
        yield quad(corners[::-1] if corners[0][2] == high else corners, _TRIM)
    if opening.kind != DOOR or opening.width_m > _WIDEST_CASED_M:
        return
    for side in (-1.0, 1.0):
        y0, y1 = sorted((side * half, side * (half + 0.02)))
        yield box((a - _CASING_M, y0, 0.0), (a, y1, high + _CASING_M), _TRIM)
        yield box((b, y0, 0.0), (b + _CASING_M, y1, high + _CASING_M), _TRIM)
        yield box((a, y0, high), (b, y1, high + _CASING_M), _TRIM)


def _placed(
    points: Sequence[tuple[float, float, float]],
    place: tuple[tuple[float, float, float], float],
) -> list[list[float]]:
    (x, y, z), yaw = place
    c, s = math.cos(yaw), math.sin(yaw)
    matrix: NDArray[np.float64] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    moved: list[list[float]] = (np.asarray(points) @ matrix.T + (x, y, z)).tolist()
    return moved


def _room_beside(world: World, wall: Wall, side: float) -> Room | None:
    """Return the room on the left (1) or right (-1) of a wall."""
    (x0, y0), (x1, y1) = wall.start, wall.end
    nx, ny = -(y1 - y0) / wall.length_m, (x1 - x0) / wall.length_m
    reach = side * (0.5 * wall.thickness_m + 0.1)
    x, y = wall.point(0.5 * wall.length_m)
    x, y = x + reach * nx, y + reach * ny
    room = world.room_at(x, y, wall.floor)
    if room is None:  # a hall that is higher than its storey
        z = wall.elevation_m + 0.1
        tall = (r for r in world.rooms if r.elevation_m <= z < r.elevation_m + r.height_m)
        room = next((r for r in tall if r.floor < wall.floor and r.contains(x, y)), None)
    return None if room is not None and room.outdoor else room
