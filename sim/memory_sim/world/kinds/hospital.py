"""A hospital ward: patient rooms along wide corridors, and a nurses' station where they meet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.plan import add_row, ARCH, cut, Join, name_rooms, OPEN, PORTAL, Sketch

__all__ = ['ESSENTIALS', 'RECIPES', 'plan']

_PASSAGE_M = 2.6
#: Beds pass these doors.
_BED = Join('door', 1.3)
_JOINS = {
    **dict.fromkeys(('patient room', 'examination room', 'treatment room', 'x-ray room',
                     'therapy room', 'nursery', 'storage room'), _BED),
    **dict.fromkeys(('operating room', 'elevator lobby', 'reception'), PORTAL),
    'waiting area': ARCH,
}  # fmt: skip
_CARE = ('examination room', 'treatment room', 'pharmacy', 'restroom', 'staff room',
         'storage room', 'x-ray room', 'operating room', 'therapy room', 'nursery', 'office',
         'examination room', 'break room', 'restroom')  # fmt: skip


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return a ward in the shape of a T, an L or a cross; a small one along one corridor."""
    sketch = Sketch()
    depth = float(rng.uniform(5.0, 5.8))
    cells = {'small': 3, 'medium': 4, 'large': 7}[size]
    wide = float(rng.uniform(3.9, 4.3))
    west, east = cells * wide, (cells if size != 'small' else 1) * wide
    low, high = depth, depth + _PASSAGE_M
    hub = 7.0 if size != 'small' else 5.0
    main = sketch.add('corridor', 'west corridor', (0.0, low, west, high))
    lobby = sketch.add('corridor', 'central corridor', (west, low, west + hub, high))
    other = sketch.add('corridor', 'east corridor', (west + hub, low, west + hub + east, high))
    sketch.join(main, lobby, OPEN)
    sketch.join(lobby, other, OPEN)
    station = sketch.add("nurses' station", "nurses' station",
                         (west, 0.0, west + hub, low))  # fmt: skip
    sketch.join(station, lobby, OPEN)
    beds, care = ['patient room'] * (2 * cells), list(_CARE)
    add_row(sketch, beds[:cells], cut(rng, 0.0, west, cells, 0.06), (0.0, low), main, _JOINS)
    second = max(1, cells if size != 'small' else 1)
    add_row(sketch, _mixed(care, second), cut(rng, west + hub, west + hub + east, second, 0.08),
            (0.0, low), other, _JOINS, rng=rng)  # fmt: skip
    if size == 'small':
        add_row(sketch, ['waiting area', *_mixed(care, cells + 1)],
                cut(rng, 0.0, west + hub + east, cells + 2, 0.08), (high, high + depth), lobby,
                _JOINS)  # fmt: skip
        _rejoin(sketch, (main, lobby, other))
    else:
        add_row(sketch, beds[cells:], cut(rng, 0.0, west, cells, 0.06), (high, high + depth),
                main, _JOINS)  # fmt: skip
        add_row(sketch, _mixed(care, cells), cut(rng, west + hub, west + hub + east, cells, 0.08),
                (high, high + depth), other, _JOINS, rng=rng)  # fmt: skip
        _wing(sketch, rng, (west, hub, high, depth), lobby, care, cells)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def _mixed(care: list[str], count: int) -> list[str]:
    """Take the next kinds that the ward needs; patient rooms when it has all."""
    return [care.pop(0) if care else 'patient room' for _ in range(count)]


def _wing(
    sketch: Sketch, rng: np.random.Generator, place: tuple[float, float, float, float], lobby: int,
    care: list[str], cells: int,
) -> None:  # fmt: skip
    """Add a wing that leaves the middle at a right angle, with the way in at its end."""
    west, hub, high, depth = place
    x = west + 0.5 * (hub - _PASSAGE_M)
    count = max(2, cells - 1)
    start, length = high + depth, count * float(rng.uniform(4.2, 4.8))
    stem = sketch.add('corridor', 'connecting corridor', (x, high, x + _PASSAGE_M, start))
    wing = sketch.add('corridor', 'wing corridor', (x, start, x + _PASSAGE_M, start + length))
    sketch.join(stem, lobby, OPEN)
    sketch.join(stem, wing, OPEN)
    left = sketch.add('elevator lobby', '', (west, high, x, start))
    right = sketch.add('utility room', '', (x + _PASSAGE_M, high, west + hub, start))
    sketch.join(left, stem, Join('door', 1.4))
    sketch.join(right, stem)
    edges = cut(rng, start, start + length, count, 0.08)
    kinds = ['waiting area', *_mixed(care, count - 1)]
    add_row(sketch, kinds, edges, (x - depth, x), wing, _JOINS, upright=True, rng=rng)
    edges = cut(rng, start, start + length, count, 0.08)
    more = ['reception', *_mixed(care, count - 1)]
    add_row(sketch, more, edges, (x + _PASSAGE_M, x + _PASSAGE_M + depth), wing, _JOINS,
            upright=True, rng=rng)  # fmt: skip


def _rejoin(sketch: Sketch, corridors: tuple[int, ...]) -> None:
    """Let every room's door lead to the corridor that it shares most of its wall with."""
    middle = corridors[1]
    for (a, b), join in list(sketch.joins.items()):
        room = b if a == middle else a
        if (
            middle in (a, b)
            and room not in corridors
            and sketch.spaces[room].kind != ("nurses' station")
        ):
            del sketch.joins[a, b]
            sketch.join(room, max(corridors, key=lambda c: sketch.shared_m(room, c)), join)


def _patient_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.match_color('hospital bed', 'privacy curtain')
    bed = None
    for i in range(2 if layout.room.area_m2 > 17.0 else 1):
        bed = layout.against_wall('hospital bed', front_m=0.5)
        if bed is None:
            break
        stand = layout.against_wall('bedside cabinet', front_m=0.0, near=bed)
        if stand is not None:
            layout.on_top(('table lamp', 'vase')[i % 2], stand)
        layout.against_wall(('iv stand', 'patient monitor')[i % 2], front_m=0.0, near=bed)
    layout.against_wall('visitor chair', front_m=0.3, near=bed)
    layout.against_wall('small wardrobe', front_m=0.5)
    basin = layout.against_wall('wash basin', front_m=0.5)
    if basin is not None:
        layout.on_wall('mirror', over=basin)
    layout.against_wall('overbed table', front_m=0.0)
    for name in ('hand sanitizer', 'clock', 'painting', 'radiator'):
        layout.on_wall(name)
    if layout.rng.random() < 0.4:
        layout.against_wall(str(layout.rng.choice(['wheelchair', 'armchair'])), front_m=0.0)


def _examination(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.against_wall('examination table', front_m=0.5)
    desk = layout.against_wall('office desk', front_m=0.8)
    if desk is not None:
        layout.facing('office chair', desk, (-0.15, 0.0))
        layout.on_top('computer', desk)
    for name, front in (('medicine cabinet', 0.4), ('wash basin', 0.5), ('visitor chair', 0.3),
                        ('body scale', 0.3), ('trash can', 0.0)):  # fmt: skip
        layout.against_wall(name, front_m=front)
    for name in ('hand sanitizer', 'notice board', 'clock', 'light box'):
        layout.on_wall(name)


def _treatment(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.against_wall('examination table', front_m=0.6)
    for name, front in (('medicine cart', 0.3), ('medicine cabinet', 0.4), ('iv stand', 0.0),
                        ('wash basin', 0.5), ('ultrasound machine', 0.3), ('stool', 0.0),
                        ('oxygen tank', 0.0), ('trash can', 0.0)):  # fmt: skip
        layout.against_wall(name if name != 'stool' else 'lab stool', front_m=front)
    for name in ('first aid kit', 'hand sanitizer', 'defibrillator', 'clock'):
        layout.on_wall(name)


def _operating(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    table = layout.in_middle('operating table', 0.8) or layout.against_wall('operating table')
    if table is not None:
        layout.against_wall('operating lamp', front_m=0.0, near=table)
    for name in ('patient monitor', 'medicine cart', 'oxygen tank', 'wash basin',
                 'medicine cabinet', 'iv stand'):  # fmt: skip
        layout.against_wall(name, front_m=0.3)
    for name in ('clock', 'light box', 'hand sanitizer'):
        layout.on_wall(name)


def _x_ray(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    layout.against_wall('x-ray machine', front_m=0.6)
    desk = layout.against_wall('office desk', front_m=0.7)
    if desk is not None:
        layout.facing('office chair', desk, (-0.15, 0.0))
        layout.on_top('computer', desk)
    layout.against_wall('visitor chair', front_m=0.3)
    for name in ('light box', 'light box', 'clock'):
        layout.on_wall(name)


def _nurses(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    desk = layout.in_middle('reception desk', 0.8)
    if desk is not None:
        layout.on_top('computer', desk, shift=0.6)
        layout.on_top('telephone', desk, shift=-0.5)
    for _ in range(2):
        place = layout.against_wall('office desk', front_m=0.8)
        if place is not None:
            layout.facing('office chair', place, (-0.15, 0.0))
            layout.on_top('computer', place)
    for name, front in (('medicine cabinet', 0.5), ('filing cabinet', 0.4), ('medicine cart', 0.0),
                        ('printer stand', 0.0), ('plant', 0.0)):  # fmt: skip
        if name == 'printer stand':
            shelf = layout.against_wall('sideboard', front_m=0.5)
            if shelf is not None:
                layout.on_top('printer', shelf)
        else:
            layout.against_wall(name, front_m=front)
    for name in ('whiteboard', 'clock', 'hand sanitizer', 'notice board', 'defibrillator'):
        layout.on_wall(name)


def _pharmacy(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(3):
        layout.against_wall('medicine cabinet', front_m=0.5)
    counter = layout.against_wall('counter', front_m=0.6)
    if counter is not None:
        layout.on_top('computer', counter)
    for name in ('refrigerator', 'safe', 'shelf', 'medicine cart'):
        layout.against_wall(name, front_m=0.4)
    layout.on_wall('clock')


def _waiting(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(3):
        layout.against_wall('waiting chairs', front_m=0.6)
    table = layout.in_middle('coffee table', 0.7)
    if table is not None:
        layout.on_top('vase', table)
    for name in ('water cooler', 'plant', 'magazine rack', 'toy box', 'vending machine'):
        layout.against_wall(name, front_m=0.2)
    for name in ('painting', 'clock', 'notice board'):
        layout.on_wall(name)


def _therapy(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for name in ('treadmill', 'exercise bike', 'examination table', 'wheelchair'):
        layout.against_wall(name, front_m=0.4)
    layout.on_wall('wall bars')
    layout.under('gym mat')
    layout.on_wall('mirror')
    layout.against_wall('plant', front_m=0.0)


def _nursery(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for _ in range(4):
        layout.against_wall('incubator', front_m=0.5)
    for name in ('armchair', 'wash basin', 'medicine cart', 'body scale', 'teddy bear'):
        layout.against_wall(name, front_m=0.3)
    layout.on_wall('clock')
    layout.on_wall('hand sanitizer')


def _utility(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for name in ('washing machine', 'wash basin', 'shelf', 'laundry basket', 'recycling bin'):
        layout.against_wall(name, front_m=0.4 if name != 'laundry basket' else 0.0)


RECIPES: Mapping[str, Recipe] = {
    'examination room': _examination,
    'nursery': _nursery,
    "nurses' station": _nurses,
    'operating room': _operating,
    'patient room': _patient_room,
    'pharmacy': _pharmacy,
    'therapy room': _therapy,
    'treatment room': _treatment,
    'utility room': _utility,
    'waiting area': _waiting,
    'x-ray room': _x_ray,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'examination room': frozenset({'examination table'}),
    "nurses' station": frozenset({'desk', 'medicine cabinet'}),
    'operating room': frozenset({'operating table'}),
    'patient room': frozenset({'hospital bed', 'nightstand'}),
    'pharmacy': frozenset({'medicine cabinet'}),
    'treatment room': frozenset({'examination table'}),
    'waiting area': frozenset({'row of chairs'}),
    'x-ray room': frozenset({'x-ray machine'}),
}
