"""
The object map: assigns the sightings of every new observation to objects, row after row.

Anchors: object nodes of Hydra and Khronos (association by position and label), ConceptGraphs
(label of an object from all its views), the persistence filter (presence from hits and misses).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.objects.association import assign, assign_crowded, gated_pairs, Pairs
from memory_node.core.objects.existence import expected_but_missed, record_misses, Visibility
from memory_node.core.objects.frame import Frame, read_frame
from memory_node.core.objects.fusion import place, see
from memory_node.core.objects.grid import SpatialGrid
from memory_node.core.objects.labels import LabelSimilarity
from memory_node.core.objects.merging import merge, merge_candidates
from memory_node.core.objects.mobility import lasting_s
from memory_node.core.objects.moves import Moves, partners, relink
from memory_node.core.objects.noise import PositionNoise
from memory_node.core.objects.table import NEVER, ObjectTable
from memory_node.core.objects.unplaced import assign_unplaced, UnplacedObjects
from memory_node.core.objects.view import Objects, view_of
from memory_node.core.store.snapshot import Snapshot

__all__ = ['ObjectMap']

IntArray: TypeAlias = NDArray[np.int64]

#: Changes that are remembered for the next view.
_MOST_NOTED = 4096
_NOTHING = np.zeros(0, np.int64)


#: Pairs of objects looked at per frame, whether they are one; more are left to later frames.
_MERGES = 64


class ObjectMap:
    """
    Keeps one row per physical object of a memory.

    Deterministic: the same rows give the same objects, however they are split into updates.
    Not thread-safe: the owner holds one lock around every call; what ``view`` returns is safe.
    """

    def __init__(self, config: ObjectsConfig | None = None) -> None:
        """Make a map without objects."""
        self.config = config or ObjectsConfig()
        self._clear(epoch=0)

    def _clear(self, epoch: int) -> None:
        self.epoch = epoch
        self.table = ObjectTable()
        self.visibility = Visibility()
        self.noise = PositionNoise(self.config)
        self.rows = 0
        #: Why an observation could not be read, by key.
        self.skipped: dict[int, str] = {}
        self._object_of = np.zeros(0, np.int32)
        self._sightings = 0
        self._last_row: dict[int, int] = {}
        self._apart: set[tuple[int, int]] = set()
        #: Whether headings of observations differ.
        self._turned = False
        self._index()
        self._view: Objects | None = None
        #: Slots that have changed since the view was made; None where that is not known.
        self._changed: list[IntArray] | None = None

    def _index(self) -> None:
        """Fill what finds objects by place and label from the table."""
        self._labels = LabelSimilarity(self.config)
        self._grid, self._unplaced = SpatialGrid(), UnplacedObjects(self._labels)
        self._moves = Moves()
        table = self.table
        slots = np.flatnonzero(table.alive)
        known = np.isfinite(table.positions[slots, 0])
        for map_row in np.unique(table.maps[slots]).tolist():
            here = slots[known & (table.maps[slots] == map_row)]
            self._grid.put(here, map_row, table.positions[here])
        for slot, label in zip(
            slots[known].tolist(), table.labels(slots[known]).tolist(), strict=True
        ):
            self._moves.add(int(table.maps[slot]), label, slot)
        rest = slots[~known]
        for slot, label in zip(rest.tolist(), table.labels(rest).tolist(), strict=True):
            self._unplaced.add(int(table.maps[slot]), label, slot)

    def update(self, snapshot: Snapshot) -> int:
        """
        Read the rows that are new, or all of them after a removal; return how many were read.

        Below a millisecond per row for usual frames; grows with what is in view, not with the map.
        """
        if snapshot.epoch != self.epoch or len(snapshot) < self.rows:
            self._clear(snapshot.epoch)
        first, last = self.rows, len(snapshot)
        if first == last:
            return 0
        self._labels.update(snapshot.label_vectors, snapshot.labels)
        self._reserve(int(snapshot.sighting_starts[last]))
        self._turned = self._turned or bool((snapshot.yaws[:last] != snapshot.yaws[0]).any())
        for row in range(first, last):
            try:
                self._read(snapshot, row)
            except (ArithmeticError, ValueError, LookupError) as error:  # the rest goes on
                self.skipped[int(snapshot.keys[row])] = str(error)
            self.rows = row + 1
        return last - first

    def view(self) -> Objects:
        """Return the objects as they are now; after an update only what changed is read again."""
        if self._view is None or self._view.rows != self.rows or self._view.epoch != self.epoch:
            self._view = view_of(
                self.table,
                self.object_of_sighting,
                epoch=self.epoch,
                rows=self.rows,
                before=None if self._changed is None else self._view,
                changed=np.concatenate([_NOTHING, *(self._changed or ())]),
            )
            self._changed = []
        return self._view

    def _note(self, slots: IntArray) -> None:
        """Remember slots that have changed, up to as many as are worth it."""
        if self._changed is not None:
            self._changed += [slots, partners(self.table, slots)]
            if len(self._changed) > _MOST_NOTED:
                self._changed = None

    @property
    def _facing(self) -> bool:
        """Whether headings tell where the camera looks: positions bear it out, or they differ."""
        seen = self.visibility
        return seen.half_fov_rad is not None or (seen.range_m is None and self._turned)

    @property
    def object_of_sighting(self) -> NDArray[np.int32]:
        """(S,) slot of each sighting that was read."""
        return self._object_of[: self._sightings]

    @property
    def last_rows(self) -> dict[int, int]:
        """Newest row of each map that was read."""
        return self._last_row

    def restore(
        self,
        table: ObjectTable,
        visibility: Visibility,
        noise: PositionNoise,
        *,
        object_of_sighting: NDArray[np.int32],
        last_rows: dict[int, int],
        rows: int,
        epoch: int,
    ) -> None:
        """Take over the state of another map, as it was saved."""
        self._clear(epoch)
        self.table, self.visibility, self.noise, self.rows = table, visibility, noise, rows
        self._object_of, self._sightings = object_of_sighting, len(object_of_sighting)
        self._last_row = last_rows
        self._index()

    def renumber(self, slots: IntArray, size: int) -> None:
        """Give each object another slot of ``size``, which is its id; -1 for those gone."""
        self.table = self.table.renumbered(slots, size)
        held = self._object_of >= 0
        self._object_of[held] = slots[self._object_of[held]]
        apart = ((int(slots[a]), int(slots[b])) for a, b in self._apart)
        self._apart = {(a, b) for a, b in apart if a >= 0 and b >= 0}
        self._index()
        self._view, self._changed = None, None

    def _reserve(self, total: int) -> None:
        if total > len(self._object_of):
            grown = np.full(max(total, len(self._object_of) * 5 // 4), -1, np.int32)
            grown[: self._sightings] = self.object_of_sighting
            self._object_of = grown
        self._sightings = total

    def _read(self, snapshot: Snapshot, row: int) -> None:
        span = snapshot.sightings_of(row)
        map_row = int(snapshot.maps[row])
        if span.start != span.stop:
            frame = read_frame(snapshot, row, self._labels, self.noise)
            slots = self._object_of[span]
            if len(frame.placed):
                self._read_placed(snapshot, frame, slots)
            if len(frame.unplaced):
                self._read_unplaced(snapshot, frame, slots)
            self._look_for_the_missing(snapshot, frame)
        self._last_row[map_row] = row

    def _read_placed(self, snapshot: Snapshot, frame: Frame, slots: NDArray[np.int32]) -> None:
        sightings, table = frame.placed, self.table
        near, labels, config = (self._grid, frame.map_row), self._labels, self.config
        pairs = gated_pairs(
            sightings, table, near, labels=labels, config=config, stamp_ns=frame.stamp_ns
        )
        assigned = assign(pairs, len(sightings), config.new_object_cost)
        assign_crowded(
            assigned, pairs, sightings, table=table, near=near, labels=labels, config=config
        )
        new = np.flatnonzero(assigned < 0)
        if len(new):
            self._give_positions(frame, assigned, new)
            new = new[assigned[new] < 0]
            assigned[new] = table.append(len(new))
        missed = np.where(table.missed_ns[assigned] <= frame.stamp_ns, table.misses[assigned], 0)
        self.noise.learn(place(table, assigned, frame, self.config))
        see(
            table,
            assigned,
            frame,
            labels=sightings.labels,
            aliases=frame.aliases[sightings.index],
            confidences=sightings.confidences,
            snapshot=snapshot,
            facing=self._facing,
        )
        labels.settle(table, assigned)
        self._grid.put(assigned, frame.map_row, table.positions[assigned])
        self.visibility.add(sightings.ranges, sightings.bearings)
        slots[sightings.index] = assigned
        self._note(assigned)
        self._follow(snapshot, frame, assigned, missed)
        self._merge(snapshot, pairs, assigned, frame.row)

    def _follow(
        self, snapshot: Snapshot, frame: Frame, assigned: IntArray, missed: IntArray
    ) -> None:
        """Join what came somewhere with where it was before."""
        table, seen = self.table, self.visibility
        new = np.flatnonzero(table.since_ns[assigned] == NEVER)
        for i in new.tolist():
            label, slot = int(frame.placed.labels[i]), int(assigned[i])
            table.lasting_s[slot] = lasting_s(snapshot.labels[label])
            self._moves.add(frame.map_row, label, slot)
        reach = seen.range_m or 0.0, seen.half_fov_rad or 0.0
        object_of = self._object_of
        self._note(
            self._moves.follow(snapshot, frame.row, table, assigned, missed, object_of, reach)
        )

    def _give_positions(self, frame: Frame, assigned: IntArray, new: IntArray) -> None:
        """Let new placed sightings continue unplaced objects of their names, where there are."""
        if not self._unplaced.slots:
            return
        range_m = max(self.visibility.range_m or 0.0, self.config.unplaced_range_m)
        for i in new.tolist():
            alias = int(frame.aliases[frame.placed.index[i]])
            for label in (int(frame.placed.labels[i]), alias):
                slot = self._unplaced.to_place(
                    frame.map_row,
                    label,
                    frame.placed.points[i],
                    table=self.table,
                    row=frame.row,
                    range_m=range_m,
                )
                if slot is not None:
                    self._unplaced.remove(frame.map_row, label, slot)
                    assigned[i] = slot
                    break

    def _read_unplaced(self, snapshot: Snapshot, frame: Frame, slots: NDArray[np.int32]) -> None:
        found = assign_unplaced(
            frame,
            self.table,
            grid=self._grid,
            unplaced=self._unplaced,
            previous_row=self._last_row.get(frame.map_row, -1),
            visibility=self.visibility,
            config=self.config,
        )
        new = np.flatnonzero(found < 0)
        found[new] = self.table.append(len(new))
        for i in new.tolist():
            self._unplaced.add(frame.map_row, int(frame.unplaced_labels[i]), int(found[i]))
        see(
            self.table,
            found,
            frame,
            labels=frame.unplaced_labels,
            aliases=frame.aliases[frame.unplaced],
            confidences=frame.unplaced_confidences,
            snapshot=snapshot,
            facing=self._facing,
        )
        self._labels.settle(self.table, found)
        slots[frame.unplaced] = found
        self._note(found)

    def _look_for_the_missing(self, snapshot: Snapshot, frame: Frame) -> None:
        reach = self.visibility.range_m
        if reach is None or self.visibility.half_fov_rad is None or not len(frame.placed):
            return
        around = self._grid.near(frame.map_row, frame.eye[None, :], reach)
        around = around[self.table.last_rows[around] != frame.row]
        # A sign that was not read may hang there all the same: from afar, or aslant.
        around = around[~self._labels.is_sign(self.table.labels(around))]
        missed = expected_but_missed(
            snapshot,
            frame.row,
            frame.placed,
            self.table,
            around=around,
            visibility=self.visibility,
        )
        record_misses(snapshot, frame.row, self.table, missed)
        self._note(missed)

    def _merge(self, snapshot: Snapshot, pairs: Pairs, assigned: IntArray, row: int) -> None:
        found = merge_candidates(
            pairs, assigned, row, table=self.table, labels=self._labels, config=self.config
        )
        open_pairs = [pair for pair in found if pair not in self._apart]
        for kept, gone in open_pairs[:_MERGES]:
            if not (self.table.alive[kept] and self.table.alive[gone]):
                continue
            if self._seen_together(snapshot, kept, gone):
                self._apart.add((kept, gone))
                continue
            self._note(np.array([kept, gone]))
            merge(self.table, kept, gone)
            relink(self.table, kept, gone)
            self._note(np.array([kept]))
            self._grid.discard(gone)
            where = self.table.positions[[kept]]
            self._grid.put(np.array([kept]), int(self.table.maps[kept]), where)
            mine = self.object_of_sighting
            mine[mine == gone] = kept

    def _seen_together(self, snapshot: Snapshot, one: int, other: int) -> bool:
        """Tell whether any frame shows both objects; exact, O(sightings)."""
        if len(np.intersect1d(self.table.rows_of(one), self.table.rows_of(other))):
            return True
        starts, of_sighting = snapshot.sighting_starts, self.object_of_sighting
        rows = np.searchsorted(starts, np.flatnonzero(of_sighting == one), side='right')
        others = np.searchsorted(starts, np.flatnonzero(of_sighting == other), side='right')
        return bool(len(np.intersect1d(rows, others)))
