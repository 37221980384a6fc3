"""A path that is published anew moves what was seen along it; a broken one is refused by name."""

from __future__ import annotations

from copy import deepcopy
import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from memory_msgs.srv import Objects
from nav_msgs.msg import Path
import pytest
from std_msgs.msg import Header

DOMAIN = 59


def path(stamps, poses, frame_id='odom'):
    msg = Path(header=Header(frame_id=frame_id))
    for stamp, (x, y, yaw) in zip(stamps, poses, strict=True):
        one = PoseStamped(header=Header(stamp=stamp, frame_id=frame_id))
        one.pose.position.x, one.pose.position.y = float(x), float(y)
        one.pose.orientation.z, one.pose.orientation.w = math.sin(yaw / 2), math.cos(yaw / 2)
        msg.poses.append(one)
    return msg


@pytest.fixture(scope='module')
def driven(client, robot):
    """The robot drove a metre and came back, and its odometry was a metre off by then."""
    stamps = []
    for i, (x, yaw) in enumerate([(0.0, 0.0), (1.0, 0.0), (1.0, 0.0)]):
        label = 'sofa' if i != 1 else 'lamp'
        stamps.append(robot.look(label, position=(x, 0.0, 0.0), yaw=yaw))
        client.counted(lambda s, n=i + 1: s.observations >= n, f'{i + 1} observations')
    publisher = client.node.create_publisher(Path, 'corrected_path', 1)
    client.until(publisher.get_subscription_count, 'who listens to corrected_path')
    return stamps, publisher


def sofas(client):
    found = client.call(Objects, 'memory/objects', Objects.Request(text='sofa')).objects
    return sorted(thing.position.x for thing in found)


def test_a_corrected_path_makes_one_of_what_was_double(client, driven):
    stamps, publisher = driven
    assert sofas(client) == pytest.approx([2.0, 3.0], abs=0.05)
    publisher.publish(path(stamps, [(0, 0, 0), (1, 0, 0), (0, 0, 0)]))
    client.until(lambda: len(sofas(client)) == 1, 'the sofas to be one')
    assert sofas(client) == pytest.approx([2.0], abs=0.05)
    assert '1 observations moved to corrected_path' in client.process.output()


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (lambda msg: setattr(msg.poses[1].pose.orientation, 'w', 5.0), 'poses[1].orientation'),
        (lambda msg: setattr(msg.poses[0].pose.position, 'x', math.nan), 'poses[0].pose.position'),
        (lambda msg: setattr(msg.poses[2].header, 'stamp', Time()), 'poses[2].header.stamp is'),
        (lambda msg: setattr(msg.header, 'frame_id', 'moon'), "header.frame_id is 'moon'"),
    ],
)
def test_a_path_that_can_not_be_is_refused_by_name(client, driven, spoil, reason):
    stamps, publisher = driven
    before = sofas(client)
    msg = path(deepcopy(stamps), [(9, 9, 1)] * 3)
    spoil(msg)
    publisher.publish(msg)
    client.until(lambda: f'corrected_path: {reason}' in client.process.output(), 'the refusal')
    assert any(r.startswith('corrected_path') for r in client.rejected())
    assert sofas(client) == before
