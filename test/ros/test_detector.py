"""The node with a detector of its own: pictures in, places out."""

from __future__ import annotations

from pathlib import Path

from data import require_data
from memory_msgs.msg import Status
import pytest
from sensor_msgs.msg import CompressedImage

DOMAIN = 25
DESCRIBED_BY = ''


@pytest.fixture(scope='module')
def eager(eager):
    """The node's parameters, with the recorded detector."""
    model = require_data('yolox_nano')
    return {
        **eager,
        'perception.captioner': 'yolox',
        'perception.model_path': str(next(model.glob('*.onnx'))),
        'perception.classes_path': str(next(model.glob('*.txt'))),
        'perception.concurrency': 2,
    }


def _first_picture(bag: Path) -> bytes:
    """Return a JPEG of the recorded kitchen."""
    from rosbags.highlevel import AnyReader

    with AnyReader([bag]) as reader:
        for connection, _, raw in reader.messages():
            if connection.msgtype == 'sensor_msgs/msg/CompressedImage':
                message = reader.deserialize(raw, connection.msgtype)
                if 'compressedDepth' not in message.format:
                    return bytes(message.data)
    raise AssertionError(f'{bag} holds no picture')


def test_a_compressed_picture_becomes_sightings(client, robot):
    data = _first_picture(require_data('kitchen_rgbd') / 'kitchen')
    stamp = robot.now()
    robot.publish('odom', robot.odometry((3.0, 4.0, 0.0)), stamp)
    robot.publish('image/compressed', CompressedImage(format='jpeg', data=data), stamp)
    client.counted(lambda s: s.observations == 1, 'an observation')
    answer = client.retrieve('where can I sit?')
    assert answer.status.code == Status.OK
    assert answer.places[0].pose.position.y == pytest.approx(4.0)
    assert answer.places[0].caption


def test_a_broken_picture_is_counted(client, robot):
    stamp = robot.now()
    robot.publish('odom', robot.odometry((3.0, 4.0, 0.0)), stamp)
    broken = CompressedImage(format='jpeg', data=b'\xff\xd8\xff\xe0 cut')
    robot.publish('image/compressed', broken, stamp)
    client.until(lambda: any('image.data' in r for r in client.rejected()), 'a count')
    assert client.statistics[-1].observations == 1
