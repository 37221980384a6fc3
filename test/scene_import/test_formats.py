from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from built_scenes import collada_text, ROOM, room_scene, write_glb, write_obj
import numpy as np
from PIL import Image
import pytest
from small_worlds import BOX, room_with
import trimesh

from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.formats.export_scene import export_glb
from memory_sim.formats.import_scene import import_scene, ImportedScene
from memory_sim.formats.object_names import clean_label, clean_labels, is_structure
from memory_sim.furniture.sweethome import FOLDER

CAMERA = CameraModel(width=160, height=120, pitch_rad=0.0, height_m=0.6)
THINGS = {'chair': 2, 'dining table': 1, 'refrigerator': 1}


@pytest.fixture(scope='module')
def glb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_glb(tmp_path_factory.mktemp('glb') / 'room.glb', room_scene(y_up=True))


@pytest.fixture(scope='module')
def sim(glb: Path) -> Iterator[EmbeddedSimulator]:
    scene = import_scene(glb)
    sim = EmbeddedSimulator(scene.world, furniture=scene.meshes, camera=CAMERA)
    yield sim
    sim.close()


def labels_of(scene: ImportedScene) -> dict[str, int]:
    found = [thing.label for thing in scene.world.objects]
    return {label: found.count(label) for label in sorted(set(found))}


def check_room(scene: ImportedScene) -> None:
    """Check that a scene is the room, wherever its file put x and y."""
    assert labels_of(scene) == THINGS
    (room,) = scene.world.rooms
    assert 19.0 < room.area_m2 < 22.0  # the walls stand on it
    for thing in scene.world.objects:
        assert thing.position[2] == pytest.approx(0.0, abs=1e-6)
        assert thing.region_id == room.id
    fridge = next(t for t in scene.world.objects if t.label == 'refrigerator')
    assert fridge.size == pytest.approx((0.7, 0.7, 1.8))


def test_a_gltf_scene_becomes_a_world(glb: Path) -> None:
    scene = import_scene(glb)
    check_room(scene)
    assert scene.floor_m == pytest.approx(0.0)
    chair, other, table = (t for t in scene.world.objects if t.label != 'refrigerator')
    assert chair.position[:2] == pytest.approx((1.5, 3.0))
    assert other.position[:2] == pytest.approx((2.5, 3.0))
    assert table.size == pytest.approx((1.4, 0.8, 0.75))
    assert (chair.color, other.color) == ('red', 'blue')


def test_its_pictures_are_those_of_the_room(sim: EmbeddedSimulator) -> None:
    frame = sim.observe_from(Pose2D(x=1.0, y=1.5, yaw_rad=0.0))
    assert frame.depth[60, 60] == pytest.approx(4.0, abs=1e-4)  # the wall at x = 5
    frame = sim.observe_from(Pose2D(x=1.5, y=1.0, yaw_rad=np.pi / 2))
    chair = frame.instances == sim.ground_truth.instances[0].id
    assert chair.sum() > 500
    assert np.median(frame.depth[chair]) == pytest.approx(1.75, abs=1e-3)
    assert {sim.ground_truth.classes[c] for c in np.unique(frame.classes[chair])} == {'chair'}
    red, green, blue = frame.color[chair].mean(axis=0)
    assert red > 1.5 * max(green, blue)
    assert 40 < frame.color.mean() < 230


def test_the_robot_drives_around_what_is_in_it(sim: EmbeddedSimulator) -> None:
    assert sim.is_navigable(1.0, 1.0)
    for x, y in ((1.5, 3.0), (4.0, 3.2), (-0.5, 2.0), (5.0, 2.0), (0.1, 1.0)):
        assert not sim.is_navigable(x, y), (x, y)
    path = sim.shortest_path(Pose2D(x=0.5, y=3.5, yaw_rad=0), Pose2D(x=3.0, y=0.5, yaw_rad=0))
    assert path is not None


@pytest.mark.parametrize('unit', [1.0, 0.01, 0.0254])
def test_an_obj_file_says_neither_axes_nor_unit(tmp_path: Path, unit: float) -> None:
    scene = import_scene(write_obj(tmp_path / 'room.obj', unit_m=unit))
    assert (scene.axes.up, scene.axes.unit_m) == ('z', unit)
    check_room(scene)


def test_axes_and_unit_can_be_given(tmp_path: Path) -> None:
    path = write_obj(tmp_path / 'room.obj')
    scene = import_scene(path, up='z', unit_m=2.0)
    assert scene.axes.unit_m == 2.0
    assert max(t.size[2] for t in scene.world.objects) == pytest.approx(3.6)
    lying = import_scene(path, up='x', unit_m=1.0)
    assert max(t.position[2] for t in lying.world.objects) > 1.0


@pytest.mark.parametrize(('up', 'meter'), [('Z_UP', 1.0), ('Y_UP', 0.01), ('Z_UP', 0.0254)])
def test_collada_says_both(tmp_path: Path, up: str, meter: float) -> None:
    path = tmp_path / 'room.dae'
    path.write_text(collada_text(up=up, meter=meter))
    scene = import_scene(path)
    assert (scene.axes.up, scene.axes.unit_m) == (up[0].lower(), meter)
    check_room(scene)


def test_pictures_of_an_obj_file_are_shown(tmp_path: Path) -> None:
    Image.new('RGB', (30, 20), (10, 200, 30)).save(tmp_path / 'green.png')
    scene = import_scene(write_obj(tmp_path / 'room.obj', texture='green.png'))
    ((name, picture),) = scene.meshes.textures.items()
    assert picture.shape == (32, 32, 3)
    assert picture[0, 0].tolist() == [10, 200, 30]
    patches = [p for patches in scene.meshes.things.values() for p in patches]
    assert {p.finish.texture for p in patches} == {name}


@pytest.mark.parametrize('kind', ['../secret.png', '{folder}/secret.png'])
def test_pictures_outside_the_folder_are_not_read(tmp_path: Path, kind: str) -> None:
    Image.new('RGB', (8, 8)).save(tmp_path / 'secret.png')
    (tmp_path / 'scene').mkdir()
    texture = kind.format(folder=tmp_path)
    scene = import_scene(write_obj(tmp_path / 'scene' / 'room.obj', texture=texture))
    assert not scene.meshes.textures


def test_a_world_that_was_exported_comes_back(tmp_path: Path) -> None:
    world = room_with(BOX)
    export_glb(world, tmp_path / 'room.glb', furniture='procedural')
    scene = import_scene(tmp_path / 'room.glb')
    assert labels_of(scene) == {'box': 1}
    pose = Pose2D(x=1.2, y=1.3, yaw_rad=0.3)
    frames = []
    for again, source in ((world, 'procedural'), (scene.world, scene.meshes)):
        sim = EmbeddedSimulator(again, furniture=source, camera=CAMERA)  # type: ignore[arg-type]
        frames.append(sim.observe_from(pose))
        sim.close()
    assert np.median(np.abs(frames[0].depth - frames[1].depth)) < 1e-4
    assert ((frames[0].instances > 0) == (frames[1].instances > 0)).mean() > 0.999
    apart = np.abs(frames[0].color.astype(int) - frames[1].color)
    assert np.median(apart) <= 3


def test_exported_nodes_tell_what_they_are(tmp_path: Path) -> None:
    export_glb(room_with(BOX), tmp_path / 'room.glb', furniture='procedural')
    scene: Any = trimesh.load(tmp_path / 'room.glb')
    assert {'structure', 'box_7'} <= set(scene.graph.nodes)
    extras = scene.graph.transforms.edge_data[('world', 'box_7')]['metadata']
    assert extras['label'] == 'box'
    assert extras['instance_id'] == 7
    assert extras['attributes'] == {'color': 'red', 'material': 'cardboard'}


def test_furniture_of_others_keeps_its_names(tmp_path: Path) -> None:
    if not any(FOLDER.glob('*.sh3f')):
        pytest.skip("Debian's sweethome3d-furniture is not installed")
    from memory_sim.furniture.sweethome import SweetHome

    home, scene = SweetHome(cache=tmp_path), room_scene(boxes=ROOM[:5])
    wanted = (
        ('Scopia/burlap_sofa', 'Sofa_3', 0.84),
        ('BlendSwap-CC-0/refrigerator', 'Fridge', 1.8),
    )
    for i, (model, name, height) in enumerate(wanted):
        patches = home.load(model)
        assert patches
        corners = np.concatenate([p.corners for p in patches]).reshape(-1, 3)
        mesh: Any = trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3))
        mesh.apply_scale(height / float(mesh.extents[2]))
        (x0, y0, z0), (x1, y1, _) = mesh.bounds.tolist()
        mesh.apply_translation((1.5 + 2.0 * i - (x0 + x1) / 2, 2.0 - (y0 + y1) / 2, -z0))
        scene.add_geometry(mesh, node_name=name)
    home.close()
    path = tmp_path / 'home.obj'
    boxes = [(name, scene.geometry[scene.graph[name][1]]) for name in scene.graph.nodes_geometry]
    lines, first = [], 1
    for name, mesh in boxes:
        lines += [f'o {name}', *('v {} {} {}'.format(*v) for v in mesh.vertices.tolist())]
        lines += ['f {} {} {}'.format(*f) for f in (mesh.faces + first).tolist()]
        first += len(mesh.vertices)
    path.write_text('\n'.join(lines))
    found = import_scene(path)
    assert labels_of(found) == {'fridge': 1, 'sofa': 1}
    assert found.axes.up == 'z'
    sim = EmbeddedSimulator(found.world, furniture=found.meshes, camera=CAMERA)
    sofa = next(t for t in sim.ground_truth.instances if t.label == 'sofa')
    assert not sim.is_navigable(sofa.center[0], sofa.center[1])
    sim.close()


@pytest.mark.parametrize(
    ('name', 'label'),
    [
        ('Chair_012', 'chair'),
        ('Chair_012.001', 'chair'),
        ('SM_OfficeChair_LOD0', 'office chair'),
        ('kitchen-table.mesh', 'kitchen table'),
        ('TVStand01', 'tv stand'),
        ('object_7', 'object'),
        ('mesh_3', ''),
        ('', ''),
    ],
)
def test_labels_are_words(name: str, label: str) -> None:
    assert clean_label(name) == label


def test_words_that_all_names_share_say_nothing() -> None:
    names = [f'aws_robomaker_residential_{thing}_01' for thing in ('Chair', 'SofaC', 'Bed', 'TV')]
    assert clean_labels(names) == ['chair', 'sofa', 'bed', 'tv']
    assert clean_labels(['chair_1', 'chair_2', 'red chair']) == ['chair', 'chair', 'red chair']


def test_the_last_word_tells_walls_from_things_on_walls() -> None:
    assert is_structure('wall')
    assert is_structure('bedroom floor')
    assert is_structure('')
    assert not is_structure('floor lamp')
    assert not is_structure('wall clock')
