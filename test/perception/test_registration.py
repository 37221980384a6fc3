"""Depth of another camera is brought into the view of the colour one, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from memory_node.core.perception.geometry import Intrinsics, transform_from_xyz_rpy
from memory_node.core.perception.registration import align_depth, DepthCamera

COLOR = Intrinsics(width=320, height=180, fx=240.0, fy=240.0, cx=159.5, cy=89.5)
WIDE = Intrinsics(width=212, height=120, fx=105.0, fy=105.0, cx=105.5, cy=59.5)
SHIFT = transform_from_xyz_rpy((0.06, 0.0, 0.0, 0.0, 0.0, 0.0))
OTHER = DepthCamera(frame_id='depth', intrinsics=WIDE, color_T_depth=SHIFT)


def _wall_with_a_box():
    """Return depth of a wall at 3 m with a box at 2 m in its middle, as WIDE sees it."""
    depth = np.full((WIDE.height, WIDE.width), 3.0, np.float32)
    v, u = np.mgrid[: WIDE.height, : WIDE.width]
    x, y = (u - WIDE.cx) / WIDE.fx * 2.0, (v - WIDE.cy) / WIDE.fy * 2.0
    depth[(np.abs(x) < 0.3) & (np.abs(y) < 0.2)] = 2.0
    return depth


def test_a_wider_camera_beside_is_warped_through_both_calibrations():
    found = align_depth(_wall_with_a_box(), OTHER, COLOR, 'color')
    assert found.depth_m is not None
    assert found.depth_m.shape == (180, 320)
    v, u = np.nonzero(found.depth_m < 2.5)
    x = (u - COLOR.cx) / COLOR.fx * 2.0
    y = (v - COLOR.cy) / COLOR.fy * 2.0
    assert [x.min(), x.max()] == pytest.approx([-0.24, 0.36], abs=0.03)
    assert [y.min(), y.max()] == pytest.approx([-0.2, 0.2], abs=0.03)
    assert np.isfinite(found.depth_m).mean() > 0.95


def test_frames_that_nothing_joins_are_both_named():
    lone = DepthCamera(frame_id='depth_optical', intrinsics=WIDE)
    found = align_depth(_wall_with_a_box(), lone, COLOR, 'color_optical')
    assert found.depth_m is None
    assert "'depth_optical'" in found.reason
    assert "'color_optical'" in found.reason


def test_another_place_without_a_calibration_is_refused():
    found = align_depth(
        _wall_with_a_box(), DepthCamera(frame_id='depth', color_T_depth=SHIFT), COLOR, 'color'
    )
    assert found.depth_m is None
    assert 'camera_info' in found.reason


@pytest.mark.parametrize(
    'camera',
    [
        DepthCamera(),
        DepthCamera(frame_id='color'),
        DepthCamera(frame_id='color', intrinsics=COLOR.scaled(160, 90)),
        DepthCamera(frame_id='depth', intrinsics=COLOR, color_T_depth=np.eye(4)),
        DepthCamera(frame_id='depth', registered=True),
    ],
)
def test_registered_depth_is_only_resampled(camera):
    depth = np.arange(160 * 90, dtype=np.float32).reshape(90, 160) + 1.0
    found = align_depth(depth, camera, COLOR, 'color')
    assert found.depth_m is not None
    assert np.array_equal(found.depth_m[::2, ::2], depth)


def test_depth_and_its_own_calibration_must_agree():
    camera = DepthCamera(frame_id='color', intrinsics=WIDE)
    found = align_depth(np.ones((100, 100), np.float32), camera, COLOR, 'color')
    assert found.depth_m is None
    assert '100x100' in found.reason
