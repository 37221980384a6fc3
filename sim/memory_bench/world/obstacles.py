"""Upright boxes seen from above, and which straight lines meet one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = ['Barrier', 'Footprint', 'Obstacles', 'rectangles']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Boxes with a larger half diagonal are tested against every line [m].
_LARGE_M = 4.0
#: Pairs of lines and boxes tested at once.
_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """A rectangle on the floor: middle, direction of its length, half length and width [m]."""

    x: float
    y: float
    yaw_rad: float
    half_length_m: float
    half_width_m: float
    #: What stands there; 0 for the building itself.
    owner: int = 0


class Barrier(Protocol):
    """What stands in the way on one storey; ``Obstacles`` are boxes."""

    def blocked(
        self,
        starts: FloatArray,
        ends: FloatArray,
        *,
        pad_m: float = 0.0,
        ignore: IntArray | None = None,
    ) -> NDArray[np.bool_]:
        """Say which of the lines between (S, 2) points are blocked."""

    def inside(self, points: FloatArray, *, pad_m: float = 0.0) -> NDArray[np.bool_]:
        """Say at which of (P, 2) points something stands."""

    def holder(self, x: float, y: float, owner: int) -> int:
        """Return what stands at a point besides ``owner``; 0 for nothing."""


class Obstacles:
    """N rectangles in a search tree."""

    def __init__(self, footprints: Sequence[Footprint]) -> None:
        """Sort rectangles for searching; N may be 0."""
        self._center = np.array([(f.x, f.y) for f in footprints], np.float64).reshape(-1, 2)
        yaw = np.array([f.yaw_rad for f in footprints], np.float64)
        self._axis = np.column_stack([np.cos(yaw), np.sin(yaw)])
        self._half = np.array(
            [(f.half_length_m, f.half_width_m) for f in footprints], np.float64
        ).reshape(-1, 2)
        self._owner = np.array([f.owner for f in footprints], np.int64)
        radius = np.hypot(self._half[:, 0], self._half[:, 1])
        self._large = np.flatnonzero(radius > _LARGE_M)
        self._small = np.flatnonzero(radius <= _LARGE_M)
        self._reach = float(radius[self._small].max()) if len(self._small) else 0.0
        self._tree = cKDTree(self._center[self._small]) if len(self._small) else None

    def __len__(self) -> int:
        """Return the number of rectangles."""
        return len(self._center)

    def blocked(
        self,
        starts: FloatArray,
        ends: FloatArray,
        *,
        pad_m: float = 0.0,
        ignore: IntArray | None = None,
    ) -> NDArray[np.bool_]:
        """
        Say which lines meet a rectangle.

        Parameters
        ----------
        starts, ends
            (S, 2) end points [m].
        pad_m
            Every rectangle is this much larger on each side [m].
        ignore
            (S, I) owners that do not count for each line.

        """
        hit = np.zeros(len(starts), bool)
        if not len(self) or not len(starts):
            return hit
        lines, boxes = self._pairs(starts, ends, pad_m)
        for low in range(0, len(lines), _CHUNK):
            a, b = lines[low : low + _CHUNK], boxes[low : low + _CHUNK]
            meets = self._meets(starts[a], ends[a], b, pad_m)
            if ignore is not None:
                meets &= ~(ignore[a] == self._owner[b][:, None]).any(axis=1)
            hit[a[meets]] = True
        return hit

    def inside(self, points: FloatArray, *, pad_m: float = 0.0) -> NDArray[np.bool_]:
        """Say which of (P, 2) points lie in a rectangle."""
        return self.blocked(points, points, pad_m=pad_m)

    def holder(self, x: float, y: float, besides: int) -> int:
        """Return the owner of a rectangle that holds the point, other than ``besides``; or -1."""
        if not len(self):
            return -1
        point = np.array([[x, y]])
        lines, boxes = self._pairs(point, point, 0.0)
        meets = self._meets(point[lines], point[lines], boxes, 0.0)
        owners = self._owner[boxes[meets]]
        owners = owners[(owners != besides) & (owners != 0)]
        return int(owners.min()) if len(owners) else -1

    def _pairs(self, starts: FloatArray, ends: FloatArray, pad_m: float) -> tuple[IntArray, ...]:
        lines = [np.repeat(np.arange(len(starts)), len(self._large))]
        boxes = [np.tile(self._large, len(starts))]
        if self._tree is not None:
            reach = 0.5 * np.linalg.norm(ends - starts, axis=1) + self._reach + 1.5 * pad_m
            near = self._tree.query_ball_point(0.5 * (starts + ends), reach + 1e-9)
            counts = np.fromiter(map(len, near), np.int64, len(near))
            lines.append(np.repeat(np.arange(len(starts)), counts))
            if counts.sum():
                flat = np.concatenate([np.asarray(n, np.int64) for n in near if n])
                boxes.append(self._small[flat])
            else:
                boxes.append(np.zeros(0, np.int64))
        return np.concatenate(lines), np.concatenate(boxes)

    def _meets(
        self, starts: FloatArray, ends: FloatArray, boxes: IntArray, pad_m: float
    ) -> NDArray[np.bool_]:
        """Slab test of each line against its rectangle, in the rectangle's own axes."""
        axis, half = self._axis[boxes], self._half[boxes] + pad_m
        across = np.column_stack([-axis[:, 1], axis[:, 0]])
        offset, way = starts - self._center[boxes], ends - starts
        first = np.zeros(len(boxes))
        last = np.ones(len(boxes))
        ok = np.ones(len(boxes), bool)
        for k, direction in enumerate((axis, across)):
            p = (offset * direction).sum(axis=1)
            d = (way * direction).sum(axis=1)
            still = np.abs(d) < 1e-12
            ok &= ~still | (np.abs(p) <= half[:, k])
            safe = np.where(still, 1.0, d)
            t = np.stack([(-half[:, k] - p) / safe, (half[:, k] - p) / safe])
            first = np.where(still, first, np.maximum(first, t.min(axis=0)))
            last = np.where(still, last, np.minimum(last, t.max(axis=0)))
        return ok & (first <= last)


def rectangles(
    start: tuple[float, float],
    end: tuple[float, float],
    half_width_m: float,
    *,
    longest_m: float = 4.0,
) -> list[Footprint]:
    """Return a straight band as rectangles that are short enough for the search tree."""
    length, yaw = math.dist(start, end), math.atan2(end[1] - start[1], end[0] - start[0])
    count = max(1, math.ceil(length / longest_m))
    parts = []
    for i in range(count):
        t = (i + 0.5) / count
        parts.append(
            Footprint(
                x=start[0] + t * (end[0] - start[0]),
                y=start[1] + t * (end[1] - start[1]),
                yaw_rad=yaw,
                half_length_m=0.5 * length / count,
                half_width_m=half_width_m,
            )
        )
    return parts
