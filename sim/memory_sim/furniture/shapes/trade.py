"""Shapes of what stands in supermarkets, warehouses and museums."""

from __future__ import annotations

from collections.abc import Mapping

from memory_sim.furniture.shapes.primitives import bx, cy, doors, drawers, el, im, legs, Part

__all__ = ['TRADE_SHAPES']

_PARCELS = ('pine', 'brown', 'orange', 'blue', 'red', 'beige', 'dark green', 'white')


def _goods(levels: int, c: str = 'white', t: str = 'goods') -> tuple[Part, ...]:
    """Return a shelf for one side, full of packages."""
    parts = [
        bx(0.01, 0.016, 0.1, 0.06, 0.984, 0.97, c=c),
        bx(0, 0, 0, 1, 1, 0.1),
        bx(0, 0, 0.97, 0.8, 1, 1),
    ]
    parts += [bx(0.005, y, 0.1, 0.9, y + 0.015, 0.97, c='gray') for y in (0.0, 0.985)]
    for i in range(levels):
        low, high = 0.1 + 0.87 * i / levels, 0.1 + 0.87 * (i + 1) / levels
        parts.append(bx(0.06, 0.015, low, 0.95, 0.985, low + 0.02, c='light gray'))
        parts.append(bx(0.06, 0.03, low + 0.02, 0.82, 0.97, high - 0.03, c='beige'))
        parts.append(im(0.06, 0.03, low + 0.02, 0.83, 0.97, high - 0.03, t=t))
    return tuple(parts)


def _rack(levels: int) -> tuple[Part, ...]:
    """Return a pallet rack with loaded pallets on every level."""
    parts = [bx(x, y, 0, x + 0.06, y + 0.03, 1, c='blue', t='metal')
             for x in (0, 0.94) for y in (0, 0.97)]  # fmt: skip
    for i in range(levels):
        z, top = i / levels, (i + 0.72) / levels
        if i:
            parts += [bx(x, 0, z - 0.02, x + 0.05, 1, z + 0.01) for x in (0, 0.95)]
        for j in range(3):
            y0, y1 = 0.04 + j * 0.315, 0.325 + j * 0.315
            load = _PARCELS[(3 * i + 2 * j) % len(_PARCELS)]
            high = top - 0.05 * ((i + j) % 3)
            parts.append(bx(0.03, y0, z + 0.01, 0.97, y1, z + 0.035, c='pine', t='wood'))
            parts.append(
                bx(0.06, y0 + 0.01, z + 0.035, 0.94, y1 - 0.01, high, c=load, t='plaster')
            )
    return tuple(parts)


def _case(height: float) -> tuple[Part, ...]:
    """Return the plinth and glass edges of a display case whose thing begins at a height."""
    edges = [bx(x, y, height, x + 0.02, y + 0.02, 0.98, c='chrome')
             for x in (0, 0.98) for y in (0, 0.98)]  # fmt: skip
    return (bx(0, 0, 0, 1, 1, height), bx(0, 0, 0.98, 1, 1, 1), *edges)


def _figure(z0: float, z1: float, c: str = '*') -> tuple[Part, ...]:
    """Return a standing figure between two heights."""
    h = z1 - z0
    return (
        *(cy(0.4, y, z0, 0.6, y + 0.18, z0 + 0.5 * h, c=c) for y in (0.3, 0.52)),
        el(0.3, 0.22, z0 + 0.4 * h, 0.7, 0.78, z0 + 0.86 * h, c=c),
        el(0.36, 0.38, z0 + 0.82 * h, 0.64, 0.62, z1, c=c),
        *(cy(0.4, y, z0 + 0.42 * h, 0.58, y + 0.12, z0 + 0.8 * h, c=c) for y in (0.12, 0.76)),
    )


def _beast(c: str, neck: float) -> tuple[Part, ...]:
    """Return a large four-legged skeleton: ribs, spine, tail, neck and head."""
    parts = [bx(0.06, 0.42, 0, 0.94, 0.58, 0.06, c='dark gray')]
    for x in (0.3, 0.64):
        parts += [cy(x, y, 0.06, x + 0.05, y + 0.1, 0.5, c=c) for y in (0.22, 0.68)]
    for i in range(8):
        x = 0.28 + 0.055 * i
        parts += [el(x, 0.2, 0.38, x + 0.03, 0.8, 0.78, c=c)]
    parts += [bx(0.24, 0.46, 0.66, 0.76, 0.54, 0.74, c=c)]
    for i in range(6):
        parts.append(
            el(0.24 - 0.045 * i, 0.44, 0.6 - 0.06 * i, 0.3 - 0.045 * i, 0.56, 0.7 - 0.06 * i, c=c)
        )
        z = 0.68 + (1.0 - 0.16 - 0.68) * neck * i / 5
        parts.append(el(0.72 + 0.03 * i, 0.44, z, 0.79 + 0.03 * i, 0.56, z + 0.12, c=c))
    top = 0.68 + (1.0 - 0.16 - 0.68) * neck
    parts += [el(0.82, 0.36, top, 1, 0.64, top + 0.16, c=c)]
    return tuple(parts)


TRADE_SHAPES: Mapping[str, tuple[Part, ...]] = {
    # Supermarkets.
    'goods shelf': _goods(4),
    'bottle shelf': _goods(4, t='bottles'),
    'chilled shelf': (*_goods(4, c='light blue'),
                      bx(0.8, 0.01, 0.9, 0.99, 0.99, 0.995, c='white')),
    'produce stand': (
        bx(0, 0, 0, 1, 1, 0.55, t='wood'), bx(0, 0, 0.55, 0.5, 1, 0.95, t='wood'),
        Part('decal', (0.5, 0.02, 0.55, 1, 0.98, 0.6), 'white', 'produce'),
        Part('decal', (0.02, 0.02, 0.95, 0.5, 0.98, 1), 'white', 'produce'),
        bx(0.96, 0, 0.5, 1, 1, 0.62, t='wood'), bx(0, 0, 0.9, 0.04, 1, 1, t='wood'),
    ),
    'bread shelf': (
        bx(0, 0, 0, 0.08, 1, 1, t='wood'), *(bx(0, y, 0, 1, y + 0.03, 1, t='wood') for y in (0,
            0.97)),
        *(bx(0, 0, z, 1, 1, z + 0.04, t='wood') for z in (0, 0.3, 0.6, 0.92)),
        *(el(0.15, 0.05 + 0.115 * i, z, 0.9, 0.15 + 0.115 * i, z + 0.17,
            c=('brown', 'orange', 'pine')[i % 3])
          for z in (0.04, 0.34, 0.64) for i in range(8)),
    ),
    'chest freezer': (bx(0, 0, 0, 1, 1, 0.9), bx(0.04, 0.03, 0.86, 0.96, 0.97, 0.93,
        c='light blue'),
                      bx(0, 0.49, 0.9, 1, 0.51, 1, c='gray'),
                          bx(0, 0, 0.93, 0.04, 1, 1, c='gray'),
                      Part('decal', (0.06, 0.04, 0.9, 0.94, 0.96, 0.94), 'white', 'goods')),
    'glass counter': (bx(0, 0, 0, 0.9, 1, 0.6), bx(0, 0, 0.6, 1, 1, 0.64, c='white', t='marble'),
                      *(bx(0.35, 0.03 + i / 7, 0.64, 0.85, 0.14 + i / 7, 0.7, c=c)
                        for i, c in enumerate(('red', 'pink', 'cream', 'brown', 'orange',
                            'yellow', 'terracotta'))),
                      bx(0.9, 0, 0.64, 0.93, 1, 0.9, c='glass'),
                          bx(0.2, 0, 0.95, 0.93, 1, 1, c='white'),
                      *(bx(0.2, y, 0.64, 0.24, y + 0.02, 0.95, c='chrome') for y in (0.0, 0.98))),
    'checkout': (bx(0.1, 0, 0, 0.9, 1, 0.72), bx(0.2, 0.25, 0.72, 0.8, 1, 0.75, c='black'),
        bx(0, 0, 0.72, 1, 0.22, 0.78, c='gray'),
                 bx(0.3, 0.02, 0.78, 0.7, 0.14, 0.95, c='dark gray'),
                     im(0.3, 0.03, 0.8, 0.72, 0.13, 0.94, t='screen'),
                 cy(0.84, 0.9, 0.72, 0.88, 0.93, 1, c='chrome'),
                     bx(0.78, 0.86, 0.92, 0.94, 0.97, 1, c='green')),
    'shopping cart': (
        *(el(x, y, 0, x + 0.1, y + 0.12, 0.1, c='black') for x in (0.05, 0.85) for y in (0.05,
            0.83)),
        bx(0.05, 0.05, 0.08, 0.95, 0.95, 0.12, c='chrome'),
            bx(0.0, 0.4, 0.1, 0.06, 0.6, 0.6, c='chrome'),
        bx(0, 0, 0.5, 0.95, 0.03, 0.9, c='chrome'), bx(0, 0.97, 0.5, 0.95, 1, 0.9, c='chrome'),
            bx(0.92, 0, 0.5, 0.95, 1, 0.9, c='chrome'),
        bx(0.1, 0, 0.45, 0.95, 1, 0.5, c='chrome'), bx(0, 0, 0.94, 0.06, 1, 1),
            bx(0, 0.02, 0.9, 0.03, 0.98, 0.95, c='chrome'),
    ),
    'basket stack': tuple(bx(0.02 * (i % 2), 0, i / 8, 1 - 0.02 * (i % 2), 1,
        i / 8 + 0.1) for i in range(8)),
    'atm': (bx(0, 0, 0, 0.8, 1, 1), bx(0.8, 0.05, 0, 1, 0.95, 0.55),
        im(0.8, 0.2, 0.62, 0.84, 0.8, 0.85, t='screen'),
            bx(0.8, 0.15, 0.58, 1, 0.85, 0.62, c='dark gray'),
                bx(0.8, 0.05, 0.88, 0.86, 0.95, 0.98, c='white')),
    'bottle return': (bx(0, 0, 0, 0.95, 1, 1), bx(0.95, 0.2, 0.3, 1, 0.8, 0.95, c='dark gray'),
        cy(0.9, 0.38, 0.55, 1, 0.62, 0.75, c='black'),
                      bx(0.96, 0.3, 0.82, 1, 0.7, 0.9, c='green')),
    'flower stand': (*(bx(0, 0, 0.2 + 0.18 * i, 1 - 0.3 * i, 1, 0.24 + 0.18 * i,
        t='wood') for i in range(3)), *legs(0.2, 0.06, '*'),
                     *(cy(0.72 - 0.3 * i, 0.06 + 0.24 * j, 0.24 + 0.18 * i, 0.94 - 0.3 * i,
                         0.26 + 0.24 * j, 0.4 + 0.18 * i, c='gray')
                       for i in range(3) for j in range(4)),
                     *(el(0.7 - 0.3 * i, 0.04 + 0.24 * j, 0.38 + 0.18 * i, 0.96 - 0.3 * i,
                         0.28 + 0.24 * j, 0.64 + 0.18 * i,
                          c=('red', 'yellow', 'pink', 'purple', 'white')[(i + 2 * j) % 5],
                              t='leaves') for i in range(3) for j in range(4))),
    'magazine rack': (bx(0, 0, 0, 0.2, 1, 1), *(bx(0.2, 0, z, 0.9 - 0.2 * z, 1,
        z + 0.03) for z in (0.0, 0.33, 0.66)),
                      *(im(0.2, 0.04, z, 0.6, 0.96, z + 0.26, t='goods') for z in (0.05, 0.38,
                          0.7))),
    # Warehouses and garages.
    'pallet rack': _rack(4),
    'pallet': (*(bx(0, y, 0.5, 1, y + 0.14, 1, t='wood') for y in (0, 0.215, 0.43, 0.645, 0.86)),
               *(bx(x, 0, 0, x + 0.12, 1, 0.5, t='wood') for x in (0, 0.44, 0.88))),
    'loaded pallet': (bx(0, 0, 0, 1, 1, 0.1, c='pine', t='wood'),
                      *(bx(0.03 + 0.48 * i, 0.03 + 0.48 * j, 0.1 + 0.3 * k, 0.49 + 0.48 * i,
                          0.49 + 0.48 * j, 0.39 + 0.3 * k, t='plaster')
                        for i in range(2) for j in range(2) for k in range(3))),
    'forklift': (
        bx(0.0, 0.05, 0.1, 0.6, 0.95, 0.45), bx(0, 0.1, 0.45, 0.16, 0.9, 0.6),
            bx(0.2, 0.25, 0.42, 0.42, 0.75, 0.5, c='black'),
        bx(0.16, 0.25, 0.45, 0.22, 0.75, 0.75, c='black'),
            *(bx(x, y, 0.45, x + 0.03, y + 0.05, 1, c='black') for x in (0.1,
            0.52) for y in (0.08, 0.87)),
        bx(0.08, 0.05, 0.96, 0.58, 0.95, 1, c='black'),
            *(bx(0.6, y, 0, 0.66, y + 0.08, 0.98, c='dark gray') for y in (0.2, 0.72)),
        *(bx(0.62, y, 0.02, 1, y + 0.12, 0.06, c='gray', t='metal') for y in (0.18, 0.7)),
        *(el(x, y, 0, x + 0.16, y + 0.1, 0.24, c='black') for x in (0.03, 0.4) for y in (0.0,
            0.9)),
    ),
    'pallet jack': (*(bx(0.3, y, 0.02, 1, y + 0.25, 0.1, t='metal') for y in (0.05, 0.7)),
        bx(0.1, 0.05, 0.02, 0.3, 0.95, 0.3, t='metal'),
                    bx(0.04, 0.46, 0.3, 0.1, 0.54, 0.95, c='black'),
                        bx(0, 0.3, 0.92, 0.1, 0.7, 1, c='black')),
    'conveyor': (bx(0.02, 0, 0.86, 0.98, 1, 0.9, c='dark gray'), bx(0, 0, 0.82, 0.06, 1, 0.96),
        bx(0.94, 0, 0.82, 1, 1, 0.96),
                 *(bx(x, y, 0, x + 0.06, y + 0.02, 0.84, c='gray') for x in (0.04,
                     0.9) for y in (0.02, 0.48, 0.96)),
                 *(cy(0.07, (i + 0.2) / 16, 0.88, 0.93, (i + 0.8) / 16, 0.95,
                     c='gray') for i in range(16)),
                 bx(0.25, 0.3, 0.95, 0.75, 0.42, 1, c='pine')),
    'packing table': (bx(0, 0, 0.5, 1, 1, 0.54, t='wood'),
        *(bx(x, y, 0, x + 0.05, y + 0.03, 0.5, c='gray') for x in (0.02, 0.93) for y in (0.02,
        0.95)),
                      *(bx(0.02, y, 0.54, 0.06, y + 0.03, 1, c='gray') for y in (0.02, 0.95)),
                          bx(0, 0, 0.82, 0.35, 1, 0.84, c='gray'),
                      bx(0.2, 0.1, 0.54, 0.7, 0.35, 0.68, c='pine', t='plaster'),
                          cy(0.3, 0.6, 0.54, 0.5, 0.72, 0.64, c='beige'),
                      *(bx(0.05, 0.1 + 0.2 * i, 0.84, 0.3, 0.25 + 0.2 * i, 0.96, c=c) for i,
                          c in enumerate(('pine', 'white', 'blue', 'brown')))),
    'dock door': (bx(0, 0, 0, 0.4, 1, 1, c='dark gray'),
        *(bx(0.4, 0.05, i / 8, 0.8, 0.95, i / 8 + 0.115, t='metal') for i in range(8)),
                  *(bx(0.4, y, 0, 1, y + 0.04, 0.3, c='yellow') for y in (0, 0.96))),
    'stretch wrapper': (cy(0.35, 0, 0, 1, 1, 0.05, c='gray'), bx(0, 0.35, 0, 0.25, 0.65, 1),
        cy(0.25, 0.42, 0.4, 0.36, 0.58, 0.65, c='white'),
                        bx(0.42, 0.15, 0.05, 0.92, 0.85, 0.5, c='pine', t='plaster')),
    'charging station': (bx(0, 0, 0, 0.9, 1, 1), bx(0.9, 0.2, 0.6, 0.95, 0.8, 0.9, c='black'),
        cy(0.9, 0.4, 0.3, 1, 0.6, 0.45, c='dark gray'),
                         bx(0.92, 0.3, 0.65, 1, 0.5, 0.7, c='green')),
    'workbench': (bx(0, 0, 0.45, 1, 1, 0.5, t='wood'), *legs(0.45, 0.08, 'walnut'),
        bx(0, 0, 0.5, 0.06, 1, 1, t='wood'),
                  bx(0.1, 0.1, 0.12, 0.9, 0.9, 0.16, t='wood'),
                      bx(0.6, 0.75, 0.5, 0.9, 0.9, 0.62, c='dark gray'),
                  *(bx(0.06, 0.12 + 0.16 * i, 0.62, 0.1, 0.18 + 0.16 * i, 0.9, c=c) for i,
                      c in enumerate(('red', 'gray', 'orange', 'blue', 'black')))),
    'tool cabinet': (bx(0, 0, 0.05, 0.95, 1, 1), bx(0.05, 0.05, 0, 0.9, 0.95, 0.05, c='black'),
        *drawers(6, 0.08, 0.96)),
    'step ladder': (*(bx(0.1 + 0.12 * i, 0.1, 0.16 * i + 0.1, 0.26 + 0.12 * i, 0.9,
        0.16 * i + 0.13, c='gray') for i in range(5)),
                    *(bx(0.3, y, 0, 0.5, y + 0.06, 1) for y in (0, 0.94)),
                        *(bx(0.9, y, 0, 1, y + 0.06, 0.9) for y in (0, 0.94)),
                        bx(0.3, 0, 0.96, 1, 1, 1)),
    'barrel': (cy(0.05, 0.05, 0, 0.95, 0.95, 1),
        *(cy(0, 0, z, 1, 1, z + 0.04) for z in (0.3, 0.66))),
    'crate': (bx(0.05, 0.05, 0, 0.95, 0.95, 0.98, t='wood'),
        *(bx(0, 0, z, 1, 1, z + 0.12, t='wood') for z in (0.0, 0.44, 0.88))),
    'hand truck': (bx(0.0, 0.1, 0.1, 0.1, 0.16, 1), bx(0.0, 0.84, 0.1, 0.1, 0.9, 1),
        bx(0, 0.1, 0.94, 0.12, 0.9, 1, c='black'), bx(0.05, 0, 0.0, 1, 1, 0.04),
                   *(bx(0.02, 0.1, z, 0.08, 0.9, z + 0.03) for z in (0.3, 0.6)),
                       *(el(0, y, 0, 0.4, y + 0.12, 0.22, c='black') for y in (0.0, 0.88))),
    'safety cabinet': (bx(0, 0, 0, 0.95, 1, 1), *doors(2, 0.04, 0.96, t='metal'),
        bx(0.96, 0.3, 0.65, 0.99, 0.7, 0.8, c='red')),
    'time clock': (bx(0, 0, 0, 0.8, 1, 1), im(0.8, 0.15, 0.5, 0.9, 0.85, 0.9, t='screen'),
        bx(0.8, 0.2, 0.15, 1, 0.8, 0.4, c='black')),
    # Museums.
    'display case': (*_case(0.45), cy(0.3, 0.3, 0.45, 0.7, 0.7, 0.8, c='gold', top=0.6),
        el(0.36, 0.36, 0.76, 0.64, 0.64, 0.9, c='turquoise')),
    'amphora': (*_case(0.4), cy(0.42, 0.42, 0.4, 0.58, 0.58, 0.5, c='terracotta'),
        el(0.28, 0.28, 0.46, 0.72, 0.72, 0.84, c='terracotta'),
                cy(0.42, 0.42, 0.8, 0.58, 0.58, 0.95, c='terracotta'),
                    bx(0.47, 0.26, 0.74, 0.53, 0.3, 0.92, c='terracotta'),
                    bx(0.47, 0.7, 0.74, 0.53, 0.74, 0.92, c='terracotta')),
    'crown': (*_case(0.6), bx(0.25, 0.25, 0.6, 0.75, 0.75, 0.66, c='red', t='fabric'),
        cy(0.32, 0.32, 0.66, 0.68, 0.68, 0.78, c='gold', top=1.1),
              *(el(0.44 + dx, 0.44 + dy, 0.78, 0.56 + dx, 0.56 + dy, 0.86, c='gold') for dx,
                  dy in ((0.16, 0), (-0.16, 0), (0, 0.16), (0, -0.16)))),
    'sword': (*_case(0.55), bx(0.44, 0.12, 0.6, 0.52, 0.78, 0.64, c='chrome'),
        bx(0.4, 0.76, 0.58, 0.56, 0.8, 0.68, c='gold'),
        bx(0.44, 0.8, 0.6, 0.52, 0.9, 0.64, c='brown')),
    'mask': (*_case(0.55), cy(0.45, 0.45, 0.55, 0.55, 0.55, 0.65, c='walnut'),
        el(0.4, 0.3, 0.62, 0.64, 0.7, 0.94, c='gold'),
             el(0.58, 0.37, 0.8, 0.66, 0.45, 0.85, c='black'),
                 el(0.58, 0.55, 0.8, 0.66, 0.63, 0.85, c='black')),
    'crystal': (*_case(0.55), *(cy(0.3 + dx, 0.32 + dy, 0.55, 0.48 + dx, 0.5 + dy, 0.72 + h, c=c,
        top=0.2) for dx, dy, h, c in
                                ((0, 0, 0.1, 'purple'), (0.16, 0.06, 0.2, 'purple'),
                                    (0.06, 0.18, 0.05, 'pink'), (0.2, 0.2, 0.0, 'turquoise')))),
    'ship model': (*_case(0.5), el(0.3, 0.08, 0.48, 0.7, 0.92, 0.7, c='walnut', t='wood'),
        *(cy(0.48, y, 0.6, 0.52, y + 0.02, 0.95, c='pine') for y in (0.3, 0.5, 0.7)),
                   *(bx(0.4, y - 0.02, 0.72, 0.42, y + 0.1, 0.9, c='cream') for y in (0.28, 0.48,
                       0.68))),
    'butterfly case': (*_case(0.5), bx(0.1, 0.1, 0.5, 0.9, 0.9, 0.53, c='white'),
        *(el(0.2 + 0.22 * i, 0.14 + 0.2 * j, 0.53, 0.34 + 0.22 * i, 0.28 + 0.2 * j, 0.56, c=c)
                       for i, row in enumerate((('blue', 'orange', 'yellow', 'red'),
                           ('teal', 'purple', 'orange', 'blue'),
                           ('red', 'yellow', 'green', 'pink'))) for j, c in enumerate(row))),
    'statue': (bx(0, 0, 0, 1, 1, 0.22, c='light gray', t='marble'), *_figure(0.22, 1.0)),
    'bust': (bx(0.1, 0.1, 0, 0.9, 0.9, 0.65, c='light gray', t='marble'),
        el(0.15, 0.0, 0.62, 0.85, 1, 0.84), cy(0.38, 0.38, 0.78, 0.62, 0.62, 0.86),
        el(0.24, 0.28, 0.82, 0.78, 0.72, 1)),
    'knight armour': (bx(0, 0, 0, 1, 1, 0.1, c='walnut', t='wood'), *_figure(0.1, 0.97),
        cy(0.34, 0.36, 0.84, 0.66, 0.64, 1), cy(0.7, 0.86, 0.1, 0.76, 0.92, 1, c='brown'),
        bx(0.3, 0.0, 0.3, 0.9, 0.06, 0.6, c='red')),
    'space suit': (bx(0, 0, 0, 1, 1, 0.1, c='dark gray'), *_figure(0.1, 0.95),
        el(0.26, 0.28, 0.76, 0.74, 0.72, 1), el(0.5, 0.36, 0.82, 0.78, 0.64, 0.95, c='gold'),
        bx(0.1, 0.25, 0.5, 0.35, 0.75, 0.82, c='light gray')),
    'dinosaur': _beast('cream', 1.0),
    'mammoth': (*_beast('brown', 0.5), *(el(0.86, y, 0.4, 1, y + 0.06, 0.8,
        c='white') for y in (0.32, 0.62))),
    'sarcophagus': (bx(0, 0, 0, 1, 1, 0.3, c='light gray', t='marble'),
        el(0.04, 0.1, 0.2, 0.96, 0.9, 0.92), el(0.74, 0.3, 0.7, 0.94, 0.7, 1, c='blue'),
        bx(0.2, 0.3, 0.86, 0.7, 0.7, 0.93, c='dark blue')),
    'meteorite': (bx(0, 0, 0, 1, 1, 0.35, c='white'), el(0.08, 0.1, 0.3, 0.92, 0.9, 0.95),
        el(0.3, 0.02, 0.35, 0.98, 0.7, 0.8), el(0.2, 0.3, 0.6, 0.7, 0.85, 1)),
    'rocket': (cy(0.3, 0.3, 0.08, 0.7, 0.7, 0.72),
        cy(0.3, 0.3, 0.72, 0.7, 0.7, 1, top=0.05, c='red'),
        *(bx(x, y, 0.02, x + 0.3, y + 0.06, 0.25, c='red') for x, y in ((0, 0.47), (0.7, 0.47))),
               *(bx(0.47, y, 0.02, 0.53, y + 0.3, 0.25, c='red') for y in (0, 0.7)),
                   cy(0.36, 0.36, 0, 0.64, 0.64, 0.08, c='dark gray', top=0.7),
                   cy(0.28, 0.28, 0.45, 0.72, 0.72, 0.5, c='black')),
    'telescope': (*(bx(x, y, 0, x + 0.06, y + 0.06, 0.5, c='walnut') for x,
        y in ((0.2, 0.2), (0.2, 0.74), (0.74, 0.47))),
        cy(0.35, 0.35, 0.45, 0.65, 0.65, 0.6, c='gold'),
                  bx(0, 0.4, 0.6, 0.55, 0.6, 0.78), bx(0.5, 0.36, 0.7, 1, 0.64, 1)),
    'globe stand': (cy(0.25, 0.25, 0, 0.75, 0.75, 0.08, c='walnut'),
        cy(0.46, 0.46, 0, 0.54, 0.54, 0.4, c='walnut'),
        cy(0, 0, 0.55, 1, 1, 0.6, c='walnut', t='wood'), el(0.08, 0.08, 0.25, 0.92, 0.92, 1)),
    'totem pole': tuple(cy(0.1, 0.1, i / 6, 0.9, 0.9, (i + 1) / 6, c=c, top=0.9) for i,
        c in enumerate(('brown', 'red', 'teal', 'brown', 'yellow', 'red'))) + (bx(0, 0, 0.7, 0.6,
        1, 0.8),),
    'steam engine': (bx(0, 0, 0, 1, 1, 0.1, c='walnut', t='wood'),
        cy(0.1, 0.2, 0.3, 0.4, 0.8, 0.9), cy(0.2, 0.4, 0.85, 0.3, 0.6, 1, c='dark gray'),
        bx(0.35, 0.3, 0.25, 0.9, 0.7, 0.5),
                     cy(0.6, 0.1, 0.1, 0.95, 0.25, 0.8, c='red'),
                         bx(0.1, 0.15, 0.1, 0.9, 0.85, 0.3, c='dark gray')),
    'tapestry': (bx(0, 0, 0.96, 1, 1, 1, c='walnut', t='wood'),
        bx(0.2, 0.02, 0, 0.8, 0.98, 0.96, t='rug')),
    'harp': (bx(0.1, 0.2, 0, 0.9, 0.8, 0.06, t='wood'),
        bx(0.05, 0.42, 0, 0.2, 0.58, 1, t='wood'), bx(0.1, 0.44, 0.9, 0.95, 0.56, 1, t='wood'),
        bx(0.75, 0.4, 0.05, 0.95, 0.6, 0.92, t='wood'),
             *(bx(0.25 + 0.07 * i, 0.495, 0.06, 0.257 + 0.07 * i, 0.505, 0.9,
                 c='gold') for i in range(7))),
    'information panel': (*(cy(0.4, y, 0, 0.6, y + 0.05, 0.75, c='dark gray') for y in (0.1,
        0.85)), bx(0.25, 0, 0.5, 0.75, 1, 1), im(0.3, 0.03, 0.52, 1, 0.97, 0.98, t='panel')),
    'rope barrier': (*(cy(0, y, 0, 1, y + 0.14, 0.04, c='gold') for y in (0, 0.86)),
        *(cy(0.4, y, 0, 0.6, y + 0.03, 0.95, c='gold') for y in (0.055, 0.915)),
        bx(0.35, 0.07, 0.72, 0.65, 0.93, 0.78),
                     *(el(0.3, y, 0.92, 0.7, y + 0.05, 1, c='gold') for y in (0.045, 0.905))),
    'donation box': (bx(0.1, 0.1, 0, 0.9, 0.9, 0.5, t='wood'),
        bx(0, 0, 0.5, 1, 1, 0.96, c='glass'), bx(0, 0, 0.96, 1, 1, 1),
        bx(0.2, 0.2, 0.5, 0.8, 0.8, 0.58, c='light green')),
    'postcard stand': (cy(0.1, 0.1, 0, 0.9, 0.9, 0.04, c='dark gray'),
        cy(0.46, 0.46, 0, 0.54, 0.54, 1, c='chrome'), bx(0.2, 0.0, 0.25, 0.8, 1, 0.95),
        im(0.4, 0.04, 0.28, 1, 0.96, 0.92, t='notes')),
    'fossil': (*_case(0.5), bx(0.12, 0.12, 0.5, 0.88, 0.88, 0.6, c='beige', t='sand'),
        *(cy(0.3 + 0.05 * i, 0.3 + 0.05 * i, 0.6 + 0.02 * i, 0.7 - 0.05 * i, 0.7 - 0.05 * i,
        0.63 + 0.02 * i, c='brown') for i in range(4))),
    'coin case': (*_case(0.55), bx(0.1, 0.1, 0.55, 0.9, 0.9, 0.6, c='dark blue', t='fabric'),
        *(cy(0.18 + 0.24 * i, 0.16 + 0.19 * j, 0.6, 0.3 + 0.24 * i, 0.26 + 0.19 * j, 0.62,
        c=('gold', 'chrome')[(i + j) % 2])
                  for i in range(3) for j in range(4))),
    'canoe': (*(bx(0.2 + 0.5 * i, 0.2, 0, 0.28 + 0.5 * i, 0.8, 0.35,
        c='dark gray') for i in range(2)), el(0, 0, 0.2, 1, 1, 1, t='wood'),
        el(0.08, 0.18, 0.62, 0.92, 0.82, 1.0, c='soil')),
}  # fmt: skip
