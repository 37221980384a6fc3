"""The blocks of a campus: quads between buildings, parks, car parks, plazas, playing fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import math
from typing import Protocol

import numpy as np

from memory_sim.furniture.catalogue.outdoor import BUILDING_LABELS
from memory_sim.furniture.grounds import Grounds

__all__ = ['BLOCKS', 'BUILDING_BLOCKS']

Rect = tuple[float, float, float, float]


class AddRegion(Protocol):
    """Adds a region to the campus."""

    def __call__(self, kind: str, name: str, rect: Rect, texture: str, color: str) -> Grounds:
        """Return the new region's ground."""


Block = Callable[[AddRegion, Rect, np.random.Generator, int], None]

_FACULTIES = ('Physics', 'History', 'Biology', 'Arts', 'Medicine', 'Law', 'Chemistry', 'Music',
              'Philosophy', 'Geology', 'Architecture', 'Mathematics', 'Economics', 'Languages',
              'Robotics', 'Astronomy')  # fmt: skip
_TOWN = ('cafe', 'restaurant', 'bookshop', 'pharmacy', 'bank', 'post office', 'supermarket')
_LARGE = tuple(label for label in BUILDING_LABELS if label not in (*_TOWN, 'chapel'))
_SMALL = ('cafe', 'restaurant', 'bookshop', 'pharmacy', 'post office', 'chapel')


def _faculty(number: int) -> str:
    return _FACULTIES[number % len(_FACULTIES)] + (
        '' if number < len(_FACULTIES) else f' {number // len(_FACULTIES) + 1}'
    )


def _building(
    ground: Grounds, label: str, x: float, y: float, yaw: float, size: tuple[float, float]
) -> bool:
    """Stand a building with the ground before its entrance kept clear; whether there was room."""
    storeys = int(ground.rng.integers(2, 6)) if label not in _SMALL else 2
    d, w, h = round(size[0], 1), round(size[1], 1), round(3.6 * storeys + 1.2, 1)
    done = ground.put(label, x, y, yaw, size=(d, w, h)) is not None
    if done:
        ahead = 0.5 * d + 2.2
        cx, cy = x + ahead * math.cos(yaw), y + ahead * math.sin(yaw)
        ground.keep((cx - 2.0, cy - 2.0, cx + 2.0, cy + 2.0))
    return done


def _quad(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    """Stand buildings around a quad that is open at its corners; their fronts face it."""
    x0, y0, x1, y1 = rect
    name = _faculty(number)
    deep = float(rng.uniform(13.0, 16.0))
    rim = add('forecourt', f'{name} forecourt', (x0, y0, x1, y0 + 4.0), 'cobbles', 'light gray')
    rim.scatter(('bicycle rack', 'flower bed', 'park bench', 'trash can', 'hedge'), 5, 0.8)
    ground = add('quad', f'{name} quad', (x0, y0 + 4.0, x1, y1), 'grass', 'light green')
    y0 += 4.0
    labels = [str(v) for v in rng.permutation(_LARGE)[:4]]
    middle_x, middle_y = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
    wide, tall = x1 - x0, y1 - y0
    _building(ground, labels[0], middle_x, y1 - 0.5 * deep - 1.0, -math.pi / 2,
              (deep, 0.62 * wide))  # fmt: skip
    _building(ground, labels[1], x0 + 0.5 * deep + 1.0, middle_y - 2.0, 0.0, (deep, 0.5 * tall))
    _building(ground, labels[2], x1 - 0.5 * deep - 1.0, middle_y - 2.0, math.pi,
              (deep, 0.5 * tall))  # fmt: skip
    ground.put(str(rng.choice(['outdoor statue', 'fountain', 'sculpture', 'flagpole'])), middle_x,
               middle_y - 4.0)  # fmt: skip
    for side in (-1.0, 1.0):
        for t in (-0.2, 0.1):
            ground.put('tree', middle_x + side * 0.16 * wide, middle_y + t * tall)
            ground.put(
                'park bench', middle_x + side * 0.1 * wide, middle_y + t * tall, math.pi / 2
            )
    ground.scatter(('tree', 'bush', 'lamp post', 'park bench', 'trash can', 'picnic table', 'bush',
                    'tree', 'bicycle rack', 'information board'), 18, 3.0)  # fmt: skip


def _slabs(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    """Stand dormitories or laboratories in rows, each with a courtyard before it."""
    x0, y0, x1, y1 = rect
    name, rows = _faculty(number), 2
    label = str(rng.choice(['dormitory', 'laboratory building', 'engineering building']))
    step = (y1 - y0) / rows
    for i in range(rows):
        low = y0 + i * step
        where = 'south' if i == 0 else 'north'
        ground = add('courtyard', f'{name} {where} courtyard', (x0, low, x1, low + step),
                     'grass' if i else 'cobbles', 'light green' if i else 'beige')  # fmt: skip
        size = (13.0, 0.42 * (x1 - x0))
        for t in (0.26, 0.74):
            _building(ground, label, x0 + t * (x1 - x0), low + step - 8.0, -math.pi / 2, size)
        ground.scatter(('park bench', 'bicycle rack', 'round tree', 'trash can', 'bush', 'hedge',
                        'lamp post', 'picnic table', 'dumpster', 'flower bed'), 14)  # fmt: skip


def _park(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    del rng
    x0, y0, x1, y1 = rect
    ground = add('park', f'{_faculty(number)} park', rect, 'grass', 'green')
    ground.put('pond', 0.4 * x0 + 0.6 * x1, 0.5 * (y0 + y1))
    ground.put('kiosk', x0 + 6.0, y0 + 5.0, math.pi / 2)
    ground.scatter(('tree', 'pine tree', 'tree', 'round tree', 'park bench', 'bush', 'tree',
                    'picnic table', 'lamp post', 'trash can', 'pine tree', 'park bench'),
                   46, 3.0)  # fmt: skip


def _parking(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    x0, y0, x1, y1 = rect
    ground = add('parking lot', f'{_faculty(number)} parking lot', rect, 'asphalt', 'gray')
    for j, y in enumerate(np.arange(y0 + 7.0, y1 - 6.0, 9.0)):
        for x in np.arange(x0 + 5.0, x1 - 4.0, 3.0):
            if rng.random() < 0.42:
                name = 'van' if rng.random() < 0.08 else 'car'
                turn = math.pi / 2 if j % 2 else -math.pi / 2
                ground.put(name, float(x), float(y), turn, touching=True)
    for x in np.arange(x0 + 10.0, x1 - 8.0, 22.0):
        ground.put('lamp post', float(x), y0 + 2.0)
        ground.put('parking meter', float(x) + 2.0, y0 + 2.0)
    ground.scatter(('charging station', 'round tree', 'street sign', 'trash can'), 8, 1.0)


def _plaza(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    """Pave a square around a fountain; stand shops along it, and terraces before them."""
    x0, y0, x1, y1 = rect
    name = _faculty(number)
    strip = 24.0
    ground = add('plaza', f'{name} plaza', (x0, y0, x1, y1 - strip), 'cobbles', 'beige')
    middle_x, middle_y = 0.5 * (x0 + x1), 0.5 * (y0 + y1 - strip)
    ground.put('fountain', middle_x, middle_y)
    for i in range(8):
        angle = 2 * math.pi * i / 8
        ground.put('park bench', middle_x + 8 * math.cos(angle), middle_y + 8 * math.sin(angle),
                   round(angle / (0.5 * math.pi)) * 0.5 * math.pi + math.pi)  # fmt: skip
    ground.scatter(('round tree', 'lamp post', 'flower bed', 'trash can', 'kiosk', 'sculpture',
                    'flagpole', 'mailbox', 'information board', 'bicycle rack', 'atm'),
                   26, 2.5)  # fmt: skip
    shops = [str(v) for v in rng.permutation(_TOWN)[:4]]
    edges = np.linspace(x0, x1, len(shops) + 1)
    for i, shop in enumerate(shops):
        low, high = float(edges[i]), float(edges[i + 1])
        kind = 'cafe terrace' if shop in ('cafe', 'restaurant') else 'forecourt'
        front = add(kind, f'{name} {shop} front', (low, y1 - strip, high, y1), 'cobbles',
                    'terracotta' if kind == 'cafe terrace' else 'light gray')  # fmt: skip
        wide = (high - low) - 3.0
        _building(front, shop, 0.5 * (low + high), y1 - 7.0, -math.pi / 2, (12.0, wide))
        if kind == 'cafe terrace':
            _terrace(front, (low, y1 - strip, high, y1 - 16.0))
        else:
            front.scatter(('bicycle rack', 'park bench', 'trash can', 'flower bed'), 5, 1.5)


def _terrace(ground: Grounds, rect: Rect) -> None:
    """Stand tables with chairs and parasols before a cafe."""
    x0, y0, x1, y1 = rect
    for i, x in enumerate(np.arange(x0 + 2.4, x1 - 2.0, 3.6)):
        for y in np.arange(y0 + 1.8, y1 - 1.0, 3.4):
            table = ground.put('cafe table', float(x), float(y), size=(0.75, 0.75, 0.75))
            if table is None:
                continue
            for side in (-0.66, 0.66):
                ground.put('cafe chair', float(x) + side, float(y),
                           math.pi if side > 0 else 0.0, touching=True)  # fmt: skip
            if i % 2 == 0:
                ground.put('parasol', float(x), float(y) + 1.45, size=(1.9, 1.9, 2.5),
                           touching=True)  # fmt: skip


def _field(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    x0, y0, x1, y1 = rect
    split = x0 + 0.64 * (x1 - x0)
    ground = add('sports field', f'{_faculty(number)} sports field', (x0, y0, split, y1), 'grass',
                 'green')  # fmt: skip
    middle = 0.5 * (y0 + y1)
    ground.put('football goal', x0 + 4.0, middle, 0.0)
    ground.put('football goal', split - 4.0, middle, math.pi)
    for x in np.arange(x0 + 8.0, split - 6.0, 8.0):
        ground.put('park bench', float(x), y0 + 2.0, math.pi / 2)
    ground.scatter(('lamp post', 'trash can', 'lamp post', 'tree'), 8, 1.5)
    play = add('playground', f'{_faculty(number)} playground', (split, y0, x1, middle), 'sand',
               'beige')  # fmt: skip
    play.scatter(('slide', 'swing', 'park bench', 'swing', 'trash can', 'round tree',
                  'table tennis table'), 9)  # fmt: skip
    court = add('sports field', f'{_faculty(number)} basketball court', (split, middle, x1, y1),
                'concrete', 'terracotta')  # fmt: skip
    court.put('street hoop', split + 2.0, 0.5 * (middle + y1), 0.0)
    court.put('street hoop', x1 - 2.0, 0.5 * (middle + y1), math.pi)
    court.scatter(('park bench', 'trash can', 'bicycle rack'), 4, 1.2)
    del rng


def _terminal(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    """Stop buses beside a large building."""
    x0, y0, x1, y1 = rect
    split = y0 + 0.45 * (y1 - y0)
    ground = add('bus terminal', f'{_faculty(number)} bus terminal', (x0, y0, x1, split),
                 'asphalt', 'dark gray')  # fmt: skip
    for i, x in enumerate(np.arange(x0 + 12.0, x1 - 10.0, 18.0)):
        ground.put('bus stop', float(x), split - 3.0, -math.pi / 2)
        if i % 2 == 0:
            ground.put('bus', float(x), split - 8.0, 0.0)
    ground.scatter(('kiosk', 'information board', 'trash can', 'park bench', 'atm',
                    'vending machine', 'lamp post', 'bicycle rack'), 12, 1.5)  # fmt: skip
    front = add('forecourt', f'{_faculty(number)} hall forecourt', (x0, split, x1, y1), 'cobbles',
                'light gray')  # fmt: skip
    label = str(rng.choice(['theatre', 'gymnasium', 'student union', 'museum', 'clinic']))
    _building(front, label, 0.5 * (x0 + x1), y1 - 12.0, -math.pi / 2, (18.0, 0.7 * (x1 - x0)))
    front.scatter(('round tree', 'park bench', 'flower bed', 'hedge', 'flagpole', 'lamp post'),
                  14)  # fmt: skip


def _garden(add: AddRegion, rect: Rect, rng: np.random.Generator, number: int) -> None:
    """Lay out a garden in two halves, a chapel or an office in one."""
    x0, y0, x1, y1 = rect
    middle = 0.5 * (x0 + x1)
    west = add('garden', f'{_faculty(number)} west garden', (x0, y0, middle, y1), 'grass', 'green')
    east = add('garden', f'{_faculty(number)} east garden', (middle, y0, x1, y1), 'grass',
               'light green')  # fmt: skip
    label = str(rng.choice(['chapel', 'administration building', 'library building']))
    _building(east, label, 0.5 * (middle + x1), 0.5 * (y0 + y1), math.pi, (15.0, 24.0))
    for x in np.arange(x0 + 5.0, middle - 3.0, 6.0):
        for y in np.arange(y0 + 6.0, y1 - 4.0, 9.0):
            name = str(rng.choice(['flower bed', 'hedge', 'bush', 'flower bed', 'round tree']))
            west.put(name, float(x), float(y), math.pi / 2)
    for ground in (west, east):
        ground.scatter(('park bench', 'tree', 'lamp post', 'bush', 'trash can', 'sculpture'), 14)


BLOCKS: Mapping[str, Block] = {
    'quad': _quad,
    'slabs': _slabs,
    'park': _park,
    'parking': _parking,
    'plaza': _plaza,
    'field': _field,
    'terminal': _terminal,
    'garden': _garden,
}

#: Blocks with several buildings, of which a campus has most.
BUILDING_BLOCKS = ('quad', 'slabs', 'plaza', 'quad')
