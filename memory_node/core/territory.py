"""
Which views and things belong to a room, where captions say what room they show.

Only some captions name a room, some name a wrong one, and a camera looks through doors. So what
captions say is spread along what is seen together: views that see the same things from nearby are
in one room, and a thing is in the room of those who saw it from nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
import threading

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

from memory_node.core.forest.rooms import named_room
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.things import cells_of

__all__ = ['RoomNames', 'Territory']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: What is farther may be in the next room [m]; how fast a view's say about a thing fades [m].
_SIGHT_M, _FADES_M = 5.0, 2.2
#: Sightings of one label in a cell this wide are of one thing [m].
_CELL_M = 0.8
#: Views this close speak for each other where they see nothing in common [m].
_BESIDE_M, _BESIDE = 1.5, 6
#: Share of a view's own words in what it is taken for, and rounds of listening to others.
_OWN, _ROUNDS = 0.3, 8
#: Metres of height that count as this many: floors are other rooms.
_HEIGHT = 3.0


class RoomNames:
    """What room the caption of each observation names; read once, kept; thread-safe."""

    def __init__(self, mirror: Mirror) -> None:
        """Read the captions of ``mirror`` when they are first asked about."""
        self._mirror = mirror
        self._lock = threading.Lock()
        #: Keys of what was read, ascending, and the number of the room each names.
        self._keys = np.empty(0, np.int64)
        self._rooms = np.empty(0, np.int64)
        self._names: list[str] = []
        self._numbers: dict[str, int] = {'': -1}

    def of(self, snapshot: Snapshot) -> tuple[IntArray, Sequence[str]]:
        """Return (N,) which of the names each row's caption has, -1 for none, and the names."""
        with self._lock:
            self._follow()
            keys, rooms, names = self._keys, self._rooms, tuple(self._names)
        found = np.full(len(snapshot), -1, np.int64)
        if len(keys):
            at = np.minimum(np.searchsorted(keys, snapshot.keys), len(keys) - 1)
            held = keys[at] == snapshot.keys
            found[held] = rooms[at[held]]
        return found, names

    def _follow(self) -> None:
        new = self._mirror.captions_after(int(self._keys[-1]) if len(self._keys) else 0)
        if not new:
            return
        rooms = []
        for _, caption in new:
            name = named_room(caption)
            if name not in self._numbers:
                self._numbers[name] = len(self._names)
                self._names.append(name)
            rooms.append(self._numbers[name])
        self._keys = np.concatenate([self._keys, np.array([key for key, _ in new], np.int64)])
        self._rooms = np.concatenate([self._rooms, np.array(rooms, np.int64)])


class Territory:
    """Views and things of one snapshot, joined by who saw what; made once for a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Join views and things; some milliseconds for each thousand views."""
        self.snapshot = snapshot
        seers = snapshot.seers
        points = snapshot.sighting_positions.astype(np.float64)
        kept = np.flatnonzero(~np.isnan(points[:, 0]))
        #: (S,) which thing each sighting is of; -1 where its place is not known.
        self._things = np.full(len(points), -1, np.int64)
        count = 0
        if len(kept):
            self._things[kept] = cells_of(snapshot, kept, seers[kept], _CELL_M)
            count = int(self._things.max()) + 1
        away = np.linalg.norm(points[kept] - snapshot.positions[seers[kept]], axis=1)
        weights = np.exp(-((away / _FADES_M) ** 2)) + 1e-4
        near = away <= _SIGHT_M
        shape = (len(snapshot), count)
        seen = csr_array((weights[near], (seers[kept][near], self._things[kept][near])), shape)
        self._of_things = _averaging(csr_array(seen.T))
        self._of_views = _averaging(seen)
        self._beside = _beside(snapshot)
        self._seers = seers

    def spread(self, votes: RealArray) -> tuple[BoolArray, BoolArray]:
        """
        Return (N,) views and (S,) sightings that belong to what was voted for.

        ``votes`` are (N,) 1 where a caption names the room, -1 where it names another, else 0.
        """
        own = votes.astype(np.float64)
        views = own.copy()
        voted = own != 0.0
        for _ in range(_ROUNDS):
            things = self._of_things @ views
            heard = 0.7 * (self._of_views @ things) + 0.3 * (self._beside @ views)
            views = np.where(voted, _OWN * own + (1.0 - _OWN) * heard, heard)
        things = self._of_things @ views
        inside = views > 0.0
        mine = inside[self._seers]
        placed = self._things >= 0
        mine[placed] = things[self._things[placed]] > 0.0
        return inside, mine


def _averaging(matrix: csr_array) -> csr_array:
    """Scale every row to the sum of one; empty rows stay empty."""
    sums = np.asarray(matrix.sum(axis=1)).reshape(-1)
    return csr_array(diags_array(1.0 / np.maximum(sums, 1e-12)) @ matrix)


def _beside(snapshot: Snapshot) -> csr_array:
    """Return (N, N) averages over the views right beside each, itself included."""
    count = len(snapshot)
    rows, others, weights = [np.arange(count)], [np.arange(count)], [np.ones(count)]
    for one in np.unique(snapshot.maps):
        here = np.flatnonzero(snapshot.maps == one)
        points = snapshot.positions[here] * np.array([1.0, 1.0, _HEIGHT])
        most = min(_BESIDE + 1, len(here))
        away, found = cKDTree(points).query(
            points, k=[*range(1, most + 1)], distance_upper_bound=_BESIDE_M
        )
        at, place = np.nonzero(found < len(here))
        rows.append(here[at])
        others.append(here[found[at, place]])
        weights.append(np.exp(-((away[at, place] / _FADES_M) ** 2)))
    ends = (np.concatenate(rows), np.concatenate(others))
    return _averaging(csr_array((np.concatenate(weights), ends), (count, count)))
