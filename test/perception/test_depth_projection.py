from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.perception.depth_projection import clip_box, lift_box
from memory_node.core.perception.geometry import (
    camera_mounting,
    Intrinsics,
    transform_from_xyz_rpy,
)

CAMERA = Intrinsics(width=320, height=240, fx=280.0, fy=280.0, cx=159.5, cy=119.5)
FORWARD = camera_mounting()  # the map seen from its origin along +x


def wall(depth_m):
    return np.full((240, 320), depth_m, dtype=np.float32)


def facing_board(depth_m, box, background=math.nan):
    left, top, right, bottom = box
    depth = wall(background)
    depth[top:bottom, left:right] = depth_m
    return depth


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(0.5, 6.0),
    left=st.integers(20, 180),
    top=st.integers(20, 120),
    width=st.integers(24, 100),
    height=st.integers(24, 100),
    yaw=st.floats(-3.1, 3.1),
    move=st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(-2, 2)),
)
def test_a_board_is_lifted_to_where_it_stands(x, left, top, width, height, yaw, move):
    box = (left, top, left + width, top + height)
    map_T_base = transform_from_xyz_rpy((*move, 0.0, 0.0, yaw))
    lifted = lift_box(
        box, facing_board(x, box), CAMERA, map_T_base @ camera_mounting(), max_depth_m=8.0
    )
    middle_u, middle_v = left + (width - 1) / 2, top + (height - 1) / 2
    p_base = np.array([x, (159.5 - middle_u) / 280 * x, (119.5 - middle_v) / 280 * x, 1.0])
    assert lifted is not None
    assert lifted.position == pytest.approx((map_T_base @ p_base)[:3].tolist(), abs=0.02 * x)
    across, up = width / 280 * x, height / 280 * x
    assert math.hypot(*lifted.extent) == pytest.approx(math.hypot(across, up), rel=0.45)
    assert lifted.extent[2] == pytest.approx(up, rel=0.15)
    assert lifted.near_m == pytest.approx(x) == lifted.far_m


def test_what_shows_through_a_chair_is_not_the_chair():
    depth = wall(4.0)
    depth[60:180:4, 100:220] = 1.5  # slats, a quarter of the pixels
    depth[61:180:4, 100:220] = 1.5
    lifted = lift_box((100, 60, 220, 180), depth, CAMERA, FORWARD)
    assert lifted is not None
    assert lifted.position[0] == pytest.approx(1.5, abs=0.01)
    assert lifted.extent[0] < 0.05


def test_a_thin_thing_in_front_is_not_the_object():
    depth = facing_board(3.0, (100, 60, 220, 180), background=5.0)
    depth[:, 158:164] = 0.6  # a pole, one twentieth of the box
    lifted = lift_box((100, 60, 220, 180), depth, CAMERA, FORWARD)
    assert lifted is not None
    assert lifted.position[0] == pytest.approx(3.0, abs=0.01)


def test_the_floor_a_chair_stands_on_does_not_stretch_it():
    rows = np.arange(240, dtype=np.float32)[:, None]
    floor = 1.0 * 280 / np.maximum(rows - 119.5, 1.0)  # camera 1 m above the floor
    depth = np.broadcast_to(floor, (240, 320)).copy()
    depth[130:200, 140:180] = 3.5
    lifted = lift_box((135, 125, 185, 205), depth, CAMERA, FORWARD)
    assert lifted is not None
    assert lifted.position[0] == pytest.approx(3.5, abs=0.35)
    assert lifted.extent[0] < 1.3


@pytest.mark.parametrize('missing', [math.nan, 0.0, math.inf, 50.0, 0.01, -1.0])
def test_no_depth_is_no_position(missing):
    assert lift_box((100, 60, 220, 180), wall(missing), CAMERA, FORWARD) is None


def test_too_few_pixels_are_no_position():
    depth = wall(math.nan)
    depth[100, 100:105] = 2.0
    assert lift_box((90, 90, 120, 120), depth, CAMERA, FORWARD) is None


def test_unmeasured_pixels_do_not_count():
    depth = facing_board(2.0, (100, 60, 220, 180))
    depth[::2] = math.nan
    lifted = lift_box((100, 60, 220, 180), depth, CAMERA, FORWARD)
    assert lifted is not None
    assert lifted.position[0] == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize(
    'box',
    [
        (400.0, 10.0, 500.0, 90.0),
        (-50.0, -50.0, -1.0, -1.0),
        (50.0, 50.0, 50.0, 80.0),
        (90.0, 50.0, 50.0, 80.0),
        (math.nan, 0.0, 10.0, 10.0),
        (0.0, 0.0, math.inf, 10.0),
    ],
)
def test_a_box_outside_the_picture_is_no_position(box):
    assert lift_box(box, wall(2.0), CAMERA, FORWARD) is None


def test_a_box_over_the_edge_is_cut_there():
    assert clip_box((-10.5, 3.2, 330.0, 239.1), 320, 240) == (0, 3, 320, 240)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    box=st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4),
)
def test_any_depth_and_any_box_give_a_finite_position_or_none(seed, box):
    rng = np.random.default_rng(seed)
    depth = rng.choice([np.nan, np.inf, -1.0, 0.0, 0.5, 2.0, 7.9, 1e30], (24, 32))
    camera = CAMERA.scaled(32, 24)
    with np.errstate(all='raise'):
        for candidate in (box, (0.0, 0.0, 32.0, 24.0)):
            lifted = lift_box(candidate, depth.astype(np.float32), camera, FORWARD)
            assert lifted is None or np.isfinite([*lifted.position, *lifted.extent]).all()


def test_depth_spread_evenly_over_all_distances_still_answers():
    depth = np.geomspace(0.1, 999.0, 240 * 320).astype(np.float32).reshape(240, 320)
    lifted = lift_box((0, 0, 320, 240), depth, CAMERA, FORWARD, max_depth_m=1000.0)
    assert lifted is not None
    assert lifted.near_m < lifted.far_m
