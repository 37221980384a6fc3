"""Goals on their way to a navigator: the action of Nav2 where it is served, else ``goal_pose``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.action.client import ActionClient
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.ros import qos

__all__ = ['GoalSender']


class GoalSender:
    """
    Sends one goal at a time.

    Nav2 itself listens to ``goal_pose``, so a goal goes one way only.
    """

    def __init__(self, node: LifecycleNode, group: CallbackGroup, *, use_nav2: bool) -> None:
        """Create the publisher, and the action client where nav2_msgs is installed."""
        self._node = node
        self._publisher = node.create_lifecycle_publisher(PoseStamped, 'goal_pose', qos.RELIABLE)
        self._client: ActionClient | None = None
        if use_nav2 and find_spec('nav2_msgs') is not None:
            from nav2_msgs.action import NavigateToPose

            self._goal_type: Any = NavigateToPose.Goal
            self._client = ActionClient(
                node, NavigateToPose, 'navigate_to_pose', callback_group=group
            )

    def send(self, goal: PoseStamped) -> str:
        """Send a goal; return in words where it went."""
        if self._client is not None and self._client.server_is_ready():
            future = self._client.send_goal_async(self._goal_type(pose=goal))
            future.add_done_callback(self._on_answer)
            return 'goal sent to navigate_to_pose'
        self._publisher.publish(goal)
        return f'goal published on {self._publisher.topic_name}'

    def _on_answer(self, future: Any) -> None:
        handle = future.result()
        if handle is None or not handle.accepted:
            self._node.get_logger().warning('navigate_to_pose did not accept the goal')

    def close(self) -> None:
        """Destroy publisher and client."""
        self._node.destroy_lifecycle_publisher(self._publisher)
        if self._client is not None:
            self._client.destroy()
