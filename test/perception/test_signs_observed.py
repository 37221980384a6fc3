"""From a picture of a wall with plates to objects of a memory, through the real reader."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import numpy as np
import pytest
from sign_pictures import FOCAL_PX, SIZE, wall_with_plates

from memory_node import Memory
from memory_node.core.config import PerceptionConfig
from memory_node.core.data import Pose
from memory_node.core.errors import CaptionerError
from memory_node.core.perception.frames import Frame
from memory_node.core.perception.geometry import camera_mounting, Intrinsics, transform_from_pose
from memory_node.core.perception.observer import Perceiver
from memory_node.core.ports import Detection
from memory_node.models.factory import make_sign_reader

pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")

CAMERA = Intrinsics(
    width=SIZE[0], height=SIZE[1], fx=FOCAL_PX, fy=FOCAL_PX, cx=SIZE[0] / 2, cy=SIZE[1] / 2
)
MOUNTING = camera_mounting((0.0, 0.0, 1.5, 0.0, 0.0, 0.0))


@pytest.fixture(scope='module')
def reader():
    return make_sign_reader(PerceptionConfig(signs='rapidocr', signs_threads=2))


def frame(plates, x, stamp, *, angle_deg=0.0, depth=True, detections=()):
    """Look along +x from (x, 0) at a wall that stands at x = 4."""
    picture, depth_m = wall_with_plates(plates, 4.0 - x, angle_deg, seed=stamp)
    pose = Pose.from_yaw((x, 0.0, 0.0), 0.0)
    return Frame(
        stamp_ns=stamp * 10**9,
        color=picture,
        pose=pose,
        map_T_camera=transform_from_pose(pose) @ MOUNTING,
        depth_m=depth_m if depth else None,
        intrinsics=CAMERA,
        detections=tuple(detections),
    )


def test_a_plate_is_placed_read_and_said(reader):
    observation = Perceiver(sign_reader=reader).observe(
        frame([(['Room', '214'], 0.5, -0.2)], 1.5, 1, angle_deg=20.0)
    )
    (sign,) = observation.sightings
    assert sign.label == 'sign "Room 214"'
    angle = np.deg2rad(20.0)
    expected = (4.0 + 0.5 * np.sin(angle), -0.5 * np.cos(angle), 1.7)
    assert sign.position == pytest.approx(expected, abs=0.05)
    assert observation.caption == 'a sign "Room 214"'


def test_without_depth_a_sign_is_seen_but_not_placed(reader):
    perceiver = Perceiver(sign_reader=reader)
    (sign,) = perceiver.observe(frame([(['EXIT'], 0.0, 0.0)], 2.0, 1, depth=False)).sightings
    assert (sign.label, sign.position) == ('sign "EXIT"', None)
    assert perceiver.counts['signs'] == 1


def test_a_sign_that_a_detector_boxed_is_one_thing(reader):
    boxes = (
        Detection(label='sign', confidence=0.8, box_px=(280.0, 200.0, 360.0, 280.0)),
        Detection(label='door', confidence=0.8, box_px=(200.0, 100.0, 400.0, 470.0)),
    )
    seen = Perceiver(sign_reader=reader).observe(
        frame([(['EXIT'], 0.0, 0.0)], 2.0, 1, detections=boxes)
    )
    assert sorted(s.label for s in seen.sightings) == ['door', 'sign "EXIT"']


def test_frames_that_come_near_a_plate_make_one_object(reader, tmp_path):
    perceiver = Perceiver(sign_reader=reader)
    plates = [(['Room', '214'], -0.5, -0.2), (['Room', '216'], 0.5, -0.2)]
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        for i, x in enumerate((1.0, 1.5, 2.0)):
            memory.add(perceiver.observe(frame(plates, x, i + 1)))
        signs = {thing.label: thing for thing in memory.objects('sign')}
        assert set(signs) == {'sign "Room 214"', 'sign "Room 216"'}
        assert {sign.views for sign in signs.values()} == {3}
        best = memory.retrieve('where is room 216?').places[0]
        assert best.target_position == pytest.approx((4.0, -0.5, 1.7), abs=0.08)


def test_signs_of_little_confidence_are_dropped_and_counted(reader):
    perceiver = Perceiver(PerceptionConfig(signs_min_confidence=1.0), sign_reader=reader)
    observation = perceiver.observe(frame([(['EXIT'], 0.0, 0.0)], 1.5, 1))
    assert observation.sightings == ()
    assert (perceiver.counts['signs'], perceiver.counts['signs_dropped']) == (0, 1)


class Failing:
    """Reader that fails in its own way."""

    name = 'failing'

    def read(self, image):
        raise RuntimeError('out of memory')


def test_a_reader_that_fails_costs_the_signs_alone():
    told = []
    perceiver = Perceiver(sign_reader=Failing(), left_out=lambda *said: told.append(said))
    boxes = (Detection(label='door', confidence=0.8, box_px=(200.0, 100.0, 400.0, 470.0)),)
    observation = perceiver.observe(frame([], 2.0, 1, detections=boxes))
    assert [s.label for s in observation.sightings] == ['door']
    assert perceiver.counts['sign_failures'] == 1
    ((topic, message),) = told
    assert topic == 'signs'
    assert 'out of memory' in message


def test_settings_choose_the_reader():
    assert make_sign_reader(PerceptionConfig()) is None
    with pytest.raises(ValueError, match='signs must be one of none, rapidocr'):
        PerceptionConfig(signs='tesseract')
    with pytest.raises(ValueError, match='signs_max_side_px'):
        PerceptionConfig(signs_max_side_px=10)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'rapidocr', None)
    with pytest.raises(CaptionerError, match=r'memory_node\[signs\]'):
        make_sign_reader(PerceptionConfig(signs='rapidocr'))
