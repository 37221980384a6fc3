"""A house of two storeys around a flight of stairs, some with a garage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from memory_sim.furniture.finishes import Options
from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.floor_plan import Rect
from memory_sim.world.plan import ARCH, cut, Join, OPEN, RAIL, Sketch

__all__ = ['ESSENTIALS', 'FINISHES', 'RECIPES', 'plan']

_STOREY_M = 2.8
#: Horizontal length and width of the flight, with its walls [m].
_RUN_M, _FLIGHT_M = 4.4, 1.24
_DOOR = Join('door', 0.95)


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return a hall with the stairs in the middle, and rooms on both sides of it."""
    sketch = Sketch(storey_m=_STOREY_M)
    left, right = rng.uniform(3.7, 4.8), rng.uniform(3.7, 4.8)
    middle, front = rng.uniform(3.15, 3.6), rng.uniform(2.2, 2.8)
    depth = front + _RUN_M + rng.uniform(2.0, 2.6)
    xs = [round(float(v), 2) for v in (0.0, left, left + middle, left + middle + right)]
    y1, y2, y3 = (round(float(v), 2) for v in (front, front + _RUN_M, depth))
    stairs: Rect = (xs[1], y1, round(xs[1] + _FLIGHT_M, 2), y2)
    below, above = sketch.add_stairs(stairs, rise_m=_STOREY_M)
    _ground(sketch, rng, xs, (y1, y2, y3), below, size)
    _upstairs(sketch, rng, xs, (y1, y2, y3), above, size)
    sketch.turn(rng)
    return sketch


def _ground(
    sketch: Sketch, rng: np.random.Generator, xs: list[float], ys: tuple[float, float, float],
    stairs: int, size: str,
) -> None:  # fmt: skip
    y1, y2, y3 = ys
    side = round(xs[1] + _FLIGHT_M, 2)
    hall = sketch.add('hallway', 'entrance hall', (xs[1], 0.0, xs[2], y1))
    passage = sketch.add('house passage', 'passage', (side, y1, xs[2], y2))
    rear_kind = str(rng.choice(['bathroom', 'laundry room']))
    rear_name = 'guest bathroom' if rear_kind == 'bathroom' else rear_kind
    rear = sketch.add(rear_kind, rear_name, (xs[1], y2, xs[2], y3))
    sketch.join(stairs, hall, OPEN)
    sketch.join(hall, passage, OPEN)
    sketch.join(passage, rear, _DOOR)
    half = round(float(rng.uniform(0.5, 0.6)) * y3, 2)
    if size == 'small':
        living = sketch.add('living room', 'living room', (xs[0], 0.0, xs[1], y3))
    else:
        living = sketch.add('living room', 'living room', (xs[0], 0.0, xs[1], half))
        dining = sketch.add('dining room', 'dining room', (xs[0], half, xs[1], y3))
        sketch.join(living, dining, ARCH)
    sketch.join(living, hall, _DOOR)
    kinds = ['kitchen', 'study'] if size == 'small' else ['kitchen', 'study', 'laundry room']
    if rear_kind == 'laundry room' and 'laundry room' in kinds:
        kinds[kinds.index('laundry room')] = 'bathroom'
    cells = cut(rng, 0.0, y3, len(kinds))
    for kind, low, high in zip(rng.permutation(kinds), cells, cells[1:], strict=False):
        name = 'guest bathroom' if str(kind) == 'bathroom' else str(kind)
        room = sketch.add(str(kind), name, (xs[2], low, xs[3], high))
        _join_nearest(sketch, room, (hall, passage, rear))
    if size == 'large' or (size == 'medium' and rng.random() < 0.5):
        garage = sketch.add('garage', 'garage', (xs[3], 0.0, xs[3] + 4.2, 6.6))
        _join_nearest(sketch, garage, tuple(range(len(sketch.spaces) - 1)))


def _upstairs(
    sketch: Sketch, rng: np.random.Generator, xs: list[float], ys: tuple[float, float, float],
    stairs: int, size: str,
) -> None:  # fmt: skip
    y1, y2, y3 = ys
    side = round(xs[1] + _FLIGHT_M, 2)
    up = {'floor': 1, 'elevation_m': _STOREY_M}
    front = sketch.add('landing', 'front landing', (xs[1], 0.0, xs[2], y1), **up)
    passage = sketch.add('landing', 'upper passage', (side, y1, xs[2], y2), **up)
    head = sketch.add('landing', 'landing', (xs[1], y2, xs[2], y3), **up)
    sketch.join(stairs, head, OPEN)
    sketch.join(stairs, passage, RAIL)
    sketch.join(stairs, front, RAIL)
    sketch.join(front, passage, OPEN)
    sketch.join(passage, head, OPEN)
    names = ["children's bedroom", 'guest bedroom', 'small bedroom']
    half = round(float(rng.uniform(0.45, 0.55)) * y3, 2)
    rooms = [('bedroom', 'main bedroom', (xs[0], 0.0, xs[1], half)),
             ('bedroom', names[0], (xs[0], half, xs[1], y3))]  # fmt: skip
    kinds = [('bathroom', 'main bathroom'), ('bedroom', names[1])]
    if size != 'small':
        kinds.append(('playroom', 'playroom') if rng.random() < 0.5 else ('bedroom', names[2]))
    cells = cut(rng, 0.0, y3, len(kinds))
    for i, k in enumerate(rng.permutation(len(kinds))):
        kind, name = kinds[int(k)]
        rooms.append((kind, name, (xs[2], cells[i], xs[3], cells[i + 1])))
    for kind, name, rect in rooms:
        room = sketch.add(kind, name, rect, **up)
        _join_nearest(sketch, room, (front, passage, head))


def _join_nearest(sketch: Sketch, room: int, options: tuple[int, ...]) -> None:
    """Put a door between a room and the space with which it shares most of a wall."""
    best = max(options, key=lambda i: (sketch.shared_m(room, i), -i))
    sketch.join(room, best, _DOOR)


def _garage(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    turn = 0.0 if x1 - x0 > y1 - y0 else 0.5 * np.pi
    layout.at('car', 0.5 * (x0 + x1), 0.5 * (y0 + y1), turn)
    layout.make_passable()
    layout.against_wall('workbench', front_m=0.4)
    for name in ('bicycle', 'tool cabinet', 'cardboard box', 'step ladder'):
        layout.against_wall(name, front_m=0.0)


def _playroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    box = layout.against_wall('toy box', front_m=0.3)
    if box is not None:
        layout.on_top('teddy bear', box)
    layout.against_wall('shelf', front_m=0.4)
    layout.against_wall('armchair', front_m=0.4)
    layout.against_wall('guitar', front_m=0.0)
    layout.against_wall('desk', front_m=0.6)
    layout.under('rug')
    layout.on_wall('poster')
    layout.on_wall('clock')


def _landing(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.against_wall(str(layout.rng.choice(['plant', 'bookshelf', 'shelf'])), front_m=0.0)
    layout.on_wall('painting')


def _corridor(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.on_wall('painting')
    layout.on_wall('clock')


RECIPES: Mapping[str, Recipe] = {
    'garage': _garage,
    'house passage': _corridor,
    'landing': _landing,
    'playroom': _playroom,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {'garage': frozenset({'car'})}

#: Floor textures, floor colours, wall textures, wall colours.
FINISHES: Mapping[str, Options] = {
    'landing': (('planks', 'carpet'), ('oak', 'pine', 'beige'), ('plaster', 'stripes'),
                ('white', 'cream', 'light blue')),
    'staircase': (('planks',), ('oak', 'pine', 'walnut'), ('plaster',), ('white', 'cream')),
    'garage': (('concrete',), ('light gray', 'gray'), ('bricks', 'concrete'),
               ('light gray', 'white')),
    'playroom': (('carpet', 'planks'), ('yellow', 'light green', 'light blue', 'pine'),
                 ('plaster', 'stripes', 'diamonds'), ('yellow', 'pink', 'light blue')),
}  # fmt: skip
