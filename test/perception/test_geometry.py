from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.geometry import (
    angle_between,
    camera_mounting,
    interpolate,
    Intrinsics,
    inverse,
    link_R_optical,
    pose_from_transform,
    quaternion_from_rotation,
    rotation_from_quaternion,
    slerp,
    transform_from,
    transform_from_pose,
    transform_from_xyz_rpy,
    transform_points,
    view_yaw,
)

coordinates = st.floats(-1e3, 1e3)
vectors = st.tuples(coordinates, coordinates, coordinates)


@st.composite
def quaternions(draw):
    q = np.array([draw(st.floats(-1, 1)) for _ in range(4)])
    if np.linalg.norm(q) < 1e-3:
        q = np.array([0.0, 0.0, 0.0, 1.0])
    return tuple((q / np.linalg.norm(q)).tolist())


transforms = st.builds(transform_from, vectors, quaternions())


def same_rotation(a, b):
    return abs(abs(np.dot(a, b)) - 1.0) < 1e-9


def test_optical_axes_are_those_of_rep_103():
    forward, right, down = np.eye(3)[[2, 0, 1]]
    assert (link_R_optical @ forward).tolist() == [1.0, 0.0, 0.0]
    assert (link_R_optical @ right).tolist() == [0.0, -1.0, 0.0]
    assert (link_R_optical @ down).tolist() == [0.0, 0.0, -1.0]
    assert np.linalg.det(link_R_optical) == pytest.approx(1.0)


@given(quaternions())
def test_quaternion_survives_its_matrix(q):
    rotation = rotation_from_quaternion(q)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert same_rotation(quaternion_from_rotation(rotation), q)


@given(transforms, vectors)
def test_inverse_undoes_a_transform(parent_T_child, point):
    p = np.array(point)
    there = transform_points(parent_T_child, p)
    assert np.allclose(transform_points(inverse(parent_T_child), there), p, atol=1e-6)
    assert np.allclose(inverse(parent_T_child) @ parent_T_child, np.eye(4), atol=1e-9)


@given(vectors, quaternions())
def test_pose_survives_its_transform(position, q):
    pose = pose_from_transform(transform_from_pose(Pose(position=position, orientation=q)))
    assert pose.position == pytest.approx(position)
    assert same_rotation(pose.orientation, q)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_yaw_of_a_mounting_is_the_yaw_of_the_pose(first, second):
    pose = pose_from_transform(transform_from_xyz_rpy((1, 2, 3, 0, 0, first)))
    other = pose_from_transform(transform_from_xyz_rpy((0, 0, 0, 0, 0, second)))
    assert pose.position == (1, 2, 3)
    assert pose.yaw_rad == pytest.approx(first)
    gap = abs(math.remainder(first - second, 2 * math.pi))
    assert angle_between(pose.orientation, other.orientation) == pytest.approx(gap, abs=1e-9)


def test_roll_pitch_yaw_turn_as_in_urdf():
    base_T_link = transform_from_xyz_rpy((0, 0, 0, 0, math.pi / 2, 0))
    assert transform_points(base_T_link, np.array([1.0, 0, 0])) == pytest.approx([0, 0, -1])
    base_T_link = transform_from_xyz_rpy((0, 0, 0, math.pi / 2, 0, math.pi / 2))
    assert transform_points(base_T_link, np.array([0, 1.0, 0])) == pytest.approx([0, 0, 1])


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_turns_at_constant_rate_the_short_way(a, b, fraction):
    whole = angle_between(a, b)
    middle = slerp(a, b, fraction)
    assert math.hypot(*middle) == pytest.approx(1.0)
    assert whole <= math.pi + 1e-9
    if whole < math.pi - 1e-3:  # opposite ways are both short at pi
        assert angle_between(a, middle) == pytest.approx(fraction * whole, abs=1e-6)
        assert angle_between(middle, b) == pytest.approx((1 - fraction) * whole, abs=1e-6)


def test_interpolation_goes_straight():
    start = Pose.from_yaw((0.0, 0.0, 0.0), 0.0)
    end = Pose.from_yaw((4.0, 2.0, 0.0), 1.0)
    between = interpolate(start, end, 0.25)
    assert between.position == pytest.approx((1.0, 0.5, 0.0))
    assert between.yaw_rad == pytest.approx(0.25)


@pytest.mark.parametrize(
    'orientation', [(0, 0, 0, 0), (math.nan, 0, 0, 1), (0, 0, 0, 2), (0, 0, 1)]
)
def test_no_orientation_is_refused(orientation):
    with pytest.raises(InvalidObservationError, match='orientation'):
        rotation_from_quaternion(orientation)


@pytest.mark.parametrize(
    'values', [(0, 0, 0), (0, 0, math.inf, 0, 0, 0), (0, 0, 0, 0, 0, math.nan)]
)
def test_no_mounting_is_refused(values):
    with pytest.raises(InvalidObservationError, match='mounting'):
        camera_mounting(values)


def test_camera_forward_is_base_forward():
    base_T_camera = camera_mounting((0.2, 0.0, 1.1, 0.0, 0.0, 0.0))
    assert transform_points(base_T_camera, np.array([0, 0, 2.0])) == pytest.approx([2.2, 0, 1.1])


K = [585.0, 0, 320.0, 0, 585.0, 240.0, 0, 0, 1]


@given(st.floats(0, 639), st.floats(0, 479), st.floats(0.1, 50))
def test_back_projection_undoes_projection(u, v, depth):
    camera = Intrinsics.from_k(K, 640, 480)
    point = camera.back_project(np.array(u), np.array(v), np.array(depth))
    assert point[2] == depth
    assert camera.project(point) == pytest.approx([u, v], abs=1e-6)


def test_scaled_camera_sees_the_same_ray_at_the_same_place():
    camera, half = Intrinsics.from_k(K, 640, 480), Intrinsics.from_k(K, 640, 480).scaled(320, 240)
    corner = camera.back_project(np.array(-0.5), np.array(479.5), np.array(1.0))
    assert half.project(corner) == pytest.approx([-0.5, 239.5])
    assert half.scaled(640, 480) == camera


@pytest.mark.parametrize(
    ('k', 'width', 'height', 'named'),
    [
        ([0.0] * 9, 640, 480, 'fx'),
        (K[:8], 640, 480, 'camera_info.k'),
        (K, 0, 480, 'size'),
        (K, 640, 10**6, 'size'),
        ([math.nan, *K[1:]], 640, 480, 'fx'),
        ([*K[:2], math.inf, *K[3:]], 640, 480, 'principal'),
    ],
)
def test_no_camera_is_refused(k, width, height, named):
    with pytest.raises(InvalidObservationError, match=named):
        Intrinsics.from_k(k, width, height)


@pytest.mark.parametrize(
    ('pitch', 'yaw', 'expected'),
    [
        (0.0, 0.0, 0.0),
        (0.3, 0.05, 0.0),  # as good as ahead
        (0.3, math.pi / 2, math.pi / 2),
        (-0.5, -2.0, -2.0),
        (1.5, 2.0, 0.0),  # looks at the floor
    ],
)
def test_a_camera_looks_where_it_is_mounted_whatever_the_robot_heads_for(pitch, yaw, expected):
    base_T_camera = camera_mounting((0.2, 0.1, 1.0, 0.0, pitch, yaw))
    for heading in (0.0, 1.0, -3.0):
        map_T_base = transform_from_xyz_rpy((5.0, 6.0, 0.0, 0.0, 0.0, heading))
        assert view_yaw(map_T_base, map_T_base @ base_T_camera) == pytest.approx(expected)
