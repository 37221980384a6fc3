"""Build the simple shapes of Gazebo's files: boxes, cylinders, spheres, planes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import trimesh

from memory_sim.formats.parts import Part, SceneFileError

__all__ = ['build_geometry']

_creation: Any = trimesh.creation
#: Planes are endless in Gazebo; a floor this wide is drawn [m].
_LARGEST_PLANE_M = 60.0


def build_geometry(geometry: Any, file: Path) -> Iterator[Part]:
    """
    Yield the shape in a ``geometry`` element; nothing for shapes that cannot be seen.

    Raises
    ------
    SceneFileError
        If a size is missing, no number or not positive.

    """
    for shape in geometry:
        build = _SHAPES.get(str(shape.tag))
        if build is not None:
            yield _part(build(shape, file))


def _part(mesh: Any) -> Part:
    corners = np.asarray(mesh.vertices, dtype=np.float64)[mesh.faces]
    normals = np.asarray(mesh.vertex_normals)[mesh.faces]
    flat = np.repeat(np.asarray(mesh.face_normals)[:, None, :], 3, axis=1)
    normals = np.where((normals * flat).sum(axis=2, keepdims=True) > 0.75, normals, flat)
    return Part(name='', corners=corners, normals=normals, uv=corners[:, :, :2].copy())


def _lengths(shape: Any, file: Path, name: str, count: int = 1) -> list[float]:
    text = shape.findtext(name) or ''
    try:
        values = [float(word) for word in text.split()]
    except ValueError as error:
        raise SceneFileError(file, f'{shape.tag} {name}', f'got {text[:80]!r}') from error
    if len(values) != count or not all(math.isfinite(v) and v > 0.0 for v in values):
        raise SceneFileError(
            file, f'{shape.tag} {name}', f'expected {count} positive lengths, got {text[:80]!r}'
        )
    return values


def _box(shape: Any, file: Path) -> Any:
    return _creation.box(extents=_lengths(shape, file, 'size', 3))


def _cylinder(shape: Any, file: Path) -> Any:
    (radius,), (length,) = _lengths(shape, file, 'radius'), _lengths(shape, file, 'length')
    return _creation.cylinder(radius=radius, height=length, sections=24)


def _capsule(shape: Any, file: Path) -> Any:
    (radius,), (length,) = _lengths(shape, file, 'radius'), _lengths(shape, file, 'length')
    mesh = _creation.capsule(height=length, radius=radius, count=[16, 16])
    mesh.apply_translation((0.0, 0.0, -float(mesh.bounds.mean(axis=0)[2])))
    return mesh


def _sphere(shape: Any, file: Path) -> Any:
    (radius,) = _lengths(shape, file, 'radius')
    return _creation.icosphere(subdivisions=2, radius=radius)


def _ellipsoid(shape: Any, file: Path) -> Any:
    mesh = _creation.icosphere(subdivisions=2, radius=1.0)
    mesh.apply_scale(_lengths(shape, file, 'radii', 3))
    return mesh


def _plane(shape: Any, file: Path) -> Any:
    width, depth = (0.5 * min(v, _LARGEST_PLANE_M) for v in _lengths(shape, file, 'size', 2))
    text = shape.findtext('normal') or '0 0 1'
    normal = np.array(_plain_numbers(text, file), dtype=np.float64)
    if len(normal) != 3 or not np.isfinite(normal).all() or not np.linalg.norm(normal) > 1e-9:
        raise SceneFileError(file, 'plane normal', f'expected a direction, got {text[:80]!r}')
    corners = [(-width, -depth, 0), (width, -depth, 0), (width, depth, 0), (-width, depth, 0)]
    mesh = trimesh.Trimesh(corners, [(0, 1, 2), (0, 2, 3)], process=False)
    align: Any = trimesh.geometry.align_vectors
    matrix: NDArray[np.float64] = align((0.0, 0.0, 1.0), normal / np.linalg.norm(normal))
    mesh.apply_transform(matrix)
    return mesh


def _plain_numbers(text: str, file: Path) -> Sequence[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError as error:
        raise SceneFileError(file, 'plane normal', f'got {text[:80]!r}') from error


_SHAPES = {
    'box': _box,
    'capsule': _capsule,
    'cylinder': _cylinder,
    'ellipsoid': _ellipsoid,
    'plane': _plane,
    'sphere': _sphere,
}
