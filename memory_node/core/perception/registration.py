"""
Depth brought into the view of the colour camera.

Most cameras publish depth that is registered already: the same frame, the same field of view.
Where the two sensors differ, depth is warped through both calibrations and the transform between
them; where that is not known, it is refused by name, for no position is better than a wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.depth_images import Depth, register_depth, RegisteredDepth
from memory_node.core.perception.geometry import Intrinsics, Transform, transform_points
from memory_node.core.perception.images import fit_intrinsics

__all__ = ['DepthCamera', 'align_depth']

#: Calibrations this close, relative to the focal length, are one camera.
_SAME_CAMERA = 0.01
#: Transforms this close [m, and as much of a turn] are none.
_SAME_PLACE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthCamera:
    """Through what a depth picture was taken, as far as it is known."""

    #: Its optical frame; empty where the message names none.
    frame_id: str = ''
    intrinsics: Intrinsics | None = None
    #: Its optical frame in that of the colour camera, (4, 4); None where no TF tells.
    color_T_depth: Transform | None = None  # noqa: N815  the notation of geometry
    #: Somebody vouches that depth is registered to colour, whatever the frames are called.
    registered: bool = False


def align_depth(
    depth_m: Depth, depth: DepthCamera, color: Intrinsics, color_frame: str
) -> RegisteredDepth:
    """
    Return depth at the size and in the view of the colour picture, or why it can't be.

    Parameters
    ----------
    depth_m : (h, w) array
        Depth along the optical axis of its own camera [m], NaN where unknown.
    depth : DepthCamera
        Its frame, and calibration and place where known.
    color : Intrinsics
        The colour camera at the size of its picture.
    color_frame : str
        Optical frame of the colour picture; empty where the message names none.

    """
    named = bool(depth.frame_id and color_frame)
    one_frame = depth.registered or not named or depth.frame_id == color_frame
    color_T_depth = np.eye(4) if one_frame else depth.color_T_depth
    if color_T_depth is None:
        return _refused(depth, color_frame, 'no TF joins the two')
    moved = float(np.abs(color_T_depth - np.eye(4)).max()) > _SAME_PLACE
    if depth.registered or depth.intrinsics is None:
        if moved:
            return _refused(depth, color_frame, 'depth has no camera_info of its own')
        return register_depth(depth_m, color.width, color.height)
    rows, columns = depth_m.shape
    try:
        own = fit_intrinsics(depth.intrinsics, columns, rows)
    except InvalidObservationError as error:
        return RegisteredDepth(depth_m=None, reason=f'depth/{error}')
    if not moved and _one_camera(own, color):
        return register_depth(depth_m, color.width, color.height)
    return RegisteredDepth(depth_m=_warped(depth_m, own, color_T_depth, color))


def _refused(depth: DepthCamera, color_frame: str, why: str) -> RegisteredDepth:
    return RegisteredDepth(
        depth_m=None,
        reason=(
            f'not registered to colour: it is in frame {depth.frame_id!r}, colour in'
            f' {color_frame!r}, and {why}'
        ),
    )


def _one_camera(first: Intrinsics, second: Intrinsics) -> bool:
    """Tell whether two calibrations show one view, whatever their sizes."""
    a, b = first.scaled(second.width, second.height), second
    shifts = (a.fx - b.fx, a.fy - b.fy, a.cx - b.cx, a.cy - b.cy)
    return max(map(abs, shifts)) <= _SAME_CAMERA * b.fx


def _warped(depth_m: Depth, own: Intrinsics, color_T_depth: Transform, color: Intrinsics) -> Depth:
    """
    Return depth as the colour camera would have measured it; the nearest surface wins.

    Drawn no finer than it was measured and then enlarged, so that there are no holes between.
    """
    scale = min(1.0, own.fx / color.fx, own.fy / color.fy)
    width, height = max(1, round(color.width * scale)), max(1, round(color.height * scale))
    drawn = color.scaled(width, height)
    v, u = np.nonzero(np.isfinite(depth_m))
    z = depth_m[v, u].astype(np.float64)
    p_depth = own.back_project(u.astype(np.float64), v.astype(np.float64), z)
    p_color = transform_points(color_T_depth, p_depth)
    p_color = p_color[p_color[:, 2] > 1e-3]
    pixel = np.rint(drawn.project(p_color)).astype(np.int64)
    inside = ((pixel >= 0) & (pixel < (width, height))).all(axis=1)
    pixel, near = pixel[inside], p_color[inside, 2]
    order = np.argsort(-near, kind='stable')  # the nearest is written last
    warped = np.full((height, width), np.nan, dtype=np.float32)
    warped[pixel[order, 1], pixel[order, 0]] = near[order]
    if (width, height) == (color.width, color.height):
        return warped
    size = (color.width, color.height)
    return np.asarray(cv2.resize(warped, size, interpolation=cv2.INTER_NEAREST), np.float32)
