"""Draw a world from above: floors, walls cut at head height, furniture and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.render.render import Renderer
from memory_sim.render.structure import wall_boxes
from memory_sim.world.model import Wall, World

__all__ = ['TopDown', 'draw_top_down']

#: Height at which the world is cut open [m].
_CUT_M = 2.0
#: The same where there is open sky: above roofs and trees [m].
_SKY_M = 80.0
_MOST_PIXELS = 4096
_MARGIN_M = 0.3
_WALL_RGB = (58, 60, 66)
_PAPER_RGB = (250, 249, 246)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopDown:
    """A picture of the floor; its first row is the largest y, as on a map."""

    #: (H, W, 3) uint8 RGB.
    image: NDArray[np.uint8]
    #: Smallest x, largest x, smallest y, largest y [m]: matplotlib's ``extent``.
    extent: tuple[float, float, float, float]
    resolution_m: float

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """Return the column and row of a place in ``map``."""
        column = int((x - self.extent[0]) / self.resolution_m)
        return column, int((self.extent[3] - y) / self.resolution_m)


def draw_top_down(
    world: World, renderer: Renderer, resolution_m: float, *, labels: bool, floor: int = 0
) -> TopDown:
    """
    Return the picture from above.

    Parameters
    ----------
    world, renderer
        The world and what draws it.
    resolution_m
        Side of a pixel [m]; more where the picture would have too many.
    labels
        Whether to write the names of rooms and objects.
    floor
        The storey.

    """
    resolution_m = max(resolution_m, _longest_m(world) / _MOST_PIXELS)
    base = world.elevations.get(floor, 0.0)
    cut = base + (_SKY_M if all(room.outdoor for room in world.rooms) else _CUT_M)
    x0, y0, x1, y1 = world.bounds
    x0, y0, x1, y1 = x0 - _MARGIN_M, y0 - _MARGIN_M, x1 + _MARGIN_M, y1 + _MARGIN_M
    width, height = math.ceil((x1 - x0) / resolution_m), math.ceil((y1 - y0) / resolution_m)
    xs = x0 + (np.arange(width) + 0.5) * resolution_m
    ys = y1 - (np.arange(height) + 0.5) * resolution_m
    rays = np.zeros((height, width, 6), dtype=np.float32)
    rays[:, :, 0], rays[:, :, 1] = xs[None, :], ys[:, None]
    rays[:, :, 2], rays[:, :, 5] = cut, -1.0
    pictures = renderer.cast(rays.reshape(-1, 6), (height, width), resolution_m)
    image = pictures.color
    assert image is not None
    image[pictures.depth == 0.0] = _PAPER_RGB
    picture = TopDown(
        image=image,
        extent=(x0, x0 + width * resolution_m, y1 - height * resolution_m, y1),
        resolution_m=resolution_m,
    )
    _draw_walls([wall for wall in world.walls if wall.floor == floor], picture)
    if labels:
        _write_labels(world, picture, floor)
    return picture


def _longest_m(world: World) -> float:
    x0, y0, x1, y1 = world.bounds
    return max(x1 - x0, y1 - y0) + 2 * _MARGIN_M


def _draw_walls(walls: Sequence[Wall], picture: TopDown) -> None:
    for wall in walls:
        (x0, y0), (x1, y1) = wall.start, wall.end
        ux, uy = (x1 - x0) / wall.length_m, (y1 - y0) / wall.length_m
        half = 0.5 * wall.thickness_m
        for a, b, low, high in wall_boxes(wall):
            if not low <= _CUT_M <= high and not (low == 0.0 and high < _CUT_M):
                continue
            corners = [
                picture.pixel(x0 + t * ux - s * uy, y0 + t * uy + s * ux)
                for t, s in ((a, -half), (b, -half), (b, half), (a, half))
            ]
            shade = _WALL_RGB if high >= _CUT_M else (150, 178, 205)
            cv2.fillConvexPoly(picture.image, np.array(corners, dtype=np.int32), shade)


def _write_labels(world: World, picture: TopDown, floor: int) -> None:
    scale = max(0.25, min(0.007 / picture.resolution_m, 0.6))
    base = world.elevations.get(floor, 0.0)
    things = [t for t in world.objects if 0.0 <= t.position[2] - base <= 0.5]
    for thing in things if picture.resolution_m <= 0.03 else ():
        if thing.size[0] * thing.size[1] < 0.15 or thing.size[2] < 0.1:
            continue
        _write(picture, thing.label, thing.position[:2], scale, (30, 30, 34))
    for room in (r for r in world.rooms if r.floor == floor):
        _write(picture, room.name.upper(), room.center, 1.35 * scale, (150, 30, 24))


def _write(
    picture: TopDown, text: str, at: tuple[float, float], scale: float, color: tuple[int, int, int]
) -> None:
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(2 * scale))
    (width, height), _ = cv2.getTextSize(text, font, scale, thick)
    column, row = picture.pixel(*at)
    left = min(max(column - width // 2, 2), picture.image.shape[1] - width - 2)
    place = (left, row + height // 2)
    halo = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    for dx, dy in (*halo, (0, 0)):
        shade = color if (dx, dy) == (0, 0) else (255, 255, 255)
        at_pixel = (place[0] + dx, place[1] + dy)
        cv2.putText(picture.image, text, at_pixel, font, scale, shade, thick, cv2.LINE_AA)
