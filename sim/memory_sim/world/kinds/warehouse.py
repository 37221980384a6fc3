"""A warehouse: rack aisles, docks for trucks, packing, and a few rooms for the people."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.kinds.supermarket import line_sides
from memory_sim.world.plan import add_row, BOUNDLESS, cut, name_rooms, PORTAL, Sketch

__all__ = ['ESSENTIALS', 'RECIPES', 'plan']

_HALL_M = 7.0
_AISLE_M = 5.6
_LETTERS = 'ABCDEFGHIJKLMNOP'


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return a hall with docks in front, racks in the middle, and rooms at one end."""
    sketch = Sketch()
    high = {'height_m': _HALL_M}
    count = {'small': 3, 'medium': 5, 'large': 9}[size]
    docks, drive = float(rng.uniform(8.0, 10.0)), float(rng.uniform(3.6, 4.4))
    length = float(rng.uniform(15.0, 19.0)) * (0.75 if size == 'small' else 1.0)
    packing = float(rng.uniform(9.0, 11.0))
    x1, x2 = count * _AISLE_M, count * _AISLE_M + packing
    y1, y2, y3 = docks, docks + drive, docks + drive + length
    half = round(float(rng.uniform(0.42, 0.58)) * x2, 2)
    hall = [
        sketch.add('receiving area', 'receiving area', (0.0, 0.0, half, y1), **high),
        sketch.add('shipping area', 'shipping area', (half, 0.0, x2, y1), **high),
        sketch.add('drive aisle', 'main drive aisle', (0.0, y1, x2, y2), **high),
    ]
    for i in range(count):
        rect = (i * _AISLE_M, y2, (i + 1) * _AISLE_M, y3)
        hall.append(sketch.add('rack aisle', f'rack aisle {_LETTERS[i]}', rect, **high))
    back = y3 + 3.6
    hall.append(sketch.add('drive aisle', 'rear drive aisle', (0.0, y3, x1, back), **high))
    split = y2 + float(rng.uniform(0.5, 0.65)) * length
    hall.append(sketch.add('packing area', 'packing area', (x1, y2, x2, split), **high))
    hall.append(sketch.add('charging area', 'charging area', (x1, split, x2, back), **high))
    for i, a in enumerate(hall):
        for b in hall[i + 1 :]:
            sketch.join(a, b, BOUNDLESS)
    kinds = ['office', 'break room', 'restroom', 'changing room', 'workshop',
             'hazardous goods room']  # fmt: skip
    if size == 'small':
        kinds.remove('changing room')
    rooms = add_row(sketch, kinds, cut(rng, 0.0, back, len(kinds), 0.2), (x2, x2 + 5.4), hall[2],
                    {'workshop': PORTAL}, upright=True, rng=rng)  # fmt: skip
    for room in rooms:  # each door leads to the part of the hall it is beside
        join = sketch.joins.pop((min(room, hall[2]), max(room, hall[2])))
        sketch.join(room, max(hall, key=lambda h: sketch.shared_m(room, h)), join)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def _racks(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    line_sides(layout, (['pallet rack'], ['pallet rack']), ends_m=0.2)
    if layout.rng.random() < 0.5:
        x0, y0, x1, y1 = layout.inner
        name = str(layout.rng.choice(['pallet jack', 'hand truck', 'step ladder']))
        turn = 0.0 if x1 - x0 > y1 - y0 else math.pi / 2
        t = float(layout.rng.uniform(0.3, 0.7))
        off = 1.0
        if turn == 0.0:
            layout.at(name, x0 + t * (x1 - x0), 0.5 * (y0 + y1) + off, turn)
        else:
            layout.at(name, 0.5 * (x0 + x1) + off, y0 + t * (y1 - y0), turn)
    layout.make_passable()


def _docks(layout: RoomLayout, names: tuple[str, ...]) -> None:
    """Hang doors for trucks on the outer wall and stand pallets on the floor before them."""
    doors = []
    for _ in range(max(2, int(layout.room.area_m2 / 70.0))):
        door = layout.on_wall('dock door', outer=True)
        if door is not None:
            doors.append(door)
            layout.keep_clear(door.ahead(0.0, 2.2, 2.6))
    layout.on_wall('fire extinguisher')
    x0, y0, x1, y1 = layout.inner
    k = 0
    for x in np.arange(x0 + 2.0, x1 - 1.6, 2.6):
        for y in np.arange(y0 + 2.0, y1 - 1.6, 2.4):
            if layout.rng.random() < 0.45:
                layout.at(names[k % len(names)], float(x), float(y), 0.0)
                k += 1
    layout.make_passable()


def _receiving(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    _docks(layout, ('loaded pallet', 'pallet', 'crate', 'loaded pallet', 'barrel'))
    layout.against_wall('floor scale', front_m=0.6)
    desk = layout.against_wall('office desk', front_m=0.7)
    if desk is not None:
        layout.on_top('computer', desk)
        layout.on_top('telephone', desk, shift=-0.9)
    layout.against_wall('pallet jack', front_m=0.3)
    layout.against_wall('hand truck', front_m=0.0)
    layout.on_wall('clock')


def _shipping(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    _docks(layout, ('loaded pallet', 'loaded pallet', 'cardboard box', 'pallet'))
    layout.against_wall('stretch wrapper', front_m=0.8)
    layout.against_wall('pallet jack', front_m=0.3)
    layout.against_wall('hand truck', front_m=0.0)
    layout.on_wall('notice board')
    layout.on_wall('clock')


def _drive(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    along_x = x1 - x0 > y1 - y0
    t = float(layout.rng.uniform(0.25, 0.75))
    if along_x:
        layout.at('forklift', x0 + t * (x1 - x0), y0 + 0.9, 0.0)
    else:
        layout.at('forklift', x0 + 0.9, y0 + t * (y1 - y0), math.pi / 2)
    layout.make_passable()
    layout.on_wall('fire extinguisher')


def _packing(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    belt = layout.at('conveyor', 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.0)
    for side in (-2.0, 2.0):
        for t in (-1.6, 0.6):
            table = layout.at('packing table', 0.5 * (x0 + x1) + side, 0.5 * (y0 + y1) + t,
                              0.0 if side > 0 else math.pi)  # fmt: skip
            if table is not None:
                layout.on_top('cardboard box', table, shift=0.5)
    layout.make_passable()
    for name in ('shelf', 'shelf', 'cardboard box', 'cardboard box', 'trash can', 'packing table'):
        layout.against_wall(name, front_m=0.4, near=belt)
    layout.on_wall('notice board')
    layout.on_wall('first aid kit')


def _charging(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(3):
        station = layout.against_wall('charging station', front_m=0.3)
        if station is not None:
            layout.on_wall('fire extinguisher')
    x0, y0, x1, y1 = layout.inner
    layout.at('forklift', 0.5 * (x0 + x1), 0.5 * (y0 + y1) - 1.6, 0.0)
    layout.at('forklift', 0.5 * (x0 + x1), 0.5 * (y0 + y1) + 1.6, math.pi)
    layout.make_passable()


def _workshop(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    bench = layout.against_wall('workbench', front_m=0.6)
    for name in ('workbench', 'tool cabinet', 'tool cabinet', 'shelf', 'barrel', 'step ladder',
                 'fan', 'trash can'):  # fmt: skip
        layout.against_wall(name, front_m=0.3, near=bench if name == 'tool cabinet' else None)
    for name in ('first aid kit', 'fire extinguisher', 'clock'):
        layout.on_wall(name)


def _hazardous(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for name in ('safety cabinet', 'safety cabinet', 'barrel', 'barrel', 'barrel', 'barrel',
                 'oxygen tank', 'oxygen tank', 'shelf'):  # fmt: skip
        layout.against_wall(name, front_m=0.4 if 'cabinet' in name else 0.0)
    for name in ('fire extinguisher', 'fire extinguisher', 'first aid kit'):
        layout.on_wall(name)


RECIPES: Mapping[str, Recipe] = {
    'charging area': _charging,
    'drive aisle': _drive,
    'hazardous goods room': _hazardous,
    'packing area': _packing,
    'rack aisle': _racks,
    'receiving area': _receiving,
    'shipping area': _shipping,
    'workshop': _workshop,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'hazardous goods room': frozenset({'hazardous goods cabinet'}),
    'packing area': frozenset({'packing table', 'conveyor belt'}),
    'rack aisle': frozenset({'pallet rack'}),
    'receiving area': frozenset({'loading dock door'}),
    'shipping area': frozenset({'loading dock door'}),
    'workshop': frozenset({'workbench'}),
}
