"""The memory at one moment: everything that one request reads, taken together at its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.objects.names import Names
from memory_node.core.objects.view import Objects
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.told import Spot
from memory_node.core.rooms.visits import Visits, visits_of
from memory_node.core.store.snapshot import Snapshot

__all__ = ['View']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Observations that may come before all of them are put in order by place again.
_NEWEST = 1024


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
    #: Distinct names of rooms, and (R,) that of each room; -1 for none.
    room_names: Names
    room_name_ids: IntArray
    #: Whether no caption says more than a list of labels.
    bare_labels: bool = False
    behind: int = 0
    #: What people said of rooms, by index, and places that they told of inside rooms.
    room_notes: Mapping[int, str] = field(default_factory=dict)
    spots: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        """Take the observations that the objects know where those are newer than ``snapshot``."""
        known, own = self.objects.shared.get('snapshot'), self.snapshot
        if known is not None and (known.epoch, len(known)) > (own.epoch, len(own)):
            object.__setattr__(self, 'snapshot', known)

    def holds(self, parts: Mapping[str, object]) -> bool:
        """Tell whether the fields that are named hold these very objects."""
        return all(getattr(self, name) is part for name, part in parts.items())

    def prepare(self) -> None:
        """Make what questions would have to make first; views of the same objects share it."""
        self.objects.prepare()
        _ = self.object_rooms, self.turned

    @cached_property
    def newest_ns(self) -> int:
        """Stamp of the newest observation, 0 without one [ns]."""
        return int(self.snapshot.stamps.max(initial=0))

    @cached_property
    def turned(self) -> bool:
        """Whether views tell where they look: a memory without directions has the same for all."""
        yaws = self.snapshot.yaws
        return bool((yaws != yaws[:1]).any())

    @cached_property
    def name_owners(self) -> IntArray:
        """(H,) object that each entry of ``objects.hist_labels`` is of."""
        return self.objects.name_owners

    @cached_property
    def name_shares(self) -> FloatArray:
        """(H,) share of an object's sightings that gave it each of its names."""
        return self.objects.name_shares

    @cached_property
    def objects_by_name(self) -> tuple[IntArray, IntArray]:
        """Entries of ``objects.hist_labels`` by name (H,), and where each name starts (L + 1,)."""
        order, counts = self.objects.by_name
        starts = np.full(max(len(self.names.texts), len(counts)) + 1, len(order), np.int64)
        starts[0] = 0
        np.cumsum(counts, out=starts[1 : len(counts) + 1])
        return order, starts

    def entries_of(self, names: IntArray) -> IntArray:
        """Return the entries of ``objects.hist_labels`` that are of some names."""
        order, starts = self.objects_by_name
        return np.concatenate([order[:0], *(order[starts[n] : starts[n + 1]] for n in names)])

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(L,) whether any object goes by each name."""
        return np.asarray(np.diff(self.objects_by_name[1]) > 0)

    @cached_property
    def row_rooms(self) -> IntArray:
        """(N,) room of every observation; those newer than the rooms are in that of the last."""
        count, rooms = len(self.snapshot), self.rooms
        held = self.objects.shared.get('row_rooms')
        if held is not None and held[0] is rooms and len(held[1]) == count:
            return np.asarray(held[1])
        known = rooms.room_of_row.astype(np.int64)[:count]
        last = known[-1] if len(known) else -1
        made = np.concatenate([known, np.full(count - len(known), last)])
        made.flags.writeable = False
        self.objects.shared['row_rooms'] = rooms, made
        return made

    @cached_property
    def object_rooms(self) -> IntArray:
        """(O,) room of every object; that of its best view where the rooms do not know it."""
        rows, ids = self.row_rooms, self.objects.ids
        held = self.objects.shared.get('object_rooms')
        if held is not None and held[0] is rows and held[1] is ids:
            return np.asarray(held[2])
        rooms = rows[self.objects.view_rows]
        known, known_ids = self.rooms.room_of_object, self.room_object_ids
        if np.array_equal(ids[: len(known)], known_ids):  # objects were only added since
            np.copyto(rooms[: len(known)], known, where=known >= 0)
        else:
            index = self.objects.index_of(known_ids)
            known_here = (index >= 0) & (known >= 0)
            rooms[index[known_here]] = known[known_here]
        moved = self.objects.moved
        rooms[moved] = rows[self.objects.view_rows[moved]]
        for spot in self.spots:
            rooms[spot.holds(self.objects.maps, self.objects.positions)] = spot.room
        rooms.flags.writeable = False
        self.objects.shared['object_rooms'] = rows, ids, rooms
        return rooms

    @cached_property
    def visits(self) -> Visits:
        """Visits of rooms, by time."""
        rows, held = self.row_rooms, self.objects.shared.get('visits')
        if held is None or held[0] is not rows:
            snapshot = self.snapshot
            held = rows, visits_of(snapshot.stamps, rows, snapshot.maps)
            self.objects.shared['visits'] = held
        visits: Visits = held[1]
        return visits

    @cached_property
    def room_times(self) -> tuple[IntArray, IntArray]:
        """(R,) oldest and newest stamp of the views of each room [ns]."""
        rooms = self.rooms
        if not len(rooms):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        stamps, starts = self.snapshot.stamps[rooms.rows], rooms.row_starts[:-1]
        return np.minimum.reduceat(stamps, starts), np.maximum.reduceat(stamps, starts)

    def rooms_near(self, points: FloatArray) -> IntArray:
        """Return (n,) room of the view that stands nearest to each point."""
        if not len(self.snapshot):
            return np.full(len(points), -1, np.int64)
        positions = self.snapshot.positions
        held = self.objects.shared.get('standing')
        key = self.snapshot.epoch
        if held is None or held[0] != key or not 0 <= len(positions) - held[1].n <= _NEWEST:
            held = key, cKDTree(positions)
            self.objects.shared['standing'] = held
        tree = held[1]
        away, nearest = tree.query(points)
        if tree.n < len(positions) and len(points):  # those that came since, one by one
            last = cKDTree(positions[tree.n :])
            closer, newest = last.query(points)
            nearest = np.where(closer < away, tree.n + newest, nearest)
        return np.asarray(self.row_rooms[nearest])
