"""Where the camera is, by TF; by odometry it is ``core/perception/odometry.py``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.time import Time

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.perception.frames import CameraPose
from memory_node.core.perception.geometry import (
    camera_mounting,
    pose_from_transform,
    Transform,
    transform_from,
)
from memory_node.core.perception.synchronizer import PoseStatus
from memory_node.ros.settings import CameraConfig, NodeConfig

__all__ = ['MissingPackageError', 'TransformPoses', 'has_tf', 'has_tf_messages', 'mounting']


class MissingPackageError(MemoryNodeError):
    """A setting asks for a package that is not installed."""

    name = 'MISSING_PACKAGE'


def has_tf() -> bool:
    """Whether tf2_ros is installed."""
    return find_spec('tf2_ros') is not None


def has_tf_messages() -> bool:
    """Whether transforms can be heard, if not looked up: their messages are installed."""
    return find_spec('tf2_msgs') is not None


def mounting(config: CameraConfig) -> Transform | None:
    """Return the camera's optical frame in the frame of odometry; None where nothing is set."""
    values = (config.x, config.y, config.z, config.roll, config.pitch, config.yaw)
    return camera_mounting(values) if any(values) else None


class TransformPoses:
    """Poses from TF: ``map_frame`` to ``base_frame`` and to the picture's own frame."""

    def __init__(self, node: Node, config: NodeConfig) -> None:
        """Listen to TF; raises ``MissingPackageError`` without tf2_ros."""
        if not has_tf():
            raise MissingPackageError('pose_source is tf, but tf2_ros is not installed; use odom')
        from tf2_ros import Buffer, TransformException, TransformListener

        self._error: type[Exception] = TransformException
        self._config = config
        self._buffer = Buffer(node=node)
        self._listener = TransformListener(self._buffer, node)

    def at(self, stamp_ns: int, frame_id: str, *, late: bool) -> CameraPose | PoseStatus:
        """Return the poses at a stamp, or ``PENDING`` while TF does not know them."""
        stamp = Time(nanoseconds=stamp_ns)
        try:
            map_T_base = self._look_up(self._config.base_frame, stamp)
            map_T_camera = self._look_up(frame_id, stamp)
        except (self._error, InvalidObservationError):
            return PoseStatus.PENDING
        return CameraPose(map_T_base=pose_from_transform(map_T_base), map_T_camera=map_T_camera)

    def between(self, target: str, source: str, stamp_ns: int) -> Transform | None:
        """Return ``target_T_source`` at a stamp, None where TF does not know it."""
        if target == source:
            return np.eye(4)
        try:
            return self._look_up(source, Time(nanoseconds=stamp_ns), target)
        except (self._error, InvalidObservationError):
            return None

    def latest(self) -> Pose | None:
        """Return where the robot is now, as far as TF knows."""
        try:
            return pose_from_transform(self._look_up(self._config.base_frame, Time()))
        except (self._error, InvalidObservationError):
            return None

    def close(self) -> None:
        """Stop listening."""
        self._listener.unregister()

    def _look_up(self, source: str, stamp: Time, target: str = '') -> Transform:
        target = target or self._config.map_frame
        found: Any = self._buffer.lookup_transform(target, source, stamp)
        t, q = found.transform.translation, found.transform.rotation
        return transform_from((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
