"""What can be wrong with an evaluation itself."""

from __future__ import annotations

from memory_node.core.errors import MemoryNodeError

__all__ = ['EvaluationError']


class EvaluationError(MemoryNodeError):
    """A data set or method that is unknown, broken or not installed; says which."""

    name = 'EVALUATION'
