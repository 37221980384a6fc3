"""What a world's triangles are made from: furniture, or an imported scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_sim.render.mesh import Patch
from memory_sim.world.model import World, WorldObject

__all__ = ['MeshSource']


class MeshSource(Protocol):
    """Gives a world its surfaces, in the frame ``map``."""

    @property
    def textures(self) -> Mapping[str, NDArray[np.uint8]]:
        """Pictures that the patches made so far refer to by name."""

    @property
    def structure_blocks(self) -> bool:
        """Whether the robot can run into the structure; False where the world names its walls."""

    def structure(self, world: World) -> Sequence[Patch]:
        """Return everything that is no object: floors, walls, ceilings, lamps."""

    def patches(self, thing: WorldObject) -> Sequence[Patch]:
        """Return an object's surface; raises ``WorldError`` where there is none."""

    def close(self) -> None:
        """Close the files that meshes come from; what was made stays usable."""
