"""How many pictures were lost on the way, by the stamps of those that came."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import threading

import numpy as np

__all__ = ['Arrivals', 'StampLoss', 'arrivals']

#: Stamps that are looked at.
_KEPT = 150
#: Fewer say nothing.
_LEAST = 10
#: A longer pause is one of the publisher [periods].
_PAUSE = 20
#: Share of the gaps that must be whole numbers of periods, within so much of one.
_REGULAR, _JITTER = 0.9, 0.3
#: Raw and compressed pictures come in any order within this [ns].
_ORDER_NS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What came of what was sent."""

    received: int
    sent: int
    #: Time between two that were sent [s].
    period_s: float

    @property
    def lost(self) -> int:
        """How many never came."""
        return self.sent - self.received

    @property
    def share(self) -> float:
        """Share of what was sent that was lost, in [0, 1]."""
        return self.lost / self.sent


def arrivals(stamps_ns: list[int]) -> Arrivals | None:
    """
    Return what came of what was sent, by gaps between stamps; None where they are not regular.

    A camera stamps its pictures at a steady rate, so a gap of three periods is two that are lost.
    """
    gaps = np.diff(np.unique(np.array(stamps_ns, np.float64)))
    if len(gaps) < _LEAST - 1:
        return None
    shortest = float(np.quantile(gaps, 0.1))
    period = float(np.median(gaps[gaps <= 1.5 * shortest]))
    gaps = gaps[gaps <= _PAUSE * period]
    steps = np.maximum(np.round(gaps / period), 1.0)
    regular = np.abs(gaps / period - steps) <= _JITTER
    if regular.mean() < _REGULAR:
        return None
    received = len(gaps) + 1
    return Arrivals(received=received, sent=int(steps.sum()) + 1, period_s=period * 1e-9)


class StampLoss:
    """Remembers the last stamps of one topic; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamps: deque[int] = deque(maxlen=_KEPT)

    def add(self, stamp_ns: int) -> None:
        """Take note of a message; a clock that was set back begins anew."""
        with self._lock:
            if self._stamps and stamp_ns < self._stamps[-1] - _ORDER_NS:
                self._stamps.clear()
            self._stamps.append(stamp_ns)

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._stamps.clear()

    def look(self) -> Arrivals | None:
        """Return what came lately of what was sent; None where that can't be told."""
        with self._lock:
            stamps = list(self._stamps)
        return arrivals(stamps)
