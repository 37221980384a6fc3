"""Where the meshes of objects come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args, Literal

import numpy as np
from numpy.typing import NDArray

from memory_sim.furniture.catalogue.home import CATALOGUE, Model
from memory_sim.furniture.shapes.build import build_shape
from memory_sim.furniture.sweethome import SweetHome
from memory_sim.render.mesh import fit, merge, Patch, subdivide, transform
from memory_sim.render.scene_detail import detail_of, SceneDetail
from memory_sim.render.sign_pictures import build_signs, sign_textures
from memory_sim.render.structure import build_structure
from memory_sim.world.colors import rgb
from memory_sim.world.errors import WorldError
from memory_sim.world.model import World, WorldObject

__all__ = ['Furniture', 'FurnitureSource']

#: Triangles of a mesh in a small world, and pictures that things of one kind may differ in.
_MOST_TRIANGLES = 12_000
_MOST_VARIANTS = 4
#: Sides of a cylinder where no world says otherwise.
_SIDES = 16

Vector3 = tuple[float, float, float]
FurnitureSource = Literal['auto', 'procedural', 'sweethome3d']


class Furniture:
    """Makes the triangles of objects, in the frame ``map``."""

    def __init__(self, source: FurnitureSource = 'auto', meshes: SweetHome | None = None) -> None:
        """
        Choose a source.

        Parameters
        ----------
        source
            ``'sweethome3d'`` takes meshes of that package where a model has some,
            ``'procedural'`` never does, ``'auto'`` does where the package is installed.
        meshes
            The package; the one at its Debian place if None.

        Raises
        ------
        WorldError
            If the source is unknown, or the package is asked for and not installed.

        """
        if source not in get_args(FurnitureSource):
            raise WorldError(
                f'furniture: expected one of {", ".join(get_args(FurnitureSource))}, '
                f'got {source!r}'
            )
        meshes = meshes or SweetHome()
        if source == 'sweethome3d' and not meshes.installed:
            raise WorldError(
                "furniture: expected Debian's sweethome3d-furniture to be installed, got none"
            )
        self._meshes = meshes if source != 'procedural' and meshes.installed else None
        self._detail: SceneDetail | None = None
        self._made: dict[tuple[str, Vector3, str, int], list[Patch]] = {}
        self._signs: Mapping[str, NDArray[np.uint8]] = {}

    @property
    def textures(self) -> Mapping[str, NDArray[np.uint8]]:
        """Pictures that the patches made so far refer to by name."""
        return {**(self._meshes.textures if self._meshes else {}), **self._signs}

    @property
    def structure_blocks(self) -> bool:
        """False: worlds that are furnished from the catalogue name their walls."""
        return False

    def structure(self, world: World) -> list[Patch]:
        """
        Return everything that is no object: the rooms' surfaces, the lamps and the signs.

        From here on the objects' meshes are as fine as the world's detail wants them.
        """
        self._detail = detail_of(world)
        self._made.clear()
        self._signs = sign_textures(world.signs)
        return build_structure(world) + build_signs(world.signs)

    def close(self) -> None:
        """Close the files that meshes come from."""
        if self._meshes:
            self._meshes.close()

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
        variant = thing.id % _MOST_VARIANTS
        key = (model.name, thing.size, thing.color, variant)
        if key not in self._made:  # a row of desks is one desk in many places
            patches = self._mesh(model, thing)
            if patches is None:
                sides = self._detail.sides if self._detail else _SIDES
                patches = build_shape(model.shape, thing.size, variant=variant, sides=sides)
            color = rgb(thing.color) if thing.color else (1.0, 1.0, 1.0)
            patches = merge(_tint(p, color, own=not thing.color) for p in patches)
            if self._detail:
                edge_m = self._detail.object_edge_m(thing.size)
                patches = [subdivide(patch, edge_m) for patch in patches]
            self._made[key] = patches
        return [transform(patch, thing.position, thing.yaw_rad) for patch in self._made[key]]

    def _mesh(self, model: Model, thing: WorldObject) -> list[Patch] | None:
        most = self._detail.mesh_triangles if self._detail else _MOST_TRIANGLES
        if self._meshes is None or not model.meshes or most == 0:
            return None
        # Colour picks the mesh, so that a set of chairs is a set.
        choice = sum(thing.color.encode()) % len(model.meshes)
        name, tint = model.meshes[choice], bool(model.colors)
        patches = self._meshes.load(name, tint=tint, most=most)
        if patches and sum(map(len, patches)) > 2 * most < 2 * _MOST_TRIANGLES:
            return None  # its texture keeps it from being simplified
        return fit(patches, thing.size) if patches else None


def _tint(patch: Patch, color: tuple[float, float, float], *, own: bool) -> Patch:
    if not patch.finish.tinted or own:
        return patch
    r, g, b = (shade * new for shade, new in zip(patch.finish.color, color, strict=True))
    return replace(patch, finish=replace(patch.finish, color=(r, g, b)))
