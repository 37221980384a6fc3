"""
Light, worked out once when a world is loaded and stored at the corners of its triangles.

Lamps and windows shine directly, with soft shadows; every surface they reach lights the others
once more. A robot moves nothing, so pictures need no shadow rays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import spatial

from memory_sim.render.light_points import Cells, light_points, Points, Surfaces
from memory_sim.render.raycaster import RayCaster

__all__ = ['Daylight', 'Emitter', 'bake']

FloatArray = NDArray[np.float32]

#: Rays per point that look for light from other surfaces.
_GATHER_RAYS = 40
#: Rays per point of furniture that look for things near by, and how far [m].
_NEAR_RAYS = 16
_NEAR_M = 0.7
_LAMP_REACH_M = 9.0
#: The same in worlds larger than a home, for ordinary lamps and windows [m].
_SHORT_REACH_M = 7.0
_STRONG = 2.5
#: How far a sunbeam is followed [m].
_SUNBEAM_M = 120.0
_LAMP_POWER = 2.6
#: Light that is everywhere, so that nothing is black.
_AMBIENT = 0.10
_CHUNK = 400_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Emitter:
    """A small flat lamp."""

    position: FloatArray
    normal: FloatArray
    #: Edge vectors over which its shadows soften [m].
    spread: FloatArray
    #: RGB strength; falls off with the squared distance.
    color: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Daylight:
    """The sun: parallel light that whatever it meets shadows."""

    #: Unit vector towards the sun.
    towards: FloatArray
    #: RGB strength.
    color: FloatArray


def bake(
    rays: RayCaster,
    surfaces: Surfaces,
    emitters: list[Emitter],
    sun: Daylight | None = None,
    *,
    scale: float = 1.0,
) -> FloatArray:
    """
    Return the (T, 3, 3) linear RGB light that falls on every corner.

    Parameters
    ----------
    rays, surfaces
        The world.
    emitters, sun
        What shines.
    scale
        Times as large as in a home are the cells within which light is shared.

    """
    points = light_points(surfaces, scale)
    direct = np.zeros_like(points.position)
    cells = Cells(points.position, _LAMP_REACH_M)
    for emitter in emitters:
        strong = scale == 1.0 or float(emitter.color.max()) > _STRONG
        reach = _LAMP_REACH_M if strong else _SHORT_REACH_M
        rows = cells.within(emitter.position, reach)
        _add_direct(rays, points, emitter, direct, rows, reach, 5 if scale == 1.0 else 2)
    if sun is not None:
        _add_sun(rays, points, sun, direct)
    glow = np.zeros_like(surfaces.albedo)
    for corner in points.of_corner.reshape(-1, 3).T:
        glow += direct[corner] / 3.0
    glow = surfaces.albedo * (glow + _AMBIENT) + surfaces.emission
    bounced, buried = np.zeros_like(direct), np.zeros(len(direct), dtype=bool)
    fine = np.flatnonzero(~points.coarse)
    bounced[fine], buried[fine] = _gather(rays, points.take(fine), glow.astype(np.float32))
    coarse = np.flatnonzero(points.coarse)
    if len(coarse) and len(fine):
        near = _around(points.take(fine), bounced[fine], points.position[coarse])
        bounced[coarse] = near * _openness(rays, points.take(coarse))[:, None]
    total = direct + bounced + np.float32(_AMBIENT)
    _fill_buried(total, buried, points.of_corner.reshape(-1, 3))
    light: FloatArray = total[points.of_corner].reshape(-1, 3, 3)
    return light


_SHIFTS = ((-0.3, -0.3), (0.3, 0.3), (-0.35, 0.3), (0.3, -0.35), (0.0, 0.0))


def _add_direct(
    rays: RayCaster,
    points: Points,
    emitter: Emitter,
    light: FloatArray,
    rows: NDArray[np.int64],
    reach_m: float,
    samples: int,
) -> None:
    to_lamp = emitter.position - points.position[rows]
    facing = (to_lamp * points.normal[rows]).sum(axis=1) > 0.0
    lit = rows[facing & ((to_lamp * emitter.normal).sum(axis=1) < 0.0)]
    if not len(lit):
        return
    position, normal = points.position[lit], points.normal[lit]
    for shift in _SHIFTS[:samples]:
        source = emitter.position + np.array(shift, dtype=np.float32) @ emitter.spread
        way = source - position
        squared = (way**2).sum(axis=1)
        unit = way / np.sqrt(squared)[:, None]
        cosine = np.clip((unit * normal).sum(axis=1), 0.0, 1.0)
        cosine *= np.sqrt(np.clip(-(unit * emitter.normal).sum(axis=1), 0.0, 1.0))
        bundle = np.concatenate([position, way], axis=1, dtype=np.float32)
        free = ~rays.occluded(bundle, near=1e-3, far=0.985)
        strength = np.where(free, _LAMP_POWER * cosine / (squared + 0.6) / samples, 0.0)
        if reach_m < _LAMP_REACH_M:  # fades out instead of ending at an edge
            strength *= np.clip(2.0 - 2.0 * np.sqrt(squared) / reach_m, 0.0, 1.0)
        light[lit] += (strength[:, None] * emitter.color).astype(np.float32)


def _add_sun(rays: RayCaster, points: Points, sun: Daylight, light: FloatArray) -> None:
    cosine = points.normal @ sun.towards
    lit = np.flatnonzero(cosine > 0.0)
    bundle = np.empty((len(lit), 6), dtype=np.float32)
    bundle[:, :3], bundle[:, 3:] = points.position[lit], sun.towards
    free = ~rays.occluded(bundle, near=0.02, far=_SUNBEAM_M)
    light[lit] += (cosine[lit] * free)[:, None].astype(np.float32) * sun.color


def _directions(count: int) -> NDArray[np.float32]:
    """Return cosine-weighted directions about +z, evenly spread over the hemisphere."""
    i = np.arange(count) + 0.5
    radius = np.sqrt(i / count)
    angle = i * np.pi * (3.0 - np.sqrt(5.0))
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return np.stack([x, y, np.sqrt(1.0 - radius**2)], axis=1).astype(np.float32)


def _fans(points: Points, count: int) -> Iterator[tuple[slice, FloatArray]]:
    """Yield chunks of points with their (N, count, 6) rays over the hemisphere of each normal."""
    pattern, step = _directions(count), _CHUNK // count
    for low in range(0, len(points.position), step):
        rows = slice(low, low + step)
        normal = points.normal[rows]
        side = np.where(np.abs(normal[:, 2:]) > 0.7, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
        tangent = np.cross(side, normal)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
        frame = np.stack([tangent, np.cross(normal, tangent), normal], axis=1)
        fan = np.empty((len(normal), count, 6), dtype=np.float32)
        fan[:, :, :3] = points.position[rows, None]
        np.matmul(pattern, frame.astype(np.float32), out=fan[:, :, 3:])
        yield rows, fan


def _openness(rays: RayCaster, points: Points) -> FloatArray:
    """Return the share of the near surroundings that is free, which shades creases and feet."""
    share = np.empty(len(points.position), dtype=np.float32)
    for rows, fan in _fans(points, _NEAR_RAYS):
        blocked = rays.occluded(fan.reshape(-1, 6), near=0.0, far=_NEAR_M)
        share[rows] = 1.0 - 0.85 * blocked.reshape(-1, _NEAR_RAYS).mean(axis=1)
    shade: FloatArray = share * (0.85 + 0.15 * points.normal[:, 2])
    return shade


def _around(structure: Points, light: FloatArray, places: FloatArray) -> FloatArray:
    """Return the light on the walls and ceilings nearest to each place."""
    upper = structure.normal[:, 2] < 0.7
    if not upper.any():  # no wall anywhere: what the ground gets is as good
        upper = ~upper
    tree = spatial.cKDTree(structure.position[upper])
    _, nearest = tree.query(places, k=min(6, int(upper.sum())))
    mean: FloatArray = light[upper][nearest].reshape(len(places), -1, 3).mean(axis=1)
    return mean


def _gather(
    rays: RayCaster, points: Points, glow: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the light from other surfaces, and which points lie inside something."""
    sky = np.array([[0.75, 0.85, 1.0]], dtype=np.float32)
    table = np.concatenate([glow, sky])  # index -1 is a ray that met nothing
    bounced = np.empty_like(points.position)
    buried = np.empty(len(points.position), dtype=bool)
    for rows, fan in _fans(points, _GATHER_RAYS):
        hits = rays.cast(fan.reshape(-1, 6))
        triangle = hits.triangle.reshape(fan.shape[:2])
        bounced[rows] = table[triangle].mean(axis=1)
        behind = (hits.normal.reshape(*fan.shape[:2], 3) * fan[:, :, 3:]).sum(axis=2) > 0.0
        buried[rows] = (behind & (triangle >= 0)).mean(axis=1) > 0.4
    return bounced, buried


def _fill_buried(
    light: FloatArray, buried: NDArray[np.bool_], triangles: NDArray[np.int32]
) -> None:
    """Give points inside walls and furniture the light of the nearest points outside."""
    valid = ~buried
    for _ in range(3):
        known = valid[triangles]
        count = known.sum(axis=1)
        useful = np.flatnonzero((count > 0) & (count < 3))
        if not len(useful):
            return
        rows, known = triangles[useful], known[useful]
        mean = np.einsum('tkc,tk->tc', light[rows], known.astype(np.float32))
        mean /= count[useful, None]
        corner, source = rows[~known], np.repeat(mean, 3 - count[useful], axis=0)
        counts = np.bincount(corner, minlength=len(light))
        filled = counts > 0
        for k in range(3):
            sums = np.bincount(corner, weights=source[:, k], minlength=len(light))
            light[filled, k] = (sums[filled] / counts[filled]).astype(np.float32)
        valid |= filled
