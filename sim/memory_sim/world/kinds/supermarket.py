"""A supermarket: one hall of aisles by department, checkouts in front, stores behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.plan import add_row, BOUNDLESS, cut, name_rooms, PORTAL, Sketch

__all__ = ['ESSENTIALS', 'RECIPES', 'line_sides', 'plan']

_HALL_M = 4.2
_AISLE_M = 3.7
#: Departments of the aisles and the goods of each.
DEPARTMENTS: Mapping[str, tuple[str, ...]] = {
    'pasta and rice': ('pasta', 'rice', 'sauce', 'canned food'),
    'breakfast': ('cereal', 'coffee', 'tea', 'biscuit'),
    'sweets and snacks': ('chocolate', 'snack', 'biscuit'),
    'drinks': ('water', 'juice', 'lemonade', 'beer', 'wine'),
    'baking and spices': ('flour', 'spice', 'oil and vinegar'),
    'household': ('detergent', 'cleaning', 'toilet paper', 'kitchenware', 'battery'),
    'body care and baby': ('shampoo', 'soap', 'diaper', 'baby food'),
    'pets and leisure': ('pet food', 'toy', 'stationery'),
}
_CHILLED = ('milk', 'cheese', 'yoghurt', 'butter', 'egg', 'sausage', 'salad', 'tofu')


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return the hall as touching regions without walls, and the rooms behind it."""
    sketch = Sketch()
    high = {'height_m': _HALL_M}
    count = {'small': 3, 'medium': 5, 'large': 8}[size]
    side = float(rng.uniform(7.0, 8.5))
    length = float(rng.uniform(11.0, 14.0)) * (0.8 if size == 'small' else 1.0)
    front = float(rng.uniform(6.5, 7.5))
    x1 = side + (count + 1) * _AISLE_M
    y1, y2, y3 = front, front + length, front + length + 4.6
    hall = [
        sketch.add('shop entrance', 'entrance', (0.0, 0.0, side, y1), **high),
        sketch.add('checkout', 'checkout', (side, 0.0, x1, y1), **high),
    ]
    middle = y1 + float(rng.uniform(0.5, 0.62)) * length
    hall.append(sketch.add('produce department', 'produce department',
                           (0.0, y1, side, middle), **high))  # fmt: skip
    hall.append(sketch.add('bakery', 'bakery', (0.0, middle, side, y2), **high))
    names = list(DEPARTMENTS)
    order = [names[int(i)] for i in rng.permutation(len(names))][:count]
    frozen = int(rng.integers(0, count + 1))
    for i in range(count + 1):
        rect = (side + i * _AISLE_M, y1, side + (i + 1) * _AISLE_M, y2)
        if i == frozen:
            hall.append(sketch.add('freezer section', 'freezer section', rect, **high))
        else:
            hall.append(sketch.add('aisle', f'{order.pop(0)} aisle', rect, **high))
    split = round(0.5 * x1, 2)
    hall.append(sketch.add('deli counter', 'deli counter', (0.0, y2, split, y3), **high))
    hall.append(sketch.add('aisle', 'dairy section', (split, y2, x1, y3), **high))
    for i, a in enumerate(hall):
        for b in hall[i + 1 :]:
            sketch.join(a, b, BOUNDLESS)
    kinds = ['stock room', 'staff room', 'restroom', 'office']
    edges = cut(rng, 0.0, x1, len(kinds), 0.25)
    rooms = add_row(sketch, kinds, edges, (y3, y3 + 5.0), hall[-1],
                    {'stock room': PORTAL}, rng=rng)  # fmt: skip
    for room in rooms:  # each door leads to the part of the hall it is beside
        join = sketch.joins.pop((min(room, hall[-1]), max(room, hall[-1])))
        sketch.join(room, max(hall, key=lambda h: sketch.shared_m(room, h)), join)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def line_sides(layout: RoomLayout, names: Sequence[Sequence[str]], *, ends_m: float = 0.6) -> None:
    """Line both long sides of a room with shelves that face its middle, side by side."""
    x0, y0, x1, y1 = layout.inner
    along_x = x1 - x0 > y1 - y0
    start, end = (x0, x1) if along_x else (y0, y1)
    for side, goods in zip((-1, 1), names, strict=True):
        at, k = start + ends_m, 0
        while goods:
            depth, width = layout.size_of(goods[k % len(goods)])[:2]
            if at + width > end - ends_m:
                break
            along = at + 0.5 * width
            if along_x:
                y = y0 + 0.5 * depth + 0.01 if side < 0 else y1 - 0.5 * depth - 0.01
                layout.at(goods[k % len(goods)], along, y, -side * math.pi / 2)
            else:
                x = x0 + 0.5 * depth + 0.01 if side < 0 else x1 - 0.5 * depth - 0.01
                layout.at(goods[k % len(goods)], x, along, 0.0 if side < 0 else math.pi)
            at, k = at + width + 0.02, k + 1


def _aisle(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    goods = DEPARTMENTS.get(layout.room.name.removesuffix(' aisle'))
    if goods is None:
        shelves = [f'{name} shelf' for name in _CHILLED]
        for shelf in shelves:
            layout.against_wall(shelf, front_m=1.2)
        layout.make_passable()
        return
    doubled = [f'{name} shelf' for name in goods for _ in range(2)]
    turned = doubled[len(doubled) // 2 :] + doubled[: len(doubled) // 2]
    line_sides(layout, (doubled, turned))
    layout.make_passable()


def _freezers(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    left = ['frozen pizza freezer', 'frozen pizza freezer', 'ice cream freezer']
    line_sides(layout, (left, ['frozen vegetable freezer', 'ice cream freezer']))
    layout.make_passable()


def _produce(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    names = ('fruit stand', 'vegetable stand')
    for i, x in enumerate(np.arange(x0 + 1.6, x1 - 1.4, 2.8)):
        for j, y in enumerate(np.arange(y0 + 1.5, y1 - 1.2, 3.3)):
            layout.at(names[(i + j) % 2], float(x), float(y), 0.0)
    layout.make_passable()
    layout.against_wall('flower stand', front_m=0.6)


def _bakery(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    counter = layout.against_wall('cake counter', front_m=0.9)
    for name in ('bread shelf', 'bread shelf', 'bread shelf', 'cake counter'):
        layout.against_wall(name, front_m=0.8, near=counter)
    layout.against_wall('coffee machine', front_m=0.5) if counter is None else layout.on_top(
        'coffee machine', counter, shift=0.7
    )
    layout.on_wall('clock')


def _deli(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    counter = layout.against_wall('meat counter', front_m=1.0)
    for name in ('meat counter', 'fish counter', 'fish counter'):
        layout.against_wall(name, front_m=1.0, near=counter)
    layout.on_wall('clock')
    layout.make_passable()


def _checkout(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    across = x1 - x0 < y1 - y0
    start, end = (y0, y1) if across else (x0, x1)
    yaw = 0.0 if not across else math.pi / 2
    for t in np.arange(start + 1.4, end - 1.2, 2.7):
        x, y = (0.5 * (x0 + x1), t) if across else (t, 0.5 * (y0 + y1))
        layout.at('checkout counter', float(x), float(y), yaw)
    layout.make_passable()
    door = layout.on_wall('entrance door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 1.4, 2.0))
    for name in ('atm', 'magazine rack', 'trash can', 'plant'):
        layout.against_wall(name, front_m=0.5 if name != 'plant' else 0.0)
    layout.on_wall('clock')
    layout.on_wall('fire extinguisher')


def _entrance(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    door = layout.on_wall('entrance door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 1.8, 2.2))
    cart = None
    for _ in range(6):
        cart = layout.against_wall('shopping cart', front_m=0.3, near=cart) or cart
    for name, front in (('shopping basket', 0.3), ('customer service desk', 0.7),
                        ('bottle return machine', 0.8), ('flower stand', 0.5),
                        ('vending machine', 0.6), ('recycling bin', 0.0)):  # fmt: skip
        layout.against_wall(name, front_m=front)
    layout.on_wall('notice board')


def _stock(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(4):
        layout.against_wall('shelf', front_m=0.6)
    for name in ('loaded pallet', 'loaded pallet', 'pallet jack', 'cardboard box', 'crate',
                 'hand truck', 'cardboard box', 'step ladder', 'refrigerator'):  # fmt: skip
        layout.against_wall(name, front_m=0.2)
    layout.on_wall('time clock')
    layout.on_wall('fire extinguisher')


RECIPES: Mapping[str, Recipe] = {
    'aisle': _aisle,
    'bakery': _bakery,
    'checkout': _checkout,
    'deli counter': _deli,
    'freezer section': _freezers,
    'produce department': _produce,
    'shop entrance': _entrance,
    'stock room': _stock,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'bakery': frozenset({'bread shelf'}),
    'checkout': frozenset({'checkout counter'}),
    'produce department': frozenset({'fruit stand', 'vegetable stand'}),
    'shop entrance': frozenset({'entrance door', 'shopping cart'}),
}
