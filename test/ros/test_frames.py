"""
Frames as robots have them: odometry alone, then TF, then a map; and requests in any of them.

The tests are one story and run in order: TF cannot be untold.
"""

from __future__ import annotations

import math

from geometry_msgs.msg import PointStamped, TransformStamped
from memory_msgs.msg import Status
from memory_msgs.srv import Objects
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile

pytest.importorskip('tf2_msgs', reason='needs tf2_msgs, see scripts/build_interfaces.py')
from tf2_msgs.msg import TFMessage

DOMAIN = 78
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
#: Camera on the robot and odometry in the map: (x, y, yaw).
MOUNTED = (0.3, 0.0, 0.0)
MAP_T_ODOM = (10.0, 5.0, math.pi / 2)


def transform(parent, child, at, stamp, *, optical=False):
    """Return where a frame is in its parent, (x, y, yaw); an optical one looks along x."""
    msg = TransformStamped(child_frame_id=child)
    msg.header.stamp, msg.header.frame_id = stamp, parent
    t, q = msg.transform.translation, msg.transform.rotation
    t.x, t.y = at[0], at[1]
    if optical:
        q.x, q.y, q.z, q.w = -0.5, 0.5, -0.5, 0.5
    else:
        q.z, q.w = math.sin(at[2] / 2), math.cos(at[2] / 2)
    return msg


class Scene:
    """A robot, what it says on TF, and how it looks at things 2 m ahead of its camera."""

    def __init__(self, client, robot) -> None:
        self.client, self.robot = client, robot
        self.tf = client.node.create_publisher(TFMessage, '/tf', 100)
        self.fixed = client.node.create_publisher(TFMessage, '/tf_static', LATCHED)
        self.moving = {}
        self.odometry = (0.0, 0.0, 0.0)

    def mount(self):
        camera = transform('base_link', 'camera_optical', MOUNTED, self.robot.now(), optical=True)
        self.fixed.publish(TFMessage(transforms=[camera]))
        self.client.until(self.is_mounted, 'the mounting of the camera')

    def is_mounted(self):
        """Return whether the node joins the camera's frame to that of its positions."""
        self.move(self.robot.now())
        request = Objects.Request(**near('camera_optical', 0.0))
        return self.client.call(Objects, 'memory/objects', request).status.code == Status.OK

    def move(self, stamp):
        for (parent, child), at in self.moving.items():
            self.tf.publish(TFMessage(transforms=[transform(parent, child, at, stamp)]))
        if self.odometry is not None:
            x, y, yaw = self.odometry
            self.robot.publish('odom', self.robot.odometry((x, y, 0.0), yaw), stamp)

    def look(self, label):
        robot, stamp = self.robot, self.robot.now()
        self.move(stamp)
        robot.publish('camera_info', robot.camera_info(), stamp)
        robot.publish('depth', robot.depth(2.0), stamp)
        robot.publish('image', robot.image(), stamp)
        robot.publish('detections', robot.detections(label), stamp)
        self.client.executor.spin_once(timeout_sec=0.05)
        self.move(robot.now())

    def see(self, label):
        """Look until a thing is remembered with a position; return its place."""

        def place():
            self.look(label)
            places = self.client.retrieve(label).places
            return next((p for p in places if p.label == label and p.has_target), None)

        return self.client.until(place, f'a place of {label}')


@pytest.fixture(scope='module', autouse=True)
def misnamed(start, eager, folder):
    """Start a node whose robot has another name in TF; it is ready when its test comes."""
    path = str(folder / 'other.sqlite')
    return start({**eager, 'pose_source': 'tf', 'base_frame': 'chassis', 'memory_path': path})


@pytest.fixture(scope='module')
def scene(client, robot):
    return Scene(client, robot)


def target(place):
    p = place.target_position
    return (place.header.frame_id, round(p.x, 2), round(p.y, 2))


def near(frame, x, y=0.0):
    point = PointStamped()
    point.header.frame_id, point.point.x, point.point.y = frame, x, y
    return {'use_near': True, 'near': point, 'radius': 0.5}


def near_to(client, frame, x, y=0.0):
    """Return the things near to a point of any frame."""
    request = Objects.Request(**near(frame, x, y))
    answer = client.call(Objects, 'memory/objects', request)
    assert answer.status.code == Status.OK, answer.status.message
    return [o.label for o in answer.objects]


def test_one_line_says_what_is_in_use(client):
    (line,) = [s for s in client.process.output().splitlines() if 'in use:' in s]
    ours = client.process.namespace
    for part in (
        f'{ours}/image (best effort)',
        f'{ours}/odom',
        '/tf_static (reliable)',
        f'{ours}/detections',
        'pose_source auto',
        "map_frame 'map'",
        "base_frame 'base_link'",
        'captioner: detections',
        'memory.sqlite',
    ):
        assert part in line


def test_odometry_alone_is_taken_and_its_frame_is_named(scene):
    assert target(scene.see('lamp')) == ('odom', 2.0, 0.0)
    goal = scene.client.navigate('lamp')
    assert (goal.goal.header.frame_id, goal.place.header.frame_id) == ('odom', 'odom')
    said = scene.client.process.output()
    assert "positions and goals are in 'odom'" in said
    assert 'nothing has come on /tf' in said


def test_a_point_that_nothing_joins_is_refused_by_both_frames(scene):
    answer = scene.client.retrieve('lamp', **near('map', 2.0))
    assert answer.status.code == Status.INVALID_QUERY
    assert "'map'" in answer.status.message
    assert "'odom'" in answer.status.message


def test_points_in_frames_of_the_robot_are_transformed(scene):
    scene.odometry = (1.0, 0.0, math.pi)
    scene.moving[('odom', 'base_link')] = scene.odometry
    scene.mount()
    # What tells the camera's place tells it now: 0.3 m ahead of the robot, which looks back.
    assert target(scene.see('chair')) == ('odom', -1.3, 0.0)
    assert near_to(scene.client, 'base_link', 2.3) == ['chair']
    assert near_to(scene.client, 'base_link', -1.0) == ['lamp']
    assert near_to(scene.client, 'odom', -1.3) == ['chair']
    assert near_to(scene.client, '', 2.0) == ['lamp']


def test_what_was_seen_before_a_map_came_is_brought_into_it(scene):
    client = scene.client
    scene.moving[('map', 'odom')] = MAP_T_ODOM
    scene.odometry = None  # TF alone will do
    sofa = scene.see('sofa')
    # Ahead of the camera: (-1.3, 0) in odom, turned by 90 degrees and moved by (10, 5).
    assert (target(sofa), sofa.map_id) == (('map', 10.0, 3.7), 'map')
    lamp = client.until(
        lambda: next((p for p in client.retrieve('lamp').places if p.label == 'lamp'), None),
        'the lamp',
    )
    assert target(lamp) == ('map', 10.0, 7.0)
    assert client.navigate('lamp').goal.header.frame_id == 'map'
    assert 'poses come from TF' in client.process.output()
    assert "brought into map 'map'" in client.process.output()
    assert near_to(client, 'odom', 2.0) == ['lamp']


def test_a_camera_that_is_moved_at_run_time_is_moved(scene):
    moved = Parameter('camera.x', value=1.0), Parameter('camera.pitch', value=0.0)
    assert all(r.successful for r in scene.client.set_parameters(*moved))
    # 1 m ahead of the robot instead of 0.3 m.
    assert target(scene.see('plant')) == ('map', 10.0, 3.0)
    (refused,) = scene.client.set_parameters(Parameter('camera.frame', value='other'))
    assert not refused.successful


def test_a_frame_that_is_missing_is_named_and_what_to_set(connect, scene, misnamed):
    client = connect(misnamed)
    other = Scene(client, type(scene.robot)(client))
    other.robot.describe_by('detections')
    other.robot.await_listener()
    other.odometry = None

    def refused():
        scene.move(scene.robot.now())
        other.look('cup')
        return 'no pose as new as the frame' in client.process.output()

    client.until(refused, 'a refusal')
    said = client.process.output()
    assert '"chassis" passed to lookupTransform argument source_frame does not exist' in said
    assert 'set map_frame and base_frame' in said
