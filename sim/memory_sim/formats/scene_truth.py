"""What is really in a world, worked out from its triangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import GroundTruth, Instance, Vector3
from memory_sim.render.scene import Scene
from memory_sim.world.affordances import uses_of_object
from memory_sim.world.model import World, WorldObject

__all__ = ['ground_truth']


def ground_truth(world: World, scene: Scene) -> GroundTruth:
    """Return rooms, classes, and every object with the box around its triangles."""
    order = np.argsort(scene.instance, kind='stable')
    owners, starts = np.unique(scene.instance[order], return_index=True)
    lows = np.minimum.reduceat(scene.corners.min(axis=1)[order], starts)
    highs = np.maximum.reduceat(scene.corners.max(axis=1)[order], starts)
    boxes = {int(o): (lo, hi) for o, lo, hi in zip(owners, lows, highs, strict=True)}
    floors = {room.id: room.floor for room in world.rooms}
    return GroundTruth(
        instances=tuple(
            _instance(thing, floors.get(thing.region_id, 0), *boxes[thing.id])
            for thing in world.objects
        ),
        regions=tuple(room.as_region() for room in world.rooms),
        classes=scene.classes,
    )


def _instance(
    thing: WorldObject, floor: int, low: NDArray[np.float32], high: NDArray[np.float32]
) -> Instance:
    uses = uses_of_object(thing.label)
    return Instance(
        id=thing.id,
        label=thing.label,
        center=_vector(0.5 * (low + high)),
        extent=_vector(high - low),
        region_id=thing.region_id,
        attributes=thing.attributes,
        affordances=uses.affordances,
        functions=uses.functions,
        floor=floor,
    )


def _vector(values: NDArray[np.float32]) -> Vector3:
    x, y, z = (float(v) for v in values)
    return x, y, z
