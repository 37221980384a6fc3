"""Find the floor of a scene: its height, and the outlines of what one can stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.formats.parts import Part, SceneFileError
from memory_sim.navigation.cell_grid import CellGrid
from memory_sim.world.model import Room

__all__ = ['Floor', 'find_floor']

_CELL_M = 0.05
#: Surfaces within this of the floor's height belong to it [m].
_LEVEL_M = 0.06
#: Smaller outlines are steps and thresholds [m^2].
_SMALLEST_M2 = 1.0
#: Share of the largest level surface that a lower one needs to be the floor.
_FLOOR_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Where the floor is, and its connected pieces with their outlines at height 0."""

    height_m: float
    rooms: tuple[Room, ...]


def find_floor(path: Path, parts: Sequence[Part], structure: Sequence[Part]) -> Floor:
    """
    Return the floor of a scene, looked for in its structure first and else everywhere.

    Parameters
    ----------
    path
        The scene's file, for messages.
    parts, structure
        All parts and those of the building, z up [m].

    Raises
    ------
    SceneFileError
        If nothing level is large enough to stand on.

    """
    for candidates in (structure, parts):
        level = _level_triangles(candidates)
        if not len(level):
            continue
        height = _height(level)
        rooms = tuple(_rooms(level[np.abs(level[:, :, 2] - height).max(axis=1) < _LEVEL_M]))
        if rooms:
            return Floor(height_m=height, rooms=rooms)
    raise SceneFileError(
        path, 'floor', f'expected a level surface of at least {_SMALLEST_M2:g} m2 to stand on, '
        'got none; another axis may point up'
    )  # fmt: skip


def _level_triangles(parts: Sequence[Part]) -> NDArray[np.float32]:
    """Return triangles that lie flat; either side may be meant to be up."""
    found = [np.empty((0, 3, 3))]
    for part in parts:
        normal = np.cross(
            part.corners[:, 1] - part.corners[:, 0], part.corners[:, 2] - part.corners[:, 0]
        )
        found.append(part.corners[np.abs(normal[:, 2]) > 0.97 * np.linalg.norm(normal, axis=1)])
    return np.concatenate(found).astype(np.float32)


def _height(level: NDArray[np.float32]) -> float:
    """Return the lowest height at which about as much lies flat as anywhere."""
    edges = level[:, 1:, :2] - level[:, :1, :2]
    area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    z = level[:, :, 2].mean(axis=1)
    bins = np.floor((z - z.min()) / _LEVEL_M).astype(np.int64)
    totals = np.bincount(bins, weights=area)
    lowest = int(np.flatnonzero(totals >= _FLOOR_SHARE * totals.max())[0])
    chosen = (bins == lowest) | (bins == lowest + 1)
    # Of a slab's two sides the upper one carries.
    order = np.argsort(z[chosen])
    share = np.cumsum(area[chosen][order]) / max(float(area[chosen].sum()), 1e-12)
    return float(z[chosen][order][min(int(np.searchsorted(share, 0.75)), len(order) - 1)])


def _rooms(flat: NDArray[np.float32]) -> Iterator[Room]:
    if not len(flat):
        return
    low, high = flat[:, :, :2].min(axis=(0, 1)) - 0.2, flat[:, :, :2].max(axis=(0, 1)) + 0.2
    columns, rows = (int(n) for n in np.ceil((high - low) / _CELL_M))
    shape = (columns, rows)
    origin = (float(low[0]), float(low[1]))
    drawn = np.zeros(shape, dtype=np.uint8)
    pixels = np.rint((flat[:, :, 1::-1] - low[::-1]) / _CELL_M - 0.5).astype(np.int32)
    for triangle in pixels:  # OpenCV has columns first: they run along y here
        cv2.fillConvexPoly(drawn, triangle, 1)
    grid = CellGrid(origin, _CELL_M, shape)
    drawn |= grid.rasterize(flat, -np.inf, np.inf).astype(np.uint8)
    outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    pieces = [cv2.approxPolyDP(line, 1.0, closed=True)[:, 0] for line in outlines]
    pieces = [p for p in pieces if len(p) >= 3 and _area(p) * _CELL_M**2 >= _SMALLEST_M2]
    pieces.sort(key=lambda p: (-_area(p), p.tolist()))
    for number, piece in enumerate(pieces, start=1):
        points = [
            (origin[0] + (row + 0.5) * _CELL_M, origin[1] + (column + 0.5) * _CELL_M)
            for column, row in piece.tolist()
        ]
        x, y = np.array(points).T
        if float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) < 0.0:
            points.reverse()
        name = 'room' if len(pieces) == 1 else f'room {number}'
        yield Room(id=number, kind='room', name=name, polygon=tuple(points), ceiling=False)


def _area(piece: NDArray[Any]) -> float:
    return float(cv2.contourArea(piece))
