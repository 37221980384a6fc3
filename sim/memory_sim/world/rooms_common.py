"""Rooms that many kinds of building have: corridors, restrooms, break rooms, stores."""

from __future__ import annotations

from collections.abc import Mapping

from memory_sim.furniture.placement import Recipe, RoomLayout

__all__ = ['ESSENTIALS', 'RECIPES', 'restroom']


def _corridor(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Hang and stand things along a passage, thinly, so that it stays one."""
    x0, y0, x1, y1 = layout.inner
    length, width = max(x1 - x0, y1 - y0), min(x1 - x0, y1 - y0)
    hangs = ['fire extinguisher', 'notice board', 'painting', 'clock', 'poster']
    if 'patient room' in kinds:
        hangs = ['hand sanitizer', 'fire extinguisher', 'notice board', 'painting', 'clock']
    for i in range(max(2, int(length / 4.0))):
        layout.on_wall(hangs[i % len(hangs)])
    stands = ['plant', 'water cooler', 'recycling bin']
    if 'classroom' in kinds:
        stands = ['locker', 'locker', 'plant', 'locker', 'trophy cabinet']
    elif 'patient room' in kinds:
        stands = ['medicine cart', 'wheelchair', 'waiting chairs', 'stretcher', 'plant']
    for i in range(int(length / 6.0) if width > 1.7 else 0):
        layout.against_wall(stands[i % len(stands)], front_m=0.0)


def restroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Furnish a room with toilets, wash basins and mirrors."""
    del kinds
    basin = layout.against_wall('wash basin', front_m=0.7)
    if basin is not None:
        layout.on_wall('mirror', over=basin)
        second = layout.against_wall('wash basin', front_m=0.7, near=basin)
        if second is not None:
            layout.on_wall('mirror', over=second)
        layout.on_wall('hand dryer')
        layout.against_wall('trash can', front_m=0.0, near=basin)
    toilet = layout.against_wall('toilet', front_m=0.5)
    for _ in range(2):
        toilet = layout.against_wall('toilet', front_m=0.5, near=toilet) or toilet
    for _ in range(2):
        layout.on_wall('urinal')


def _break_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.match_color('counter', 'kitchen sink', 'upper cabinet')
    sink = layout.against_wall('kitchen sink', front_m=0.8)
    last, tops = sink, []
    for name in ('counter', 'counter', 'refrigerator', 'dishwasher'):
        piece = layout.against_wall(name, front_m=0.7, near=last)
        last = piece or last
        if piece is not None and name == 'counter':
            tops.append(piece)
            layout.on_wall('upper cabinet', over=piece)
    for name, host in zip(('coffee machine', 'microwave'), tops, strict=False):
        layout.on_top(name, host)
    for _ in range(2):
        table = layout.in_middle('round table', 0.55)
        if table is not None:
            layout.around('meeting chair', table, 4)
    layout.against_wall('vending machine', front_m=0.6)
    layout.against_wall('water cooler', front_m=0.3)
    layout.against_wall('recycling bin', front_m=0.0)
    layout.on_wall('notice board')
    layout.on_wall('clock')


def _storage(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(4):
        layout.against_wall('shelf', front_m=0.5)
    for _ in range(3):
        layout.against_wall('cardboard box', front_m=0.0)
    for name in ('step ladder', 'filing cabinet', 'fan', 'ironing board'):
        layout.against_wall(name, front_m=0.0)


def _elevator_lobby(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(2):
        lift = layout.on_wall('elevator')
        if lift is not None:
            layout.keep_clear(lift.ahead(0.0, 1.2, 1.5))
    layout.against_wall('plant', front_m=0.0)
    layout.against_wall('bench', front_m=0.4)
    layout.on_wall('notice board')
    layout.on_wall('fire extinguisher')


def _staff_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    table = layout.in_middle('small conference table', 0.7) or layout.in_middle('round table', 0.6)
    if table is not None:
        layout.seat('meeting chair', table)
    layout.against_wall('sofa', front_m=0.6)
    counter = layout.against_wall('counter', front_m=0.6)
    if counter is not None:
        layout.on_top('coffee machine', counter)
    for name in ('locker', 'pigeonholes', 'refrigerator', 'bookshelf'):
        layout.against_wall(name, front_m=0.4)
    layout.against_wall('plant', front_m=0.0)
    layout.on_wall('notice board')
    layout.on_wall('clock')
    if 'classroom' in kinds:
        layout.against_wall('copier', front_m=0.5)


def _changing_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(4):
        layout.against_wall('locker', front_m=0.5)
    for _ in range(2):
        layout.against_wall('bench', front_m=0.3)
    layout.against_wall('shower', front_m=0.4)
    basin = layout.against_wall('wash basin', front_m=0.5)
    if basin is not None:
        layout.on_wall('mirror', over=basin)
    layout.on_wall('towel')


RECIPES: Mapping[str, Recipe] = {
    'break room': _break_room,
    'changing room': _changing_room,
    'corridor': _corridor,
    'elevator lobby': _elevator_lobby,
    'restroom': restroom,
    'staff room': _staff_room,
    'storage room': _storage,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'break room': frozenset({'sink', 'coffee machine', 'refrigerator'}),
    'elevator lobby': frozenset({'elevator'}),
    'restroom': frozenset({'sink', 'toilet'}),
    'storage room': frozenset({'shelf'}),
}
