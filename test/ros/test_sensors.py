"""Cameras as robots have them: latched, in other frames, without stamps."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo

DOMAIN = 77
PARAMETERS = {'pose_source': 'odom'}
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope='module', autouse=True)
def quiet(start, eager, folder):
    """Start a node to which nobody talks, while others are talked to."""
    path = str(folder / 'quiet.sqlite')
    return start({**eager, 'memory_path': path, 'perception.captioner': 'caption', 'cameras': []})


def _await_refusal(client, reason):
    return client.until(lambda: any(reason in r for r in client.rejected()), f'refusal: {reason}')


def _look(robot, *labels, info=True, depth_frame=None, depth_m=2.0):
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    if info:
        robot.publish('camera_info', robot.camera_info(), stamp)
    depth = robot.depth(depth_m)
    if depth_frame is None:
        robot.publish('depth', depth, stamp)
    else:
        depth.header.stamp, depth.header.frame_id = stamp, depth_frame
        robot.publishers['depth'].publish(depth)
    robot.publish('image', robot.image(), stamp)
    robot.publish('detections', robot.detections(*labels), stamp)


def _placed(client, label):
    """Wait until a thing is remembered; return whether depth placed it."""

    def found():
        return [p for p in client.retrieve(label).places if p.label == label]

    return client.until(found, f'a place of {label}')[0].has_target


def _asks_for_latched(client, topic):
    ends = client.node.get_subscriptions_info_by_topic(topic)
    return DurabilityPolicy.TRANSIENT_LOCAL in {end.qos_profile.durability for end in ends}


def test_a_calibration_that_was_latched_is_heard(client, robot):
    # A driver that latches nothing would warn of a quality of service that does not fit.
    assert not _asks_for_latched(client, 'camera_info')
    info = robot.camera_info()
    info.header.stamp = robot.now()
    publisher = client.node.create_publisher(CameraInfo, 'camera_info', LATCHED)
    publisher.publish(info)  # before the node can have found the publisher

    def placed():
        # What was latched arrives when DDS brings it, so pictures before it are not placed.
        _look(robot, 'lamp', info=False)
        return _placed(client, 'lamp')

    client.until(placed, 'a lamp that the latched calibration placed')
    assert 'incompatible QoS' not in client.process.output()


def test_depth_of_a_frame_that_nothing_joins_is_refused_and_kept_out(client, robot):
    _look(robot, 'vase', depth_frame='other_optical')
    _await_refusal(client, 'depth: not registered to colour')
    assert "'other_optical'" in client.process.output()
    assert "'camera_optical'" in client.process.output()
    assert not _placed(client, 'vase')


def test_a_stamp_that_nobody_set_is_named(client, robot):
    robot.publish('image', robot.image(), Time())
    _await_refusal(client, 'image: header.stamp is zero')


def test_what_was_assumed_is_said_once(client, robot):
    _look(robot, 'bowl')
    assert _placed(client, 'bowl')
    said = client.process.output()
    assert said.count("odometry is in frame 'odom'") == 1
    assert said.count('no TF says where camera') == 1


def test_depth_that_places_nothing_is_told_of_with_what_to_set(client, robot):
    def told():
        _look(robot, *'abcdef', depth_m=30.0)
        client.executor.spin_once(timeout_sec=0.05)
        return 'sightings got a position' in client.process.output()

    client.until(told, 'a warning')
    (line,) = [s for s in client.process.output().splitlines() if 'got a position' in s]
    assert 'most depth is outside 0.1 to 8 m, the middle of it 30 m' in line
    assert 'depth_unit_m' in line
    assert 'perception.max_depth_m' in line


def test_topics_on_which_nothing_comes_are_named(connect, quiet):
    client = connect(quiet)
    client.until(lambda: client.process.output().count('nothing has come') == 2, 'two warnings')
    said = [s for s in quiet.output().splitlines() if 'nothing has come' in s]
    assert f'nothing has come on {quiet.namespace}/caption (0 publishers) for 10 s' in said[0]
    assert f'{quiet.namespace}/odom (0 publishers)' in said[1]
