"""Values of JSON, checked by field: ``InvalidObservationError`` names what is wrong."""

from __future__ import annotations

import math

from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidObservationError

__all__ = ['number', 'numbers', 'point', 'text', 'vector3']


def number(value: object, name: str) -> float:
    """Return a finite number."""
    try:
        if not isinstance(value, bool) and isinstance(value, int | float):
            found = float(value)
            if math.isfinite(found):
                return found
    except OverflowError:  # a whole number of hundreds of digits
        pass
    raise InvalidObservationError(f'{name} must be a finite number, got {value!r:.80}')


def text(value: object, name: str) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise InvalidObservationError(f'{name} must be a string, got {value!r:.80}')
    return value


def numbers(value: object, name: str, size: int) -> tuple[float, ...]:
    """Return a list of ``size`` finite numbers."""
    if not isinstance(value, list) or len(value) != size:
        raise InvalidObservationError(f'{name} must be {size} numbers, got {value!r:.80}')
    return tuple(number(v, name) for v in value)


def point(value: object, name: str) -> Vector3:
    """Return a position however it is written; without a height it is on the ground."""
    if isinstance(value, dict) and {'x', 'y'} <= value.keys() <= {'x', 'y', 'z'}:
        value = [value['x'], value['y'], value.get('z', 0.0)]
    if isinstance(value, list) and len(value) == 2:
        value = [*value, 0.0]
    return vector3(value, name)


def vector3(value: object, name: str) -> Vector3:
    """Return three finite numbers."""
    x, y, z = numbers(value, name, 3)
    return (x, y, z)
