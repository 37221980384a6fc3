"""Textures of places that people share: goods, notices, facades, floors of halls and streets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['PUBLIC_COLOR', 'PUBLIC_GRAY', 'PUBLIC_REPEAT_M', 'PUBLIC_VARIANTS', 'paint_public']

_SIZE = 256

Image = NDArray[np.uint8]
Gray = NDArray[np.float64]


def _noise(rng: np.random.Generator, cells: int) -> Gray:
    """Return smooth noise in 0-1 that repeats without a seam."""
    grid = np.tile(rng.random((cells, cells), dtype=np.float32), (3, 3))
    large = cv2.resize(grid, (3 * _SIZE, 3 * _SIZE), interpolation=cv2.INTER_CUBIC)
    return np.clip(large[_SIZE : 2 * _SIZE, _SIZE : 2 * _SIZE], 0.0, 1.0).astype(np.float64)


def _concrete(rng: np.random.Generator) -> Gray:
    value = 0.92 + 0.07 * (_noise(rng, 8) - 0.5) + 0.08 * (rng.random((_SIZE, _SIZE)) - 0.5)
    value[:2], value[:, :2] = 0.74, 0.74
    return value


def _linoleum(rng: np.random.Generator) -> Gray:
    speckle = rng.random((_SIZE, _SIZE))
    value = 0.94 + 0.05 * (_noise(rng, 10) - 0.5)
    return np.where(speckle > 0.94, value - 0.14, np.where(speckle < 0.03, value + 0.06, value))


def _terrazzo(rng: np.random.Generator) -> Gray:
    value = np.full((_SIZE, _SIZE), 0.93, dtype=np.float32)
    for _ in range(420):
        at = tuple(int(v) for v in rng.integers(0, _SIZE, 2))
        shade = float(rng.choice([0.66, 0.78, 1.0]))
        cv2.circle(value, at, int(rng.integers(1, 5)), shade, -1)
    return value.astype(np.float64)


def _cobbles(rng: np.random.Generator) -> Gray:
    value, rows = np.full((_SIZE, _SIZE), 0.55), 8
    step = _SIZE // rows
    for row in range(rows):
        for column in range(rows):
            u = (column * step + (row % 2) * step // 2 + np.arange(2, step - 2)) % _SIZE
            v = row * step + np.arange(2, step - 2)
            value[np.ix_(v, u)] = 0.78 + 0.2 * rng.random()
    return value + 0.08 * (rng.random((_SIZE, _SIZE)) - 0.5)


def _corrugated(rng: np.random.Generator) -> Gray:
    wave = 0.88 + 0.12 * np.cos(2 * np.pi * 16 * np.arange(_SIZE) / _SIZE)
    return np.broadcast_to(wave, (_SIZE, _SIZE)) * (0.96 + 0.06 * (_noise(rng, 8) - 0.5))


def _facade(rng: np.random.Generator) -> Gray:
    """Paint two by two bays of a wall; the glass is dark, and reflects the sky a little."""
    value = 0.93 + 0.05 * (_noise(rng, 24) - 0.5)
    bay, wide = _SIZE // 2, int(rng.integers(58, 88))
    high, sill = int(rng.integers(66, 84)), int(rng.integers(24, 34))
    for row in range(2):
        for column in range(2):
            x, y = column * bay + (bay - wide) // 2, row * bay + sill
            value[y - 4 : y + high + 4, x - 4 : x + wide + 4] = 1.0
            shine = np.linspace(0.52, 0.3, high)[:, None] + 0.12 * (rng.random() - 0.5)
            value[y : y + high, x : x + wide] = shine
            value[y : y + high, x + wide // 2 - 2 : x + wide // 2 + 2] = 0.95
        value[row * bay : row * bay + 5] *= 0.85
    return value


def _leaves(rng: np.random.Generator) -> Gray:
    value = 0.62 + 0.5 * (_noise(rng, 48) - 0.5) + 0.35 * (_noise(rng, 12) - 0.5)
    return value + 0.25 * (rng.random((_SIZE, _SIZE)) - 0.5)


def _bark(rng: np.random.Generator) -> Gray:
    stripes = cv2.resize(rng.random((2, 40)), (_SIZE, _SIZE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(0.6 + 0.4 * stripes, dtype=np.float64)


def _sand(rng: np.random.Generator) -> Gray:
    return 0.88 + 0.14 * (rng.random((_SIZE, _SIZE)) - 0.5) + 0.08 * (_noise(rng, 10) - 0.5)


def _ripples(rng: np.random.Generator) -> Gray:
    return 0.82 + 0.3 * (_noise(rng, 20) - 0.5) + 0.12 * (_noise(rng, 60) - 0.5)


def _goods(rng: np.random.Generator) -> Image:
    """Paint packages in rows, as a shelf shows them."""
    image = np.full((_SIZE, _SIZE, 3), 46, dtype=np.uint8)
    rows = 4
    height = _SIZE // rows
    for row in range(rows):
        u, low = 2, row * height
        while u < _SIZE - 10:
            width, top = int(rng.integers(16, 34)), int(rng.integers(6, 22))
            color = tuple(int(v) for v in rng.integers(50, 245, 3))
            label = tuple(int(v) for v in rng.integers(160, 255, 3))
            for _ in range(int(rng.integers(1, 4))):  # the same package beside itself
                right = min(u + width, _SIZE - 2)
                cv2.rectangle(image, (u, low + top), (right - 2, low + height - 6), color, -1)
                middle = low + (top + height) // 2
                cv2.rectangle(image, (u + 3, middle - 6), (right - 5, middle + 6), label, -1)
                u = right
                if u >= _SIZE - 10:
                    break
        image[low + height - 5 : low + height] = (225, 225, 220)
    return image


def _bottles(rng: np.random.Generator) -> Image:
    image = np.full((_SIZE, _SIZE, 3), 214, dtype=np.uint8)
    for row in range(4):
        low = row * 64
        for u in range(4, _SIZE - 12, 18):
            color = tuple(int(v) for v in rng.integers(30, 200, 3))
            top = low + int(rng.integers(14, 24))
            cv2.rectangle(image, (u, top), (u + 12, low + 58), color, -1)
            cv2.rectangle(image, (u + 4, top - 9), (u + 8, top), color, -1)
            cv2.rectangle(image, (u + 1, low + 36), (u + 11, low + 46), (240, 236, 225), -1)
        image[low + 59 : low + 64] = (150, 152, 156)
    return image


def _notes(rng: np.random.Generator) -> Image:
    image = np.full((_SIZE, _SIZE, 3), (176, 134, 88), dtype=np.uint8)
    for _ in range(16):
        x, y = (int(v) for v in rng.integers(6, 206, 2))
        w, h = (int(v) for v in rng.integers(26, 52, 2))
        paper = tuple(int(v) for v in rng.integers(205, 256, 3))
        cv2.rectangle(image, (x, y), (x + w, y + h), paper, -1)
        for line in range(y + 8, y + h - 4, 7):
            cv2.line(image, (x + 4, line), (x + w - 6, line), (110, 110, 116), 1)
        cv2.circle(image, (x + w // 2, y + 3), 2, (190, 40, 36), -1)
    return image


def _chalk(rng: np.random.Generator) -> Image:
    image = np.full((_SIZE, _SIZE, 3), (44, 74, 58), dtype=np.uint8)
    for row in range(30, 230, 34):
        u = 20
        while u < 210:
            w = int(rng.integers(8, 30))
            cv2.line(image, (u, row), (u + w, row + int(rng.integers(-6, 7))), (222, 224, 216), 2)
            u += w + 8
    return image


def _vital_signs(rng: np.random.Generator) -> Image:
    image = np.full((_SIZE, _SIZE, 3), 14, dtype=np.uint8)
    for row, color in ((60, (70, 220, 110)), (130, (90, 190, 235)), (200, (235, 210, 80))):
        u = np.arange(0, 190, 2)
        beat = np.where(u % 48 < 6, 34.0 * (1 - np.abs(u % 48 - 3) / 3), 0.0)
        wave = row - beat + 3 * rng.standard_normal(len(u))
        points = np.stack([u + 6, wave], axis=1).astype(np.int32)
        cv2.polylines(image, [points], False, color, 2)
        cv2.rectangle(image, (206, row - 22), (246, row + 8), color, -1)
    return image


def _produce(rng: np.random.Generator) -> Image:
    """Paint fruit and vegetables in crates, seen from above."""
    image = np.full((_SIZE, _SIZE, 3), (96, 74, 48), dtype=np.uint8)
    colors = [(196, 52, 44), (226, 150, 46), (112, 166, 58), (232, 208, 70), (128, 60, 110),
              (222, 110, 60), (80, 130, 60), (240, 226, 190)]  # fmt: skip
    for i, index in enumerate(rng.permutation(len(colors))):
        x, y = (i % 2) * 128, (i // 2) * 64
        for _ in range(90):
            at = (x + int(rng.integers(8, 120)), y + int(rng.integers(8, 56)))
            shade = rng.uniform(0.8, 1.1)
            color = tuple(min(255, int(v * shade)) for v in colors[int(index)])
            cv2.circle(image, at, 6, color, -1)
    return image


def _map(rng: np.random.Generator) -> Image:
    """Paint a printed panel: a headline, a picture and text."""
    image = np.full((_SIZE, _SIZE, 3), (236, 232, 222), dtype=np.uint8)
    tone = tuple(int(v) for v in rng.integers(60, 170, 3))
    cv2.rectangle(image, (16, 16), (240, 44), tone, -1)
    cv2.rectangle(image, (16, 58), (120, 160), tuple(min(255, v + 60) for v in tone), -1)
    for row in range(62, 236, 12):
        left = 132 if row < 166 else 16
        cv2.line(image, (left, row), (236 - int(rng.integers(0, 26)), row), (90, 90, 94), 2)
    return image


PUBLIC_GRAY: Mapping[str, Callable[[np.random.Generator], Gray]] = {
    'bark': _bark,
    'cobbles': _cobbles,
    'concrete': _concrete,
    'corrugated': _corrugated,
    **{f'facade {i + 1}': _facade for i in range(4)},
    'leaves': _leaves,
    'linoleum': _linoleum,
    'ripples': _ripples,
    'sand': _sand,
    'terrazzo': _terrazzo,
}

PUBLIC_COLOR: Mapping[str, Callable[[np.random.Generator], Image]] = {
    'bottles': _bottles,
    'chalk': _chalk,
    **{f'goods {i + 1}': _goods for i in range(4)},
    'notes': _notes,
    'panel': _map,
    'produce': _produce,
    'vital signs': _vital_signs,
}

PUBLIC_VARIANTS: Mapping[str, int] = {'facade': 4, 'goods': 4}

#: Length that one repeat covers [m].
PUBLIC_REPEAT_M: Mapping[str, float] = {
    'bark': 0.8,
    'cobbles': 1.6,
    'concrete': 3.0,
    'corrugated': 2.4,
    **{f'facade {i + 1}': 6.4 for i in range(4)},
    'leaves': 1.8,
    'linoleum': 1.2,
    'ripples': 3.0,
    'sand': 2.0,
    'terrazzo': 1.4,
}


def paint_public(name: str) -> Image:
    """Return the (256, 256, 3) sRGB picture of one of these textures."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if name in PUBLIC_COLOR:
        return PUBLIC_COLOR[name](rng)
    gray = np.clip(PUBLIC_GRAY[name](rng) * 255.0, 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)
