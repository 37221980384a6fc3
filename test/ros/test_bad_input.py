"""Bad input over DDS: each kind gets a status or a count, and costs nothing that was good."""

from __future__ import annotations

from geometry_msgs.msg import PointStamped, PoseStamped
from memory_msgs.msg import Detection, DetectionArray, Status
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image

DOMAIN = 21


@pytest.fixture(scope='module', autouse=True)
def first_observation(client, robot):
    """One good observation, so that questions have an answer."""
    robot.look('chair')
    client.counted(lambda s: s.observations == 1, 'an observation')


@pytest.fixture(autouse=True)
def still_remembers(client, robot):
    """After each test the node stores what is good, and answers."""
    yield
    before = client.fresh().observations
    robot.look('chair')
    client.counted(lambda s: s.observations > before, 'a good frame after a bad one')
    answer = client.retrieve('where is the chair?')
    assert answer.status.code == Status.OK
    assert answer.places[0].label == 'chair'


def await_refusal(client, part: str) -> None:
    """Wait until a reason that holds ``part`` is counted."""
    client.until(lambda: any(part in reason for reason in client.rejected()), f'refusal: {part}')


def await_place(client, label: str):
    """Return the best place of a thing once it is remembered."""

    def found():
        return next((p for p in client.retrieve(label).places if p.label == label), None)

    return client.until(found, f'a place of {label}')


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('field', ['position', 'orientation', 'covariance'])
def test_a_pose_that_is_not_finite(client, robot, field, value):
    msg = robot.odometry((0.0, 0.0, 0.0))
    if field == 'covariance':
        msg.pose.covariance[0] = value
    else:
        getattr(msg.pose.pose, field).y = value
    robot.publish('odom', msg, robot.now())
    await_refusal(client, 'odom: pose.covariance' if field == 'covariance' else f'{field} must')


def test_an_orientation_that_was_never_set(client, robot):
    msg = robot.odometry((0.0, 0.0, 0.0))
    msg.pose.pose.orientation.w = 0.0
    robot.publish('odom', msg, robot.now())
    await_refusal(client, 'must be a unit quaternion')


@pytest.mark.parametrize(
    ('broken', 'reason'),
    [
        (Image(encoding='rgb8'), 'image: image.width and image.height must be at least'),
        (
            Image(width=64, height=48, step=192, encoding='rgb8', data=bytes(100)),
            'image: image.data is truncated',
        ),
        (
            Image(width=64, height=48, step=100, encoding='rgb8', data=bytes(9216)),
            'image: image.step must be at least',
        ),
        (
            Image(width=64, height=48, step=64, encoding='yuv9', data=bytes(3072)),
            'image: image.encoding must be one of',
        ),
        (
            Image(width=2**31, height=2**31, step=4, encoding='rgb8', data=bytes(16)),
            'image: image.width x height must be at most',
        ),
    ],
    ids=['no size', 'truncated', 'step', 'encoding', 'huge'],
)
def test_a_malformed_image(client, robot, broken, reason):
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('image', broken, stamp)
    await_refusal(client, reason)


@pytest.mark.parametrize(
    'data', [b'', b'no picture', b'\xff\xd8\xff\xe0 cut'], ids=['empty', 'text', 'cut']
)
def test_a_malformed_compressed_image(client, robot, data):
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('image/compressed', CompressedImage(format='jpeg', data=data), stamp)
    robot.publish('detections', robot.detections('chair'), stamp)
    await_refusal(client, 'image: image.data')


def test_depth_of_another_size_costs_only_the_positions(client, robot):
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('depth', robot.depth(2.0, width=64, height=20), stamp)
    robot.publish('image', robot.image(), stamp)
    robot.publish('detections', robot.detections('lamp'), stamp)
    await_refusal(client, 'depth: depth is #x# but colour is #x#: not one view')
    assert not await_place(client, 'lamp').has_target


def test_truncated_depth_costs_only_the_positions(client, robot):
    stamp = robot.now()
    broken = Image(width=64, height=48, step=128, encoding='16UC1', data=bytes(10))
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('depth', broken, stamp)
    robot.publish('image', robot.image(), stamp)
    robot.publish('detections', robot.detections('vase'), stamp)
    await_refusal(client, 'depth: image.data is truncated')
    assert not await_place(client, 'vase').has_target


def test_an_uncalibrated_camera(client, robot):
    msg = robot.camera_info()
    msg.k = [0.0] * 9
    robot.publish('camera_info', msg, robot.now())
    await_refusal(client, 'camera_info: camera_info.fx must be')


@pytest.mark.parametrize('topic', ['image', 'depth', 'odom', 'detections'])
def test_a_stamp_from_the_future(client, robot, topic):
    message = {
        'image': robot.image,
        'depth': lambda: robot.depth(1.0),
        'odom': lambda: robot.odometry((9.0, 9.0, 9.0)),
        'detections': lambda: robot.detections('ghost'),
    }[topic]()
    robot.publish(topic, message, robot.now(ahead_s=3600.0))
    await_refusal(client, f'{topic}: header.stamp is in the future')


def test_stamps_that_jump_back(client, robot):
    past = robot.now(ahead_s=-500.0)
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), past)
    await_refusal(client, 'odom: header.stamp jumped back')
    robot.publish('image', robot.image(), past)
    await_refusal(client, 'image: stamp jumped back')


def test_a_frame_within_an_odometry_gap(client, robot):
    start = robot.now().sec
    client.until(lambda: robot.now().sec > start + 1, 'two seconds without odometry')
    stamp = robot.now(ahead_s=-0.9)
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), robot.now())
    robot.publish('detections', robot.detections('ghost'), stamp)
    await_refusal(client, 'within a gap of the poses')
    assert client.statistics[-1].frames_unpaired > 0


def test_a_frame_without_any_pose(client, robot):
    robot.publish('detections', robot.detections('ghost'), robot.now())
    await_refusal(client, 'no pose as new as the frame')


def test_detections_that_make_no_sense(client, robot):
    stamp = robot.now()
    msg = DetectionArray()
    good = {'left': 24.0, 'right': 40.0, 'top': 16.0, 'bottom': 32.0}
    msg.detections = [
        Detection(label='', confidence=0.9, **good),
        Detection(label='ghost', confidence=float('nan'), **good),
        Detection(label='ghost', confidence=7.0, **good),
        Detection(label='ghost', confidence=0.9, left=float('inf')),
        Detection(label='l' * 1000, confidence=0.9, **good),
        Detection(label='clock', confidence=0.9, **good),
    ]
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('image', robot.image(), stamp)
    robot.publish('detections', msg, stamp)
    await_place(client, 'clock')
    reasons = client.rejected()
    for part in ('label must hold', 'confidence must be', 'box must be finite'):
        assert any(f'detections: {part}' in reason for reason in reasons), reasons


def test_a_label_that_is_not_utf_8(client, robot):
    before = client.fresh().observations
    stamp = robot.now()
    robot.publish('odom', robot.odometry((0.0, 0.0, 0.0)), stamp)
    robot.publish('image', robot.image(), stamp)
    msg = robot.detections('cupXboard')
    msg.header.stamp = stamp
    raw = bytes(serialize_message(msg)).replace(b'cupX', b'cup\xff')
    robot.publishers['detections'].publish(raw)
    client.counted(lambda s: s.observations > before, 'an observation')


def test_a_message_that_is_cut(client, robot):
    raw = bytes(serialize_message(robot.detections('ghost')))
    robot.publishers['detections'].publish(raw[:-6])


@pytest.mark.parametrize(
    ('text', 'code'),
    [
        ('', Status.INVALID_QUERY),
        (' \t\n', Status.INVALID_QUERY),
        ('x' * 1_000_000, Status.INVALID_QUERY),
        ('chair" OR 1=1; DROP TABLE observations; --', Status.OK),
        ("'); DELETE FROM observations; --", Status.OK),
        ('NEAR("chair" AND (table OR *) NOT ^', Status.OK),
        ('caption:chair* + {a b}: "', Status.OK),
        ('%s %n {} \\ \x01', Status.OK),
        ('椅子はどこ？ 🪑', Status.OK),
    ],
    ids=['empty', 'blank', 'huge', 'SQL', 'SQL quote', 'FTS5', 'FTS5 column', 'format', 'unicode'],
)
def test_query_text(client, text, code):
    answer = client.retrieve(text)
    assert answer.status.code == code, answer.status.message
    if code != Status.OK:
        assert 'query.text' in answer.status.message
    assert client.navigate(text).status.code == code


@pytest.mark.parametrize(
    ('fields', 'code', 'word'),
    [
        ({'k': 10**6}, Status.INVALID_QUERY, 'query.k'),
        ({'k': 2**32 - 1}, Status.INVALID_QUERY, 'query.k'),
        ({'mode': 99}, Status.INVALID_QUERY, 'mode'),
        ({'map_id': 'atlantis'}, Status.UNKNOWN_MAP, 'atlantis'),
        ({'radius': 1.0}, Status.INVALID_QUERY, 'near'),
        ({'radius': -1.0, 'use_near': True}, Status.INVALID_QUERY, 'radius'),
        ({'radius': float('nan'), 'use_near': True}, Status.INVALID_QUERY, 'radius'),
    ],
    ids=['k', 'largest k', 'mode', 'map', 'radius alone', 'negative radius', 'NaN radius'],
)
def test_retrieve_fields(client, fields, code, word):
    failed = client.fresh().queries_failed
    answer = client.retrieve('chair', **fields)
    assert answer.status.code == code, answer.status.message
    assert word in answer.status.message
    assert not answer.found
    client.counted(lambda s: s.queries_failed > failed, 'a failed query counted')


def test_k_of_zero_means_the_parameter(client):
    answer = client.retrieve('chair', k=0)
    assert answer.status.code == Status.OK
    assert 1 <= len(answer.places) <= 5


@pytest.mark.parametrize('x', [float('nan'), float('inf')])
def test_a_point_that_is_not_finite(client, x):
    near = PointStamped()
    near.point.x = x
    answer = client.retrieve('chair', use_near=True, near=near)
    assert answer.status.code == Status.INVALID_QUERY
    assert 'near' in answer.status.message
    start = PoseStamped()
    start.pose.position.x = x
    answer = client.navigate('chair', use_start=True, start=start)
    assert answer.status.code == Status.INVALID_QUERY
    assert 'start' in answer.status.message


def test_a_point_in_another_frame(client):
    near = PointStamped()
    near.header.frame_id = 'moon'
    answer = client.retrieve('chair', use_near=True, near=near)
    assert answer.status.code == Status.INVALID_QUERY
    assert "'moon'" in answer.status.message


def test_navigation_goal_fields(client):
    assert client.navigate('chair', alternatives=10**6).status.code == Status.INVALID_QUERY
    assert client.navigate('chair', map_id='atlantis').status.code == Status.UNKNOWN_MAP


def test_a_window_that_ends_before_it_begins(client, robot):
    answer = client.retrieve('chair', use_since=True, since=robot.now(), use_until=True)
    assert answer.status.code == Status.INVALID_QUERY


@pytest.mark.parametrize('path', ['/proc/memory.sqlite', '/no/such/folder/memory.sqlite'])
def test_a_copy_that_cannot_be_written(client, path):
    answer = client.save(path=path)
    assert answer.status.code == Status.STORE_ACCESS
    assert path in answer.status.message


def test_many_different_reasons_stay_bounded(client, robot):
    for i in range(100):
        msg = robot.image()
        msg.encoding = f'strange_{i}'
        robot.publish('image', msg, robot.now())
    await_refusal(client, 'image.encoding must be one of')
    assert len(client.rejected()) <= 65


def test_nothing_was_a_bug(client):
    assert 'internal error' not in client.process.output()
