"""What remains of a memory under the conditions of a request, and what they say of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.conditions import Condition, Order
from memory_node.core.data import Vector3
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Limit', 'Limits', 'Ordering', 'among', 'restricted']

BoolArray = NDArray[np.bool_]
RealArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """One condition, made of rows and sightings."""

    condition: Condition
    #: (N,) rows that meet it where nothing of theirs has a place of its own; None: all do.
    rows: BoolArray | None = None
    #: (S,) sightings that meet it; None: those of the rows.
    sightings: BoolArray | None = None
    #: (S,) those of ``sightings`` that surely meet it; the others may. None: all alike.
    sure: BoolArray | None = None
    #: (N,) how well each row meets it, in [0, 1]; None: all that remain alike.
    preference: RealArray | None = None
    #: Returns (P,) how well things at (P, 3) points [m] on (P,) maps meet it, in [0, 1]; None:
    #: as the rows do that saw them.
    closeness: Callable[[RealArray, NDArray[np.int64]], RealArray] | None = None
    #: Words about one row, such as a distance; None: ``condition.phrase``.
    told: Callable[[int], str] | None = None

    def says(self, row: int) -> str:
        """Return the condition as it stands for a row."""
        return self.condition.phrase if self.told is None else self.told(row)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ordering:
    """Which of the places that fit equally well comes first."""

    order: Order
    phrase: str
    #: (P, 3) what distance is measured from, and (P,) the maps of these; None for times.
    origins: RealArray | None = None
    maps: NDArray[np.int64] | None = None
    #: (N,) way of the robot from the asker to where each row stood [m]; None: not known.
    drives: RealArray | None = None

    def reach(self, snapshot: Snapshot, rows: NDArray[np.int64], position: Vector3) -> float:
        """Return the way to a point that ``rows`` saw [m]: a drive, and the rest straight."""
        map_row = int(snapshot.maps[rows[0]])
        if self.drives is not None:
            legs = np.linalg.norm(snapshot.positions[rows] - np.array(position), axis=1)
            way = float((self.drives[rows] + legs).min())
            if np.isfinite(way):
                return way
        return self.distance(position, map_row)

    def distance(self, position: Vector3, map_row: int) -> float:
        """Return how far a point is from the nearest origin on its map [m]."""
        assert self.origins is not None
        origins = self.origins
        if self.maps is not None:
            origins = origins[self.maps == map_row]
        if not len(origins):
            return float('inf')
        return float(np.linalg.norm(origins - np.array(position), axis=1).min())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """Every condition of one request, joined."""

    limits: tuple[Limit, ...] = ()
    ordering: Ordering | None = None
    #: Conditions nothing could be made of, and why, in words.
    unused: tuple[str, ...] = ()
    #: Conditions that no place can meet together, in words; empty: there are none.
    contradiction: str = ''
    #: (N,) rows that remain; None: all.
    rows: BoolArray | None = None
    #: Memory with only the sightings that remain; the snapshot itself where all do.
    snapshot: Snapshot
    #: (N + 1,) where the sightings of each row begin in the whole snapshot.
    starts: NDArray[np.int64]
    #: (S',) index in the whole snapshot of every sighting that remains; None: all do.
    kept: NDArray[np.int64] | None = None

    @property
    def sure(self) -> BoolArray | None:
        """(S',) sightings that surely meet every condition; None: all that remain do."""
        told = [limit.sure for limit in self.limits if limit.sure is not None]
        if not told:
            return None
        sure: BoolArray = np.logical_and.reduce(told)
        return sure if self.kept is None else sure[self.kept]

    @property
    def phrases(self) -> str:
        """The conditions that cut, as they were said."""
        return ', '.join(
            limit.condition.phrase
            for limit in self.limits
            if limit.rows is not None or limit.sightings is not None
        )

    @property
    def said(self) -> tuple[str, ...]:
        """Everything that counts, as it was said, each once."""
        phrases = [limit.condition.phrase for limit in self.limits]
        return tuple(dict.fromkeys([*phrases, *([self.ordering.phrase] if self.ordering else [])]))

    def preferences(self) -> dict[str, RealArray]:
        """Return (N,) signals by name; several conditions of a kind share one."""
        nothing = np.zeros(len(self.snapshot))
        return _by_kind(
            (limit, nothing if limit.preference is None else limit.preference)
            for limit in self.limits
        )

    def closeness(self, points: RealArray, maps: NDArray[np.int64]) -> dict[str, RealArray]:
        """Return (P,) signals by name, of the conditions that measure things where they are."""
        return _by_kind(
            (limit, limit.closeness(points, maps))
            for limit in self.limits
            if limit.closeness is not None
        )

    def says(self, row: int) -> str:
        """Return what the conditions are for one row, for a person."""
        return ', '.join(limit.says(row) for limit in self.limits)


def _by_kind(values: Iterable[tuple[Limit, RealArray]]) -> dict[str, RealArray]:
    """Return the sums of values by the kind of their condition."""
    found: dict[str, RealArray] = {}
    for limit, some in values:
        name = limit.condition.kind.value
        found[name] = found[name] + some if name in found else some
    return found


def restricted(
    snapshot: Snapshot, sightings: BoolArray | None
) -> tuple[Snapshot, NDArray[np.int64] | None]:
    """
    Return the snapshot with only some sightings, and which these are.

    Rows keep their places, so whatever is said about rows holds for both.
    """
    if sightings is None or sightings.all():
        return snapshot, None
    kept = np.flatnonzero(sightings)
    before = np.concatenate([[0], np.cumsum(sightings)])
    view = replace(
        snapshot,
        sighting_starts=before[snapshot.sighting_starts],
        sighting_labels=snapshot.sighting_labels[kept],
        sighting_confidences=snapshot.sighting_confidences[kept],
        sighting_positions=snapshot.sighting_positions[kept],
        sighting_extents=snapshot.sighting_extents[kept],
        revision=-1,  # never taken for the whole
    )
    return view, kept


def among(limits: Limits | None, snapshot: Snapshot, keys: NDArray[np.int64]) -> Limits:
    """Return limits that leave only some observations as well, by key."""
    if limits is None:
        limits = Limits(snapshot=snapshot, starts=snapshot.sighting_starts)
    rows = np.zeros(len(limits.snapshot), np.bool_)
    rows[limits.snapshot.rows_of(keys)] = True
    return replace(limits, rows=rows if limits.rows is None else rows & limits.rows)
