"""Which Habitat scene is meant, and what its annotations say is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import GroundTruth, Instance, Region, Vector3
from memory_sim.engines.habitat.errors import HabitatSceneError
from memory_sim.engines.habitat.frames import to_map
from memory_sim.world.truth_file import load_truth

__all__ = ['HabitatScene', 'Lookup', 'exported_scene', 'find_scene', 'read_annotations']

#: What annotators call the parts of a building; they are no things that one looks for.
_STRUCTURE = frozenset(
    ['', 'background', 'beam', 'ceiling', 'floor', 'misc', 'undefined', 'unknown', 'unlabeled',
     'void', 'wall']
)  # fmt: skip
#: Floors of rooms farther apart in height than this belong to different storeys [m].
_STOREY_M = 1.5
#: Height of a step of stairs, and of what else is driven over [m].
_STAIR_M = 0.2
_THRESHOLD_M = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitatScene:
    """Which scene of which Habitat data set is meant."""

    #: The data set's ``*.scene_dataset_config.json``; None for a scene file of its own.
    dataset_config: Path | None
    #: A name in the data set, or the path of a scene file.
    scene_id: str
    #: What is really there, where it is known; None where Habitat's annotations have to say.
    truth: GroundTruth | None = None
    #: Take the navigation mesh that comes with the scene, if one does, as its episodes do.
    keep_navmesh: bool = True
    #: Highest step that a robot takes there [m]; the default is Habitat's own.
    climb_m: float = 0.2


def find_scene(dataset_config: Path | str | None, scene_id: str) -> HabitatScene:
    """
    Return a scene of a data set, after a look at its files.

    Raises
    ------
    HabitatSceneError
        If the configuration cannot be read or is none, or there is no such scene file.
    WorldError
        If the ground truth beside an exported world is damaged.

    """
    if dataset_config is None:
        if not Path(scene_id).is_file():
            raise HabitatSceneError(f'scene: no file {scene_id!r}')
        return HabitatScene(dataset_config=None, scene_id=scene_id)
    path = Path(dataset_config).absolute()
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise HabitatSceneError(f'{path}: not a scene data set: {error}') from error
    if not isinstance(found, dict):
        raise HabitatSceneError(f'{path}: expected a mapping, got {type(found).__name__}')
    beside = path.parent / 'stages' / f'{Path(scene_id).name}.truth.json'
    if beside.is_file():
        return exported_scene(path, scene_id, load_truth(beside))
    return HabitatScene(dataset_config=path, scene_id=scene_id)


def exported_scene(dataset_config: Path, scene_id: str, truth: GroundTruth) -> HabitatScene:
    """Return a scene that was written here; only where there are stairs are steps climbed."""
    storeys = {region.floor for region in truth.regions}
    return HabitatScene(
        dataset_config=dataset_config.absolute(),
        scene_id=scene_id,
        truth=truth,
        keep_navmesh=False,
        climb_m=_STAIR_M if len(storeys) > 1 else _THRESHOLD_M,
    )


class Lookup:
    """Turns what Habitat's semantic cameras see into instance and class ids."""

    def __init__(self, truth: GroundTruth, objects: Mapping[int, tuple[int, int]]) -> None:
        """
        Prepare tables.

        Parameters
        ----------
        truth
            Instances; those of annotated surfaces carry their semantic ids.
        objects
            Instance id and semantic id by Habitat's ids of movable objects.

        """
        #: Whether there are movable objects, so that the picture of their ids is needed.
        self.movable = bool(objects)
        top = max((thing.id for thing in truth.instances), default=0)
        index = {label: i for i, label in enumerate(truth.classes)}
        self._class = np.zeros(top + 1, dtype=np.int32)
        for thing in truth.instances:
            self._class[thing.id] = index[thing.label]
        moving = {instance for instance, _ in objects.values()}
        fixed = [thing.id for thing in truth.instances if thing.id not in moving]
        self._fixed = np.zeros(max(fixed, default=0) + 1, dtype=np.int32)
        self._fixed[fixed] = fixed
        self._object = np.zeros(max(objects, default=0) + 1, dtype=np.int32)
        self._semantic = np.zeros(len(self._object), dtype=np.int32)
        for number, (instance, semantic) in objects.items():
            self._object[number], self._semantic[number] = instance, semantic

    def instances(
        self, semantic: NDArray[np.int32], objects: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """
        Return (H, W) instance ids and class ids for (H, W) semantic and object ids.

        A surface without an object shows its semantic id in the picture of objects too.
        """
        moving = _take(self._object, objects)
        fixed = _take(self._fixed, semantic)
        surface = (_take(self._semantic, objects) != semantic) | (
            (objects == semantic) & (fixed > 0)
        )
        found = np.where((moving > 0) & ~surface, moving, fixed)
        return found, self._class[found]


def _take(table: NDArray[np.int32], ids: NDArray[np.int32]) -> NDArray[np.int32]:
    inside = (ids > 0) & (ids < len(table))
    taken: NDArray[np.int32] = np.where(inside, table[np.where(inside, ids, 0)], 0)
    return taken.astype(np.int32)


def read_annotations(
    things: Sequence[Any], boxes: NDArray[np.float64], regions: Sequence[Any]
) -> tuple[GroundTruth, dict[int, tuple[int, int]]]:
    """
    Return the ground truth of a scene by its annotations, and its movable objects.

    These are given by Habitat's ids, as ``Lookup`` takes them.

    Parameters
    ----------
    things
        (id, whether that is of an object, label, region, semantic id) each.
    boxes
        (N, 6) lower and upper corners in Habitat's axes [m].
    regions
        (id, category, lower and upper corner) each.

    """
    corners = to_map(boxes.reshape(-1, 2, 3))
    lows, highs = corners.min(axis=1), corners.max(axis=1)
    base = max((int(t[0]) for t in things if not t[1]), default=0)
    instances: list[Instance] = []
    objects: dict[int, tuple[int, int]] = {}
    for (number, movable, label, region, semantic), low, high in zip(
        things, lows, highs, strict=True
    ):
        name = clean_label(str(label))
        if name in _STRUCTURE or not np.isfinite([low, high]).all() or (high < low).any():
            continue
        instance = base + int(number) if movable else int(number)
        if movable:
            objects[int(number)] = instance, int(semantic)
        instances.append(
            Instance(
                id=instance,
                label=name,
                center=_vector(0.5 * (low + high)),
                extent=_vector(high - low),
                region_id=int(region),
            )
        )
    classes = ('background', *sorted({thing.label for thing in instances}))
    rooms = tuple(_regions(regions, instances))
    return GroundTruth(instances=tuple(instances), regions=rooms, classes=classes), objects


def clean_label(text: str) -> str:
    """Return what people call a thing that an artist or annotator named ``Chair_012.001``."""
    words = re.sub(r'([a-z])([A-Z])', r'\1 \2', text)
    words = re.sub(r'[^A-Za-z]+', ' ', words).lower()
    return ' '.join(words.split())


def _regions(regions: Sequence[Any], instances: Sequence[Instance]) -> list[Region]:
    boxes = {}
    for number, category, box in regions:
        low, high = to_map(np.array(box, dtype=np.float64).reshape(2, 3))
        low, high = np.minimum(low, high), np.maximum(low, high)
        inside = [t for t in instances if t.region_id == number]
        if not (np.isfinite([low, high]).all() and (high - low)[:2].min() > 0.1):
            if not inside:
                continue
            center, half = (
                np.array([getattr(t, n) for t in inside]) for n in ('center', 'extent')
            )
            low, high = (center - 0.5 * half).min(axis=0), (center + 0.5 * half).max(axis=0)
        boxes[int(number)] = clean_label(str(category)), low, high
    floors = _storeys([float(low[2]) for _, low, _ in boxes.values()])
    return [
        Region(
            id=number,
            kind=kind if kind not in _STRUCTURE else 'room',
            name=f'{kind if kind not in _STRUCTURE else "room"} {number}',
            polygon=_rectangle(low, high),
            floor=floor,
            elevation_m=float(low[2]),
        )
        for (number, (kind, low, high)), floor in zip(boxes.items(), floors, strict=True)
    ]


def _storeys(heights: Sequence[float]) -> list[int]:
    ordered = sorted(heights)
    starts = [h for i, h in enumerate(ordered) if i > 0 and h - ordered[i - 1] > _STOREY_M]
    return [sum(h >= start for start in starts) for h in heights]


def _rectangle(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    (x0, y0), (x1, y1) = low[:2].tolist(), high[:2].tolist()
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _vector(values: NDArray[np.float64]) -> Vector3:
    x, y, z = (float(v) for v in values)
    return x, y, z
