"""Topics find their roles by type and name, or as they are told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from memory_node.core.errors import InvalidObservationError, StoreAccessError
from memory_node.interchange.recording import open_recording
from memory_node.interchange.topics import assign_roles


def _connection(topic, kind):
    return SimpleNamespace(topic=topic, msgtype=f'sensor_msgs/msg/{kind}')


KITCHEN = [
    _connection('/camera/color/image_raw/compressed', 'CompressedImage'),
    _connection('/camera/depth/image_rect_raw/compressedDepth', 'CompressedImage'),
    _connection('/camera/color/camera_info', 'CameraInfo'),
    _connection('/camera/depth/camera_info', 'CameraInfo'),
    _connection('/odom', 'Odometry'),
    _connection('/tf', 'TFMessage'),
]


def _topics(connections, named=None):
    return {role: c.topic for role, c in assign_roles(connections, named).items()}


def test_a_recording_of_a_depth_camera_explains_itself():
    assert _topics(KITCHEN) == {
        'image/compressed': '/camera/color/image_raw/compressed',
        'depth/compressedDepth': '/camera/depth/image_rect_raw/compressedDepth',
        'camera_info': '/camera/color/camera_info',
        'depth/camera_info': '/camera/depth/camera_info',
        'odom': '/odom',
    }


def test_raw_comes_before_compressed_unless_that_is_named():
    both = [*KITCHEN, _connection('/camera/color/image_raw', 'Image')]
    assert 'image' in _topics(both)
    assert 'image/compressed' not in _topics(both)
    named = _topics(both, {'image': '/camera/color/image_raw/compressed'})
    assert named['image/compressed'] == '/camera/color/image_raw/compressed'
    assert 'image' not in named


def test_a_named_topic_wins():
    two = [*KITCHEN, _connection('/a/odom', 'Odometry')]
    assert _topics(two)['odom'] == '/odom'  # the other is of a robot that took no picture
    assert _topics(two, {'odom': '/a/odom'})['odom'] == '/a/odom'


@pytest.mark.parametrize('named', [{'sound': '/odom'}, {'odom': '/nowhere'}])
def test_unknown_roles_and_topics_are_named(named):
    with pytest.raises(InvalidObservationError, match=r'sound|/nowhere'):
        assign_roles(KITCHEN, named)


@pytest.mark.parametrize('content', [b'', b'not a bag', b'\x89MCAP0\r\n' + bytes(64)])
def test_a_damaged_recording_is_a_typed_error(tmp_path, content):
    path = tmp_path / 'x.mcap'
    path.write_bytes(content)
    with pytest.raises(InvalidObservationError, match=r'x\.mcap'), open_recording(path):
        pass


def test_a_missing_recording_is_named(tmp_path):
    with pytest.raises(StoreAccessError, match='none'), open_recording(tmp_path / 'none.mcap'):
        pass
