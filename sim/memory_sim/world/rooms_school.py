"""Rooms of a school: classrooms and workshops, gym, canteen, library and auditorium."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout

__all__ = ['ESSENTIALS', 'RECIPES']


def _classroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Stand rows of desks before a board."""
    del kinds
    board = layout.on_wall('blackboard') or layout.on_wall('whiteboard')
    if board is None:
        return
    layout.keep_clear(board.ahead(0.0, 0.5, board.size[1]))
    c, s = math.cos(board.yaw_rad), math.sin(board.yaw_rad)
    x0, y0, x1, y1 = layout.inner
    reach = (x1 - x0) if abs(c) > 0.5 else (y1 - y0)
    wide = (y1 - y0) if abs(c) > 0.5 else (x1 - x0)
    middle_x, middle_y = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
    bx, by = (board.x, middle_y) if abs(c) > 0.5 else (middle_x, board.y)
    teacher = layout.at('teacher desk', bx + 1.15 * c - 0.28 * wide * s,
                        by + 1.15 * s + 0.28 * wide * c, board.yaw_rad + math.pi)  # fmt: skip
    if teacher is not None:
        layout.on_top('globe' if layout.rng.random() < 0.5 else 'laptop', teacher)
    columns = max(1, int((wide - 1.4) / 1.75))
    for row in range(max(1, int((reach - 3.4) / 1.5))):
        ahead = 2.75 + 1.5 * row
        for column in range(columns):
            beside = ((column + 0.5) / columns - 0.5) * (wide - 1.2)
            x, y = bx + ahead * c - beside * s, by + ahead * s + beside * c
            desk = layout.at('school desk', x, y, board.yaw_rad)
            if desk is None:
                continue
            for side in (-0.3, 0.3):
                px, py = x + 0.4 * c - side * s, y + 0.4 * s + side * c
                layout.at('school chair', px, py, board.yaw_rad + math.pi, tucked=True)
    layout.make_passable()
    for name in ('bookshelf', 'locker', 'plant', 'trash can'):
        layout.against_wall(name, front_m=0.4 if name != 'plant' else 0.0)
    for name in ('notice board', 'clock', 'poster', 'poster'):
        layout.on_wall(name)


def _benches(layout: RoomLayout, stool: str, tops: tuple[str, ...], bench: str) -> None:
    """Stand working tables in rows with stools on one side."""
    x0, y0, x1, y1 = layout.inner
    columns, rows = max(1, int((x1 - x0 - 1.6) / 3.0)), max(1, int((y1 - y0 - 1.8) / 2.0))
    for i in range(columns):
        for j in range(rows):
            x = x0 + 0.8 + (i + 0.5) * (x1 - x0 - 1.6) / columns
            y = y0 + 0.9 + (j + 0.5) * (y1 - y0 - 1.8) / rows
            table = layout.at(bench, x, y, math.pi / 2)
            if table is None:
                continue
            for side in (-0.55, 0.55):
                layout.at(stool, x + side, y - 0.5 * table.size[0] - 0.25, math.pi / 2)
            layout.on_top(tops[(i + j) % len(tops)], table, shift=0.6)
    layout.make_passable()


def _science(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.on_wall('whiteboard')
    layout.against_wall('fume hood', front_m=0.7)
    _benches(layout, 'lab stool', ('microscope', 'laptop'), 'lab bench')
    for name in ('medicine cabinet', 'skeleton model', 'wash basin', 'shelf'):
        layout.against_wall(name, front_m=0.4)
    for name in ('fire extinguisher', 'first aid kit', 'poster', 'clock'):
        layout.on_wall(name)


def _art(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    _benches(layout, 'lab stool', ('vase', 'fruit bowl'), 'reading table')
    for name in ('easel', 'easel', 'easel', 'shelf', 'wash basin', 'shelf'):
        layout.against_wall(name, front_m=0.4)
    for _ in range(5):
        layout.on_wall('poster')
    layout.on_wall('painting')


def _music(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.on_wall('whiteboard')
    layout.against_wall('piano', front_m=0.7)
    layout.against_wall('drum set', front_m=0.3)
    for name in ('guitar', 'guitar', 'harp', 'shelf', 'bookshelf'):
        layout.against_wall(name, front_m=0.3)
    x0, y0, x1, y1 = layout.inner
    for x in np.arange(0.5 * (x0 + x1) - 1.5, 0.5 * (x0 + x1) + 1.6, 1.0):
        for y in np.arange(0.5 * (y0 + y1) - 1.1, 0.5 * (y0 + y1) + 1.2, 1.1):
            layout.at('school chair', float(x), float(y))
    layout.make_passable()
    for name in ('poster', 'clock', 'painting'):
        layout.on_wall(name)


def _computers(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.on_wall('projector screen')
    _benches(layout, 'school chair', ('computer',), 'reading table')
    for name in ('printer', 'server rack', 'bookshelf'):
        if name == 'printer':
            table = layout.against_wall('sideboard', front_m=0.5)
            if table is not None:
                layout.on_top('printer', table)
        else:
            layout.against_wall(name, front_m=0.4)
    layout.on_wall('whiteboard')
    layout.on_wall('clock')


def _gym(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    along_x = x1 - x0 > y1 - y0
    for end in (0, 1):  # a hoop at either end
        yaw = (
            (0.0 if end == 0 else math.pi)
            if along_x
            else (1.0 if end == 0 else -1.0) * math.pi / 2
        )
        x = (x0 + 0.56 if end == 0 else x1 - 0.56) if along_x else 0.5 * (x0 + x1)
        y = 0.5 * (y0 + y1) if along_x else (y0 + 0.56 if end == 0 else y1 - 0.56)
        layout.at('basketball hoop', x, y, yaw)
    for _ in range(3):
        layout.on_wall('wall bars')
    for name in ('vaulting box', 'ball rack', 'bench', 'bench', 'treadmill', 'ball rack'):
        layout.against_wall(name, front_m=0.6)
    layout.at('table tennis table', x0 + 0.28 * (x1 - x0), y0 + 0.72 * (y1 - y0))
    for u in (0.62, 0.72, 0.82):
        layout.at('gym mat', x0 + u * (x1 - x0), y0 + 0.3 * (y1 - y0))
    layout.make_passable()
    layout.on_wall('clock')
    layout.on_wall('first aid kit')
    layout.on_wall('fire extinguisher')


def _canteen(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    counter = layout.against_wall('serving counter', front_m=1.2)
    for name in ('serving counter', 'tray rack', 'vending machine'):
        layout.against_wall(name, front_m=1.0, near=counter)
    x0, y0, x1, y1 = layout.inner
    columns, rows = max(1, int((x1 - x0 - 2.0) / 3.0)), max(1, int((y1 - y0 - 2.6) / 2.4))
    for i in range(columns):
        for j in range(rows):
            x = x0 + 1.0 + (i + 0.5) * (x1 - x0 - 2.0) / columns
            y = y0 + 1.3 + (j + 0.5) * (y1 - y0 - 2.6) / rows
            table = layout.at('canteen table', x, y, math.pi / 2)
            if table is not None:
                layout.seat('school chair', table)
    layout.make_passable()
    for name in ('trash can', 'recycling bin', 'water cooler', 'plant', 'plant'):
        layout.against_wall(name, front_m=0.0)
    for name in ('clock', 'notice board', 'poster', 'painting'):
        layout.on_wall(name)


def _kitchen(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    stove = layout.against_wall('kitchen range', front_m=0.8)
    for name in ('stove', 'kitchen sink', 'dishwasher', 'counter', 'counter', 'refrigerator',
                 'refrigerator', 'shelf'):  # fmt: skip
        layout.against_wall(name, front_m=0.7, near=stove)
    table = layout.in_middle('conference table', 0.7) or layout.in_middle('reading table', 0.6)
    if table is not None:
        layout.on_top('fruit bowl', table, shift=0.4)
        layout.on_top('toaster', table, shift=-0.6)
    layout.on_wall('fire extinguisher')
    layout.on_wall('clock')
    layout.against_wall('trash can', front_m=0.0)


def _library(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Stand rows of bookshelves on one side and reading tables on the other."""
    del kinds
    x0, y0, x1, y1 = layout.inner
    along_x = x1 - x0 > y1 - y0
    length, width = (x1 - x0, y1 - y0) if along_x else (y1 - y0, x1 - x0)
    for u in np.arange(1.6, 0.5 * length + 0.4, 1.9):
        for v in np.arange(1.9, width - 1.6, 1.84):
            for back in (-0.21, 0.21):  # back to back
                a, b = u + back, v
                x, y = (x0 + a, y0 + b) if along_x else (x0 + b, y0 + a)
                yaw = (math.pi if back < 0 else 0.0) if along_x else (
                    -math.pi / 2 if back < 0 else math.pi / 2)  # fmt: skip
                layout.at('library bookshelf', x, y, yaw)
    for u in np.arange(0.5 * length + 2.0, length - 1.0, 2.7):
        for v in np.arange(1.5, width - 1.0, 2.9):
            x, y = (x0 + u, y0 + v) if along_x else (x0 + v, y0 + u)
            table = layout.at('reading table', x, y, 0.0 if along_x else math.pi / 2)
            if table is not None:
                layout.seat('meeting chair', table)
                layout.on_top('desk lamp', table)
    layout.make_passable()
    desk = layout.against_wall('reception desk', front_m=0.7)
    if desk is not None:
        layout.on_top('computer', desk)
    for name in ('book cart', 'armchair', 'armchair', 'magazine rack', 'copier', 'plant'):
        layout.against_wall(name, front_m=0.2)
    for name in ('clock', 'painting', 'notice board'):
        layout.on_wall(name)


def _auditorium(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    screen = layout.on_wall('projector screen')
    if screen is not None:
        c, s = math.cos(screen.yaw_rad), math.sin(screen.yaw_rad)
        layout.at('lectern', screen.x + 1.2 * c - 1.6 * s, screen.y + 1.2 * s + 1.6 * c,
                  screen.yaw_rad)  # fmt: skip
        yaw = screen.yaw_rad + math.pi
        for x in np.arange(x0 + 1.6, x1 - 1.4, 0.95 if abs(s) > 0.5 else 1.2):
            for y in np.arange(y0 + 1.6, y1 - 1.4, 0.95 if abs(c) > 0.5 else 1.2):
                if (x - screen.x) * c + (y - screen.y) * s > 2.6:
                    layout.at('theatre seat', float(x), float(y), yaw)
    layout.make_passable()
    layout.against_wall('grand piano', front_m=0.4)
    for name in ('plant', 'plant'):
        layout.against_wall(name, front_m=0.0)
    for name in ('clock', 'fire extinguisher', 'painting'):
        layout.on_wall(name)


def _entrance(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    door = layout.on_wall('entrance door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 1.6, 2.0))
    for name, front in (('reception desk', 0.6), ('trophy cabinet', 0.5), ('bench', 0.4),
                        ('bench', 0.4), ('plant', 0.0), ('coat rack', 0.0), ('plant', 0.0),
                        ('vending machine', 0.5)):  # fmt: skip
        layout.against_wall(name, front_m=front)
    for name in ('notice board', 'notice board', 'clock', 'painting', 'fire extinguisher'):
        layout.on_wall(name)


def _principal(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    desk = layout.against_wall('desk', front_m=0.9)
    if desk is not None:
        layout.facing('office chair', desk, (-0.15, -0.05))
        layout.on_top('computer', desk)
        layout.on_top('telephone', desk, shift=-0.9)
    table = layout.in_middle('round table', 0.6)
    if table is not None:
        layout.around('meeting chair', table, 4)
    for name in ('bookshelf', 'trophy cabinet', 'filing cabinet', 'sofa', 'plant'):
        layout.against_wall(name, front_m=0.4)
    layout.on_wall('painting')
    layout.on_wall('clock')


def _courtyard(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    for u in (0.25, 0.75):
        for v in (0.25, 0.75):
            layout.at('tree', x0 + u * (x1 - x0), y0 + v * (y1 - y0))
    layout.at('fountain', 0.5 * (x0 + x1), 0.5 * (y0 + y1))
    layout.make_passable()
    for name in ('park bench', 'park bench', 'park bench', 'bush', 'bush', 'table tennis table',
                 'trash can', 'bicycle rack', 'flower bed', 'picnic table'):  # fmt: skip
        layout.against_wall(name, front_m=0.3)


RECIPES: Mapping[str, Recipe] = {
    'art room': _art,
    'auditorium': _auditorium,
    'canteen': _canteen,
    'classroom': _classroom,
    'computer room': _computers,
    'courtyard': _courtyard,
    'entrance hall': _entrance,
    'gym': _gym,
    'library': _library,
    'music room': _music,
    'principal office': _principal,
    'school kitchen': _kitchen,
    'science lab': _science,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'canteen': frozenset({'dining table', 'serving counter'}),
    'classroom': frozenset({'school desk'}),
    'courtyard': frozenset({'tree', 'bench'}),
    'entrance hall': frozenset({'entrance door'}),
    'gym': frozenset({'basketball hoop'}),
    'library': frozenset({'bookshelf', 'table'}),
    'school kitchen': frozenset({'stove', 'sink'}),
    'science lab': frozenset({'lab bench', 'microscope'}),
}
