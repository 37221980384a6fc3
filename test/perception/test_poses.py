"""Where a camera is: from odometry, TF, what a person told, or an assumption that is said."""

from __future__ import annotations

import numpy as np
import pytest

from memory_node.core.config import IngestConfig
from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.frames import CameraPose
from memory_node.core.perception.geometry import (
    camera_mounting,
    pose_from_transform,
    transform_from_xyz_rpy,
)
from memory_node.core.perception.poses import PoseFrames, RobotPoses
from memory_node.core.perception.synchronizer import PoseStatus

S = 1_000_000_000
MOUNTING = (0.2, 0.0, 1.2, 0.0, 0.35, 0.0)
OPTICAL = 'cam_optical_frame'


def add(frames, parent, child, parent_T_child, stamp_ns=None):
    frames.add(parent, child, pose_from_transform(parent_T_child), stamp_ns)


class Poses:
    """Odometry of ``base_link`` in ``odom``, what TF says of it, and what it warned of."""

    def __init__(self, frames=None, told=None, map_frame='odom') -> None:
        self.warnings = []
        self.told = told
        self.poses = RobotPoses(
            IngestConfig,
            tree=frames,
            frames=PoseFrames(source='odom', map_frame=map_frame),
            warn=self.warnings.append,
        )

    def drive(self, until_s, base='base_link'):
        for i in range(until_s * 10 + 1):
            pose = Pose(position=(0.0, 0.0, 0.0))
            self.poses.add(i * S // 10, pose, frame_id='odom', child_frame_id=base)

    def camera(self, at_ns=S, frame=OPTICAL, *, late=True):
        found = self.poses.at(at_ns, frame, late=late, told=self.told)
        assert isinstance(found, CameraPose)
        return found.map_T_camera


def test_tf_mounts_the_camera():
    frames = FrameTree()
    add(frames, '/base_link', '/cam_link', transform_from_xyz_rpy(MOUNTING))
    add(frames, 'cam_link', OPTICAL, camera_mounting())
    p = Poses(frames)
    p.drive(2)
    assert p.camera(late=False) == pytest.approx(camera_mounting(MOUNTING))
    assert not p.warnings


def test_a_link_that_stamps_pictures_is_read_as_its_camera():
    frames = FrameTree()
    add(frames, 'base_link', 'cam_link', transform_from_xyz_rpy(MOUNTING))
    p = Poses(frames)
    p.drive(2)
    assert p.camera(frame='cam_link') == pytest.approx(camera_mounting(MOUNTING))
    assert 'z up' in p.warnings[0]


def test_what_a_person_tells_comes_first():
    frames = FrameTree()
    add(frames, 'base_link', OPTICAL, np.eye(4))
    p = Poses(frames, camera_mounting(MOUNTING))
    p.drive(2)
    assert p.camera() == pytest.approx(camera_mounting(MOUNTING))


def test_tf_is_waited_for_and_then_done_without_and_said_once():
    p = Poses(FrameTree())
    p.drive(1)
    assert p.poses.at(S // 2, OPTICAL, late=False) is PoseStatus.PENDING
    assert not p.warnings
    for i in range(11, 25):
        p.poses.add(
            i * S // 10,
            Pose(position=(0.0, 0.0, 0.0)),
            frame_id='odom',
            child_frame_id='base_link',
        )
    assert p.camera(S // 2, late=False) == pytest.approx(camera_mounting())
    p.camera(S, late=False)
    (warning,) = p.warnings
    assert OPTICAL in warning
    assert '--camera' in warning


def test_where_nobody_hears_tf_nothing_is_waited_for():
    p = Poses()
    p.drive(1)
    p.camera(S // 2, late=False)
    assert len(p.warnings) == 1


def test_odometry_of_the_camera_itself_needs_no_mounting():
    p = Poses(FrameTree())
    p.drive(1, base='cam_link')
    assert p.camera(late=False) == pytest.approx(camera_mounting())
    p.drive(1, base=OPTICAL)
    assert p.camera(late=False) == pytest.approx(np.eye(4))
    assert not p.warnings


def test_odometry_comes_into_the_map_as_tf_moves_it():
    frames = FrameTree()
    for second, x in ((0, 1.0), (2, 3.0)):
        add(frames, 'map', 'odom', transform_from_xyz_rpy((x, 0, 0, 0, 0, 0)), second * S)
    p = Poses(frames, camera_mounting(), map_frame='map')
    p.drive(2)
    found = p.poses.at(S, OPTICAL, late=True, told=p.told)
    assert found.map_T_base.position == pytest.approx((2.0, 0.0, 0.0))
    assert not p.warnings


def test_frames_are_joined_over_their_common_root():
    frames = FrameTree()
    add(frames, 'cam', 'color', transform_from_xyz_rpy((0.0, 0.05, 0, 0, 0, 0)))
    add(frames, 'cam', 'depth', transform_from_xyz_rpy((0.0, -0.01, 0, 0, 0, 0)))
    color_T_depth = frames.look_up('color', 'depth', 0)
    assert color_T_depth[:3, 3] == pytest.approx([0.0, -0.06, 0.0])
    assert frames.look_up('color', 'elsewhere', 0) is None
    add(frames, 'depth', 'cam', np.eye(4))  # a circle ends the search, not the program
    assert frames.look_up('color', 'nowhere', 0) is None


def arriving(tree, *, source='auto', base='base_link'):
    """Return poses that come from what arrives, and what they say of themselves."""
    said = []
    poses = RobotPoses(
        IngestConfig,
        tree=tree,
        frames=PoseFrames(source=source, base_frame=base),
        say=said.append,
        warn=said.append,
    )
    return poses, said


def at(x):
    return transform_from_xyz_rpy((x, 0, 0, 0, 0, 0))


def odometry(poses, x=0.0, until_s=3):
    for i in range(until_s * 10):
        pose = Pose(position=(x, 0.0, 0.0))
        poses.add(i * S // 10, pose, frame_id='odom', child_frame_id='base_link')


def test_tf_is_taken_once_its_chain_resolves():
    tree = FrameTree()
    poses, said = arriving(tree)
    odometry(poses, x=1.0)
    assert poses.at(S, 'base_link', late=True).frame_id == 'odom'
    for i in range(30):
        add(tree, 'map', 'odom', at(10.0), i * S // 10)
        add(tree, 'odom', 'base_link', at(1.5), i * S // 10)  # a filter's, not the wheels'
    found = poses.at(2 * S, 'base_link', late=False)
    assert (found.frame_id, found.map_T_base.position[0]) == ('map', pytest.approx(11.5))
    assert said[-1] == "poses come from TF: 'base_link' in 'map'"
    # What is newer than TF is waited for, and held for a moment: never taken from the wheels.
    assert poses.at(31 * S // 10, 'base_link', late=False) is PoseStatus.PENDING
    held = poses.at(31 * S // 10, 'base_link', late=True)
    assert held.map_T_base.position[0] == pytest.approx(11.5)
    assert poses.latest()[1] == 'map'


def test_a_robot_of_another_name_is_found_unless_it_was_named():
    tree = FrameTree()
    add(tree, 'map', 'base_footprint', at(2.0), S)
    found = arriving(tree)[0].at(S, '', late=True)
    assert (found.base_frame, found.frame_id) == ('base_footprint', 'map')
    strict, _ = arriving(tree, source='tf')
    assert strict.at(S, '', late=True) is PoseStatus.PENDING
    assert '"base_link" passed to lookupTransform argument source_frame' in strict.missing()


def test_transforms_that_end_below_the_map_are_taken_in_their_own_frame():
    tree = FrameTree()
    for i in range(20):
        add(tree, 'odom', 'base_footprint', at(2.0), i * S // 10)
    add(tree, 'base_footprint', 'base_link', at(0.5))
    poses, said = arriving(tree)
    assert poses.at(S, '', late=False) is PoseStatus.PENDING  # a map may still come
    found = poses.at(S, '', late=True)
    assert (found.frame_id, found.map_T_base.position[0]) == ('odom', pytest.approx(2.5))
    assert "poses are kept in 'odom'" in said[0]
    assert isinstance(poses.at(S, '', late=False), CameraPose)  # said once, not waited for again


def test_what_is_missing_is_said_as_tf_says_it():
    tree = FrameTree()
    assert tree.why_not('map', 'base') == 'nothing has come on /tf and /tf_static'
    add(tree, 'odom', 'base', at(0.0), S)
    assert tree.why_not('map', 'base') == (
        '"map" passed to lookupTransform argument target_frame does not exist'
    )
    add(tree, 'map', 'other', at(0.0), S)
    assert 'Could not find a connection between' in tree.why_not('map', 'base')
    add(tree, 'map', 'odom', at(0.0), S)
    assert tree.look_up('map', 'base', 60 * S) is None
    assert 'extrapolation' in tree.why_not('map', 'base')
    assert tree.look_up('map', 'base', None) is not None


def test_a_pose_holds_for_as_long_as_it_is_seldom():
    tree = FrameTree()
    for i in range(10):
        add(tree, 'odom', 'base', at(0.0), 8 * S + i * S // 50)
    for second in range(9):
        add(tree, 'map', 'odom', at(0.0), second * S)
    assert tree.look_up('odom', 'base', 10 * S) is None
    assert tree.look_up('map', 'odom', 10 * S) is not None
    assert tree.look_up('map', 'odom', 10 * S, late=False) is None


def test_a_frame_that_a_detector_names_is_placed_as_the_robot_was():
    tree = FrameTree()
    add(tree, 'base_link', 'lidar', at(0.4))
    poses, _ = arriving(tree)
    odometry(poses, x=3.0)
    camera = poses.at(S, 'cam_optical', late=True)

    def placed(frame_id):
        found = poses.placing(camera, 'cam_optical', frame_id, S)
        return None if found is None else found[0, 3]

    assert placed('lidar') == pytest.approx(3.4)
    assert placed('base_link') == pytest.approx(3.0)
    assert placed('odom') == pytest.approx(0.0)
    assert poses.placing(camera, 'cam_optical', 'cam_optical', S) is camera.map_T_camera
    assert placed('moon') is None


def test_odometry_of_two_sources_on_one_topic_is_refused():
    poses, _ = arriving(FrameTree())
    odometry(poses, x=1.0)
    here = Pose(position=(9.0, 0.0, 0.0))
    with pytest.raises(InvalidObservationError, match="must stay 'odom'"):
        poses.add(31 * S // 10, here, frame_id='odom_combined', child_frame_id='base_link')
    poses.add(9 * S, here, frame_id='odom_combined', child_frame_id='base_link')
    assert poses.at(9 * S, 'base_link', late=True).frame_id == 'odom_combined'
