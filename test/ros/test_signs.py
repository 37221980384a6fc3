"""The node reads the plates in the pictures that come with detections."""

from __future__ import annotations

from memory_msgs.msg import Status
import pytest
from sensor_msgs.msg import CameraInfo, Image
from sign_pictures import FOCAL_PX, SIZE, wall_with_plates

pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")

DOMAIN = 85
PARAMETERS = {'perception.signs': 'rapidocr'}


def _info() -> CameraInfo:
    width, height = SIZE
    info = CameraInfo(width=width, height=height)
    info.k = [FOCAL_PX, 0.0, width / 2, 0.0, FOCAL_PX, height / 2, 0.0, 0.0, 1.0]
    return info


def test_a_plate_is_read_and_driven_to(client, robot):
    picture, depth_m = wall_with_plates([(['Room', '214'], 0.3, 0.0)], 2.0)
    width, height = SIZE
    shape = {'width': width, 'height': height}
    stamp = robot.now()
    robot.publish('odom', robot.odometry((3.0, 4.0, 0.0)), stamp)
    robot.publish('camera_info', _info(), stamp)
    depth = Image(encoding='32FC1', step=4 * width, data=depth_m.tobytes(), **shape)
    robot.publish('depth', depth, stamp)
    color = Image(encoding='rgb8', step=3 * width, data=picture.tobytes(), **shape)
    robot.publish('image', color, stamp)
    robot.publish('detections', robot.detections('door'), stamp)
    client.counted(lambda s: s.observations == 1, 'an observation')
    answer = client.retrieve('take me to room 214')
    assert answer.status.code == Status.OK
    assert answer.found
    assert answer.places[0].label == 'sign "Room 214"'
    assert 'sign "Room 214"' in answer.places[0].caption
    assert not client.retrieve('take me to room 241').found
