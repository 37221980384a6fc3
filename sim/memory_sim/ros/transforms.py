"""Where the simulated robot and its camera are, as TF messages; needs tf2_msgs to say so."""

from __future__ import annotations

from collections.abc import Mapping
import math
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, TransformStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from memory_sim.engines.base import CameraModel, Pose2D

__all__ = ['TransformPublisher', 'optical_quaternion', 'yaw_of', 'yaw_quaternion']

#: The fixed frame of robots that are localised (REP-105).
MAP_FRAME = 'map'


def yaw_quaternion(yaw_rad: float) -> Quaternion:
    """Turn about +z."""
    return Quaternion(z=math.sin(0.5 * yaw_rad), w=math.cos(0.5 * yaw_rad))


def yaw_of(q: Quaternion) -> float:
    """Heading of an orientation about +z [rad]."""
    return math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))


def optical_quaternion(pitch_rad: float) -> Quaternion:
    """Orientation in base_link of an optical frame (z forward, x right) tilted down."""
    # base_R_optical without tilt is (-0.5, 0.5, -0.5, 0.5); the tilt turns about base y first.
    c, s = math.cos(0.5 * pitch_rad), math.sin(0.5 * pitch_rad)
    x, y, z, w = -0.5, 0.5, -0.5, 0.5
    return Quaternion(x=c * x + s * z, y=c * y + s * w, z=c * z - s * x, w=c * w - s * y)


class TransformPublisher:
    """
    Publishes odom -> base and, once, map -> odom and base -> camera.

    Odometry is exact, so it stands for the map. Silent where tf2_msgs is missing.
    """

    def __init__(self, node: Node, camera: CameraModel, frames: Mapping[str, str]) -> None:
        """Create the topics; ``frames`` names ``odom``, ``base`` and ``camera``."""
        self._frames = frames
        self._message: Any = None
        try:
            from tf2_msgs.msg import TFMessage
        except ModuleNotFoundError:
            node.get_logger().info('tf2_msgs is not installed: no /tf')
            return
        latched = QoSProfile(
            depth=1,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=DurabilityPolicy.TRANSIENT_LOCAL,
        )
        self._message = TFMessage
        self._dynamic = node.create_publisher(TFMessage, '/tf', 100)
        self._static = node.create_publisher(TFMessage, '/tf_static', latched)
        mount = self._transform('base', 'camera', Time())
        mount.transform.translation.z = camera.height_m
        mount.transform.rotation = optical_quaternion(camera.pitch_rad)
        localised = TransformStamped(child_frame_id=frames['odom'])
        localised.header.frame_id = MAP_FRAME
        fixed = [mount, localised] if frames['odom'] != MAP_FRAME else [mount]
        self._static.publish(TFMessage(transforms=fixed))

    def _transform(self, parent: str, child: str, stamp: Time) -> TransformStamped:
        message = TransformStamped(child_frame_id=self._frames[child])
        message.header.frame_id = self._frames[parent]
        message.header.stamp = stamp
        return message

    def publish(self, pose: Pose2D, stamp: Time) -> None:
        """Publish where the odometry believes the robot is."""
        if self._message is None:
            return
        moved = self._transform('odom', 'base', stamp)
        moved.transform.translation.x = pose.x
        moved.transform.translation.y = pose.y
        moved.transform.translation.z = pose.z
        moved.transform.rotation = yaw_quaternion(pose.yaw_rad)
        self._dynamic.publish(self._message(transforms=[moved]))
