"""Rays through triangles: the one module that knows Open3D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
import open3d as o3d

__all__ = ['Hits', 'RayCaster']

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
