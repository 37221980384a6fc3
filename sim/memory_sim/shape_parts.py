"""
Shapes of furniture: the boxes, cylinders and ellipsoids that they are made of.

Each shape is a list of parts in fractions of the object's size: x runs from the back (0) to the
front (1), y from right to left, z from the underside to the top. The colour ``*`` is the object's
own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ['SHAPES', 'Part']

Span = tuple[float, float, float, float, float, float]


class Part(NamedTuple):
    """One primitive of a shape."""

    kind: str
    #: x0, y0, z0, x1, y1, z1 in fractions of the size.
    span: Span
    color: str = '*'
    texture: str = ''
    #: Radius of a cylinder's upper end relative to its lower one.
    top: float = 1.0


def _b(*span: float, c: str = '*', t: str = '') -> Part:
    return Part('box', (*span,), c, t)  # type: ignore[arg-type]


def _c(*span: float, c: str = '*', t: str = '', top: float = 1.0) -> Part:
    return Part('cylinder', (*span,), c, t, top)  # type: ignore[arg-type]


def _e(*span: float, c: str = '*', t: str = '') -> Part:
    return Part('ellipsoid', (*span,), c, t)  # type: ignore[arg-type]


def _p(*span: float, t: str) -> Part:
    return Part('picture', (*span,), 'white', t)  # type: ignore[arg-type]


def _legs(height: float, thick: float, c: str, t: str = 'wood') -> tuple[Part, ...]:
    lo, hi = 0.04, 1.0 - 0.04 - thick
    return tuple(
        _b(x, y, 0.0, x + thick, y + thick, height, c=c, t=t) for x in (lo, hi) for y in (lo, hi)
    )


def _doors(columns: int, z0: float, z1: float, c: str = '*', t: str = 'wood') -> tuple[Part, ...]:
    parts: list[Part] = []
    for i in range(columns):
        y0, y1 = (i + 0.03) / columns, (i + 0.97) / columns
        handle = y1 - 0.1 / columns if i % 2 == 0 else y0 + 0.06 / columns
        middle = 0.5 * (z0 + z1)
        parts.append(_b(0.95, y0, z0, 0.985, y1, z1, c=c, t=t))
        parts.append(
            _b(0.985, handle, middle - 0.06, 1, handle + 0.03 / columns, middle + 0.06, c='chrome')
        )
    return tuple(parts)


def _drawers(rows: int, z0: float, z1: float, columns: int = 1) -> tuple[Part, ...]:
    parts: list[Part] = []
    step = (z1 - z0) / rows
    for i in range(rows):
        for j in range(columns):
            low, high = z0 + step * (i + 0.05), z0 + step * (i + 0.95)
            y0, y1 = (j + 0.03) / columns, (j + 0.97) / columns
            knob, middle = 0.5 * (low + high), 0.5 * (y0 + y1)
            parts.append(_b(0.95, y0, low, 0.985, y1, high, t='wood'))
            parts.append(
                _b(0.985, middle - 0.06, knob - 0.02, 1, middle + 0.06, knob + 0.02, c='chrome')
            )
    return tuple(parts)


def _seat(arms: float, cushions: int) -> tuple[Part, ...]:
    parts = [
        _b(0, 0, 0.1, 0.95, 1, 0.38, t='fabric'),
        _b(0, 0.02, 0.3, 0.25, 0.98, 1, t='fabric'),
        *_legs(0.1, 0.06, 'walnut'),
    ]
    if arms:
        parts += [_b(0, 0, 0.1, 0.97, arms, 0.68, t='fabric')]
        parts += [_b(0, 1 - arms, 0.1, 0.97, 1, 0.68, t='fabric')]
    width = (1 - 2 * arms) / cushions
    for i in range(cushions):
        y0, y1 = arms + width * (i + 0.02), arms + width * (i + 0.98)
        parts += [_b(0.22, y0, 0.38, 1, y1, 0.54, t='fabric')]
        parts += [_b(0.2, y0, 0.54, 0.38, y1, 0.94, t='fabric')]
    return tuple(parts)


def _bed(posts: float) -> tuple[Part, ...]:
    return (
        _b(0, 0, 0, 0.04, 1, 1, c='walnut', t='wood'),
        _b(0.04, 0, 0.1, 1, 1, 0.32, c='walnut', t='wood'),
        _b(0.04, 0.02, 0.32, 0.99, 0.98, 0.52, c='white', t='fabric'),
        _b(0.34, 0.0, 0.28, 1, 1, 0.57, t='fabric'),
        *(_b(0.06, y, 0.52, 0.24, y + posts, 0.66, c='white', t='fabric') for y in (0.08, 0.54)),
    )


def _shelf(rows: int, books: bool) -> tuple[Part, ...]:
    parts = [
        _b(0, 0, 0, 1, 0.03, 1, t='wood'),
        _b(0, 0.97, 0, 1, 1, 1, t='wood'),
        _b(0, 0, 0, 0.05, 1, 1, t='wood'),
    ]
    for i in range(rows + 1):
        z = i * 0.97 / rows
        parts.append(_b(0, 0.03, z, 1, 0.97, z + 0.03, t='wood'))
        if books and i < rows:
            high = z + 0.03 + (0.97 / rows - 0.03) * 0.85
            end = (0.94, 0.7, 0.9, 0.8)[i % 4]
            parts.append(_b(0.1, 0.04, z + 0.03, 0.8, end, high, c='brown'))
            parts.append(_p(0.1, 0.04, z + 0.03, 0.82, end, high, t='books'))
    return tuple(parts)


def _chair(seat: float) -> tuple[Part, ...]:
    return (
        *_legs(seat, 0.08, '*'),
        _b(0, 0, seat - 0.05, 1, 1, seat, t='wood'),
        _b(0, 0, seat, 0.09, 0.1, 1, t='wood'),
        _b(0, 0.9, seat, 0.09, 1, 1, t='wood'),
        _b(0.01, 0.1, 0.72, 0.07, 0.9, 0.97, t='wood'),
        _b(0.01, 0.1, 0.56, 0.07, 0.9, 0.64, t='wood'),
    )


def _plant(pot: float) -> tuple[Part, ...]:
    leaves = []
    for i, (x, y, z) in enumerate(
        [(0.5, 0.5, 0.8), (0.3, 0.35, 0.62), (0.7, 0.4, 0.66), (0.35, 0.7, 0.7), (0.68, 0.7, 0.58)]
    ):
        r = 0.3 - 0.02 * i
        leaves.append(
            _e(
                max(x - r, 0), max(y - r, 0), z - 0.7 * r, min(x + r, 1), min(y + r, 1),
                min(z + 0.7 * r, 1), c='leaf', t='grass',
            )
        )  # fmt: skip
    return (
        _c(0.28, 0.28, 0, 0.72, 0.72, pot, c='terracotta', top=1.25),
        _c(0.3, 0.3, pot - 0.02, 0.7, 0.7, pot + 0.01, c='soil'),
        _c(0.46, 0.46, pot, 0.54, 0.54, 0.7, c='brown'),
        *leaves,
    )


def _basin(z: float) -> tuple[Part, ...]:
    return (
        _b(0, 0, z, 0.2, 1, 1, c='white'),
        _b(0.2, 0, z, 1, 0.12, 1, c='white'),
        _b(0.2, 0.88, z, 1, 1, 1, c='white'),
        _b(0.9, 0.12, z, 1, 0.88, 1, c='white'),
        _b(0.2, 0.12, z, 0.9, 0.88, z + 0.01, c='light gray'),
    )


def _washer(drum: str) -> tuple[Part, ...]:
    return (
        _b(0, 0, 0, 0.96, 1, 1),
        _b(0.96, 0.02, 0.84, 0.98, 0.98, 0.98, c='light gray'),
        _e(0.9, 0.2, 0.25, 1, 0.8, 0.77, c='chrome'),
        _e(0.94, 0.28, 0.32, 1.01, 0.72, 0.7, c=drum),
    )


_TABLE = (_b(0, 0, 0.94, 1, 1, 1, t='wood'), *_legs(0.94, 0.06, '*'))
_FRAME = (_b(0, 0, 0, 0.6, 1, 1, t='wood'),)

#: Parts of every procedural shape by name.
SHAPES: Mapping[str, tuple[Part, ...]] = {
    'armchair': _seat(0.17, 1),
    'bathtub': (
        _b(0, 0, 0, 1, 0.08, 1),
        _b(0, 0.92, 0, 1, 1, 1),
        _b(0, 0.08, 0, 0.12, 0.92, 1),
        _b(0.88, 0.08, 0, 1, 0.92, 1),
        _b(0.12, 0.08, 0, 0.88, 0.92, 0.3, c='light gray'),
        _b(0.12, 0.08, 0.3, 0.88, 0.92, 0.55, c='water'),
    ),
    'bed': _bed(0.38),
    'bench': (_b(0, 0, 0.85, 1, 1, 1, t='wood'), *_legs(0.85, 0.08, '*')),
    'bicycle': (
        _c(0.4, 0.0, 0, 0.6, 0.42, 0.62, c='black'),
        _c(0.4, 0.58, 0, 0.6, 1, 0.62, c='black'),
        _b(0.44, 0.2, 0.45, 0.56, 0.8, 0.55),
        _b(0.45, 0.3, 0.55, 0.55, 0.36, 0.85),
        _b(0, 0.7, 0.92, 1, 0.76, 1, c='dark gray'),
        _b(0.3, 0.26, 0.82, 0.7, 0.42, 0.9, c='black'),
    ),
    'bookshelf': _shelf(5, books=True),
    'bowl': (
        _c(0.1, 0.1, 0, 0.9, 0.9, 0.5, c='light blue', top=1.2),
        *(
            _e(x, y, 0.4, x + 0.36, y + 0.36, 1, c=c)
            for x, y, c in ((0.16, 0.2, 'red'), (0.5, 0.22, 'orange'), (0.34, 0.5, 'green'))
        ),
    ),
    'box': (_b(0, 0, 0, 1, 1, 1, t='plaster'),),
    'cabinet': (_b(0, 0, 0, 0.95, 1, 1, t='wood'), *_doors(2, 0.04, 0.97)),
    'chair': _chair(0.5),
    'clock': (_b(0, 0.1, 0.1, 0.8, 0.9, 0.9), _b(0.8, 0.16, 0.16, 0.95, 0.84, 0.84, c='white'),
              _b(0.95, 0.48, 0.48, 1, 0.52, 0.78, c='black'),
              _b(0.95, 0.48, 0.47, 1, 0.7, 0.53, c='black')),
    'coat rack': (
        _c(0.1, 0.1, 0, 0.9, 0.9, 0.03, t='wood'),
        _c(0.46, 0.46, 0, 0.54, 0.54, 1, t='wood'),
        _b(0.1, 0.46, 0.9, 0.9, 0.54, 0.93, t='wood'),
        _b(0.46, 0.1, 0.88, 0.54, 0.9, 0.91, t='wood'),
        _e(0.55, 0.3, 0.4, 1, 0.7, 0.92, c='dark blue', t='fabric'),
        _e(0.1, 0.25, 0.5, 0.5, 0.65, 0.9, c='red', t='fabric'),
    ),
    'coffee machine': (
        _b(0, 0, 0, 0.5, 1, 1), _b(0, 0, 0, 1, 1, 0.12), _b(0, 0, 0.72, 1, 1, 1),
        _c(0.55, 0.25, 0.12, 0.95, 0.75, 0.55, c='glass'),
    ),
    'coffee table': (_b(0, 0, 0.88, 1, 1, 1, t='wood'), _b(0.08, 0.08, 0.3, 0.92, 0.92, 0.36,
                     t='wood'), *_legs(0.88, 0.07, '*')),
    'computer': (
        _b(0.3, 0.3, 0, 0.75, 0.7, 0.03, c='dark gray'),
        _b(0.48, 0.45, 0.03, 0.56, 0.55, 0.35, c='dark gray'),
        _b(0.44, 0, 0.25, 0.6, 1, 1),
        _p(0.44, 0.03, 0.29, 0.61, 0.97, 0.97, t='screen'),
    ),
    'counter': (
        _b(0, 0, 0, 0.9, 1, 0.94, t='wood'),
        _b(0, 0, 0.95, 1, 1, 1, c='light gray', t='marble'),
        *_doors(1, 0.1, 0.92),
    ),
    'curtain': tuple(_c(0, i / 8, 0, 1, (i + 1) / 8, 1, t='fabric') for i in range(8)),
    'desk': (
        _b(0, 0, 0.94, 1, 1, 1, t='wood'),
        _b(0.05, 0.0, 0, 0.95, 0.04, 0.94, t='wood'),
        _b(0.05, 0.7, 0, 0.9, 1, 0.94, t='wood'),
        _b(0.9, 0.71, 0.64, 0.92, 0.99, 0.92, t='wood'),
        _b(0.9, 0.71, 0.33, 0.92, 0.99, 0.62, t='wood'),
        _b(0.92, 0.82, 0.76, 0.94, 0.88, 0.79, c='chrome'),
        _b(0.92, 0.82, 0.46, 0.94, 0.88, 0.49, c='chrome'),
    ),
    'dishwasher': (_b(0, 0, 0, 0.95, 1, 0.95), _b(0, 0, 0.95, 1, 1, 1, c='light gray', t='marble'),
                   _b(0.95, 0.03, 0.1, 0.97, 0.97, 0.82, t='metal'),
                   _b(0.95, 0.03, 0.84, 0.97, 0.97, 0.94, c='dark gray'),
                   _b(0.97, 0.2, 0.75, 1, 0.8, 0.78, c='chrome')),
    'door': (_b(0, 0, 0, 0.7, 1, 1, t='wood'), _b(0.7, 0.12, 0.08, 0.8, 0.88, 0.45, t='wood'),
             _b(0.7, 0.12, 0.53, 0.8, 0.88, 0.94, t='wood'),
             _b(0.7, 0.9, 0.46, 1, 0.96, 0.5, c='chrome')),
    'dresser': (_b(0, 0, 0, 0.95, 1, 1, t='wood'), *_drawers(4, 0.05, 0.95, 2)),
    'fan': (_c(0.2, 0.2, 0, 0.8, 0.8, 0.08), _b(0.45, 0.45, 0, 0.55, 0.55, 0.6),
            _e(0.35, 0, 0.45, 0.65, 1, 1, c='light gray')),
    'fireplace': (
        _b(0, 0, 0, 1, 0.2, 0.85, t='bricks'), _b(0, 0.8, 0, 1, 1, 0.85, t='bricks'),
        _b(0, 0.2, 0.62, 1, 0.8, 0.85, t='bricks'), _b(0, 0.2, 0, 0.1, 0.8, 0.62, c='black'),
        _b(0, 0, 0.85, 1, 1, 1, c='walnut', t='wood'),
        _c(0.35, 0.3, 0.02, 0.75, 0.7, 0.12, c='brown', t='wood'),
        _e(0.4, 0.36, 0.1, 0.7, 0.64, 0.42, c='orange'),
    ),
    'floor lamp': (_c(0.2, 0.2, 0, 0.8, 0.8, 0.02, c='dark gray'),
                   _c(0.47, 0.47, 0, 0.53, 0.53, 0.8, c='dark gray'),
                   _c(0, 0, 0.76, 1, 1, 1, top=0.65)),
    'guitar': (_e(0.2, 0, 0, 0.8, 1, 0.42, t='wood'), _e(0.22, 0.1, 0.28, 0.78, 0.9, 0.56,
               t='wood'), _b(0.4, 0.42, 0.5, 0.55, 0.58, 1, c='walnut', t='wood')),
    'hamper': (_c(0, 0, 0, 1, 1, 0.92, t='fabric'), _e(0.1, 0.1, 0.75, 0.9, 0.9, 1, c='white',
               t='fabric')),
    'ironing board': (_b(0.1, 0, 0.94, 0.9, 1, 1, t='fabric'),
                      _b(0.2, 0.3, 0, 0.26, 0.36, 0.94, c='chrome'),
                      _b(0.74, 0.3, 0, 0.8, 0.36, 0.94, c='chrome'),
                      _b(0.2, 0.7, 0, 0.26, 0.76, 0.94, c='chrome'),
                      _b(0.74, 0.7, 0, 0.8, 0.76, 0.94, c='chrome')),
    'laptop': (_b(0.2, 0, 0, 1, 1, 0.08, c='gray'), _b(0.06, 0, 0.08, 0.14, 1, 1, c='gray'),
               _p(0.06, 0.04, 0.14, 0.15, 0.96, 0.96, t='screen'),
               _b(0.3, 0.08, 0.08, 0.72, 0.92, 0.09, c='black')),
    'microwave': (_b(0, 0, 0, 0.96, 1, 1, t='metal'), _b(0.96, 0.3, 0.1, 1, 0.97, 0.9, c='black'),
                  _b(0.96, 0.05, 0.1, 0.98, 0.25, 0.9, c='dark gray')),
    'mirror': (_b(0, 0, 0, 0.7, 1, 1, t='wood'),
               _b(0.7, 0.05, 0.04, 0.9, 0.95, 0.96, c='gray'),
               _p(0.7, 0.05, 0.04, 1, 0.95, 0.96, t='mirror')),
    'nightstand': (_b(0, 0, 0.1, 0.95, 1, 1, t='wood'), *_legs(0.1, 0.1, '*'),
                   *_drawers(2, 0.15, 0.92)),
    'office chair': (
        _c(0.1, 0.1, 0.02, 0.9, 0.9, 0.08, c='black'),
        _c(0.45, 0.45, 0.08, 0.55, 0.55, 0.4, c='chrome'),
        _b(0.15, 0.1, 0.4, 0.95, 0.9, 0.5, t='fabric'),
        _b(0.05, 0.12, 0.55, 0.17, 0.88, 1, t='fabric'),
        _b(0.1, 0.45, 0.4, 0.15, 0.55, 0.6, c='black'),
        _b(0.25, 0, 0.6, 0.75, 0.08, 0.64, c='black'),
        _b(0.25, 0.92, 0.6, 0.75, 1, 0.64, c='black'),
    ),
    'oven': (
        _b(0, 0, 0, 0.95, 1, 0.96), _b(0, 0, 0.96, 1, 1, 1, c='black'),
        _b(0.95, 0.06, 0.2, 0.97, 0.94, 0.7, c='black'),
        _b(0.97, 0.1, 0.72, 1, 0.9, 0.75, c='chrome'),
        *(_c(0.95, y, 0.82, 1, y + 0.08, 0.9, c='black') for y in (0.1, 0.3, 0.6, 0.8)),
        *(_c(x, y, 1, x + 0.3, y + 0.3, 1.01, c='dark gray')
          for x in (0.12, 0.56) for y in (0.12, 0.58)),
    ),
    'painting': (*_FRAME, _p(0, 0.06, 0.06, 1, 0.94, 0.94, t='landscape')),
    'poster': (*_FRAME, _p(0, 0.04, 0.04, 1, 0.96, 0.96, t='abstract')),
    'piano': (_b(0, 0, 0, 0.6, 1, 1, t='wood'), _b(0.6, 0, 0.45, 1, 1, 0.58, t='wood'),
              _b(0.66, 0.03, 0.58, 0.96, 0.97, 0.6, c='white'),
              _b(0.66, 0.03, 0.6, 0.84, 0.97, 0.615, c='black'),
              _b(0.85, 0, 0, 0.95, 0.06, 0.45, t='wood'), _b(0.85, 0.94, 0, 0.95, 1, 0.45,
              t='wood')),
    'plant': _plant(0.25),
    'printer': (_b(0, 0, 0, 0.85, 1, 1), _b(0.85, 0.15, 0.3, 1, 0.85, 0.36, c='white'),
                _b(0.2, 0.15, 1, 0.3, 0.85, 1.2, c='white')),
    'refrigerator': (
        _b(0, 0, 0, 0.93, 1, 1, t='metal'), _b(0.93, 0.01, 0.02, 0.97, 0.99, 0.6, t='metal'),
        _b(0.93, 0.01, 0.62, 0.97, 0.99, 0.99, t='metal'),
        _b(0.97, 0.08, 0.3, 1, 0.12, 0.57, c='dark gray'),
        _b(0.97, 0.08, 0.65, 1, 0.12, 0.85, c='dark gray'),
    ),
    'round table': (_c(0, 0, 0.94, 1, 1, 1, t='wood'), _c(0.44, 0.44, 0, 0.56, 0.56, 0.94),
                    _c(0.22, 0.22, 0, 0.78, 0.78, 0.05)),
    'rug': (_b(0, 0, 0, 1, 1, 0.9), Part('decal', (0, 0, 0.9, 1, 1, 1), '*', 'rug')),
    'shelf': _shelf(4, books=False),
    'shower': (
        _b(0, 0, 0, 1, 1, 0.06, c='white'),
        _b(0.97, 0, 0.06, 1, 0.3, 1, c='glass'),
        _b(0, 0, 0.06, 1, 0.02, 1, c='glass'),
        _b(0, 0.48, 0.5, 0.03, 0.52, 0.98, c='chrome'),
        _c(0.03, 0.4, 0.95, 0.25, 0.6, 0.98, c='chrome'),
    ),
    'sink': (
        _b(0, 0, 0, 0.9, 1, 0.72, t='wood'), *_doors(1, 0.06, 0.7), *_basin(0.74),
        _b(0.08, 0.46, 1, 0.14, 0.54, 1.25, c='chrome'),
        _b(0.08, 0.46, 1.22, 0.45, 0.54, 1.27, c='chrome'),
    ),
    'sofa': _seat(0.09, 3),
    'stool': (_c(0, 0, 0.92, 1, 1, 1, t='wood'), *_legs(0.92, 0.12, '*')),
    'table': _TABLE,
    'table lamp': (_c(0.3, 0.3, 0, 0.7, 0.7, 0.08), _c(0.44, 0.44, 0, 0.56, 0.56, 0.6),
                   _c(0, 0, 0.5, 1, 1, 1, c='cream', top=0.6)),
    'teddy bear': (
        _e(0.2, 0.2, 0, 0.9, 0.8, 0.6), _e(0.25, 0.25, 0.5, 0.85, 0.75, 0.95),
        _e(0.4, 0.2, 0.82, 0.6, 0.4, 1), _e(0.4, 0.6, 0.82, 0.6, 0.8, 1),
        _e(0.5, 0, 0, 1, 0.35, 0.25), _e(0.5, 0.65, 0, 1, 1, 0.25),
        _e(0.75, 0.42, 0.6, 0.95, 0.58, 0.75, c='cream'),
    ),
    'television': (
        _b(0.2, 0.25, 0, 0.9, 0.75, 0.03, c='black'), _b(0.45, 0.42, 0.03, 0.6, 0.58, 0.12,
        c='black'), _b(0.4, 0, 0.1, 0.65, 1, 1, c='black'),
        _b(0.65, 0.02, 0.13, 0.66, 0.98, 0.97, c='dark gray'),
    ),
    'toaster': (_b(0, 0, 0, 1, 1, 0.95, t='metal'), _b(0.2, 0.15, 0.95, 0.4, 0.85, 1, c='black'),
                _b(0.6, 0.15, 0.95, 0.8, 0.85, 1, c='black')),
    'toilet': (
        _b(0, 0.05, 0.42, 0.28, 0.95, 1), _c(0.3, 0.22, 0, 0.85, 0.78, 0.45, top=1.2),
        _e(0.22, 0, 0.38, 1, 1, 0.56), _e(0.34, 0.14, 0.5, 0.94, 0.86, 0.58, c='light gray'),
        _b(0.2, 0.1, 0.3, 0.4, 0.9, 0.5),
    ),
    'towel': (_b(0, 0, 0.95, 0.5, 1, 1, c='chrome'), _b(0.2, 0.08, 0, 1, 0.92, 0.97, t='fabric')),
    'trash can': (_c(0.08, 0.08, 0, 0.92, 0.92, 0.86, top=1.1, t='metal'),
                  _e(0, 0, 0.76, 1, 1, 1, c='dark gray')),
    'treadmill': (_b(0, 0, 0.02, 1, 1, 0.12, c='black'), _b(0.0, 0.05, 0.1, 0.08, 0.12, 0.95),
                  _b(0.0, 0.88, 0.1, 0.08, 0.95, 0.95), _b(0, 0.05, 0.85, 0.12, 0.95, 1)),
    'tv stand': (_b(0, 0, 0.1, 0.95, 1, 1, t='wood'), *_legs(0.1, 0.08, '*'),
                 *_doors(3, 0.15, 0.92)),
    'vanity': (
        _b(0, 0, 0, 0.9, 1, 0.72, t='wood'), *_doors(2, 0.06, 0.7), *_basin(0.75),
        _b(0.08, 0.46, 1, 0.14, 0.54, 1.2, c='chrome'),
        _b(0.08, 0.46, 1.17, 0.45, 0.54, 1.22, c='chrome'),
    ),
    'vase': (_c(0.25, 0.25, 0, 0.75, 0.75, 0.45, c='turquoise', top=0.6),
             *(_c(x, y, 0.4, x + 0.05, y + 0.05, 0.85, c='leaf') for x, y in ((0.4, 0.4),
               (0.5, 0.55), (0.55, 0.4))),
             _e(0.2, 0.2, 0.75, 0.5, 0.5, 1, c='red'), _e(0.5, 0.45, 0.72, 0.8, 0.75, 0.97,
             c='pink'), _e(0.5, 0.1, 0.68, 0.8, 0.4, 0.93, c='yellow')),
    'wardrobe': (_b(0, 0, 0, 0.95, 1, 1, t='wood'), *_doors(3, 0.03, 0.97)),
    'washing machine': _washer('dark gray'),
    'dryer': _washer('light gray'),
    'window': (
        Part('pane', (0, 0.02, 0.02, 0.5, 0.98, 0.98), 'white', 'view'),
        _b(0, 0, 0, 1, 1, 0.05), _b(0, 0, 0.95, 1, 1, 1),
        _b(0, 0, 0, 1, 0.04, 1), _b(0, 0.96, 0, 1, 1, 1), _b(0.3, 0.48, 0, 1, 0.52, 1),
    ),
    'whiteboard': (_b(0, 0, 0, 0.7, 1, 1, c='gray'), _b(0.7, 0.02, 0.03, 1, 0.98, 0.97,
                   c='white')),
}  # fmt: skip
