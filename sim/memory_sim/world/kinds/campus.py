"""
A campus of about a kilometre: streets with pavements, and blocks of many kinds between them.

Its regions are streets, quads, parks, car parks, terraces and the like, all under the open sky.
Its buildings are things to look at and to stand before; their entrances face pavements and quads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math

import numpy as np

from memory_sim.furniture.finishes import draw_sun
from memory_sim.furniture.grounds import Grounds
from memory_sim.world.campus_blocks import BLOCKS, BUILDING_BLOCKS
from memory_sim.world.model import Room, World, WorldObject

__all__ = ['generate']

Rect = tuple[float, float, float, float]

#: Blocks along x and along y, and how long a block is, by size.
_SHAPES = {'small': (3, 2), 'medium': (6, 3), 'large': (9, 5)}
_STREET_M = 14.0
_ROADWAY_M = 7.0
_TREES = ('Oak', 'Maple', 'Elm', 'Cedar', 'Birch', 'Chestnut', 'Willow', 'Linden', 'Walnut',
          'Hazel', 'Poplar', 'Juniper')  # fmt: skip
_NAMES = ('Fifth', 'College', 'Forbes', 'Church', 'Mill', 'Bridge', 'Garden', 'Station', 'Library',
          'River', 'Hill', 'Market')  # fmt: skip


@dataclass(slots=True)
class _Plan:
    """The campus while it grows."""

    rng: np.random.Generator
    rooms: list[Room] = field(default_factory=list)
    objects: list[WorldObject] = field(default_factory=list)

    def region(self, kind: str, name: str, rect: Rect, texture: str, color: str) -> Grounds:
        """Add a region and return its ground, on which things can be put."""
        x0, y0, x1, y1 = (round(v, 2) for v in rect)
        room = Room(
            id=len(self.rooms) + 1, kind=kind, name=name, floor_texture=texture,
            polygon=((x0, y0), (x1, y0), (x1, y1), (x0, y1)), floor_color=color, height_m=12.0,
            ceiling=False, outdoor=True,
        )  # fmt: skip
        self.rooms.append(room)
        return Grounds(room=room, rng=self.rng, objects=self.objects)


def generate(kind: str, size: str, rng: np.random.Generator) -> World:
    """Return a campus; a large one is about a kilometre long."""
    columns, rows = _SHAPES[size]
    plan = _Plan(rng)
    xs = _edges(rng, columns, 92.0 if size != 'small' else 70.0)
    ys = _edges(rng, rows, 78.0 if size != 'small' else 62.0)
    _streets(plan, xs, ys)
    kinds = _block_kinds(rng, columns * rows)
    for i, (x0, x1) in enumerate(xs):
        for j, (y0, y1) in enumerate(ys):
            build = BLOCKS[kinds[i * rows + j]]
            build(plan.region, (x0, y0, x1, y1), rng, i * rows + j)
    return World(
        name=kind, kind=kind, rooms=tuple(plan.rooms), objects=tuple(plan.objects),
        sun=draw_sun(rng),
    )  # fmt: skip


def _edges(rng: np.random.Generator, count: int, length_m: float) -> list[tuple[float, float]]:
    """Return where blocks begin and end, a street before, between and behind them [m]."""
    spans, at = [], _STREET_M
    for _ in range(count):
        wide = round(float(rng.uniform(0.85, 1.15)) * length_m, 1)
        spans.append((at, round(at + wide, 1)))
        at = round(at + wide + _STREET_M, 1)
    return spans


def _block_kinds(rng: np.random.Generator, count: int) -> list[str]:
    """Return a kind a block: as many built ones as open ones, all kinds before any twice."""
    kinds = list(BLOCKS)
    chosen: list[str] = []
    while len(chosen) < count:
        chosen += [kinds[int(i)] for i in rng.permutation(len(kinds))]
        chosen += [str(rng.choice(BUILDING_BLOCKS)) for _ in range(4)]
    order = rng.permutation(count)
    return [chosen[int(i)] for i in order]


def _streets(
    plan: _Plan, xs: list[tuple[float, float]], ys: list[tuple[float, float]]
) -> None:  # fmt: skip
    """Add avenues along x through the whole campus, and streets along y between them."""
    rng = plan.rng
    names = [_NAMES[int(i)] for i in rng.permutation(len(_NAMES))]
    trees = [_TREES[int(i)] for i in rng.permutation(len(_TREES))]
    right, top = xs[-1][1] + _STREET_M, ys[-1][1] + _STREET_M
    lows = [0.0, *(y1 for _, y1 in ys)]
    for k, y in enumerate(lows):
        end = top if k == len(lows) - 1 else y + _STREET_M
        ground = plan.region('street', f'{names[k % len(names)]} Avenue', (0.0, y, right, end),
                             'asphalt', 'gray')  # fmt: skip
        _furnish_street(ground, rng, along_x=True)
    for k, x in enumerate([0.0, *(x1 for _, x1 in xs)]):
        for j, (y0, y1) in enumerate(ys):
            part = ('south', 'middle', 'north') if len(ys) == 3 else ()
            where = part[j] if part else f'section {j + 1}'
            name = f'{trees[k % len(trees)]} Street {where}'
            rect = (x, y0, x + _STREET_M, y1)
            ground = plan.region('street', name, rect, 'asphalt', 'dark gray')
            _furnish_street(ground, rng, along_x=False)


def _furnish_street(ground: Grounds, rng: np.random.Generator, *, along_x: bool) -> None:
    """Line both pavements with trees, lamps and what stands along streets; park some cars."""
    x0, y0, x1, y1 = ground.room.bounds
    length = (x1 - x0) if along_x else (y1 - y0)
    edge = 0.5 * (_STREET_M - _ROADWAY_M)

    def put(name: str, along: float, across: float, yaw: float = 0.0) -> WorldObject | None:
        x, y = (x0 + along, y0 + across) if along_x else (x0 + _STREET_M - across, y0 + along)
        return ground.put(name, x, y, yaw if along_x else yaw + math.pi / 2)

    extras = ('park bench', 'trash can', 'mailbox', 'fire hydrant', 'bicycle rack', 'bus stop',
              'parking meter', 'information board', 'flower bed', 'kiosk', 'dumpster',
              'street sign')  # fmt: skip
    for side, across, yaw in ((0, 0.75, math.pi / 2), (1, _STREET_M - 0.75, -math.pi / 2)):
        at = float(rng.uniform(6.0, 14.0))
        k = side
        while at < length - 6.0:
            if k % 3 == 0:
                put('lamp post', at, across, yaw)
            elif k % 3 == 1:
                put('round tree', at, across + (1.0 if side == 0 else -1.0), yaw)
            else:
                name = str(rng.choice(extras))
                put(name, at, across + (0.4 if side == 0 else -0.4), yaw)
            at += float(rng.uniform(8.0, 15.0))
            k += 1
        lane = edge + 1.0 if side == 0 else _STREET_M - edge - 1.0
        at = float(rng.uniform(8.0, 30.0))
        while at < length - 10.0:
            name = str(rng.choice(['car', 'car', 'car', 'van', 'car', 'bus', 'bicycle']))
            put(name, at, lane, 0.0 if side == 0 else math.pi)
            at += float(rng.uniform(14.0, 46.0))
    if not along_x:  # cross where the street meets the avenues
        for along in (2.0, length - 2.0):
            put('crosswalk', along, 0.5 * _STREET_M, 0.0)
        put('street sign', 1.2, 1.6)
        put('traffic light', length - 1.2, _STREET_M - 1.4)
