"""A jump of map -> odom in TF closes a loop where what was seen bears that out."""

from __future__ import annotations

import math

from geometry_msgs.msg import TransformStamped
from memory_msgs.srv import Objects
import pytest

pytest.importorskip('tf2_msgs', reason='needs tf2_msgs, see scripts/build_interfaces.py')
from tf2_msgs.msg import TFMessage

DOMAIN = 96
PARAMETERS = {'pose_source': 'tf', 'camera.z': 0.5}
THINGS = ('sofa', 'lamp', 'printer', 'plant', 'sink', 'clock', 'bench', 'stove')
#: Odometry is off by so much at the end of the drive, down a row of things and back [m].
OFF_M = 1.0


class Drive:
    """A robot that is localised by TF and looks to its left, at one thing every 2 m."""

    def __init__(self, client, robot) -> None:
        self.client, self.robot = client, robot
        self.tf = client.node.create_publisher(TFMessage, '/tf', 100)
        client.until(self.tf.get_subscription_count, 'who listens to /tf')
        self.map_T_odom = 0.0
        self.seen = 0

    def look(self, i, off_m):
        """Look at the i-th thing while odometry is off along y."""
        robot, stamp = self.robot, self.robot.now()
        chain = (
            ('map', 'odom', (0.0, self.map_T_odom, 0.0)),
            ('odom', 'base_link', (2.0 * i, off_m, math.pi / 2)),
        )
        transforms = []
        for parent, child, (x, y, yaw) in chain:
            one = TransformStamped(child_frame_id=child)
            one.header.stamp, one.header.frame_id = stamp, parent
            one.transform.translation.x, one.transform.translation.y = x, y
            one.transform.rotation.z = math.sin(yaw / 2)
            one.transform.rotation.w = math.cos(yaw / 2)
            transforms.append(one)
        self.tf.publish(TFMessage(transforms=transforms))
        robot.publish('camera_info', robot.camera_info(), stamp)
        robot.publish('depth', robot.depth(2.0), stamp)
        robot.publish('image', robot.image(), stamp)
        robot.publish('detections', robot.detections(THINGS[i]), stamp)
        self.seen += 1
        self.client.counted(lambda s: s.observations >= self.seen, f'{self.seen} observations')

    def places(self):
        found = self.client.call(Objects, 'memory/objects', Objects.Request()).objects
        return sorted((thing.label, round(thing.position.y, 1)) for thing in found)


@pytest.fixture(scope='module')
def drive(client, robot):
    return Drive(client, robot)


def test_a_closed_loop_makes_one_of_what_was_double(client, drive):
    way = [*range(len(THINGS)), *reversed(range(len(THINGS)))]
    for k, i in enumerate(way):
        drive.look(i, OFF_M * k / (len(way) - 1))
    assert len(drive.places()) > len(THINGS)
    drive.map_T_odom = -OFF_M
    drive.look(0, OFF_M)  # it stands where it stood
    said = 'observations of this run follow (sessions.map_jumps)'
    client.until(lambda: said in client.process.output(), 'the jump to be followed')
    client.until(lambda: len(drive.places()) == len(THINGS), 'every thing to be one')
    assert all(y == pytest.approx(2.0, abs=0.15) for _, y in drive.places())


def test_a_jump_that_nothing_bears_out_moves_nothing(client, drive):
    before = drive.places()
    drive.map_T_odom += 7.0
    drive.look(3, OFF_M)
    client.until(lambda: 'nothing was moved' in client.process.output(), 'the refusal')
    assert set(before) <= set(drive.places())
