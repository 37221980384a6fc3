"""Areas of the forest as places: what a question about a whole room, floor or map gets."""

from __future__ import annotations

import numpy as np

from memory_node.core.data import FloatArray, Place, Query
from memory_node.core.forest.descent import Scope
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import area_id, Areas
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot

__all__ = ['area_place', 'area_places']

#: Observations named as evidence of an area.
_EVIDENCE = 8


def area_places(
    areas: Areas, mirror: Mirror, query: Query, vector: FloatArray, k: int
) -> tuple[Place, ...]:
    """
    Return at most ``k`` areas that a question is about, best first.

    The confidence is where the cosine lies between the quantiles seen in this memory.
    """
    snapshot = mirror.snapshot()
    scope = Scope(
        map_id=query.map_id,
        near=query.near,
        radius_m=query.radius_m,
        since_ns=query.since_ns,
        until_ns=query.until_ns,
    )
    found = areas.best(vector, k, scope)
    confidences = areas.meaning([cosine for _, cosine in found])
    return tuple(
        place
        for (node, cosine), sure in zip(found, confidences, strict=True)
        if (place := area_place(areas, mirror, snapshot, node, cosine, sure)) is not None
    )


def area_place(
    areas: Areas,
    mirror: Mirror,
    snapshot: Snapshot,
    node: ForestNode,
    cosine: float,
    confidence: float,
) -> Place | None:
    """Return an area as a place; None where it is empty or not named yet."""
    keys = np.array(areas.typical(node, _EVIDENCE), np.int64)
    keys = keys[snapshot.rows_of_each(keys) >= 0]
    text = node.text
    if len(keys) == 0 or text is None:
        return None
    ids, poses = mirror.poses(keys)
    return Place(
        node_id=area_id(node.id),
        level=node.level,
        map_id=node.map_id,
        pose=poses[0],
        stamp_ns=node.last_ns,
        score=cosine,
        confidence=confidence,
        label=text.name,
        caption=text.summary,
        area_path=areas.path_of(node),
        evidence_ids=tuple(ids),
        signals={'area': cosine},
        why=f'an area that {text.source} call {text.name!r}',
    )
