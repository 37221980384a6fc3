"""The forest follows observations that were removed, moved, or joined into another map."""

from __future__ import annotations

from contextlib import AbstractContextManager
import time

import numpy as np

from memory_node.core.forest.forest import Forest
from memory_node.core.store.snapshot import Snapshot

__all__ = ['follow_removals_and_moves']

#: A leaf is moved where its observation is this far from it [m].
_LEAST_M = 1e-4
#: Leaves that are dropped under one hold of the lock, and the longest rest between two [s]: a
#: lock that is taken again at once is one that questions wait for.
_SLICE, _REST_S = 4, 0.05


def follow_removals_and_moves(
    forest: Forest, snapshot: Snapshot, lock: AbstractContextManager[object]
) -> None:
    """
    Drop leaves whose observations are gone, and move those that are elsewhere now.

    Takes ``lock`` for some leaves at a time: questions read the areas meanwhile.
    """
    with lock:
        held = np.array(sorted(forest.leaves.slots), np.int64)
    gone = held[snapshot.rows_of_each(held) < 0].tolist()
    for first in range(0, len(gone), _SLICE):
        began = time.monotonic()
        with lock:
            for key in gone[first : first + _SLICE]:
                forest.remove(key)
        time.sleep(min(time.monotonic() - began, _REST_S))
    with lock:
        _move(forest, snapshot)


def _move(forest: Forest, snapshot: Snapshot) -> None:
    held = np.array(sorted(forest.leaves.slots), np.int64)
    rows = snapshot.rows_of_each(held)
    forest.leaves.borrow(snapshot)
    kept, rows = held[rows >= 0], rows[rows >= 0]
    slots = [forest.leaves.slot(key) for key in kept.tolist()]
    away = np.linalg.norm(forest.leaves.positions[slots] - snapshot.positions[rows], axis=1)
    homes = [forest.leaves.homes[slot] for slot in slots]
    maps = [snapshot.map_ids[row] for row in snapshot.maps[rows].tolist()]
    other = [home is None or home.map_id != name for home, name in zip(homes, maps, strict=True)]
    for i in np.flatnonzero((away > _LEAST_M) | np.array(other, np.bool_)).tolist():
        forest.move(int(kept[i]), snapshot.positions[rows[i]], map_id=maps[i])
