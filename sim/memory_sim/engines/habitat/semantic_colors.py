"""
Colours that carry ids through Habitat's semantic meshes.

Habitat reads the colour of each vertex, linear in a glTF file, turns it into 8-bit sRGB and looks
that up in a text file. Only linear values that survive the turn as different ones are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ['MOST_IDS', 'SemanticColors', 'semantic_colors']

#: Linear bytes of one channel; below 128 neighbours differ in sRGB by more than one.
_LEVELS = 64
_STEP = 2
MOST_IDS = _LEVELS**3


@dataclass(frozen=True, slots=True, eq=False)
class SemanticColors:
    """(N, 3) colours by id, as stored in the mesh and as looked up; id 0 is black."""

    linear: NDArray[np.uint8]
    shown: NDArray[np.uint8]


def semantic_colors(count: int) -> SemanticColors:
    """
    Return a colour of its own for each id below ``count``.

    Raises
    ------
    ValueError
        If there are more ids than colours, or none.

    """
    if not 0 < count <= MOST_IDS:
        raise ValueError(f'count: expected 1 to {MOST_IDS}, got {count!r}')
    # An odd multiplier visits every colour once and keeps those of neighbours apart.
    scattered = np.arange(count, dtype=np.int64) * 40_503 % MOST_IDS
    digits = np.stack([scattered % _LEVELS, scattered // _LEVELS % _LEVELS,
                       scattered // _LEVELS**2], axis=1)  # fmt: skip
    linear = (digits * _STEP).astype(np.uint8)
    return SemanticColors(linear, _srgb(linear))


def _srgb(linear: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what 8-bit linear values are in 8-bit sRGB (IEC 61966-2-1)."""
    x = linear.astype(np.float64) / 255.0
    y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-12) ** (1 / 2.4) - 0.055)
    shown: NDArray[np.uint8] = np.rint(y * 255.0).astype(np.uint8)
    return shown
