"""Opens the simulator of a world that was named on a command line."""

from __future__ import annotations

from pathlib import Path

from memory_sim.embedded import EmbeddedSimulator
from memory_sim.generate import generate_world
from memory_sim.simulator import CameraModel
from memory_sim.world_file import load_world

__all__ = ['open_simulator']


def open_simulator(
    world: str, seed: int, *, camera: CameraModel | None = None, threads: int = 2
) -> EmbeddedSimulator:
    """
    Open the world file ``world``, or an apartment generated from ``seed`` when it is empty.

    Raises ``WorldError`` for a world that makes no sense and ``OSError`` for an unreadable file.
    """
    described = load_world(Path(world)) if world else generate_world('apartment', seed)
    return EmbeddedSimulator(described, camera=camera, threads=threads)
