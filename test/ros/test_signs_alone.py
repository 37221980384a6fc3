"""A node that reads signs and nothing else: no detector, no captioner, no depth."""

from __future__ import annotations

import cv2
from memory_msgs.msg import Status
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from sign_pictures import SIZE, wall_with_plates

pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")

DOMAIN = 49
DESCRIBED_BY = ''
PARAMETERS = {'perception.captioner': 'none', 'perception.signs': 'rapidocr'}


def _jpeg(picture) -> CompressedImage:
    packed = cv2.imencode('.jpg', picture[..., ::-1])[1]
    return CompressedImage(format='rgb8; jpeg', data=packed.tobytes())


def test_pictures_are_enough(client, robot):
    bare = np.full((SIZE[1], SIZE[0], 3), 200, np.uint8)
    plate, _ = wall_with_plates([(['Room', '214'], 0.3, 0.0)], 2.0)
    for i, picture in enumerate((bare, plate)):
        stamp = robot.now()
        robot.publish('odom', robot.odometry((3.0 * i, 4.0, 0.0)), stamp)
        robot.publish('image/compressed', _jpeg(picture), stamp)
        client.counted(lambda s, i=i: s.observations == i + 1, 'an observation')
    answer = client.retrieve('take me to room 214')
    assert answer.status.code == Status.OK
    assert answer.found
    assert answer.places[0].label == 'sign "Room 214"'
    assert answer.places[0].pose.position.x == pytest.approx(3.0)
    assert not client.retrieve('room 216').found
