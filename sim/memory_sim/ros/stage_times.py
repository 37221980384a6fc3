"""Wall time of the stages of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import time

__all__ = ['StageTimes']


class StageTimes:
    """Adds up the wall time of stages by name."""

    def __init__(self) -> None:
        """Begin with no stage."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Count what happens inside."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 2)
