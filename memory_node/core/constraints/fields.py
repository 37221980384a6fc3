"""Checks of what a language model filled in; ``ValueError`` says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
import math
from typing import Any

__all__ = ['ABOUT', 'positive', 'read_about', 'read_number']

_CHARS = 80
#: Larger numbers are nonsense: metres, seconds, or how many.
_MOST = 1e9
#: Schema of the words for a landmark or a room.
ABOUT: Mapping[str, Any] = {'type': 'string', 'maxLength': _CHARS}


def read_about(phrase: str, fields: Mapping[str, Any]) -> str:
    """Return the words of field ``about`` as one line in lower case."""
    value = fields.get('about')
    if not isinstance(value, str):
        raise ValueError(f'{phrase!r} is about nothing')
    text = ' '.join(''.join(c if c.isprintable() else ' ' for c in value).split())
    if not text:
        raise ValueError(f'{phrase!r} is about nothing')
    return text[:_CHARS].casefold()


def read_number(fields: Mapping[str, Any], name: str) -> float:
    """Return a number of at least 0, 0 where none is given."""
    value = fields.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f'{name} is no number: {str(value)[:40]!r}')
    if not 0 <= value <= _MOST:
        raise ValueError(f'{name} must be in [0, {_MOST:g}], got {value}')
    return float(value)


def positive(fields: Mapping[str, Any], name: str) -> float | None:
    """Return a number above 0, None where it is 0 or not given."""
    return read_number(fields, name) or None
