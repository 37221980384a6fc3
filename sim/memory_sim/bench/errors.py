"""What a benchmark run can refuse."""

from __future__ import annotations

__all__ = ['BenchError']


class BenchError(Exception):
    """A configuration, a record or a world cannot be used; the message names field and value."""
