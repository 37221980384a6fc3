"""
Detections lifted by depth: from a box in a picture to a position and an extent in the map.

A box holds more than its object: floor, wall, what shows through the legs of a chair, what stands
in front. So the depth of the object is not the mean of the box but its nearest dominant mode, and
only pixels around that mode become points.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Vector3
from memory_node.core.perception.geometry import as_vector, Intrinsics, Transform, transform_points

__all__ = ['LiftedBox', 'clip_box', 'lift_box']

Depth = NDArray[np.float32]
Box = tuple[float, float, float, float]

#: Points taken of one box at most; more do not move a percentile visibly.
_MAX_POINTS = 4096
#: Width of a depth bin, relative to depth: stereo and time-of-flight noise grows with distance.
_BIN = 0.04
#: Share of the inner pixels that makes a run of bins dominant.
_DOMINANT = 0.25
#: Fewest measured pixels that place a box.
_MIN_PIXELS = 8
#: Percentiles that bound the extent; flying pixels at edges lie outside.
_LOW, _HIGH = 3.0, 97.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftedBox:
    """Where the seen part of an object is."""

    #: Centre of the axis-aligned box around the seen points, map frame [m].
    position: Vector3
    #: Full size of that box along the map axes [m].
    extent: Vector3
    #: Nearest and farthest depth (optical z) of the seen points [m].
    near_m: float
    far_m: float


def clip_box(box_px: Box, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the whole pixels (left, top, right, bottom) under the box; None when outside."""
    if not all(math.isfinite(v) for v in box_px):
        return None
    left, top = max(0, math.floor(box_px[0])), max(0, math.floor(box_px[1]))
    right, bottom = min(width, math.ceil(box_px[2])), min(height, math.ceil(box_px[3]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def lift_box(
    box_px: Box,
    depth_m: Depth,
    intrinsics: Intrinsics,
    map_T_camera: Transform,
    *,
    min_depth_m: float = 0.1,
    max_depth_m: float = 8.0,
) -> LiftedBox | None:
    """
    Place what a box shows in the map.

    Parameters
    ----------
    box_px : (left, top, right, bottom)
        Box in pixels of the picture, right and bottom exclusive.
    depth_m : (H, W) float32 array
        Depth along the optical axis [m], registered to the picture; NaN or 0 where unknown.
    intrinsics : Intrinsics
        Camera of size (W, H).
    map_T_camera : (4, 4) array
        Optical frame of the camera in the map at the picture's stamp.
    min_depth_m, max_depth_m : float
        Depths outside are not measured.

    Returns
    -------
    LiftedBox or None
        None when the box is outside the picture or holds too few measured pixels.

    """
    height, width = depth_m.shape
    clipped = clip_box(box_px, width, height)
    if clipped is None:
        return None
    left, top, right, bottom = clipped
    window = depth_m[top:bottom, left:right]
    measured = np.flatnonzero((window >= max(min_depth_m, 1e-6)) & (window <= max_depth_m))
    if measured.size < _MIN_PIXELS:
        return None
    measured = measured[:: math.ceil(measured.size / _MAX_POINTS)]
    v, u = np.divmod(measured, right - left)
    z = window[v, u].astype(np.float64)
    near, far = _object_depth(z, _inner(u, right - left) & _inner(v, bottom - top))
    # No object is much deeper than its box is large; more depth is the floor or wall it touches.
    side = max((right - left) / intrinsics.fx, (bottom - top) / intrinsics.fy) * near
    seen = (z >= near) & (z <= min(far, near + max(side, 0.1)))
    z_seen = z[seen]
    p_camera = intrinsics.back_project(
        (u[seen] + left).astype(np.float64), (v[seen] + top).astype(np.float64), z_seen
    )
    p_map = transform_points(map_T_camera, p_camera)
    low, high = np.percentile(p_map, (_LOW, _HIGH), axis=0)
    return LiftedBox(
        position=as_vector((low + high) / 2),
        extent=as_vector(high - low),
        near_m=float(z_seen.min()),
        far_m=float(z_seen.max()),
    )


def _inner(pixel: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Tell which pixels of a side of ``size`` are in its middle three fifths."""
    return (pixel >= size // 5) & (pixel < size - size // 5)


def _object_depth(z: NDArray[np.float64], inner: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the depth interval [m] of the nearest dominant run of bins in the inner box."""
    values = z[inner]
    if values.size < _MIN_PIXELS:  # a thin or holed object: use all there is
        values = z
    bins = np.floor(np.log(values) / math.log1p(_BIN)).astype(np.int64)
    first = int(bins.min())
    counts = np.bincount(bins - first)
    enough = min(0.005 * values.size, int(counts.max()))  # single flying pixels join no runs
    occupied = np.flatnonzero(counts >= max(enough, 1))
    runs = np.split(occupied, np.flatnonzero(np.diff(occupied) > 1) + 1)
    shares = [float(counts[run].sum()) / values.size for run in runs]
    dominant = [run for run, share in zip(runs, shares, strict=True) if share >= _DOMINANT]
    run = dominant[0] if dominant else runs[int(np.argmax(shares))]
    object_values = values[(bins >= run[0] + first) & (bins <= run[-1] + first)]
    return float(object_values.min()), float(object_values.max())
