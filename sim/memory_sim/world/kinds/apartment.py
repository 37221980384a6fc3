"""An apartment: rooms on both sides of a hallway, joined by doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from memory_sim.furniture.finishes import draw_finish, light_room
from memory_sim.furniture.furnishing import furnish, missing_essentials
from memory_sim.world.build import ATTEMPTS, place_objects
from memory_sim.world.floor_plan import (
    as_room,
    enclose,
    FloorPlan,
    Rect,
    round_cm,
    shared_edge,
    Space,
)
from memory_sim.world.model import World

__all__ = ['generate', 'plan_flat']

#: Rooms of every apartment, and those that some have as well.
_KINDS = ('living room', 'kitchen', 'bedroom', 'study', 'bathroom')
_EXTRAS = ('dining room', 'bedroom', 'laundry room', 'bedroom', 'bathroom')
#: Neighbours that also get a door between them.
_OPEN_PLAN = ({'living room', 'kitchen'}, {'living room', 'dining room'},
              {'kitchen', 'dining room'}, {'kitchen', 'laundry room'})  # fmt: skip


def _split(rng: np.random.Generator, start: float, end: float, count: int) -> list[float]:
    """Cut a length into ``count`` parts of similar, seeded sizes."""
    weights = rng.uniform(0.75, 1.4, count)
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    return [round_cm(edge) for edge in edges]


def _strips(rng: np.random.Generator, width: float, rooms: int) -> tuple[list[Rect], Rect]:
    """Return room rectangles around a hallway that runs along x, and the hallway."""
    hall = rng.uniform(1.5, 1.8)
    lower, upper = rng.uniform(3.3, 4.2), rng.uniform(3.3, 4.2)
    y1, y2, y3 = round_cm(lower), round_cm(lower + hall), round_cm(lower + hall + upper)
    end_room = rng.random() < 0.6
    x_hall = round_cm(rng.uniform(4.2, 5.2)) if end_room else 0.0
    rects: list[Rect] = [(0.0, 0.0, x_hall, y3)] if end_room else []
    left = rooms - len(rects)
    below = (left + 1) // 2 if rng.random() < 0.5 else left // 2
    for count, low, high in ((below, 0.0, y1), (left - below, y2, y3)):
        edges = _split(rng, x_hall, width, count)
        rects += [(a, low, b, high) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return rects, (x_hall, y1, width, y2)


def _turn(rect: Rect, size: tuple[float, float], flip: tuple[bool, bool], swap: bool) -> Rect:
    x0, y0, x1, y1 = rect
    if flip[0]:
        x0, x1 = round_cm(size[0] - x1), round_cm(size[0] - x0)
    if flip[1]:
        y0, y1 = round_cm(size[1] - y1), round_cm(size[1] - y0)
    return (y0, x0, y1, x1) if swap else (x0, y0, x1, y1)


def _assign(rng: np.random.Generator, rects: Sequence[Rect]) -> list[Space]:
    """Give the largest rectangles to the kinds that want most floor."""
    extras = [_EXTRAS[int(i)] for i in rng.permutation(len(_EXTRAS))]
    kinds = [*_KINDS, *extras[: len(rects) - len(_KINDS)]]
    rank = {
        'living room': 0, 'bedroom': 1, 'kitchen': 1, 'dining room': 1, 'study': 2,
        'laundry room': 3, 'bathroom': 3,
    }  # fmt: skip
    jitter = rng.uniform(0.0, 0.9, len(kinds))
    order = sorted(range(len(kinds)), key=lambda i: (rank[kinds[i]] + jitter[i], i))
    areas = sorted(
        range(len(rects)),
        key=lambda i: -(rects[i][2] - rects[i][0]) * (rects[i][3] - rects[i][1]),
    )
    spaces = [Space(kind=kinds[i], name='', rect=rects[j]) for i, j in zip(order, areas)]  # noqa: B905
    return _name(spaces)


def _name(spaces: Sequence[Space]) -> list[Space]:
    adjectives = {
        'bedroom': ('main', 'guest', "children's"),
        'bathroom': ('main', 'guest'),
        'living room': ('',),
    }
    named, seen = [], dict.fromkeys((s.kind for s in spaces), 0)
    totals = {kind: sum(s.kind == kind for s in spaces) for kind in seen}
    for space in sorted(spaces, key=lambda s: (-s.area_m2, s.rect)):
        index = seen[space.kind]
        seen[space.kind] += 1
        options = adjectives.get(space.kind, ())
        prefix = options[index] if totals[space.kind] > 1 and index < len(options) else ''
        named.append(replace(space, name=f'{prefix} {space.kind}'.strip()))
    return named


def plan_flat(rng: np.random.Generator, size: str = 'medium') -> FloorPlan:
    """Return a flat of five to ten rooms and a hallway from which every room is reached."""
    rooms = {'small': 5, 'large': 10}.get(size) or int(rng.integers(6, 9))
    width = round_cm(rng.uniform(2.9, 3.3) * (rooms / 2) + 2.4)
    rects, hall = _strips(rng, width, rooms)
    extent = (width, max(r[3] for r in rects))
    flip, swap = (bool(rng.random() < 0.5), bool(rng.random() < 0.5)), bool(rng.random() < 0.5)
    rects = [_turn(r, extent, flip, swap) for r in rects]
    hallway = Space(kind='hallway', name='hallway', rect=_turn(hall, extent, flip, swap))
    spaces = (*_assign(rng, rects), hallway)
    last = len(spaces) - 1
    doors = [(i, last) for i in range(last)]
    joins = [
        (i, j)
        for i, a in enumerate(spaces[:-1])
        for j, b in enumerate(spaces[:-1])
        if i < j and {a.kind, b.kind} in _OPEN_PLAN and shared_edge(a.rect, b.rect) is not None
    ]
    busy: set[int] = set()
    for i, j in joins:  # one such door a room: walls are for furniture
        if not busy & {i, j}:
            doors.append((i, j))
            busy |= {i, j}
    return FloorPlan(spaces=spaces, doors=tuple(doors))


def generate(kind: str, size: str, rng: np.random.Generator) -> World:
    """Return a furnished flat on one floor."""
    world = None
    for child in rng.spawn(ATTEMPTS):
        plan = plan_flat(child, size)
        rooms = tuple(
            as_room(space, i + 1, **draw_finish(space.kind, child))
            for i, space in enumerate(plan.spaces)
        )
        walls = enclose(child, plan)
        furniture = [furnish(room, rooms, walls, child) for room in rooms]
        complete = not any(map(missing_essentials, rooms, furniture))
        if complete or world is None:
            lights = tuple(light for room in rooms for light in light_room(room, child))
            world = World(name=kind, kind=kind, rooms=rooms, walls=walls, lights=lights)
            world = replace(world, objects=place_objects(world, furniture))
        if complete:
            break
    assert world is not None
    return world
