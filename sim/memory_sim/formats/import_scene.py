"""
Turn a scene made by others into a world: its meshes by name, its floor, its colours.

Reads glTF, OBJ, COLLADA, STL, PLY, and Gazebo's ``.world`` and ``.sdf``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_sim.formats.axes import Axes, guess_unit, guess_up, map_R_scene, Up
from memory_sim.formats.collada import collada_axes
from memory_sim.formats.detect import GAZEBO
from memory_sim.formats.floor_detection import find_floor, Floor
from memory_sim.formats.mesh_files import read_parts
from memory_sim.formats.object_names import clean_labels, is_structure
from memory_sim.formats.parts import Image, Part, SceneFileError
from memory_sim.render.mesh import Finish, Patch
from memory_sim.world.colors import COLORS
from memory_sim.world.errors import WorldError
from memory_sim.world.model import Light, Room, World, WorldObject

__all__ = ['IMPORTED', 'ImportedMeshes', 'ImportedScene', 'import_scene']

#: ``model`` of objects whose triangles come from the scene's own files.
IMPORTED = 'imported'
#: Scenes larger than this are refused: their floor has too many cells [m].
_LARGEST_M = 300.0
#: Glass that lets more light through is left out: a depth camera sees through it.
_GLASS = 0.5
_LAMP_SPACING_M = 4.0
_MOST_LAMPS = 48
#: Share of a thing's surface that one colour has to cover to be named.
_MAIN_SHARE = 0.6
#: Scenes with more surface than this get plain daylight: lamps would take minutes [m^2].
_MOST_LIT_M2 = 15_000.0
_SUN = np.array([0.36, 0.48, 0.8])
_NAMED = (
    'beige', 'black', 'blue', 'brown', 'gray', 'green', 'orange', 'pink', 'purple', 'red',
    'turquoise', 'white', 'yellow',
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedMeshes:
    """The triangles of an imported scene, in ``map``; a ``MeshSource``."""

    things: Mapping[int, tuple[Patch, ...]]
    background: tuple[Patch, ...]
    textures: Mapping[str, Image]
    structure_blocks: bool = True

    def structure(self, world: World) -> Sequence[Patch]:
        """Return floors, walls and all else that is no object."""
        return self.background

    def patches(self, thing: WorldObject) -> Sequence[Patch]:
        """Return an object's surface; raises ``WorldError`` where there is none."""
        if thing.id not in self.things:
            raise WorldError(f'object id: expected one of the scene, got {thing.id}')
        return self.things[thing.id]

    def close(self) -> None:
        """Do nothing: everything is in memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedScene:
    """A world, and what it is drawn from."""

    world: World
    meshes: ImportedMeshes
    #: How the file's coordinates were taken.
    axes: Axes
    #: Height of the file's floor, which became 0 [m].
    floor_m: float


def import_scene(
    path: Path | str,
    *,
    up: Up = 'auto',
    unit_m: float | None = None,
    model_paths: Sequence[Path | str] = (),
) -> ImportedScene:
    """
    Read a scene.

    Parameters
    ----------
    path
        The file.
    up
        The axis that points up; ``'auto'`` takes what the format says, or else a guess.
    unit_m
        Length of the file's unit [m]; None takes what the format says, or else a guess.
    model_paths
        Folders of Gazebo models, besides the file's own and those of the environment.

    Returns
    -------
    ImportedScene
        Its floor is at height 0; x and y are the file's.

    Raises
    ------
    SceneFileError
        If a file is missing, broken, empty or too large, or there is no floor to stand on.
    WorldError
        If what was read makes no world.

    """
    path = Path(path)
    if unit_m is not None and not (np.isfinite(unit_m) and unit_m > 0.0):
        raise SceneFileError(path, 'unit_m', f'expected a positive length, got {unit_m!r}')
    if path.suffix.lower() in GAZEBO:
        from memory_sim.formats.sdf import read_sdf

        parts: list[Part] = read_sdf(path, model_paths=model_paths)
        axes = Axes(up='z' if up == 'auto' else up, unit_m=unit_m or 1.0)
    else:
        parts = read_parts(path)
        axes = _axes(path, parts, up, unit_m)
    placed = _placed(path, parts, axes)
    labels = _labels(placed)
    structure = [p for p in placed if is_structure(labels[p.name])]
    floor = find_floor(path, placed, structure)
    placed = [p.moved(_lift(-floor.height_m)) for p in placed]
    return _assemble(path, placed, labels, floor, axes)


def _axes(path: Path, parts: Sequence[Part], up: Up, unit_m: float | None) -> Axes:
    suffix, declared = path.suffix.lower(), 0.0
    axis: str = up
    if suffix == '.dae':
        found, declared = collada_axes(path)
        axis = found if up == 'auto' else up
    elif suffix in ('.glb', '.gltf'):
        axis = 'y' if up == 'auto' else up
        declared = 1.0
    if axis == 'auto':
        axis = guess_up(parts)
    return Axes(up=axis, unit_m=unit_m or declared or guess_unit(parts, axis))


def _placed(path: Path, parts: Iterable[Part], axes: Axes) -> list[Part]:
    """Return the parts in ``map``, after a look at their size."""
    matrix = np.eye(4)
    matrix[:3, :3] = map_R_scene[axes.up] * axes.unit_m
    placed = [part.moved(matrix) for part in parts]
    low = np.min([p.corners.min(axis=(0, 1)) for p in placed], axis=0)
    high = np.max([p.corners.max(axis=(0, 1)) for p in placed], axis=0)
    extent = float((high - low).max())
    if not extent <= _LARGEST_M:
        raise SceneFileError(
            path, 'extent', f'expected at most {_LARGEST_M:g} m, got {extent:g} m with a unit of '
            f'{axes.unit_m:g} m; give another unit'
        )  # fmt: skip
    if extent < 0.5:
        raise SceneFileError(
            path, 'extent', f'expected at least 0.5 m, got {extent:g} m with a unit of '
            f'{axes.unit_m:g} m; give another unit'
        )  # fmt: skip
    return placed


def _lift(height_m: float) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[2, 3] = height_m
    return matrix


def _labels(parts: Sequence[Part]) -> dict[str, str]:
    names = sorted({p.name for p in parts})
    return dict(zip(names, clean_labels(names), strict=True))


def _assemble(
    path: Path, parts: Sequence[Part], labels: Mapping[str, str], floor: Floor, axes: Axes
) -> ImportedScene:
    textures: dict[str, Image] = {}
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.name, []).append(part)
    background: list[Patch] = []
    things: dict[int, tuple[Patch, ...]] = {}
    objects: list[WorldObject] = []
    for name, group in groups.items():
        seen = [p for p in group if p.opacity >= _GLASS] or group
        patches = tuple(_patch(p, textures) for p in seen)
        if is_structure(labels[name]):
            background += patches
            continue
        thing = _object(len(objects) + 1, labels[name], seen, floor.rooms)
        things[thing.id] = patches
        objects.append(thing)
    world = World(
        name=path.stem,
        kind=IMPORTED,
        rooms=floor.rooms,
        objects=tuple(objects),
        lights=tuple(_lights(floor, parts)),
    )
    if sum(_area_m2(p) for p in parts) > _MOST_LIT_M2:
        background = [_in_daylight(p) for p in background]
        things = {i: tuple(_in_daylight(p) for p in patches) for i, patches in things.items()}
    meshes = ImportedMeshes(things=things, background=tuple(background), textures=textures)
    return ImportedScene(world=world, meshes=meshes, axes=axes, floor_m=floor.height_m)


def _patch(part: Part, textures: dict[str, Image]) -> Patch:
    texture = ''
    if part.image is not None:
        texture = f'imported/{hashlib.sha1(part.image.tobytes()).hexdigest()[:16]}'
        textures[texture] = part.image
    return Patch(
        corners=part.corners.astype(np.float32),
        normals=part.normals.astype(np.float32),
        uv=part.uv.astype(np.float32),
        finish=Finish(color=part.color, texture=texture),
        baked=None if part.baked is None else part.baked.astype(np.float32),
    )


def _object(number: int, label: str, parts: Sequence[Part], rooms: Sequence[Room]) -> WorldObject:
    low = np.min([p.corners.min(axis=(0, 1)) for p in parts], axis=0)
    high = np.max([p.corners.max(axis=(0, 1)) for p in parts], axis=0)
    x, y = (0.5 * (low + high))[:2].tolist()
    size = np.maximum(high - low, 1e-3).tolist()
    inside = [room.id for room in rooms if room.contains(x, y)]
    return WorldObject(
        id=number,
        label=label,
        model=IMPORTED,
        position=(x, y, float(low[2])),
        size=(size[0], size[1], size[2]),
        color=_main_color(parts),
        region_id=inside[0] if inside else 0,
    )


def _main_color(parts: Sequence[Part]) -> str:
    """Return the name of the colour that most of a thing has, or nothing where none has."""
    shares: dict[str, float] = {}
    names = np.array([COLORS[name] for name in _NAMED])
    for part in parts:
        color = np.array(part.color)
        if part.image is not None:
            color = color * part.image.mean(axis=(0, 1)) / 255.0
        if part.baked is not None:
            color = color * part.baked.mean(axis=(0, 1))
        nearest = _NAMED[int(((names - color) ** 2).sum(axis=1).argmin())]
        shares[nearest] = shares.get(nearest, 0.0) + _area_m2(part)
    best = max(shares, key=lambda name: (shares[name], name))
    return best if shares[best] >= _MAIN_SHARE * sum(shares.values()) else ''


def _area_m2(part: Part) -> float:
    edges = part.corners[:, 1:] - part.corners[:, :1]
    return 0.5 * float(np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum())


def _in_daylight(patch: Patch) -> Patch:
    """Return a patch under an even sky and a sun that casts no shadows."""
    if patch.baked is not None:
        return patch
    light = 0.62 + 0.36 * np.clip(patch.normals @ _SUN.astype(np.float32), 0.0, 1.0)
    return replace(patch, baked=np.repeat(light[:, :, None], 3, axis=2).astype(np.float32))


def _lights(floor: Floor, parts: Sequence[Part]) -> Iterable[Light]:
    """Yield lamps under the ceiling, evenly spread, for a scene that brings none."""
    top = max(float(p.corners[:, :, 2].max()) for p in parts)
    height = float(np.clip(top - 0.15, 1.8, 3.5))
    spacing = max(_LAMP_SPACING_M, (sum(r.area_m2 for r in floor.rooms) / _MOST_LAMPS) ** 0.5)
    for room in floor.rooms:
        x0, y0, x1, y1 = room.bounds
        columns = max(1, round((x1 - x0) / spacing))
        rows = max(1, round((y1 - y0) / spacing))
        for i in range(columns):
            for j in range(rows):
                x = x0 + (i + 0.5) * (x1 - x0) / columns
                y = y0 + (j + 0.5) * (y1 - y0) / rows
                if room.contains(x, y):
                    yield Light(position=(x, y, height), power=1.0 + spacing / 8.0)
