"""Earlier looks at a place: which observations would have shown what came there later."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.objects.existence import AS_FAR, SAME_DIRECTION
from memory_node.core.objects.table import ObjectTable
from memory_node.core.store.snapshot import Snapshot

__all__ = ['looks_before']

IntArray: TypeAlias = NDArray[np.int64]

#: Newest observations that are looked through, and most of them that are looked at closely.
_ROWS, _CLOSELY = 4096, 16
#: Looks from one spot count once in this time [m, ns].
_SPOT_M, _SPOT_NS = 0.5, 600_000_000_000


def looks_before(
    snapshot: Snapshot,
    row: int,
    table: ObjectTable,
    slot: int,
    object_of: NDArray[np.int32],
    view: tuple[float, float],
) -> int:
    """
    Return how many looks before ``row`` should have shown the object of a slot, had it been there.

    A look is free where it showed something else in that direction at least about as far away, as
    in ``expected_but_missed``.
    """
    first = max(0, row - _ROWS)
    offsets = table.positions[slot] - snapshot.positions[first:row]
    away = np.sqrt(np.einsum('ij,ij->i', offsets, offsets))
    turn = np.arctan2(offsets[:, 1], offsets[:, 0]) - snapshot.yaws[first:row]
    turn = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
    looked = (away <= view[0]) & (away > 1e-3) & (turn <= view[1])
    looked &= snapshot.maps[first:row] == table.maps[slot]
    looked &= snapshot.stamps[first:row] < table.since_ns[slot]
    near = np.flatnonzero(looked)[-_CLOSELY:]
    seen = set()
    for i in near.tolist():
        slots = object_of[snapshot.sightings_of(first + i)]
        slots = slots[slots >= 0]
        rays = table.positions[slots] - snapshot.positions[first + i]
        far = np.sqrt(np.einsum('ij,ij->i', rays, rays))  # NaN where it is not placed
        along = rays @ offsets[i] >= SAME_DIRECTION * far * away[i]
        if (along & (far >= AS_FAR * away[i])).any():
            x, y, _ = (snapshot.positions[first + i] // _SPOT_M).tolist()
            seen.add((x, y, int(snapshot.stamps[first + i]) // _SPOT_NS))
    return len(seen)
