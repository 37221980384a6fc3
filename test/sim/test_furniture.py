from __future__ import annotations

from dataclasses import replace
import io
from pathlib import Path
import zipfile

import numpy as np
from PIL import Image
import pytest

from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.furniture.meshes import Furniture
from memory_sim.furniture.shapes.home import SHAPES
from memory_sim.furniture.sweethome import SweetHome
from memory_sim.render.mesh import bounds_of
from memory_sim.render.textures import TEXTURES
from memory_sim.world.colors import COLORS
from memory_sim.world.errors import WorldError
from memory_sim.world.model import WorldObject

PROPERTIES = """
id=Tiny
id#1=Tiny#toilet
name#1=Toilet
model#1=/tiny/toilet/toiletsUnit.obj
width#1=40
depth#1=60
height#1=80
modelRotation#1=1 0 0 0 1 0 0 0 1
"""

#: A body of which the front (z = 60) carries a picture, and a thin seat.
OBJ = """mtllib toiletsUnit.mtl
v 0 0 0
v 40 0 0
v 40 80 0
v 0 80 0
v 0 0 60
v 40 0 60
v 40 80 60
v 0 80 60
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl body
f 1/1 4/4 3/3 2/2
f 5/1 6/2 7/3 8/4
usemtl seat
f 4/1 8/2 7/3 3/4
usemtl pane
f 1/1 2/2 6/3
"""
MTL = """newmtl body
Kd 1 1 1
map_Kd body.png
newmtl seat
Kd 0.1 0.6 0.1
newmtl pane
Kd 1 1 1
d 0.1
"""

TOILET = WorldObject(
    id=1, label='toilet', model='toilet', position=(1.0, 2.0, 0.0), size=(0.7, 0.4, 0.8)
)


@pytest.fixture
def library(tmp_path: Path) -> SweetHome:
    picture = io.BytesIO()
    Image.new('RGB', (20, 12), (200, 40, 40)).save(picture, 'PNG')
    folder = tmp_path / 'furniture'
    folder.mkdir()
    with zipfile.ZipFile(folder / 'BlendSwap-CC-0.sh3f', 'w') as file:
        file.writestr('PluginFurnitureCatalog.properties', PROPERTIES)
        file.writestr('tiny/toilet/toiletsUnit.obj', OBJ)
        file.writestr('tiny/toilet/toiletsUnit.mtl', MTL)
        file.writestr('tiny/toilet/body.png', picture.getvalue())
    return SweetHome(folder, tmp_path / 'cache')


def every_object() -> list[WorldObject]:
    return [
        WorldObject(
            id=i + 1,
            label=m.label,
            model=m.name,
            position=(1.0, -2.0, 0.5),
            yaw_rad=0.5,
            size=m.size,
            color=m.colors[-1] if m.colors else '',
        )
        for i, m in enumerate(CATALOGUE.values())
    ]


def test_the_catalogue_names_shapes_and_colors_that_exist() -> None:
    for model in CATALOGUE.values():
        assert model.shape in SHAPES, model.name
        assert set(model.colors) <= set(COLORS), model.name
        assert model.label == model.label.lower()
    used = {part.texture for parts in SHAPES.values() for part in parts}
    painted = {name.rstrip(' 1234') for name in TEXTURES}
    assert used <= painted | {''}


@pytest.mark.parametrize('source', ['procedural', 'auto'])
def test_every_model_fills_its_box_and_has_unit_normals(source: str) -> None:
    furniture = Furniture(source)  # type: ignore[arg-type]
    for thing in every_object():
        patches = furniture.patches(thing)
        upright = [replace(thing, yaw_rad=0.0, position=(0.0, 0.0, 0.0))]
        low, high = bounds_of(furniture.patches(upright[0]))
        np.testing.assert_allclose(high - low, thing.size, atol=2e-4, err_msg=thing.model)
        np.testing.assert_allclose(low[2], 0.0, atol=1e-5)
        np.testing.assert_allclose((low + high)[:2], 0.0, atol=1e-4)
        for patch in patches:
            assert np.isfinite(patch.corners).all()
            assert np.isfinite(patch.uv).all()
            lengths = np.linalg.norm(patch.normals, axis=2)
            assert (np.abs(lengths - 1.0) < 1e-3).mean() > 0.95, thing.model


def test_the_color_of_an_object_is_on_its_largest_part() -> None:
    furniture = Furniture('procedural')
    for thing in every_object():
        if thing.color and thing.model not in ('bicycle', 'guitar', 'mirror'):
            colors = [p.finish.color for p in furniture.patches(thing)]
            assert COLORS[thing.color] in colors, thing.model


def test_without_the_package_shapes_stand_in(tmp_path: Path) -> None:
    absent = SweetHome(tmp_path / 'nothing', tmp_path / 'cache')
    assert not absent.installed
    plain = Furniture('procedural').patches(TOILET)
    fallback = Furniture('auto', absent).patches(TOILET)
    for a, b in zip(plain, fallback, strict=True):
        np.testing.assert_array_equal(a.corners, b.corners)
    with pytest.raises(WorldError, match='sweethome3d-furniture'):
        Furniture('sweethome3d', absent)
    with pytest.raises(WorldError, match='wicker'):
        Furniture('wicker')  # type: ignore[arg-type]


def test_a_mesh_is_turned_scaled_and_kept(library: SweetHome) -> None:
    patches = library.load('BlendSwap-CC-0/toiletsUnit')
    assert patches is not None
    low, high = bounds_of(patches)
    np.testing.assert_allclose(high - low, (60, 40, 80))  # depth, width, height
    front = [p for p in patches if p.finish.texture]
    assert len(front) == 1
    assert front[0].corners[:, :, 0].max() == 60.0  # the model's +z is the object's front
    assert len(patches) == 2  # the pane lets light through and is left out

    furniture = Furniture('sweethome3d', library)
    chosen = furniture.patches(TOILET)
    low, high = bounds_of(chosen)
    np.testing.assert_allclose(high - low, TOILET.size, atol=1e-6)
    furniture.close()

    again = SweetHome(library._folder, library._cache)
    kept = again.load('BlendSwap-CC-0/toiletsUnit')
    assert kept is not None
    for a, b in zip(patches, kept, strict=True):
        np.testing.assert_array_equal(a.corners, b.corners)
        assert a.finish == b.finish
    assert set(again.textures) == set(library.textures)


def test_the_object_color_replaces_the_color_that_covers_most(library: SweetHome) -> None:
    blue = replace(TOILET, color='blue')
    furniture = Furniture('sweethome3d', library)
    patches = furniture.patches(blue)
    colors = {p.finish.texture: p.finish.color for p in patches}
    gray = [name for name in colors if name.endswith('#gray')]
    assert len(gray) == 1
    assert colors[gray[0]] == COLORS['blue']
    image = furniture.textures[gray[0]]
    assert (image[:, :, 0] == image[:, :, 2]).all()
    assert image.shape[0] == image.shape[1] == 32


@pytest.mark.parametrize('damage', [b'', b'PK\x03\x04 cut short', b'not a mesh'])
def test_a_damaged_cache_is_made_again(library: SweetHome, damage: bytes) -> None:
    first = library.load('BlendSwap-CC-0/toiletsUnit')
    kept = list(library._cache.glob('*.npz'))
    assert len(kept) == 1
    kept[0].write_bytes(damage)
    again = SweetHome(library._folder, library._cache).load('BlendSwap-CC-0/toiletsUnit')
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first[0].corners, again[0].corners)


def test_a_library_that_is_no_archive_falls_back_to_shapes(tmp_path: Path) -> None:
    (tmp_path / 'BlendSwap-CC-0.sh3f').write_bytes(b'garbage')
    broken = SweetHome(tmp_path, tmp_path / 'cache')
    assert broken.load('BlendSwap-CC-0/toiletsUnit') is None
    assert broken.load('BlendSwap-CC-0/nothing') is None
    assert Furniture('sweethome3d', broken).patches(TOILET)
