"""What the settings say of poses: where they come from, and where the camera sits."""

from __future__ import annotations

from importlib.util import find_spec

from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception.geometry import camera_mounting, Transform
from memory_node.core.perception.poses import PoseFrames
from memory_node.ros.settings import CameraConfig, NodeConfig

__all__ = ['MissingPackageError', 'has_tf_messages', 'mounting', 'pose_frames']


class MissingPackageError(MemoryNodeError):
    """A setting asks for a package that is not installed."""

    name = 'MISSING_PACKAGE'


def has_tf_messages() -> bool:
    """Whether transforms can be heard: their messages are installed."""
    return find_spec('tf2_msgs') is not None


def mounting(config: CameraConfig) -> Transform | None:
    """Return the camera's optical frame on the robot; None where nothing is set."""
    values = (config.x, config.y, config.z, config.roll, config.pitch, config.yaw)
    return camera_mounting(values) if any(values) else None


def pose_frames(config: NodeConfig) -> PoseFrames:
    """Return where poses come from; raises ``MissingPackageError`` where it cannot be heard."""
    if config.pose_source == 'tf' and not has_tf_messages():
        raise MissingPackageError('pose_source is tf, but tf2_msgs is not installed; use odom')
    return PoseFrames(
        source=config.pose_source,
        map_frame=config.map_frame.lstrip('/'),
        base_frame=config.base_frame.lstrip('/'),
    )
