"""Shapes of what stands in offices, hospitals and schools."""

from __future__ import annotations

from collections.abc import Mapping

from memory_sim.furniture.shapes.primitives import bx, cy, doors, drawers, el, im, legs, Part

__all__ = ['PUBLIC_SHAPES', 'stairs']


def stairs(steps: int = 14) -> tuple[Part, ...]:
    """Return a straight flight that climbs from its front to its back."""
    tread = 1.0 / steps
    parts = [
        bx(1 - (i + 1) * tread, 0.0, 0.0, 1 - i * tread, 1.0, (i + 1) / steps, t='wood')
        for i in range(steps)
    ]
    return (*parts, *(bx(0, y, 0.0, 0.012, y + 0.03, 1.0, c='chrome') for y in (0.0, 0.97)))


def _wheels(c: str = 'black') -> tuple[Part, ...]:
    return tuple(
        cy(x, y, 0, x + 0.08, y + 0.06, 0.12, c=c) for x in (0.05, 0.87) for y in (0.05, 0.89)
    )


def _trolley(rows: int) -> tuple[Part, ...]:
    return (
        *_wheels(),
        bx(0, 0, 0.12, 0.95, 1, 0.95, t='metal'),
        bx(0, 0, 0.95, 1, 1, 1, c='light gray'),
        *drawers(rows, 0.15, 0.93),
    )


def _seats(count: int) -> tuple[Part, ...]:
    parts = [bx(0.4, 0.02, 0.42, 0.5, 0.98, 0.48, c='dark gray')]
    for y in (0.06, 0.9):
        parts.append(bx(0.1, y, 0, 0.9, y + 0.03, 0.44, c='dark gray'))
    for i in range(count):
        y0, y1 = (i + 0.06) / count, (i + 0.94) / count
        parts += [bx(0.1, y0, 0.46, 1, y1, 0.54), bx(0, y0, 0.56, 0.12, y1, 1)]
    return tuple(parts)


def _machine(front: str) -> tuple[Part, ...]:
    return (
        bx(0, 0, 0, 0.95, 1, 1, t='metal'),
        bx(0.95, 0.04, 0.18, 0.98, 0.72, 0.95, c='black'),
        im(0.95, 0.06, 0.2, 0.99, 0.7, 0.93, t=front),
        bx(0.95, 0.76, 0.45, 1, 0.94, 0.8, c='dark gray'),
        bx(0.95, 0.08, 0.06, 0.99, 0.7, 0.14, c='dark gray'),
    )


PUBLIC_SHAPES: Mapping[str, tuple[Part, ...]] = {
    'stairs': stairs(),
    # Offices.
    'partition': (bx(0.3, 0.01, 0.04, 0.7, 0.99, 1, t='fabric'),
                  *(bx(0, y, 0, 1, y + 0.03, 0.05, c='dark gray') for y in (0.02, 0.95))),
    'reception desk': (
        bx(0, 0, 0.62, 0.75, 1, 0.67, c='white'), bx(0.75, 0, 0, 0.95, 1, 0.96, t='wood'),
        bx(0.6, 0, 0.96, 1, 1, 1, c='white', t='marble'),
        *(bx(0.02, y, 0, 0.75, y + 0.05, 0.61, t='wood') for y in (0, 0.95)),
        bx(0.95, 0.3, 0.45, 0.96, 0.7, 0.6, c='chrome'),
    ),
    'copier': (
        bx(0, 0, 0, 0.95, 1, 0.75), *drawers(3, 0.05, 0.5), bx(0, 0, 0.8, 0.9, 1, 0.92),
        bx(0.1, 0.1, 0.75, 0.8, 0.9, 0.8, c='dark gray'),
            bx(0.9, 0.55, 0.78, 1, 0.95, 0.9, c='black'),
        bx(0.0, 0, 0.92, 0.9, 1, 1, c='light gray'),
    ),
    'water cooler': (bx(0, 0, 0, 0.9, 1, 0.72), bx(0.9, 0.2, 0.45, 1, 0.8, 0.6, c='dark gray'),
                     cy(0.08, 0.08, 0.72, 0.88, 0.92, 1, c='water', top=0.9)),
    'vending machine': _machine('goods'),
    'server rack': (
        bx(0, 0, 0, 0.96, 1, 1), bx(0.96, 0.06, 0.03, 0.98, 0.94, 0.97, c='black'),
        *(bx(0.98, 0.1, 0.06 + i * 0.09, 1, 0.9, 0.12 + i * 0.09,
            c='dark gray') for i in range(10)),
        *(bx(0.99, 0.8, 0.08 + i * 0.09, 1, 0.84, 0.1 + i * 0.09, c='green') for i in range(10)),
    ),
    'locker': (bx(0, 0, 0, 0.95, 1, 1, t='metal'), *doors(3, 0.03, 0.97, t='metal')),
    'notice board': (bx(0, 0, 0, 0.7, 1, 1, t='wood'),
        im(0.7, 0.04, 0.05, 1, 0.96, 0.95, t='notes')),
    'car': (
        bx(0.0, 0.0, 0.14, 1, 1, 0.52), bx(0.14, 0.06, 0.52, 0.72, 0.94, 0.97),
        bx(0.13, 0.1, 0.56, 0.73, 0.9, 0.9, c='glass'),
            bx(0.2, 0.05, 0.56, 0.42, 0.95, 0.9, c='glass'),
        bx(0.45, 0.05, 0.56, 0.66, 0.95, 0.9, c='glass'), bx(0.18, 0.08, 0.9, 0.68, 0.92, 1),
        *(el(x, y, 0, x + 0.15, y + 0.12, 0.42, c='black') for x in (0.12, 0.72) for y in (0,
            0.88)),
        *(bx(0.985, y, 0.3, 1, y + 0.15, 0.42, c='cream') for y in (0.06, 0.79)),
        *(bx(0, y, 0.3, 0.015, y + 0.15, 0.42, c='red') for y in (0.06, 0.79)),
    ),
    'fire extinguisher': (cy(0.15, 0.1, 0, 0.95, 0.9, 0.8),
        cy(0.35, 0.3, 0.8, 0.75, 0.7, 0.9, c='black'),
                          bx(0.3, 0.4, 0.9, 1, 0.6, 1, c='black'),
                              bx(0, 0.4, 0.4, 0.2, 0.6, 0.6, c='gray')),
    'elevator': (bx(0, 0, 0, 0.5, 1, 1, c='dark gray'),
        bx(0.5, 0.06, 0, 0.8, 0.49, 0.95, t='metal'),
                 bx(0.5, 0.51, 0, 0.8, 0.94, 0.95, t='metal'),
                     bx(0.5, 0.95, 0.45, 1, 0.99, 0.52, c='white')),
    'entrance door': (
        bx(0, 0, 0, 1, 0.05, 1), bx(0, 0.95, 0, 1, 1, 1), bx(0, 0, 0.95, 1, 1, 1),
            bx(0, 0.48, 0, 1, 0.52, 1),
        bx(0.4, 0.05, 0, 0.6, 0.48, 0.95, c='glass'),
            bx(0.4, 0.52, 0, 0.6, 0.95, 0.95, c='glass'),
        bx(0.6, 0.42, 0.4, 0.9, 0.45, 0.6, c='chrome'),
            bx(0.6, 0.55, 0.4, 0.9, 0.58, 0.6, c='chrome'),
    ),
    'telephone': (bx(0, 0, 0, 1, 1, 0.5), bx(0.1, 0, 0.5, 0.9, 0.3, 1),
        bx(0.2, 0.4, 0.5, 0.9, 0.95, 0.6, c='gray')),
    'safe': (bx(0, 0, 0, 0.92, 1, 1, t='metal'),
        bx(0.92, 0.06, 0.06, 0.95, 0.94, 0.94, t='metal'),
             cy(0.92, 0.6, 0.45, 1, 0.75, 0.6, c='chrome')),
    'shredder': (bx(0, 0, 0, 1, 1, 0.75), bx(0, 0, 0.75, 1, 1, 1, c='black'),
        bx(0.3, 0.1, 0.98, 0.5, 0.9, 1, c='gray')),
    'bar table': (cy(0, 0, 0.95, 1, 1, 1, t='wood'),
        cy(0.44, 0.44, 0, 0.56, 0.56, 0.95, c='chrome'),
                  cy(0.2, 0.2, 0, 0.8, 0.8, 0.03, c='chrome')),
    'bar stool': (cy(0.1, 0.1, 0.68, 0.95, 0.95, 0.74), bx(0, 0.15, 0.74, 0.1, 0.85, 1),
                  cy(0.45, 0.45, 0, 0.55, 0.55, 0.68, c='chrome'),
                      cy(0.15, 0.15, 0, 0.85, 0.85, 0.03, c='chrome')),
    'first aid kit': (bx(0, 0, 0, 0.9, 1, 1), bx(0.9, 0.42, 0.2, 1, 0.58, 0.8, c='red'),
                      bx(0.9, 0.2, 0.42, 1, 0.8, 0.58, c='red')),
    'pigeonholes': (
        bx(0, 0, 0, 0.06, 1, 1, t='wood'), *(bx(0, i / 6 - 0.012 * (i > 0), 0, 1, i / 6 + 0.012,
            1, t='wood') for i in range(6)),
        bx(0, 0.98, 0, 1, 1, 1, t='wood'), *(bx(0, 0, i * 0.98 / 5, 1, 1, i * 0.98 / 5 + 0.02,
            t='wood') for i in range(6)),
        *(bx(0.1, 0.03 + i / 6, 0.03 + (i % 5) * 0.196, 0.7, 0.13 + i / 6,
            0.08 + (i % 5) * 0.196, c='white') for i in range(6)),
    ),
    'projector': (bx(0, 0, 0, 1, 1, 0.9), cy(0.9, 0.35, 0.3, 1, 0.65, 0.8, c='black'),
        bx(0.2, 0.2, 0.9, 0.6, 0.8, 1, c='gray')),
    # Hospitals.
    'hospital bed': (
        *_wheels(), bx(0.05, 0.05, 0.3, 0.97, 0.95, 0.42, c='gray', t='metal'),
            bx(0, 0, 0.12, 0.03, 1, 1, c='light gray'),
        bx(0.97, 0.04, 0.12, 1, 0.96, 0.85, c='light gray'),
            bx(0.03, 0.06, 0.42, 0.97, 0.94, 0.6, c='white', t='fabric'),
        bx(0.32, 0.03, 0.5, 0.96, 0.97, 0.66, t='fabric'),
            bx(0.06, 0.2, 0.6, 0.24, 0.8, 0.74, c='white', t='fabric'),
        *(bx(0.12, y, 0.42, 0.5, y + 0.02, 0.85, c='chrome') for y in (0.0, 0.98)),
        *(bx(x, y, 0.12, x + 0.04, y + 0.06, 0.32, c='gray') for x in (0.1, 0.86) for y in (0.1,
            0.84)),
    ),
    'iv stand': (cy(0.1, 0.1, 0, 0.9, 0.9, 0.04, c='dark gray'),
        cy(0.46, 0.46, 0, 0.54, 0.54, 1, c='chrome'),
                 bx(0.48, 0.1, 0.97, 0.52, 0.9, 0.99, c='chrome'),
                     bx(0.35, 0.08, 0.76, 0.6, 0.34, 0.96, c='water'),
                 bx(0.3, 0.4, 0.5, 0.75, 0.7, 0.62)),
    'patient monitor': (cy(0.15, 0.15, 0, 0.85, 0.85, 0.05, c='dark gray'),
        cy(0.45, 0.45, 0, 0.55, 0.55, 0.7, c='chrome'),
                        bx(0.3, 0, 0.7, 0.75, 1, 1),
                            im(0.3, 0.06, 0.73, 0.78, 0.94, 0.97, t='vital signs'),
                        bx(0.25, 0.2, 0.4, 0.8, 0.8, 0.5, c='light gray')),
    'wheelchair': (
        cy(0.2, 0.0, 0, 0.8, 0.08, 0.62, c='black'), cy(0.2, 0.92, 0, 0.8, 1, 0.62, c='black'),
            bx(0.15, 0.12, 0.5, 0.75, 0.88, 0.56),
        bx(0.1, 0.12, 0.5, 0.18, 0.88, 1), bx(0.8, 0.15, 0.08, 1, 0.85, 0.14, c='dark gray'),
            bx(0.74, 0.2, 0.1, 0.8, 0.8, 0.5, c='chrome'),
        *(bx(0.15, y, 0.7, 0.6, y + 0.06, 0.74, c='black') for y in (0.1, 0.84)),
    ),
    'overbed table': (bx(0, 0, 0.95, 1, 1, 1, t='wood'),
        bx(0.4, 0.04, 0.05, 0.5, 0.1, 0.95, c='chrome'),
                      bx(0.1, 0.02, 0, 0.9, 0.08, 0.05, c='chrome'),
                          bx(0.1, 0.0, 0, 0.2, 0.7, 0.05, c='chrome')),
    'medicine cart': _trolley(5),
    'medicine cabinet': (bx(0, 0, 0, 0.95, 1, 1, t='metal'),
        bx(0.95, 0.04, 0.4, 0.97, 0.96, 0.96, c='glass'),
                         im(0.95, 0.06, 0.42, 0.98, 0.94, 0.94, t='bottles'),
                             *doors(2, 0.03, 0.36, t='metal')),
    'examination table': (
        bx(0.05, 0.1, 0, 0.95, 0.9, 0.7, c='white', t='metal'), bx(0, 0, 0.7, 1, 1, 0.86),
            bx(0, 0.02, 0.86, 0.3, 0.98, 1),
        bx(0.3, 0.25, 0.86, 1, 0.75, 0.87, c='white'),
    ),
    'stretcher': (*_wheels(), bx(0.03, 0.1, 0.2, 0.97, 0.9, 0.28, c='chrome'),
        bx(0.1, 0.4, 0.28, 0.9, 0.6, 0.72, c='gray'),
                  bx(0, 0.04, 0.72, 1, 0.96, 0.9),
                      bx(0.02, 0.2, 0.9, 0.2, 0.8, 1, c='white', t='fabric'),
                  *(bx(0.2, y, 0.72, 0.8, y + 0.03, 1, c='chrome') for y in (0, 0.97))),
    'dispenser': (bx(0, 0, 0.25, 0.8, 1, 1), bx(0.2, 0.2, 0, 1, 0.8, 0.25, c='light gray'),
        bx(0.8, 0.2, 0.4, 0.9, 0.8, 0.8, c='light blue')),
    'gas bottle': (cy(0.1, 0.1, 0, 0.9, 0.9, 0.8), el(0.1, 0.1, 0.7, 0.9, 0.9, 0.9),
        cy(0.38, 0.38, 0.85, 0.62, 0.62, 1, c='chrome')),
    'x-ray machine': (
        bx(0, 0.3, 0, 0.25, 0.7, 1), bx(0.25, 0.4, 0.75, 0.75, 0.6, 0.85),
            bx(0.6, 0.3, 0.5, 0.95, 0.7, 0.75, c='dark gray'),
        bx(0.3, 0, 0, 1, 1, 0.3, c='light gray', t='metal'),
            bx(0.28, 0.02, 0.3, 1, 0.98, 0.35, c='black'),
    ),
    'operating table': (bx(0.3, 0.3, 0, 0.7, 0.7, 0.12, c='gray'),
        bx(0.42, 0.38, 0.12, 0.58, 0.62, 0.8, c='chrome'),
                        bx(0, 0, 0.8, 1, 1, 1, t='fabric')),
    'operating lamp': (cy(0.2, 0.2, 0, 0.8, 0.8, 0.04, c='gray'),
        bx(0.46, 0.46, 0, 0.54, 0.54, 0.9, c='white'),
                       bx(0.46, 0.46, 0.86, 1, 0.54, 0.9, c='white'),
                           cy(0.5, 0, 0.88, 1, 1, 1, top=0.5)),
    'ultrasound machine': (*_trolley(2), bx(0.1, 0.1, 0.95, 0.4, 0.9, 1, c='black')),
    'scale': (bx(0, 0, 0, 1, 1, 0.1, c='dark gray'), bx(0, 0.42, 0.1, 0.15, 0.58, 1),
        bx(0, 0.2, 0.9, 0.3, 0.8, 1)),
    'defibrillator': (bx(0, 0, 0, 0.9, 1, 1), bx(0.9, 0.15, 0.2, 1, 0.85, 0.8, c='red'),
        bx(0.95, 0.4, 0.35, 1, 0.6, 0.65, c='white')),
    'waiting chairs': _seats(4),
    'incubator': (*_trolley(2)[:-4], bx(0.05, 0.05, 0.95, 0.95, 0.95, 1, c='glass')),
    'curtain rail': tuple(cy(0, i / 10, 0, 1, (i + 1) / 10, 1, t='fabric') for i in range(10)),
    # Schools.
    'school desk': (bx(0, 0, 0.92, 1, 1, 1, t='wood'), *legs(0.92, 0.07, 'dark gray', 'metal'),
                    bx(0.1, 0.06, 0.72, 0.8, 0.94, 0.76, c='light gray')),
    'blackboard': (bx(0, 0, 0, 0.7, 1, 1, c='pine', t='wood'),
        bx(0.7, 0.02, 0.05, 0.9, 0.98, 0.96),
                   im(0.7, 0.3, 0.15, 0.92, 0.7, 0.9, t='chalk'),
                       bx(0.7, 0.05, 0.0, 1, 0.95, 0.05, c='pine')),
    'globe': (cy(0.2, 0.2, 0, 0.8, 0.8, 0.06, c='walnut'),
        cy(0.46, 0.46, 0, 0.54, 0.54, 0.3, c='walnut'), el(0, 0, 0.25, 1, 1, 1)),
    'microscope': (bx(0.1, 0, 0, 1, 1, 0.08, c='black'), bx(0, 0.35, 0, 0.2, 0.65, 0.8),
        bx(0.2, 0.2, 0.35, 0.8, 0.8, 0.42, c='dark gray'),
                   cy(0.4, 0.3, 0.45, 0.7, 0.7, 1)),
    'lab bench': (bx(0.05, 0, 0, 0.95, 1, 0.93), bx(0, 0, 0.93, 1, 1, 0.97, c='dark gray'),
        bx(0.4, 0.1, 0.97, 0.6, 0.2, 1, c='chrome'),
                  *doors(4, 0.05, 0.9)),
    'fume hood': (bx(0, 0, 0, 0.95, 1, 0.4), bx(0, 0, 0.4, 0.3, 1, 1),
        bx(0, 0, 0.4, 0.95, 0.06, 1), bx(0, 0.94, 0.4, 0.95, 1, 1),
                  bx(0, 0, 0.85, 1, 1, 1), bx(0.9, 0.06, 0.6, 0.93, 0.94, 0.85, c='glass'),
                      *doors(2, 0.04, 0.36)),
    'easel': (bx(0.3, 0.1, 0, 0.4, 0.16, 1, t='wood'), bx(0.3, 0.84, 0, 0.4, 0.9, 1, t='wood'),
        bx(0, 0.46, 0, 0.1, 0.54, 0.9, t='wood'),
              bx(0.3, 0.05, 0.4, 0.6, 0.95, 0.43, t='wood'),
                  bx(0.4, 0.0, 0.43, 0.5, 1, 0.95, c='white'),
              im(0.4, 0.03, 0.45, 1, 0.97, 0.93, t='abstract')),
    'skeleton model': (
        cy(0.1, 0.1, 0, 0.9, 0.9, 0.03, c='black'),
            cy(0.47, 0.47, 0, 0.53, 0.53, 0.9, c='chrome'), el(0.25, 0.25, 0.86, 0.75, 0.75, 1),
        el(0.25, 0.1, 0.58, 0.75, 0.9, 0.84), el(0.3, 0.2, 0.44, 0.7, 0.8, 0.54),
            bx(0.47, 0.47, 0.5, 0.56, 0.53, 0.6),
        *(cy(0.44, y, 0.05, 0.56, y + 0.1, 0.48) for y in (0.25, 0.65)),
            *(cy(0.44, y, 0.36, 0.56, y + 0.08, 0.8) for y in (0.0, 0.92)),
    ),
    'basketball hoop': (bx(0, 0.45, 0, 0.3, 0.55, 0.7, c='gray'), bx(0.3, 0, 0.25, 0.36, 1, 1),
        bx(0.36, 0.33, 0.35, 0.37, 0.67, 0.65, c='red'),
                        cy(0.4, 0.35, 0.2, 1, 0.65, 0.26, c='orange')),
    'gym mat': (bx(0, 0, 0, 1, 1, 1, t='fabric'),),
    'vaulting box': (*(bx(0.02 * i, 0.02 * i, i / 5, 1 - 0.02 * i, 1 - 0.02 * i, i / 5 + 0.18,
        t='wood') for i in range(4)),
                     bx(0.08, 0.08, 0.8, 0.92, 0.92, 1, c='brown', t='fabric')),
    'wall bars': (*(bx(0, y, 0, 0.8, y + 0.05, 1, t='wood') for y in (0, 0.475, 0.95)),
                  *(bx(0.4, 0, 0.04 + i / 12, 1, 1, 0.07 + i / 12, t='wood') for i in range(12))),
    'ball rack': (*legs(1.0, 0.05, 'dark gray', 'metal'),
        *(bx(0, 0, z, 1, 1, z + 0.03, c='dark gray') for z in (0.1, 0.45, 0.75)),
                  *(el(0.1, 0.05 + 0.23 * i, z, 0.9, 0.26 + 0.23 * i, z + 0.24,
                      c=c) for z in (0.13, 0.48)
                    for i, c in enumerate(('orange', 'white', 'blue', 'red')))),
    'table tennis table': (bx(0, 0, 0.75, 1, 1, 0.8), bx(0, 0.49, 0.75, 1, 0.51, 1, c='white'),
                           *(bx(x, y, 0, x + 0.06, y + 0.04, 0.75, c='black') for x in (0.1,
                               0.84) for y in (0.1, 0.86))),
    'canteen table': (bx(0, 0, 0.94, 1, 1, 1), *legs(0.94, 0.05, 'chrome', 'metal')),
    'serving counter': (bx(0, 0, 0, 0.85, 1, 0.7, t='metal'),
        bx(0, 0, 0.7, 1, 1, 0.74, c='chrome', t='metal'),
                        *(bx(0.25, 0.05 + i / 5, 0.74, 0.7, 0.2 + i / 5, 0.76, c=c) for i,
                            c in enumerate(('orange', 'green', 'cream', 'red', 'brown'))),
                        bx(0.3, 0, 0.96, 0.75, 1, 1, c='glass'),
                            *(bx(0.5, y, 0.74, 0.54, y + 0.02, 0.96, c='chrome') for y in (0.0,
                            0.98))),
    'trophy cabinet': (bx(0, 0, 0, 0.95, 1, 0.3, t='wood'), bx(0, 0, 0.3, 0.1, 1, 1, t='wood'),
        bx(0, 0, 0.95, 1, 1, 1, t='wood'),
                       *(bx(0, y, 0.3, 0.95, y + 0.02, 1, t='wood') for y in (0, 0.98)),
                       bx(0, 0, 0.62, 0.9, 1, 0.64, c='glass'), *doors(2, 0.03, 0.28),
                       *(cy(0.3, 0.1 + i / 5, z, 0.7, 0.2 + i / 5, z + 0.2, c='gold',
                           top=1.2) for z in (0.3, 0.64) for i in range(4))),
    'drum set': (cy(0.35, 0.3, 0, 0.75, 0.7, 0.5), cy(0.1, 0.05, 0.3, 0.4, 0.35, 0.6),
        cy(0.1, 0.65, 0.3, 0.4, 0.95, 0.6),
                 cy(0.6, 0, 0.9, 0.95, 0.35, 0.93, c='gold'),
                     cy(0.76, 0.16, 0, 0.79, 0.19, 1, c='chrome'),
                 cy(0.0, 0.7, 0.86, 0.3, 1, 0.89, c='gold'),
                     cy(0.14, 0.84, 0, 0.16, 0.86, 0.9, c='chrome')),
    'book cart': (*_wheels(), *(bx(0, 0, z, 1, 1, z + 0.04, t='wood') for z in (0.15, 0.55,
        0.9)), bx(0, 0, 0.12, 1, 0.05, 1, t='wood'),
                  bx(0, 0.95, 0.12, 1, 1, 1, t='wood'),
                      *(im(0.5, 0.06, z, 0.9, 0.94, z + 0.28, t='books') for z in (0.2, 0.6))),
    'lectern': (bx(0.1, 0.1, 0, 0.9, 0.9, 0.06, t='wood'),
        bx(0.3, 0.2, 0.06, 0.7, 0.8, 0.85, t='wood'), bx(0, 0, 0.85, 1, 1, 1, t='wood')),
    'stage': (bx(0, 0, 0, 1, 1, 1, t='planks'),),
}  # fmt: skip
