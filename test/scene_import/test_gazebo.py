from __future__ import annotations

from pathlib import Path
from typing import Any

from built_scenes import collada_text, room_scene, write_glb, write_obj
import numpy as np
from PIL import Image
import pytest

from memory_sim.formats.import_scene import import_scene
from memory_sim.formats.parts import Part
from memory_sim.formats.sdf import read_sdf

CUBE = (('Cube', (0.0, 0.0, 0.5), (1.0, 1.0, 1.0), (200, 30, 30)),)
RED = '<material><script><name>Gazebo/Red</name></script></material>'
GROUND = """
<model name="ground_plane"><link name="l"><visual name="v">
  <geometry><plane><normal>0 0 1</normal><size>8 6</size></plane></geometry>
  <material><diffuse>0.5 0.5 0.5 1</diffuse></material>
</visual></link></model>"""


def world(*content: str) -> str:
    inside = '\n'.join(content)
    return f'<?xml version="1.0"?><sdf version="1.7"><world name="w">{inside}</world></sdf>'


def model(name: str, geometry: str, pose: str = '', more: str = '') -> str:
    place = f'<pose>{pose}</pose>' if pose else ''
    return (
        f'<model name="{name}">{place}<link name="link"><visual name="visual">'
        f'<geometry>{geometry}</geometry>{more}</visual></link></model>'
    )


def box(size: str = '1 1 1') -> str:
    return f'<box><size>{size}</size></box>'


def add_model(folder: Path, name: str, geometry: str, pose: str = '') -> None:
    (folder / name).mkdir(parents=True)
    text = f'<sdf version="1.6">{model(name, geometry, pose)}</sdf>'
    (folder / name / 'model-1_6.sdf').write_text(text)
    (folder / name / 'model.config').write_text(
        f'<model><name>{name}</name><sdf version="1.6">model-1_6.sdf</sdf></model>'
    )


def read(folder: Path, text: str, **more: Any) -> list[Part]:
    path = folder / 'test.world'
    path.write_text(text)
    return read_sdf(path, **more)


def extent(parts: list[Part], name: str) -> tuple[list[float], list[float]]:
    corners = np.concatenate([p.corners for p in parts if p.name == name]).reshape(-1, 3)
    return corners.min(axis=0).round(6).tolist(), corners.max(axis=0).round(6).tolist()


def test_a_gazebo_world_becomes_a_world(tmp_path: Path) -> None:
    add_model(tmp_path / 'models', 'kitchen_table', box('1.2 0.8 0.7'), '0 0 0.35 0 0 0')
    (tmp_path / 'worlds').mkdir()
    path = tmp_path / 'worlds' / 'home.world'
    path.write_text(
        world(
            GROUND,
            model('wall_1', box('8 0.1 2.5'), '0 3 1.25 0 0 0'),
            '<include><uri>model://kitchen_table</uri><pose>1 1 0.35 0 0 1.5708</pose></include>',
            '<include><uri>model://kitchen_table</uri><name>red_table</name>'
            '<pose>-2 1 0.35 0 0 0</pose></include>',
            model('bin', '<cylinder><radius>0.2</radius><length>0.6</length></cylinder>',
                  '2 -1 0.3 0 0 0', RED),
        )
    )  # fmt: skip
    scene = import_scene(path)
    things = {t.label: t for t in scene.world.objects}
    assert sorted(things) == ['bin', 'kitchen table', 'red table']
    assert things['kitchen table'].position == pytest.approx((1.0, 1.0, 0.0), abs=1e-4)
    assert things['kitchen table'].size == pytest.approx((0.8, 1.2, 0.7), abs=1e-4)
    assert things['red table'].size == pytest.approx((1.2, 0.8, 0.7), abs=1e-4)
    assert things['bin'].color == 'red'
    assert scene.world.rooms[0].area_m2 == pytest.approx(48.0, rel=0.05)


def test_two_models_of_one_name_are_two_things(tmp_path: Path) -> None:
    add_model(tmp_path, 'chair', box())
    include = '<include><uri>model://chair</uri><pose>{} 0 0 0 0 0</pose></include>'
    parts = read(tmp_path, world(*(include.format(3 * i) for i in range(3))))
    assert sorted({p.name for p in parts}) == ['chair', 'chair_2', 'chair_3']


def test_poses_add_up(tmp_path: Path) -> None:
    text = """
    <model name="a"><pose degrees="true">1 0 0 0 0 90</pose>
      <frame name="top"><pose>0 0 2 0 0 0</pose></frame>
      <link name="base"><pose>1 0 0 0 0 0</pose></link>
      <link name="arm"><pose relative_to="base">1 0 0 0 0 0</pose>
        <visual name="v"><pose>0 0 1 0 0 0</pose><geometry><box><size>0.2 0.2 0.2</size></box>
        </geometry></visual></link>
      <model name="b"><pose relative_to="top" rotation_format="quat_xyzw">0 1 0 0 0 0 1</pose>
        <link name="l"><visual name="v"><geometry><sphere><radius>0.1</radius></sphere></geometry>
        </visual></link></model>
    </model>"""
    parts = read(tmp_path, world(text))
    low, high = extent(parts, 'a')
    assert low == pytest.approx([0.9, 1.9, 0.9])
    assert high == pytest.approx([1.1, 2.1, 1.1])
    low, high = extent(parts, 'b')
    assert np.mean([low, high], axis=0) == pytest.approx([0.0, 0.0, 2.0], abs=1e-6)


def test_meshes_keep_their_axes_unit_and_scale(tmp_path: Path) -> None:
    meshes = tmp_path / 'thing' / 'meshes'
    (tmp_path / 'thing').mkdir()
    meshes.mkdir()
    boxes = (('Cube', (0.0, 0.0, 1.0), (1.0, 1.0, 2.0), (200, 30, 30)),)
    write_obj(meshes / 'cube.obj', boxes)
    (meshes / 'cube.dae').write_text(collada_text(boxes, up='Y_UP', meter=0.01))
    write_glb(meshes / 'cube.glb', room_scene(boxes=boxes, y_up=True))
    mesh = '<mesh><uri>model://thing/meshes/cube.{}</uri><scale>0.5 2 1</scale></mesh>'
    parts = read(tmp_path, world(*(model(k, mesh.format(k)) for k in ('obj', 'dae', 'glb'))))
    for kind in ('obj', 'dae', 'glb'):
        assert extent(parts, kind) == ([-0.25, -1.0, 0.0], [0.25, 1.0, 2.0]), kind


def test_colors_and_pictures_come_from_the_material(tmp_path: Path) -> None:
    Image.new('RGB', (16, 16), (0, 0, 250)).save(tmp_path / 'blue.png')
    parts = read(
        tmp_path,
        world(
            model('a', box(), more='<material><diffuse>0 1 0 0.3</diffuse></material>'),
            model('b', box(), more='<material><pbr><metal><albedo_map>blue.png</albedo_map>'
                                   '</metal></pbr></material>'),
            model('c', box(), more='<transparency>1</transparency>'),
        ),
    )  # fmt: skip
    green, blue = parts
    assert green.color == pytest.approx((0.02, 1.0, 0.02))
    assert green.opacity == pytest.approx(0.3)
    assert blue.image is not None
    assert blue.image[0, 0].tolist() == [0, 0, 250]


def test_models_are_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(tmp_path / 'elsewhere', 'chair', box())
    text = world('<include><uri>model://chair</uri></include>')
    with pytest.raises(Exception, match=r'include uri: not found.*model://chair'):
        read(tmp_path, text)
    assert read(tmp_path, text, model_paths=[tmp_path / 'elsewhere'])
    monkeypatch.setenv('GZ_SIM_RESOURCE_PATH', f'/nowhere:{tmp_path / "elsewhere"}')
    assert read(tmp_path, text)
