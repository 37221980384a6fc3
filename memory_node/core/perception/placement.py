"""Watches whether what is seen gets positions, and says once why it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
import threading

__all__ = ['Placement']

#: Sightings in a row without one position after which that is said.
_MANY = 20


class Placement:
    """Counts sightings and positions since the start; thread-safe."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Begin at nothing; ``warn`` is told of each reason once."""
        self._warn = warn
        self._lock = threading.Lock()
        self._without = 0
        self._reasons: Counter[str] = Counter()
        self._said: set[str] = set()

    def observed(self, counts: Mapping[str, int], unplaced: Mapping[str, int]) -> None:
        """Take the ``counts`` and reasons of a ``Perceiver`` that has looked at one picture."""
        with self._lock:
            if counts.get('positions'):
                self._without = 0
                self._reasons.clear()
                return
            self._without += counts.get('sightings', 0)
            self._reasons.update(unplaced)
            if self._without < _MANY or not self._reasons:
                return
            (reason, _), *_ = self._reasons.most_common(1)
            if reason.partition(', the middle')[0] in self._said:
                return
            self._said.add(reason.partition(', the middle')[0])
            line = f'none of the last {self._without} sightings got a position: {reason}'
        self._warn(line)
