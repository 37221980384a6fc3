from __future__ import annotations

import contextlib
from pathlib import Path

from built_scenes import collada_text, ROOM, room_scene, write_glb, write_obj
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.formats.import_scene import import_scene
from memory_sim.formats.parts import SceneFileError
from memory_sim.world.errors import WorldError

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def refused(path: Path, match: str, **more: object) -> None:
    with pytest.raises(WorldError, match=match) as caught:
        import_scene(path, **more)  # type: ignore[arg-type]
    assert path.name in str(caught.value)


@pytest.mark.parametrize('name', ['a.glb', 'a.gltf', 'a.obj', 'a.dae', 'a.stl', 'a.ply', 'a.sdf'])
@pytest.mark.parametrize(
    'data', [b'', b'glTF', b'nonsense\n', b'<a', b'{"asset": 1}', b'\x00' * 99]
)
def test_what_is_no_scene_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    refused(path, 'file')
    path.write_bytes(data)
    refused(path, r'content|geometry|scene|XML|root|mesh')


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / 'a.blend').write_bytes(b'BLENDER')
    refused(tmp_path / 'a.blend', 'suffix')


@settings(deadline=None, max_examples=15)
@given(cut=st.integers(0, 4000), value=st.integers(0, 255))
def test_a_damaged_file_gives_a_world_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, cut: int, value: int
) -> None:
    path = write_glb(tmp_path_factory.getbasetemp() / 'room.glb', room_scene(y_up=True))
    data = bytearray(path.read_bytes())
    data[cut % len(data)] = value
    path.write_bytes(data)
    with contextlib.suppress(WorldError):
        import_scene(path)


def test_vertices_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    scene = room_scene(y_up=True)
    vertices = np.array(scene.geometry['mesh of Chair_012'].vertices)
    vertices[3, 1] = np.nan
    scene.geometry['mesh of Chair_012'].vertices = vertices
    refused(write_glb(tmp_path / 'room.glb', scene), 'Chair_012.*finite')


def test_triangles_without_area_are_no_geometry(tmp_path: Path) -> None:
    path = tmp_path / 'flat.obj'
    path.write_text('v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n')
    refused(path, 'geometry: expected triangles')


def test_a_scene_without_a_floor_is_refused(tmp_path: Path) -> None:
    refused(write_obj(tmp_path / 'walls.obj', ROOM[1:3]), 'floor', up='z')


def test_a_scene_where_the_robot_fits_nowhere_is_refused(tmp_path: Path) -> None:
    boxes = [ROOM[0], ('crate', (2.5, 2.0, 0.5), (4.9, 3.9, 1.0), (90, 90, 90))]
    scene = import_scene(write_obj(tmp_path / 'full.obj', boxes), up='z', unit_m=1.0)
    with pytest.raises(WorldError, match='fits nowhere'):
        EmbeddedSimulator(scene.world, furniture=scene.meshes)


@pytest.mark.parametrize('unit', [1000.0, 1e-4])
def test_scenes_of_no_sensible_size_are_refused(tmp_path: Path, unit: float) -> None:
    refused(write_obj(tmp_path / 'room.obj'), f'extent.*{unit:g} m; give', up='z', unit_m=unit)


@pytest.mark.parametrize('unit', [0.0, -1.0, float('nan'), float('inf')])
def test_a_unit_is_a_length(tmp_path: Path, unit: float) -> None:
    refused(write_obj(tmp_path / 'room.obj'), 'unit_m', unit_m=unit)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    head, body = collada_text().split('?>', 1)
    path = tmp_path / 'bomb.dae'
    path.write_text(f'{head}?>{BOMB}{body}')
    refused(path, 'entities: refused')
    path = tmp_path / 'bomb.sdf'
    path.write_text(f'<?xml version="1.0"?>{BOMB}<sdf version="1.6">&b;</sdf>')
    refused(path, 'entities: refused')


BOX = '<box><size>1 1 1</size></box>'


def visual(geometry: str, more: str = '') -> str:
    return f'<visual name="v"><geometry>{geometry}</geometry>{more}</visual>'


@pytest.mark.parametrize(
    ('content', 'match'),
    [
        ('', 'visual: expected something visible'),
        ('<include><uri>model://nothing</uri></include>', 'include uri: not found'),
        ('<include><uri>model://../../etc</uri></include>', 'include uri: not found'),
        ('<include><uri>http://example.org/a</uri></include>', 'include uri: cannot be used'),
        ('<include/>', 'include uri: cannot be used'),
        (visual('<mesh><uri>file:///etc/passwd</uri></mesh>'), 'mesh uri: not found'),
        (visual('<mesh><uri>model://../secret.obj</uri></mesh>'), 'mesh uri: not found'),
        (visual('<mesh><uri>room.obj</uri><scale>1 x 1</scale></mesh>'), 'scale'),
        (visual('<mesh><uri>room.obj</uri><scale>1 nan 1</scale></mesh>'), 'scale'),
        (visual('<box><size>1 1</size></box>'), 'box size'),
        (visual('<box><size>1 -1 1</size></box>'), 'box size'),
        (visual('<sphere/>'), 'sphere radius'),
        (visual('<plane><size>1 1</size><normal>0 0 0</normal></plane>'), 'plane normal'),
        (visual(BOX, '<pose>1 2 3</pose>'), 'pose'),
        (visual(BOX, '<pose relative_to="x">0 0 0 0 0 0</pose>'), "relative_to: no frame 'x'"),
        (visual(BOX, '<material><diffuse>red</diffuse></material>'), 'diffuse'),
        (visual(BOX, '<material><pbr><metal><albedo_map>no.png</albedo_map></metal></pbr>'
                     '</material>'), 'albedo_map: not found'),
    ],
)  # fmt: skip
def test_what_gazebo_files_get_wrong_is_named(tmp_path: Path, content: str, match: str) -> None:
    write_obj(tmp_path / 'secret.obj')
    folder = tmp_path / 'world'
    folder.mkdir()
    write_obj(folder / 'room.obj')
    if content.startswith('<visual'):
        content = f'<model name="m"><link name="l">{content}</link></model>'
    path = folder / 'test.world'
    path.write_text(f'<sdf version="1.6"><world name="w">{content}</world></sdf>')
    with pytest.raises(SceneFileError, match=match):
        import_scene(path)


def test_models_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / 'a').mkdir()
    include = '<include><uri>model://a</uri></include>'
    (tmp_path / 'a' / 'model.sdf').write_text(
        f'<sdf version="1.7"><model name="a">{include}</model></sdf>'
    )
    path = tmp_path / 'test.world'
    path.write_text(f'<sdf version="1.6"><world name="w">{include}</world></sdf>')
    with pytest.raises(SceneFileError, match='at most 16 levels'):
        import_scene(path)
