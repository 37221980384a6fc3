"""A room with two beds, a bathroom without a bathtub: conditions on what else an area holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.constraints.conditions import Condition
from memory_node.core.constraints.ground import Ground
from memory_node.core.constraints.limits import Limit
from memory_node.core.things import things_of

__all__ = ['holding', 'holding_many']

#: Room around an observation that counts as one area where the forest knows none [m].
_AREA_M = 4.0
#: Areas up to this diagonal are what people call a room [m].
_ROOM_M = 9.0


def holding(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to rooms that have a thing, or to those that do not."""
    labels = ground.names.labels(condition.about)
    if not len(labels):
        return f'I have seen no {condition.about!r}'
    has = _counts(ground, labels) > 0
    return Limit(condition=condition, rows=has != condition.negated)


def holding_many(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to rooms that have so many of a thing; those with exactly so many are preferred."""
    labels = ground.names.labels(condition.about)
    if not len(labels):
        return f'I have seen no {condition.about!r}'
    counts = _counts(ground, labels)
    return Limit(
        condition=condition,
        rows=(counts >= condition.number) != condition.negated,
        preference=None if condition.negated else (counts == condition.number).astype(np.float64),
        told=lambda row: f'{condition.phrase} ({counts[row]} seen)',
    )


def _counts(ground: Ground, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (N,) how many things with these labels the room of each row has."""
    snapshot = ground.snapshot
    rooms = _rooms(ground)
    counts = np.zeros(len(snapshot), np.int64)
    things = things_of(snapshot, labels.tolist())
    for one in ground.maps:
        spots = np.array([t.position for t in things if t.map_id == snapshot.map_ids[one]])
        if not len(spots):
            continue
        rows = np.flatnonzero(snapshot.maps == one)
        tree = cKDTree(snapshot.positions[rows])
        owners = rooms[rows[tree.query(spots)[1]]]
        for room, many in zip(*np.unique(owners[owners >= 0], return_counts=True), strict=True):
            counts[rooms == room] += many
        for spot in spots[owners < 0]:
            counts[rows[tree.query_ball_point(spot, _AREA_M)]] += 1
    return counts


def _rooms(ground: Ground) -> NDArray[np.int64]:
    """Return (N,) the id of the area that is each row's room, -1 where there is none yet."""
    rooms = np.full(len(ground.snapshot), -1, np.int64)
    with ground.areas.lock:
        forest = ground.areas.forest
        for node in forest.regions(_ROOM_M):
            rooms[ground.snapshot.rows_of(forest.leaf_keys(node))] = node.id
    return rooms
