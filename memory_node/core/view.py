"""The memory at one moment: everything that one request reads, taken together at its start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.objects.names import Names
from memory_node.core.objects.view import Objects
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.store.snapshot import Snapshot

__all__ = ['View']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class View:
    """
    Observations, objects and rooms as they were when the request came; never changes later.

    ``objects`` and ``rooms`` are derived, so they may know fewer observations than ``snapshot``:
    ``behind`` says how many the object map has not taken in yet.
    """

    snapshot: Snapshot
    names: Names
    objects: Objects
    rooms: Rooms
    #: Ids of the objects that ``rooms.room_of_object`` is about.
    room_object_ids: IntArray
    #: Whether no caption says more than a list of labels.
    bare_labels: bool = False
    behind: int = 0

    @cached_property
    def name_owners(self) -> IntArray:
        """(H,) object that each entry of ``objects.hist_labels`` is of."""
        return np.repeat(np.arange(len(self.objects)), np.diff(self.objects.hist_starts))

    @cached_property
    def name_shares(self) -> FloatArray:
        """(H,) share of an object's sightings that gave it each of its names."""
        weights = self.objects.hist_weights.astype(np.float64)
        total = np.bincount(self.name_owners, weights, minlength=len(self.objects))
        return np.asarray(np.maximum(weights, 1e-9) / np.maximum(total[self.name_owners], 1e-9))

    @cached_property
    def objects_by_name(self) -> tuple[IntArray, IntArray]:
        """Entries of ``objects.hist_labels`` by name (H,), and where each name starts (L + 1,)."""
        names = self.objects.hist_labels
        order = np.argsort(names, kind='stable')
        counts = np.bincount(names, minlength=len(self.names))
        return order, np.concatenate(([0], np.cumsum(counts)))

    @cached_property
    def row_rooms(self) -> IntArray:
        """(N,) room of every observation; those newer than the rooms are in that of the last."""
        known = self.rooms.room_of_row.astype(np.int64)[: len(self.snapshot)]
        missing = len(self.snapshot) - len(known)
        last = known[-1] if len(known) else -1
        return np.concatenate([known, np.full(missing, last)])

    @cached_property
    def object_rooms(self) -> IntArray:
        """(O,) room of every object; that of its best view where the rooms do not know it."""
        rooms = self.row_rooms[self.objects.view_rows]
        known = self.rooms.room_of_object
        index = self.objects.index_of(self.room_object_ids)
        held = (index >= 0) & (known >= 0)
        rooms[index[held]] = known[held]
        return rooms

    def rooms_near(self, points: FloatArray) -> IntArray:
        """Return (n,) room of the view that stands nearest to each point."""
        if not len(self.snapshot):
            return np.full(len(points), -1, np.int64)
        _, nearest = self._standing.query(points)
        return np.asarray(self.row_rooms[nearest])

    @cached_property
    def _standing(self) -> cKDTree:
        return cKDTree(self.snapshot.positions)
