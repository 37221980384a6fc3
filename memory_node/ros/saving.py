"""Saving every so often what could be rebuilt only with time."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode

__all__ = ['Saver']

_CHECK_S = 1.0


class Saver:
    """Saves when something was stored and the interval has passed, and once more when closed."""

    def __init__(
        self,
        node: LifecycleNode,
        *,
        save: Callable[[], object],
        stored: Callable[[], int],
        interval_s: Callable[[], float],
        bug: Callable[[BaseException], None],
    ) -> None:
        """Start the timer; a save runs in its own callback group."""
        self._node = node
        self._save = save
        self._stored = stored
        self._interval_s = interval_s
        self._bug = bug
        self._saved = 0
        self._last_s = time.monotonic()
        self._timer = node.create_timer(
            _CHECK_S,
            self._check,
            callback_group=MutuallyExclusiveCallbackGroup(),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def close(self) -> None:
        """Stop, and save a last time."""
        self._node.destroy_timer(self._timer)
        self._save()

    def _check(self) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s < self._interval_s() or self._stored() == self._saved:
            return
        self._last_s = now_s
        self._saved = self._stored()
        try:
            self._save()
        except Exception as error:  # noqa: BLE001  a full disk must not end the node
            self._bug(error)
