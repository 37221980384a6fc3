"""The backend on a real habitat-sim; skipped, with the reason, where there is none."""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import sys

from built_scenes import room_scene, write_glb
import numpy as np
import pytest
from small_worlds import BOX, room_with, two_rooms

from memory_sim.engines.base import CameraModel, Pose2D, Simulator, VelocityCommand
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.engines.habitat.agreement import compare_navigation, compare_pictures
from memory_sim.engines.habitat.errors import (
    HabitatMissingError,
    HabitatSceneError,
    SimulatorDiedError,
)
from memory_sim.engines.habitat.process import habitat_problem, HabitatProcess
from memory_sim.engines.habitat.scenes import find_scene, HabitatScene
from memory_sim.engines.habitat.simulator import HabitatSimulator
from memory_sim.formats.export_scene import export_habitat
from memory_sim.formats.import_scene import import_scene
from memory_sim.robot.robot import SimulatedRobot
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world
from memory_sim.world.open import open_backend

LEVEL = CameraModel(width=160, height=120, pitch_rad=0.0, height_m=0.8)


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HabitatScene]:
    folder = tmp_path_factory.mktemp('habitat')
    worlds = {'box': room_with(BOX), 'rooms': two_rooms(1.0)}
    return {
        name: export_habitat(world, folder / name, furniture='procedural')
        for name, world in worlds.items()
    }


@pytest.fixture(scope='module')
def engine(scenes: dict[str, HabitatScene]) -> Iterator[HabitatSimulator]:
    """One simulator for all tests: making one takes seconds."""
    if problem := habitat_problem():
        pytest.skip(problem)
    sim = HabitatSimulator(scenes['box'], camera=LEVEL)
    yield sim
    sim.close()


@pytest.fixture
def sim(engine: HabitatSimulator, scenes: dict[str, HabitatScene]) -> HabitatSimulator:
    if engine.scene != scenes['box']:
        engine.load(scenes['box'])
    return engine


def test_a_python_without_habitat_is_a_clear_message() -> None:
    with pytest.raises(HabitatMissingError, match='MEMORY_SIM_HABITAT_PYTHON'):
        HabitatProcess('no-such-python')
    if 'habitat_sim' not in sys.modules and not _has_habitat():
        with pytest.raises(HabitatMissingError, match="No module named 'habitat_sim'"):
            HabitatProcess(sys.executable)


def _has_habitat() -> bool:
    from importlib.util import find_spec

    return find_spec('habitat_sim') is not None


@pytest.mark.parametrize('data', [b'', b'[]', b'{', b'\xff'])
def test_a_broken_data_set_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'a.scene_dataset_config.json'
    with pytest.raises(HabitatSceneError, match='a.scene_dataset_config'):
        find_scene(path, 'x')
    path.write_bytes(data)
    with pytest.raises(HabitatSceneError, match='a.scene_dataset_config'):
        find_scene(path, 'x')
    with pytest.raises(HabitatSceneError, match='nowhere.glb'):
        find_scene(None, 'nowhere.glb')


def test_backends_have_names(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="backend: expected one of embedded, habitat, got 'x'"):
        open_backend('', 0, backend='x')
    with pytest.raises(WorldError, match='only the backend habitat'):
        open_backend(f'{tmp_path}/a.scene_dataset_config.json#b', 0)


def test_exported_files_say_what_habitat_asks_for(scenes: dict[str, HabitatScene]) -> None:
    config = scenes['box'].dataset_config
    assert config is not None
    stage = json.loads((config.parent / 'stages' / 'room.stage_config.json').read_text())
    assert stage['up'] == [0.0, 1.0, 0.0]
    text = (config.parent / 'stages' / 'room.semantic.txt').read_text().splitlines()
    assert text[0] == 'HM3D Semantic Annotations'
    assert text[1].startswith('7,')
    assert text[1].endswith(',"box",1')
    found = find_scene(config, 'room')
    assert found.truth == scenes['box'].truth
    (config.parent / 'stages' / 'hurt.truth.json').write_text('{"format": 1}')
    with pytest.raises(WorldError, match=r'hurt\.truth\.json: format'):
        find_scene(config, 'hurt')


def test_depth_is_the_distance(sim: HabitatSimulator) -> None:
    frame = sim.observe_from(Pose2D(x=1.0, y=3.1, yaw_rad=0.0))
    assert frame.depth.dtype == np.float32
    assert np.abs(frame.depth[50:70, 70:90] - (6.0 - 0.06 - 1.0)).max() < 2e-3
    frame = sim.observe_from(Pose2D(x=1.5, y=2.0, yaw_rad=0.0))
    on_box = frame.depth[frame.instances == BOX.id]
    assert (np.abs(on_box - 2.0) < 2e-3).mean() > 0.8


def test_both_backends_show_the_same_room(sim: HabitatSimulator) -> None:
    embedded = EmbeddedSimulator(room_with(BOX), camera=LEVEL, furniture='procedural')
    assert sim.ground_truth == embedded.ground_truth
    poses = [embedded.reset(seed=seed) for seed in range(8)]
    found = compare_pictures(embedded, sim, poses)
    assert found.depth_median_m < 0.001
    assert found.hits > 0.995
    assert found.classes > 0.99
    assert found.instances > 0.99
    assert found.color < 8.0
    ways = compare_navigation(embedded, sim, points=200, paths=6)
    assert ways.navigable > 0.9
    assert ways.near_edge > 0.95
    assert ways.reachable == 1.0
    assert ways.length_median < 1.1
    embedded.close()


@pytest.mark.parametrize('kind', ['apartment', 'office'])
def test_both_backends_show_the_same_building(
    engine: HabitatSimulator, tmp_path: Path, kind: str
) -> None:
    world = generate_world(kind, 1)
    embedded = EmbeddedSimulator(world, camera=LEVEL, furniture='procedural')
    engine.load(export_habitat(world, tmp_path, furniture='procedural'))
    found = compare_pictures(embedded, engine, [embedded.reset(seed=s) for s in range(10)])
    assert found.depth_median_m <= 0.01
    assert found.classes >= 0.98
    embedded.close()


def test_annotations_alone_name_the_same_things(
    engine: HabitatSimulator, scenes: dict[str, HabitatScene]
) -> None:
    known = scenes['box']
    engine.load(
        HabitatScene(dataset_config=known.dataset_config, scene_id='room', keep_navmesh=False)
    )
    (box,) = engine.ground_truth.instances
    assert (box.id, box.label) == (7, 'box')
    assert box.center == pytest.approx((4.0, 2.0, 0.5), abs=0.02)
    assert box.extent == pytest.approx((1.0, 1.2, 1.0), abs=0.02)
    assert engine.ground_truth.classes == ('background', 'box')
    frame = engine.observe_from(Pose2D(x=1.5, y=2.0, yaw_rad=0.0))
    assert set(np.unique(frame.instances)) == {0, 7}


def test_movable_objects_are_things_too(
    engine: HabitatSimulator, scenes: dict[str, HabitatScene], tmp_path: Path
) -> None:
    """Furnish a stage as ReplicaCAD and HSSD do: objects of their own, placed by the scene."""
    config = export_habitat(room_with(BOX), tmp_path, furniture='procedural').dataset_config
    assert config is not None
    cube = (('cube', (0.0, 0.0, 0.0), (0.4, 0.4, 0.4), (20, 20, 200)),)
    (tmp_path / 'objects').mkdir()
    write_glb(tmp_path / 'objects' / 'mug_rack.glb', room_scene(boxes=cube, y_up=True))
    (tmp_path / 'objects' / 'mug_rack.object_config.json').write_text(
        json.dumps({'render_asset': 'mug_rack.glb', 'up': [0, 1, 0], 'front': [0, 0, -1]})
    )
    placed = [
        {'template_name': 'mug_rack', 'translation': [-2.0, 0.6, -x], 'motion_type': 'STATIC',
         'translation_origin': 'asset_local'}
        for x in (2.5, 3.0)
    ]  # fmt: skip
    (tmp_path / 'scenes' / 'full.scene_instance.json').write_text(
        json.dumps(
            {
                'stage_instance': {'template_name': 'stages/room'},
                'semantic_scene_instance': 'room.semantic_config.json',
                'object_instances': placed,
                'default_lighting': 'no_lights',
            }
        )
    )
    data = json.loads(config.read_text())
    config.write_text(json.dumps({**data, 'objects': {'paths': {'.json': ['objects']}}}))
    engine.load(HabitatScene(dataset_config=config, scene_id='full', keep_navmesh=False))
    labels = sorted(thing.label for thing in engine.ground_truth.instances)
    assert labels == ['box', 'mug rack', 'mug rack']
    racks = [t for t in engine.ground_truth.instances if t.label == 'mug rack']
    assert sorted(round(t.center[0], 2) for t in racks) == [2.5, 3.0]
    frame = engine.observe_from(Pose2D(x=1.0, y=2.0, yaw_rad=0.0))
    near = min(racks, key=lambda t: t.center[0])
    seen = frame.instances == near.id
    assert seen.sum() > 100
    assert np.median(frame.depth[seen]) == pytest.approx(1.3, abs=0.01)
    assert BOX.id in np.unique(frame.instances)


def test_a_scene_of_others_is_the_same_in_both(engine: HabitatSimulator, tmp_path: Path) -> None:
    scene = import_scene(write_glb(tmp_path / 'room.glb', room_scene(y_up=True)))
    embedded = EmbeddedSimulator(scene.world, furniture=scene.meshes, camera=LEVEL)
    engine.load(export_habitat(scene.world, tmp_path, furniture=scene.meshes))
    found = compare_pictures(embedded, engine, [embedded.reset(seed=s) for s in range(6)])
    assert found.depth_median_m <= 0.01
    assert found.classes >= 0.98
    embedded.close()


def test_the_robot_drives_and_slides(sim: HabitatSimulator) -> None:
    sim.reset(pose=Pose2D(x=1.0, y=1.0, yaw_rad=0.0))
    result = sim.step(VelocityCommand(linear_m_s=0.5), 1.0)
    assert (result.pose.x, result.pose.y) == pytest.approx((1.5, 1.0), abs=1e-3)
    assert not result.collided
    assert result.stamp_ns == sim.stamp_ns == 10**9
    sim.reset(pose=Pose2D(x=1.0, y=0.6, yaw_rad=-0.8))
    for _ in range(40):
        result = sim.step(VelocityCommand(linear_m_s=0.5), 0.1)
    assert result.collided
    assert 0.2 < result.pose.y < 0.4  # at the wall
    assert result.pose.x > 1.8  # and along it
    turned = sim.step(VelocityCommand(angular_rad_s=1.0), 0.5)
    assert turned.pose.yaw_rad == pytest.approx(-0.3)
    for command, dt_s in ((VelocityCommand(linear_m_s=np.nan), 0.1), (VelocityCommand(), 0.0)):
        with pytest.raises(ValueError, match='finite'):
            sim.step(command, dt_s)


def test_the_robot_is_put_where_it_fits(sim: HabitatSimulator) -> None:
    for seed in range(5):
        pose = sim.reset(seed=seed)
        assert pose == sim.reset(seed=seed)
        assert sim.is_navigable(pose.x, pose.y, pose.z)
        assert abs(pose.z) < 0.1
    assert sim.reset(seed=1) != sim.reset(seed=2)
    for x, y in ((4.0, 2.0), (-1.0, 2.0), (np.nan, 1.0), (0.05, 2.0)):
        assert not sim.is_navigable(x, y)
    assert not sim.is_navigable(1.0, 1.0, 1.5)
    with pytest.raises(ValueError, match='does not fit'):
        sim.reset(pose=Pose2D(x=4.0, y=2.0, yaw_rad=0.0))
    snapped = sim.snap(4.0, 2.0)
    assert snapped is not None
    assert sim.is_navigable(*snapped)


def test_paths_go_through_doors(engine: HabitatSimulator, scenes: dict[str, HabitatScene]) -> None:
    engine.load(scenes['rooms'])
    a, b = Pose2D(x=1.0, y=1.0, yaw_rad=0.0), Pose2D(x=7.0, y=1.0, yaw_rad=0.0)
    path = engine.shortest_path(a, b)
    assert path is not None
    assert np.abs(path[:, 0] - 4.0).min() < 1.0
    assert path[:, 1].max() > 2.4  # the door is at y = 3
    assert engine.geodesic_distance(a, b) == pytest.approx(7.5, abs=0.6)
    assert engine.shortest_path(a, Pose2D(x=20.0, y=0.0, yaw_rad=0.0)) is None
    robot = SimulatedRobot(engine)
    engine.reset(pose=a)
    assert robot.go_to(b)


def test_an_unknown_scene_is_named(sim: HabitatSimulator) -> None:
    wrong = HabitatScene(dataset_config=sim.scene.dataset_config, scene_id='rooom')
    with pytest.raises(HabitatSceneError, match=r"no scene 'rooom'.*like it are room"):
        sim.load(wrong)
    gone = HabitatScene(dataset_config=Path('/nowhere.json'), scene_id='room')
    with pytest.raises(HabitatSceneError, match='nowhere'):
        sim.load(gone)
    assert sim.observe().color.any()  # and the scene before is still there


def test_a_simulator_that_dies_is_named_and_replaced(sim: HabitatSimulator) -> None:
    backend: Simulator = sim
    pose = backend.reset(seed=3)
    before = backend.observe()
    os.kill(sim.process.pid, signal.SIGKILL)
    with pytest.raises(SimulatorDiedError, match='habitat-sim.*code -9'):
        backend.observe()
    with pytest.raises(SimulatorDiedError, match='ended before'):
        backend.step(VelocityCommand(linear_m_s=0.5), 0.1)
    sim.restart()
    assert sim.pose == pose
    np.testing.assert_array_equal(sim.observe().depth, before.depth)
