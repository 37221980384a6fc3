"""Furniture meshes from Debian's ``sweethome3d-furniture`` (CC0 and CC-BY, 820 models)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
import io
import json
import logging
import math
import os
from pathlib import Path, PurePosixPath
import re
import tempfile
from typing import Any
import zipfile

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_sim.render.mesh import Finish, Patch, transform
from memory_sim.render.raycaster import decimate

__all__ = ['FOLDER', 'SweetHome', 'cache_folder']

#: Where the Debian package puts its libraries.
FOLDER = Path('/usr/share/sweethome3d/furniture')

Image = NDArray[np.uint8]

_LOG = logging.getLogger(__name__)
_CATALOGUE = 'PluginFurnitureCatalog.properties'
_LARGEST_TEXTURE = 256
#: Small parts of more transparent materials are left out: a depth camera sees through them.
_GLASS = 0.5
#: A part of the surface that is at least this large, or of the same colour, wears the object's.
_LARGE_SHARE = 0.2
_SAME_COLOR = 0.15
_CACHE_VERSION = 4
#: Models with more triangles are simplified to about this many.
_MOST_TRIANGLES = 12_000

#: Re-expresses a model's vector (x right, y up, z front) in the object's axes (x front, z up).
_object_R_model = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def cache_folder() -> Path:
    """Return where converted meshes are kept: below ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'memory_sim'


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    rotation: NDArray[np.float64]


class SweetHome:
    """Loads models by ``library/model``; converted ones are kept in a cache folder."""

    def __init__(self, folder: Path = FOLDER, cache: Path | None = None) -> None:
        self._folder = folder
        self._cache = cache if cache is not None else cache_folder() / 'furniture'
        self._archives: dict[str, tuple[zipfile.ZipFile, Mapping[str, _Entry]]] = {}
        self._loaded: dict[tuple[str, bool, int], list[Patch] | None] = {}
        #: Pictures that the patches loaded so far refer to by name.
        self.textures: dict[str, Image] = {}

    @property
    def installed(self) -> bool:
        """Whether the package's libraries are on this machine."""
        return self._folder.is_dir() and any(self._folder.glob('*.sh3f'))

    def load(
        self, name: str, *, tint: bool = True, most: int = _MOST_TRIANGLES
    ) -> list[Patch] | None:
        """
        Return a model in its own size and the object's axes, or None where there is none.

        A name that ends in ``@90`` gives the model turned to its left.

        With ``tint``, what covers most of it is grayed and marked to take the object's colour.
        ``most`` triangles are kept, but for what carries a texture.
        """
        key = (name, tint, most)
        if key not in self._loaded:
            plain, _, turned = name.partition('@')
            patches = self._load(plain, most)
            if patches is not None and turned:
                angle = math.radians(float(turned))
                patches = [transform(p, (0.0, 0.0, 0.0), angle) for p in patches]
            if patches is not None and tint:
                patches = _choose_tinted(patches, self.textures)
            self._loaded[key] = patches
        return self._loaded[key]

    def close(self) -> None:
        """Close the package's files; what was loaded stays usable."""
        for file, _ in self._archives.values():
            file.close()
        self._archives.clear()

    def _load(self, name: str, most: int) -> list[Patch] | None:
        library, _, model = name.partition('/')
        archive = self._folder / f'{library}.sh3f'
        try:
            if library not in self._archives:
                file = zipfile.ZipFile(archive)
                self._archives[library] = file, dict(_read_catalogue(file))
            file, entries = self._archives[library]
            if model not in entries:
                return None
            entry = entries[model]
            size = '' if most == _MOST_TRIANGLES else f'-{most}'
            crc = file.getinfo(entry.path).CRC
            kept = self._cache / f'{library}-{model}-{crc:08x}{size}.npz'
            patches = self._read_cache(kept, name)
            if patches is None:
                patches, images = _convert(file, entry, name, most)
                self.textures.update(images)
                self._write_cache(kept, patches, images)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            _LOG.warning('cannot load the furniture %s from %s: %r', name, archive, error)
            return None
        return patches

    def _read_cache(self, path: Path, name: str) -> list[Patch] | None:
        try:
            with np.load(path) as data:
                about = json.loads(str(data['about']))
                if about['version'] != _CACHE_VERSION:
                    return None
                for i, texture in enumerate(about['textures']):
                    self.textures[texture] = data[f'image{i}']
                return [
                    Patch(
                        corners=data[f'corners{i}'],
                        normals=data[f'normals{i}'],
                        uv=data[f'uv{i}'],
                        finish=Finish(**{**finish, 'color': tuple(finish['color'])}),
                    )
                    for i, finish in enumerate(about['finishes'])
                ]
        except FileNotFoundError:
            return None
        except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
            _LOG.warning('the cached mesh %s of %s is damaged: %r', path, name, error)
            return None

    def _write_cache(self, path: Path, patches: list[Patch], images: Mapping[str, Image]) -> None:
        finishes = [
            {'color': p.finish.color, 'texture': p.finish.texture, 'tinted': p.finish.tinted}
            for p in patches
        ]
        about = {'version': _CACHE_VERSION, 'finishes': finishes, 'textures': sorted(images)}
        arrays: dict[str, Any] = {'about': json.dumps(about)}
        for i, name in enumerate(sorted(images)):
            arrays[f'image{i}'] = images[name]
        for i, patch in enumerate(patches):
            arrays[f'corners{i}'] = patch.corners
            arrays[f'normals{i}'], arrays[f'uv{i}'] = patch.normals, patch.uv
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix='.npz')
            with os.fdopen(handle, 'wb') as file:
                np.savez(file, **arrays)
            Path(temporary).replace(path)
        except OSError as error:  # a cache only saves time
            _LOG.info('cannot keep the mesh %s: %r', path, error)


def _read_catalogue(file: zipfile.ZipFile) -> Iterator[tuple[str, _Entry]]:
    """Yield a library's models by the name of their OBJ file."""
    found: dict[int, dict[str, str]] = {}
    for line in file.read(_CATALOGUE).decode('latin-1').splitlines():
        match = re.match(r'(\w+)#(\d+)=(.*)', line)
        if match:
            found.setdefault(int(match[2]), {})[match[1]] = match[3].strip()
    for values in found.values():
        path = values.get('model', '').lstrip('/')
        if not path.endswith('.obj'):
            continue
        numbers = [float(v) for v in values.get('modelRotation', '').split()]
        rotation = np.array(numbers).reshape(3, 3) if len(numbers) == 9 else np.eye(3)
        yield PurePosixPath(path).stem, _Entry(path, rotation)


def _convert(
    file: zipfile.ZipFile, entry: _Entry, name: str, most: int
) -> tuple[list[Patch], dict[str, Image]]:
    import trimesh  # seldom needed: the cache holds what it made
    from trimesh.resolvers import ZipResolver

    folder = str(PurePosixPath(entry.path).parent)
    scene: Any = trimesh.load(
        io.BytesIO(file.read(entry.path)),
        file_type='obj',
        resolver=ZipResolver({n: io.BytesIO(file.read(n)) for n in _neighbours(file, folder)},
                             namespace=folder),
        process=False,
        force='scene',
    )  # fmt: skip
    turn = (_object_R_model @ entry.rotation).astype(np.float64)
    patches: list[Patch] = []
    images: dict[str, Image] = {}
    clear: list[bool] = []
    for key in sorted(scene.geometry):
        mesh = scene.geometry[key]
        if not isinstance(mesh, trimesh.Trimesh) or not mesh.area > 1e-6:
            continue
        patches.append(_patch(mesh, turn, f'{name}/{key}', images))
        clear.append(_opacity(mesh) < _GLASS)
    areas = np.array([_area(p) for p in patches])
    seen = [
        p
        for p, c, a in zip(patches, clear, areas, strict=True)
        if not c or a > _LARGE_SHARE * areas.sum()
    ]
    return _simplify(seen, most), images


def _neighbours(file: zipfile.ZipFile, folder: str) -> list[str]:
    return [n for n in file.namelist() if n.startswith(f'{folder}/') and not n.endswith('/')]


def _patch(mesh: Any, turn: NDArray[np.float64], texture: str, images: dict[str, Image]) -> Patch:
    material = getattr(mesh.visual, 'material', None)
    diffuse = np.asarray(getattr(material, 'diffuse', (200, 200, 200, 255)), dtype=np.float64)
    image, uv = getattr(material, 'image', None), getattr(mesh.visual, 'uv', None)
    if image is not None and uv is not None:
        images[texture] = _square(np.asarray(image.convert('RGB')))
        color = (1.0, 1.0, 1.0)
    else:
        texture, uv = '', np.zeros((len(mesh.vertices), 2))
        r, g, b = (float(v) for v in np.clip(diffuse[:3] / 255.0, 0.05, 1.0))
        color = (r, g, b)
    corners = mesh.vertices[mesh.faces] @ turn.T
    normals = mesh.vertex_normals[mesh.faces]
    flat = np.repeat(mesh.face_normals[:, None, :], 3, axis=1)
    normals = np.where(np.linalg.norm(normals, axis=2, keepdims=True) > 0.5, normals, flat)
    normals = normals @ turn.T
    solid = mesh.area_faces > 1e-9
    uv = np.asarray(uv)[mesh.faces] * (1.0, -1.0)
    return Patch(
        corners=np.array(corners, dtype=np.float32)[solid],
        normals=normals.astype(np.float32)[solid],
        uv=uv.astype(np.float32)[solid],
        finish=Finish(color=color, texture=texture),
    )


def _opacity(mesh: Any) -> float:
    """Return what a material's file says of it: 1 is opaque."""
    options = getattr(getattr(mesh.visual, 'material', None), 'kwargs', {})
    try:
        if 'd' in options:
            return float(np.ravel(options['d'])[0])
        return 1.0 - float(np.ravel(options.get('tr', 0.0))[0])
    except (ValueError, IndexError):
        return 1.0


def _simplify(patches: list[Patch], most: int) -> list[Patch]:
    """Merge triangles of a model that has very many, where no texture is painted on them."""
    total = sum(len(p) for p in patches)
    if total <= most:
        return patches
    return [
        decimate(p, max(min(200, most // 8), len(p) * most // total))
        if not p.finish.texture
        else p
        for p in patches
    ]


def _square(image: Image) -> Image:
    """Return a picture as a square whose side is a power of two, as the atlas wants it."""
    side = 1 << int(np.clip(np.ceil(np.log2(max(image.shape[:2]))), 3, 8))
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _choose_tinted(patches: list[Patch], images: dict[str, Image]) -> list[Patch]:
    """Mark the finish that covers most of a model, and its like; keep their relative shades."""
    if not patches:
        return []
    areas = np.array([_area(p) for p in patches])
    looks = np.array([_look(p, images) for p in patches])
    main = int(areas.argmax())
    share = areas / max(float(areas.sum()), 1e-12)
    alike = np.abs(looks - looks[main]).max(axis=1) < _SAME_COLOR
    bright = float(looks[main].mean())
    marked = []
    for i, patch in enumerate(patches):
        if i != main and not (alike[i] or share[i] >= _LARGE_SHARE):
            marked.append(patch)
            continue
        shade = float(np.clip(looks[i].mean() / max(bright, 0.05), 0.55, 1.1))
        finish = replace(patch.finish, tinted=True, color=(shade, shade, shade))
        if finish.texture:
            gray = images[finish.texture].mean(axis=2, dtype=np.float64)
            gray = np.clip(gray * (235.0 / max(float(gray.mean()), 1.0)), 40, 255)
            name = f'{finish.texture}#gray'
            images[name] = np.repeat(gray[:, :, None], 3, axis=2).astype(np.uint8)
            finish = replace(finish, texture=name)
        marked.append(replace(patch, finish=finish))
    return marked


def _area(patch: Patch) -> float:
    a = patch.corners[:, 1] - patch.corners[:, 0]
    b = patch.corners[:, 2] - patch.corners[:, 0]
    return float(np.linalg.norm(np.cross(a, b), axis=1).sum())


def _look(patch: Patch, images: Mapping[str, Image]) -> NDArray[np.float64]:
    if patch.finish.texture:
        mean: NDArray[np.float64] = images[patch.finish.texture].mean(axis=(0, 1)) / 255.0
        return mean
    return np.array(patch.finish.color)
