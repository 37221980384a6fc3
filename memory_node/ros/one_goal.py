"""An action that carries out one goal at a time, and always ends it with a status."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
import threading
import time
from typing import Any

from rclpy.action.server import ActionServer, CancelResponse, GoalResponse, ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.errors import MemoryNodeError
from memory_node.core.retrieval.stages import in_words, Stages
from memory_node.ros import conversions as convert
from memory_node.ros.services import Context

__all__ = ['OneGoal']

#: How long closing waits for a goal to hear of it [s].
_FAREWELL_S = 5.0


@dataclass(slots=True, eq=False)
class _Running:
    """One goal that is being carried out."""

    handle: ServerGoalHandle
    done: threading.Event


class OneGoal(ABC):
    """Serves an action; a goal that comes while another runs is rejected."""

    def __init__(
        self, node: LifecycleNode, group: CallbackGroup, context: Context, kind: Any, name: str
    ) -> None:
        """Serve ``name``; the group lets feedback and cancels through while one runs."""
        self._node = node
        self._context = context
        self._kind = kind
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._closing = False
        self._server = ActionServer(
            node,
            kind,
            name,
            execute_callback=self._execute,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda handle: CancelResponse.ACCEPT,
            callback_group=group,
        )

    def close(self) -> None:
        """Stop what runs and destroy the server."""
        with self._lock:
            self._closing = True
            running = self._running
        if running is not None:
            running.done.wait(_FAREWELL_S)
        self._server.destroy()

    @abstractmethod
    def _carry_out(self, handle: ServerGoalHandle, result: Any) -> str:
        """Carry a goal out into its result; return the message of its status."""

    def _reached(self, result: Any) -> bool | None:
        """Whether what was wanted is reached, whoever cancels; None: as the status says."""
        return None

    def _cancelled(self, handle: ServerGoalHandle) -> bool:
        """Whether a goal is to be carried out no longer."""
        return bool(handle.is_cancel_requested) or self._closing or not self._context.active()

    def _stamp(self) -> Any:
        return self._node.get_clock().now().to_msg()

    def _on_goal(self, goal: Any) -> GoalResponse:
        with self._lock:
            busy = self._running is not None or self._closing
        return GoalResponse.REJECT if busy else GoalResponse.ACCEPT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        with self._lock:
            self._running = _Running(handle, threading.Event())
        handle.execute()

    def _execute(self, handle: ServerGoalHandle) -> Any:
        began = time.perf_counter()
        error: BaseException | None = None
        stages = Stages(on=self._context.retrieval().trace)
        result = self._kind.Result()
        message = ''
        try:
            message = self._carry_out(handle, result)
            stages.end('answer')
        except MemoryNodeError as expected:
            error = expected
        except Exception as bug:  # noqa: BLE001  a bug must not stop the executor
            self._context.bug(bug)
            error = bug
        result.status = convert.status_msg(error)
        if error is None:
            message = '; '.join(filter(None, [message, in_words(stages.seconds)]))
            result.status.message = message[: convert.MAX_MESSAGE_CHARS]
        self._end(handle, result, failed=error is not None)
        self._context.counters.answered(time.perf_counter() - began, failed=error is not None)
        return result

    def _end(self, handle: ServerGoalHandle, result: Any, *, failed: bool) -> None:
        reached = self._reached(result)
        if reached:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        elif failed or self._closing or reached is False:
            handle.abort()
        else:
            handle.succeed()
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.done.set()
