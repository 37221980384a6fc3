"""Read COLLADA files: the one module that knows pycollada."""

from __future__ import annotations

from collections.abc import Iterator
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from memory_sim.formats.parts import Part, SceneFileError, square
from memory_sim.formats.safe_xml import parse_xml

__all__ = ['collada_axes', 'read_collada']


def collada_axes(path: Path) -> tuple[str, float]:
    """Return the axis that points up and the unit [m] that a file declares."""
    root = parse_xml(path)
    up, unit = 'y', 1.0
    for element in root.iter():
        tag = str(element.tag).rpartition('}')[2]
        if tag == 'up_axis' and element.text:
            up = element.text.strip()[:1].lower()
        elif tag == 'unit':
            try:
                unit = float(element.get('meter', '1'))
            except ValueError as error:
                raise SceneFileError(path, 'unit', str(error)) from error
        elif tag == 'library_geometries':
            break
    return up if up in 'xyz' else 'y', unit


def read_collada(path: Path, resolver: Any) -> list[Part]:
    """Return the parts of a COLLADA file, each under the name of its node."""
    try:
        import collada
    except ImportError as error:
        raise SceneFileError(path, 'suffix', 'COLLADA needs the package pycollada') from error
    parse_xml(path)  # refuses what expands without end, before the other parser sees it
    document = collada.Collada(
        io.BytesIO(path.read_bytes()),
        ignore=[collada.common.DaeError],
        aux_file_loader=resolver.get,
    )
    if document.scene is None:
        raise SceneFileError(path, 'scene', 'expected a visual scene, got none')
    return [p for node in document.scene.nodes for p in _walk(node, np.eye(4), '', collada)]


def _walk(node: Any, matrix: NDArray[np.float64], name: str, collada: Any) -> Iterator[Part]:
    if isinstance(node, collada.scene.GeometryNode):
        looks = {m.symbol: m.target for m in node.materials}
        for primitive in node.geometry.primitives:
            part = _part(primitive, name or node.geometry.name or node.geometry.id, looks)
            if part is not None:
                yield part.moved(matrix)
        return
    children = getattr(node, 'children', None)
    if children is None:
        return
    below = matrix @ np.asarray(getattr(node, 'matrix', np.eye(4)), dtype=np.float64)
    element = getattr(node, 'xmlnode', None)
    own = (element.get('name') if element is not None else None) or getattr(node, 'id', None)
    for child in children:
        yield from _walk(child, below, own or name, collada)


def _part(primitive: Any, name: str, looks: dict[str, Any]) -> Part | None:
    triangles = primitive.triangleset() if hasattr(primitive, 'triangleset') else primitive
    index = getattr(triangles, 'vertex_index', None)
    if index is None or not len(index) or index.shape[-1] != 3:
        return None
    corners = np.asarray(triangles.vertex, dtype=np.float64)[index]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    normals = np.repeat(flat[:, None, :], 3, axis=1)
    if triangles.normal is not None and triangles.normal_index is not None:
        given = np.asarray(triangles.normal, dtype=np.float64)[triangles.normal_index]
        normals = np.where((given * normals).sum(axis=2, keepdims=True) > 0.5, given, normals)
    color, image = _look(looks.get(triangles.material))
    uv = np.zeros((*index.shape, 2))
    if image is not None and len(triangles.texcoordset):
        pairs = np.asarray(triangles.texcoordset[0], dtype=np.float64)[:, :2]
        uv = pairs[triangles.texcoord_indexset[0]] * (1.0, -1.0)
    else:
        image = None
    return Part(name=name, corners=corners, normals=normals, uv=uv, color=color, image=image)


def _look(material: Any) -> tuple[tuple[float, float, float], NDArray[np.uint8] | None]:
    diffuse = getattr(getattr(material, 'effect', None), 'diffuse', None)
    sampler = getattr(diffuse, 'sampler', None)
    if sampler is not None:
        data = sampler.surface.image.data
        if data:
            with PILImage.open(io.BytesIO(data)) as picture:
                return (1.0, 1.0, 1.0), square(picture)
        return (0.8, 0.8, 0.8), None
    if isinstance(diffuse, tuple | list) and len(diffuse) >= 3:
        r, g, b = (float(np.clip(v, 0.02, 1.0)) for v in diffuse[:3])
        return (r, g, b), None
    return (0.8, 0.8, 0.8), None
