"""Textures painted from formulas: planks, tiles, carpet, plaster and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.render.textures_public import (
    paint_public,
    PUBLIC_COLOR,
    PUBLIC_GRAY,
    PUBLIC_REPEAT_M,
    PUBLIC_VARIANTS,
)

__all__ = ['REPEAT_M', 'SIZE', 'TEXTURES', 'VARIANTS', 'paint']

#: Width and height of a painted texture [pixels].
SIZE = 256

Image = NDArray[np.uint8]
Gray = NDArray[np.float64]


def _noise(rng: np.random.Generator, cells_u: int, cells_v: int) -> Gray:
    """Return smooth noise in 0-1 that repeats without a seam."""
    grid = rng.random((cells_v, cells_u), dtype=np.float32)
    tiled = np.tile(grid, (3, 3))
    large = cv2.resize(tiled, (3 * SIZE, 3 * SIZE), interpolation=cv2.INTER_CUBIC)
    return np.clip(large[SIZE : 2 * SIZE, SIZE : 2 * SIZE], 0.0, 1.0).astype(np.float64)


def _grain(rng: np.random.Generator) -> Gray:
    return 0.6 * _noise(rng, 4, 64) + 0.4 * _noise(rng, 8, 128)


def _planks(rng: np.random.Generator) -> Gray:
    value, rows = np.empty((SIZE, SIZE)), 8
    height = SIZE // rows
    for row in range(rows):
        plank = 0.86 + 0.16 * (_grain(rng)[:height] - 0.5)
        cut = int(rng.integers(0, SIZE))
        plank[:, cut:] *= 0.9 + 0.2 * rng.random()
        plank[:, :cut] *= 0.9 + 0.2 * rng.random()
        plank[:, cut : cut + 1] *= 0.72
        plank[0] *= 0.72
        value[row * height : (row + 1) * height] = plank
    return value


def _parquet(rng: np.random.Generator) -> Gray:
    value, block, slats = np.empty((SIZE, SIZE)), SIZE // 4, 4
    for i in range(4):
        for j in range(4):
            tile = np.empty((block, block))
            for k in range(slats):
                band = slice(k * block // slats, (k + 1) * block // slats)
                tile[band] = 0.82 + 0.14 * rng.random() + 0.1 * (_grain(rng)[band, :block] - 0.5)
                tile[band.start] *= 0.75
            tile = tile if (i + j) % 2 else tile.T
            value[i * block : (i + 1) * block, j * block : (j + 1) * block] = tile
    return value


def _tiles(rng: np.random.Generator, count: int, joint: float = 0.72) -> Gray:
    step = SIZE // count
    value = 0.93 + 0.05 * (_noise(rng, 32, 32) - 0.5)
    shade = np.kron(0.97 + 0.06 * rng.random((count, count)), np.ones((step, step)))
    value = value * shade
    lines = np.arange(SIZE) % step < max(2, step // 24)
    value[lines, :] = joint
    value[:, lines] = joint
    return value


def _checker(rng: np.random.Generator) -> Gray:
    half = SIZE // 2
    board = np.kron(np.array([[1.0, 0.62], [0.62, 1.0]]), np.ones((half, half)))
    return board * (0.94 + 0.06 * _noise(rng, 32, 32))


def _bricks(rng: np.random.Generator) -> Gray:
    value, rows = np.full((SIZE, SIZE), 0.97), 8
    height, width = SIZE // rows, SIZE // 4
    rough = _noise(rng, 64, 64)
    for row in range(rows):
        for col in range(4):
            shift = (row % 2) * width // 2
            u = (col * width + shift + np.arange(2, width - 1)) % SIZE
            v = row * height + np.arange(2, height - 1)
            value[np.ix_(v, u)] = (0.72 + 0.2 * rng.random()) * (0.9 + 0.2 * rough[np.ix_(v, u)])
    return value


def _carpet(rng: np.random.Generator) -> Gray:
    return 0.86 + 0.24 * (rng.random((SIZE, SIZE)) - 0.5) + 0.1 * (_noise(rng, 24, 24) - 0.5)


def _plaster(rng: np.random.Generator) -> Gray:
    return 0.97 + 0.05 * (_noise(rng, 48, 48) - 0.5) + 0.03 * (_noise(rng, 8, 8) - 0.5)


def _stripes(rng: np.random.Generator) -> Gray:
    u = np.arange(SIZE)
    band = np.where((u // 16) % 2 == 0, 1.0, 0.88)
    return np.broadcast_to(band, (SIZE, SIZE)) * (0.97 + 0.04 * (_noise(rng, 64, 64) - 0.5))


def _diamonds(rng: np.random.Generator) -> Gray:
    v, u = np.indices((SIZE, SIZE)) / 32.0
    wave = np.cos(2 * np.pi * (u + v)) * np.cos(2 * np.pi * (u - v))
    return np.where(wave > 0.55, 0.82, 0.98) * (0.98 + 0.03 * (_noise(rng, 64, 64) - 0.5))


def _wood(rng: np.random.Generator) -> Gray:
    rings = np.sin(18.0 * _noise(rng, 2, 10) + 2.0 * _grain(rng))
    return 0.9 + 0.07 * rings + 0.08 * (_grain(rng) - 0.5)


def _fabric(rng: np.random.Generator) -> Gray:
    v, u = np.indices((SIZE, SIZE))
    weave = 0.05 * (np.sin(u * np.pi / 2) * np.sin(v * np.pi / 2))
    return 0.92 + 0.08 * (_noise(rng, 32, 32) - 0.5) + weave


def _marble(rng: np.random.Generator) -> Gray:
    v, u = (2 * np.pi / SIZE) * np.indices((SIZE, SIZE))
    veins = np.abs(np.sin(u + v + 7.0 * _noise(rng, 6, 6)))
    value: Gray = 1.0 - 0.05 * _noise(rng, 16, 16) - 0.25 * np.exp(-12.0 * veins)
    return value


def _metal(rng: np.random.Generator) -> Gray:
    return 0.92 + 0.1 * (_noise(rng, 2, 128) - 0.5)


def _rug(rng: np.random.Generator) -> Gray:
    v, u = np.indices((SIZE, SIZE)) / SIZE - 0.5
    edge = np.maximum(np.abs(u), np.abs(v))
    value = np.where((edge > 0.46) | ((edge > 0.36) & (edge < 0.39)), 0.6, 1.0)
    diamond = np.abs(u) + np.abs(v)
    value = value * np.where((diamond * 12).astype(int) % 3 == 0, 0.75, 1.0)
    return value * (0.9 + 0.15 * (rng.random((SIZE, SIZE)) - 0.5))


def _asphalt(rng: np.random.Generator) -> Gray:
    return 0.8 + 0.3 * (rng.random((SIZE, SIZE)) - 0.5) + 0.1 * (_noise(rng, 12, 12) - 0.5)


def _grass(rng: np.random.Generator) -> Gray:
    return 0.75 + 0.35 * (rng.random((SIZE, SIZE)) - 0.5) + 0.25 * (_noise(rng, 16, 16) - 0.5)


_GRAY: Mapping[str, Callable[[np.random.Generator], Gray]] = {
    'asphalt': _asphalt,
    'bricks': _bricks,
    'carpet': _carpet,
    'checker': _checker,
    'diamonds': _diamonds,
    'fabric': _fabric,
    'grass': _grass,
    'marble': _marble,
    'metal': _metal,
    'parquet': _parquet,
    'planks': _planks,
    'plaster': _plaster,
    'rug': _rug,
    'small tiles': lambda rng: _tiles(rng, 8),
    'stripes': _stripes,
    'tiles': lambda rng: _tiles(rng, 4),
    'wood': _wood,
}


def _view(rng: np.random.Generator) -> Image:
    """Paint what a window shows: sky, clouds, trees and a lawn."""
    v = np.linspace(0.0, 1.0, SIZE)[:, None, None]
    sky = np.array([150, 190, 235]) * (1 - v) + np.array([225, 236, 245]) * v
    cloud = np.clip(_noise(rng, 6, 10) * 2.2 - 1.2, 0.0, 1.0)[:, :, None]
    image = np.broadcast_to(sky, (SIZE, SIZE, 3)) * (1 - 0.7 * cloud) + 250.0 * 0.7 * cloud
    tops = 0.58 + 0.12 * (_noise(rng, 12, 1)[0] - 0.5) + 0.05 * (_noise(rng, 40, 1)[0] - 0.5)
    leaves = 0.7 + 0.6 * (_noise(rng, 64, 64)[:, :, None] - 0.5)
    image = np.where(v > tops[None, :, None], np.array([96, 132, 82]) * leaves, image)
    lawn = 0.8 + 0.4 * (_noise(rng, 64, 128)[:, :, None] - 0.5)
    image = np.where(v > 0.8, np.array([138, 168, 96]) * lawn, image)
    return np.clip(image, 0, 255).astype(np.uint8)


def _landscape(rng: np.random.Generator) -> Image:
    """Paint a picture for a wall: hills before an evening sky."""
    v = np.linspace(0.0, 1.0, SIZE)[:, None, None]
    low, high = rng.uniform((180, 150, 90), (245, 215, 190)), rng.uniform(90, 220, 3)
    image = np.broadcast_to(low * v + high * (1 - v), (SIZE, SIZE, 3)).copy()
    near = rng.uniform((40, 60, 40), (120, 110, 90))
    shades = [near + t * (high - near) for t in (0.6, 0.35, 0.0)]
    for level, shade in zip((0.45, 0.6, 0.76), shades, strict=True):
        ridge = level + 0.25 * (_noise(rng, 6, 1)[0] - 0.5)
        image = np.where(v > ridge[None, :, None], np.array(shade), image)
    return image.astype(np.uint8)


def _abstract(rng: np.random.Generator) -> Image:
    """Paint a picture of coloured bars and discs."""
    image = np.full((SIZE, SIZE, 3), 235, dtype=np.uint8)
    palette = [(178, 58, 50), (63, 111, 181), (227, 189, 70), (60, 60, 64), (92, 154, 82)]
    for _ in range(9):
        color = palette[int(rng.integers(len(palette)))]
        x, y, w, h = (int(value) for value in rng.integers(8, 160, 4))
        if rng.random() < 0.6:
            cv2.rectangle(image, (x, y), (x + w // 2, y + h // 2), color, -1)
        else:
            cv2.circle(image, (x, y), 12 + w // 4, color, -1)
    return image


def _books(rng: np.random.Generator) -> Image:
    """Paint a row of book spines."""
    image = np.full((SIZE, SIZE, 3), 40, dtype=np.uint8)
    u = 0
    while u < SIZE:
        width = int(rng.integers(8, 22))
        top = int(rng.integers(8, 70))
        color = rng.integers(50, 210, 3)
        image[top:, u : u + width] = color
        image[top + 18 : top + 26, u + 2 : u + width - 2] = np.minimum(color + 45, 255)
        image[:, u : u + 1] = 25
        u += width
    return image


def _screen(rng: np.random.Generator) -> Image:
    """Paint a switched-on display."""
    image = np.full((SIZE, SIZE, 3), (44, 62, 92), dtype=np.uint8)
    image[20:230, 20:160] = (232, 234, 238)
    image[20:44, 20:160] = (80, 130, 200)
    for row in range(60, 215, 14):
        end = 40 + int(rng.integers(40, 110))
        image[row : row + 5, 32:end] = (120, 124, 132)
    image[40:200, 180:240] = (92, 154, 130)
    return image


def _mirror(rng: np.random.Generator) -> Image:
    """Paint a blurred room, as a mirror would show it."""
    v, u = np.indices((SIZE, SIZE)) / SIZE
    shine = np.exp(-(((u + 0.6 * v - 0.7) / 0.12) ** 2)) + 0.6 * np.exp(
        -(((u + 0.6 * v - 1.1) / 0.05) ** 2)
    )
    base = 150.0 + 50.0 * (1 - v) + 14.0 * (_noise(rng, 3, 3) - 0.5)
    gray = np.where(v > 0.7, base - 35.0, base) + 45.0 * shine
    color = gray[:, :, None] * np.array([0.95, 1.0, 1.03])
    image: Image = np.clip(color, 0, 255).astype(np.uint8)
    return image


#: How many pictures there are of a kind; the names of the pictures end in 1, 2, ...
VARIANTS: Mapping[str, int] = MappingProxyType({'abstract': 4, 'landscape': 4, **PUBLIC_VARIANTS})

_COLOR: Mapping[str, Callable[[np.random.Generator], Image]] = {
    **{f'abstract {i + 1}': _abstract for i in range(VARIANTS['abstract'])},
    **{f'landscape {i + 1}': _landscape for i in range(VARIANTS['landscape'])},
    'books': _books,
    'mirror': _mirror,
    'screen': _screen,
    'view': _view,
}

#: Textures that are painted here; each one's place is its seed.
_HOME = tuple(sorted({**_GRAY, **_COLOR}))
#: Names of all painted textures, in a fixed order.
TEXTURES = (*_HOME, *sorted({**PUBLIC_GRAY, **PUBLIC_COLOR}))

#: Length that one repeat covers on floors and walls [m]; other textures cover one metre.
REPEAT_M: Mapping[str, float] = MappingProxyType(
    {
        'asphalt': 2.0,
        'bricks': 1.0,
        'carpet': 0.8,
        'checker': 0.8,
        'diamonds': 1.2,
        'grass': 2.0,
        'marble': 1.6,
        'parquet': 1.2,
        'planks': 1.3,
        'plaster': 1.5,
        'small tiles': 0.8,
        'stripes': 1.2,
        'tiles': 1.6,
        **PUBLIC_REPEAT_M,
    }
)


@cache
def paint(name: str) -> Image:
    """
    Return the (SIZE, SIZE, 3) sRGB picture of a texture; it repeats without a seam.

    Gray textures multiply a surface's colour.

    Raises
    ------
    KeyError
        If no texture has this name.

    """
    if name in PUBLIC_GRAY or name in PUBLIC_COLOR:
        return paint_public(name)
    rng = np.random.default_rng(_HOME.index(name) if name in _HOME else 0)
    if name in _COLOR:
        return _COLOR[name](rng)
    gray = np.clip(_GRAY[name](rng) * 255.0, 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)
