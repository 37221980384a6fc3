"""Rectangles of floor, the edges they share, and the walls around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memory_sim.world.model import DOOR, Opening, Room, Wall, WINDOW

__all__ = [
    'CEILING_M',
    'WALL_M',
    'Edge',
    'FloorPlan',
    'Rect',
    'Space',
    'as_room',
    'edges_between',
    'enclose',
    'outer_edges',
    'round_cm',
    'shared_edge',
]

Rect = tuple[float, float, float, float]

WALL_M = 0.12
DOOR_M = 0.95
CEILING_M = 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A rectangle of floor that will be a room: x0, y0, x1, y1 [m]."""

    kind: str
    name: str
    rect: Rect
    floor: int = 0
    elevation_m: float = 0.0
    height_m: float = CEILING_M
    #: Under the open sky: without walls and ceiling of its own.
    outdoor: bool = False
    #: No room, but walls around it: the upper part of a stairwell.
    void: bool = False

    @property
    def area_m2(self) -> float:
        """Floor area."""
        x0, y0, x1, y1 = self.rect
        return (x1 - x0) * (y1 - y0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """Spaces, and which of them a door joins."""

    spaces: tuple[Space, ...]
    doors: tuple[tuple[int, int], ...]


def round_cm(value: float) -> float:
    """Round a length to whole centimetres [m]."""
    return round(float(value), 2)


Edge = tuple[tuple[float, float], tuple[float, float]]


def shared_edge(a: Rect, b: Rect, shortest_m: float = 1.3) -> Edge | None:
    """Return the stretch of wall that two rectangles share, if it is long enough for a door."""
    for edge in edges_between(a, b):
        (x0, y0), (x1, y1) = edge
        if abs(x1 - x0) + abs(y1 - y0) >= shortest_m:
            return edge
    return None


def edges_between(a: Rect, b: Rect) -> list[Edge]:
    """Return the stretches of wall that two rectangles share."""
    edges: list[Edge] = []
    low, high = max(a[1], b[1]), min(a[3], b[3])
    edges += [((x, low), (x, high)) for x in {a[0], a[2]} & {b[0], b[2]} if high - low > 1e-6]
    low, high = max(a[0], b[0]), min(a[2], b[2])
    edges += [((low, y), (high, y)) for y in {a[1], a[3]} & {b[1], b[3]} if high - low > 1e-6]
    return edges


def _sides(rect: Rect) -> list[Edge]:
    x0, y0, x1, y1 = rect
    return [((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x0, y1), (x1, y1)), ((x0, y0), (x0, y1))]


def outer_edges(rect: Rect, others: Sequence[Rect]) -> list[Edge]:
    """Return the parts of a rectangle's sides that no other rectangle touches."""
    stretches: list[Edge] = []
    for (xa, ya), (xb, yb) in _sides(rect):
        axis = 0 if ya == yb else 1
        line = ya if axis == 0 else xa
        low, high = (xa, xb) if axis == 0 else (ya, yb)
        pieces = [(low, high)]
        for edge in (e for other in others for e in edges_between(rect, other)):
            (x0, y0), (x1, y1) = edge
            if (y0 == y1) != (axis == 0) or (y0 if axis == 0 else x0) != line:
                continue
            a, b = (x0, x1) if axis == 0 else (y0, y1)
            pieces = [
                piece
                for p, q in pieces
                for piece in ((p, min(q, a)), (max(p, b), q))
                if piece[1] - piece[0] > 1e-6
            ]
        stretches += [
            ((p, line), (q, line)) if axis == 0 else ((line, p), (line, q)) for p, q in pieces
        ]
    return stretches


def _length(edge: Edge) -> float:
    return abs(edge[1][0] - edge[0][0]) + abs(edge[1][1] - edge[0][1])


def _door(rng: np.random.Generator, edge: Edge, wide: bool) -> Opening:
    length = _length(edge)
    width = min(1.6 if wide else DOOR_M, length - 0.4)
    margin = 0.5 * width + 0.2
    offset = round_cm(rng.uniform(margin, length - margin))
    return Opening(kind=DOOR, offset_m=offset, width_m=round_cm(width), top_m=2.1)


def _window(kind: str, edge: Edge) -> tuple[Opening, ...]:
    length = _length(edge)
    if kind in ('hallway', 'laundry room') or length < 1.6:
        return ()
    if kind == 'bathroom':
        return (Opening(kind=WINDOW, offset_m=round_cm(length / 2), width_m=0.7, bottom_m=1.5,
                        top_m=2.1),)  # fmt: skip
    width = round_cm(min(0.5 * length, 1.8))
    return (
        Opening(
            kind=WINDOW, offset_m=round_cm(length / 2), width_m=width, bottom_m=0.95, top_m=2.15
        ),
    )


def enclose(rng: np.random.Generator, plan: FloorPlan) -> tuple[Wall, ...]:
    """Return the walls of a plan, with its doors, and windows where a room meets the outside."""
    walls: list[Wall] = []
    spaces = plan.spaces
    for i, a in enumerate(spaces):
        for j in range(i + 1, len(spaces)):
            b = spaces[j]
            joined = (i, j) in plan.doors or (j, i) in plan.doors
            door_edge = shared_edge(a.rect, b.rect) if joined else None
            for edge in edges_between(a.rect, b.rect):
                wide = 'hallway' not in (a.kind, b.kind) and b.kind != 'laundry room'
                openings = (_door(rng, edge, wide),) if edge == door_edge else ()
                walls.append(_wall(edge, openings))
        others = [s.rect for s in spaces if s is not a]
        outer = outer_edges(a.rect, others)
        walls += [_wall(edge, _window(a.kind, edge)) for edge in outer]
    return tuple(walls)


def _wall(edge: Edge, openings: tuple[Opening, ...]) -> Wall:
    return Wall(
        start=edge[0], end=edge[1], thickness_m=WALL_M, height_m=CEILING_M, openings=openings
    )


def as_room(space: Space, room_id: int, **finish: str) -> Room:
    """Return the room of a space."""
    x0, y0, x1, y1 = space.rect
    return Room(
        id=room_id, kind=space.kind, name=space.name, height_m=space.height_m,
        polygon=((x0, y0), (x1, y0), (x1, y1), (x0, y1)), floor=space.floor,
        elevation_m=space.elevation_m, ceiling=not space.outdoor, outdoor=space.outdoor,
        **finish,  # type: ignore[arg-type]
    )  # fmt: skip
