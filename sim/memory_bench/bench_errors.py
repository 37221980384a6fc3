"""What a benchmark run can refuse."""

from __future__ import annotations

__all__ = ['BenchError', 'require']


class BenchError(Exception):
    """A configuration, a record or a world cannot be used; the message names field and value."""


def require(ok: bool, name: str, value: object, expected: str) -> None:
    """Raise ``BenchError`` naming a field and its value, unless they are as expected."""
    if not ok:
        raise BenchError(f'{name}: expected {expected}, got {value!r:.80}')
