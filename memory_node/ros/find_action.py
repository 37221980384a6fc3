"""The action ``~/find``: search from the top of the forest, told as it goes, stopped any time."""

from __future__ import annotations

from collections.abc import Callable

from memory_msgs.action import Find
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.answers.find import BRANCHES, Search
from memory_node.core.errors import LanguageModelError, NoFreePoseError, NotActiveError
from memory_node.core.forest.frontier import Step
from memory_node.models.deadline import asked_for
from memory_node.ros import conversions as convert
from memory_node.ros.one_goal import OneGoal
from memory_node.ros.services import Context

__all__ = ['Finder']


class Finder(OneGoal):
    """Serves one search at a time; a goal that comes meanwhile is rejected."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup, context: Context) -> None:
        """Serve ``~/find``."""
        super().__init__(node, group, context, Find, '~/find')

    def _carry_out(self, handle: ServerGoalHandle, result: Find.Result) -> str:
        """Carry a goal out into its result; return the message of its status."""
        c, goal = self._context, handle.request
        if not c.active():
            raise NotActiveError('the memory node is not active')
        model = c.language_model if goal.use_language_model else None
        if goal.use_language_model and model is None:
            raise LanguageModelError('no language model is set up: language_model.model is empty')
        query = c.reader(int(self._node.get_clock().now().nanoseconds)).find(goal)

        def cancelled() -> bool:
            return self._cancelled(handle)

        with asked_for(cancelled, c.model_time_s()):
            found = c.memory.find(
                query,
                branches=goal.branches or BRANCHES,
                model=model,
                on_step=self._teller(handle, c.frames.frame_of(query.map_id)),
                cancelled=cancelled,
            )
        note = self._fill(result, found)
        c.answered(found.retrieval)
        return '; '.join(filter(None, [found.retrieval.message, note]))

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

    def _fill(self, result: Find.Result, found: Search) -> str:
        """Write down what was found; return what is to be said of the goal."""
        stamp, places = self._stamp(), found.retrieval.places
        frame_of = self._context.frames.by_map()
        result.found = found.retrieval.found
        result.places = convert.place_msgs(places, frame_of, now_ns=convert.stamp_ns(stamp))
        note = ''
        if found.goal is not None:
            try:
                stand = self._context.ground.stand(places[0], found.goal)
            except NoFreePoseError as error:
                note = str(error)
            else:
                frame_id, note = frame_of(places[0].map_id), stand.note
                result.goal = convert.pose_stamped_msg(stand.pose, stamp, frame_id)
        result.conditions = list(found.retrieval.conditions)
        result.nodes_examined = found.visited
        result.language_model_calls = found.language_model_calls
        result.language_model_fallbacks = found.language_model_fallbacks
        return note
