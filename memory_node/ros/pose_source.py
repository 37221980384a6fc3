"""Where the camera is: from odometry and a fixed mounting, or from TF."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
import threading
from typing import Any

from rclpy.node import Node
from rclpy.time import Time

from memory_node.core.config import IngestConfig
from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.perception.frames import CameraPose
from memory_node.core.perception.geometry import (
    camera_mounting,
    pose_from_transform,
    Transform,
    transform_from,
    transform_from_pose,
)
from memory_node.core.perception.synchronizer import PoseBuffer, PoseStatus, StampOrder
from memory_node.ros.settings import CameraConfig, NodeConfig

__all__ = ['MissingPackageError', 'OdometryPoses', 'TransformPoses', 'has_tf', 'mounting']


class MissingPackageError(MemoryNodeError):
    """A setting asks for a package that is not installed."""

    name = 'MISSING_PACKAGE'


def has_tf() -> bool:
    """Whether tf2_ros is installed."""
    return find_spec('tf2_ros') is not None


def mounting(config: CameraConfig) -> Transform:
    """Return the camera's optical frame in the frame of odometry."""
    return camera_mounting((config.x, config.y, config.z, config.roll, config.pitch, config.yaw))


class OdometryPoses:
    """Poses from the odometry topic, whose fixed frame is taken for the map; thread-safe."""

    def __init__(self, config: Callable[[], IngestConfig], base_T_camera: Transform) -> None:
        """Bridge gaps and hold the last pose as ``config`` says at the time."""
        self._poses = PoseBuffer(int(config().odometry_gap_s * 1e9))
        self._config = config
        self._base_T_camera = base_T_camera
        self._lock = threading.Lock()

    def add(self, stamp_ns: int, pose: Pose) -> StampOrder:
        """Take a pose of the robot; return how its stamp fitted."""
        with self._lock:
            return self._poses.add(stamp_ns, pose)

    def at(self, stamp_ns: int, frame_id: str, *, late: bool) -> CameraPose | PoseStatus:
        """Return the poses at a stamp, interpolated, or why not; any camera frame will do."""
        config = self._config()
        with self._lock:
            self._poses.max_gap_ns = int(config.odometry_gap_s * 1e9)
            found = self._poses.at(stamp_ns)
            if found.pose is None and found.status in (PoseStatus.GAP, PoseStatus.EXPIRED):
                late = True
            if found.pose is None and late:
                found = self._poses.at(stamp_ns, hold_ns=int(config.pairing_slop_s * 1e9))
        if found.pose is None:
            return found.status
        map_T_camera = transform_from_pose(found.pose) @ self._base_T_camera
        return CameraPose(map_T_base=found.pose, map_T_camera=map_T_camera)

    def latest(self) -> Pose | None:
        """Return where the robot was last."""
        with self._lock:
            newest = self._poses.latest
        return newest.item if newest is not None else None


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

    def latest(self) -> Pose | None:
        """Return where the robot is now, as far as TF knows."""
        try:
            return pose_from_transform(self._look_up(self._config.base_frame, Time()))
        except (self._error, InvalidObservationError):
            return None

    def close(self) -> None:
        """Stop listening."""
        self._listener.unregister()

    def _look_up(self, source: str, stamp: Time) -> Transform:
        found: Any = self._buffer.lookup_transform(self._config.map_frame, source, stamp)
        t, q = found.transform.translation, found.transform.rotation
        return transform_from((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
