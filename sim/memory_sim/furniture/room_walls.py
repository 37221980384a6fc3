"""What surrounds one rectangular room: doorways, windows, railings, and solid wall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from memory_sim.furniture.footprints import doorway, Placed, Rect
from memory_sim.world.model import DOOR, Opening, Room, Wall, WINDOW

__all__ = ['OpeningPlace', 'SolidWall', 'is_backed', 'openings_of', 'railings_of', 'solid_walls']

#: Wider openings than this are no doors: the wall is missing [m].
_WIDEST_M = 3.2
_NEAR_M = 0.02


class OpeningPlace(NamedTuple):
    """An opening, its middle [m] and the unit vector along its wall."""

    at: tuple[float, float]
    along: tuple[float, float]
    opening: Opening


class SolidWall(NamedTuple):
    """A stretch of wall on a room's outline: 0 where it runs along x, its line, and its ends."""

    axis: int
    line: float
    low: float
    high: float


def openings_of(room: Room, walls: Sequence[Wall]) -> Iterator[OpeningPlace]:
    """Yield the doors and windows in the walls of a room."""
    x0, y0, x1, y1 = room.bounds
    for wall in walls:
        for opening in wall.openings:
            x, y = wall.point(opening.offset_m)
            if x0 - 0.01 <= x <= x1 + 0.01 and y0 - 0.01 <= y <= y1 + 0.01:
                yield OpeningPlace((x, y), _along(wall), opening)


def railings_of(room: Room, walls: Sequence[Wall]) -> Iterator[tuple[Rect, Opening]]:
    """Yield half-high walls as windows that nothing may cover."""
    for wall in walls:
        if wall.height_m <= 0.6 * room.height_m:
            above = Opening(kind=WINDOW, offset_m=0.5 * wall.length_m, width_m=wall.length_m,
                            bottom_m=wall.height_m, top_m=99.0)  # fmt: skip
            yield doorway(wall.point(above.offset_m), _along(wall), wall.length_m, 0.3), above


def solid_walls(room: Room, walls: Sequence[Wall]) -> list[SolidWall]:
    """Return where things can stand with their backs to a wall of a room."""
    x0, y0, x1, y1 = room.bounds
    found = []
    for wall in walls:
        (ax, ay), (bx, by) = wall.start, wall.end
        missing = any(o.kind == DOOR and o.width_m > _WIDEST_M for o in wall.openings)
        if missing:
            continue
        if abs(ay - by) < 1e-6 and min(abs(ay - y0), abs(ay - y1)) < _NEAR_M:
            found.append(SolidWall(0, ay, min(ax, bx), max(ax, bx)))
        elif abs(ax - bx) < 1e-6 and min(abs(ax - x0), abs(ax - x1)) < _NEAR_M:
            found.append(SolidWall(1, ax, min(ay, by), max(ay, by)))
    return found


def is_backed(piece: Placed, walls: Sequence[SolidWall]) -> bool:
    """Whether there is wall behind all of a piece's back."""
    rect = piece.ahead(-0.5 * piece.size[0] - 0.12, -0.5 * piece.size[0], piece.size[1])
    axis = 0 if rect[2] - rect[0] > rect[3] - rect[1] else 1
    low, high = rect[axis], rect[axis + 2]
    at, until = rect[1 - axis], rect[3 - axis]
    covered = sum(
        max(0.0, min(high, wall.high) - max(low, wall.low))
        for wall in walls
        if wall.axis == axis and at - 0.05 <= wall.line <= until + 0.05
    )
    return covered > 0.9 * (high - low)


def _along(wall: Wall) -> tuple[float, float]:
    (ax, ay), (bx, by) = wall.start, wall.end
    return (bx - ax) / wall.length_m, (by - ay) / wall.length_m
