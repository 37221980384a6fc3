"""What an area, or everything, holds: things told apart, counted, and ranked by how often seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.constraints.limits import restricted
from memory_node.core.lexical import clean_label
from memory_node.core.perception.captions import compose_caption
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.things import things_of

__all__ = ['Holding', 'commonest', 'covering', 'holdings', 'holdings_of', 'listed']

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

#: Who saw a thing from farther outside than this says nothing about where it belongs [m].
_AROUND_M = 12.0
#: So many of those who saw a thing, the nearest, tell where it belongs, by this share of them.
_NEAREST, _BELONGS = 3, 0.5
#: Fewer kinds than this that were seen twice do not describe an area.
_ENOUGH_KINDS = 4
#: Width of the cells in which things of a whole building are told apart [m].
_CELL_M = 1.0
#: Things of one label that are named by number; as many again are not told.
_COUNTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A kind of thing, how many of it, and the rows that saw one."""

    label: str
    count: int
    rows: tuple[int, ...]


def holdings(
    snapshot: Snapshot, inside: BoolArray, outside: BoolArray | None = None
) -> list[Holding]:
    """
    Return what an area holds, most often seen first.

    A thing belongs to the area when most of those who saw it from nearest were inside: through an
    open door much is seen that is not there. What was seen once counts only where little was seen
    twice.

    Parameters
    ----------
    snapshot
        What is held, N rows.
    inside
        (N,) rows in the area.
    outside
        (N,) rows known to be elsewhere; all others when left out.

    """
    within = np.flatnonzero(inside)
    if not len(within):
        return []
    beyond = ~inside if outside is None else outside & ~inside
    voters = np.concatenate([within, _close(snapshot, within, np.flatnonzero(beyond))])
    seen = _labels_seen(snapshot, within)
    found: dict[str, list[tuple[int, ...]]] = {}
    for thing in things_of(snapshot, seen.tolist(), np.sort(voters)):
        rows = np.array(thing.rows, np.int64)
        own = rows[inside[rows]]
        away = np.linalg.norm(snapshot.positions[rows] - np.array(thing.position), axis=1)
        nearest = rows[np.argsort(away, kind='stable')[:_NEAREST]]
        if np.count_nonzero(inside[nearest]) >= _BELONGS * len(nearest):
            found.setdefault(clean_label(thing.label), []).append(tuple(own.tolist()))
    return _ranked(found)


def holdings_of(snapshot: Snapshot, inside: BoolArray, sightings: BoolArray) -> list[Holding]:
    """
    Return what an area holds, most often seen first, where it is known what is in it.

    Parameters
    ----------
    snapshot
        What is held, N rows and S sightings.
    inside
        (N,) rows in the area: they are cited before those that only look into it.
    sightings
        (S,) sightings of what is in it.

    """
    seers = snapshot.seers
    mine, _ = restricted(snapshot, sightings)
    found: dict[str, list[tuple[int, ...]]] = {}
    seen = np.unique(snapshot.sighting_labels[sightings]).tolist()
    for thing in things_of(mine, seen, np.unique(seers[sightings])):
        rows = np.array(thing.rows, np.int64)
        own = rows[inside[rows]]
        found.setdefault(clean_label(thing.label), []).append(
            tuple((own if len(own) else rows).tolist())
        )
    return _ranked(found)


def _ranked(found: dict[str, list[tuple[int, ...]]]) -> list[Holding]:
    """Return kinds by the rows that saw them, those seen once left out where enough remains."""
    twice = {
        label: kept
        for label, things in found.items()
        if (kept := [rows for rows in things if len(rows) > 1])
    }
    kinds = [
        Holding(
            label=label,
            count=len(things),
            rows=tuple(sorted({row for rows in things for row in rows})),
        )
        for label, things in (twice if len(twice) >= _ENOUGH_KINDS else found).items()
    ]
    return sorted(kinds, key=lambda kind: (-len(kind.rows), kind.label))


def commonest(snapshot: Snapshot, rows: IntArray, most: int) -> list[tuple[str, int]]:
    """
    Return the ``most`` labels of which ``rows`` saw the largest number of things, with it.

    Things are told apart by cells, and count where they were seen twice; what no depth has placed
    counts once for every row that saw it.
    """
    seers = snapshot.seers
    kept = np.zeros(len(snapshot), np.bool_)
    kept[rows] = True
    kept = kept[seers]
    points = snapshot.sighting_positions[kept].astype(np.float64)
    labels, seers = snapshot.sighting_labels[kept].astype(np.int64), seers[kept]
    placed = ~np.isnan(points[:, 0])
    cells = np.column_stack([labels, np.zeros((len(labels), 3), np.int64), seers])
    cells[placed, 1:4] = np.floor(points[placed] / _CELL_M)
    cells[placed, 4] = -1
    things, times = np.unique(cells, axis=0, return_counts=True)
    sure = (times > 1) | (things[:, 4] >= 0)
    counts: Counter[str] = Counter()
    for label in (things[sure] if sure.any() else things)[:, 0].tolist():
        counts[clean_label(snapshot.labels[label])] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def covering(kinds: Sequence[Holding], most: int) -> list[int]:
    """Return at most ``most`` rows that together saw as many of the kinds as they can."""
    missing = {kind.label: set(kind.rows) for kind in kinds}
    chosen: list[int] = []
    while missing and len(chosen) < most:
        votes = Counter(row for rows in missing.values() for row in rows)
        best = min(votes, key=lambda row: (-votes[row], row))
        chosen.append(best)
        missing = {label: rows for label, rows in missing.items() if best not in rows}
    return chosen


def listed(kinds: Sequence[Holding]) -> str:
    """Write kinds as ``two beds, a rug and several windows``."""
    few = [kind.label for kind in kinds for _ in range(min(kind.count, _COUNTED))]
    return compose_caption(few)


def _labels_seen(snapshot: Snapshot, rows: IntArray) -> IntArray:
    starts = snapshot.sighting_starts
    seen = [snapshot.sighting_labels[starts[row] : starts[row + 1]] for row in rows.tolist()]
    return np.unique(np.concatenate(seen)).astype(np.int64) if seen else np.empty(0, np.int64)


def _close(snapshot: Snapshot, within: IntArray, beyond: IntArray) -> IntArray:
    """Return the rows of ``beyond`` that are near any of ``within``, on the same map."""
    near: list[IntArray] = []
    for one in np.unique(snapshot.maps[within]):
        asked = beyond[snapshot.maps[beyond] == one]
        if len(asked):
            tree = cKDTree(snapshot.positions[within[snapshot.maps[within] == one]])
            away = tree.query(snapshot.positions[asked], distance_upper_bound=_AROUND_M)[0]
            near.append(asked[np.isfinite(away)])
    return np.concatenate(near) if near else np.empty(0, np.int64)
