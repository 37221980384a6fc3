"""Shapes of what stands under the open sky: trees, street furniture, vehicles, buildings."""

from __future__ import annotations

from collections.abc import Mapping

from memory_sim.furniture.shapes.primitives import bx, cy, el, im, legs, Part

__all__ = ['OUTDOOR_SHAPES']


def _tree(trunk: float, crowns: tuple[tuple[float, float, float, float], ...]) -> tuple[Part, ...]:
    """Return a trunk with balls of leaves: x, y, z of their middles and their radius."""
    parts = [cy(0.46, 0.46, 0, 0.54, 0.54, trunk, c='brown', t='bark', top=0.7)]
    for x, y, z, r in crowns:
        low, high = max(z - 0.75 * r, 0.0), min(z + 0.75 * r, 1.0)
        parts.append(el(max(x - r, 0), max(y - r, 0), low, min(x + r, 1), min(y + r, 1), high,
                        t='leaves'))  # fmt: skip
    return tuple(parts)


def _conifer() -> tuple[Part, ...]:
    cones = [cy(0.06 * i, 0.06 * i, 0.12 + 0.2 * i, 1 - 0.06 * i, 1 - 0.06 * i, 0.45 + 0.185 * i,
                t='leaves', top=0.12) for i in range(4)]  # fmt: skip
    return (cy(0.45, 0.45, 0, 0.55, 0.55, 0.3, c='brown', t='bark'), *cones)


def _slats(low: float, high: float, count: int, z: float) -> tuple[Part, ...]:
    step = (high - low) / count
    return tuple(
        bx(low + i * step, 0, z, low + (i + 0.8) * step, 1, z + 0.07, t='wood')
        for i in range(count)
    )


def _building(roof: str, door: str, *, gable: bool = False, columns: int = 0) -> tuple[Part, ...]:
    """Return a block with a facade of windows, a plinth, a roof and an entrance at its front."""
    parts = [
        bx(0.01, 0.01, 0, 0.97, 0.99, 0.93, t='facade'),
        bx(0.005, 0.005, 0, 0.975, 0.995, 0.05, c='dark gray', t='concrete'),
        bx(0.0, 0.0, 0.92, 0.98, 1, 0.95, c=roof),
        bx(0.95, 0.44, 0, 0.985, 0.56, 0.24, c=door),
        bx(0.96, 0.455, 0, 0.99, 0.545, 0.2, c='glass'),
        bx(0.93, 0.4, 0.25, 1, 0.6, 0.28, c=roof),
    ]
    if gable:
        parts += [bx(0.08 * i, 0, 0.93 + 0.017 * i, 0.98 - 0.08 * i, 1, 0.95 + 0.0165 * i, c=roof)
                  for i in range(4)]  # fmt: skip
    else:
        parts += [bx(0.2, 0.2, 0.93, 0.4, 0.35, 1, c='gray'), bx(0.5, 0.6, 0.93, 0.62, 0.8, 0.98,
                  c='light gray')]  # fmt: skip
    parts += [
        cy(0.955, 0.3 + 0.4 * i / max(1, columns - 1) - 0.008, 0, 0.985,
           0.3 + 0.4 * i / max(1, columns - 1) + 0.008, 0.25, c='cream')
        for i in range(columns)
    ]  # fmt: skip
    parts += [bx(0.9, 0.48, 0.95, 0.92, 0.52, 1, c=roof)]
    return tuple(parts)


OUTDOOR_SHAPES: Mapping[str, tuple[Part, ...]] = {
    'tree': _tree(0.6, ((0.5, 0.5, 0.7, 0.42), (0.3, 0.36, 0.62, 0.3), (0.7, 0.4, 0.64, 0.3),
                        (0.4, 0.7, 0.66, 0.3), (0.62, 0.66, 0.78, 0.28),
                            (0.5, 0.45, 0.86, 0.24))),
    'round tree': _tree(0.5, ((0.5, 0.5, 0.66, 0.5), (0.46, 0.54, 0.84, 0.3))),
    'pine tree': _conifer(),
    'bush': (el(0, 0, 0, 1, 1, 1, t='leaves'), el(0.3, 0.1, 0.2, 0.95, 0.8, 0.95, t='leaves')),
    'hedge': (bx(0, 0, 0, 1, 1, 1, t='leaves'),),
    'park bench': (*_slats(0.25, 0.95, 4, 0.5),
        *(bx(0.3, y, 0, 0.9, y + 0.06, 0.5, c='dark gray') for y in (0.08, 0.86)),
                   *(bx(0.05, 0, z, 0.15, 1, z + 0.12, t='wood') for z in (0.62, 0.8)),
                       *(bx(0, y, 0, 0.12, y + 0.06, 1, c='dark gray') for y in (0.08, 0.86))),
    'fountain': (cy(0, 0, 0, 1, 1, 0.3, c='light gray', t='marble'),
        cy(0.06, 0.06, 0.3, 0.94, 0.94, 0.32, c='water', t='ripples'),
                 cy(0.44, 0.44, 0.3, 0.56, 0.56, 0.75, c='light gray'),
                     cy(0.3, 0.3, 0.6, 0.7, 0.7, 0.66, c='light gray'),
                 el(0.4, 0.4, 0.66, 0.6, 0.6, 1, c='water')),
    'bicycle rack': (*(bx(0.0, y, 0, 0.05, y + 0.03, 1, t='metal') for y in (0, 0.24, 0.48, 0.72,
        0.97)),
                     *(bx(0.6, y, 0, 0.65, y + 0.03, 1, t='metal') for y in (0, 0.24, 0.48, 0.72,
                         0.97)),
                     *(bx(0, y, 0.95, 0.65, y + 0.03, 1, t='metal') for y in (0, 0.24, 0.48,
                         0.72, 0.97)),
                     cy(0.1, 0.27, 0, 0.5, 0.31, 0.75, c='black'),
                         cy(0.6, 0.27, 0, 1, 0.31, 0.75, c='black'),
                         bx(0.25, 0.275, 0.6, 0.8, 0.305, 0.75, c='red')),
    'flower bed': (bx(0, 0, 0, 1, 1, 0.3, c='soil'),
        *(bx(x, y, 0, x1, y1, 0.4, c='light gray') for x, y, x1, y1 in
                   ((0, 0, 1, 0.04), (0, 0.96, 1, 1), (0, 0, 0.06, 1), (0.94, 0, 1, 1))),
                   *(el(0.12 + 0.28 * i, 0.08 + 0.17 * j, 0.3, 0.34 + 0.28 * i, 0.22 + 0.17 * j,
                       0.75 + 0.25 * ((i + j) % 2), c=c, t='leaves')
                     for i in range(3) for j, c in enumerate(('red', 'yellow', 'pink', 'purple',
                         'white')))),
    'picnic table': (bx(0.3, 0, 0.92, 0.7, 1, 1, t='wood'),
        *(bx(x, 0, 0.55, x + 0.17, 1, 0.62, t='wood') for x in (0, 0.83)),
                     *(bx(0.1, y, 0, 0.9, y + 0.05, 0.1, c='brown') for y in (0.1, 0.85)),
                         *(bx(0.45, y, 0, 0.55, y + 0.05, 0.92, c='brown') for y in (0.1, 0.85)),
                     *(bx(0.05, y, 0.48, 0.95, y + 0.05, 0.55, c='brown') for y in (0.1, 0.85))),
    'lamp post': (cy(0.35, 0.35, 0, 0.65, 0.65, 0.06), cy(0.44, 0.44, 0, 0.56, 0.56, 0.88),
        cy(0.1, 0.1, 0.86, 0.9, 0.9, 0.88),
                  cy(0.2, 0.2, 0.88, 0.8, 0.8, 0.97, c='warm white', top=1.2),
                      cy(0, 0, 0.97, 1, 1, 1)),
    'bus stop': (bx(0, 0, 0.96, 1, 1, 1), bx(0, 0.02, 0.08, 0.03, 0.98, 0.92, c='glass'),
        *(bx(0.0, y, 0.08, 0.7, y + 0.012, 0.92, c='glass') for y in (0.0, 0.98)),
                 *(bx(x, y, 0, x + 0.05, y + 0.02, 0.96, c='dark gray') for x in (0,
                     0.7) for y in (0, 0.98)),
                 bx(0.1, 0.12, 0.17, 0.4, 0.7, 0.2, c='oak', t='wood'),
                     *(bx(0.15, y, 0, 0.3, y + 0.02, 0.17, c='dark gray') for y in (0.16, 0.64)),
                 im(0.03, 0.74, 0.3, 0.1, 0.95, 0.8, t='panel')),
    'street sign': (cy(0.42, 0.42, 0, 0.58, 0.58, 0.95, c='gray'), bx(0.4, 0, 0.86, 0.6, 1, 1)),
    'traffic light': (cy(0.4, 0.4, 0, 0.6, 0.6, 0.75, c='gray'), bx(0.2, 0.15, 0.7, 0.8, 0.85, 1),
                      *(el(0.75, 0.28, z, 1, 0.72, z + 0.075, c=c) for z,
                          c in ((0.9, 'red'), (0.81, 'yellow'), (0.72, 'green')))),
    'mailbox': (*legs(0.3, 0.08, '*', 'metal'), bx(0, 0, 0.25, 1, 1, 0.9),
        cy(0, 0, 0.85, 1, 1, 1), bx(0.95, 0.2, 0.75, 1, 0.8, 0.8, c='black')),
    'fire hydrant': (cy(0.2, 0.2, 0, 0.8, 0.8, 0.75), el(0.15, 0.15, 0.65, 0.85, 0.85, 1),
        bx(0.35, 0, 0.45, 0.65, 1, 0.65), bx(0.7, 0.35, 0.45, 1, 0.65, 0.65)),
    'parasol': (cy(0.4, 0.4, 0, 0.6, 0.6, 0.04, c='dark gray'),
        cy(0.485, 0.485, 0, 0.515, 0.515, 0.98, c='pine'), cy(0, 0, 0.8, 1, 1, 1, top=0.06)),
    'kiosk': (bx(0, 0, 0, 0.9, 1, 0.35), bx(0, 0, 0.35, 0.3, 1, 0.85),
        *(bx(0, y, 0.35, 0.9, y + 0.06, 0.85) for y in (0, 0.94)),
        bx(0.8, 0, 0.33, 1, 1, 0.37, c='pine'),
              im(0.3, 0.06, 0.4, 0.4, 0.94, 0.84, t='goods'),
                  bx(0, 0, 0.85, 1, 1, 0.95, c='white'), bx(0.05, 0.05, 0.95, 0.85, 0.95, 1)),
    'slide': (*(bx(0.05, y, 0, 0.1, y + 0.05, 1, c='blue') for y in (0.1, 0.85)),
        *(bx(0.05, 0.1, z, 0.12, 0.9, z + 0.03, c='blue') for z in (0.15, 0.35, 0.55)),
              bx(0, 0.1, 0.7, 0.25, 0.9, 0.74, c='blue'),
                  *(bx(0.25 + 0.0938 * i, 0.12, 0.64 - 0.08 * i, 0.344 + 0.0938 * i, 0.88,
                  0.72 - 0.08 * i) for i in range(8)),
              *(bx(0.0, y, 0.74, 0.25, y + 0.04, 1, c='yellow') for y in (0, 0.96))),
    'swing': (*(bx(x, y, 0, x + 0.06, y + 0.03, 1) for x in (0, 0.94) for y in (0, 0.97)),
        bx(0.45, 0, 0.96, 0.55, 1, 1), *(bx(0, y, 0.94, 1, y + 0.03, 0.98) for y in (0, 0.97)),
              *(bx(0.49, y, 0.25, 0.51, y + 0.01, 0.97, c='chrome') for y in (0.2, 0.36, 0.62,
                  0.78)), *(bx(0.4, y, 0.22, 0.6, y + 0.2, 0.25, c='black') for y in (0.19,
                  0.61))),
    'football goal': (*(cy(0.9, y, 0, 1, y + 0.02, 1) for y in (0, 0.98)),
        bx(0.9, 0, 0.95, 1, 1, 1), bx(0, 0, 0, 0.03, 1, 0.03),
        *(bx(0, y, 0, 0.95, y + 0.015, 0.03) for y in (0, 0.985)),
                      *(bx(0.02, i / 12, 0, 0.03, i / 12 + 0.004, 0.9,
                          c='light gray') for i in range(1, 12))),
    'flagpole': (cy(0.02, 0.2, 0, 0.25, 0.8, 0.02, c='gray'),
        cy(0.1, 0.4, 0, 0.17, 0.6, 1, c='light gray'), bx(0.17, 0.45, 0.8, 1, 0.55, 0.98)),
    'dumpster': (bx(0, 0, 0.06, 1, 1, 0.85), bx(0, 0, 0.85, 1, 1, 1, c='black'),
        *(bx(x, y, 0, x + 0.1, y + 0.06, 0.08, c='black') for x in (0.1, 0.8) for y in (0.1,
        0.84))),
    'parking meter': (cy(0.4, 0.4, 0, 0.6, 0.6, 0.7, c='gray'), bx(0, 0, 0.7, 1, 1, 1),
        bx(0.95, 0.2, 0.8, 1, 0.8, 0.95, c='light gray')),
    'sculpture': (bx(0, 0, 0, 1, 1, 0.12, c='light gray', t='concrete'),
        el(0.1, 0.2, 0.1, 0.7, 0.8, 0.6), el(0.3, 0.1, 0.4, 0.9, 0.7, 0.8),
        el(0.2, 0.4, 0.66, 0.6, 0.85, 1)),
    'pond': (cy(0, 0, 0, 1, 1, 0.5, c='gray', t='cobbles'),
        cy(0.04, 0.04, 0.5, 0.96, 0.96, 1, t='ripples')),
    'bus': (bx(0, 0, 0.12, 1, 1, 0.5), bx(0, 0, 0.5, 1, 1, 1),
        bx(0.02, -0.005, 0.5, 0.98, 1.005, 0.84, c='glass'),
        bx(0.99, 0.05, 0.42, 1.002, 0.95, 0.86, c='glass'),
            *(bx(x, -0.006, 0.5, x + 0.012, 1.006, 0.84) for x in (0.14, 0.28, 0.42, 0.56, 0.7,
                0.84)), *(el(x, y, 0, x + 0.085, y + 0.12, 0.3, c='black') for x in (0.14,
                0.75) for y in (-0.01, 0.89))),
    'van': (bx(0, 0, 0.12, 0.78, 1, 1), bx(0.78, 0, 0.12, 1, 1, 0.5),
        bx(0.78, 0.05, 0.5, 0.92, 0.95, 0.95), bx(0.8, 0.02, 0.52, 0.93, 0.98, 0.88, c='glass'),
            *(el(x, y, 0, x + 0.14, y + 0.12, 0.32, c='black') for x in (0.14, 0.74) for y in (0,
                0.88))),
    'crosswalk': tuple(bx(0, (i + 0.1) / 8, 0, 1, (i + 0.6) / 8, 1,
        c='white') for i in range(8)) + (bx(0, 0, 0, 1, 1, 0.2, c='dark gray', t='asphalt'),),
    'brick building': _building('dark gray', 'dark green'),
    'hall building': _building('gray', 'brown', columns=6),
    'gabled building': _building('terracotta', 'red', gable=True),
}  # fmt: skip
