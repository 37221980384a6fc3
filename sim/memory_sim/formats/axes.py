"""Which way is up in a scene's file, and how long its unit is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.habitat.frames import habitat_R_map
from memory_sim.formats.object_names import clean_label
from memory_sim.formats.parts import Part

__all__ = ['Axes', 'Up', 'guess_unit', 'guess_up', 'map_R_scene']

FloatArray = NDArray[np.float64]
Up = Literal['auto', 'x', 'y', 'z']

#: Re-expresses a vector of a scene in ``map``, by the axis that points up in the scene. With y up
#: it is what Habitat does, so that one file gives one world in both simulators.
map_R_scene: Mapping[str, FloatArray] = MappingProxyType(
    {
        'x': np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
        'y': habitat_R_map.T,
        'z': np.eye(3),
    }
)

#: Heights by which a unit is known, of things that differ little over the world [m].
_HEIGHTS = {
    'armchair': 0.85, 'bathtub': 0.6, 'bed': 0.6, 'bench': 0.6, 'bookshelf': 1.9, 'cabinet': 1.2,
    'chair': 0.9, 'couch': 0.85, 'desk': 0.75, 'door': 2.0, 'dresser': 0.9, 'fridge': 1.8,
    'lamp': 0.9, 'oven': 0.9, 'person': 1.7, 'refrigerator': 1.8, 'shelf': 1.6, 'sink': 0.5,
    'sofa': 0.85, 'stool': 0.6, 'stove': 0.9, 'table': 0.7, 'toilet': 0.75, 'wall': 2.6,
    'wardrobe': 2.0, 'washing machine': 0.85,
}  # fmt: skip
#: What lies level, by name.
_LEVEL = frozenset(['carpet', 'ceiling', 'floor', 'flooring', 'ground', 'rug'])
#: A scene is wider than high by at least this factor where its shape tells what is up.
_FLAT = 0.6
#: Units that makers of scenes use [m].
_UNITS = (1.0, 0.1, 0.01, 0.001, 0.0254, 0.3048)
#: A whole scene is between these high [m].
_SCENE_HEIGHT = (1.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """How a scene's coordinates become those of ``map``."""

    up: str
    unit_m: float


def guess_up(parts: Sequence[Part]) -> str:
    """
    Return the axis along which what is called a floor is thin, or else the whole scene is.

    Where neither tells, it is the axis that most surface faces, as floors, seats and shelves do;
    a near tie goes to y, as most makers have it.
    """
    votes = np.zeros(3)
    for part in parts:
        if clean_label(part.name).rpartition(' ')[2] in _LEVEL:
            extent = np.ptp(part.corners, axis=(0, 1))
            votes[int(extent.argmin())] += float(np.sort(extent)[1:].prod())
    if votes.any():
        return 'xyz'[int(votes.argmax())]
    low = np.min([p.corners.min(axis=(0, 1)) for p in parts], axis=0)
    high = np.max([p.corners.max(axis=(0, 1)) for p in parts], axis=0)
    order = np.argsort(high - low)
    if (high - low)[order[0]] < _FLAT * (high - low)[order[1]]:
        return 'xyz'[int(order[0])]
    totals = np.sum([_facing(part) for part in parts], axis=0)
    best = int(totals.argmax())
    return 'y' if totals[1] > 0.9 * totals[best] else 'xyz'[best]


def _facing(part: Part) -> FloatArray:
    """Return twice the area that faces along each axis."""
    corners = part.corners
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1, keepdims=True)
    facing: FloatArray = ((np.abs(normal) > 0.98 * area) * area).sum(axis=0)
    return facing


def guess_unit(parts: Sequence[Part], up: str) -> float:
    """
    Return the unit [m] that gives things of known height their height, or the scene a likely one.

    Metres win where they are as likely as another unit.
    """
    axis = 'xyz'.index(up)
    extents: dict[str, tuple[float, float]] = {}
    for part in parts:
        low, high = part.corners[:, :, axis].min(), part.corners[:, :, axis].max()
        before = extents.get(part.name, (low, high))
        extents[part.name] = (min(low, before[0]), max(high, before[1]))
    ratios = []
    for name, (low, high) in extents.items():
        words = clean_label(name)
        known = _HEIGHTS.get(words) or _HEIGHTS.get(words.rpartition(' ')[2])
        if known and high > low:
            ratios.append(known / (high - low))
    if ratios:
        wanted = float(np.median(ratios))
        errors = [abs(np.log(wanted / unit)) - (0.7 if unit == 1.0 else 0.0) for unit in _UNITS]
        return _UNITS[int(np.argmin(errors))]
    height = max(h for _, h in extents.values()) - min(low for low, _ in extents.values())
    fitting = [u for u in _UNITS if _SCENE_HEIGHT[0] <= height * u <= _SCENE_HEIGHT[1]]
    return fitting[0] if fitting else 1.0
