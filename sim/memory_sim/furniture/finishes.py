"""How rooms look by kind: floors, walls, windows and light."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from memory_sim.world.kinds import room_table
from memory_sim.world.model import Light, Opening, Room, Sun, WINDOW

__all__ = [
    'FINISHES',
    'SAME_LOOK',
    'Options',
    'draw_finish',
    'draw_sun',
    'light_room',
    'windows_of',
]

Options = tuple[tuple[str, ...], ...]

_WET: Options = (('small tiles', 'tiles'), ('light gray', 'white', 'light blue'),
                  ('small tiles', 'tiles'),
                  ('white', 'light blue', 'light green', 'cream'))  # fmt: skip
_OFFICE: Options = (('carpet', 'planks'), ('gray', 'dark blue', 'light gray', 'oak', 'teal'),
                     ('plaster',),
                     ('white', 'light blue', 'beige', 'light green', 'cream'))  # fmt: skip
_PASSAGE: Options = (('linoleum', 'terrazzo', 'tiles'),
                      ('light gray', 'beige', 'cream', 'light green'),
                      ('plaster',), ('white', 'cream', 'light gray', 'light green'))  # fmt: skip
_CARE: Options = (('linoleum',), ('light blue', 'light green', 'beige', 'cream'),
                   ('plaster',), ('white', 'light green', 'cream', 'light blue'))  # fmt: skip
_CLASS: Options = (('linoleum', 'planks', 'parquet'), ('beige', 'oak', 'light blue', 'pine'),
                    ('plaster',),
                    ('cream', 'yellow', 'light green', 'light blue', 'white'))  # fmt: skip
_SHED: Options = (('concrete',), ('light gray', 'gray'), ('corrugated', 'concrete'),
                   ('light gray', 'light blue', 'white'))  # fmt: skip
_SHOP: Options = (('tiles', 'terrazzo'), ('cream', 'light gray', 'white'), ('plaster',),
                   ('white', 'cream', 'light green', 'light blue'))  # fmt: skip
_GALLERY: Options = (('parquet', 'marble', 'terrazzo', 'planks'),
                      ('oak', 'walnut', 'light gray', 'beige', 'cherry'), ('plaster', 'stripes'),
                      ('white', 'terracotta', 'dark blue', 'dark green', 'cream',
                       'light gray'))  # fmt: skip

#: Floor textures, floor colours, wall textures, wall colours that a kind of room may have.
FINISHES: Mapping[str, Options] = {
    'bathroom': (('small tiles', 'tiles', 'checker'), ('light blue', 'white', 'light gray'),
                 ('small tiles',), ('white', 'light blue', 'light green', 'cream')),
    'bedroom': (('carpet', 'planks'), ('beige', 'light gray', 'oak', 'light blue'),
                ('plaster', 'stripes', 'diamonds'),
                ('light blue', 'cream', 'pink', 'light green', 'beige')),
    'dining room': (('parquet', 'planks'), ('oak', 'walnut', 'cherry'),
                    ('plaster', 'diamonds', 'stripes'), ('cream', 'light green', 'terracotta')),
    'hallway': (('planks', 'tiles', 'parquet'), ('oak', 'light gray', 'pine'),
                ('plaster',), ('white', 'cream', 'light gray')),
    'kitchen': (('tiles', 'checker'), ('cream', 'light gray', 'terracotta', 'white'),
                ('plaster', 'tiles'), ('white', 'cream', 'yellow', 'light green')),
    'laundry room': (('tiles', 'small tiles'), ('light gray', 'white'),
                     ('plaster',), ('white', 'light blue')),
    'living room': (('planks', 'parquet'), ('oak', 'walnut', 'pine', 'cherry'),
                    ('plaster', 'stripes'), ('cream', 'white', 'beige', 'light green')),
    'study': (('parquet', 'carpet', 'planks'), ('oak', 'dark blue', 'gray', 'walnut'),
              ('plaster', 'bricks', 'stripes'), ('beige', 'white', 'light green', 'light blue')),
}  # fmt: skip

#: Kinds that look alike.
_GROUPS: Mapping[str, Options] = {
    **dict.fromkeys(('restroom', 'washroom', 'changing room', 'utility room'), _WET),
    **dict.fromkeys(('office', 'open-plan office', 'meeting room', 'manager office', 'lounge',
                     'phone room', 'copy room', 'staff room', 'server room',
                     'security room', 'principal office'), _OFFICE),
    **dict.fromkeys(('corridor', 'reception', 'elevator lobby', 'waiting area', 'entrance hall',
                     'canteen', 'break room', 'storage room', 'lobby'), _PASSAGE),
    **dict.fromkeys(('patient room', 'examination room', 'treatment room', 'operating room',
                     "nurses' station", 'pharmacy', 'x-ray room', 'nursery', 'therapy room'),
                    _CARE),
    **dict.fromkeys(('classroom', 'science lab', 'art room', 'music room', 'computer room',
                     'library', 'gym', 'auditorium', 'school kitchen'), _CLASS),
    **dict.fromkeys(('storage hall', 'rack aisle', 'loading dock', 'packing area', 'workshop',
                     'receiving area', 'shipping area', 'charging area', 'drive aisle',
                     'hazardous goods room', 'stock room'), _SHED),
    **dict.fromkeys(('aisle', 'produce department', 'bakery', 'checkout', 'shop entrance',
                     'deli counter', 'shop floor', 'museum shop', 'cafe', 'freezer section'),
                    _SHOP),
    **dict.fromkeys(('gallery', 'atrium', 'ticket hall', 'cloakroom', 'theatre'), _GALLERY),
    **dict.fromkeys(('courtyard', 'garden', 'playground'), (
        ('grass', 'cobbles'), ('light green', 'green'), ('plaster',), ('white',))),
}  # fmt: skip

#: Kinds without windows, and kinds whose windows are few and high.
_DARK = frozenset({
    'hallway', 'laundry room', 'staircase', 'landing', 'garage', 'corridor', 'server room',
    'storage room', 'copy room', 'phone room', 'restroom', 'washroom', 'elevator lobby',
    'utility room', 'operating room', 'x-ray room', 'gallery', 'theatre', 'cloakroom', 'aisle',
    'stock room', 'rack aisle', 'storage hall', 'hazardous goods room', 'produce department',
    'bakery', 'deli counter', 'freezer section', 'shop floor', 'changing room', 'drive aisle',
    'loading dock', 'ticket hall', 'checkout', 'reception', 'house passage', 'entrance hall',
})  # fmt: skip
_HIGH = frozenset({'gym', 'packing area', 'receiving area', 'shipping area', 'charging area'})
_WARM = frozenset({
    'bedroom', 'living room', 'dining room', 'hallway', 'laundry room', 'landing', 'staircase',
    'playroom', 'lounge', 'library', 'cafe', 'gallery', 'theatre', 'atrium', 'lobby',
    'museum shop', 'bakery', 'garage',
})  # fmt: skip


#: Kinds of which all rooms of one building look the same.
SAME_LOOK = frozenset({'aisle', 'corridor', 'landing', 'patient room', 'rack aisle', 'restroom',
                       'storage hall', 'classroom', 'shop floor', 'drive aisle'})  # fmt: skip


def draw_finish(kind: str, rng: np.random.Generator) -> dict[str, str]:
    """Return textures and colours of a room of this kind, as fields of ``Room``."""
    names = ('floor_texture', 'floor_color', 'wall_texture', 'wall_color')
    options = FINISHES.get(kind) or _GROUPS.get(kind)
    if options is None:
        options = room_table('FINISHES').get(kind, _PASSAGE)
    chosen = (str(rng.choice(values)) for values in options)
    return dict(zip(names, chosen, strict=True))


def light_room(room: Room, rng: np.random.Generator) -> list[Light]:
    """Return the lamps of a room: along its middle, or in rows where it is wide."""
    if room.outdoor:
        return []
    x0, y0, x1, y1 = room.bounds
    spacing = 5.0 if room.height_m < 3.2 else 5.0 + 1.2 * (room.height_m - 3.2)
    counts = [1 if side < 7.5 else math.ceil(side / spacing) for side in (x1 - x0, y1 - y0)]
    longer = 0 if x1 - x0 >= y1 - y0 else 1
    counts[longer] = max(1, math.ceil(max(x1 - x0, y1 - y0) / spacing))
    color = 'warm white' if room.kind in _WARM else 'cold white'
    power = float(rng.uniform(0.85, 1.15))
    if room.height_m > 3.0:  # as bright on the floor as a low room's lamp
        power *= (room.height_m / 2.6) ** 1.6
    z = round(room.elevation_m + room.height_m - 0.12, 3)
    lights = []
    for i in range(counts[0]):
        for j in range(counts[1]):
            x = x0 + (i + 0.5) / counts[0] * (x1 - x0)
            y = y0 + (j + 0.5) / counts[1] * (y1 - y0)
            at = (round(x, 3), round(y, 3), z)
            lights.append(Light(position=at, power=round(power, 2), color=color))
    return lights


def draw_sun(rng: np.random.Generator) -> Sun:
    """Return the daylight of some hour."""
    azimuth, elevation = rng.uniform(-math.pi, math.pi), rng.uniform(0.6, 1.15)
    power = float(rng.uniform(0.8, 1.1))
    return Sun(azimuth_rad=round(float(azimuth), 3), elevation_rad=round(float(elevation), 3),
               power=round(power, 2))  # fmt: skip


def windows_of(kind: str, length_m: float, height_m: float) -> tuple[Opening, ...]:
    """Return the windows of a stretch of outer wall."""
    if kind in _DARK or length_m < 1.6:
        return ()
    wide, bottom, top = 1.7, 0.95, min(2.25, height_m - 0.25)
    if kind == 'bathroom':
        wide, bottom, top = 0.7, 1.5, 2.1
    elif kind in _HIGH:
        wide, bottom, top = 2.6, height_m - 2.0, height_m - 0.7
    elif height_m > 3.2:
        wide, top = 2.0, min(3.2, height_m - 0.5)
    wide = round(min(wide, 0.55 * length_m), 2)
    count = 1 if kind == 'bathroom' else max(1, int((length_m - 0.4) / (2.2 * wide)))
    step = length_m / count
    return tuple(
        Opening(kind=WINDOW, offset_m=round((i + 0.5) * step, 2), width_m=wide,
                bottom_m=round(bottom, 2), top_m=round(top, 2))
        for i in range(count)
    )  # fmt: skip
