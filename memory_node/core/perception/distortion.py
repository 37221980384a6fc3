"""
What a lens bends, as sensor_msgs/CameraInfo tells it: pixels become rays, and rays pixels.

Models are those of OpenCV: ``plumb_bob`` and ``rational_polynomial`` (radial and tangential) and
``equidistant`` (fisheye, Kannala and Brandt 2006). Points are (x, y) at depth 1, without unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from memory_node.core.errors import InvalidObservationError

__all__ = ['Distortion', 'distortion_from']

Reals = NDArray[np.float64]

#: Numbers of coefficients that each model may have.
_COUNTS = {'plumb_bob': (4, 5), 'rational_polynomial': (8, 12, 14), 'equidistant': (4,)}
#: What OpenCV's five iterations leave is taken off by these.
_REFINEMENTS = 10
_EYE = np.eye(3)


@dataclass(frozen=True, slots=True)
class Distortion:
    """A model of a lens and its coefficients, in the order of CameraInfo's D."""

    model: str
    coefficients: tuple[float, ...]

    def distorted(self, x: Reals, y: Reals) -> tuple[Reals, Reals]:
        """Return where rays (x, y, 1) meet the picture, at depth 1."""
        points, d = _paired(x, y), np.array(self.coefficients)
        if self.model == 'equidistant':
            seen = cv2.fisheye.distortPoints(points, _EYE, d)
        else:
            rays = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
            seen, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), _EYE, d)
        return _apart(seen, x)

    def undistorted(self, x: Reals, y: Reals) -> tuple[Reals, Reals]:
        """Return the rays (x, y, 1) that are seen at points of the picture."""
        points, d = _paired(x, y), np.array(self.coefficients)
        if self.model == 'equidistant':
            return _apart(cv2.fisheye.undistortPoints(points, _EYE, d), x)
        ray_x, ray_y = _apart(cv2.undistortPoints(points, _EYE, d), x)
        for _ in range(_REFINEMENTS):
            seen_x, seen_y = self.distorted(ray_x, ray_y)
            ray_x, ray_y = ray_x - (seen_x - x), ray_y - (seen_y - y)
        return ray_x, ray_y


def distortion_from(model: str, d: ArrayLike) -> Distortion | None:
    """
    Read ``distortion_model`` and D of sensor_msgs/CameraInfo; None for a lens that bends nothing.

    Raises ``InvalidObservationError`` for coefficients that do not fit it or are not finite.
    """
    values = tuple(np.asarray(d, dtype=np.float64).ravel().tolist())
    if not any(values):
        return None
    if model not in _COUNTS:
        raise InvalidObservationError(
            f'camera_info.distortion_model must be one of {", ".join(_COUNTS)}, got {model!r};'
            ' pictures that are rectified need camera.rectified'
        )
    if len(values) not in _COUNTS[model] or not np.isfinite(values).all():
        wanted = ' or '.join(map(str, _COUNTS[model]))
        raise InvalidObservationError(
            f'camera_info.d of {model} must hold {wanted} finite values, got {len(values)}'
        )
    return Distortion(model, values)


def _paired(x: Reals, y: Reals) -> Reals:
    return np.stack([np.ravel(x), np.ravel(y)], axis=-1)[:, None, :].astype(np.float64)


def _apart(points: ArrayLike, like: Reals) -> tuple[Reals, Reals]:
    flat = np.asarray(points, np.float64).reshape(-1, 2)
    return flat[:, 0].reshape(like.shape), flat[:, 1].reshape(like.shape)
