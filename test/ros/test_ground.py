"""Occupancy grids keep goals in free space; those that can't be are refused by name."""

from __future__ import annotations

import math

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import TransformStamped
from memory_msgs.action import Find, Go
from memory_msgs.msg import Drive, Status
from nav_msgs.msg import OccupancyGrid
import numpy as np
import pytest
from rclpy.action import ActionClient
from rclpy.qos import DurabilityPolicy, QoSProfile

tf2_msgs = pytest.importorskip('tf2_msgs.msg', reason='tf2_msgs is not installed')

DOMAIN = 81
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
CELL_M = 0.1
#: The robot stood at the origin and saw a lamp 2 m ahead.
TARGET = (2.0, 0.0)


def grid(blocked=(), *, frame_id='odom', unknown=False, x=-4.0, y=-3.0, yaw=0.0):
    """Return a grid of 8 m by 6 m, with boxes (x0, y0, x1, y1) in its own frame as obstacles."""
    cells = np.full((60, 80), -1 if unknown else 0, np.int8)
    for box in blocked:
        x0, y0, x1, y1 = (round(v / CELL_M) for v in box)
        cells[y0:y1, x0:x1] = 100
    msg = OccupancyGrid()
    msg.header.frame_id = frame_id
    msg.info.resolution, msg.info.width, msg.info.height = CELL_M, 80, 60
    msg.info.origin.position.x, msg.info.origin.position.y = x, y
    msg.info.origin.orientation.z = math.sin(yaw / 2)
    msg.info.origin.orientation.w = math.cos(yaw / 2)
    msg.data = cells.ravel().tolist()
    return msg


#: Around the origin, in a grid whose corner is at (-4, -3).
SOFA = (3.0, 2.0, 5.0, 4.0)


class Map:
    def __init__(self, client) -> None:
        self.client = client
        self.publisher = client.node.create_publisher(OccupancyGrid, 'map', LATCHED)
        client.until(self.publisher.get_subscription_count, 'listener of map')

    def publish(self, msg, until):
        """Publish until what the node answers is as wanted; return that answer."""
        self.publisher.publish(msg)

        def answer():
            given = self.client.navigate('the lamp')
            return given if until(given) else None

        return self.client.until(answer, 'an answer by the new map')


def costmap_update(blocked, width=80, height=60):
    """Return a part of a costmap that is blocked, all of ``grid()`` unless it is smaller."""
    from map_msgs.msg import OccupancyGridUpdate

    msg = OccupancyGridUpdate(x=0, y=0, width=width, height=height)
    msg.header.frame_id = 'odom'
    msg.data = [100 if blocked else 0] * (width * height)
    return msg


@pytest.fixture(scope='module')
def toured(client, robot):
    robot.look('lamp', position=(0.0, 0.0, 0.0), depth_m=2.0)
    client.counted(lambda s: s.observations >= 1, 'an observation')
    return client


@pytest.fixture(scope='module')
def ground(toured):
    return Map(toured)


def at(answer):
    return answer.goal.pose.position.x, answer.goal.pose.position.y


def moved(answer):
    return answer.found and math.hypot(*at(answer)) > 0.5


def unmoved(answer):
    return answer.found and math.hypot(*at(answer)) < 1e-6


def faces(answer):
    q = answer.goal.pose.orientation
    yaw = 2.0 * math.atan2(q.z, q.w)
    x, y = at(answer)
    return math.cos(yaw - math.atan2(TARGET[1] - y, TARGET[0] - x)) > 0.999


def spoilt(**fields):
    msg = grid([SOFA])
    for name, value in fields.items():
        *path, last = name.split('__')
        part = msg
        for step in path:
            part = getattr(part, step)
        setattr(part, last, value)
    return msg


BAD = {
    'info.resolution': spoilt(info__resolution=0.0),
    'info.origin must be finite': spoilt(info__origin__position__x=math.nan),
    'data holds 4800': spoilt(info__width=81),
    'at most 33554432 are taken': spoilt(info__width=100_000, info__height=10_000),
    'orientation': spoilt(info__origin__orientation__w=math.nan),
    'tilted': spoilt(info__origin__orientation__x=1.0, info__origin__orientation__w=0.0),
    'header.frame_id is empty': spoilt(header__frame_id=''),
    'must be 1 to': spoilt(info__width=0, info__height=0, data=[]),
}


def test_what_cannot_be_is_refused_by_name_and_left_aside(toured, ground):
    for said, msg in BAD.items():
        ground.publisher.publish(msg)
        toured.until(lambda said=said: said in toured.process.output(), said)
    assert any(reason.startswith('map') for reason in toured.rejected())
    assert unmoved(toured.navigate('the lamp'))


def test_a_goal_keeps_out_of_the_sofa_and_faces_the_lamp(toured, ground):
    answer = ground.publish(grid([SOFA]), moved)
    assert answer.status.code == Status.OK
    assert 'is not free by' in answer.status.message
    x, y = at(answer)
    assert max(abs(x), abs(y)) > 1.0 + 0.24  # the sofa and the robot's radius
    assert faces(answer)
    assert answer.place.pose.position.x == 0.0  # what was remembered stays
    answer = ground.publish(grid(), unmoved)
    assert 'not free' not in answer.status.message


def test_a_turned_grid_says_the_same(toured, ground):
    # Turned by a quarter: its x goes along y. The box is around the origin again.
    answer = ground.publish(grid([(3.0, 2.0, 5.0, 4.0)], x=3.0, y=-4.0, yaw=math.pi / 2), moved)
    assert max(map(abs, at(answer))) > 1.24
    assert faces(answer)
    ground.publish(grid(), unmoved)


def test_nothing_free_near_is_said_and_no_goal_is_given(toured, ground):
    answer = ground.publish(grid(unknown=True), lambda a: a.status.code == Status.NO_FREE_POSE)
    assert not answer.found
    assert answer.place.label == 'lamp'
    assert 'fits nowhere within 3 m of (0.0, 0.0)' in answer.status.message
    for kind, name in ((Go, 'memory/go'), (Find, 'memory/find')):
        status, result = carried_out(toured, kind, name, text='the lamp')
        assert result.found
        assert 'fits nowhere' in result.status.message
        if kind is Go:
            assert status == GoalStatus.STATUS_ABORTED
            assert result.status.code == Status.NO_FREE_POSE
            assert [d.outcome for d in result.drives] == [Drive.NOT_SENT]
        else:
            assert result.goal.header.frame_id == ''
    ground.publish(grid(), unmoved)


def carried_out(client, kind, name, **fields):
    action = ActionClient(client.node, kind, name)
    client.until(action.server_is_ready, name)
    sent = action.send_goal_async(kind.Goal(**fields))
    client.until(sent.done, 'answer to a goal')
    future = sent.result().get_result_async()
    client.until(future.done, 'result')
    action.destroy()
    return future.result().status, future.result().result


def test_a_grid_in_another_frame_is_left_aside_until_tf_joins_it(toured, ground):
    elsewhere = grid([SOFA], frame_id='plan', x=6.0, y=-3.0)  # the sofa is 10 m along
    answer = ground.publish(elsewhere, lambda a: 'left aside' in a.status.message)
    assert unmoved(answer)
    assert "'plan'" in answer.status.message
    assert "'odom'" in answer.status.message
    tf = toured.node.create_publisher(tf2_msgs.TFMessage, '/tf_static', LATCHED)
    link = TransformStamped(child_frame_id='odom')
    link.header.frame_id = 'plan'
    link.transform.translation.x = 10.0
    link.transform.rotation.w = 1.0
    tf.publish(tf2_msgs.TFMessage(transforms=[link]))
    answer = ground.publish(elsewhere, moved)
    assert answer.goal.header.frame_id == 'odom'
    assert max(map(abs, at(answer))) > 1.24
    assert faces(answer)


def test_changes_of_the_costmap_count_and_those_outside_are_refused(toured):
    updates = pytest.importorskip('map_msgs.msg', reason='map_msgs is not built; run make setup')
    topic = 'global_costmap/costmap'
    whole = toured.node.create_publisher(OccupancyGrid, topic, LATCHED)
    part = toured.node.create_publisher(updates.OccupancyGridUpdate, f'{topic}_updates', 10)
    toured.until(part.get_subscription_count, 'listener of updates')
    whole.publish(grid())

    def blocked():
        part.publish(costmap_update(blocked=True))
        return toured.navigate('the lamp').status.code == Status.NO_FREE_POSE

    toured.until(blocked, 'no free pose')
    part.publish(costmap_update(blocked=False))
    toured.until(lambda: toured.navigate('the lamp').found, 'a free pose')
    part.publish(costmap_update(blocked=True, width=81))
    reason = f'{topic}_updates: it must lie inside of'
    toured.until(lambda: any(reason in r for r in toured.rejected()), 'a refusal')
    assert toured.navigate('the lamp').found
    whole.publish(grid())
