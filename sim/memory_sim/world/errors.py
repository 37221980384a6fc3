"""The error of worlds that cannot be, and the checks of their values that raise it."""

from __future__ import annotations

import math

from memory_sim.world.colors import COLORS

__all__ = ['WorldError', 'require', 'require_color', 'require_finite']


class WorldError(Exception):
    """A world cannot be read, built or lived in; the message names the field and its value."""


def require(ok: bool, name: str, value: object, expected: str) -> None:
    """Raise ``WorldError`` that names the field, its value and what was expected, unless ok."""
    if not ok:
        raise WorldError(f'{name}: expected {expected}, got {value!r}')


def require_finite(name: str, value: tuple[float, ...]) -> None:
    """Raise ``WorldError`` where a number is not finite."""
    require(all(math.isfinite(v) for v in value), name, value, 'finite numbers')


def require_color(name: str, value: str) -> None:
    """Raise ``WorldError`` where a colour has no such name."""
    require(value in COLORS, name, value, f'one of {", ".join(sorted(COLORS))}')
