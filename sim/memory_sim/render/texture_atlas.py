"""All textures of a scene in one array, each also in smaller sizes for distant surfaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.render.textures import paint, TEXTURES

__all__ = ['LEVELS', 'TextureAtlas']

Image = NDArray[np.uint8]

#: Sizes that a texture is kept in, each half the one before.
LEVELS = 6


class TextureAtlas:
    """
    Textures by index; index 0 is plain white.

    A texture is square with a side that is a power of two, so that it repeats by masking bits.
    """

    def __init__(self, names: Iterable[str], images: Mapping[str, Image]) -> None:
        """Collect the named textures: painted ones, or those of ``images``."""
        self._names = ('', *sorted({name for name in names if name}))
        self._index = {name: i for i, name in enumerate(self._names)}
        pixels: list[NDArray[np.uint32]] = []
        self._means: list[NDArray[np.float32]] = []
        sizes, offsets, total = [], np.zeros((len(self._names), LEVELS), np.int64), 0
        for i, name in enumerate(self._names):
            image = _load(name, images)
            sizes.append(image.shape[0])
            self._means.append(image.mean(axis=(0, 1), dtype=np.float32) / np.float32(255.0))
            for level in range(LEVELS):
                offsets[i, level] = total
                side = max(1, image.shape[0] >> level)
                small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
                packed = np.zeros((side, side, 4), dtype=np.uint8)
                packed[:, :, :3] = small.reshape(side, side, 3)
                pixels.append(packed.reshape(-1, 4).view(np.uint32)[:, 0])
                total += side * side
        #: All pixels, one RGB0 word each.
        self.pixels: NDArray[np.uint32] = np.concatenate(pixels)
        #: (textures * LEVELS,) where each size starts in ``pixels``, and its side [pixels].
        self.offsets = offsets.astype(np.int32).ravel()
        #: (textures,) side of the largest size [pixels].
        self.sizes = np.array(sizes, dtype=np.int32)
        self.sides = np.maximum(self.sizes[:, None] >> np.arange(LEVELS), 1).ravel()
        self.sides = self.sides.astype(np.int32)

    def index(self, name: str) -> int:
        """Return the index of a texture."""
        return self._index[name]

    def mean(self, name: str) -> NDArray[np.float32]:
        """Return the mean sRGB of a texture, in 0-1."""
        return self._means[self._index[name]]


def _load(name: str, images: Mapping[str, Image]) -> Image:
    if not name:
        return np.full((1, 1, 3), 255, dtype=np.uint8)
    return paint(name) if name in TEXTURES else images[name]
