"""All triangles of a world in one ray-casting scene, with what each triangle is and looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memory_sim.render.light_points import Surfaces
from memory_sim.render.lighting import bake, Daylight, Emitter
from memory_sim.render.mesh import Finish, merge, Patch, subdivide
from memory_sim.render.mesh_source import MeshSource
from memory_sim.render.raycaster import RayCaster
from memory_sim.render.scene_detail import detail_of
from memory_sim.render.sign_pictures import is_sign
from memory_sim.render.texture_atlas import TextureAtlas
from memory_sim.world.colors import rgb
from memory_sim.world.model import World

__all__ = ['Scene']

FloatArray = NDArray[np.float32]

#: Triangles whose light is worked on at a time.
_CHUNK = 100_000


class Scene:
    """
    What the renderer looks up for the triangle that a ray hits; T triangles in all.

    Light is worked out when a colour picture first needs it. Not thread-safe.
    """

    def __init__(self, world: World, source: MeshSource, *, threads: int = 2) -> None:
        """Collect the triangles of a world; takes a second or two for an apartment."""
        self._world, self._detail = world, detail_of(world)
        found = _Gathered()
        for patch in merge(source.structure(world)):
            found.add(subdivide(patch, self._detail.structure_edge_m), 0)
        for thing in world.objects:
            edge_m = self._detail.object_edge_m(thing.size)
            for patch in source.patches(thing):
                found.add(subdivide(patch, edge_m), thing.id)
        corners, normals, uv = found.joined()
        counts, finishes = np.array(found.counts), found.finishes
        #: (T, 3, 3) corner positions [m].
        self.corners: FloatArray = corners
        self.rays = RayCaster(corners, threads=threads)
        #: (T,) object ids, 0 for the structure.
        self.instance: NDArray[np.int32] = np.repeat(np.array(found.owners, np.int32), counts)
        self.classes = ('background', *sorted({thing.label for thing in world.objects}))
        index = {label: i for i, label in enumerate(self.classes)}
        lookup = np.zeros(1 + max(found.owners, default=0), dtype=np.int32)
        for thing in world.objects:
            lookup[thing.id] = index[thing.label]
        #: (T,) class ids into ``classes``.
        self.category: NDArray[np.int32] = lookup[self.instance]
        #: Textures, and (T,) the index of each triangle's.
        self.atlas = TextureAtlas([f.texture for f in finishes], source.textures)
        entries = np.array([self.atlas.index(f.texture) for f in finishes], dtype=np.int32)
        self.texture: NDArray[np.int32] = np.repeat(entries, counts)
        #: (T,) whether small print is to be read off it; None where nothing has any.
        self.printed: NDArray[np.bool_] | None = None
        if any(is_sign(f.texture) for f in finishes):
            self.printed = np.repeat([is_sign(f.texture) for f in finishes], counts)
        #: (T, 3, 2) texture coordinates [repeats].
        self.uv: FloatArray = uv
        #: (T,) texture pixels along a metre of surface.
        self.texels_per_m = _texel_density(corners, uv, self.atlas.sizes[self.texture])
        # What light needs of the patches.
        self._unlit: _Unlit | None = _Unlit(
            finishes=finishes, counts=counts, normals=normals, baked=found.baked
        )

    @cached_property
    def shade(self) -> FloatArray:
        """(T, 3, 3) lit sRGB at each corner, of which the texture's 0-255 are multiplied."""
        unlit, self._unlit = self._unlit, None
        assert unlit is not None  # the property is cached
        known = np.repeat([b is not None for b in unlit.baked], unlit.counts)
        if known.all():
            return _baked(unlit)
        shade = _shade(self, self._world, self._detail.scale, unlit)
        if known.any():
            shade[known] = _baked(unlit)
        return shade


class _Gathered:
    """Joins patches as they come, so that a campus's many small arrays do not pile up."""

    def __init__(self) -> None:
        self.finishes: list[Finish] = []
        self.counts: list[int] = []
        self.owners: list[int] = []
        self.baked: list[FloatArray | None] = []
        self._waiting: list[Patch] = []
        self._blocks: tuple[list[FloatArray], list[FloatArray], list[FloatArray]] = ([], [], [])
        self._count = 0

    def add(self, patch: Patch, owner: int) -> None:
        """Append the triangles of an object."""
        self.finishes.append(patch.finish)
        self.counts.append(len(patch))
        self.owners.append(owner)
        self.baked.append(patch.baked)
        self._waiting.append(patch)
        self._count += len(patch)
        if self._count >= _CHUNK:
            self._join()

    def _join(self) -> None:
        for block, name in zip(self._blocks, ('corners', 'normals', 'uv'), strict=True):
            block.append(np.concatenate([getattr(p, name) for p in self._waiting]))
        self._waiting, self._count = [], 0

    def joined(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return corners, normals and texture coordinates of all triangles, and forget them."""
        if self._waiting:
            self._join()
        corners, normals, uv = (np.concatenate(block) for block in self._emptied())
        return corners, normals, uv

    def _emptied(self) -> Iterator[list[FloatArray]]:
        for block in self._blocks:
            yield block
            block.clear()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Unlit:
    """What is known of P patches before there is light."""

    finishes: Sequence[Finish]
    #: (P,) triangles of each.
    counts: NDArray[np.int64]
    #: (T, 3, 3) unit normals at the corners.
    normals: FloatArray
    baked: Sequence[FloatArray | None]


def _shade(scene: Scene, world: World, scale: float, unlit: _Unlit) -> FloatArray:
    instance, atlas, finishes = scene.instance, scene.atlas, unlit.finishes
    color = _per_triangle([f.color for f in finishes], unlit.counts)
    emission = _per_triangle([f.emission for f in finishes], unlit.counts)
    albedo = _per_triangle([atlas.mean(f.texture) for f in finishes], unlit.counts)
    albedo *= color
    albedo **= np.float32(2.2)
    surfaces = Surfaces(
        corners=scene.corners,
        normals=unlit.normals,
        albedo=albedo,
        emission=albedo * (emission * np.float32(1.5))[:, None],
        coarse=instance > 0,
    )
    emitters = _emitters(world, scene.corners, unlit)
    light = bake(scene.rays, surfaces, emitters, _daylight(world), scale=scale)
    del surfaces, albedo
    # Room light differs from world to world; a camera would expose for it.
    # ... and longer under a sky that is brighter than anything below it.
    exposure = (0.62 if world.lights else 1.1) / float(
        np.quantile(light[instance == 0].mean(axis=(1, 2)), 0.6)
    )
    for low in range(0, len(light), _CHUNK):  # in parts, as a campus has millions of corners
        rows = slice(low, low + _CHUNK)
        shown = light[rows] * np.float32(exposure)
        shown *= (1.0 + shown / 6.0) / (1.0 + 0.45 * shown)
        shown[emission[rows] > 0.0] = 1.0
        light[rows] = color[rows, None, :] * shown ** np.float32(1.0 / 2.2)
    return light


def _baked(unlit: _Unlit) -> FloatArray:
    """Return the colours of patches that come with their light."""
    shades = [
        baked * np.array(finish.color)
        for baked, finish in zip(unlit.baked, unlit.finishes, strict=True)
        if baked is not None
    ]
    return np.concatenate(shades).astype(np.float32)


def _emitters(world: World, corners: FloatArray, unlit: _Unlit) -> list[Emitter]:
    emitters = []
    for light in world.lights:
        x, y, z = light.position
        emitters.append(
            Emitter(
                position=_vector(x, y, z - 0.02),
                normal=_vector(0.0, 0.0, -1.0),
                spread=np.array([[0.6, 0, 0], [0, 0.6, 0]], dtype=np.float32),
                color=_vector(*rgb(light.color)) * light.power,
            )
        )
    for finish, end, count in zip(
        unlit.finishes, np.cumsum(unlit.counts), unlit.counts, strict=True
    ):
        if finish.texture != 'view' or finish.emission <= 0.0:
            continue
        pane, normal = corners[end - count : end], unlit.normals[end - count, 0]
        low, high = pane.min(axis=(0, 1)), pane.max(axis=(0, 1))
        area = float(np.linalg.norm(high[:2] - low[:2]) * (high[2] - low[2]))
        spread = np.array(
            [[*(high[:2] - low[:2]), 0.0], [0, 0, high[2] - low[2]]], dtype=np.float32
        )
        emitters.append(
            Emitter(
                position=(0.5 * (low + high) + 0.08 * normal).astype(np.float32),
                normal=normal,
                spread=spread,
                color=_vector(0.86, 0.94, 1.06) * (0.9 * area),
            )
        )
    return emitters


def _daylight(world: World) -> Daylight | None:
    """Return the sun's light, if the world has a sun."""
    if world.sun is None:
        return None
    up, level = np.sin(world.sun.elevation_rad), np.cos(world.sun.elevation_rad)
    azimuth = world.sun.azimuth_rad
    return Daylight(
        towards=_vector(level * np.cos(azimuth), level * np.sin(azimuth), up),
        color=_vector(1.5, 1.42, 1.25) * world.sun.power,
    )


def _texel_density(corners: FloatArray, uv: FloatArray, size: NDArray[np.int32]) -> FloatArray:
    edges, steps = np.zeros(len(corners), np.float32), np.zeros(len(corners), np.float32)
    for values, total in ((corners, edges), (uv, steps)):
        for k in (1, 2):
            way = values[:, k] - values[:, 0]
            total += np.sqrt(np.einsum('tc,tc->t', way, way))
    density: FloatArray = (steps * size / np.maximum(edges, 1e-6)).astype(np.float32)
    return density


def _per_triangle(values: Sequence[object], counts: NDArray[np.int64]) -> FloatArray:
    return np.repeat(np.array(values, dtype=np.float32), counts, axis=0)


def _vector(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float32)
