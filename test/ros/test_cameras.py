"""A robot with three cameras: each its topics, its place and its gate, and one memory."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from memory_msgs.srv import Objects
import pytest
from rclpy.parameter import Parameter
from ros.conftest import Robot
from ros.test_doctor import doctor, named

DOMAIN = 93
CAMERAS = ('front', 'left', 'rear')
#: The left one looks at the same spot as the front one.
LEFT_YAW = math.atan2(-0.3, 2.0)
LEFT_M = math.hypot(0.3, 2.0)
PARAMETERS = {
    'cameras': list(CAMERAS),
    'pose_source': 'odom',
    'camera.front.x': 0.1,
    'camera.left.x': 0.1,
    'camera.left.y': 0.3,
    'camera.left.yaw': LEFT_YAW,
    'camera.rear.x': -0.3,
    'camera.rear.yaw': math.pi,
}


@pytest.fixture(scope='module')
def robot(client):
    """A robot whose cameras the node already listens to."""
    made = Robot(client, CAMERAS)
    for camera in CAMERAS:
        made.describe_by(f'{camera}/detections')
    made.await_listener()
    made.await_odometry()
    return made


def _look(robot, *looks, frames=None):
    """Publish what cameras see at one stamp: (camera, depth [m], labels)."""
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    for camera, depth_m, *labels in looks:
        robot.publish(f'{camera}/camera_info', robot.camera_info(), stamp)
        robot.publish(f'{camera}/depth', robot.depth(depth_m), stamp, (frames or {}).get('depth'))
        robot.publish(f'{camera}/image', robot.image(), stamp)
        robot.publish(f'{camera}/detections', robot.detections(*labels), stamp)


def _objects(client, text):
    return client.call(Objects, 'memory/objects', Objects.Request(text=text)).objects


def _place(client, text):
    """Return where the one thing of a name is once it is remembered and placed."""
    (thing,) = client.until(lambda: _objects(client, text), text)
    return [thing.position.x, thing.position.y]


def test_each_camera_places_what_it_sees_by_its_own_mounting(client, robot):
    _look(robot, ('front', 2.0, 'chair'), ('rear', 2.0, 'plant'))
    assert _place(client, 'chair') == pytest.approx([2.1, 0.0], abs=0.05)
    assert _place(client, 'plant') == pytest.approx([-2.3, 0.0], abs=0.05)
    assert client.retrieve('the plant').places[0].evidence_ids


def test_what_two_cameras_see_at_one_stamp_is_one_object(client, robot):
    before = client.fresh().observations
    _look(robot, ('front', 2.0, 'vase'), ('left', LEFT_M, 'vase'))
    client.counted(lambda s: s.observations == before + 2, 'two observations')
    (vase,) = client.until(lambda: _objects(client, 'vase'), 'vase')
    assert [vase.position.x, vase.position.y] == pytest.approx([2.1, 0.0], abs=0.05)
    assert vase.views == 2


def test_what_is_refused_is_counted_under_the_topic_of_the_camera(client, robot):
    robot.publish('rear/image', robot.image(), Time())
    reason = 'rear/image: header.stamp is zero: its publisher sets none'
    client.until(lambda: client.rejected().get(reason), reason)
    _look(robot, ('rear', 2.0, 'mug'), frames={'depth': 'other_optical'})
    lost = 'rear/depth: not registered to colour'
    client.until(lambda: any(lost in r for r in client.rejected()), lost)


def test_a_camera_is_moved_while_the_node_runs_and_the_only_one_is_none(client, robot):
    moved, strange = client.set_parameters(
        Parameter('camera.rear.x', value=-1.3), Parameter('camera.x', value=0.2)
    )
    assert moved.successful
    assert not strange.successful
    assert 'set camera.front.x or camera.left.x or camera.rear.x' in strange.reason
    _look(robot, ('rear', 2.0, 'bowl'))
    assert _place(client, 'bowl') == pytest.approx([-3.3, 0.0], abs=0.05)


def test_the_node_says_where_every_camera_is(client):
    (line,) = [s for s in client.process.output().splitlines() if 'in use:' in s]
    for camera in CAMERAS:
        assert f'{client.process.namespace}/{camera}/image (best effort)' in line
        assert f'{camera} camera frame as its pictures say, placed by camera.{camera}.*' in line


@pytest.mark.parametrize(
    ('parameters', 'named'),
    [
        ({'cameras': ['front', 'front']}, 'cameras must hold different names'),
        ({'cameras': ['a/b']}, "got 'a/b'"),
        ({'cameras': ['front'], 'camera.yaw': 0.1}, 'set camera.front.yaw'),
    ],
)
def test_what_can_be_no_camera_is_refused_at_start(start, parameters, named):
    process = start(parameters)
    assert process.wait() == 2
    assert named in process.output()


def test_the_doctor_looks_at_each_camera(client, robot):
    for topic in [topic for topic in robot.publishers if topic.startswith('rear/')]:
        client.node.destroy_publisher(robot.publishers.pop(topic))
    _, findings = doctor(client, lambda: _look(robot, ('front', 2.0, 'chair')), '--wait', '2')
    space = client.process.namespace
    gone = named(findings, f'{space}/rear/detections ', 'so nothing that rear sees is remembered')
    silent = named(findings, f'{space}/left/detections ', 'nothing came')
    assert gone['level'] == silent['level'] == 'bad'
    assert named(findings, f'{space}/front/detections ', 'Hz')['level'] == 'ok'
    assert not [f for f in findings if 'camera frame' in f['found']]  # all are told
