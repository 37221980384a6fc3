"""The action ``~/go``: what a text names is searched for and driven to, with the next best too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
import math
from typing import Any

from geometry_msgs.msg import PoseStamped
from memory_msgs.action import Go
from memory_msgs.msg import Drive
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.answers.types import GoalPlan
from memory_node.core.data import Place, Pose
from memory_node.core.errors import (
    NavigatorError,
    NoFreePoseError,
    NotActiveError,
    UnknownNodeError,
)
from memory_node.models.deadline import asked_for
from memory_node.ros import conversions as convert
from memory_node.ros.navigator import Ending
from memory_node.ros.one_goal import OneGoal
from memory_node.ros.services import Context

__all__ = ['Goer']

#: Further views of one place that are tried, and how far apart they are from each other [m].
_VIEWS, _APART_M = 2, 0.5
_ENDINGS = {
    Drive.NOT_SENT: 'not sent',
    Drive.REJECTED: 'rejected',
    Drive.ABORTED: 'aborted',
    Drive.CANCELLED: 'cancelled',
    Drive.SUCCEEDED: 'succeeded',
}


class Goer(OneGoal):
    """Drives to one text at a time; a goal that comes meanwhile is rejected."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup, context: Context) -> None:
        """Serve ``~/go``."""
        super().__init__(node, group, context, Go, '~/go')

    def _reached(self, result: Go.Result) -> bool:
        return bool(result.outcome == Go.Result.SUCCEEDED)

    def _carry_out(self, handle: ServerGoalHandle, result: Go.Result) -> str:
        """Search, drive, and tell of every try; raises typed errors where nothing was reached."""
        c, goal = self._context, handle.request
        if not c.active():
            raise NotActiveError('the memory node is not active')
        handle.publish_feedback(Go.Feedback(stage=Go.Feedback.SEARCHING))
        alternatives = goal.alternatives or c.navigation().alternatives
        query = c.reader(int(self._node.get_clock().now().nanoseconds)).go(goal)
        with asked_for(lambda: self._cancelled(handle), c.model_time_s()):
            plan = c.memory.navigation_goal(query, None, alternatives)
        c.answered(plan.retrieval)
        result.found = plan.found
        result.conditions = list(plan.retrieval.conditions)
        if not plan.found:
            return str(plan.retrieval.message)
        for place, pose in islice(self._tries(plan), 1 + alternatives):
            if self._cancelled(handle):
                result.outcome = Drive.CANCELLED
                break
            ending = self._drive(handle, result, place, pose)
            if ending.final:
                break
        told = '; '.join(map(_told, result.drives)) or 'cancelled before a goal was sent'
        if result.outcome in (Drive.SUCCEEDED, Drive.CANCELLED):
            return told
        if not any(d.goal.header.frame_id for d in result.drives):
            raise NoFreePoseError(told)
        raise NavigatorError(told)

    def _tries(self, plan: GoalPlan) -> Iterator[tuple[Place, Pose]]:
        """Yield every place that is sure enough, then further views of each."""
        threshold = self._context.retrieval().found_threshold
        others = [p for p in plan.alternatives if p.confidence >= threshold and not p.unmet]
        places = [p for p in (plan.place, *others) if p is not None]
        for place in places:
            yield place, place.pose
        for place in places:
            yield from ((place, pose) for pose in self._other_views(place))

    def _other_views(self, place: Place) -> Iterator[Pose]:
        """Yield poses the robot also saw the target from, turned to it, far from each other."""
        if place.target_position is None:
            return
        x, y, _ = place.target_position
        taken = [place.pose.position]
        for node_id in place.evidence_ids:
            try:
                at = self._context.memory.observation(node_id).pose.position
            except UnknownNodeError:  # an area, or forgotten since
                continue
            if all(math.dist(at, other) > _APART_M for other in taken):
                taken.append(at)
                yield Pose.from_yaw(at, math.atan2(y - at[1], x - at[0]))
            if len(taken) > _VIEWS:
                return

    def _drive(
        self, handle: ServerGoalHandle, result: Go.Result, place: Place, pose: Pose
    ) -> Ending:
        """Drive to one pose and write down how that went, whatever happens."""
        c, now = self._context, self._stamp()
        frames = c.frames.by_map()
        drive = Drive(place=convert.place_msgs([place], frames, now_ns=convert.stamp_ns(now))[0])
        result.drives.append(drive)
        try:
            stand = c.ground.stand(place, pose)
            drive.goal = convert.pose_stamped_msg(stand.pose, now, frames(place.map_id))
            ending = c.navigator.drive(
                drive.goal,
                behavior_tree=handle.request.behavior_tree,
                wanted=lambda: not self._cancelled(handle),
                tell=self._teller(handle, place.label, drive.goal, len(result.drives)),
            )
            words = '; '.join(filter(None, [ending.message, stand.note]))
        except NoFreePoseError as error:
            ending, words = Ending(outcome=Drive.NOT_SENT, message='', final=False), str(error)
        except NavigatorError as error:
            ending, words = Ending(outcome=Drive.NOT_SENT, message='', final=True), str(error)
        drive.outcome, drive.error_code = ending.outcome, ending.error_code
        drive.message = words[: convert.MAX_MESSAGE_CHARS]
        result.place, result.goal = drive.place, drive.goal
        # A try that was not sent does not hide that an earlier one was.
        result.outcome = max(ending.outcome, result.outcome)
        return ending

    def _teller(
        self, handle: ServerGoalHandle, label: str, goal: PoseStamped, attempt: int
    ) -> Callable[[Any], None]:
        """Return what passes on the navigator's words; the first feedback goes out now."""

        def tell(news: Any) -> None:
            feedback = Go.Feedback(
                stage=Go.Feedback.DRIVING, attempt=attempt, label=label, goal=goal
            )
            if news is not None:
                feedback.current_pose = news.current_pose
                feedback.distance_remaining = news.distance_remaining
                feedback.estimated_time_remaining = news.estimated_time_remaining
                feedback.number_of_recoveries = news.number_of_recoveries
            handle.publish_feedback(feedback)

        handle.publish_feedback(
            Go.Feedback(stage=Go.Feedback.ASKING, attempt=attempt, label=label, goal=goal)
        )
        return tell


def _told(drive: Drive) -> str:
    """Return one try in words."""
    pose = drive.goal.pose if drive.goal.header.frame_id else drive.place.pose
    name = drive.place.label or drive.place.node_id
    where = f'{name} from ({pose.position.x:.1f}, {pose.position.y:.1f})'
    return f'{where}: {_ENDINGS[drive.outcome]}, {drive.message}'
