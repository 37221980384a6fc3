"""
Goals on their way to a navigator: the action of Nav2 where it is served, else ``goal_pose``.

All goals of the node go through here, so what the navigator says of one is heard once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
import threading
import time
from typing import Any

from action_msgs.msg import GoalStatus, GoalStatusArray
from geometry_msgs.msg import PoseStamped
from memory_msgs.msg import Drive
from rclpy.action.client import ActionClient
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import qos_profile_action_status_default

from memory_node.core.errors import NavigatorError
from memory_node.ros import qos
from memory_node.ros.settings import NavigationConfig

__all__ = ['Ending', 'Navigator']

#: How often it is looked whether a drive is still wanted [s].
_LOOK_S = 0.1
_ACTIVE = (
    GoalStatus.STATUS_ACCEPTED,
    GoalStatus.STATUS_EXECUTING,
    GoalStatus.STATUS_CANCELING,
)
_OUTCOMES = {
    GoalStatus.STATUS_SUCCEEDED: (Drive.SUCCEEDED, 'the navigator says that it arrived'),
    GoalStatus.STATUS_CANCELED: (Drive.CANCELLED, 'the goal was cancelled'),
    GoalStatus.STATUS_ABORTED: (Drive.ABORTED, 'the navigator gave the goal up'),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one drive ended, as in ``memory_msgs/Drive``."""

    outcome: int
    message: str
    error_code: int = 0
    #: Whether no other pose is to be tried after it.
    final: bool = True


class _Sent:
    """One goal that was sent; what comes of it arrives in threads of the executor."""

    def __init__(self, on_end: Callable[[_Sent], None] | None = None) -> None:
        self._on_end = on_end
        self.answered, self.ended = threading.Event(), threading.Event()
        self.handle: Any = None
        self.result: Any = None
        #: What the navigator said last of the drive, until it is taken.
        self.news: Any = None
        self._lock = threading.Lock()
        self._unwanted = False

    def on_answer(self, future: Any) -> None:
        """Take the navigator's answer to the goal; one that comes too late is cancelled."""
        handle = None if future.exception() else future.result()
        with self._lock:
            self.handle = handle
            unwanted = self._unwanted
            self.answered.set()
        if handle is None or not handle.accepted:
            self.ended.set()
            return
        if unwanted:
            handle.cancel_goal_async()
        handle.get_result_async().add_done_callback(self._on_result)

    def on_news(self, message: Any) -> None:
        self.news = message.feedback

    def give_up(self) -> None:
        """Cancel the goal, at once or as soon as it is accepted."""
        with self._lock:
            self._unwanted = True
            handle = self.handle
        if handle is not None and handle.accepted:
            handle.cancel_goal_async()

    def _on_result(self, future: Any) -> None:
        self.result = None if future.exception() else future.result()
        self.ended.set()
        if self._on_end is not None:
            self._on_end(self)


class Navigator:
    """
    Hands goals to ``navigate_to_pose`` and hears what becomes of them; thread-safe.

    No call waits without end: ``navigation.server_timeout_s`` bounds every answer, and
    ``navigation.drive_time_s`` a drive.
    """

    def __init__(
        self, node: LifecycleNode, *, use_nav2: bool, config: Callable[[], NavigationConfig]
    ) -> None:
        """Create the publisher, and the action client where nav2_msgs is installed."""
        self._node, self._config = node, config
        self._publisher = node.create_lifecycle_publisher(PoseStamped, 'goal_pose', qos.RELIABLE)
        self._client: ActionClient | None = None
        self._name = node.resolve_topic_name('navigate_to_pose')
        self._missing = '' if use_nav2 else 'use_nav2 is false'
        self._active: frozenset[bytes] = frozenset()
        if use_nav2 and find_spec('nav2_msgs') is None:
            self._missing = 'nav2_msgs is not installed'
        if self._missing:
            return
        from nav2_msgs.action import NavigateToPose

        # A group of its own: what waits for an answer holds a thread of requests.
        group = MutuallyExclusiveCallbackGroup()
        self._goal_type: Any = NavigateToPose.Goal
        self._client = ActionClient(node, NavigateToPose, 'navigate_to_pose', callback_group=group)
        self._statuses = node.create_subscription(
            GoalStatusArray,
            'navigate_to_pose/_action/status',
            self._on_statuses,
            qos_profile_action_status_default,
            callback_group=group,
        )

    def close(self) -> None:
        """Destroy publisher and client."""
        self._node.destroy_lifecycle_publisher(self._publisher)
        if self._client is not None:
            self._node.destroy_subscription(self._statuses)
            self._client.destroy()

    def hand_over(self, goal: PoseStamped) -> str:
        """
        Give a goal away and return in words who took it; nobody follows the drive.

        Raises ``NavigatorError`` where the navigator refused it or did not answer.
        """
        if self._client is None or not self._client.server_is_ready():
            self._publisher.publish(goal)
            count = self._publisher.get_subscription_count()
            who = f'heard by {count}' if count else 'which nobody hears'
            return f'goal published on {self._publisher.topic_name}, {who}'
        log = self._node.get_logger()
        heard = _Sent(lambda sent: log.info(f'{self._name}: {self._ending(sent).message}'))
        sent = self._send(heard, goal, '', lambda: True)
        if not sent.handle.accepted:
            raise NavigatorError(f'{self._name} refused the goal')
        return f'{self._name} has accepted the goal'

    def drive(
        self,
        goal: PoseStamped,
        *,
        behavior_tree: str = '',
        wanted: Callable[[], bool],
        tell: Callable[[Any], None],
    ) -> Ending:
        """
        Have a goal driven to and return how that ended.

        Parameters
        ----------
        goal : PoseStamped
            Where to, in a frame of TF.
        behavior_tree : str
            For the navigator; empty takes its own.
        wanted : callable
            Looked at all along: once it is false the goal is cancelled at the navigator.
        tell : callable
            Told None when the goal was accepted, then what the navigator says of the drive.

        Raises
        ------
        NavigatorError
            Where no navigator is there, or it does not answer.

        """
        sent = self._send(_Sent(), goal, behavior_tree, wanted)
        if not sent.answered.is_set():
            return Ending(outcome=Drive.CANCELLED, message='cancelled before it was accepted')
        if not sent.handle.accepted:
            return Ending(
                outcome=Drive.REJECTED, message='the navigator refused the goal', final=False
            )
        tell(None)
        why = self._follow(sent, wanted, tell)
        if why is None:
            return self._ending(sent)
        sent.give_up()
        if not sent.ended.wait(self._config().server_timeout_s):
            message = f'{why.message}; the navigator did not say that it stopped'
            why = Ending(outcome=why.outcome, message=message)
        reached = sent.result is not None and sent.result.status == GoalStatus.STATUS_SUCCEEDED
        return self._ending(sent) if reached else why

    def _send(
        self, sent: _Sent, goal: PoseStamped, behavior_tree: str, wanted: Callable[[], bool]
    ) -> _Sent:
        """Send a goal and wait for the answer to it, as long as it is wanted."""
        client, patience_s = self._client, self._config().server_timeout_s
        if client is None:
            raise NavigatorError(
                f'no goal was sent: {self._missing}. Install nav2_msgs and run Nav2, or take the'
                ' pose of ~/navigation_goal'
            )
        if not _until(client.server_is_ready, patience_s, wanted):
            if wanted():
                raise NavigatorError(
                    f'no goal was sent: nobody served {self._name} within {patience_s:g} s. Is'
                    ' Nav2 running, is it active, is it in this namespace?'
                )
            return sent
        future = client.send_goal_async(
            self._goal_type(pose=goal, behavior_tree=behavior_tree),
            feedback_callback=sent.on_news,
        )
        future.add_done_callback(sent.on_answer)
        answered = _until(partial(sent.answered.wait, _LOOK_S), patience_s, wanted)
        if not answered:
            sent.give_up()
        if sent.answered.is_set() and sent.handle is not None:
            return sent
        if wanted():
            raise NavigatorError(
                f'{self._name} did not answer to the goal within {patience_s:g} s; should it'
                ' accept the goal yet, it is cancelled'
            )
        return _Sent()

    def _follow(
        self, sent: _Sent, wanted: Callable[[], bool], tell: Callable[[Any], None]
    ) -> Ending | None:
        """Wait for the end of a drive; return why it is not waited for any longer, or None."""
        began = alive = time.monotonic()
        while not sent.ended.wait(_LOOK_S):
            config, now = self._config(), time.monotonic()
            if not wanted():
                return Ending(outcome=Drive.CANCELLED, message='cancelled on request')
            if now - began > config.drive_time_s:
                message = f'not there within navigation.drive_time_s, {config.drive_time_s:g} s'
                return Ending(outcome=Drive.ABORTED, message=message, final=False)
            if self._client is not None and self._client.server_is_ready():
                alive = now
            elif now - alive > config.server_timeout_s:
                return Ending(outcome=Drive.ABORTED, message='the navigator has gone')
            if (news := sent.news) is not None:
                sent.news = None
                tell(news)
        return None

    def _ending(self, sent: _Sent) -> Ending:
        result = sent.result
        if result is None or result.status not in _OUTCOMES:
            message = 'the navigator lost the goal'
            return Ending(outcome=Drive.ABORTED, message=message)
        outcome, message = _OUTCOMES[result.status]
        own = bytes(sent.handle.goal_id.uuid)
        if outcome == Drive.ABORTED and self._active - {own}:
            # Nav2 aborts the goal that a new one takes the place of: whoever sent it wants that.
            outcome, message = Drive.CANCELLED, 'another goal took its place at the navigator'
        # Later versions of Nav2 say what went wrong.
        code = int(getattr(result.result, 'error_code', 0))
        words = str(getattr(result.result, 'error_msg', ''))[:200]
        if code or words:
            message += f' (error {code}{": " if words else ""}{words})'
        final = outcome != Drive.ABORTED
        return Ending(outcome=outcome, message=message, error_code=code, final=final)

    def _on_statuses(self, message: GoalStatusArray) -> None:
        self._active = frozenset(
            bytes(status.goal_info.goal_id.uuid)
            for status in message.status_list
            if status.status in _ACTIVE
        )


def _until(ready: Callable[[], bool], patience_s: float, wanted: Callable[[], bool]) -> bool:
    """Wait until something is ready, as long as it is wanted, and not longer than told [s]."""
    deadline = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > deadline or not wanted():
            return False
        time.sleep(0.01)
    return True
