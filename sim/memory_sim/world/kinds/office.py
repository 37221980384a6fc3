"""An office floor: rooms around a ring of corridors, or along a single one, and open plans."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.plan import add_row, cut, name_rooms, OPEN, PORTAL, Sketch

__all__ = ['ESSENTIALS', 'RECIPES', 'plan']

_PASSAGE_M = 2.0
_WIDE = dict.fromkeys(('reception', 'elevator lobby', 'lounge'), PORTAL)
#: What the inner cells of the ring are, the needed ones first.
_CORE = ('restroom', 'break room', 'copy room', 'elevator lobby', 'meeting room', 'server room',
         'storage room', 'phone room', 'lounge', 'meeting room', 'restroom')  # fmt: skip
_OUTER = ('office', 'meeting room', 'office', 'manager office', 'office', 'meeting room',
          'office', 'office', 'lounge', 'office', 'office', 'office')  # fmt: skip


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return a ring of corridors, or for a small floor one corridor."""
    sketch = Sketch()
    if size == 'small' or (size == 'medium' and rng.random() < 0.4):
        _spine(sketch, rng, 5 if size == 'small' else 7)
    else:
        _ring(sketch, rng, 5 if size == 'medium' else 9)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def _spine(sketch: Sketch, rng: np.random.Generator, cells: int) -> None:
    """Draw a corridor along x with rooms on both sides and an open plan at its end."""
    open_m = float(rng.uniform(8.0, 10.0))
    length = open_m + cells * float(rng.uniform(3.6, 4.2))
    y1 = float(rng.uniform(4.2, 5.4))
    y2 = y1 + _PASSAGE_M
    y3 = y2 + float(rng.uniform(4.2, 5.4))
    corridor = sketch.add('corridor', 'corridor', (open_m, y1, length, y2))
    hall = sketch.add('open-plan office', '', (0.0, 0.0, open_m, y3))
    sketch.join(corridor, hall, PORTAL)
    south = cut(rng, open_m, length, cells)
    kinds = ['reception', *_OUTER[: cells - 1]]
    add_row(sketch, kinds, south, (0.0, y1), corridor, _WIDE, rng=rng)
    add_row(
        sketch, _CORE[:cells], cut(rng, open_m, length, cells), (y2, y3), corridor, _WIDE, rng=rng
    )


def _ring(sketch: Sketch, rng: np.random.Generator, cells: int) -> None:
    """Draw corridors around a core, rooms to the south and north, open plans west and east."""
    c = _PASSAGE_M
    west, east = float(rng.uniform(7.5, 9.5)), float(rng.uniform(7.5, 9.5))
    x2 = west + cells * float(rng.uniform(3.7, 4.3))
    y1 = float(rng.uniform(4.4, 5.4))
    y2 = y1 + c + float(rng.uniform(7.2, 8.8))
    y3 = y2 + c + float(rng.uniform(4.4, 5.4))
    south = sketch.add('corridor', 'south corridor', (west, y1, x2, y1 + c))
    north = sketch.add('corridor', 'north corridor', (west, y2, x2, y2 + c))
    left = sketch.add('corridor', 'west corridor', (west, y1 + c, west + c, y2))
    right = sketch.add('corridor', 'east corridor', (x2 - c, y1 + c, x2, y2))
    for side in (left, right):
        sketch.join(side, south, OPEN)
        sketch.join(side, north, OPEN)
    first = sketch.add('open-plan office', '', (0.0, 0.0, west, y2 + c + y1))
    second = sketch.add('open-plan office', '', (x2, 0.0, x2 + east, y2 + c + y1))
    y3 = sketch.spaces[first].rect[3]
    for hall, side in ((first, left), (second, right)):
        sketch.join(hall, side, PORTAL)
        sketch.join(hall, south, PORTAL)
    outer = [_OUTER[int(i)] for i in rng.permutation(len(_OUTER))]
    edges = cut(rng, west, x2, cells)
    add_row(sketch, ['reception', *outer[: cells - 1]], edges, (0.0, y1), south, _WIDE, rng=rng)
    edges = cut(rng, west, x2, cells)
    add_row(sketch, outer[-cells:], edges, (y2 + c, y3), north, _WIDE, rng=rng)
    middle = round(0.5 * (y1 + c + y2) + float(rng.uniform(-0.5, 0.5)), 2)
    count = max(2, round((x2 - west - 2 * c) / 4.0))
    core = [*_CORE, 'restroom', 'storage room', 'lounge']
    for low, high, corridor, kinds in (
        (y1 + c, middle, south, core[:count]),
        (middle, y2, north, core[count : 2 * count]),
    ):
        edges = cut(rng, west + c, x2 - c, count, 0.12)
        add_row(sketch, kinds, edges, (low, high), corridor, _WIDE, rng=rng)


def _work_place(layout: RoomLayout, x: float, y: float, yaw: float) -> None:
    """Stand a desk at a place, its user's chair before its front."""
    desk = layout.at('office desk', x, y, yaw)
    if desk is None:
        return
    reach = 0.5 * desk.size[0] + 0.12
    layout.at('office chair', x + math.cos(yaw) * reach, y + math.sin(yaw) * reach, yaw + math.pi,
              tucked=True)  # fmt: skip
    layout.on_top('computer', desk)
    extra = ('telephone', 'desk lamp', 'laptop', 'small plant', '', '')
    name = str(layout.rng.choice(extra))
    if name:
        layout.on_top(name, desk, shift=float(layout.rng.choice([-0.95, 0.95])))


def _open_plan(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Stand pairs of desks face to face, with a partition between, in rows with aisles."""
    del kinds
    x0, y0, x1, y1 = layout.inner
    along_x = bool(layout.rng.random() < 0.5)
    length, width = (x1 - x0, y1 - y0) if along_x else (y1 - y0, x1 - x0)
    columns, rows = max(1, int((length - 1.6) / 3.5)), max(1, int((width - 1.6) / 3.9))
    for i in range(columns):
        for j in range(rows):
            u = 0.8 + (i + 0.5) * (length - 1.6) / columns
            v = 0.8 + (j + 0.5) * (width - 1.6) / rows
            for side in (-0.82, 0.82):
                for front in (-1.0, 1.0):
                    a, b = u + side, v + 0.46 * front
                    x, y = (x0 + a, y0 + b) if along_x else (x0 + b, y0 + a)
                    yaw = front * 0.5 * math.pi if along_x else (0.0 if front > 0 else math.pi)
                    _work_place(layout, x, y, yaw)
            x, y = (x0 + u, y0 + v) if along_x else (x0 + v, y0 + u)
            for side in (-0.82, 0.82):
                px, py = (x + side, y) if along_x else (x, y + side)
                layout.at('partition', px, py, 0.5 * math.pi if along_x else 0.0)
    layout.make_passable()
    for name in ('copier', 'filing cabinet', 'filing cabinet', 'plant', 'plant', 'recycling bin',
                 'coat rack', 'water cooler', 'bookshelf'):  # fmt: skip
        layout.against_wall(name, front_m=0.4 if name in ('copier', 'water cooler') else 0.0)
    for name in ('whiteboard', 'clock', 'fire extinguisher', 'poster'):
        layout.on_wall(name)


def _office(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    desk = layout.against_wall('desk', front_m=0.9)
    if desk is not None:
        layout.facing('office chair', desk, (-0.15, -0.05, 0.05))
        layout.on_top('computer', desk)
        layout.on_top('telephone', desk, shift=-0.9)
        layout.on_top('desk lamp', desk, shift=0.9)
    layout.against_wall('bookshelf', front_m=0.5)
    cabinet = layout.against_wall('filing cabinet', front_m=0.4)
    if cabinet is not None and layout.rng.random() < 0.5:
        layout.on_top('printer', cabinet)
    for name in layout.rng.permutation(['plant', 'coat rack', 'meeting chair', 'safe'])[:2]:
        layout.against_wall(str(name), front_m=0.0)
    layout.against_wall('trash can', front_m=0.0, near=desk)
    layout.on_wall(str(layout.rng.choice(['whiteboard', 'poster', 'painting', 'notice board'])))
    layout.on_wall('clock')


def _manager(layout: RoomLayout, kinds: frozenset[str]) -> None:
    _office(layout, kinds)
    table = layout.in_middle('round table', 0.6)
    if table is not None:
        layout.around('meeting chair', table, 4)
    layout.against_wall('loveseat', front_m=0.5)
    layout.on_wall('painting')


def meeting(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Furnish a room with a long table, chairs and a screen."""
    del kinds
    x0, y0, x1, y1 = layout.inner
    layout.on_wall('projector screen')
    name = 'conference table' if max(x1 - x0, y1 - y0) > 5.0 else 'small conference table'
    table = layout.in_middle(name, 0.7) or layout.in_middle('round table', 0.6)
    if table is not None:
        if table.model.name == 'round table':
            layout.around('meeting chair', table, 4)
        else:
            layout.seat('meeting chair', table)
        layout.on_top('projector', table)
    layout.on_wall('whiteboard')
    layout.against_wall('plant', front_m=0.0)
    layout.against_wall('sideboard', front_m=0.5)
    layout.on_wall('clock')


def _reception(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    door = layout.on_wall('entrance door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 1.4, 1.9))
    desk = layout.in_middle('reception desk', 0.75) or layout.against_wall('reception desk')
    if desk is not None:
        layout.on_top('computer', desk, shift=0.5)
        layout.on_top('telephone', desk, shift=-0.7)
    layout.against_wall('sofa', front_m=0.6)
    layout.against_wall('armchair', front_m=0.4)
    for name in ('plant', 'plant', 'coat rack'):
        layout.against_wall(name, front_m=0.0)
    layout.on_wall('painting')
    layout.on_wall('clock')


def _copy_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    copier = layout.against_wall('copier', front_m=0.7)
    table = layout.against_wall('sideboard', front_m=0.6, near=copier)
    if table is not None:
        layout.on_top('printer', table)
    layout.against_wall('shredder', front_m=0.0, near=copier)
    layout.against_wall('recycling bin', front_m=0.0, near=copier)
    layout.against_wall('pigeonholes', front_m=0.5)
    layout.against_wall('shelf', front_m=0.4)
    layout.on_wall('notice board')


def _server_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    rack = None
    for _ in range(5):
        rack = layout.against_wall('server rack', front_m=0.7, near=rack) or rack
    table = layout.against_wall('office desk', front_m=0.6)
    if table is not None:
        layout.on_top('computer', table)
    layout.against_wall('fan', front_m=0.0)
    layout.on_wall('fire extinguisher')


def _lounge(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    sofa = layout.against_wall('sofa', front_m=0.7)
    if sofa is not None:
        table = layout.facing('coffee table', sofa, (0.45, 0.5))
        layout.under('rug', table or sofa)
        layout.against_wall('floor lamp', front_m=0.0, near=sofa)
    layout.against_wall('armchair', front_m=0.4)
    layout.against_wall('bookshelf', front_m=0.4)
    for name in ('bar table', 'plant', 'vending machine'):
        layout.against_wall(name, front_m=0.0 if name == 'plant' else 0.4)
    layout.on_wall('painting')


def _phone_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    table = layout.against_wall('office desk', front_m=0.6)
    if table is not None:
        layout.facing('meeting chair', table, (-0.1, 0.0))
        layout.on_top('telephone', table)
    layout.on_wall('clock')
    layout.against_wall('plant', front_m=0.0)


RECIPES: Mapping[str, Recipe] = {
    'copy room': _copy_room,
    'lounge': _lounge,
    'manager office': _manager,
    'meeting room': meeting,
    'office': _office,
    'open-plan office': _open_plan,
    'phone room': _phone_room,
    'reception': _reception,
    'server room': _server_room,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'copy room': frozenset({'copier'}),
    'meeting room': frozenset({'chair'}),
    'office': frozenset({'desk', 'office chair', 'computer'}),
    'open-plan office': frozenset({'desk', 'office chair'}),
    'reception': frozenset({'reception desk', 'entrance door'}),
    'server room': frozenset({'server rack'}),
}
