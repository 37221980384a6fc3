"""Where the meshes of objects come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from memory_sim.catalogue import CATALOGUE
from memory_sim.colors import rgb
from memory_sim.mesh import Patch, transform
from memory_sim.shapes import build_shape
from memory_sim.worlds import WorldError, WorldObject

__all__ = ['Furniture', 'FurnitureSource']

FurnitureSource = Literal['auto', 'procedural', 'sweethome3d']


class Furniture:
    """Makes the triangles of objects, in the frame ``map``."""

    def __init__(self, source: FurnitureSource = 'auto') -> None:
        self._source = source
        self._images: dict[str, NDArray[np.uint8]] = {}

    @property
    def textures(self) -> Mapping[str, NDArray[np.uint8]]:
        """Pictures that the patches made so far refer to by name."""
        return self._images

    def patches(self, thing: WorldObject) -> list[Patch]:
        """
        Return an object's surface, scaled to its size, coloured and put in its place.

        Raises
        ------
        WorldError
            If the catalogue has no such model.

        """
        model = CATALOGUE.get(thing.model)
        if model is None:
            raise WorldError(f'model: expected an entry of the catalogue, got {thing.model!r}')
        color = rgb(thing.color) if thing.color else (1.0, 1.0, 1.0)
        return [
            transform(_tint(patch, color), thing.position, thing.yaw_rad)
            for patch in build_shape(model.shape, thing.size)
        ]


def _tint(patch: Patch, color: tuple[float, float, float]) -> Patch:
    if not patch.finish.tinted:
        return patch
    r, g, b = (own * new for own, new in zip(patch.finish.color, color, strict=True))
    return replace(patch, finish=replace(patch.finish, color=(r, g, b)))
