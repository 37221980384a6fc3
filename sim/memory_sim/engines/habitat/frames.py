"""
Axes of Habitat and glTF (x right, y up, -z ahead) against those of ``map`` (x ahead, z up).

The only place where the two meet; both are right-handed and in metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import CameraModel, Pose2D

__all__ = ['camera_pose', 'habitat_R_map', 'to_habitat', 'to_map']

FloatArray = NDArray[np.float64]

#: Rotation that re-expresses a vector: p_habitat = habitat_R_map @ p_map
# fmt: off
habitat_R_map: FloatArray = np.array([
    [0.0, -1.0, 0.0],   # right = -left
    [0.0, 0.0, 1.0],    # up
    [-1.0, 0.0, 0.0],   # behind = -ahead
])
# fmt: on


def to_habitat(p_map: NDArray[Any]) -> FloatArray:
    """Express (..., 3) vectors of ``map`` in Habitat's axes."""
    p = np.asarray(p_map, dtype=np.float64)
    return np.stack([-p[..., 1], p[..., 2], -p[..., 0]], axis=-1)


def to_map(p_habitat: NDArray[Any]) -> FloatArray:
    """Express (..., 3) vectors of Habitat's axes in ``map``."""
    p = np.asarray(p_habitat, dtype=np.float64)
    return np.stack([-p[..., 2], -p[..., 0], p[..., 1]], axis=-1)


def camera_pose(pose: Pose2D, camera: CameraModel) -> tuple[FloatArray, FloatArray]:
    """
    Return where Habitat's camera is for a pose of the robot.

    Returns
    -------
    position : (3,) optical centre in Habitat's axes [m]
    rotation : (4,) unit quaternion, w first: about y by the heading, then down by the tilt

    """
    position = to_habitat(np.array([pose.x, pose.y, pose.z + camera.height_m]))
    half_yaw, half_pitch = 0.5 * pose.yaw_rad, -0.5 * camera.pitch_rad
    cy, sy = np.cos(half_yaw), np.sin(half_yaw)
    cp, sp = np.cos(half_pitch), np.sin(half_pitch)
    return position, np.array([cy * cp, cy * sp, sy * cp, -sy * sp])
