"""Simple shapes as triangles: what furniture, walls and floors are drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory_sim.render.mesh import Finish, Patch

__all__ = ['box', 'cylinder', 'ellipsoid', 'picture', 'polygon', 'quad']


def _flat(corners: NDArray[np.float64], uv: NDArray[np.float64], finish: Finish) -> Patch:
    normal = _cross(corners)
    normal /= np.maximum(np.sqrt(np.einsum('tc,tc->t', normal, normal)), 1e-12)[:, None]
    return Patch(
        corners=corners.astype(np.float32),
        normals=np.repeat(normal[:, None, :], 3, axis=1).astype(np.float32),
        uv=uv.astype(np.float32),
        finish=finish,
    )


def _cross(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, 3) normals of triangles, as long as twice their area; ``np.cross``, but quick."""
    a, b = (corners[:, i] - corners[:, 0] for i in (1, 2))
    normal = np.empty_like(a)
    for k, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        normal[:, k] = a[:, i] * b[:, j] - a[:, j] * b[:, i]
    return normal


def quad(corners: Sequence[Sequence[float]], finish: Finish, *, repeat_m: float = 1.0) -> Patch:
    """
    Return a planar quadrilateral.

    Parameters
    ----------
    corners
        Four (x, y, z) points [m], counter-clockwise seen from the front.
    finish
        Its colour and texture.
    repeat_m
        Length that one repeat of the texture covers [m].

    """
    p = np.asarray(corners, dtype=np.float64)
    # World coordinates anchor the texture, so that neighbouring quads join without a seam.
    u_axis, v_axis = _texture_axes(np.cross(p[1] - p[0], p[3] - p[0]))
    uv = np.stack([p @ u_axis, p @ v_axis], axis=1) / repeat_m
    index = np.array([[0, 1, 2], [0, 2, 3]])
    return _flat(p[index], uv[index], finish)


def picture(corners: Sequence[Sequence[float]], finish: Finish) -> Patch:
    """Return a quadrilateral that shows its texture once, upright from its first corner."""
    p = np.asarray(corners, dtype=np.float64)
    uv = np.array([[0.0, 0.999], [0.999, 0.999], [0.999, 0.0], [0.0, 0.0]])
    index = np.array([[0, 1, 2], [0, 2, 3]])
    return _flat(p[index], uv[index], finish)


def _texture_axes(normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = normal / max(float(np.linalg.norm(normal)), 1e-12)
    if abs(n[2]) > 0.9:
        return np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    u_axis = np.cross([0.0, 0.0, 1.0], n)
    return u_axis / np.linalg.norm(u_axis), np.array([0.0, 0.0, -1.0])


def polygon(
    points: Sequence[tuple[float, float]],
    z: float,
    finish: Finish,
    *,
    repeat_m: float = 1.0,
    faces_down: bool = False,
) -> Patch:
    """
    Return a horizontal polygon.

    Parameters
    ----------
    points
        Counter-clockwise (x, y) corners of a simple polygon [m].
    z
        Its height [m].
    finish
        Its colour and texture.
    repeat_m
        Length that one repeat of the texture covers [m].
    faces_down
        Whether it is a ceiling instead of a floor.

    """
    index = np.array(_ear_clip(points))
    flat = np.asarray(points, dtype=np.float64)
    p = np.column_stack([flat, np.full(len(flat), z)])
    uv = flat / repeat_m
    if faces_down:
        index = index[:, ::-1]
    return _flat(p[index], uv[index], finish)


def _ear_clip(points: Sequence[tuple[float, float]]) -> list[tuple[int, int, int]]:
    def cross(a: int, b: int, c: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = points[a], points[b], points[c]
        return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

    def is_ear(i: int) -> bool:
        a, b, c = ring[i - 1], ring[i], ring[(i + 1) % len(ring)]
        if cross(a, b, c) <= 1e-12:
            return False
        others = (p for p in ring if p not in (a, b, c))
        return not any(
            cross(a, b, p) >= 0 and cross(b, c, p) >= 0 and cross(c, a, p) >= 0 for p in others
        )

    ring, triangles = list(range(len(points))), []
    while len(ring) > 3:
        ear = next((i for i in range(len(ring)) if is_ear(i)), None)
        if ear is None:  # collinear corners: the fan is as good as any
            break
        triangles.append((ring[ear - 1], ring[ear], ring[(ear + 1) % len(ring)]))
        del ring[ear]
    triangles += [(ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)]
    return triangles


_BOX_FACES = (
    ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)),
    ((0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1)),
    ((1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 1, 1)),
    ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
    ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
    ((0, 1, 0), (1, 1, 0), (1, 0, 0), (0, 0, 0)),
)
_BOX_CORNERS = np.array(_BOX_FACES, dtype=np.float64)[:, [0, 1, 2, 0, 2, 3]]
#: Axes along which the texture of each of a box's twelve triangles runs.
_BOX_UV_AXES = np.repeat([[1, 2], [1, 2], [0, 2], [0, 2], [0, 1], [0, 1]], 2, axis=0)


def box(
    low: Sequence[float], high: Sequence[float], finish: Finish, *, repeat_m: float = 1.0
) -> Patch:
    """Return an axis-aligned box between two corners [m]."""
    lo, hi = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    corners = (lo + _BOX_CORNERS * (hi - lo)).reshape(-1, 3, 3)
    uv = np.take_along_axis(corners, _BOX_UV_AXES[:, None, :], axis=2) / repeat_m
    return _flat(corners, uv, finish)


def cylinder(
    low: Sequence[float],
    high: Sequence[float],
    finish: Finish,
    *,
    top: float = 1.0,
    sides: int = 16,
) -> Patch:
    """Return an upright elliptic cylinder that fills a box; ``top`` scales its upper end."""
    return _upright(low, high, [(0.0, 1.0), (1.0, top)], finish, sides=sides)


def ellipsoid(
    low: Sequence[float], high: Sequence[float], finish: Finish, *, sides: int = 12
) -> Patch:
    """Return the ellipsoid that fills a box."""
    angles = np.linspace(0.0, np.pi, sides // 2 + 1)
    profile = [(0.5 - 0.5 * float(np.cos(a)), float(np.sin(a))) for a in angles]
    return _upright(low, high, profile, finish, sides=sides)


def _upright(
    low: Sequence[float],
    high: Sequence[float],
    profile: Sequence[tuple[float, float]],
    finish: Finish,
    *,
    sides: int,
) -> Patch:
    """Revolve (height, radius) pairs, both as fractions of the box, about its vertical axis."""
    lo, hi = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    middle, half = 0.5 * (lo + hi), 0.5 * (hi - lo)
    angle = 2.0 * np.pi * np.arange(sides) / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = [
        np.column_stack(
            [
                middle[:2] + ring * half[:2] * radius,
                np.full(sides, lo[2] + height * (hi[2] - lo[2])),
            ]
        )
        for height, radius in profile
    ]
    triangles, k, j = [], np.arange(sides), np.roll(np.arange(sides), -1)
    for below, above in zip(rings[:-1], rings[1:], strict=True):
        triangles.append(np.stack([below[k], below[j], above[j]], axis=1))
        triangles.append(np.stack([below[k], above[j], above[k]], axis=1))
    for end, order in ((rings[0], (0, 2, 1)), (rings[-1], (0, 1, 2))):
        hub = np.broadcast_to(end.mean(axis=0), (sides, 3))
        triangles.append(np.stack([hub, end[k], end[j]], axis=1)[:, order])
    corners = np.concatenate(triangles)
    corners = corners[np.linalg.norm(_cross(corners), axis=1) > 1e-9]
    uv = np.stack([corners[..., 0] + corners[..., 1], -corners[..., 2]], axis=2)
    return _flat(corners, uv, finish)
