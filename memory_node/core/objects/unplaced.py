"""
Sightings without a position: which object each is of, by label, neighbourhood and time.

A thing of the same label that has a position, is within viewing range and roughly in front comes
first; then an unplaced object of the label seen from poses near by, or in the frame before.
Sightings of one label in one frame are different objects, so k of them need at least k.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.objects.existence import Visibility
from memory_node.core.objects.frame import Frame
from memory_node.core.objects.grid import SpatialGrid
from memory_node.core.objects.labels import LabelSimilarity
from memory_node.core.objects.table import ObjectTable

__all__ = ['UnplacedObjects', 'assign_unplaced']

IntArray: TypeAlias = NDArray[np.int64]

#: Half width of what is roughly in front, where headings tell where the camera looks [rad].
_IN_FRONT_RAD = 1.2
#: The frame before continues an object up to this many times the range from its mean pose.
_CONTINUED = 2.0


@dataclass(slots=True)
class UnplacedObjects:
    """Objects without a position by map and label. Not thread-safe."""

    labels: LabelSimilarity
    slots: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def add(self, map_row: int, label: int, slot: int) -> None:
        """Insert an object."""
        self.slots.setdefault((map_row, label), []).append(slot)

    def remove(self, map_row: int, label: int, slot: int) -> None:
        """Take an object out that has been given a position."""
        for one in self.labels.alike(label):
            if slot in self.slots.get((map_row, one), ()):
                self.slots[map_row, one].remove(slot)

    def of(self, map_row: int, label: int) -> IntArray:
        """Return the objects of a label on a map, or of another reading of it, oldest first."""
        found = [s for one in self.labels.alike(label) for s in self.slots.get((map_row, one), ())]
        return np.array(found, np.int64)

    def to_place(
        self,
        map_row: int,
        label: int,
        point: NDArray[np.float64],
        *,
        table: ObjectTable,
        row: int,
        range_m: float,
    ) -> int | None:
        """Return the object that ``point`` [m] gives a position to: seen from near by before."""
        known = self.of(map_row, label)
        known = known[table.last_rows[known] != row]
        if not len(known):
            return None
        away = np.linalg.norm(table.anchors[known] - point, axis=1)
        nearest = int(away.argmin())
        return int(known[nearest]) if away[nearest] <= range_m else None


def assign_unplaced(
    frame: Frame,
    table: ObjectTable,
    *,
    grid: SpatialGrid,
    unplaced: UnplacedObjects,
    previous_row: int,
    visibility: Visibility,
    config: ObjectsConfig,
) -> IntArray:
    """
    Return (n,) slot of every sighting without a position, -1 for a new object.

    ``previous_row`` is the row before on the frame's map, -1 if there is none. Objects that the
    frame has seen already, by ``last_rows``, are left out.
    """
    found = np.full(len(frame.unplaced), -1, np.int64)
    if not len(found):
        return found
    in_front, fronts = _in_front(frame, table, grid, visibility, config)
    for label in dict.fromkeys(frame.unplaced_labels.tolist()):
        mine = np.flatnonzero(frame.unplaced_labels == label)
        names = unplaced.labels.alike(label)
        called = np.isin(table.hist_labels[in_front], names).any(axis=1)  # a piano, "grand piano"
        same = in_front[called | np.isin(fronts, names)]
        known = unplaced.of(frame.map_row, label)
        if len(known):
            known = _near_by(frame, table, known, previous_row, config)
        slots = np.concatenate([same, known])[: len(mine)]
        found[mine[: len(slots)]] = slots
    return found


def _in_front(
    frame: Frame,
    table: ObjectTable,
    grid: SpatialGrid,
    visibility: Visibility,
    config: ObjectsConfig,
) -> tuple[IntArray, IntArray]:
    """Return placed objects within viewing range and in front, nearest first, and their labels."""
    reach = visibility.range_m or config.unplaced_range_m
    slots = grid.near(frame.map_row, frame.eye[None, :], reach)
    slots = slots[table.last_rows[slots] != frame.row]
    offsets = table.positions[slots] - frame.eye
    away = np.linalg.norm(offsets, axis=1)
    close = away <= reach
    fov = visibility.half_fov_rad
    if fov is not None:
        turn = np.arctan2(offsets[:, 1], offsets[:, 0]) - frame.yaw_rad
        turn = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
        close &= turn <= max(fov, _IN_FRONT_RAD)
    order = np.flatnonzero(close)[np.argsort(away[close], kind='stable')]
    return slots[order], table.labels(slots[order])


def _near_by(
    frame: Frame, table: ObjectTable, known: IntArray, previous_row: int, config: ObjectsConfig
) -> IntArray:
    """Return the unplaced objects that this frame may see again, nearest first."""
    known = known[table.last_rows[known] != frame.row]
    away = np.linalg.norm(table.anchors[known] - frame.eye, axis=1)
    continued = (table.last_rows[known] == previous_row) & (previous_row >= 0)
    limit = np.where(continued, _CONTINUED, 1.0) * config.unplaced_range_m
    order = np.lexsort((known, away))
    near: IntArray = known[order][(away <= limit)[order]]
    return near
