"""How long each stage of one request took, where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
import time

__all__ = ['Stages', 'in_words']


class Stages:
    """A stopwatch that is read at the end of each stage; not thread-safe, one for a request."""

    __slots__ = ('_last_s', 'seconds')

    def __init__(self, *, on: bool) -> None:
        """Begin the first stage; unless ``on`` nothing is timed."""
        self._last_s = time.perf_counter() if on else 0.0
        #: Seconds of each stage so far, in order; one that comes again adds to the first.
        self.seconds: dict[str, float] = {}

    def end(self, name: str) -> None:
        """End the stage in hand, and begin the next."""
        if self._last_s:
            now_s = time.perf_counter()
            self.seconds[name] = self.seconds.get(name, 0.0) + now_s - self._last_s
            self._last_s = now_s


def in_words(stages: Mapping[str, float]) -> str:
    """Return stages in milliseconds, in their order: "parse 0.41 ms, places 1.20 ms"."""
    return ', '.join(f'{name} {seconds * 1e3:.2f} ms' for name, seconds in stages.items())
