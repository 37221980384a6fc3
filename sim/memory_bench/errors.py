"""What the benchmark refuses."""

from __future__ import annotations

from memory_node.core.errors import MemoryNodeError

__all__ = ['BenchError', 'EvaluationError', 'require']


class EvaluationError(MemoryNodeError):
    """A data set or method that is unknown, broken or not installed; says which."""

    name = 'EVALUATION'


class BenchError(Exception):
    """A configuration, a record or a world cannot be used; the message names field and value."""


def require(ok: bool, name: str, value: object, expected: str) -> None:
    """Raise ``BenchError`` naming a field and its value, unless they are as expected."""
    if not ok:
        raise BenchError(f'{name}: expected {expected}, got {value!r:.80}')
