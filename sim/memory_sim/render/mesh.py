"""Triangles with a finish, and what is done with them: fitted, joined, turned, divided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    'Finish',
    'FloatArray',
    'Patch',
    'bounds_of',
    'fit',
    'merge',
    'subdivide',
    'transform',
]

FloatArray = NDArray[np.float32]
Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Colour and texture of a surface."""

    #: sRGB in 0-1.
    color: Vector3 = (0.8, 0.8, 0.8)
    #: Name in the texture set; empty for none. Texture coordinates count its repeats.
    texture: str = ''
    #: Takes the colour of the object that wears it.
    tinted: bool = False
    #: Shines by itself with this strength; 0 for ordinary surfaces.
    emission: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """Triangles of one finish, each with its own corners."""

    #: (T, 3, 3) corner positions [m].
    corners: FloatArray
    #: (T, 3, 3) unit normals at the corners.
    normals: FloatArray
    #: (T, 3, 2) texture coordinates at the corners.
    uv: FloatArray
    finish: Finish
    #: (T, 3, 3) sRGB in 0-1 that light has given the corners already; None where it has yet to.
    baked: FloatArray | None = None
    #: No edge is longer, where ``subdivide`` has seen to that [m].
    longest_m: float = math.inf

    def __len__(self) -> int:
        """Return the number of triangles."""
        return len(self.corners)


def bounds_of(patches: Iterable[Patch]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper corner of the axis-aligned box around patches [m]."""
    lows, highs = zip(
        *((p.corners.min(axis=(0, 1)), p.corners.max(axis=(0, 1))) for p in patches), strict=True
    )
    return np.min(lows, axis=0).astype(np.float64), np.max(highs, axis=0).astype(np.float64)


def fit(patches: Sequence[Patch], size: Vector3) -> list[Patch]:
    """Scale patches so that they fill ``size``, centred over the origin and standing on it."""
    low, high = bounds_of(patches)
    extent = np.maximum(high - low, 1e-9)
    scale = np.asarray(size) / extent
    anchor = np.array([*(0.5 * (low + high))[:2], low[2]])
    fitted = []
    for patch in patches:
        normals = patch.normals / scale
        normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
        corners = (patch.corners - anchor) * scale
        fitted.append(
            replace(
                patch,
                corners=corners.astype(np.float32),
                normals=normals.astype(np.float32),
                longest_m=math.inf,
            )
        )
    return fitted


def merge(patches: Iterable[Patch]) -> list[Patch]:
    """Join patches of one finish, in the order in which finishes first appear."""
    groups: dict[Finish, list[Patch]] = {}
    single: list[Patch] = []
    for patch in patches:
        if patch.baked is None:
            groups.setdefault(patch.finish, []).append(patch)
        else:
            single.append(patch)
    joined = [
        Patch(
            corners=np.concatenate([p.corners for p in group]),
            normals=np.concatenate([p.normals for p in group]),
            uv=np.concatenate([p.uv for p in group]),
            finish=finish,
        )
        for finish, group in groups.items()
    ]
    return joined + single


def transform(patch: Patch, position: Vector3, yaw_rad: float) -> Patch:
    """Turn a patch about z, then move it."""
    corners = _turn(patch.corners, yaw_rad) + np.asarray(position)
    return replace(
        patch, corners=corners.astype(np.float32), normals=_turn(patch.normals, yaw_rad)
    )


def _turn(vectors: FloatArray, yaw_rad: float) -> FloatArray:
    """Turn (..., 3) vectors about z; written out, because BLAS threads wake up for a product."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    turned = np.empty_like(vectors)
    turned[..., 0] = c * vectors[..., 0] - s * vectors[..., 1]
    turned[..., 1] = s * vectors[..., 0] + c * vectors[..., 1]
    turned[..., 2] = vectors[..., 2]
    return turned


def subdivide(patch: Patch, longest_m: float) -> Patch:
    """Halve edges until none is longer than ``longest_m``; what is baked already is left alone."""
    if patch.baked is not None or patch.longest_m <= longest_m:
        return patch
    if np.linalg.norm(np.ptp(patch.corners, axis=(0, 1))) <= longest_m:
        return replace(patch, longest_m=longest_m)
    values = np.concatenate([patch.corners, patch.normals, patch.uv], axis=2)
    done = []
    while len(values):
        steps = values[:, (1, 2, 0), :3] - values[:, :, :3]
        edges = np.sqrt(np.einsum('tkc,tkc->tk', steps, steps))
        long = edges.max(axis=1) > longest_m
        if not long.any():
            done.append(values)
            break
        done.append(values[~long])
        rows = np.arange(int(long.sum()))
        values, first = values[long], edges[long].argmax(axis=1)
        a, b, c = (values[rows, (first + i) % 3] for i in range(3))
        middle = 0.5 * (a + b)
        values = np.concatenate(
            [np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)]
        )
    values = np.concatenate(done)
    return replace(
        patch,
        corners=values[:, :, :3],
        normals=values[:, :, 3:6],
        uv=values[:, :, 6:],
        longest_m=longest_m,
    )
