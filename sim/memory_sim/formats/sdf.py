"""
Read Gazebo's ``.world`` and ``.sdf`` files: models, includes, poses, scales, meshes, colours.

Format: http://sdformat.org/spec. Only what is visible is read; nothing is executed or fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from memory_sim.formats.collada import collada_axes
from memory_sim.formats.mesh_files import read_parts
from memory_sim.formats.parts import Part, SceneFileError, square
from memory_sim.formats.safe_xml import parse_xml
from memory_sim.formats.sdf_poses import (
    frames_in,
    Matrix,
    numbers,
    Place,
    pose_of,
    UnknownFrameError,
)
from memory_sim.formats.sdf_shapes import build_geometry

__all__ = ['MODEL_PATH_VARIABLES', 'read_sdf']

#: Folders of models, as Gazebo itself looks for them.
MODEL_PATH_VARIABLES = ('GZ_SIM_RESOURCE_PATH', 'IGN_GAZEBO_RESOURCE_PATH', 'GAZEBO_MODEL_PATH')
_DEEPEST = 16
_MOST_MODELS = 20_000

#: Turns a mesh with y up as Gazebo does: about x.
_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])
#: Colours of Gazebo's own material scripts.
_SCRIPTS = {
    'Black': (0.05, 0.05, 0.05), 'Blue': (0.1, 0.1, 0.9), 'BlueGlow': (0.1, 0.1, 0.9),
    'Bricks': (0.6, 0.3, 0.25), 'CeilingTiled': (0.9, 0.9, 0.88), 'DarkGrey': (0.18, 0.18, 0.18),
    'Green': (0.1, 0.8, 0.1), 'Grass': (0.3, 0.5, 0.2), 'Grey': (0.7, 0.7, 0.7),
    'Gray': (0.7, 0.7, 0.7), 'Orange': (1.0, 0.5, 0.1), 'Purple': (0.6, 0.2, 0.7),
    'Red': (0.9, 0.1, 0.1), 'Turquoise': (0.1, 0.8, 0.8), 'White': (1.0, 1.0, 1.0),
    'Wood': (0.6, 0.42, 0.25), 'WoodFloor': (0.62, 0.45, 0.28), 'WoodPallet': (0.6, 0.45, 0.3),
    'Yellow': (0.95, 0.9, 0.1),
}  # fmt: skip


def read_sdf(path: Path | str, *, model_paths: Sequence[Path | str] = ()) -> list[Part]:
    """
    Return the visible parts of a world or model, z up [m], each under its model's name.

    Parameters
    ----------
    path
        The file.
    model_paths
        Folders in which ``model://`` is looked for, after the file's own and the folders
        ``models`` in and beside it, and before those of the environment.

    Raises
    ------
    SceneFileError
        If a file, model, mesh or value is missing, broken or outside the folders of models.

    """
    path = Path(path).resolve()
    folder = path.parent
    near = (folder, folder / 'models', folder.parent / 'models')
    given = (Path(p).resolve() for p in model_paths)
    reader = _Reader([*near, *given, *_from_environment()])
    try:
        parts = list(reader.file(Place(file=path, pose=np.eye(4))))
    except UnknownFrameError as error:
        raise SceneFileError(path, 'relative_to', f'no frame {str(error)[:80]!r}') from error
    if not parts:
        raise SceneFileError(path, 'visual', 'expected something visible, got nothing')
    return parts


def _from_environment() -> Iterator[Path]:
    for variable in MODEL_PATH_VARIABLES:
        for folder in os.environ.get(variable, '').split(os.pathsep):
            if folder:
                yield Path(folder).resolve()


class _Reader:
    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [f for f in folders if f.is_dir()]
        self._meshes: dict[Path, list[Part]] = {}
        self._names: dict[str, int] = {}

    # Files ---------------------------------------------------------------------------------

    def file(self, place: Place) -> Iterator[Part]:
        root = parse_xml(place.file)
        if root.tag != 'sdf':
            raise SceneFileError(place.file, 'root', f'expected sdf, got {str(root.tag)[:40]!r}')
        for child in root:
            if child.tag == 'world':
                yield from self._children(child, place)
            elif child.tag == 'model':
                yield from self._model(child, place)

    def _children(self, element: Any, place: Place) -> Iterator[Part]:
        """Yield what the models, links and includes of an element show."""
        place = replace(place, frames=frames_in(element, place))
        for child in element:
            if child.tag == 'model':
                yield from self._model(child, place)
            elif child.tag == 'include':
                yield from self._include(child, place)
            elif child.tag == 'link':
                yield from self._link(child, place)

    def _model(self, element: Any, place: Place) -> Iterator[Part]:
        if place.depth >= _DEEPEST:
            raise SceneFileError(place.file, 'model', f'expected at most {_DEEPEST} levels')
        # An include gives its model another name and pose.
        name = place.name or self._unique(str(element.get('name') or 'model'), place)
        pose = place.pose @ pose_of(element, place)
        inside = replace(place, name='', pose=pose, depth=place.depth + 1)
        for part in self._children(element, inside):
            yield part if part.name else replace(part, name=name)

    def _include(self, element: Any, place: Place) -> Iterator[Part]:
        uri = (element.findtext('uri') or '').strip()
        if place.depth >= _DEEPEST:
            raise SceneFileError(place.file, 'include', f'expected at most {_DEEPEST} levels')
        found = self._find(uri, place, 'include uri')
        file = _model_file(found) if found.is_dir() else found
        name = (element.findtext('name') or '').strip() or _model_name(file) or found.stem
        pose = place.pose
        if element.find('pose') is not None:
            pose = pose @ pose_of(element, place) @ np.linalg.inv(_own_pose(file))
        yield from self.file(
            Place(
                file=file,
                pose=pose,
                name=self._unique(name, place),
                depth=place.depth + 1,
            )
        )

    def _unique(self, name: str, place: Place) -> str:
        """Return a name of its own for each model: two chairs are two things."""
        if len(self._names) > _MOST_MODELS:
            raise SceneFileError(place.file, 'model', f'expected at most {_MOST_MODELS} models')
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f'{name}_{count}'

    def _find(self, uri: str, place: Place, what: str) -> Path:
        """Return the file or folder that a URI names, below the folders of models only."""
        scheme, _, rest = uri.rpartition('://')
        if scheme not in ('', 'file', 'model', 'package') or not rest:
            raise SceneFileError(place.file, what, f'cannot be used: {uri[:200]!r}')
        allowed = [*self._folders, place.file.parent]
        bases = allowed if scheme == 'model' else [place.file.parent, *self._folders]
        for base in bases:
            path = (base / rest).resolve()
            if path.exists() and any(path.is_relative_to(a) for a in allowed):
                return path
        searched = ', '.join(str(f) for f in dict.fromkeys(bases))
        raise SceneFileError(place.file, what, f'not found: {uri[:200]!r} in {searched}')

    # What is visible -----------------------------------------------------------------------

    def _link(self, element: Any, place: Place) -> Iterator[Part]:
        link = place.pose @ pose_of(element, place)
        for visual in element.findall('visual'):
            matrix = link @ pose_of(visual, place)
            geometry = visual.find('geometry')
            if geometry is None or _is_invisible(visual):
                continue
            color, image, opacity = self._look(visual.find('material'), place)
            for part in self._shapes(geometry, place):
                if color is not None or image is not None:
                    part = replace(part, color=color or (1.0, 1.0, 1.0), image=image)
                part = replace(part, opacity=min(part.opacity, opacity))
                yield replace(part.moved(matrix), name='')

    def _shapes(self, geometry: Any, place: Place) -> Iterator[Part]:
        mesh = geometry.find('mesh')
        if mesh is None:
            yield from build_geometry(geometry, place.file)
            return
        path = self._find((mesh.findtext('uri') or '').strip(), place, 'mesh uri')
        scale = np.diag([*numbers(mesh.findtext('scale') or '1 1 1', 3, place.file, 'scale'), 1])
        wanted = (mesh.findtext('submesh/name') or '').strip()
        parts = [p for p in self._mesh(path) if not wanted or p.name == wanted]
        if not parts:
            raise SceneFileError(path, 'submesh', f'expected one of its meshes, got {wanted!r}')
        if wanted and (mesh.findtext('submesh/center') or '').strip() in ('1', 'true'):
            low = np.min([p.corners.min(axis=(0, 1)) for p in parts], axis=0)
            high = np.max([p.corners.max(axis=(0, 1)) for p in parts], axis=0)
            shift = np.eye(4)
            shift[:3, 3] = -0.5 * (low + high)
            scale = scale @ shift
        for part in parts:
            yield part.moved(scale)

    def _mesh(self, path: Path) -> list[Part]:
        """Return a mesh's parts, z up and in metres, as Gazebo takes them."""
        if path not in self._meshes:
            up, unit = 'z', 1.0
            if path.suffix.lower() == '.dae':
                up, unit = collada_axes(path)
            elif path.suffix.lower() in ('.glb', '.gltf'):
                up = 'y'
            turn = (_Z_UP if up == 'y' else np.eye(4)) @ np.diag([unit, unit, unit, 1.0])
            parts = read_parts(path, root=self._root_of(path))
            self._meshes[path] = [part.moved(turn) for part in parts]
        return self._meshes[path]

    def _root_of(self, path: Path) -> Path:
        """Return the model's folder: textures are in one beside that of the meshes."""
        for folder in path.parents:
            if (folder / 'model.config').is_file():
                return folder
            if folder in self._folders:
                break
        return path.parent

    def _look(
        self, material: Any, place: Place
    ) -> tuple[tuple[float, float, float] | None, NDArray[np.uint8] | None, float]:
        if material is None:
            return None, None, 1.0
        albedo = (material.findtext('.//albedo_map') or '').strip()
        if albedo:
            path = self._find(albedo, place, 'albedo_map')
            try:
                with PILImage.open(path) as picture:
                    return None, square(picture), 1.0
            except (OSError, ValueError, PILImage.DecompressionBombError) as error:
                raise SceneFileError(path, 'albedo_map', str(error)) from error
        text = material.findtext('diffuse') or material.findtext('ambient')
        if text:
            values = numbers(text, None, place.file, 'diffuse')
            if len(values) not in (3, 4):
                raise SceneFileError(place.file, 'diffuse', f'expected 3 or 4 numbers: {text!r}')
            r, g, b = (float(np.clip(v, 0.02, 1.0)) for v in values[:3])
            return (r, g, b), None, float(values[3]) if len(values) == 4 else 1.0
        script = (material.findtext('script/name') or '').rpartition('/')[2]
        return _SCRIPTS.get(script), None, 1.0


def _is_invisible(visual: Any) -> bool:
    text = (visual.findtext('transparency') or '0').strip()
    try:
        return float(text) >= 1.0
    except ValueError:
        return False


def _model_file(folder: Path) -> Path:
    """Return the newest description that a model's folder names."""
    config = folder / 'model.config'
    if config.is_file():
        listed = [(s.get('version') or '', (s.text or '').strip())
                  for s in parse_xml(config).findall('sdf')]  # fmt: skip
        for _, name in sorted(listed, reverse=True):
            path = (folder / name).resolve()
            if path.is_file() and path.is_relative_to(folder):
                return path
    path = folder / 'model.sdf'
    if not path.is_file():
        raise SceneFileError(folder, 'model.sdf', 'no such file')
    return path


def _model_name(file: Path) -> str:
    model = parse_xml(file).find('model')
    return '' if model is None else str(model.get('name') or '')


def _own_pose(file: Path) -> Matrix:
    """Return the pose in a model's own file, which that of an include replaces."""
    model = parse_xml(file).find('model')
    return np.eye(4) if model is None else pose_of(model, Place(file=file, pose=np.eye(4)))
