"""
Which object of a map that was made again is which one of the map before.

After poses were corrected, maps joined or observations removed, all objects are made anew. A
sighting that was of an object before speaks for the one it is of now: the object that holds most
observations of an old one keeps its id.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ['MOST_UNUSED', 'Former', 'kept_slots']

IntArray = NDArray[np.int64]

#: Ids of objects that are no more, beyond which all are given anew.
MOST_UNUSED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Which sightings were of which object."""

    #: (N,) ascending keys of observations, and (N + 1,) where the sightings of each begin.
    keys: IntArray
    starts: IntArray
    #: (S,) object of each sighting, -1 for none.
    objects: NDArray[np.int32]
    #: Ids that were ever given.
    given: int


def kept_slots(former: Former, now: Former, alive: NDArray[np.bool_]) -> tuple[IntArray, int]:
    """
    Return the slot that each object of a new map is to have, -1 for none, and how many there are.

    ``alive`` says which of them were not merged into others.

    Old ids are taken by the observations that both share, most first; what shares none gets a
    number that was never given. O(sightings).
    """
    slots = np.full(len(alive), -1, np.int64)
    old, new = _shared(former, now)
    valid = (old >= 0) & (new >= 0) & alive[np.maximum(new, 0)]
    pairs, votes = np.unique(np.stack([old[valid], new[valid]]), axis=1, return_counts=True)
    taken: set[int] = set()
    for i in np.lexsort((pairs[1], pairs[0], -votes)).tolist():
        before, after = int(pairs[0, i]), int(pairs[1, i])
        if slots[after] < 0 and before not in taken:
            slots[after] = before
            taken.add(before)
    fresh = np.flatnonzero(alive & (slots < 0))
    slots[fresh] = former.given + np.arange(len(fresh))
    size, used = former.given + len(fresh), int(alive.sum())
    if size - used > MOST_UNUSED:
        slots[alive], size = np.arange(used), used
    return slots, size


def _shared(former: Former, now: Former) -> tuple[IntArray, IntArray]:
    """Return the old and the new object of every sighting that both maps have read."""
    _, one, other = np.intersect1d(former.keys, now.keys, assume_unique=True, return_indices=True)
    counts = np.diff(former.starts)[one]
    same = counts == np.diff(now.starts)[other]
    one, other, counts = one[same], other[same], counts[same]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    old = former.objects[np.repeat(former.starts[one], counts) + within]
    new = now.objects[np.repeat(now.starts[other], counts) + within]
    return old.astype(np.int64), new.astype(np.int64)
