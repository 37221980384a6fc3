"""
Sensor messages read as data, by their fields alone.

The same for messages of rclpy and for those that a bag reader makes without ROS. Pure functions;
a message that makes no sense is a typed error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
import math
from typing import Any

import numpy as np

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.distortion import distortion_from
from memory_node.core.perception.geometry import Intrinsics, unit_quaternion
from memory_node.core.perception.images import RawImage

__all__ = [
    'intrinsics_from_msg',
    'is_rectified',
    'pose_from_odometry',
    'pose_from_tf',
    'raw_image',
    'stamp_ns',
    'transforms_from_msg',
]


def stamp_ns(stamp: Any) -> int:
    """Return a stamp in nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def raw_image(msg: Any) -> RawImage:
    """Wrap an image without copying it."""
    return RawImage(
        height=msg.height,
        width=msg.width,
        encoding=msg.encoding,
        step=msg.step,
        data=msg.data,
        is_bigendian=bool(msg.is_bigendian),
    )


def is_rectified(topic: str, told: str = 'auto') -> bool:
    """
    Tell whether a topic carries pictures without distortion: as told, else by its name.

    image_proc and drivers call those ``image_rect``, ``image_rect_color``, ``image_rect_raw``.
    """
    words = topic.lower().replace('/', '_').split('_')
    return told == 'yes' or (told == 'auto' and any(word.startswith('rect') for word in words))


def intrinsics_from_msg(msg: Any, *, rectified: bool) -> Intrinsics:
    """
    Return the camera of a CameraInfo: K and D, or P for pictures that are ``rectified``.

    Raises ``InvalidObservationError`` for an uncalibrated camera and for a lens that is none.
    """
    bends = any(map(float, msg.d)) and any(map(float, msg.k))
    if bends and not rectified:
        lens = distortion_from(msg.distortion_model, msg.d)
        return replace(Intrinsics.from_k(msg.k, msg.width, msg.height), distortion=lens)
    told_by_p = bends and any(map(float, msg.p))
    return Intrinsics.from_camera_info(
        np.zeros(9) if told_by_p else msg.k, msg.p, msg.width, msg.height
    )


def pose_from_odometry(msg: Any) -> Pose:
    """
    Return the robot's pose in the frame of an Odometry, PoseWithCovarianceStamped or PoseStamped.

    Raises ``InvalidObservationError`` when a value is not finite or the orientation is none.
    """
    with_covariance = msg.pose if hasattr(msg.pose, 'pose') else None
    pose = with_covariance.pose if with_covariance is not None else msg.pose
    p, q = pose.position, pose.orientation
    covariance = tuple(map(float, with_covariance.covariance)) if with_covariance else ()
    if not all(math.isfinite(c) for c in covariance):
        raise InvalidObservationError('pose.covariance must be finite')
    return Pose(
        position=(float(p.x), float(p.y), float(p.z)),
        orientation=unit_quaternion((q.x, q.y, q.z, q.w)),
        covariance=covariance if any(covariance) else (),
    )


def pose_from_tf(transform: Any) -> Pose:
    """
    Return where a Transform puts its child in its parent.

    Raises ``InvalidObservationError`` when a value is not finite or the rotation is none.
    """
    t, q = transform.translation, transform.rotation
    return Pose(
        position=(float(t.x), float(t.y), float(t.z)),
        orientation=unit_quaternion((q.x, q.y, q.z, q.w)),
    )


def transforms_from_msg(
    msg: Any, refuse: Callable[[str], None]
) -> Iterator[tuple[str, str, Pose, int]]:
    """
    Yield (parent, child, pose of the child in the parent, stamp [ns]) of a TFMessage.

    One that is no transform is left out, and ``refuse`` is told why.
    """
    for item in msg.transforms:
        try:
            pose = pose_from_tf(item.transform)
        except InvalidObservationError as error:
            refuse(f'transform of {item.child_frame_id!r}: {error}')
            continue
        yield item.header.frame_id, item.child_frame_id, pose, stamp_ns(item.header.stamp)
