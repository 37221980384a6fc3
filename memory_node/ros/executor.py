"""An executor with threads for requests, and others for all that has to go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.executors import (
    ConditionReachedException,
    Executor,
    ExternalShutdownException,
    ShutdownException,
    TimeoutException,
)
from rclpy.impl.implementation_singleton import rclpy_implementation

__all__ = ['SplitExecutor']

#: Groups of callbacks beside requests and pictures: small messages, reports, the look at the
#: object map, saves, lifecycle and parameters, what a navigator says, occupancy grids, corrected
#: paths, the bond, and one to spare.
_OTHERS = 10
#: What rcl says of an entity that is no more.
_DESTROYED = 'pointer is invalid'
#: Pictures and depth of one camera.
_EACH_CAMERA = 2


class SplitExecutor(Executor):
    """
    Runs the callbacks of one group in threads of their own, all others in some more.

    Requests may wait for models. Whatever else there is comes from groups that run one callback at
    a time, so with a thread for each of them none waits for another.
    """

    def __init__(
        self,
        requests: CallbackGroup,
        threads: int,
        bug: Callable[[BaseException], None],
        *,
        cameras: int = 1,
    ) -> None:
        """Give ``requests`` at most ``threads`` threads, made when needed; ``bug`` is told."""
        super().__init__()
        self._requests = requests
        self._asked = ThreadPoolExecutor(threads, thread_name_prefix='request')
        others = _OTHERS + _EACH_CAMERA * cameras
        self._others = ThreadPoolExecutor(others, thread_name_prefix='callback')
        self._bug = bug

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Hand one callback that is ready to its threads."""
        try:
            ready: Any = self.wait_for_ready_callbacks(timeout_sec=timeout_sec)
        except (
            ConditionReachedException,
            ExternalShutdownException,
            ShutdownException,
            TimeoutException,
        ):
            return
        except rclpy_implementation.InvalidHandle:
            return  # as below: what tells of events of a topic
        except rclpy_implementation.RCLError as error:
            # rclpy adds what it has gathered to its wait set, also an action server that another
            # thread has destroyed by then. The next round gathers anew.
            if _DESTROYED not in str(error):
                raise
            return
        handler, entity, _ = ready
        asked = entity is not None and entity.callback_group is self._requests
        (self._asked if asked else self._others).submit(self._run, handler)

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Wait for what runs, at most ``timeout_sec``; return whether all has ended."""
        ended = bool(super().shutdown(timeout_sec))
        for pool in (self._asked, self._others):
            pool.shutdown(wait=False, cancel_futures=True)
        return ended

    def _run(self, handler: Any) -> None:
        handler()
        if handler.done() and (error := handler.exception()) is not None:
            self._bug(error)
