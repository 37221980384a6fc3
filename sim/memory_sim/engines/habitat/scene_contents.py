"""
What habitat-sim says is in the scene that it shows, in Habitat's axes.

``worker.py`` imports this file under the Python that habitat-sim was built for, from 3.9: it needs
nothing but NumPy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

__all__ = ['read_contents', 'stem']


def read_contents(sim: Any, magnum: Any) -> tuple[list[Any], Any, list[Any]]:
    """Return things as (id, is an object, label, region, semantic id), boxes, and regions."""
    things: list[Any] = []
    boxes: list[list[float]] = []
    regions: list[Any] = []
    scene = sim.semantic_scene
    indices: dict[str, int] = {}
    for i, region in enumerate(scene.regions if scene is not None else []):
        if region is None:
            continue
        indices[region.id] = i + 1
        box = region.aabb
        regions.append([i + 1, _name(region.category), [*box.min, *box.max]])
    for thing in scene.objects if scene is not None else []:
        if thing is None or _name(thing.category) in ('', 'Unknown'):
            continue
        number, region = int(thing.semantic_id), getattr(thing.region, 'id', '')
        label = _name(thing.category)
        things.append([number, False, label, indices.get(region, 0), number])
        boxes.append(_bounds(thing.obb))
    names = {t[0]: t[2] for t in things}
    for thing in sim.get_rigid_object_manager().get_objects_by_handle_substring().values():
        label = names.get(int(thing.semantic_id)) or stem(thing.handle)
        things.append([int(thing.object_id), True, label, 0, int(thing.semantic_id)])
        boxes.append(_object_box(thing, magnum))
    return things, np.array(boxes, dtype=np.float64).reshape(-1, 6), regions


def _object_box(thing: Any, magnum: Any) -> list[float]:
    box, pose = thing.root_scene_node.cumulative_bb, thing.transformation
    corners = [
        pose.transform_point(magnum.Vector3(x, y, z))
        for x in (box.left, box.right)
        for y in (box.bottom, box.top)
        for z in (box.back, box.front)
    ]
    points = np.array([list(c) for c in corners], dtype=float)
    return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]


def _bounds(box: Any) -> list[float]:
    """Return the corners of the upright box around a turned one; Habitat's own holds (0, 0, 0)."""
    center, half = (np.array(list(v), dtype=float) for v in (box.center, box.half_extents))
    x, y, z, w = (float(v) for v in box.rotation)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    reach = np.abs(rotation) @ half
    return [*(center - reach).tolist(), *(center + reach).tolist()]


def _name(category: Any) -> str:
    return '' if category is None else str(category.name())


def stem(handle: str) -> str:
    """Return the name in a handle: that of its file, without what follows the first dot."""
    return Path(handle).name.split('.')[0]
