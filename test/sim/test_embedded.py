from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import math

import numpy as np
import pytest
from small_worlds import BOX, room_with

from memory_sim.engines.base import CameraModel, Frame, Pose2D, Simulator, VelocityCommand
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.render.render import map_T_camera
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world

LEVEL = CameraModel(width=160, height=120, pitch_rad=0.0, height_m=0.8)
TILTED = CameraModel(width=160, height=120)


@pytest.fixture(scope='module')
def room() -> Iterator[EmbeddedSimulator]:
    sim = EmbeddedSimulator(room_with(BOX), camera=LEVEL, furniture='procedural')
    yield sim
    sim.close()


@pytest.fixture(scope='module')
def tilted() -> Iterator[EmbeddedSimulator]:
    sim = EmbeddedSimulator(room_with(BOX), camera=TILTED, furniture='procedural')
    yield sim
    sim.close()


@pytest.fixture(scope='module')
def apartment() -> Iterator[EmbeddedSimulator]:
    sim = EmbeddedSimulator(generate_world('apartment', 0), furniture='procedural')
    yield sim
    sim.close()


def points_in_map(frame: Frame, camera: CameraModel) -> np.ndarray:
    """Lift every pixel by its depth, as a mapper would."""
    v, u = np.indices(frame.depth.shape)
    k = camera.intrinsics
    z = frame.depth.astype(np.float64)
    p = np.stack([(u - k[0, 2]) / k[0, 0] * z, (v - k[1, 2]) / k[1, 1] * z, z], axis=2)
    matrix = map_T_camera(frame.pose, camera)
    return p @ matrix[:3, :3].T + matrix[:3, 3]


def test_depth_of_a_wall_ahead_is_its_distance(room: EmbeddedSimulator) -> None:
    frame = room.observe_from(Pose2D(x=1.0, y=3.1, yaw_rad=0.0))
    far_wall = 6.0 - 0.06 - 1.0
    center = frame.depth[50:70, 70:90]
    assert np.abs(center - far_wall).max() < 1e-3
    assert frame.depth.dtype == np.float32


def test_depth_of_the_box_is_its_distance(room: EmbeddedSimulator) -> None:
    frame = room.observe_from(Pose2D(x=1.5, y=2.0, yaw_rad=0.0))
    on_box = frame.depth[frame.instances == BOX.id]
    front = np.abs(on_box - 2.0) < 1e-3  # the front side is at x = 3.5
    assert front.mean() > 0.8
    # The front is 1.2 m wide and 1 m high, seen from 2 m.
    k = LEVEL.intrinsics
    pixels = (1.2 / 2.0 * k[0, 0]) * (1.0 / 2.0 * k[1, 1])
    assert front.sum() == pytest.approx(pixels, rel=0.03)


def test_pixels_lie_where_the_camera_model_says(tilted: EmbeddedSimulator) -> None:
    frame = tilted.observe_from(Pose2D(x=1.2, y=1.3, yaw_rad=0.3))
    points = points_in_map(frame, TILTED)
    box = points[frame.instances == BOX.id]
    low = np.array([3.5, 1.4, 0.0]) - 2e-3
    high = np.array([4.5, 2.6, 1.0]) + 2e-3
    assert len(box) > 300
    assert ((box >= low) & (box <= high)).all()
    floor = points[(frame.instances == 0) & (points[:, :, 2] < 0.05) & (frame.depth > 0)]
    assert len(floor) > 1000
    assert np.abs(floor[:, 2]).max() < 0.08  # skirting boards included
    assert np.median(np.abs(floor[:, 2])) < 1e-3


def test_the_middle_of_a_thing_projects_onto_its_pixels(tilted: EmbeddedSimulator) -> None:
    pose = Pose2D(x=1.2, y=2.6, yaw_rad=-0.2)
    frame = tilted.observe_from(pose)
    matrix = np.linalg.inv(map_T_camera(pose, TILTED))
    p = matrix[:3, :3] @ np.array([3.5, 2.0, 0.5]) + matrix[:3, 3]
    u, v = (TILTED.intrinsics @ p)[:2] / p[2]
    assert frame.instances[round(v), round(u)] == BOX.id
    assert frame.depth[round(v), round(u)] == pytest.approx(p[2], abs=0.03)


def test_depth_beyond_the_range_is_zero() -> None:
    camera = CameraModel(width=80, height=60, max_depth_m=2.0, pitch_rad=0.0)
    sim = EmbeddedSimulator(room_with(BOX), camera=camera, furniture='procedural')
    frame = sim.observe_from(Pose2D(x=0.5, y=0.5, yaw_rad=0.0))
    assert frame.depth.max() <= 2.0
    assert (frame.depth == 0.0).mean() > 0.1
    sim.close()


def test_ground_truth_boxes_hold_all_pixels_of_their_things(apartment: EmbeddedSimulator) -> None:
    truth = {i.id: i for i in apartment.ground_truth.instances}
    seen = set()
    for seed in range(6):
        pose = apartment.reset(seed=seed)
        frame = apartment.observe()
        points = points_in_map(frame, apartment.camera)
        for instance in np.unique(frame.instances[frame.instances > 0]).tolist():
            mask = (frame.instances == instance) & (frame.depth > 0)
            offset = np.abs(points[mask] - truth[instance].center)
            assert (offset <= np.array(truth[instance].extent) / 2 + 5e-3).all()
            labels = {apartment.ground_truth.classes[c] for c in np.unique(frame.classes[mask])}
            assert labels <= {truth[instance].label}
            seen.add(instance)
        assert pose == frame.pose
    assert len(seen) > 20
    background = apartment.ground_truth.classes[0]
    assert background == 'background'


def test_pictures_look_like_rooms(apartment: EmbeddedSimulator) -> None:
    for seed in range(6):
        apartment.reset(seed=seed)
        color = apartment.observe().color
        assert color.shape == (480, 640, 3)
        assert color.dtype == np.uint8
        assert 60 < color.mean() < 215
        assert (color.max(axis=2) < 12).mean() < 0.02  # hardly anything is black
        assert color.reshape(-1, 3).std(axis=0).max() > 12  # nor all one shade
        assert (np.abs(np.diff(color.astype(int), axis=1)).max(axis=2) > 0).mean() > 0.2


def test_two_simulators_draw_the_same_bytes(apartment: EmbeddedSimulator) -> None:
    again = EmbeddedSimulator(generate_world('apartment', 0), furniture='procedural', threads=1)
    pose = apartment.reset(seed=4)
    assert again.reset(seed=4) == pose
    first, second = apartment.observe(), again.observe()
    for name in ('color', 'depth', 'instances', 'classes'):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    again.close()


def test_what_is_seen_is_what_the_picture_holds(apartment: EmbeddedSimulator) -> None:
    pose = apartment.reset(seed=2)
    instances = apartment.observe().instances
    counts = apartment.seen_from(pose)
    assert counts == {i: int((instances == i).sum()) for i in np.unique(instances) if i}
    for instance, pixels in counts.items():
        if pixels > 1500:
            assert apartment.visibility(instance, [(pose.x, pose.y)])[0] > 0.0


def test_things_in_other_rooms_are_hidden(room: EmbeddedSimulator) -> None:
    share = room.visibility(BOX.id, [(1.5, 2.0), (4.0, 3.8), (1.5, 20.0)])
    assert share[0] > 0.1
    assert share[1] > 0.1
    assert share[2] == 0.0
    with pytest.raises(ValueError, match='999'):
        room.visibility(999, [(1.0, 1.0)])


def test_time_and_pose_go_on_with_steps(apartment: EmbeddedSimulator) -> None:
    apartment.reset(seed=1)
    turn = VelocityCommand(angular_rad_s=0.5)
    results = [apartment.step(turn, 0.1) for _ in range(1000)]
    assert results[-1].stamp_ns == apartment.stamp_ns == 100 * 10**9
    assert results[-1].pose == apartment.pose
    assert not any(r.collided for r in results)
    assert apartment.reset(seed=1) == apartment.reset(seed=1)
    assert apartment.stamp_ns == 0
    assert apartment.reset(seed=1) != apartment.reset(seed=2)


def test_every_seed_starts_the_robot_in_the_clear(apartment: EmbeddedSimulator) -> None:
    for seed in range(30):
        pose = apartment.reset(seed=seed)
        assert apartment.is_navigable(pose.x, pose.y, pose.z)


def test_a_start_inside_a_thing_is_refused(room: EmbeddedSimulator) -> None:
    with pytest.raises(ValueError, match='does not fit'):
        room.reset(pose=Pose2D(x=4.0, y=2.0, yaw_rad=0.0))


def test_paths_are_in_three_dimensions(apartment: EmbeddedSimulator) -> None:
    start, goal = apartment.reset(seed=1), apartment.reset(seed=2)
    path = apartment.shortest_path(start, goal)
    assert path is not None
    assert path.shape[1] == 3
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert apartment.geodesic_distance(start, goal) <= length + 0.2
    assert apartment.shortest_path(start, Pose2D(x=-5.0, y=0.0, yaw_rad=0.0)) is None
    assert apartment.geodesic_distance(start, Pose2D(x=-5.0, y=0.0, yaw_rad=0.0)) == math.inf


def test_the_plan_shows_things_where_they_are(room: EmbeddedSimulator) -> None:
    plan = room.top_down(resolution_m=0.02, labels=False)
    column, row = plan.pixel(4.0, 2.0)
    red, green, blue = plan.image[row, column].astype(int)
    assert red > green + 30  # the red box
    assert red > blue + 30
    left, right, bottom, top = plan.extent
    assert left < 0.0 < 6.0 < right
    assert bottom < 0.0 < 4.0 < top
    assert plan.image.shape[1] == round((right - left) / 0.02)
    wall = plan.image[plan.pixel(3.0, 0.0)[1], plan.pixel(3.0, 0.0)[0]]
    assert wall.max() < 90


def test_an_embedded_simulator_is_a_simulator(room: EmbeddedSimulator) -> None:
    sim: Simulator = room
    assert sim.camera == LEVEL
    assert sim.ground_truth.regions[0].kind == 'office'
    box = sim.ground_truth.instances[0]
    assert box.attributes == {'color': 'red', 'material': 'cardboard'}
    assert box.center == pytest.approx((4.0, 2.0, 0.5))
    assert box.extent == pytest.approx((1.0, 1.2, 1.0))


def test_an_object_without_a_model_is_refused() -> None:
    with pytest.raises(WorldError, match='spaceship'):
        EmbeddedSimulator(room_with(replace(BOX, model='spaceship')), furniture='procedural')
