"""Forgets what is too old, and saves what is derived from time to time."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode

from memory_node.core.errors import StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.perception.counters import Counters
from memory_node.ros.heap import give_back

__all__ = ['Saver']

#: Time between two looks whether a save is due [s].
_CHECK_S = 1.0
#: Shortest time between two saves for what was forgotten: while a reader is slow it stays due [s].
_WIPE_S = 5.0
#: When what was opened is most likely brought up to date [s].
_SETTLED_S = 5.0


class Saver:
    """Owns the timer; a save in progress holds up nothing else."""

    def __init__(
        self,
        node: LifecycleNode,
        memory: Memory,
        counters: Counters,
        *,
        interval_s: Callable[[], float],
        bug: Callable[[BaseException], None],
    ) -> None:
        """Save at most every ``interval_s()``, in steady time."""
        self._node, self._memory, self._counters = node, memory, counters
        self._interval_s, self._bug = interval_s, bug
        self._saved, self._saved_at_s = 0, time.monotonic()
        self._tidied = False
        self._timer = node.create_timer(
            _CHECK_S,
            self._save_if_due,
            callback_group=MutuallyExclusiveCallbackGroup(),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def close(self) -> None:
        """Destroy the timer."""
        self._node.destroy_timer(self._timer)

    def _save_if_due(self) -> None:
        """Save what could be rebuilt only with time, and at once where something was forgotten."""
        stored, now_s = self._counters.value('stored'), time.monotonic()
        if not self._tidied and now_s - self._saved_at_s > _SETTLED_S:
            self._tidied = True
            give_back()  # of what opening took in the background
        waited = now_s - self._saved_at_s
        try:
            self._memory.forget_old(now=1e-9 * self._node.get_clock().now().nanoseconds)
            due = stored != self._saved and waited >= self._interval_s()
            if not due and not (self._memory.wipe_due and waited >= _WIPE_S):
                return
            self._saved, self._saved_at_s = stored, now_s
            self._memory.save()
            give_back()
        except StoreAccessError as error:  # the disk is full: what is derived can be made again
            self._node.get_logger().warning(f'not saved: {error}')
        except Exception as error:  # noqa: BLE001  a bug must not end the node
            self._bug(error)
