"""
Halls in which the door plates of many worlds hang, with room to look at them from anywhere.

Three hang above one another, so that one picture shows three at the same distance and angle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math

import numpy as np

from memory_sim.furniture.finishes import light_room
from memory_sim.world.generate import generate_world
from memory_sim.world.model import Room, Wall, World
from memory_sim.world.sign import DOOR_PLATE, Sign
from memory_sim.world.signs import with_signs

__all__ = ['PLATES_EACH', 'gallery', 'plates']

#: Plates of one hall: columns of three, as many on either long wall.
PLATES_EACH = 60
#: Kinds of world whose plates are taken, in turn.
_KINDS = ('office', 'hospital', 'school', 'museum')
#: From plate to plate, and from the ends of the hall to the first [m].
_SPACING_M, _ENDS_M = 3.0, 6.0
_DEPTH_M = 8.0
_HEIGHT_M = 2.8
#: Heights of the middles of plates above one another: level with the camera, above and below [m].
_LEVELS_M = (1.5, 1.2, 0.9)
#: Looks of walls, and colours of plate and text; one of each for every hall.
_WALLS = (('plaster', 'white'), ('plaster', 'light green'), ('bricks', 'terracotta'),
          ('plaster', 'light gray'), ('stripes', 'beige'))  # fmt: skip
_PLATES = (('white', 'dark blue'), ('dark blue', 'white'), ('white', 'black'),
           ('light gray', 'black'), ('dark green', 'white'))  # fmt: skip


def plates(count: int, first_seed: int = 1) -> list[Sign]:
    """Return plates that all say something else, from generated worlds of growing seeds."""
    found: dict[str, Sign] = {}
    seed = first_seed
    while len(found) < count:
        for kind in _KINDS:
            for sign in with_signs(generate_world(kind, seed)).signs:
                if sign.kind == DOOR_PLATE:
                    found.setdefault(sign.text, sign)
        seed += 1
    rng = np.random.default_rng(first_seed)
    every = list(found.values())
    return [every[int(i)] for i in rng.permutation(len(every))[:count]]


def gallery(signs: Sequence[Sign], number: int) -> World:
    """Return a hall with ``PLATES_EACH`` plates at most; equal arguments give equal halls."""
    columns = math.ceil(len(signs) / len(_LEVELS_M))
    per_wall = math.ceil(columns / 2)
    length = 2 * _ENDS_M + per_wall * _SPACING_M
    texture, color = _WALLS[number % len(_WALLS)]
    board, text = _PLATES[number % len(_PLATES)]
    corners = ((0.0, 0.0), (length, 0.0), (length, _DEPTH_M), (0.0, _DEPTH_M))
    hall = Room(
        id=1, kind='hall', name='hall', polygon=corners, height_m=_HEIGHT_M,
        wall_texture=texture, wall_color=color,
    )  # fmt: skip
    walls = tuple(
        Wall(start=a, end=b, height_m=_HEIGHT_M)
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
    out = 0.5 * walls[0].thickness_m + 0.015
    hung = []
    for i, sign in enumerate(signs):
        column, level = divmod(i, len(_LEVELS_M))
        below = column < per_wall
        x = _ENDS_M + (0.5 + (column if below else column - per_wall)) * _SPACING_M
        y, yaw = (out, 0.5 * math.pi) if below else (_DEPTH_M - out, -0.5 * math.pi)
        place = (round(x, 3), round(y, 3), _LEVELS_M[level])
        look = replace(sign, color=board, text_color=text, room_id=1, floor=0)
        hung.append(replace(look, position=place, yaw_rad=yaw))
    rng = np.random.default_rng([7, number])
    return World(
        name=f'gallery {number}', kind='gallery', seed=number, rooms=(hall,), walls=walls,
        lights=tuple(light_room(hall, rng)), signs=tuple(hung),
    )  # fmt: skip
