"""Tells whether answers rest on an object map that lacks observations, or was made again."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode

from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.view import View

__all__ = ['MapWatch']

#: How long a map that was made again is told of, once it is complete [s].
_TOLD_S = 60.0


class MapWatch:
    """
    Looks at the object map as a question does, in a callback group of its own.

    A look waits as long as a question would, ``retrieval.patience_s``, so that what is missing
    then is missing from answers, too. Reports only read what the last look saw.
    """

    def __init__(
        self, node: LifecycleNode, memory: Memory, interval_s: Callable[[], float]
    ) -> None:
        """Look every ``interval_s()``, in steady time."""
        self._node = node
        self._memory = memory
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._closed = False
        self._told_until_s: float | None = None
        self._trouble = ''
        #: What the last look saw; None before the first.
        self.view: View | None = None
        #: Observations that the map lacked at the last look, and how many there were.
        self.missing, self._held = 0, 0
        #: Why the map was made again when the memory was opened; '' if it was not.
        self.message = memory.stats().objects_message
        self._timer = node.create_timer(
            interval_s(),
            self.look,
            callback_group=MutuallyExclusiveCallbackGroup(),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def close(self) -> None:
        """Stop looking; a look in progress ends first."""
        with self._lock:
            self._closed = True
        self._node.destroy_timer(self._timer)

    def look(self) -> None:
        """See how many observations the object map lacks."""
        with self._lock:
            if self._closed:
                return
            self._timer.timer_period_ns = round(self._interval_s() * 1e9)
            try:
                view = self._memory.view()
            except MemoryNodeError as error:
                self._trouble = f'the object map can not be brought up to date: {error}'
                return
            self._trouble = ''
            self.view = view
            self.missing, self._held = view.behind, len(view.snapshot)

    def warning(self) -> str:
        """Return one sentence where the map lacks something or was made again lately, or ''."""
        if self._trouble:
            return self._trouble
        if self.missing:
            lacks = f'{self.missing} of {self._held} observations are not in the object map yet'
            return f'{lacks}; {self.message}' if self.message else lacks
        if not self.message:
            return ''
        now_s = time.monotonic()
        if self._told_until_s is None:
            self._told_until_s = now_s + _TOLD_S
        if now_s > self._told_until_s:
            return ''
        return f'the object map is complete again; {self.message}'
