"""All triangles of a world in one ray-casting scene, with what each triangle is and looks like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memory_sim.colors import rgb
from memory_sim.lighting import bake, Daylight, Emitter, Surfaces
from memory_sim.mesh import merge, Patch, subdivide
from memory_sim.mesh_source import MeshSource
from memory_sim.raycaster import RayCaster
from memory_sim.scene_detail import detail_of
from memory_sim.texture_atlas import TextureAtlas
from memory_sim.worlds import World

__all__ = ['Scene']

FloatArray = NDArray[np.float32]


class Scene:
    """
    What the renderer looks up for the triangle that a ray hits; T triangles in all.

    Light is worked out when a colour picture first needs it. Not thread-safe.
    """

    def __init__(self, world: World, source: MeshSource, *, threads: int = 2) -> None:
        """Collect the triangles of a world; takes a second or two for an apartment."""
        self._detail = detail_of(world)
        edge_m = self._detail.structure_edge_m
        patches = [subdivide(p, edge_m) for p in merge(source.structure(world))]
        owners = [0] * len(patches)
        for thing in world.objects:
            edge_m = self._detail.object_edge_m(thing.size)
            for patch in source.patches(thing):
                patches.append(subdivide(patch, edge_m))
                owners.append(thing.id)
        counts = np.array([len(p) for p in patches])
        self._world, self._patches = world, patches
        #: (T, 3, 3) corner positions [m].
        self.corners: FloatArray = np.concatenate([p.corners for p in patches])
        self.rays = RayCaster(self.corners, threads=threads)
        #: (T,) object ids, 0 for the structure.
        self.instance: NDArray[np.int32] = np.repeat(np.array(owners, dtype=np.int32), counts)
        self.classes = ('background', *sorted({thing.label for thing in world.objects}))
        index = {label: i for i, label in enumerate(self.classes)}
        lookup = np.zeros(1 + max(owners, default=0), dtype=np.int32)
        for thing in world.objects:
            lookup[thing.id] = index[thing.label]
        #: (T,) class ids into ``classes``.
        self.category: NDArray[np.int32] = lookup[self.instance]
        #: Textures, and (T,) the index of each triangle's.
        self.atlas = TextureAtlas([p.finish.texture for p in patches], source.textures)
        texture = np.repeat([self.atlas.index(p.finish.texture) for p in patches], counts)
        self.texture: NDArray[np.int32] = texture.astype(np.int32)
        #: (T, 3, 2) texture coordinates [repeats].
        self.uv: FloatArray = np.concatenate([p.uv for p in patches])
        #: (T,) texture pixels along a metre of surface.
        self.texels_per_m = _texel_density(self.corners, self.uv, self.atlas.sizes[texture])

    @cached_property
    def shade(self) -> FloatArray:
        """(T, 3, 3) lit sRGB at each corner, of which the texture's 0-255 are multiplied."""
        patches, self._patches = self._patches, []
        if all(p.baked is not None for p in patches):
            return _baked(patches)
        shade = _shade(self, self._world, self._detail.scale, patches)
        known = np.repeat([p.baked is not None for p in patches], [len(p) for p in patches])
        if known.any():
            shade[known] = _baked([p for p in patches if p.baked is not None])
        return shade


def _shade(scene: Scene, world: World, scale: float, patches: Sequence[Patch]) -> FloatArray:
    instance, atlas = scene.instance, scene.atlas
    counts = [len(p) for p in patches]
    color = _per_triangle([p.finish.color for p in patches], counts)
    emission = _per_triangle([p.finish.emission for p in patches], counts)
    mean = _per_triangle([atlas.mean(p.finish.texture) for p in patches], counts)
    albedo = (color * mean) ** np.float32(2.2)
    surfaces = Surfaces(
        corners=scene.corners,
        normals=np.concatenate([p.normals for p in patches]),
        albedo=albedo,
        emission=albedo * emission[:, None] * 1.5,
        coarse=instance > 0,
    )
    light = bake(scene.rays, surfaces, _emitters(world, patches), _daylight(world), scale=scale)
    # Room light differs from world to world; a camera would expose for it.
    # ... and longer under a sky that is brighter than anything below it.
    exposure = (0.62 if world.lights else 1.1) / float(
        np.quantile(light[instance == 0].mean(axis=(1, 2)), 0.6)
    )
    shown = light * exposure
    shown = shown * (1.0 + shown / 6.0) / (1.0 + 0.45 * shown)
    shown = np.where(emission[:, None, None] > 0.0, np.float32(1.0), shown)
    shade: FloatArray = color[:, None, :] * shown ** np.float32(1.0 / 2.2)
    return shade.astype(np.float32)


def _baked(patches: Sequence[Patch]) -> FloatArray:
    """Return the colours of patches that come with their light."""
    shades = [p.baked * np.array(p.finish.color) for p in patches if p.baked is not None]
    return np.concatenate(shades).astype(np.float32)


def _emitters(world: World, patches: Sequence[Patch]) -> list[Emitter]:
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
    panes = [p for p in patches if p.finish.texture == 'view' and p.finish.emission > 0.0]
    for pane in panes:
        low, high = pane.corners.min(axis=(0, 1)), pane.corners.max(axis=(0, 1))
        normal = pane.normals[0, 0]
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
    edges = np.linalg.norm(corners[:, 1:] - corners[:, :1], axis=2).sum(axis=1)
    steps = np.linalg.norm(uv[:, 1:] - uv[:, :1], axis=2).sum(axis=1)
    density: FloatArray = (steps * size / np.maximum(edges, 1e-6)).astype(np.float32)
    return density


def _per_triangle(values: Sequence[object], counts: Sequence[int]) -> FloatArray:
    return np.repeat(np.array(values, dtype=np.float32), counts, axis=0)


def _vector(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float32)
