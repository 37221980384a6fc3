"""Which files hold scenes made by others; told without loading what reads them."""

from __future__ import annotations

from pathlib import Path

__all__ = ['GAZEBO', 'MESHES', 'is_dataset', 'is_scene_file']

#: Endings of files of meshes, and of Gazebo's worlds and models.
MESHES = ('.dae', '.glb', '.gltf', '.obj', '.ply', '.stl')
GAZEBO = ('.sdf', '.world')
#: Ending of the configuration of a data set of Habitat.
_DATASET = '.scene_dataset_config.json'


def is_scene_file(path: Path | str) -> bool:
    """Whether a file is of a kind that ``import_scene`` reads."""
    return Path(path).suffix.lower() in (*MESHES, *GAZEBO)


def is_dataset(path: Path | str) -> bool:
    """Whether a file is the configuration of a data set of Habitat."""
    return str(path).endswith(_DATASET)
