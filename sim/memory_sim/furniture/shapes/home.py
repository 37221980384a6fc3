"""
Shapes of furniture: the boxes, cylinders and ellipsoids that they are made of.

Each shape is a list of parts in fractions of the object's size: x runs from the back (0) to the
front (1), y from right to left, z from the underside to the top. The colour ``*`` is the object's
own.
"""

from __future__ import annotations

from collections.abc import Mapping

from memory_sim.furniture.shapes.outdoor import OUTDOOR_SHAPES
from memory_sim.furniture.shapes.primitives import bx, cy, doors, drawers, el, im, legs, Part
from memory_sim.furniture.shapes.public import PUBLIC_SHAPES
from memory_sim.furniture.shapes.trade import TRADE_SHAPES

__all__ = ['SHAPES', 'Part']


def _seat(arms: float, cushions: int) -> tuple[Part, ...]:
    parts = [
        bx(0, 0, 0.1, 0.95, 1, 0.38, t='fabric'),
        bx(0, 0.02, 0.3, 0.25, 0.98, 1, t='fabric'),
        *legs(0.1, 0.06, 'walnut'),
    ]
    if arms:
        parts += [bx(0, 0, 0.1, 0.97, arms, 0.68, t='fabric')]
        parts += [bx(0, 1 - arms, 0.1, 0.97, 1, 0.68, t='fabric')]
    width = (1 - 2 * arms) / cushions
    for i in range(cushions):
        y0, y1 = arms + width * (i + 0.02), arms + width * (i + 0.98)
        parts += [bx(0.22, y0, 0.38, 1, y1, 0.54, t='fabric')]
        parts += [bx(0.2, y0, 0.54, 0.38, y1, 0.94, t='fabric')]
    return tuple(parts)


def _bed(posts: float) -> tuple[Part, ...]:
    return (
        bx(0, 0, 0, 0.04, 1, 1, c='walnut', t='wood'),
        bx(0.04, 0, 0.1, 1, 1, 0.32, c='walnut', t='wood'),
        bx(0.04, 0.02, 0.32, 0.99, 0.98, 0.52, c='white', t='fabric'),
        bx(0.34, 0.0, 0.28, 1, 1, 0.57, t='fabric'),
        *(bx(0.06, y, 0.52, 0.24, y + posts, 0.66, c='white', t='fabric') for y in (0.08, 0.54)),
    )


def _shelf(rows: int, books: bool) -> tuple[Part, ...]:
    parts = [
        bx(0, 0, 0, 1, 0.03, 1, t='wood'),
        bx(0, 0.97, 0, 1, 1, 1, t='wood'),
        bx(0, 0, 0, 0.05, 1, 1, t='wood'),
    ]
    for i in range(rows + 1):
        z = i * 0.97 / rows
        parts.append(bx(0, 0.03, z, 1, 0.97, z + 0.03, t='wood'))
        if books and i < rows:
            high = z + 0.03 + (0.97 / rows - 0.03) * 0.85
            end = (0.94, 0.7, 0.9, 0.8)[i % 4]
            parts.append(bx(0.1, 0.04, z + 0.03, 0.8, end, high, c='brown'))
            parts.append(im(0.1, 0.04, z + 0.03, 0.82, end, high, t='books'))
    return tuple(parts)


def _chair(seat: float) -> tuple[Part, ...]:
    return (
        *legs(seat, 0.08, '*'),
        bx(0, 0, seat - 0.05, 1, 1, seat, t='wood'),
        bx(0, 0, seat, 0.09, 0.1, 1, t='wood'),
        bx(0, 0.9, seat, 0.09, 1, 1, t='wood'),
        bx(0.01, 0.1, 0.72, 0.07, 0.9, 0.97, t='wood'),
        bx(0.01, 0.1, 0.56, 0.07, 0.9, 0.64, t='wood'),
    )


def _plant(pot: float) -> tuple[Part, ...]:
    leaves = []
    for i, (x, y, z) in enumerate(
        [(0.5, 0.5, 0.8), (0.3, 0.35, 0.62), (0.7, 0.4, 0.66), (0.35, 0.7, 0.7), (0.68, 0.7, 0.58)]
    ):
        r = 0.3 - 0.02 * i
        leaves.append(
            el(
                max(x - r, 0), max(y - r, 0), z - 0.7 * r, min(x + r, 1), min(y + r, 1),
                min(z + 0.7 * r, 1), c='leaf', t='grass',
            )
        )  # fmt: skip
    return (
        cy(0.28, 0.28, 0, 0.72, 0.72, pot, c='terracotta', top=1.25),
        cy(0.3, 0.3, pot - 0.02, 0.7, 0.7, pot + 0.01, c='soil'),
        cy(0.46, 0.46, pot, 0.54, 0.54, 0.7, c='brown'),
        *leaves,
    )


def _basin(z: float) -> tuple[Part, ...]:
    return (
        bx(0, 0, z, 0.2, 1, 1, c='white'),
        bx(0.2, 0, z, 1, 0.12, 1, c='white'),
        bx(0.2, 0.88, z, 1, 1, 1, c='white'),
        bx(0.9, 0.12, z, 1, 0.88, 1, c='white'),
        bx(0.2, 0.12, z, 0.9, 0.88, z + 0.01, c='light gray'),
    )


def _washer(drum: str) -> tuple[Part, ...]:
    return (
        bx(0, 0, 0, 0.96, 1, 1),
        bx(0.96, 0.02, 0.84, 0.98, 0.98, 0.98, c='light gray'),
        el(0.9, 0.2, 0.25, 1, 0.8, 0.77, c='chrome'),
        el(0.94, 0.28, 0.32, 1.01, 0.72, 0.7, c=drum),
    )


_TABLE = (bx(0, 0, 0.94, 1, 1, 1, t='wood'), *legs(0.94, 0.06, '*'))
_FRAME = (bx(0, 0, 0, 0.6, 1, 1, t='wood'),)

_HOME_SHAPES: Mapping[str, tuple[Part, ...]] = {
    'armchair': _seat(0.17, 1),
    'bathtub': (
        bx(0, 0, 0, 1, 0.08, 1),
        bx(0, 0.92, 0, 1, 1, 1),
        bx(0, 0.08, 0, 0.12, 0.92, 1),
        bx(0.88, 0.08, 0, 1, 0.92, 1),
        bx(0.12, 0.08, 0, 0.88, 0.92, 0.3, c='light gray'),
        bx(0.12, 0.08, 0.3, 0.88, 0.92, 0.55, c='water'),
    ),
    'bed': _bed(0.38),
    'bench': (bx(0, 0, 0.85, 1, 1, 1, t='wood'), *legs(0.85, 0.08, '*')),
    'bicycle': (
        cy(0.4, 0.0, 0, 0.6, 0.42, 0.62, c='black'),
        cy(0.4, 0.58, 0, 0.6, 1, 0.62, c='black'),
        bx(0.44, 0.2, 0.45, 0.56, 0.8, 0.55),
        bx(0.45, 0.3, 0.55, 0.55, 0.36, 0.85),
        bx(0, 0.7, 0.92, 1, 0.76, 1, c='dark gray'),
        bx(0.3, 0.26, 0.82, 0.7, 0.42, 0.9, c='black'),
    ),
    'bookshelf': _shelf(5, books=True),
    'bowl': (
        cy(0.1, 0.1, 0, 0.9, 0.9, 0.5, c='light blue', top=1.2),
        *(
            el(x, y, 0.4, x + 0.36, y + 0.36, 1, c=c)
            for x, y, c in ((0.16, 0.2, 'red'), (0.5, 0.22, 'orange'), (0.34, 0.5, 'green'))
        ),
    ),
    'box': (bx(0, 0, 0, 1, 1, 1, t='plaster'),),
    'cabinet': (bx(0, 0, 0, 0.95, 1, 1, t='wood'), *doors(2, 0.04, 0.97)),
    'chair': _chair(0.5),
    'clock': (bx(0, 0.1, 0.1, 0.8, 0.9, 0.9), bx(0.8, 0.16, 0.16, 0.95, 0.84, 0.84, c='white'),
              bx(0.95, 0.48, 0.48, 1, 0.52, 0.78, c='black'),
              bx(0.95, 0.48, 0.47, 1, 0.7, 0.53, c='black')),
    'coat rack': (
        cy(0.1, 0.1, 0, 0.9, 0.9, 0.03, t='wood'),
        cy(0.46, 0.46, 0, 0.54, 0.54, 1, t='wood'),
        bx(0.1, 0.46, 0.9, 0.9, 0.54, 0.93, t='wood'),
        bx(0.46, 0.1, 0.88, 0.54, 0.9, 0.91, t='wood'),
        el(0.55, 0.3, 0.4, 1, 0.7, 0.92, c='dark blue', t='fabric'),
        el(0.1, 0.25, 0.5, 0.5, 0.65, 0.9, c='red', t='fabric'),
    ),
    'coffee machine': (
        bx(0, 0, 0, 0.5, 1, 1), bx(0, 0, 0, 1, 1, 0.12), bx(0, 0, 0.72, 1, 1, 1),
        cy(0.55, 0.25, 0.12, 0.95, 0.75, 0.55, c='glass'),
    ),
    'coffee table': (bx(0, 0, 0.88, 1, 1, 1, t='wood'), bx(0.08, 0.08, 0.3, 0.92, 0.92, 0.36,
                     t='wood'), *legs(0.88, 0.07, '*')),
    'computer': (
        bx(0.3, 0.3, 0, 0.75, 0.7, 0.03, c='dark gray'),
        bx(0.48, 0.45, 0.03, 0.56, 0.55, 0.35, c='dark gray'),
        bx(0.44, 0, 0.25, 0.6, 1, 1),
        im(0.44, 0.03, 0.29, 0.61, 0.97, 0.97, t='screen'),
    ),
    'counter': (
        bx(0, 0, 0, 0.9, 1, 0.94, t='wood'),
        bx(0, 0, 0.95, 1, 1, 1, c='light gray', t='marble'),
        *doors(1, 0.1, 0.92),
    ),
    'curtain': tuple(cy(0, i / 8, 0, 1, (i + 1) / 8, 1, t='fabric') for i in range(8)),
    'desk': (
        bx(0, 0, 0.94, 1, 1, 1, t='wood'),
        bx(0.05, 0.0, 0, 0.95, 0.04, 0.94, t='wood'),
        bx(0.05, 0.7, 0, 0.9, 1, 0.94, t='wood'),
        bx(0.9, 0.71, 0.64, 0.92, 0.99, 0.92, t='wood'),
        bx(0.9, 0.71, 0.33, 0.92, 0.99, 0.62, t='wood'),
        bx(0.92, 0.82, 0.76, 0.94, 0.88, 0.79, c='chrome'),
        bx(0.92, 0.82, 0.46, 0.94, 0.88, 0.49, c='chrome'),
    ),
    'dishwasher': (bx(0, 0, 0, 0.95, 1, 0.95), bx(0, 0, 0.95, 1, 1, 1, c='light gray', t='marble'),
                   bx(0.95, 0.03, 0.1, 0.97, 0.97, 0.82, t='metal'),
                   bx(0.95, 0.03, 0.84, 0.97, 0.97, 0.94, c='dark gray'),
                   bx(0.97, 0.2, 0.75, 1, 0.8, 0.78, c='chrome')),
    'door': (bx(0, 0, 0, 0.7, 1, 1, t='wood'), bx(0.7, 0.12, 0.08, 0.8, 0.88, 0.45, t='wood'),
             bx(0.7, 0.12, 0.53, 0.8, 0.88, 0.94, t='wood'),
             bx(0.7, 0.9, 0.46, 1, 0.96, 0.5, c='chrome')),
    'dresser': (bx(0, 0, 0, 0.95, 1, 1, t='wood'), *drawers(4, 0.05, 0.95, 2)),
    'fan': (cy(0.2, 0.2, 0, 0.8, 0.8, 0.08), bx(0.45, 0.45, 0, 0.55, 0.55, 0.6),
            el(0.35, 0, 0.45, 0.65, 1, 1, c='light gray')),
    'fireplace': (
        bx(0, 0, 0, 1, 0.2, 0.85, t='bricks'), bx(0, 0.8, 0, 1, 1, 0.85, t='bricks'),
        bx(0, 0.2, 0.62, 1, 0.8, 0.85, t='bricks'), bx(0, 0.2, 0, 0.1, 0.8, 0.62, c='black'),
        bx(0, 0, 0.85, 1, 1, 1, c='walnut', t='wood'),
        cy(0.35, 0.3, 0.02, 0.75, 0.7, 0.12, c='brown', t='wood'),
        el(0.4, 0.36, 0.1, 0.7, 0.64, 0.42, c='orange'),
    ),
    'floor lamp': (cy(0.2, 0.2, 0, 0.8, 0.8, 0.02, c='dark gray'),
                   cy(0.47, 0.47, 0, 0.53, 0.53, 0.8, c='dark gray'),
                   cy(0, 0, 0.76, 1, 1, 1, top=0.65)),
    'guitar': (el(0.2, 0, 0, 0.8, 1, 0.42, t='wood'), el(0.22, 0.1, 0.28, 0.78, 0.9, 0.56,
               t='wood'), bx(0.4, 0.42, 0.5, 0.55, 0.58, 1, c='walnut', t='wood')),
    'hamper': (cy(0, 0, 0, 1, 1, 0.92, t='fabric'), el(0.1, 0.1, 0.75, 0.9, 0.9, 1, c='white',
               t='fabric')),
    'ironing board': (bx(0.1, 0, 0.94, 0.9, 1, 1, t='fabric'),
                      bx(0.2, 0.3, 0, 0.26, 0.36, 0.94, c='chrome'),
                      bx(0.74, 0.3, 0, 0.8, 0.36, 0.94, c='chrome'),
                      bx(0.2, 0.7, 0, 0.26, 0.76, 0.94, c='chrome'),
                      bx(0.74, 0.7, 0, 0.8, 0.76, 0.94, c='chrome')),
    'laptop': (bx(0.2, 0, 0, 1, 1, 0.08, c='gray'), bx(0.06, 0, 0.08, 0.14, 1, 1, c='gray'),
               im(0.06, 0.04, 0.14, 0.15, 0.96, 0.96, t='screen'),
               bx(0.3, 0.08, 0.08, 0.72, 0.92, 0.09, c='black')),
    'microwave': (bx(0, 0, 0, 0.96, 1, 1, t='metal'), bx(0.96, 0.3, 0.1, 1, 0.97, 0.9, c='black'),
                  bx(0.96, 0.05, 0.1, 0.98, 0.25, 0.9, c='dark gray')),
    'mirror': (bx(0, 0, 0, 0.7, 1, 1, t='wood'),
               bx(0.7, 0.05, 0.04, 0.9, 0.95, 0.96, c='gray'),
               im(0.7, 0.05, 0.04, 1, 0.95, 0.96, t='mirror')),
    'nightstand': (bx(0, 0, 0.1, 0.95, 1, 1, t='wood'), *legs(0.1, 0.1, '*'),
                   *drawers(2, 0.15, 0.92)),
    'office chair': (
        cy(0.1, 0.1, 0.02, 0.9, 0.9, 0.08, c='black'),
        cy(0.45, 0.45, 0.08, 0.55, 0.55, 0.4, c='chrome'),
        bx(0.15, 0.1, 0.4, 0.95, 0.9, 0.5, t='fabric'),
        bx(0.05, 0.12, 0.55, 0.17, 0.88, 1, t='fabric'),
        bx(0.1, 0.45, 0.4, 0.15, 0.55, 0.6, c='black'),
        bx(0.25, 0, 0.6, 0.75, 0.08, 0.64, c='black'),
        bx(0.25, 0.92, 0.6, 0.75, 1, 0.64, c='black'),
    ),
    'oven': (
        bx(0, 0, 0, 0.95, 1, 0.96), bx(0, 0, 0.96, 1, 1, 1, c='black'),
        bx(0.95, 0.06, 0.2, 0.97, 0.94, 0.7, c='black'),
        bx(0.97, 0.1, 0.72, 1, 0.9, 0.75, c='chrome'),
        *(cy(0.95, y, 0.82, 1, y + 0.08, 0.9, c='black') for y in (0.1, 0.3, 0.6, 0.8)),
        *(cy(x, y, 1, x + 0.3, y + 0.3, 1.01, c='dark gray')
          for x in (0.12, 0.56) for y in (0.12, 0.58)),
    ),
    'painting': (*_FRAME, im(0, 0.06, 0.06, 1, 0.94, 0.94, t='landscape')),
    'poster': (*_FRAME, im(0, 0.04, 0.04, 1, 0.96, 0.96, t='abstract')),
    'piano': (bx(0, 0, 0, 0.6, 1, 1, t='wood'), bx(0.6, 0, 0.45, 1, 1, 0.58, t='wood'),
              bx(0.66, 0.03, 0.58, 0.96, 0.97, 0.6, c='white'),
              bx(0.66, 0.03, 0.6, 0.84, 0.97, 0.615, c='black'),
              bx(0.85, 0, 0, 0.95, 0.06, 0.45, t='wood'), bx(0.85, 0.94, 0, 0.95, 1, 0.45,
              t='wood')),
    'plant': _plant(0.25),
    'printer': (bx(0, 0, 0, 0.85, 1, 1), bx(0.85, 0.15, 0.3, 1, 0.85, 0.36, c='white'),
                bx(0.2, 0.15, 1, 0.3, 0.85, 1.2, c='white')),
    'refrigerator': (
        bx(0, 0, 0, 0.93, 1, 1, t='metal'), bx(0.93, 0.01, 0.02, 0.97, 0.99, 0.6, t='metal'),
        bx(0.93, 0.01, 0.62, 0.97, 0.99, 0.99, t='metal'),
        bx(0.97, 0.08, 0.3, 1, 0.12, 0.57, c='dark gray'),
        bx(0.97, 0.08, 0.65, 1, 0.12, 0.85, c='dark gray'),
    ),
    'round table': (cy(0, 0, 0.94, 1, 1, 1, t='wood'), cy(0.44, 0.44, 0, 0.56, 0.56, 0.94),
                    cy(0.22, 0.22, 0, 0.78, 0.78, 0.05)),
    'rug': (bx(0, 0, 0, 1, 1, 0.9), Part('decal', (0, 0, 0.9, 1, 1, 1), '*', 'rug')),
    'shelf': _shelf(4, books=False),
    'shower': (
        bx(0, 0, 0, 1, 1, 0.06, c='white'),
        bx(0.97, 0, 0.06, 1, 0.3, 1, c='glass'),
        bx(0, 0, 0.06, 1, 0.02, 1, c='glass'),
        bx(0, 0.48, 0.5, 0.03, 0.52, 0.98, c='chrome'),
        cy(0.03, 0.4, 0.95, 0.25, 0.6, 0.98, c='chrome'),
    ),
    'sink': (
        bx(0, 0, 0, 0.9, 1, 0.72, t='wood'), *doors(1, 0.06, 0.7), *_basin(0.74),
        bx(0.08, 0.46, 1, 0.14, 0.54, 1.25, c='chrome'),
        bx(0.08, 0.46, 1.22, 0.45, 0.54, 1.27, c='chrome'),
    ),
    'sofa': _seat(0.09, 3),
    'stool': (cy(0, 0, 0.92, 1, 1, 1, t='wood'), *legs(0.92, 0.12, '*')),
    'table': _TABLE,
    'table lamp': (cy(0.3, 0.3, 0, 0.7, 0.7, 0.08), cy(0.44, 0.44, 0, 0.56, 0.56, 0.6),
                   cy(0, 0, 0.5, 1, 1, 1, c='cream', top=0.6)),
    'teddy bear': (
        el(0.2, 0.2, 0, 0.9, 0.8, 0.6), el(0.25, 0.25, 0.5, 0.85, 0.75, 0.95),
        el(0.4, 0.2, 0.82, 0.6, 0.4, 1), el(0.4, 0.6, 0.82, 0.6, 0.8, 1),
        el(0.5, 0, 0, 1, 0.35, 0.25), el(0.5, 0.65, 0, 1, 1, 0.25),
        el(0.75, 0.42, 0.6, 0.95, 0.58, 0.75, c='cream'),
    ),
    'television': (
        bx(0.2, 0.25, 0, 0.9, 0.75, 0.03, c='black'), bx(0.45, 0.42, 0.03, 0.6, 0.58, 0.12,
        c='black'), bx(0.4, 0, 0.1, 0.65, 1, 1, c='black'),
        bx(0.65, 0.02, 0.13, 0.66, 0.98, 0.97, c='dark gray'),
    ),
    'toaster': (bx(0, 0, 0, 1, 1, 0.95, t='metal'), bx(0.2, 0.15, 0.95, 0.4, 0.85, 1, c='black'),
                bx(0.6, 0.15, 0.95, 0.8, 0.85, 1, c='black')),
    'toilet': (
        bx(0, 0.05, 0.42, 0.28, 0.95, 1), cy(0.3, 0.22, 0, 0.85, 0.78, 0.45, top=1.2),
        el(0.22, 0, 0.38, 1, 1, 0.56), el(0.34, 0.14, 0.5, 0.94, 0.86, 0.58, c='light gray'),
        bx(0.2, 0.1, 0.3, 0.4, 0.9, 0.5),
    ),
    'towel': (bx(0, 0, 0.95, 0.5, 1, 1, c='chrome'), bx(0.2, 0.08, 0, 1, 0.92, 0.97, t='fabric')),
    'trash can': (cy(0.08, 0.08, 0, 0.92, 0.92, 0.86, top=1.1, t='metal'),
                  el(0, 0, 0.76, 1, 1, 1, c='dark gray')),
    'treadmill': (bx(0, 0, 0.02, 1, 1, 0.12, c='black'), bx(0.0, 0.05, 0.1, 0.08, 0.12, 0.95),
                  bx(0.0, 0.88, 0.1, 0.08, 0.95, 0.95), bx(0, 0.05, 0.85, 0.12, 0.95, 1)),
    'tv stand': (bx(0, 0, 0.1, 0.95, 1, 1, t='wood'), *legs(0.1, 0.08, '*'),
                 *doors(3, 0.15, 0.92)),
    'vanity': (
        bx(0, 0, 0, 0.9, 1, 0.72, t='wood'), *doors(2, 0.06, 0.7), *_basin(0.75),
        bx(0.08, 0.46, 1, 0.14, 0.54, 1.2, c='chrome'),
        bx(0.08, 0.46, 1.17, 0.45, 0.54, 1.22, c='chrome'),
    ),
    'vase': (cy(0.25, 0.25, 0, 0.75, 0.75, 0.45, c='turquoise', top=0.6),
             *(cy(x, y, 0.4, x + 0.05, y + 0.05, 0.85, c='leaf') for x, y in ((0.4, 0.4),
               (0.5, 0.55), (0.55, 0.4))),
             el(0.2, 0.2, 0.75, 0.5, 0.5, 1, c='red'), el(0.5, 0.45, 0.72, 0.8, 0.75, 0.97,
             c='pink'), el(0.5, 0.1, 0.68, 0.8, 0.4, 0.93, c='yellow')),
    'wardrobe': (bx(0, 0, 0, 0.95, 1, 1, t='wood'), *doors(3, 0.03, 0.97)),
    'washing machine': _washer('dark gray'),
    'dryer': _washer('light gray'),
    'window': (
        Part('pane', (0, 0.02, 0.02, 0.5, 0.98, 0.98), 'white', 'view'),
        bx(0, 0, 0, 1, 1, 0.05), bx(0, 0, 0.95, 1, 1, 1),
        bx(0, 0, 0, 1, 0.04, 1), bx(0, 0.96, 0, 1, 1, 1), bx(0.3, 0.48, 0, 1, 0.52, 1),
    ),
    'whiteboard': (bx(0, 0, 0, 0.7, 1, 1, c='gray'), bx(0.7, 0.02, 0.03, 1, 0.98, 0.97,
                   c='white')),
}  # fmt: skip

#: Parts of every procedural shape by name.
SHAPES: Mapping[str, tuple[Part, ...]] = {
    **_HOME_SHAPES,
    **PUBLIC_SHAPES,
    **TRADE_SHAPES,
    **OUTDOOR_SHAPES,
}
