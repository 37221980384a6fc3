"""Whole rooms as answers: "an area for a meeting" is the meeting room, not its table."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from memory_node.core.constraints.naming import Names
from memory_node.core.retrieval import Choice, MAX_EVIDENCE
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.wanted import WantedArea

__all__ = ['rooms_as_choices']

IntArray = NDArray[np.int64]

#: Views of one kind of room that are this close are in one room [m].
_SAME_ROOM_M = 2.5
#: Rooms of one kind that are answered with.
_ROOMS = 4
#: Views that a room's middle is found among.
_MEASURED = 400


def rooms_as_choices(
    snapshot: Snapshot,
    wanted: Sequence[WantedArea],
    names: Names,
    allowed: IntArray | None,
) -> list[Choice]:
    """
    Return the rooms of the wanted kinds, the likeliest kind and the largest room first.

    Each stands where the robot was in the middle of it. ``allowed`` are the rows that count,
    None for all.
    """
    found = []
    for area in wanted:
        told = names.told(area.name)
        if told is None:
            continue
        rows = np.flatnonzero(told.rows)
        if allowed is not None:
            rows = np.intersect1d(rows, allowed, assume_unique=True)
        for room in _apart(snapshot, rows)[:_ROOMS]:
            # Of several rooms of a kind the largest is the surest to be one.
            logit = math.log(max(area.probability, 1e-9)) + 0.2 * math.log(len(room))
            found.append(
                Choice(
                    row=int(room[0]),
                    score=logit,
                    confidence=area.probability,
                    signals={'room': logit},
                    evidence=room[:MAX_EVIDENCE],
                    room=area.name,
                )
            )
    return found


def _apart(snapshot: Snapshot, rows: IntArray) -> list[IntArray]:
    """Return the views of each room, the one in its middle first; the largest room first."""
    rooms = []
    for one in np.unique(snapshot.maps[rows]):
        here = rows[snapshot.maps[rows] == one]
        points = snapshot.positions[here]
        pairs = cKDTree(points).query_pairs(_SAME_ROOM_M, output_type='ndarray')
        graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (len(here),) * 2)
        _, parts = connected_components(graph, directed=False)
        for part in range(int(parts.max(initial=-1)) + 1):
            own = here[parts == part]
            step = max(1, len(own) // _MEASURED)
            away = np.linalg.norm(
                snapshot.positions[own][:, None] - snapshot.positions[own[::step]][None], axis=2
            ).mean(axis=1)
            rooms.append(own[np.argsort(away, kind='stable')])
    return sorted(rooms, key=lambda room: (-len(room), int(room[0])))
