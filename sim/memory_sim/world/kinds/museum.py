"""A museum: galleries by theme that open into one another, around a high atrium."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout
from memory_sim.world.plan import ARCH, cut, Join, name_rooms, PORTAL, Sketch

__all__ = ['ESSENTIALS', 'RECIPES', 'THEMES', 'plan']

_GALLERY_M = 4.0
_ATRIUM_M = 7.5
_WIDE = Join('door', 2.8, 3.0)
#: Galleries by theme: what stands in the middle, along the walls, and hangs on them.
THEMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    'dinosaur': (('dinosaur skeleton',), ('fossil', 'fossil', 'mammoth skeleton'),
                 ('photograph', 'poster')),
    'egypt': (('sarcophagus', 'sarcophagus'), ('amphora', 'gold mask', 'jewellery case', 'statue'),
              ('tapestry', 'photograph')),
    'antiquity': (('statue', 'statue'), ('amphora', 'amphora', 'bust', 'coin collection'),
                  ('large painting', 'photograph')),
    'middle ages': (('suit of armour', 'sword'), ('crown', 'suit of armour', 'coin collection'),
                    ('tapestry', 'tapestry', 'painting')),
    'space': (('rocket', 'meteorite'), ('space suit', 'telescope', 'antique globe'),
              ('photograph', 'photograph', 'photograph')),
    'seafaring': (('ship model', 'canoe'), ('ship model', 'antique globe', 'telescope'),
                  ('large painting', 'photograph')),
    'minerals': (('crystal', 'meteorite'), ('crystal', 'crystal', 'fossil'),
                 ('photograph', 'poster')),
    'insects': (('butterfly collection', 'butterfly collection'),
                ('butterfly collection', 'butterfly collection', 'fossil'),
                ('photograph', 'poster')),
    'technology': (('steam engine',), ('telescope', 'antique globe', 'bicycle'),
                   ('photograph', 'photograph')),
    'old masters': (('museum bench', 'museum bench'), ('bust', 'bust'),
                    ('large painting', 'large painting', 'painting', 'large painting')),
    'modern art': (('sculpture', 'museum bench'), ('bust',),
                   ('modern painting', 'modern painting', 'modern painting')),
    'photography': (('museum bench', 'museum bench'), ('donation box', 'information panel'),
                    ('photograph',) * 6),
    'music': (('grand piano', 'harp'), ('drum set', 'guitar', 'piano'), ('poster', 'photograph')),
    'peoples of the world': (('canoe', 'totem pole'), ('gold mask', 'amphora', 'totem pole'),
                             ('tapestry', 'photograph')),
}  # fmt: skip


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return rows of galleries without corridors, the way in at the front."""
    sketch = Sketch()
    columns, rows = {'small': (2, 2), 'medium': (3, 3), 'large': (5, 3)}[size]
    width = columns * float(rng.uniform(8.8, 10.2))
    front = float(rng.uniform(6.5, 7.5))
    names = [str(n) for n in rng.permutation(list(THEMES))]
    edges = cut(rng, 0.0, width, 3, 0.12)
    entrance = [
        sketch.add(kind, kind, (edges[i], 0.0, edges[i + 1], front), height_m=_GALLERY_M)
        for i, kind in enumerate(('museum shop', 'ticket hall', 'cafe'))
    ]
    sketch.join(entrance[0], entrance[1], ARCH)
    sketch.join(entrance[1], entrance[2], ARCH)
    below, low = entrance, front
    for row in range(rows):
        high = low + float(rng.uniform(7.6, 9.2))
        edges = cut(rng, 0.0, width, columns, 0.15)
        here = []
        for column in range(columns):
            rect = (edges[column], low, edges[column + 1], high)
            if (row, column) == (rows // 2, columns // 2) and size != 'small':
                here.append(sketch.add('atrium', 'atrium', rect, height_m=_ATRIUM_M))
            else:
                here.append(sketch.add('gallery', f'{names.pop(0)} gallery', rect,
                                       height_m=_GALLERY_M))  # fmt: skip
        for a, b in zip(here, here[1:], strict=False):
            sketch.join(a, b, _WIDE)
        pairs = [(a, b) for a in below for b in here if sketch.shared_m(a, b) > 3.6]
        first = int(rng.integers(len(pairs)))
        for i, (a, b) in enumerate(pairs):
            if i == first or rng.random() < 0.45 or (row == 0 and a == entrance[1]):
                sketch.join(a, b, _WIDE)
        below, low = here, high
    edges = cut(rng, 0.0, front, 2, 0.05)
    for kind, y0, y1 in zip(('cloakroom', 'restroom'), edges, edges[1:], strict=False):
        room = sketch.add(kind, kind, (width, y0, width + 4.6, y1), height_m=3.0)
        sketch.join(room, entrance[2], PORTAL if kind == 'cloakroom' else None)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def _gallery(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    theme = THEMES[layout.room.name.removesuffix(' gallery')]
    x0, y0, x1, y1 = layout.inner
    turn = 0.0 if x1 - x0 > y1 - y0 else math.pi / 2
    middle = theme[0]
    for i, name in enumerate(middle):
        t = (i + 1) / (len(middle) + 1)
        x, y = (x0 + t * (x1 - x0), 0.5 * (y0 + y1)) if turn == 0.0 else (
            0.5 * (x0 + x1), y0 + t * (y1 - y0))  # fmt: skip
        layout.at(name, x, y, turn + math.pi / 2 if name == 'museum bench' else turn)
    layout.make_passable()
    for name in theme[1]:
        layout.against_wall(name, front_m=0.8)
    layout.against_wall('information panel', front_m=0.5)
    for name in (*theme[2], *theme[2]):
        layout.on_wall(name)
    if layout.rng.random() < 0.5:
        layout.against_wall('museum bench', front_m=0.4)
    layout.on_wall('fire extinguisher')


def _atrium(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    x0, y0, x1, y1 = layout.inner
    name = str(layout.rng.choice(['outdoor statue', 'sculpture', 'rocket', 'dinosaur skeleton']))
    layout.at(name, 0.5 * (x0 + x1), 0.5 * (y0 + y1))
    layout.make_passable()
    for piece in ('museum bench', 'museum bench', 'planter', 'planter', 'information panel',
                  'donation box'):  # fmt: skip
        layout.against_wall(piece, front_m=0.4)
    layout.on_wall('tapestry')
    layout.on_wall('clock')


def _tickets(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    door = layout.on_wall('entrance door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 1.8, 2.2))
    desk = layout.in_middle('ticket desk', 1.0) or layout.against_wall('ticket desk')
    if desk is not None:
        layout.on_top('computer', desk, shift=0.5)
    for name, front in (('museum bench', 0.4), ('donation box', 0.2), ('information panel', 0.4),
                        ('planter', 0.0), ('rope barrier', 0.3), ('planter', 0.0)):  # fmt: skip
        layout.against_wall(name, front_m=front)
    for name in ('audio guide', 'large painting', 'clock', 'notice board'):
        layout.on_wall(name)


def _shop(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    desk = layout.against_wall('reception desk', front_m=0.7)
    if desk is not None:
        layout.on_top('computer', desk)
    for name in ('souvenir shelf', 'souvenir shelf', 'bookshelf', 'bookshelf', 'postcard stand',
                 'postcard stand', 'souvenir shelf'):  # fmt: skip
        layout.against_wall(name, front_m=0.6)
    table = layout.in_middle('round table', 0.7)
    if table is not None:
        layout.on_top('teddy bear', table)
    for name in ('poster', 'poster', 'modern painting'):
        layout.on_wall(name)


def cafe(layout: RoomLayout, kinds: frozenset[str]) -> None:
    """Furnish a cafe with a counter and small tables."""
    del kinds
    counter = layout.against_wall('cafe counter', front_m=1.0)
    if counter is not None:
        layout.on_top('coffee machine', counter, shift=0.6)
    layout.against_wall('refrigerator', front_m=0.5, near=counter)
    for _ in range(4):
        table = layout.in_middle('cafe table', 0.65)
        if table is None:
            break
        layout.around('cafe chair', table, 4)
    for name in ('plant', 'trash can', 'plant'):
        layout.against_wall(name, front_m=0.0)
    for name in ('painting', 'clock', 'poster'):
        layout.on_wall(name)


def _cloakroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    for name in ('locker', 'locker', 'locker', 'coat rack', 'coat rack', 'coat rack', 'bench'):
        layout.against_wall(name, front_m=0.4 if name == 'locker' else 0.0)
    layout.on_wall('mirror')


RECIPES: Mapping[str, Recipe] = {
    'atrium': _atrium,
    'cafe': cafe,
    'cloakroom': _cloakroom,
    'gallery': _gallery,
    'museum shop': _shop,
    'ticket hall': _tickets,
}

ESSENTIALS: Mapping[str, frozenset[str]] = {
    'cafe': frozenset({'coffee counter', 'cafe table', 'chair'}),
    'cloakroom': frozenset({'locker'}),
    'museum shop': frozenset({'souvenir shelf'}),
    'ticket hall': frozenset({'ticket desk', 'entrance door'}),
}
