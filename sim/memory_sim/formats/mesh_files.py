"""Read meshes of glTF, OBJ, COLLADA, STL and PLY files as named, coloured parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
import io
from pathlib import Path
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
import trimesh
from trimesh.resolvers import FilePathResolver

from memory_sim.formats.collada import read_collada
from memory_sim.formats.detect import MESHES
from memory_sim.formats.parts import (
    FloatArray,
    Image,
    Part,
    SceneFileError,
    square,
)

__all__ = ['read_parts']

_LARGEST_FILE = 1 << 30
_MOST_TRIANGLES = 3_000_000


class _Resolver(FilePathResolver):
    """Gives the files beside a scene, and no others."""

    def __init__(self, path: Path, root: Path) -> None:
        super().__init__(str(path))
        self._folder, self._root = path.parent.resolve(), root.resolve()

    def get(self, name: str) -> bytes:
        """Return a file's bytes; raises ``OSError`` outside the root."""
        plain = name.strip().replace('\\', '/')
        for guess in (plain, plain.rsplit('/', 1)[-1]):
            path = (self._folder / guess).resolve()
            if path.is_relative_to(self._root) and path.is_file():
                if path.stat().st_size > _LARGEST_FILE:
                    raise OSError(f'{path}: larger than {_LARGEST_FILE} bytes')
                return path.read_bytes()
        raise FileNotFoundError(f'no file {name!r} below {self._root}')

    def namespaced(self, namespace: str) -> _Resolver:
        """Return a resolver for a folder below."""
        return _Resolver(self._folder / namespace / 'any', self._root)


def read_parts(path: Path | str, *, root: Path | None = None) -> list[Part]:
    """
    Read a file of meshes.

    Parameters
    ----------
    path
        The file.
    root
        Textures and the like are taken from below this folder only; the file's own if None.

    Raises
    ------
    SceneFileError
        If it is missing, of another kind, broken, empty, too large, or not finite.

    """
    path = Path(path)
    if path.suffix.lower() not in MESHES:
        raise SceneFileError(path, 'suffix', f'expected one of {", ".join(MESHES)}')
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SceneFileError(path, 'file', str(error)) from error
    if size > _LARGEST_FILE:
        raise SceneFileError(path, 'size', f'expected at most {_LARGEST_FILE} bytes, got {size}')
    resolver = _Resolver(path, root or path.parent)
    try:
        if path.suffix.lower() == '.dae':
            parts = read_collada(path, resolver)
        else:
            parts = list(_read(path, resolver))
    except SceneFileError:
        raise
    except Exception as error:  # a reader of broken files raises anything
        reason = f'{type(error).__name__}: {error}'.replace('\n', ' ')[:300]
        raise SceneFileError(path, 'content', f'cannot be read: {reason}') from error
    return _checked(path, parts)


def _checked(path: Path, parts: Sequence[Part]) -> list[Part]:
    kept = []
    for part in parts:
        if not np.isfinite(part.corners).all():
            raise SceneFileError(path, f'mesh {part.name!r}', 'expected finite vertices')
        edges = part.corners[:, 1:] - part.corners[:, :1]
        solid = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) > 1e-14
        if solid.any():
            kept.append(_rows(part, solid))
    total = sum(len(p.corners) for p in kept)
    if total == 0:
        raise SceneFileError(path, 'geometry', 'expected triangles, got none')
    if total > _MOST_TRIANGLES:
        raise SceneFileError(
            path, 'geometry', f'expected at most {_MOST_TRIANGLES} triangles, got {total}'
        )
    return kept


def _rows(part: Part, rows: NDArray[Any]) -> Part:
    return replace(
        part,
        corners=part.corners[rows],
        normals=part.normals[rows],
        uv=part.uv[rows],
        baked=None if part.baked is None else part.baked[rows],
    )


def _read(path: Path, resolver: _Resolver) -> Iterator[Part]:
    data, options, names = path.read_bytes(), dict[str, Any](), list[str]()
    if path.suffix.lower() == '.obj':
        options['split_objects'] = bool(names := _obj_names(data, b'o'))
        if not names:
            options['split_groups'] = bool(names := _obj_names(data, b'g'))
    scene: Any = trimesh.load(
        io.BytesIO(data),
        file_type=path.suffix[1:].lower(),
        resolver=resolver,
        force='scene',
        process=False,
        **options,
    )
    # Scans and exported pictures of light say so; anything else is lit here.
    unlit = b'KHR_materials_unlit' in data and path.suffix.lower() in ('.glb', '.gltf')
    parents = {child: parent for parent, child in _edges(scene)}
    for node in sorted(scene.graph.nodes_geometry):
        matrix, key = scene.graph[node]
        mesh = scene.geometry[key]
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            continue
        name = _thing(node, parents, str(scene.graph.base_frame))
        if names:
            name = next((n for n in names if key == n or key.startswith(f'{n}_')), str(key))
        part = _mesh_part(mesh, name, unlit=unlit)
        yield part.moved(np.asarray(matrix, dtype=np.float64))


def _obj_names(data: bytes, directive: bytes) -> list[str]:
    """Return the names that an OBJ file gives its objects or groups, longest first."""
    found = re.findall(rb'(?m)^%s[ \t]+(\S[^\r\n]*)' % directive, data)
    names = {name.decode(errors='replace').strip() for name in found}
    return sorted(names, key=lambda name: (-len(name), name))


def _edges(scene: Any) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b, _ in scene.graph.to_edgelist()]


def _thing(node: str, parents: dict[str, str], base: str) -> str:
    """Return the name of the thing a node belongs to: a node may be one of its materials."""
    name = str(node)
    while True:
        parent = parents.get(name, base)
        if parent == base or not name.lower().startswith(parent.lower()):
            break
        name = parent
    return name


def _mesh_part(mesh: Any, name: str, *, unlit: bool) -> Part:
    flat = np.repeat(np.asarray(mesh.face_normals)[:, None, :], 3, axis=1)
    normals = np.asarray(mesh.vertex_normals)[mesh.faces]
    normals = np.where((normals * flat).sum(axis=2, keepdims=True) > 0.5, normals, flat)
    color, image, opacity = material_look(getattr(mesh.visual, 'material', None))
    uv = getattr(mesh.visual, 'uv', None)
    if uv is None or len(uv) != len(mesh.vertices) or not np.isfinite(uv).all():
        image, uv = None, np.zeros((len(mesh.vertices), 2))
    faces = np.asarray(mesh.faces)
    shades = _vertex_colors(mesh)
    if shades is None and unlit:
        shades = np.ones((len(mesh.vertices), 3))
    return Part(
        name=name,
        corners=np.asarray(mesh.vertices, dtype=np.float64)[faces],
        normals=normals,
        uv=np.asarray(uv, dtype=np.float64)[faces] * (1.0, -1.0),
        color=color,
        image=image,
        opacity=opacity,
        baked=None if shades is None else shades[faces],
    )


def _vertex_colors(mesh: Any) -> FloatArray | None:
    """Return (V, 3) sRGB in 0-1 where a mesh carries colours of its own."""
    visual = mesh.visual
    if visual.kind in ('vertex', 'face'):
        return np.asarray(visual.vertex_colors, dtype=np.float64)[:, :3] / 255.0
    attributes = getattr(visual, 'vertex_attributes', None) or {}
    found = np.asarray(attributes.get('color', ()), dtype=np.float64)
    if len(found) != len(mesh.vertices) or found.ndim != 2:
        return None
    linear: FloatArray = np.clip(found[:, :3] / (255.0 if found.max() > 1.0 else 1.0), 0.0, 1.0)
    return linear ** (1 / 2.2)


def material_look(material: Any) -> tuple[tuple[float, float, float], Image | None, float]:
    """Return a material's sRGB colour, its picture if it has one, and its opacity."""
    image = getattr(material, 'baseColorTexture', None) or getattr(material, 'image', None)
    factor = getattr(material, 'baseColorFactor', None)
    if factor is None:
        factor = getattr(material, 'diffuse', None)
    values = np.asarray([204, 204, 204, 255] if factor is None else factor, dtype=np.float64)
    if factor is None and image is not None:
        values = np.full(4, 255.0)
    if values.max(initial=0.0) > 1.0 or values.dtype.kind == 'u':
        values = values / 255.0
    rgb = np.clip(values[:3], 0.02, 1.0).tolist()
    opacity = float(values[3]) if len(values) > 3 else 1.0
    return (rgb[0], rgb[1], rgb[2]), None if image is None else square(image), opacity
