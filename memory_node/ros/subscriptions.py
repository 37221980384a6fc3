"""Subscriptions: to the robot's poses, and to the topics of each of its cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.config import IngestConfig
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.messages import pose_from_odometry, transforms_from_msg
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.perception.synchronizer import StampOrder
from memory_node.ros import qos
from memory_node.ros.camera_topics import Camera, CameraTopics
from memory_node.ros.listener import Listener
from memory_node.ros.pose_source import has_tf_messages
from memory_node.ros.silence import SilenceWatch

__all__ = ['Subscriptions']


class Subscriptions:
    """Owns the subscriptions; the node makes them when activated."""

    def __init__(
        self,
        node: LifecycleNode,
        *,
        cameras: Sequence[Camera],
        poses: RobotPoses,
        counters: Counters,
        config: Callable[[], IngestConfig],
        frames: FrameTree,
        captioner: str,
        refuse: Callable[[str, str], None],
        bug: Callable[[BaseException], None],
    ) -> None:
        """Subscribe to what the settings ask for."""
        self._cameras = cameras
        self._frames = frames
        self._poses = poses
        self._counters = counters
        self._refuse = refuse
        small = MutuallyExclusiveCallbackGroup()
        self._silence = SilenceWatch(node, small)
        self._listener = listener = Listener(
            node, config=config, heard=self._silence.heard, refuse=refuse, bug=bug
        )
        pictures = [
            CameraTopics(
                node,
                camera,
                listener=listener,
                small=small,
                counters=counters,
                captioner=captioner,
                refuse=refuse,
            )
            for camera in cameras
        ]
        listener.listen(small, Odometry, 'odom', self._on_odometry, qos.ODOMETRY)
        if has_tf_messages():
            self._listen_to_tf(small)
        poses_by = ('odom', '/tf') if has_tf_messages() else ('odom',)
        self._silence.needed = (*(topics.needed for topics in pictures), poses_by)

    @property
    def topics(self) -> dict[str, str]:
        """Topics that are heard, each with its reliability."""
        return self._listener.topics

    def close(self) -> None:
        """Unsubscribe."""
        self._silence.close()
        self._listener.close()

    def _listen_to_tf(self, group: MutuallyExclusiveCallbackGroup) -> None:
        """Hear where the cameras sit on the robot, without tf2: messages alone will do."""
        from tf2_msgs.msg import TFMessage

        for topic, profile in (('/tf_static', qos.TF_STATIC), ('/tf', qos.TF)):
            hear = partial(self._on_transforms, topic)
            self._listener.unchecked(group, TFMessage, topic, hear, profile)

    def _on_transforms(self, topic: str, msg: Any) -> None:
        fixed = topic == '/tf_static'
        for parent, child, pose, at_ns in transforms_from_msg(msg, partial(self._refuse, topic)):
            self._frames.add(parent, child, pose, None if fixed else at_ns)

    def _on_odometry(self, at_ns: int, msg: Odometry) -> None:
        self._counters.count('odometry_received')
        order = self._poses.add(
            at_ns,
            pose_from_odometry(msg),
            frame_id=msg.header.frame_id,
            child_frame_id=msg.child_frame_id,
        )
        if order is StampOrder.SUSPECT:
            self._refuse('odom', 'header.stamp jumped back')
        elif order is StampOrder.RESET:
            self._refuse('odom', 'header.stamp jumped back for good: time starts anew')
        for camera in self._cameras:
            camera.pipeline.moved()
