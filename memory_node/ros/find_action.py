"""The action ``~/find``: search from the top of the forest, told as it goes, stopped any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import threading
import time
from typing import Any

from memory_msgs.action import Find
from rclpy.action.server import ActionServer, CancelResponse, GoalResponse, ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.answers.find import BRANCHES, Search
from memory_node.core.errors import LanguageModelError, MemoryNodeError, NotActiveError
from memory_node.core.forest.frontier import Step
from memory_node.models.deadline import asked_for
from memory_node.ros import conversions as convert
from memory_node.ros.services import Context

__all__ = ['Finder']

#: How long closing waits for a search to hear of it [s].
_FAREWELL_S = 5.0


@dataclass(slots=True, eq=False)
class _Search:
    """One goal that is being carried out."""

    handle: ServerGoalHandle
    done: threading.Event


class Finder:
    """Serves one search at a time; a goal that comes meanwhile is rejected."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup, context: Context) -> None:
        """Serve ``~/find``; the group lets feedback and cancels through while one runs."""
        self._node = node
        self._context = context
        self._lock = threading.Lock()
        self._running: _Search | None = None
        self._closing = False
        self._server = ActionServer(
            node,
            Find,
            '~/find',
            execute_callback=self._execute,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda handle: CancelResponse.ACCEPT,
            callback_group=group,
        )

    def close(self) -> None:
        """Stop a search and destroy the server."""
        with self._lock:
            self._closing = True
            running = self._running
        if running is not None:
            running.done.wait(_FAREWELL_S)
        self._server.destroy()

    def _on_goal(self, goal: Find.Goal) -> GoalResponse:
        with self._lock:
            busy = self._running is not None or self._closing
        return GoalResponse.REJECT if busy else GoalResponse.ACCEPT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        with self._lock:
            self._running = _Search(handle, threading.Event())
        handle.execute()

    def _execute(self, handle: ServerGoalHandle) -> Find.Result:
        began = time.perf_counter()
        error: BaseException | None = None
        result = Find.Result()
        message = ''
        try:
            message = self._find(handle, result)
        except MemoryNodeError as expected:
            error = expected
        except Exception as bug:  # noqa: BLE001  a bug must not stop the executor
            self._context.bug(bug)
            error = bug
        result.status = convert.status_msg(error)
        if error is None:
            result.status.message = message[: convert.MAX_MESSAGE_CHARS]
        self._end(handle, failed=error is not None)
        self._context.counters.answered(time.perf_counter() - began, failed=error is not None)
        return result

    def _end(self, handle: ServerGoalHandle, *, failed: bool) -> None:
        if handle.is_cancel_requested:
            handle.canceled()
        elif failed or self._closing:
            handle.abort()
        else:
            handle.succeed()
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.done.set()

    def _find(self, handle: ServerGoalHandle, result: Find.Result) -> str:
        """Carry a goal out into its result; return the message of its status."""
        c, goal = self._context, handle.request
        if not c.active():
            raise NotActiveError('the memory node is not active')
        model = c.language_model if goal.use_language_model else None
        if goal.use_language_model and model is None:
            raise LanguageModelError('no language model is set up: language_model.model is empty')
        query = c.reader(int(self._node.get_clock().now().nanoseconds)).find(goal)

        def cancelled() -> bool:
            return handle.is_cancel_requested or self._closing or not c.active()

        with asked_for(cancelled, c.model_time_s()):
            found = c.memory.find(
                query,
                branches=goal.branches or BRANCHES,
                model=model,
                on_step=self._teller(handle, c.frames.frame_of(query.map_id)),
                cancelled=cancelled,
            )
        self._fill(result, found)
        c.answered(found.retrieval)
        return str(found.retrieval.message)

    def _teller(self, handle: ServerGoalHandle, frame_id: str) -> Callable[[Step], None]:
        def tell(step: Step) -> None:
            feedback = Find.Feedback(
                level=step.level,
                node_ids=[area.node_id for area in step.areas],
                names=[area.name for area in step.areas],
                scores=[float(area.score) for area in step.areas],
                chosen_by=step.chosen_by,
                nodes_examined=step.visited,
            )
            if step.best is not None:
                feedback.best = convert.pose_stamped_msg(step.best, self._stamp(), frame_id)
            handle.publish_feedback(feedback)

        return tell

    def _fill(self, result: Find.Result, found: Search) -> None:
        stamp, places = self._stamp(), found.retrieval.places
        frame_of = self._context.frames.by_map()
        result.found = found.retrieval.found
        result.places = convert.place_msgs(places, frame_of, now_ns=convert.stamp_ns(stamp))
        if found.goal is not None:
            frame_id = frame_of(places[0].map_id)
            result.goal = convert.pose_stamped_msg(found.goal, stamp, frame_id)
        result.conditions = list(found.retrieval.conditions)
        result.nodes_examined = found.visited
        result.language_model_calls = found.language_model_calls
        result.language_model_fallbacks = found.language_model_fallbacks

    def _stamp(self) -> Any:
        return self._node.get_clock().now().to_msg()
