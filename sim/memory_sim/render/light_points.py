"""The places of a world where light is worked out: corners that see the same light are one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ['Cells', 'Points', 'Surfaces', 'light_points']

FloatArray = NDArray[np.float32]

#: Furniture shares light within cells of this size, in which it hardly changes [m].
_CELL_M = 0.08
_OFFSET_M = 0.015


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
class Points:
    """Where light is worked out, and which corner takes it from which point."""

    position: FloatArray
    normal: FloatArray
    #: Whether the point stands for a cell of furniture rather than for one place of a wall.
    coarse: NDArray[np.bool_]
    of_corner: NDArray[np.int32]

    def take(self, rows: NDArray[np.int64]) -> Points:
        """Return some of the points, without their corners."""
        none = self.of_corner[:0]
        return Points(self.position[rows], self.normal[rows], self.coarse[rows], none)


def light_points(surfaces: Surfaces, scale: float) -> Points:
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
    return Points(position.astype(np.float32), normal.astype(np.float32), is_coarse, of_corner)


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


class Cells:
    """Finds points near a place without looking at all of them: those of columns around it."""

    def __init__(self, position: FloatArray, side_m: float) -> None:
        self._position, self._side_m = position, side_m
        self._low = position[:, :2].min(axis=0)
        cell = ((position[:, :2] - self._low) / side_m).astype(np.int64)
        self._columns = int(cell[:, 0].max()) + 1
        self._stride = int(cell[:, 1].max()) + 1
        key = cell[:, 0] * self._stride + cell[:, 1]
        self._order = np.argsort(key, kind='stable')
        self._starts = np.searchsorted(
            key[self._order], np.arange(self._columns * self._stride + 1)
        )

    def within(self, place: FloatArray, reach_m: float) -> NDArray[np.int64]:
        """Return the points that are within a distance along every axis, in their order."""
        low = np.floor((place[:2] - reach_m - self._low) / self._side_m).astype(int)
        high = np.floor((place[:2] + reach_m - self._low) / self._side_m).astype(int)
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
