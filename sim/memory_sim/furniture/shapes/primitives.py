"""The parts that shapes are built from, and the groups of parts that many shapes share."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ['Part', 'bx', 'cy', 'doors', 'drawers', 'el', 'im', 'legs']

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


def bx(*span: float, c: str = '*', t: str = '') -> Part:
    """Return a box; ``c`` is its colour, ``t`` its texture."""
    return Part('box', (*span,), c, t)  # type: ignore[arg-type]


def cy(*span: float, c: str = '*', t: str = '', top: float = 1.0) -> Part:
    """Return an upright cylinder; ``top`` scales its upper end."""
    return Part('cylinder', (*span,), c, t, top)  # type: ignore[arg-type]


def el(*span: float, c: str = '*', t: str = '') -> Part:
    """Return an ellipsoid."""
    return Part('ellipsoid', (*span,), c, t)  # type: ignore[arg-type]


def im(*span: float, t: str) -> Part:
    """Return a picture on the side that faces the front."""
    return Part('picture', (*span,), 'white', t)  # type: ignore[arg-type]


def legs(height: float, thick: float, c: str, t: str = 'wood') -> tuple[Part, ...]:
    """Return four legs."""
    lo, hi = 0.04, 1.0 - 0.04 - thick
    return tuple(
        bx(x, y, 0.0, x + thick, y + thick, height, c=c, t=t) for x in (lo, hi) for y in (lo, hi)
    )


def doors(columns: int, z0: float, z1: float, c: str = '*', t: str = 'wood') -> tuple[Part, ...]:
    """Return a row of doors with handles."""
    parts: list[Part] = []
    for i in range(columns):
        y0, y1 = (i + 0.03) / columns, (i + 0.97) / columns
        handle = y1 - 0.1 / columns if i % 2 == 0 else y0 + 0.06 / columns
        middle = 0.5 * (z0 + z1)
        parts.append(bx(0.95, y0, z0, 0.985, y1, z1, c=c, t=t))
        parts.append(
            bx(0.985, handle, middle - 0.06, 1, handle + 0.03 / columns, middle + 0.06, c='chrome')
        )
    return tuple(parts)


def drawers(rows: int, z0: float, z1: float, columns: int = 1) -> tuple[Part, ...]:
    """Return rows of drawers with knobs."""
    parts: list[Part] = []
    step = (z1 - z0) / rows
    for i in range(rows):
        for j in range(columns):
            low, high = z0 + step * (i + 0.05), z0 + step * (i + 0.95)
            y0, y1 = (j + 0.03) / columns, (j + 0.97) / columns
            knob, middle = 0.5 * (low + high), 0.5 * (y0 + y1)
            parts.append(bx(0.95, y0, low, 0.985, y1, high, t='wood'))
            parts.append(
                bx(0.985, middle - 0.06, knob - 0.02, 1, middle + 0.06, knob + 0.02, c='chrome')
            )
    return tuple(parts)
