"""Rays through triangles, and fewer triangles: the one module that knows Open3D."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
import open3d as o3d

from memory_sim.render.mesh import Patch

__all__ = ['Hits', 'RayCaster', 'decimate']

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """What R rays met first."""

    #: (R,) distance in lengths of the ray's direction, 0 for no hit.
    distance: FloatArray
    #: (R,) index of the triangle, -1 for no hit.
    triangle: NDArray[np.int32]
    #: (R, 2) weights of the triangle's second and third corner at the hit.
    weights: FloatArray
    #: (R, 3) unit normal of the triangle.
    normal: FloatArray


class RayCaster:
    """Finds what rays hit among T triangles, (T, 3, 3) corners [m]. Not thread-safe."""

    def __init__(self, corners: FloatArray, *, threads: int = 2) -> None:
        vertices = np.ascontiguousarray(corners.reshape(-1, 3))
        indices = np.arange(len(vertices), dtype=np.uint32).reshape(-1, 3)
        self._scene: Any = o3d.t.geometry.RaycastingScene(nthreads=threads)
        self._scene.add_triangles(_tensor(vertices), _tensor(indices))
        self._count = len(corners)

    def cast(self, rays: FloatArray) -> Hits:
        """Follow (R, 6) rays of origin and direction to their first hit."""
        found = self._scene.cast_rays(_tensor(rays))
        distance: FloatArray = found['t_hit'].numpy()
        triangle = found['primitive_ids'].numpy().view(np.int32)
        missed = ~np.isfinite(distance)
        distance[missed], triangle[missed] = 0.0, -1
        return Hits(
            distance=distance,
            triangle=triangle,
            weights=found['primitive_uvs'].numpy(),
            normal=found['primitive_normals'].numpy(),
        )

    def occluded(self, rays: FloatArray, *, near: float, far: float) -> NDArray[np.bool_]:
        """Whether anything lies between two distances, in lengths of the ray's direction."""
        blocked: NDArray[np.bool_] = self._scene.test_occlusions(
            _tensor(rays), tnear=near, tfar=far
        ).numpy()
        return blocked


def _tensor(array: NDArray[Any]) -> Any:
    return o3d.core.Tensor.from_numpy(np.ascontiguousarray(array))


def decimate(patch: Patch, count: int) -> Patch:
    """Return an untextured patch with about ``count`` triangles and its edges still sharp."""
    mesh: Any = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(patch.corners.reshape(-1, 3).astype(np.float64)),
        o3d.utility.Vector3iVector(np.arange(3 * len(patch), dtype=np.int32).reshape(-1, 3)),
    )
    mesh = mesh.remove_duplicated_vertices().simplify_quadric_decimation(count)
    mesh = mesh.remove_degenerate_triangles().compute_vertex_normals()
    triangles = np.asarray(mesh.triangles)
    if not len(triangles):
        return patch
    smooth = np.asarray(mesh.vertex_normals)[triangles]
    flat = np.repeat(np.asarray(mesh.triangle_normals)[:, None, :], 3, axis=1)
    normals = np.where((smooth * flat).sum(axis=2, keepdims=True) > 0.75, smooth, flat)
    return replace(
        patch,
        corners=np.asarray(mesh.vertices)[triangles].astype(np.float32),
        normals=normals.astype(np.float32),
        uv=np.zeros((len(triangles), 3, 2), dtype=np.float32),
    )
