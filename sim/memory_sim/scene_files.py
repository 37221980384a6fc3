"""Which files hold scenes made by others; told without loading what reads them."""

from __future__ import annotations

from pathlib import Path

__all__ = ['GAZEBO', 'MESHES', 'is_scene_file']

#: Endings of files of meshes, and of Gazebo's worlds and models.
MESHES = ('.dae', '.glb', '.gltf', '.obj', '.ply', '.stl')
GAZEBO = ('.sdf', '.world')


def is_scene_file(path: Path | str) -> bool:
    """Whether a file is of a kind that ``import_scene`` reads."""
    return Path(path).suffix.lower() in (*MESHES, *GAZEBO)
