"""Visits of rooms: spans of time that a robot was in one, cut where it came into another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ['Visits', 'visits_of']

IntArray = NDArray[np.int64]

#: Views this far apart in time are of two drives [ns].
PAUSE_NS = 1_800_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """V visits, by time."""

    #: (V,) room of each.
    rooms: IntArray
    #: (V,) first and last view, as rows of the snapshot.
    first_rows: IntArray
    last_rows: IntArray
    #: (V,) begin and end [ns]: half-way to the view before and after where the drive goes on.
    begin_ns: IntArray
    end_ns: IntArray
    #: (V,) number of the drive that each is part of.
    drives: IntArray

    def __len__(self) -> int:
        """Return the number of visits."""
        return len(self.rooms)


def visits_of(stamps: IntArray, rooms: IntArray, maps: NDArray[np.int32]) -> Visits:
    """
    Return the visits that views of rooms show; O(n log n).

    A single view of another room between two of one room is taken for a mistake.

    Parameters
    ----------
    stamps, rooms, maps : (N,) arrays
        Stamp [ns], room (-1 for none) and map of each view.

    """
    order = np.argsort(stamps, kind='stable')
    order = order[rooms[order] >= 0]
    at, room = stamps[order], rooms[order]
    apart = (np.diff(at) > PAUSE_NS) | (np.diff(maps[order]) != 0)
    room = _without_slips(room, apart)
    cuts = np.flatnonzero(apart | (np.diff(room) != 0)) + 1
    firsts = np.concatenate([[0], cuts]).astype(np.int64)[: len(order)]
    lasts = np.concatenate([cuts - 1, [len(order) - 1]]).astype(np.int64)[: len(firsts)]
    drives = np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)[firsts]
    begin, end = at[firsts].copy(), at[lasts].copy()
    goes_on = np.flatnonzero(drives[1:] == drives[:-1])
    middle = (at[lasts[goes_on]] + at[firsts[goes_on + 1]]) // 2
    end[goes_on], begin[goes_on + 1] = middle, middle
    return Visits(
        rooms=room[firsts],
        first_rows=order[firsts],
        last_rows=order[lasts],
        begin_ns=begin,
        end_ns=end,
        drives=drives,
    )


def _without_slips(room: IntArray, apart: NDArray[np.bool_]) -> IntArray:
    """Return rooms in which one view between two of another room is of that room too."""
    if len(room) < 3:
        return room
    middle = (room[1:-1] != room[:-2]) & (room[:-2] == room[2:]) & ~apart[:-1] & ~apart[1:]
    slips = np.flatnonzero(middle) + 1
    slips = slips[~np.isin(slips - 1, slips)]  # there and back is no slip
    made = room.copy()
    made[slips] = room[slips - 1]
    return made
