"""Opens the simulator of a world that was named on a command line."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, Literal

from memory_sim.engines.base import CameraModel, Simulator
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.formats.detect import is_dataset, is_scene_file
from memory_sim.furniture.meshes import FurnitureSource
from memory_sim.render.mesh_source import MeshSource
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world, WORLD_KINDS
from memory_sim.world.model import World
from memory_sim.world.splits import parse_world_name
from memory_sim.world.yaml_file import load_world

__all__ = ['Backend', 'find_world', 'open_backend', 'open_simulator']

Backend = Literal['embedded', 'habitat']


def find_world(world: str, seed: int) -> tuple[World, FurnitureSource | MeshSource]:
    """
    Return the world that a command line names, and what it is drawn from.

    Parameters
    ----------
    world
        A world file (YAML), a scene file of others (glTF, OBJ, COLLADA, Gazebo), a kind of
        world, ``kind:seed`` or ``kind:seed:size``, with ``:signs`` at the end for one with door
        plates and the like, or nothing for an apartment.
    seed
        Seed of a world that is generated and does not name its own.

    Raises
    ------
    WorldError
        If the world makes no sense.
    OSError
        If a file cannot be read.

    """
    if not world or world in WORLD_KINDS:
        return generate_world(world or 'apartment', seed), 'auto'
    named = parse_world_name(world)
    if named is not None:
        return named.generate(), 'auto'
    if is_scene_file(world):
        from memory_sim.formats.import_scene import (
            import_scene,  # its readers of meshes load slowly
        )

        scene = import_scene(world)
        return scene.world, scene.meshes
    return load_world(Path(world)), 'auto'


def open_simulator(
    world: str, seed: int, *, camera: CameraModel | None = None, threads: int = 2
) -> EmbeddedSimulator:
    """Open a world in the embedded simulator; ``world``, ``seed`` and errors as ``find_world``."""
    described, source = find_world(world, seed)
    return EmbeddedSimulator(described, furniture=source, camera=camera, threads=threads)


def open_backend(
    world: str,
    seed: int,
    *,
    backend: str = 'embedded',
    camera: CameraModel | None = None,
    threads: int = 2,
) -> Simulator:
    """
    Open a world in either simulator.

    Parameters
    ----------
    world, seed
        As in ``find_world``; for ``'habitat'`` also the path of a
        ``*.scene_dataset_config.json``, ``#`` and the name of a scene in it.
    backend
        ``'embedded'`` or ``'habitat'``.
    camera
        The robot's camera; the default one if None.
    threads
        Processor threads of the embedded simulator.

    Raises
    ------
    WorldError
        If the backend is unknown, or the world makes no sense.
    HabitatError
        If habitat-sim is not to be had, or fails.
    OSError
        If a file cannot be read or written.

    """
    if backend not in get_args(Backend):
        raise WorldError(f'backend: expected one of {", ".join(get_args(Backend))}, '
                         f'got {backend!r}')  # fmt: skip
    dataset, _, scene = world.partition('#')
    if backend == 'embedded':
        if is_dataset(dataset):
            raise WorldError(f'world: only the backend habitat opens {world!r}')
        return open_simulator(world, seed, camera=camera, threads=threads)
    from memory_sim.engines.habitat.scenes import find_scene
    from memory_sim.engines.habitat.simulator import HabitatSimulator, open_world

    if is_dataset(dataset):
        return HabitatSimulator(find_scene(dataset, scene), camera=camera)
    described, source = find_world(world, seed)
    return open_world(described, furniture=source, camera=camera)
