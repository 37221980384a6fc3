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

from memory_sim.render.raycaster import RayCaster

__all__ = ['Daylight', 'Emitter', 'Surfaces', 'bake']

FloatArray = NDArray[np.float32]

#: Rays per point that look for light from other surfaces.
_GATHER_RAYS = 40
#: Rays per point of furniture that look for things near by, and how far [m].
_NEAR_RAYS = 16
_NEAR_M = 0.7
_OFFSET_M = 0.015
_LAMP_REACH_M = 9.0
#: The same in worlds larger than a home, for ordinary lamps and windows [m].
_SHORT_REACH_M = 7.0
_STRONG = 2.5
#: How far a sunbeam is followed [m].
_SUNBEAM_M = 120.0
_LAMP_POWER = 2.6
#: Light that is everywhere, so that nothing is black.
_AMBIENT = 0.10
#: Furniture shares light within cells of this size, in which it hardly changes [m].
_CELL_M = 0.08
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surfaces:
    """All triangles of a world."""

    #: (T, 3, 3) corners [m] and unit normals there.
    corners: FloatArray
    normals: FloatArray
    #: (T, 3) linear reflectance and emitted light.
    albedo: FloatArray
    emission: FloatArray
    #: (T,) whether light may be shared by nearby corners.
    coarse: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Where light is worked out, and which corner takes it from which point."""

    position: FloatArray
    normal: FloatArray
    #: Whether the point stands for a cell of furniture rather than for one place of a wall.
    coarse: NDArray[np.bool_]
    of_corner: NDArray[np.int32]

    def take(self, rows: NDArray[np.int64]) -> _Points:
        """Return some of the points, without their corners."""
        none = self.of_corner[:0]
        return _Points(self.position[rows], self.normal[rows], self.coarse[rows], none)


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
    points = _points(surfaces, scale)
    direct = np.zeros_like(points.position)
    cells = _Cells(points.position)
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


def _points(surfaces: Surfaces, scale: float) -> _Points:
    """Merge corners that see the same light."""
    # Axis by axis: a campus has millions of corners, and many arrays of them fill the memory.
    x, y, z = (surfaces.corners[:, :, k] for k in range(3))
    coarse_m = _CELL_M * min(scale, 5.0)
    cell = np.where(surfaces.coarse, coarse_m, 0.005 * scale)[:, None]
    key = np.zeros(x.shape, dtype=np.int64)
    for along in (x, y, z):
        key <<= 18
        key |= np.floor(along / cell).astype(np.int64) + (1 << 16)
    key <<= 5
    key |= _facing(surfaces.normals) + np.where(surfaces.coarse, 0, 8)[:, None].astype(np.int8)
    of_corner, counts = _groups(key.ravel())
    del key
    # Points move a little into their triangle: a corner of a room lies in three walls.
    reach = np.sqrt(sum((along.mean(axis=1, keepdims=True) - along) ** 2 for along in (x, y, z)))
    np.maximum(reach, 1e-9, out=reach)
    share = np.minimum(0.25 * reach, 0.03) / reach
    position = np.stack(
        [
            _mean_of((p + (p.mean(axis=1, keepdims=True) - p) * share).ravel(), of_corner, counts)
            for p in (x, y, z)
        ],
        axis=1,
    )
    normal = np.stack(
        [_mean_of(surfaces.normals[:, :, k].ravel(), of_corner, counts) for k in range(3)], axis=1
    )
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    is_coarse = np.zeros(len(position), dtype=bool)
    is_coarse[of_corner] = np.repeat(surfaces.coarse, 3)
    # Half a cell clears the other layers of cloth and wood that share it.
    position += np.where(is_coarse, 0.5 * coarse_m, _OFFSET_M)[:, None] * normal
    return _Points(position.astype(np.float32), normal.astype(np.float32), is_coarse, of_corner)


def _facing(normals: FloatArray) -> NDArray[np.int8]:
    """Return which of six ways (T, 3, 3) normals point most: twice the axis plus the sign."""
    most, facing = np.abs(normals[..., 0]), (normals[..., 0] > 0).astype(np.int8)
    for k in (1, 2):
        along = normals[..., k]
        longer = np.abs(along) > most
        most[longer] = np.abs(along[longer])
        facing[longer] = 2 * k + (along[longer] > 0)
    return facing


def _groups(key: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return for each entry the number of its key among all keys, and how often each occurs."""
    order = np.argsort(key)
    ranked = key[order]
    begins = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    del ranked
    group = np.empty(len(key), dtype=np.int32)
    group[order] = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    starts = np.flatnonzero(begins)
    return group, np.diff(starts, append=len(key))


def _mean_of(
    values: FloatArray, group: NDArray[np.int32], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    sums = np.bincount(group, weights=values, minlength=len(counts))
    return np.asarray(sums / counts, dtype=np.float64)


class _Cells:
    """Finds points near a place without looking at all of them."""

    def __init__(self, position: FloatArray) -> None:
        self._position = position
        self._low = position[:, :2].min(axis=0)
        cell = ((position[:, :2] - self._low) / _LAMP_REACH_M).astype(np.int64)
        self._columns = int(cell[:, 0].max()) + 1
        self._stride = int(cell[:, 1].max()) + 1
        key = cell[:, 0] * self._stride + cell[:, 1]
        self._order = np.argsort(key, kind='stable')
        self._starts = np.searchsorted(
            key[self._order], np.arange(self._columns * self._stride + 1)
        )

    def within(self, place: FloatArray, reach_m: float) -> NDArray[np.int64]:
        """Return the points that are within a distance along every axis, in their order."""
        low = np.floor((place[:2] - reach_m - self._low) / _LAMP_REACH_M).astype(int)
        high = np.floor((place[:2] + reach_m - self._low) / _LAMP_REACH_M).astype(int)
        parts = [np.zeros(0, dtype=np.int64)]
        first, last = max(0, low[1]), min(self._stride - 1, high[1])
        for column in range(max(0, low[0]), min(self._columns - 1, high[0]) + 1):
            if first <= last:
                base = column * self._stride
                span = slice(self._starts[base + first], self._starts[base + last + 1])
                parts.append(self._order[span])
        rows = np.sort(np.concatenate(parts))
        near: NDArray[np.int64] = rows[
            (np.abs(self._position[rows] - place) < reach_m).all(axis=1)
        ]
        return near


_SHIFTS = ((-0.3, -0.3), (0.3, 0.3), (-0.35, 0.3), (0.3, -0.35), (0.0, 0.0))


def _add_direct(
    rays: RayCaster,
    points: _Points,
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


def _add_sun(rays: RayCaster, points: _Points, sun: Daylight, light: FloatArray) -> None:
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


def _fans(points: _Points, count: int) -> Iterator[tuple[slice, FloatArray]]:
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


def _openness(rays: RayCaster, points: _Points) -> FloatArray:
    """Return the share of the near surroundings that is free, which shades creases and feet."""
    share = np.empty(len(points.position), dtype=np.float32)
    for rows, fan in _fans(points, _NEAR_RAYS):
        blocked = rays.occluded(fan.reshape(-1, 6), near=0.0, far=_NEAR_M)
        share[rows] = 1.0 - 0.85 * blocked.reshape(-1, _NEAR_RAYS).mean(axis=1)
    shade: FloatArray = share * (0.85 + 0.15 * points.normal[:, 2])
    return shade


def _around(structure: _Points, light: FloatArray, places: FloatArray) -> FloatArray:
    """Return the light on the walls and ceilings nearest to each place."""
    upper = structure.normal[:, 2] < 0.7
    if not upper.any():  # no wall anywhere: what the ground gets is as good
        upper = ~upper
    tree = spatial.cKDTree(structure.position[upper])
    _, nearest = tree.query(places, k=min(6, int(upper.sum())))
    mean: FloatArray = light[upper][nearest].reshape(len(places), -1, 3).mean(axis=1)
    return mean


def _gather(
    rays: RayCaster, points: _Points, glow: FloatArray
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
