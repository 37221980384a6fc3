"""
Rigid transforms and the pinhole camera, in plain arrays.

A transform is a (4, 4) float64 matrix whose name says what it does: ``map_T_base`` takes points
of the base frame to the map frame, so neighbours match in a product:
``map_T_camera = map_T_base @ base_T_camera``. Quaternions are (x, y, z, w). Metres and radians.
Camera frames are optical ones (REP-103): x right, y down, z forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from memory_node.core.data import Pose, Quaternion, Vector3
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.distortion import Distortion

__all__ = [
    'Intrinsics',
    'Transform',
    'angle_between',
    'camera_mounting',
    'interpolate',
    'inverse',
    'link_R_optical',
    'pose_from_transform',
    'quaternion_from_rotation',
    'rotation_from_quaternion',
    'slerp',
    'transform_from',
    'transform_from_pose',
    'transform_from_xyz_rpy',
    'transform_points',
    'unit_quaternion',
    'view_yaw',
]

#: (4, 4) float64, last row (0, 0, 0, 1).
Transform: TypeAlias = NDArray[np.float64]
Rotation: TypeAlias = NDArray[np.float64]

#: Rotation from the optical frame to the camera's link frame: p_link = link_R_optical @ p_optical
# fmt: off
link_R_optical: Rotation = np.array([
    [0.0, 0.0, 1.0],    # link x (forward) = optical z
    [-1.0, 0.0, 0.0],   # link y (left)    = -optical x
    [0.0, -1.0, 0.0],   # link z (up)      = -optical y
])
# fmt: on
#: A camera within this of the heading of the robot looks ahead [rad].
_AHEAD_RAD = 0.1
#: Least level part of the axis of a camera that has a heading.
_LEVEL = 0.3


def unit_quaternion(orientation: Sequence[float]) -> Quaternion:
    """
    Return ``orientation`` (x, y, z, w) at exactly unit length.

    Raises ``InvalidObservationError`` when it is not finite or its length is not 1 within 1 %:
    a zero quaternion is what an unset message holds, and is no orientation.
    """
    if len(orientation) != 4:
        raise InvalidObservationError(f'orientation must hold 4 values, got {len(orientation)}')
    x, y, z, w = (float(v) for v in orientation)
    length = math.hypot(x, y, z, w)
    if not abs(length - 1.0) <= 1e-2:  # 'not <=' also rejects NaN
        raise InvalidObservationError(
            f'orientation must be a unit quaternion, got {(x, y, z, w)} of length {length:.4g}'
        )
    return (x / length, y / length, z / length, w / length)


def rotation_from_quaternion(orientation: Sequence[float]) -> Rotation:
    """Return the (3, 3) rotation of the quaternion (x, y, z, w)."""
    x, y, z, w = unit_quaternion(orientation)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_from_rotation(rotation: Rotation) -> Quaternion:
    """Return the quaternion (x, y, z, w), w >= 0, of a (3, 3) rotation (Shepperd's method)."""
    (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = rotation[:3, :3].tolist()
    trace = m00 + m11 + m22
    if trace >= max(m00, m11, m22):
        q = (m21 - m12, m02 - m20, m10 - m01, 1.0 + trace)
    elif m00 >= max(m11, m22):
        q = (1.0 + m00 - m11 - m22, m01 + m10, m02 + m20, m21 - m12)
    elif m11 >= m22:
        q = (m01 + m10, 1.0 - m00 + m11 - m22, m12 + m21, m02 - m20)
    else:
        q = (m02 + m20, m12 + m21, 1.0 - m00 - m11 + m22, m10 - m01)
    scale = math.copysign(1.0 / math.hypot(*q), q[3])
    return (q[0] * scale, q[1] * scale, q[2] * scale, q[3] * scale)


def slerp(start: Sequence[float], end: Sequence[float], fraction: float) -> Quaternion:
    """Turn from ``start`` (fraction 0) to ``end`` (1) at constant rate, the short way round."""
    a, b = np.array(unit_quaternion(start)), np.array(unit_quaternion(end))
    cosine = float(a @ b)
    if cosine < 0.0:  # q and -q are the same rotation
        b, cosine = -b, -cosine
    angle = math.acos(min(1.0, cosine))
    if angle < 1e-6:  # sin(angle) vanishes; the chord is the arc
        blend = (1.0 - fraction) * a + fraction * b
    else:
        blend = (math.sin((1.0 - fraction) * angle) * a + math.sin(fraction * angle) * b) / (
            math.sin(angle)
        )
    x, y, z, w = (blend / np.linalg.norm(blend)).tolist()
    return (x, y, z, w)


def angle_between(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the angle of the turn between two quaternions, in [0, pi] rad."""
    (ax, ay, az, aw), (bx, by, bz, bw) = unit_quaternion(first), unit_quaternion(second)
    # Imaginary and real part of conj(first) * second; atan2 stays exact at small angles.
    x = aw * bx - ax * bw - ay * bz + az * by
    y = aw * by + ax * bz - ay * bw - az * bx
    z = aw * bz - ax * by + ay * bx - az * bw
    w = aw * bw + ax * bx + ay * by + az * bz
    return 2.0 * math.atan2(math.hypot(x, y, z), abs(w))


def transform_from(position: Sequence[float], orientation: Sequence[float]) -> Transform:
    """
    Build ``parent_T_child`` from the child's position [m] and quaternion in the parent.

    Raises ``InvalidObservationError`` when a value is not finite or not a rotation.
    """
    if len(position) != 3 or not all(math.isfinite(v) for v in position):
        raise InvalidObservationError(f'position must hold 3 finite values, got {position}')
    parent_T_child = np.eye(4)
    parent_T_child[:3, :3] = rotation_from_quaternion(orientation)
    parent_T_child[:3, 3] = position
    return parent_T_child


def transform_from_xyz_rpy(values: Sequence[float]) -> Transform:
    """
    Build ``parent_T_child`` from (x, y, z, roll, pitch, yaw) as in URDF: R = Rz(yaw) Ry Rx.

    Raises ``InvalidObservationError`` unless there are six finite values.
    """
    if len(values) != 6 or not all(math.isfinite(v) for v in values):
        raise InvalidObservationError(
            f'a mounting must hold 6 finite values (x y z roll pitch yaw), got {list(values)}'
        )
    x, y, z, roll, pitch, yaw = (float(v) for v in values)
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a)) for a in (roll, pitch, yaw))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr, x],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr, y],
            [-sp, cp * sr, cp * cr, z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def camera_mounting(mounting: Sequence[float] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)) -> Transform:
    """
    Place a camera's optical frame on the robot, where no TF tells it.

    ``mounting`` is (x, y, z, roll, pitch, yaw) [m, rad] of the camera's link frame (x forward,
    z up) in the base frame; zeros when odometry is that of the link itself.
    """
    link_T_optical = np.eye(4)
    link_T_optical[:3, :3] = link_R_optical
    base_T_camera: Transform = transform_from_xyz_rpy(mounting) @ link_T_optical
    return base_T_camera


def transform_from_pose(pose: Pose) -> Transform:
    """Build ``map_T_body`` from the body's pose in the map."""
    return transform_from(pose.position, pose.orientation)


def pose_from_transform(map_T_body: Transform, covariance: Sequence[float] = ()) -> Pose:
    """Read the body's pose in the map off ``map_T_body``."""
    x, y, z = map_T_body[:3, 3].tolist()
    return Pose(
        position=(x, y, z),
        orientation=quaternion_from_rotation(map_T_body[:3, :3]),
        covariance=tuple(covariance),
    )


def inverse(parent_T_child: Transform) -> Transform:
    """Return ``child_T_parent``."""
    child_T_parent = np.eye(4)
    child_T_parent[:3, :3] = parent_T_child[:3, :3].T
    child_T_parent[:3, 3] = -parent_T_child[:3, :3].T @ parent_T_child[:3, 3]
    return child_T_parent


def interpolate(start: Pose, end: Pose, fraction: float) -> Pose:
    """Return the pose at ``fraction`` in [0, 1] of the way: straight line, constant turn rate."""
    x, y, z = (a + fraction * (b - a) for a, b in zip(start.position, end.position, strict=True))
    nearer = start if fraction < 0.5 else end
    return Pose(
        position=(x, y, z),
        orientation=slerp(start.orientation, end.orientation, fraction),
        covariance=nearer.covariance,
    )


def transform_points(
    parent_T_child: Transform, p_child: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Express points of shape (..., 3) [m] in the parent frame."""
    p_parent: NDArray[np.float64] = p_child @ parent_T_child[:3, :3].T + parent_T_child[:3, 3]
    return p_parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Intrinsics:
    """
    A pinhole camera: size and focal lengths [px], principal point [px], and what its lens bends.

    Pixel (u, v) is the centre of column u, row v, as in OpenCV and sensor_msgs/CameraInfo.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    #: None for pictures that are rectified.
    distortion: Distortion | None = None

    def __post_init__(self) -> None:
        if not (0 < self.width <= 65535 and 0 < self.height <= 65535):
            raise InvalidObservationError(
                f'camera_info size must be 1 to 65535, got {self.width}x{self.height}'
            )
        for name, value in (('fx', self.fx), ('fy', self.fy)):
            if not 0.0 < value < math.inf:
                raise InvalidObservationError(
                    f'camera_info.{name} must be finite and > 0, got {value}'
                )
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise InvalidObservationError(
                f'camera_info principal point must be finite, got {(self.cx, self.cy)}'
            )

    @classmethod
    def from_k(cls, k: ArrayLike, width: int, height: int) -> Intrinsics:
        """
        Read the row-major 3x3 matrix K of sensor_msgs/CameraInfo.

        Raises ``InvalidObservationError`` when K has not nine values, or is that of an
        uncalibrated camera (all zeros).
        """
        flat = np.asarray(k, dtype=np.float64).ravel()
        if flat.size != 9:
            raise InvalidObservationError(f'camera_info.k must hold 9 values, got {flat.size}')
        fx, _, cx, _, fy, cy = flat[:6].tolist()
        return cls(width=int(width), height=int(height), fx=fx, fy=fy, cx=cx, cy=cy)

    @classmethod
    def from_camera_info(cls, k: ArrayLike, p: ArrayLike, width: int, height: int) -> Intrinsics:
        """
        Read sensor_msgs/CameraInfo for a rectified picture: K, or P where K was left at zero.

        Raises ``InvalidObservationError`` when both are zero or malformed, as ``from_k``.
        """
        projection = np.asarray(p, dtype=np.float64).ravel()
        if not np.asarray(k, dtype=np.float64).any() and projection.size == 12:
            k = projection.reshape(3, 4)[:, :3]
        return cls.from_k(k, width, height)

    def scaled(self, width: int, height: int) -> Intrinsics:
        """Return the intrinsics of the same picture resampled to ``width`` x ``height``."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,  # pixel centres: the picture spans [-0.5, w - 0.5]
            cy=(self.cy + 0.5) * sy - 0.5,
        )

    def back_project(
        self, u: NDArray[np.float64], v: NDArray[np.float64], depth_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return points (..., 3) [m] in the optical frame of pixels at depth ``depth_m`` (z)."""
        x, y = (u - self.cx) / self.fx, (v - self.cy) / self.fy
        if self.distortion is not None:
            x, y = self.distortion.undistorted(x, y)
        return np.stack((x * depth_m, y * depth_m, depth_m), axis=-1)

    def project(self, p_camera: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels (..., 2) of points (..., 3) [m] in front of the camera (z > 0)."""
        z = p_camera[..., 2]
        x, y = p_camera[..., 0] / z, p_camera[..., 1] / z
        if self.distortion is not None:
            x, y = self.distortion.distorted(x, y)
        return np.stack((self.fx * x + self.cx, self.fy * y + self.cy), axis=-1)


def view_yaw(map_T_base: Transform, map_T_camera: Transform) -> float:
    """
    Return where a camera looks, about +z from the heading of the robot [rad], in [-pi, pi].

    0 for one that looks ahead, or so steeply up or down that it has no heading.
    """
    ahead = map_T_base[:3, :3].T @ map_T_camera[:3, 2]
    yaw = math.atan2(ahead[1], ahead[0])
    level = math.hypot(ahead[0], ahead[1]) >= _LEVEL
    return yaw if level and abs(yaw) >= _AHEAD_RAD else 0.0


def as_vector(p: NDArray[np.float64]) -> Vector3:
    """Return a (3,) array as a tuple of floats."""
    x, y, z = p.tolist()
    return (x, y, z)
