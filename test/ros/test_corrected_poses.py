"""A path or poses by key move what was seen from there; broken ones are refused by name."""

from __future__ import annotations

from copy import deepcopy
import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, TransformStamped
from memory_msgs.srv import Objects
from nav_msgs.msg import Path
import pytest
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

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


def keyed(*poses):
    """Return poses (key, stamp, x, y, yaw) in the frame of odometry."""
    msg = TFMessage()
    for key, stamp, x, y, yaw in poses:
        one = TransformStamped(header=Header(stamp=stamp, frame_id='odom'), child_frame_id=key)
        one.transform.translation.x, one.transform.translation.y = float(x), float(y)
        one.transform.rotation.z, one.transform.rotation.w = math.sin(yaw / 2), math.cos(yaw / 2)
        msg.transforms.append(one)
    return msg


@pytest.fixture(scope='module')
def by_key(client):
    publisher = client.node.create_publisher(TFMessage, 'corrected_poses', 50)
    client.until(publisher.get_subscription_count, 'who listens to corrected_poses')
    return publisher


def lamps(client):
    found = client.call(Objects, 'memory/objects', Objects.Request(text='lamp')).objects
    return [(round(thing.position.x, 1), round(thing.position.y, 1)) for thing in found]


def test_a_pose_by_the_id_of_an_observation_moves_it(client, driven, by_key):
    place = client.retrieve('lamp').places[0]
    by_key.publish(keyed((place.node_id, Time(), 1.0, 4.0, 0.0)))
    client.until(lambda: lamps(client) == [(3.0, 4.0)], 'the lamp to move')
    assert client.retrieve('lamp').places[0].node_id == place.node_id


def test_a_pose_by_any_key_moves_what_was_seen_at_its_stamp(client, driven, by_key):
    stamps, _ = driven
    other = Time(sec=stamps[1].sec + 1, nanosec=stamps[1].nanosec)  # poses of one moment alone
    by_key.publish(keyed(('node 7', stamps[1], 1, 0, 0), ('node 8', other, 9, 9, 0)))
    client.until(lambda: lamps(client) == [(3.0, 0.0)], 'the lamp to move back')


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (lambda one: setattr(one.transform.rotation, 'w', 5.0), 'transforms[0].transform: orient'),
        (lambda one: setattr(one.transform.translation, 'x', math.inf), 'transforms[0].transform'),
        (lambda one: setattr(one.header, 'stamp', Time()), "transforms[0].child_frame_id is 'n'"),
        (lambda one: setattr(one.header, 'frame_id', 'moon'), "header.frame_id is 'moon'"),
    ],
)
def test_poses_by_key_that_can_not_be_are_refused_by_name(client, driven, by_key, spoil, reason):
    stamps, _ = driven
    before = lamps(client)
    msg = keyed(('n', stamps[1], 7, 7, 0))
    spoil(msg.transforms[0])
    by_key.publish(msg)
    client.until(lambda: f'corrected_poses: {reason}' in client.process.output(), 'the refusal')
    assert lamps(client) == before
