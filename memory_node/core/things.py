"""
Things: sightings of one label that are one object, told apart by where they are.

A first, stateless notion of an entity: every call groups the sightings it is given. Sightings
without a position stand where they were seen from, which is told (``measured``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Vector3
from memory_node.core.store.snapshot import Snapshot

__all__ = [
    'MOST_PLACED',
    'Thing',
    'cells_of',
    'is_placed',
    'labelled_sample',
    'share_placed',
    'things_of',
]

#: Sightings of one label this close to a thing's mean are that thing [m].
SAME_THING_M = 0.75
#: The same where only the observer's place is known [m].
SAME_PLACE_M = 3.0
#: Width of the cells that points are gathered in first, against the radius of a thing.
_CELLS = 0.5
#: Share of rows that place what they see, above which a memory knows where things are.
MOST_PLACED = 0.5
#: Rows that stand for all when a memory is sized up.
_SAMPLED_ROWS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One object as far as its sightings tell."""

    label: str
    map_id: str
    position: Vector3
    #: Whether depth gave the position; else it is the mean place it was seen from.
    measured: bool
    #: Snapshot rows that saw it, oldest first.
    rows: tuple[int, ...]
    first_seen_ns: int
    last_seen_ns: int
    #: Highest confidence of a sighting.
    confidence: float


def labelled_sample(snapshot: Snapshot) -> tuple[NDArray[np.int64], int]:
    """Return the rows that show something among a sample of all, and the size of the sample."""
    rows = np.arange(0, len(snapshot), max(1, len(snapshot) // _SAMPLED_ROWS))
    starts = snapshot.sighting_starts
    return rows[starts[rows + 1] > starts[rows]], len(rows)


def share_placed(snapshot: Snapshot, rows: NDArray[np.int64]) -> float:
    """Return the share of rows whose first sighting has a position in the map."""
    if not len(rows):
        return 0.0
    first = snapshot.sighting_positions[snapshot.sighting_starts[rows], 0]
    return float(np.mean(~np.isnan(first)))


def is_placed(snapshot: Snapshot) -> bool:
    """Tell whether most rows that saw a thing know where it is."""
    return share_placed(snapshot, labelled_sample(snapshot)[0]) > MOST_PLACED


def cells_of(
    snapshot: Snapshot, sightings: NDArray[np.int64], seers: NDArray[np.int64], width_m: float
) -> NDArray[np.int64]:
    """
    Return (P,) numbers from 0 on that placed sightings of one label, map and cell share.

    A quick notion of a thing, where it may be cut in two: ``sightings`` are P of the snapshot's,
    ``seers`` their rows.
    """
    cells = np.column_stack(
        [
            snapshot.maps[seers],
            snapshot.sighting_labels[sightings],
            np.floor(snapshot.sighting_positions[sightings].astype(np.float64) / width_m).astype(
                np.int64
            ),
        ]
    )
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _groups(points: NDArray[np.float64], radius_m: float) -> list[NDArray[np.int64]]:
    """
    Group (S, 3) points into things: the fullest small cell first, with all that is near its mean.

    What later cells gain was nearer to no earlier thing. Deterministic, whatever the order of the
    points; O(S log S + cells * things).
    """
    width = _CELLS * radius_m
    corners = np.floor(points / width).astype(np.int64)
    _, cell, counts = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
    cell = cell.reshape(-1)
    means = np.column_stack(
        [np.bincount(cell, points[:, axis], len(counts)) / counts for axis in range(3)]
    )
    thing = np.full(len(counts), -1, np.int64)
    found = 0
    for seed in np.lexsort((means[:, 2], means[:, 1], means[:, 0], -counts)).tolist():
        if thing[seed] >= 0:
            continue
        left = np.flatnonzero(thing < 0)
        centre = means[seed]
        for _ in range(2):  # the mean moves once towards what it has gathered
            away = means[left] - centre
            near = left[np.einsum('ij,ij->i', away, away) <= radius_m**2]
            if not len(near):
                near = np.array([seed])
            centre = np.average(means[near], axis=0, weights=counts[near])
        thing[near] = found
        thing[seed] = found
        found += 1
    of_point = thing[cell]
    order = np.argsort(of_point, kind='stable')
    return np.split(order, np.flatnonzero(np.diff(of_point[order])) + 1)


def things_of(
    snapshot: Snapshot, labels: Sequence[int], allowed: NDArray[np.int64] | None = None
) -> list[Thing]:
    """
    Return the things that carry one of the labels, most often seen first.

    ``labels`` are indices into ``snapshot.labels``; ``allowed`` are the rows that count, None
    for all.
    """
    sightings = np.flatnonzero(np.isin(snapshot.sighting_labels, np.asarray(labels, np.int64)))
    rows = np.searchsorted(snapshot.sighting_starts, sightings, side='right') - 1
    if allowed is not None:
        kept = np.isin(rows, allowed)
        sightings, rows = sightings[kept], rows[kept]
    order = np.lexsort((sightings, snapshot.stamps[rows]))
    sightings, rows = sightings[order], rows[order]
    measured = ~np.isnan(snapshot.sighting_positions[sightings, 0])
    points = np.where(
        measured[:, None], snapshot.sighting_positions[sightings], snapshot.positions[rows]
    ).astype(np.float64)
    found: list[Thing] = []
    kinds = zip(
        snapshot.sighting_labels[sightings].tolist(),
        snapshot.maps[rows].tolist(),
        measured.tolist(),
        strict=True,
    )
    by_kind: dict[tuple[int, int, bool], list[int]] = {}
    for i, kind in enumerate(kinds):
        by_kind.setdefault(kind, []).append(i)
    placed = {(label, where) for label, where, is_measured in by_kind if is_measured}
    for (label, where, is_measured), members in sorted(by_kind.items()):
        if not is_measured and (label, where) in placed:
            continue  # most likely one of those whose place is known
        index = np.array(members, np.int64)
        radius_m = SAME_THING_M if is_measured else SAME_PLACE_M
        for group in _groups(points[index], radius_m):
            one = index[group]
            x, y, z = points[one].mean(axis=0).tolist()
            stamps = snapshot.stamps[rows[one]]
            found.append(
                Thing(
                    label=snapshot.labels[label],
                    map_id=snapshot.map_ids[where],
                    position=(x, y, z),
                    measured=is_measured,
                    rows=tuple(dict.fromkeys(rows[one].tolist())),
                    first_seen_ns=int(stamps.min()),
                    last_seen_ns=int(stamps.max()),
                    confidence=float(snapshot.sighting_confidences[sightings[one]].max()),
                )
            )
    return sorted(found, key=lambda t: (-len(t.rows), t.label, t.map_id, t.position))
