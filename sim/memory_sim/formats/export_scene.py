"""Write a world as a glTF file, or as a scene data set that Habitat reads."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

import numpy as np

from memory_sim.engines.base import GroundTruth
from memory_sim.engines.habitat.scenes import exported_scene, HabitatScene
from memory_sim.engines.habitat.semantic_colors import semantic_colors
from memory_sim.formats.glb import semantic_glb, visual_glb
from memory_sim.formats.scene_truth import ground_truth
from memory_sim.formats.whole_files import write_whole
from memory_sim.furniture.meshes import Furniture, FurnitureSource
from memory_sim.render.mesh_source import MeshSource
from memory_sim.render.scene import Scene
from memory_sim.world.errors import WorldError
from memory_sim.world.model import World
from memory_sim.world.truth_file import dump_truth

__all__ = ['export_glb', 'export_habitat', 'export_scene']

# These glTF files are y up and look along -z, as Habitat itself.
_STAGE = {
    'up': [0.0, 1.0, 0.0],
    'front': [0.0, 0.0, -1.0],
    'origin': [0.0, 0.0, 0.0],
    'scale': [1.0, 1.0, 1.0],
    'units_to_meters': 1.0,
    # Light is baked into the corners' colours.
    'requires_lighting': False,
    'shader_type': 'flat',
    'is_collidable': True,
}
_SEMANTICS = {
    'semantic_up': [0.0, 1.0, 0.0],
    'semantic_front': [0.0, 0.0, -1.0],
    'has_semantic_textures': False,
}


def export_habitat(
    world: World,
    folder: Path | str,
    *,
    furniture: FurnitureSource | MeshSource = 'auto',
    threads: int = 2,
) -> HabitatScene:
    """
    Write a world as a scene data set of Habitat, looking as the embedded simulator draws it.

    Parameters
    ----------
    world
        What there is.
    folder
        Where the files go; it is made, and files of the same names are replaced.
    furniture
        Where meshes come from, as in ``memory_sim.engines.embedded.EmbeddedSimulator``.
    threads
        Processor threads for the light.

    Returns
    -------
    HabitatScene
        What ``memory_sim.engines.habitat.simulator.HabitatSimulator`` opens.

    Raises
    ------
    WorldError
        If an object or its meshes are not to be had.
    OSError
        If a file cannot be written.

    """
    source = Furniture(furniture) if isinstance(furniture, str) else furniture
    try:
        return export_scene(world, Scene(world, source, threads=threads), folder)
    finally:
        source.close()


def export_scene(world: World, scene: Scene, folder: Path | str) -> HabitatScene:
    """Write triangles that were collected already; otherwise as ``export_habitat``."""
    name, base = _slug(world.name), Path(folder)
    truth = ground_truth(world, scene)
    colors = semantic_colors(int(scene.instance.max(initial=0)) + 1)
    files = {
        f'stages/{name}.glb': visual_glb(scene, truth, colors='srgb'),
        f'stages/{name}.semantic.glb': semantic_glb(scene, colors.linear),
        f'stages/{name}.semantic.txt': _descriptor(truth, colors.shown),
        f'stages/{name}.truth.json': dump_truth(truth),
        f'stages/{name}.stage_config.json': _json(
            {
                'render_asset': f'{name}.glb',
                'collision_asset': f'{name}.glb',
                **_STAGE,
                **_semantics(name),
            }
        ),
        f'stages/{name}.semantic_config.json': _json(_semantics(name)),
        f'scenes/{name}.scene_instance.json': _json(
            {
                'stage_instance': {'template_name': f'stages/{name}'},
                'semantic_scene_instance': f'{name}.semantic_config.json',
                'default_lighting': 'no_lights',
            }
        ),
        # Last, so that whoever finds it finds the rest.
        f'{name}.scene_dataset_config.json': _json(
            {
                'stages': {'paths': {'.json': ['stages']}},
                'scene_instances': {'paths': {'.json': ['scenes']}},
                'semantic_scene_descriptor_instances': {'paths': {'.json': ['stages']}},
            }
        ),
    }
    for path, data in files.items():
        write_whole(base / path, data)
    return exported_scene(base / f'{name}.scene_dataset_config.json', name, truth)


def export_glb(
    world: World,
    path: Path | str,
    *,
    furniture: FurnitureSource | MeshSource = 'auto',
    threads: int = 2,
) -> None:
    """
    Write a world as one glTF 2.0 binary file: y up, metres, one named node per object.

    A node is called after its object's label and id; its ``extras`` hold both, the region and
    the attributes. Light is baked into the colours, so the materials are unlit.

    Raises
    ------
    WorldError
        If an object or its meshes are not to be had.
    OSError
        If the file cannot be written.

    """
    source = Furniture(furniture) if isinstance(furniture, str) else furniture
    try:
        scene = Scene(world, source, threads=threads)
        data = visual_glb(scene, ground_truth(world, scene), colors='linear')
    finally:
        source.close()
    write_whole(Path(path), data)


def _semantics(name: str) -> dict[str, Any]:
    return {
        'semantic_asset': f'{name}.semantic.glb',
        'semantic_descriptor_filename': f'{name}.semantic.txt',
        **_SEMANTICS,
    }


def _descriptor(truth: GroundTruth, shown: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Return the ids, colours, labels and regions in the text format of HM3D semantics."""
    lines = ['HM3D Semantic Annotations']
    for thing in truth.instances:
        r, g, b = shown[thing.id].tolist()
        label = thing.label.replace('"', "'").replace('\n', ' ')
        lines.append(f'{thing.id},{r:02X}{g:02X}{b:02X},"{label}",{thing.region_id}')
    return ('\n'.join(lines) + '\n').encode()


def _json(data: Any) -> bytes:
    return json.dumps(data, indent=2).encode()


def _slug(name: str) -> str:
    """Return a world's name as a file name."""
    slug = re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')[:80]
    if not slug:
        raise WorldError(f'world name: expected letters or digits, got {name!r}')
    return slug
