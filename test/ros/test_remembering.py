"""From topics to answers, in processes of their own over DDS."""

from __future__ import annotations

import math

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PointStamped, PoseStamped
from memory_msgs.msg import Status
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from visualization_msgs.msg import MarkerArray

DOMAIN = 20
#: Things and the pose they were seen from: (x, y, yaw); each is 2 m ahead of it.
SEEN = {
    'refrigerator': (0.0, 0.0, 0.0),
    'sofa': (1.0, 0.0, math.pi / 2),
    'bed': (2.0, 0.0, 0.0),
}


@pytest.fixture(scope='module')
def toured(client, robot):
    """The robot has been everywhere."""
    for i, (label, (x, y, yaw)) in enumerate(SEEN.items()):
        robot.look(label, position=(x, y, 0.0), yaw=yaw)
        client.counted(lambda s, n=i + 1: s.observations == n, f'{i + 1} observations')
    return client


def test_what_was_seen_is_found_where_it_is(toured):
    for label, (x, y, yaw) in SEEN.items():
        answer = toured.retrieve(f'where is the {label}?', k=3)
        assert answer.status.code == Status.OK, answer.status.message
        best = answer.places[0]
        assert (answer.found, best.label) == (True, label)
        # Centre of the box: pixel (31.5, 23.5) is the optical axis, so straight ahead.
        expected = (x + 2.0 * math.cos(yaw), y + 2.0 * math.sin(yaw), 0.0)
        found = (best.target_position.x, best.target_position.y, best.target_position.z)
        assert found == pytest.approx(expected, abs=0.05)
        assert (best.pose.position.x, best.pose.position.y) == pytest.approx((x, y), abs=1e-3)
        assert best.header.frame_id == 'odom'  # which nothing joins to a map
        assert best.map_id == 'map'
        assert 0.0 < best.confidence <= 1.0
        assert best.evidence_ids[0]
        assert best.why


def test_filters_reach_the_core(toured):
    near = PointStamped()
    near.point.x = 2.0
    answer = toured.retrieve('furniture', k=3, use_near=True, near=near, radius=0.5)
    assert [p.label for p in answer.places] == ['bed']
    answer = toured.retrieve('furniture', k=3, use_until=True)  # up to 1970
    assert not answer.found
    assert not answer.places


def test_a_goal_has_a_route_and_goes_out(toured):
    goals: list[PoseStamped] = []
    subscription = toured.subscribe(PoseStamped, 'goal_pose', goals)
    toured.until(subscription.get_publisher_count, 'publisher of goal_pose')
    start = PoseStamped()
    answer = toured.navigate('the bed', use_start=True, start=start, alternatives=2, publish=True)
    assert answer.status.code == Status.OK, answer.status.message
    assert answer.found
    assert answer.place.label == 'bed'
    assert answer.has_route
    assert [p.pose.position.x for p in answer.route.poses] == pytest.approx([0.0, 1.0, 2.0])
    assert answer.route_length == pytest.approx(2.0, abs=1e-3)
    toured.until(lambda: goals, 'goal on goal_pose')
    assert goals[0].pose == answer.goal.pose
    assert goals[0].header.frame_id == 'odom'


def test_without_a_start_the_route_begins_at_the_robot(toured):
    answer = toured.navigate('the refrigerator')  # the robot is at the bed
    assert answer.found
    assert answer.route.poses[0].pose.position.x == pytest.approx(2.0)


def test_reports_come_by_themselves(toured):
    markers: list[MarkerArray] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    toured.subscribe(MarkerArray, 'memory/markers', markers, latched)

    def shown() -> dict:
        return {m.ns: m for m in markers[-1].markers} if markers else {}

    def points(name: str) -> int:
        return len(shown()[name].points) if name in shown() else 0

    toured.until(lambda: points('observations') == len(SEEN), 'markers')
    assert points('driven') == 2 * (len(SEEN) - 1)
    health: list[DiagnosticArray] = []
    toured.subscribe(DiagnosticArray, '/diagnostics', health)
    toured.until(lambda: health, 'diagnostics')
    assert health[0].status[0].name.endswith('memory')
    statistics = toured.counted(lambda s: s.queries > 0, 'queries counted')
    assert statistics.keyframes == len(SEEN)
    assert statistics.images_received == len(SEEN)
    assert statistics.query_latency_p50 > 0.0
    assert statistics.store_bytes > 0


def test_a_copy_is_saved_once(toured, folder):
    target = folder / 'copy.sqlite'
    answer = toured.save(path=str(target))
    assert answer.status.code == Status.OK, answer.status.message
    assert target.stat().st_size == answer.bytes
    assert toured.save(path=str(target)).status.code == Status.STORE_ACCESS
    assert toured.save(path=str(target), overwrite=True).status.code == Status.OK


def test_after_a_restart_all_is_remembered(toured, start, connect):
    assert toured.process.end() == 0
    again = connect(start({'autostart': True}))
    again.counted(lambda s: s.observations == len(SEEN), 'the stored observations')
    answer = again.retrieve('where is the sofa?')
    assert answer.found
    assert answer.places[0].label == 'sofa'
