"""Parts of a scene: triangles of one colour or picture that belong to one named thing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.world.errors import WorldError

__all__ = ['FloatArray', 'Image', 'Part', 'SceneFileError', 'square', 'unit_vectors']

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


class SceneFileError(WorldError):
    """A scene's file cannot be used; the message names the file, the field and its value."""

    def __init__(self, path: Path | str, field: str, problem: str) -> None:
        super().__init__(f'{path}: {field}: {problem}')


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Triangles of one colour or picture that belong to one named thing."""

    name: str
    #: (T, 3, 3) corners and (T, 3, 3) unit normals, in the file's own axes and unit.
    corners: FloatArray
    normals: FloatArray
    #: (T, 3, 2) texture coordinates, v downwards.
    uv: FloatArray
    #: sRGB in 0-1.
    color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    image: Image | None = None
    #: 1 is opaque.
    opacity: float = 1.0
    #: (T, 3, 3) sRGB at the corners, for surfaces that come with their light; or None.
    baked: FloatArray | None = None

    def moved(self, matrix: FloatArray, *, name: str | None = None) -> Part:
        """Return the part after a (4, 4) transform, under another name if one is given."""
        turn = matrix[:3, :3]
        corners = self.corners @ turn.T + matrix[:3, 3]
        try:
            normals = self.normals @ np.linalg.inv(turn)
        except np.linalg.LinAlgError:
            normals = self.normals
        if np.linalg.det(turn) < 0.0:  # a mirror turns the surface inside out
            return replace(
                self,
                name=name or self.name,
                corners=corners[:, ::-1],
                normals=unit_vectors(-normals[:, ::-1]),
                uv=self.uv[:, ::-1],
                baked=None if self.baked is None else self.baked[:, ::-1],
            )
        return replace(
            self, name=name or self.name, corners=corners, normals=unit_vectors(normals)
        )


def unit_vectors(vectors: FloatArray) -> FloatArray:
    """Return vectors of length 1; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = vectors / np.maximum(length, 1e-12)
    return unit


def square(image: Any) -> Image:
    """Return a PIL picture as a square whose side is a power of two, as renderers want it."""
    pixels = np.asarray(image.convert('RGB'))
    side = 1 << int(np.clip(np.ceil(np.log2(max(pixels.shape[:2]))), 0, 9))
    return cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
