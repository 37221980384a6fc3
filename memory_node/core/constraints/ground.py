"""What conditions are grounded in: one snapshot, its sightings as points, its areas, the asker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.constraints.naming import Landmark, Names
from memory_node.core.data import Vector3
from memory_node.core.forest.updater import Areas
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Asker', 'Ground', 'SIGHT_M']

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: A thing without a place of its own may be this far from where it was seen [m].
SIGHT_M = 3.0
#: A thing in an area is at most this far from where the robot was in that area [m].
_DEEP_M = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Where and when somebody asks."""

    #: Where "here" is in the map [m]; None: not known.
    here: Vector3 | None
    zone: tzinfo
    #: Heading of north in the map frame, anticlockwise from +x [rad].
    north_rad: float
    distance_scale_m: float
    #: Returns (N,) the way from "here" to every row of a snapshot [m], None if not known.
    drives: Callable[[Snapshot, Vector3], RealArray | None] = lambda snapshot, here: None


class Ground:
    """One snapshot for one question; not thread-safe."""

    def __init__(self, snapshot: Snapshot, areas: Areas, names: Names, asker: Asker) -> None:
        """Look into ``snapshot``, with what ``names`` finds in it."""
        self.snapshot = snapshot
        self.areas = areas
        self.names = names
        self.asker = asker

    @cached_property
    def seers(self) -> IntArray:
        """(S,) row that each sighting is of."""
        return self.snapshot.seers

    @cached_property
    def placed(self) -> BoolArray:
        """(S,) sightings whose place depth has measured."""
        return ~np.isnan(self.snapshot.sighting_positions[:, 0])

    @cached_property
    def positions(self) -> RealArray:
        """(S, 3) where each sighting is, or where it was seen from [m]."""
        positions = self.snapshot.sighting_positions.astype(np.float64)
        positions[~self.placed] = self.snapshot.positions[self.seers[~self.placed]]
        return positions

    @cached_property
    def drives(self) -> RealArray | None:
        """(N,) way of the robot from the asker to every row [m]; None: not known."""
        here = self.asker.here
        return None if here is None else self.asker.drives(self.snapshot, here)

    @cached_property
    def maps(self) -> list[int]:
        """Indices of the maps that hold a row."""
        return [int(one) for one in np.unique(self.snapshot.maps)]

    def best_of_rows(self, sightings: RealArray, rows: RealArray) -> RealArray:
        """Return (N,) the best value of each row's sightings, or the row's own without any."""
        starts = self.snapshot.sighting_starts
        best = rows.copy()
        seen = np.flatnonzero(starts[1:] > starts[:-1])
        if len(seen):
            best[seen] = np.maximum.reduceat(sightings, starts[seen])
        return best

    def members(self, rows: BoolArray) -> BoolArray:
        """Return (S,) the sightings in an area: those nearer to its rows than to any other."""
        snapshot = self.snapshot
        inside: BoolArray = rows[self.seers] & ~self.placed
        for one in self.maps:
            mine = snapshot.positions[rows & (snapshot.maps == one)]
            if not len(mine):
                continue
            low, high = mine.min(axis=0) - _DEEP_M, mine.max(axis=0) + _DEEP_M
            around = _in_box(snapshot.positions, low - _DEEP_M, high + _DEEP_M)
            near = np.flatnonzero(around & (snapshot.maps == one))
            here = self.placed & _in_box(self.positions, low, high)
            asked = np.flatnonzero(here & (snapshot.maps[self.seers] == one))
            if len(asked):
                _, nearest = cKDTree(snapshot.positions[near]).query(self.positions[asked])
                inside[asked] = rows[near[nearest]]
        return inside

    def distances(
        self,
        landmark: Landmark,
        points: RealArray,
        maps: NDArray[np.int32] | IntArray,
        most_m: float,
    ) -> RealArray:
        """Return how far points are from a landmark on their map [m]; inf beyond ``most_m``."""
        away = np.full(len(points), np.inf)
        for one in np.unique(landmark.maps):
            asked = np.flatnonzero(maps == one)
            tree = cKDTree(landmark.points[landmark.maps == one])
            away[asked] = tree.query(points[asked], distance_upper_bound=most_m + 1e-9)[0]
        return away


def _in_box(points: RealArray, low: RealArray, high: RealArray) -> BoolArray:
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))
