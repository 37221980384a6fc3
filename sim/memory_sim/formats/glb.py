"""Turn the triangles of a world into glTF binary files."""

from __future__ import annotations

from collections.abc import Iterator
import json
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
import trimesh
import trimesh.exchange.gltf
import trimesh.visual.material

from memory_sim.engines.base import GroundTruth, Instance
from memory_sim.engines.habitat.frames import to_habitat
from memory_sim.render.scene import Scene
from memory_sim.render.texture_atlas import LEVELS, TextureAtlas

__all__ = ['STRUCTURE', 'ColorSpace', 'semantic_glb', 'visual_glb']

ColorSpace = Literal['linear', 'srgb']

#: Name of the node that holds walls, floors and all else that is no object.
STRUCTURE = 'structure'
_UNLIT = 'KHR_materials_unlit'

# Typed in part only.
_visual: Any = trimesh.visual
_gltf: Any = trimesh.exchange.gltf


def visual_glb(scene: Scene, truth: GroundTruth, *, colors: ColorSpace) -> bytes:
    """
    Return what a scene looks like: one node per object and one for the structure.

    Parameters
    ----------
    scene
        The triangles.
    truth
        Names the objects; its labels and ids become names of nodes.
    colors
        How the light at the corners is stored. ``'linear'`` is what glTF asks for; Habitat
        shows vertex colours as they are and wants ``'srgb'``.

    """
    out, materials = _scene(), _Materials(scene.atlas)
    shade = scene.shade if colors == 'srgb' else np.power(np.maximum(scene.shade, 0.0), 2.2)
    light: NDArray[np.uint8] = np.rint(np.clip(shade, 0.0, 1.0) * 255.0).astype(np.uint8)
    extras = {STRUCTURE: {'label': STRUCTURE, 'instance_id': 0}}
    owners = {0: STRUCTURE}
    for thing in truth.instances:
        owners[thing.id] = node_name(thing)
        extras[owners[thing.id]] = _extras(thing)
    for owner, texture, rows in _groups(scene):
        uv = scene.uv[rows].reshape(-1, 2)
        mesh, kept = _mesh(scene.corners[rows], uv, light[rows].reshape(-1, 3))
        mesh.visual = _visual.TextureVisuals(
            uv=np.column_stack([uv[kept, 0], 1.0 - uv[kept, 1]]),  # the writer turns v over
            material=materials[texture],
        )
        mesh.visual.vertex_attributes['color'] = _rgba(light[rows].reshape(-1, 3)[kept])
        name = f'{owners[owner]}.{texture}'
        out.graph.update(frame_to=owners[owner], frame_from=out.graph.base_frame)
        out.add_geometry(mesh, node_name=name, geom_name=name, parent_node_name=owners[owner])
    return _export(out, extras)


def semantic_glb(scene: Scene, colors: NDArray[np.uint8]) -> bytes:
    """Return the same surface with each triangle in the colour of its object's id."""
    vertex = np.repeat(colors[scene.instance], 3, axis=0)
    out = _scene()
    mesh, kept = _mesh(scene.corners, vertex)
    mesh.visual = _visual.ColorVisuals(mesh, vertex_colors=_rgba(vertex[kept]))
    out.add_geometry(mesh, node_name='semantic', geom_name='semantic')
    return _export(out, {})


def node_name(thing: Instance) -> str:
    """Return what the node of an object is called, for example ``office_chair_12``."""
    return f'{thing.label.replace(" ", "_")}_{thing.id}'


def _scene() -> Any:
    return trimesh.Scene(base_frame='world')


def _mesh(corners: NDArray[np.float32], *values: NDArray[Any]) -> tuple[Any, NDArray[np.int64]]:
    """Return triangles that share corners of equal values, and which corners were kept."""
    position = np.ascontiguousarray(corners.reshape(-1, 3))
    rows = np.hstack([np.ascontiguousarray(v).view(np.uint8).reshape(len(position), -1)
                      for v in (position, *values)])  # fmt: skip
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1])))[:, 0]
    _, kept, faces = np.unique(keys, return_index=True, return_inverse=True)
    vertices = to_habitat(position[kept]).astype(np.float32)
    mesh = trimesh.Trimesh(vertices, faces.reshape(-1, 3), process=False, validate=False)
    return mesh, kept


def _rgba(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.column_stack([colors, np.full(len(colors), 255, dtype=np.uint8)])


def _groups(scene: Scene) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Yield the triangles that share owner and texture."""
    order = np.lexsort((scene.texture, scene.instance))
    keys = np.stack([scene.instance[order], scene.texture[order]], axis=1)
    cuts = np.flatnonzero(np.any(np.diff(keys, axis=0) != 0, axis=1)) + 1
    for rows in np.split(order, cuts):
        yield int(scene.instance[rows[0]]), int(scene.texture[rows[0]]), rows


class _Materials:
    """One unlit material a texture."""

    def __init__(self, atlas: TextureAtlas) -> None:
        self._atlas = atlas
        self._made: dict[int, Any] = {}

    def __getitem__(self, texture: int) -> Any:
        if texture not in self._made:
            image = None if texture == 0 else Image.fromarray(self._image(texture))
            self._made[texture] = _visual.material.PBRMaterial(
                name=f'texture_{texture}',
                baseColorTexture=image,
                baseColorFactor=[255, 255, 255, 255],
                metallicFactor=0.0,
                roughnessFactor=1.0,
                doubleSided=True,
            )
        return self._made[texture]

    def _image(self, texture: int) -> NDArray[np.uint8]:
        entry = texture * LEVELS
        side, start = int(self._atlas.sides[entry]), int(self._atlas.offsets[entry])
        words = self._atlas.pixels[start : start + side * side]
        return np.ascontiguousarray(words.view(np.uint8).reshape(side, side, 4)[:, :, :3])


def _extras(thing: Instance) -> dict[str, Any]:
    return {
        'label': thing.label,
        'instance_id': thing.id,
        'region_id': thing.region_id,
        'attributes': dict(thing.attributes),
    }


def _export(scene: Any, extras: dict[str, Any]) -> bytes:
    def finish(tree: dict[str, Any]) -> None:
        for node in tree['nodes']:
            if node.get('name') in extras:
                node['extras'] = extras[node['name']]
        for material in tree.get('materials', []):
            material.setdefault('extensions', {})[_UNLIT] = {}
        if tree.get('materials'):
            tree['extensionsUsed'] = sorted({*tree.get('extensionsUsed', []), _UNLIT})
        json.dumps(tree, allow_nan=False)  # glTF has no word for what is not a number

    data: bytes = _gltf.export_glb(scene, include_normals=False, tree_postprocessor=finish)
    return data
