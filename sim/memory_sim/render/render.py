"""Draw colour, depth and instance pictures of a scene by casting one ray per pixel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.render.raycaster import Hits
from memory_sim.render.scene import Scene
from memory_sim.render.texture_atlas import LEVELS

__all__ = ['Pictures', 'Renderer', 'map_T_camera']

FloatArray = NDArray[np.float32]

#: Parts of a picture that threads paint in turn; small enough for the processor's cache.
_CHUNKS = 16
#: Rays along each side of a pixel that shows a sign, as a sensor's pixel gathers light.
_PRINT_RAYS = 4
#: The sky at the horizon and, from thirty degrees up, above.
_HAZE = np.array([206, 221, 236], dtype=np.float32)
_BLUE = np.array([112, 162, 224], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pictures:
    """What one bundle of rays saw, each of shape (H, W) and colour (H, W, 3)."""

    color: NDArray[np.uint8] | None
    #: Distance along the ray in units of its direction, 0 for no hit.
    depth: FloatArray
    instances: NDArray[np.int32]
    classes: NDArray[np.int32]
    #: Where signs are; None in a scene that has none.
    printed: NDArray[np.bool_] | None = None


def map_T_camera(  # noqa: N802  names of transforms say both frames
    pose: Pose2D, camera: CameraModel
) -> NDArray[np.float64]:
    """Return the (4, 4) pose of the optical frame (z forward, x right, y down) in ``map``."""
    cy, sy = np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)
    cp, sp = np.cos(camera.pitch_rad), np.sin(camera.pitch_rad)
    matrix = np.eye(4)
    matrix[:3, 0] = sy, -cy, 0.0
    matrix[:3, 1] = -sp * cy, -sp * sy, -cp
    matrix[:3, 2] = cp * cy, cp * sy, -sp
    matrix[:3, 3] = pose.x, pose.y, pose.z + camera.height_m
    return matrix


def _sky(directions: FloatArray) -> NDArray[np.uint8]:
    """Return the colour of the sky in (R, 3) directions."""
    up = directions[:, 2] / np.sqrt(np.einsum('rc,rc->r', directions, directions))
    share = np.sqrt(np.clip(2.0 * up, 0.0, 1.0))[:, None]
    return np.asarray(_HAZE + share * (_BLUE - _HAZE), dtype=np.uint8)


class Renderer:
    """Draws pictures of one scene with one camera. Not thread-safe."""

    def __init__(self, scene: Scene, camera: CameraModel, *, threads: int = 2) -> None:
        self._scene = scene
        self._camera = camera
        self._pool = ThreadPoolExecutor(max_workers=threads)
        k = camera.intrinsics
        # Directions have z = 1 in the optical frame, so that a ray's length is the z-depth.
        self._right = (np.arange(camera.width) - k[0, 2]) / k[0, 0]
        self._down = (np.arange(camera.height) - k[1, 2]) / k[1, 1]
        #: Pixel size on a surface at z-depth 1 that faces the camera [m].
        self._pixel_m = 1.0 / float(k[0, 0])

    def draw(self, pose: Pose2D, *, color: bool = True) -> Pictures:
        """Draw what the camera sees from a pose of the robot, with or without colour."""
        camera = self._camera
        matrix = map_T_camera(pose, camera)
        shape = (camera.height, camera.width)
        rays = np.empty((*shape, 6), dtype=np.float32)
        rays[:, :, :3] = matrix[:3, 3]
        for axis, (right, down, ahead) in enumerate(matrix[:3, :3]):
            along_row = (right * self._right).astype(np.float32)
            along_column = (down * self._down + ahead).astype(np.float32)
            np.add(along_row, along_column[:, None], out=rays[:, :, 3 + axis])
        pictures = self.cast(rays.reshape(-1, 6), shape, self._pixel_m, color=color)
        if pictures.printed is not None and pictures.color is not None:
            self._sharpen(pictures.color, pictures.printed, matrix)
        pictures.depth[pictures.depth > camera.max_depth_m] = 0.0
        return pictures

    def cast(
        self, rays: FloatArray, shape: tuple[int, int], pixel_m: float, *, color: bool = True
    ) -> Pictures:
        """
        Draw along (H * W, 6) rays of origin and direction.

        Parameters
        ----------
        rays
            One a pixel, row by row.
        shape
            H and W.
        pixel_m
            Size of a pixel at ray length 1 [m], which picks the size of the textures.
        color
            Whether to draw colour, which takes as long as the rest together.

        """
        hits = self._scene.rays.cast(rays)
        missed = hits.triangle < 0
        triangle = np.maximum(hits.triangle, 0)
        instances, classes = self._scene.instance[triangle], self._scene.category[triangle]
        instances[missed], classes[missed] = 0, 0
        picture = None
        if color:
            picture = self._paint_all(hits, triangle, pixel_m)
            picture[missed] = _sky(rays[missed, 3:])
        return Pictures(
            color=None if picture is None else picture.reshape(*shape, 3),
            depth=hits.distance.reshape(shape),
            instances=instances.reshape(shape),
            classes=classes.reshape(shape),
            printed=self._printed(triangle, missed, shape),
        )

    def _printed(
        self, triangle: NDArray[np.int32], missed: NDArray[np.bool_], shape: tuple[int, int]
    ) -> NDArray[np.bool_] | None:
        if self._scene.printed is None:
            return None
        printed: NDArray[np.bool_] = (self._scene.printed[triangle] & ~missed).reshape(shape)
        return printed

    def _sharpen(
        self, color: NDArray[np.uint8], printed: NDArray[np.bool_], matrix: NDArray[np.float64]
    ) -> None:
        """Draw pixels on and beside signs anew, each as the mean of several rays."""
        wide = cv2.dilate(printed.astype(np.uint8), np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero(wide)
        if not len(rows):
            return
        n = _PRINT_RAYS
        steps = (np.arange(n) + 0.5) / n - 0.5
        down, right = (part.ravel() for part in np.meshgrid(steps, steps, indexing='ij'))
        focal_x, focal_y = self._camera.intrinsics[[0, 1], [0, 1]]
        ways = np.ones((len(rows), n * n, 3))
        ways[:, :, 0] = self._right[columns, None] + right / focal_x
        ways[:, :, 1] = self._down[rows, None] + down / focal_y
        rays = np.empty((len(rows), n * n, 6), dtype=np.float32)
        rays[:, :, :3], rays[:, :, 3:] = matrix[:3, 3], ways @ matrix[:3, :3].T
        shape = (len(rows), n * n)
        drawn = self.cast(rays.reshape(-1, 6), shape, self._pixel_m / n).color
        assert drawn is not None
        color[rows, columns] = np.rint(drawn.mean(axis=1)).astype(np.uint8)

    def _paint_all(
        self, hits: Hits, triangle: NDArray[np.int32], pixel_m: float
    ) -> NDArray[np.uint8]:
        out = np.empty((len(triangle), 3), dtype=np.uint8)
        light = self._scene.shade.reshape(-1, 9)
        edges = np.linspace(0, len(triangle), _CHUNKS + 1).astype(int)

        def paint(low: int, high: int) -> None:
            rows = slice(low, high)
            pixel = hits.distance[rows] * np.float32(pixel_m)
            self._paint(triangle[rows], hits.weights[rows], pixel, light, out[rows])

        for job in [
            self._pool.submit(paint, a, b) for a, b in zip(edges, edges[1:], strict=False)
        ]:
            job.result()
        return out

    def _paint(
        self,
        triangle: NDArray[np.int32],
        weights: FloatArray,
        pixel_m: FloatArray,
        light: FloatArray,
        out: NDArray[np.uint8],
    ) -> None:
        """Write the colour of each hit: the corners' shade, blended, times the texture."""
        scene, atlas = self._scene, self._scene.atlas
        w1, w2 = weights[:, 0].copy(), weights[:, 1].copy()
        w0 = 1.0 - w1 - w2
        uv = scene.uv.reshape(-1, 6)[triangle]
        u = uv[:, 0] * w0 + uv[:, 2] * w1 + uv[:, 4] * w2
        v = uv[:, 1] * w0 + uv[:, 3] * w1 + uv[:, 5] * w2
        # The exponent of a float is its floored log2: twice the texels, half the size.
        texels = scene.texels_per_m[triangle] * (pixel_m * np.float32(1.7))
        level = np.clip((texels.view(np.int32) >> 23) - 127, 0, LEVELS - 1)
        entry = scene.texture[triangle] * LEVELS + level
        size = atlas.sides[entry]
        mask, scale = size - 1, size.astype(np.float32)
        column = np.floor(u * scale).astype(np.int32) & mask
        row = np.floor(v * scale).astype(np.int32) & mask
        texel = atlas.pixels[atlas.offsets[entry] + row * size + column]
        picture = texel.view(np.uint8).reshape(-1, 4)
        shade = light[triangle]
        for k in range(3):
            value = shade[:, k] * w0
            value += shade[:, 3 + k] * w1
            value += shade[:, 6 + k] * w2
            value *= picture[:, k]
            np.minimum(value, 255.0, out=value)
            out[:, k] = value

    def close(self) -> None:
        """End the painting threads."""
        self._pool.shutdown()
