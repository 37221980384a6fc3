"""Areas of the forest as places: what a question about a whole room, floor or map gets."""

from __future__ import annotations

import numpy as np

from memory_node.core.candidates import Question
from memory_node.core.data import Place
from memory_node.core.forest.descent import Scope
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import Areas
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot

__all__ = ['area_id', 'area_places']

#: Observations named as evidence of an area.
_EVIDENCE = 8


def area_id(node_id: int) -> str:
    """Id of an area as callers see it; observations' ids are the caller's own."""
    return f'area:{node_id}'


def area_places(
    areas: Areas, mirror: Mirror, snapshot: Snapshot, question: Question, k: int
) -> tuple[Place, ...]:
    """
    Return at most ``k`` areas that a question is about, best first.

    The confidence is where the cosine lies between the quantiles seen in this memory.
    """
    query = question.query
    scope = Scope(
        map_id=query.map_id,
        near=query.near,
        radius_m=query.radius_m,
        since_ns=query.since_ns,
        until_ns=query.until_ns,
    )
    found = areas.best(question.vector, k, scope)
    confidences = areas.meaning([cosine for _, cosine in found])
    return tuple(
        place
        for (node, cosine), sure in zip(found, confidences, strict=True)
        if (place := _place(areas, mirror, snapshot, node, cosine, sure)) is not None
    )


def _place(
    areas: Areas,
    mirror: Mirror,
    snapshot: Snapshot,
    node: ForestNode,
    cosine: float,
    confidence: float,
) -> Place | None:
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
