from __future__ import annotations

from collections import Counter
from dataclasses import replace

from demo.flatland import Block, Flatland
import numpy as np
from numpy.testing import assert_array_equal
import pytest

from memory_sim.engines.base import CameraModel, Instance, Pose2D
from memory_sim.robot.detector_noise import DetectorNoise, NoiseModel, project_box

CAMERA = CameraModel()
HERE = Pose2D(x=0.0, y=0.0, yaw_rad=0.0)
CLEAN = NoiseModel(false_positives=0.0, confusion=0.0, difficulty=0.0)


def world(x=2.5, size=0.8, label='sofa', front=()):
    """One thing straight ahead, at distance ``x``, perhaps with something in front of it."""
    thing = Block((x, x + 0.4), (-size / 2, size / 2), 1.0, 1, label)
    return Flatland([thing, *front], HERE, camera=CAMERA)


def rate(sim, model=CLEAN, frames=50, seed=0):
    detector = DetectorNoise(sim.ground_truth, CAMERA, model, seed=seed)
    frame = sim.observe_from(HERE)
    found = [detector.detect(replace(frame, stamp_ns=i)) for i in range(frames)]
    return np.mean([any(d.label == 'sofa' for d in each) for each in found])


def test_projection_agrees_with_the_picture():
    sim = world()
    rows, cols = np.nonzero(sim.observe_from(HERE).instances == 1)
    left, top, right, bottom = project_box(sim.ground_truth.instances[0], HERE, CAMERA)
    assert (left, top) == pytest.approx((cols.min(), rows.min()), abs=1.5)
    assert (right, bottom) == pytest.approx((cols.max() + 1, rows.max() + 1), abs=1.5)


def test_things_behind_the_camera_have_no_projection():
    behind = Instance(id=1, label='x', center=(-2.0, 0, 0.5), extent=(1, 1, 1), region_id=1)
    assert project_box(behind, HERE, CAMERA) is None


def test_near_and_whole_things_are_nearly_always_found():
    assert rate(world(2.0)) > 0.9


def test_misses_grow_with_distance():
    rates = [rate(world(x)) for x in (2.0, 5.0, 7.0, 9.0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] - rates[-1] > 0.3


def test_misses_grow_as_things_shrink():
    assert rate(world(4.0, size=0.05)) < rate(world(4.0, size=0.8)) - 0.2


def test_misses_grow_with_occlusion():
    free = rate(world(3.0, 1.2))
    hidden = rate(world(3.0, 1.2, front=[Block((1.5, 1.6), (-0.6, 0.2), 2.5)]))
    assert hidden < free - 0.3


def test_equal_seed_and_stamp_give_equal_detections_whatever_came_before():
    sim = world()
    frame = sim.observe_from(HERE)
    first = DetectorNoise(sim.ground_truth, CAMERA, seed=3)
    second = DetectorNoise(sim.ground_truth, CAMERA, seed=3)
    for i in range(20):
        second.detect(replace(frame, stamp_ns=1000 + i))
    assert first.detect(frame) == second.detect(frame)
    other = DetectorNoise(sim.ground_truth, CAMERA, seed=4)
    several = [replace(frame, stamp_ns=i) for i in range(10)]
    assert [first.detect(f) for f in several] != [other.detect(f) for f in several]


def test_the_frame_is_not_changed():
    sim = world()
    frame = sim.observe_from(HERE)
    instances, depth = frame.instances.copy(), frame.depth.copy()
    DetectorNoise(sim.ground_truth, CAMERA).detect(frame)
    assert_array_equal(frame.instances, instances)
    assert_array_equal(frame.depth, depth)


def test_boxes_wobble_around_the_truth_and_stay_in_the_picture():
    sim = world()
    frame = sim.observe_from(HERE)
    rows, cols = np.nonzero(frame.instances == 1)
    truth = np.array([cols.min(), rows.min(), cols.max() + 1, rows.max() + 1], float)
    detector = DetectorNoise(sim.ground_truth, CAMERA, CLEAN)
    boxes = [d.box_px for i in range(200) for d in detector.detect(replace(frame, stamp_ns=i))]
    spread = np.std(boxes, axis=0)
    assert np.abs(np.mean(boxes, axis=0) - truth).max() < 6.0
    assert (spread > 0.5).all()
    for left, top, right, bottom in boxes:
        assert 0.0 <= left < right <= CAMERA.width
        assert 0.0 <= top < bottom <= CAMERA.height


def test_confusions_stay_among_similar_things_of_this_world():
    things = [
        Block((2.0, 2.4), (-0.9, -0.1), 1.0, 1, 'sofa'),
        Block((2.0, 2.4), (0.1, 0.9), 1.0, 2, 'armchair'),
        Block((2.0, 2.4), (1.1, 1.6), 1.0, 3, 'toilet'),
    ]
    sim = Flatland(things, HERE, camera=CAMERA)
    model = NoiseModel(false_positives=0.0, confusion=0.5, difficulty=0.0)
    detector = DetectorNoise(sim.ground_truth, CAMERA, model)
    frame = sim.observe_from(HERE)
    labels = Counter(
        d.label for i in range(200) for d in detector.detect(replace(frame, stamp_ns=i))
    )
    assert set(labels) == {'sofa', 'armchair', 'toilet'}
    per_frame = labels['toilet'] / 200
    assert per_frame <= 1.0


def test_ghosts_come_as_often_as_asked_and_are_unsure():
    sim = world(9.5, size=0.01)
    model = NoiseModel(false_positives=0.5)
    detector = DetectorNoise(sim.ground_truth, CAMERA, model)
    empty = replace(
        sim.observe_from(HERE), instances=np.zeros((CAMERA.height, CAMERA.width), np.int32)
    )
    ghosts = [d for i in range(300) for d in detector.detect(replace(empty, stamp_ns=i))]
    assert len(ghosts) / 300 == pytest.approx(0.5, abs=0.12)
    assert all(d.confidence <= 0.5 for d in ghosts)
    assert {d.label for d in ghosts} == {'sofa'}


def test_an_instance_can_be_hard_for_good():
    rates = [rate(world(8.0), NoiseModel(false_positives=0.0), 12, seed) for seed in range(20)]
    assert max(rates) - min(rates) > 0.3


@pytest.mark.parametrize(
    ('field', 'value'),
    [('confusion', 1.5), ('half_pixels', 0.0), ('false_positives', float('nan'))],
)
def test_bad_models_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        NoiseModel(**{field: value})
