"""Rectangles on the floor: what furniture covers, and whether a robot still gets through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_sim.furniture.catalogue.home import Model

__all__ = ['HEAD_M', 'Placed', 'Rect', 'doorway', 'is_walkable', 'overlaps']

#: x0, y0, x1, y1 [m].
Rect = tuple[float, float, float, float]

#: Where things above the robot's head begin [m].
HEAD_M = 1.45
#: The robot needs this much room around its centre [m]: its radius and some ease.
_EASE_M = 0.3
_CELL_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A piece of furniture that stands in the room."""

    model: Model
    x: float
    y: float
    z: float
    yaw_rad: float
    size: tuple[float, float, float]
    color: str

    @property
    def rect(self) -> Rect:
        """Footprint x0, y0, x1, y1 [m]."""
        c, s = abs(math.cos(self.yaw_rad)), abs(math.sin(self.yaw_rad))
        half_x = 0.5 * (c * self.size[0] + s * self.size[1])
        half_y = 0.5 * (s * self.size[0] + c * self.size[1])
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y

    @property
    def top(self) -> float:
        """Height of the upper side [m]."""
        return self.z + self.size[2]

    def ahead(self, near_m: float, far_m: float, width_m: float) -> Rect:
        """Return the strip of floor before the front, between two distances from the middle."""
        c, s = round(math.cos(self.yaw_rad)), round(math.sin(self.yaw_rad))
        xs = [self.x + c * d - s * w for d in (near_m, far_m) for w in (-width_m / 2, width_m / 2)]
        ys = [self.y + s * d + c * w for d in (near_m, far_m) for w in (-width_m / 2, width_m / 2)]
        return min(xs), min(ys), max(xs), max(ys)


def overlaps(a: Rect, b: Rect, margin: float = 0.0) -> bool:
    """Whether two rectangles come closer than ``margin`` along both axes."""
    return (
        a[0] < b[2] + margin - 1e-6
        and b[0] < a[2] + margin - 1e-6
        and a[1] < b[3] + margin - 1e-6
        and b[1] < a[3] + margin - 1e-6
    )


def doorway(
    at: tuple[float, float], along: tuple[float, float], width_m: float, depth_m: float
) -> Rect:
    """
    Return the floor on both sides of an opening.

    Parameters
    ----------
    at
        Its middle [m].
    along
        Unit vector of its wall, which runs along x or y.
    width_m
        Width to keep [m].
    depth_m
        How far to keep clear on each side of the wall [m].

    """
    half_x = abs(along[0]) * 0.5 * width_m + abs(along[1]) * depth_m
    half_y = abs(along[1]) * 0.5 * width_m + abs(along[0]) * depth_m
    return at[0] - half_x, at[1] - half_y, at[0] + half_x, at[1] + half_y


def is_walkable(inner: Rect, doors: Sequence[Rect], pieces: Iterable[Placed]) -> bool:
    """Whether a robot in a room reaches every door and nearly all of the free floor."""
    x0, y0, x1, y1 = inner
    xs = np.arange(x0, x1, _CELL_M) + 0.5 * _CELL_M
    ys = np.arange(y0, y1, _CELL_M) + 0.5 * _CELL_M
    free = _inside(xs, ys, inner, -_EASE_M)
    for door in doors:  # the doorway itself is free up to the wall
        free |= _inside(xs, ys, door, -_EASE_M)
    for piece in pieces:
        if piece.z < HEAD_M and not piece.model.flat and piece.model.mount_m is None:
            free &= ~_inside(xs, ys, piece.rect, _EASE_M)
    labels, count = ndimage.label(free)
    if count == 0:
        return False
    sizes = np.bincount(labels.ravel())[1:]
    main = 1 + int(sizes.argmax())
    met = all((labels[_inside(xs, ys, door, -_EASE_M)] == main).any() for door in doors)
    return bool(met and sizes.max() > 0.9 * sizes.sum())


def _inside(
    xs: NDArray[np.float64], ys: NDArray[np.float64], rect: Rect, margin: float
) -> NDArray[np.bool_]:
    in_x = (xs > rect[0] - margin) & (xs < rect[2] + margin)
    in_y = (ys > rect[1] - margin) & (ys < rect[3] + margin)
    return in_x[:, None] & in_y[None, :]
