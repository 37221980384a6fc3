"""A recording is fed to the node over DDS without loss."""

from __future__ import annotations

from collections import Counter
import os
import subprocess
import sys

from data import require_data
from interchange.made_bags import FRAMES as RECORDED
from interchange.made_bags import Recipe, record
import numpy as np
import pytest

from memory_node import Memory

rosbags = pytest.importorskip('rosbags.rosbag2', reason='needs rosbags')
from rosbags.typesys import get_typestore, Stores  # noqa: E402

DOMAIN = 38
STORE = get_typestore(Stores.ROS2_JAZZY)
TYPES = STORE.types
FRAMES = 60


def _header(stamp_ns, frame_id):
    time = TYPES['builtin_interfaces/msg/Time']
    return TYPES['std_msgs/msg/Header'](
        stamp=time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9), frame_id=frame_id
    )


def _image(stamp_ns, rng):
    return TYPES['sensor_msgs/msg/Image'](
        header=_header(stamp_ns, 'camera_optical'),
        height=48,
        width=64,
        encoding='rgb8',
        is_bigendian=0,
        step=192,
        data=rng.integers(0, 256, 48 * 192, dtype=np.uint8),
    )


def _odometry(stamp_ns, x):
    vector, quaternion = TYPES['geometry_msgs/msg/Vector3'], TYPES['geometry_msgs/msg/Quaternion']
    pose = TYPES['geometry_msgs/msg/Pose'](
        position=TYPES['geometry_msgs/msg/Point'](x=x, y=0.0, z=0.0),
        orientation=quaternion(x=0.0, y=0.0, z=0.0, w=1.0),
    )
    zero = vector(x=0.0, y=0.0, z=0.0)
    return TYPES['nav_msgs/msg/Odometry'](
        header=_header(stamp_ns, 'odom'),
        child_frame_id='base_link',
        pose=TYPES['geometry_msgs/msg/PoseWithCovariance'](pose=pose, covariance=np.zeros(36)),
        twist=TYPES['geometry_msgs/msg/TwistWithCovariance'](
            twist=TYPES['geometry_msgs/msg/Twist'](linear=zero, angular=zero),
            covariance=np.zeros(36),
        ),
    )


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """Record a robot that drives 6 m past noise, image before odometry at every stamp."""
    path = tmp_path_factory.mktemp('bag') / 'drive'
    rng = np.random.default_rng(0)
    kind = rosbags.StoragePlugin.MCAP
    with rosbags.Writer(path, version=9, storage_plugin=kind) as writer:
        image = writer.add_connection('/eye/image', 'sensor_msgs/msg/Image', typestore=STORE)
        odom = writer.add_connection('/odom', 'nav_msgs/msg/Odometry', typestore=STORE)
        for i in range(FRAMES):
            stamp_ns = 1_000_000_000 + i * 33_333_333
            for connection, message in (
                (image, _image(stamp_ns, rng)),
                (odom, _odometry(stamp_ns, 0.1 * i)),
            ):
                content = STORE.serialize_cdr(message, connection.msgtype)
                writer.write(connection, stamp_ns, content)
    return path


def _replay(client, *arguments):
    command = [sys.executable, '-m', 'memory_node.ros.bag_player', *map(str, arguments)]
    command += ['--ros-args', '-r', f'__ns:={client.process.namespace}']
    return subprocess.run(
        command,
        env=dict(os.environ, ROS_DOMAIN_ID=str(DOMAIN)),
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_every_picture_arrives_and_is_accounted_for(start, connect, eager, bag, folder):
    settings = {
        **eager,
        'use_sim_time': True,
        'memory_path': str(folder / 'noise.sqlite'),
        'perception.captioner': 'caption',
        'ingest.companion_timeout_s': 30.0,
    }
    client = connect(start(settings))
    client.until(lambda: client.statistics, 'first statistics')
    done = _replay(client, bag, '--rate', 0)
    assert done.returncode == 0, done.stderr
    last = client.counted(lambda s: s.images_received >= FRAMES, 'every picture')
    assert last.images_received == FRAMES
    assert last.odometry_received == FRAMES
    assert last.frames_dropped == 0
    assert f'{FRAMES} image' in done.stderr


def test_a_real_kitchen_is_remembered_and_answers(start, connect, folder):
    model = require_data('yolox_nano')
    recording = require_data('kitchen_rgbd') / 'kitchen' / 'kitchen.mcap'
    settings = {
        'memory_path': str(folder / 'kitchen.sqlite'),
        'autostart': True,
        'use_sim_time': True,
        'pose_source': 'odom',
        'ingest.companion_timeout_s': 30.0,
        'perception.captioner': 'yolox',
        'perception.model_path': str(model / 'yolox_nano.onnx'),
    }
    client = connect(start(settings))
    client.until(lambda: client.statistics, 'first statistics')
    done = _replay(client, recording, '--rate', 0)
    assert done.returncode == 0, done.stderr
    last = client.counted(
        lambda s: s.images_received >= 250 and s.observations == s.keyframes,
        'every picture to be described',
    )
    assert last.images_received == last.keyframes + last.frames_gated
    assert (last.frames_dropped, last.frames_unpaired) == (0, 0)
    assert last.observations > 10
    for question, label, where in (
        ('where is the table?', 'dining table', (1.9, 0.3, 0.1)),
        ('where can I sit?', 'chair', (2.2, 0.4, 0.2)),
    ):
        answer = client.retrieve(question)
        assert answer.found, answer.status.message
        assert answer.places[0].label == label
        p = answer.places[0].target_position
        assert np.hypot(p.x - where[0], p.y - where[1]) < 1.6


def test_every_camera_of_a_recording_is_played(start, connect, eager, tmp_path, folder):
    looking = {'front': (0.1, 0.0, 1.0, 0.0, 0.0, 0.0), 'rear': (0.0, 0.0, 1.0, 0.0, 0.0, 3.14)}
    drive = record(tmp_path / 'two', Recipe(main_camera=False, named_cameras=looking))
    store = folder / 'two.sqlite'
    settings = {
        **eager,
        'use_sim_time': True,
        'pose_source': 'odom',
        'memory_path': str(store),
        'cameras': list(looking),
        'camera.front.x': 0.1,
        'camera.rear.yaw': 3.14,
        'perception.captioner': 'none',
        'ingest.companion_timeout_s': 30.0,
    }
    client = connect(start(settings))
    client.until(lambda: client.statistics, 'first statistics')
    done = _replay(client, drive, '--rate', 0, '--cameras', 'front,rear')
    assert done.returncode == 0, done.stderr
    assert f'{RECORDED} front/image' in done.stderr
    client.counted(lambda s: s.observations == 2 * RECORDED, 'every picture of both')
    with Memory.open(store, read_only=True) as memory:
        seen = Counter(o.camera for o in memory.observations())
    assert seen == {'front': RECORDED, 'rear': RECORDED}


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        (['BAG', '--cameras', 'front,eye'], 'pictures of front'),
        (['/nowhere/x.mcap'], 'STORE_ACCESS'),
        (['BAG', '--topic', 'odom=/none'], 'INVALID_OBSERVATION'),
        (['BAG', '--topic', 'sound=/odom'], 'INVALID_OBSERVATION'),
    ],
)
def test_what_cannot_be_played_is_said(client, bag, arguments, error):
    done = _replay(client, *(str(bag) if a == 'BAG' else a for a in arguments))
    assert done.returncode == 1
    assert error in done.stderr
