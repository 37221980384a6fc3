"""
Which of several things of one label was seen again: detectors err once, real things stay.

Where one frame alone says "stove" and ten frames say it elsewhere, the one is likely mistaken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.columns import Snapshot

__all__ = ['corroboration']

#: Sightings of one label this close to each other speak of the same thing [m].
_SAME_THING_M = 1.0
#: A sighting alone, while others of its label agree elsewhere, loses this many standard deviations
#: of one signal; each further witness makes the loss smaller by this factor.
_ALONE = -4.0
_DECAY = 0.5


def corroboration(
    snapshot: Snapshot, rows: NDArray[np.int64], label_cosines: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return (C,) what each row loses because a thing of the same label elsewhere was seen oftener.

    Parameters
    ----------
    snapshot
        The memory.
    rows
        (C,) candidates; they are each other's witnesses.
    label_cosines
        (L,) cosine of the question with each label of the snapshot.

    Returns
    -------
    (C,) array
        From -4, seen once, towards 0. 0 for the thing of each label that was seen most often,
        and where the best label of a row has no position, as then nobody can tell whether two
        sightings are of one thing.

    """
    loss = np.zeros(len(rows))
    owners, sightings = _sightings(snapshot, rows)
    placed = ~np.isnan(snapshot.sighting_positions[sightings, 0])
    owners, sightings = owners[placed], sightings[placed]
    if not len(sightings):
        return loss
    labels = snapshot.sighting_labels[sightings]
    points = snapshot.sighting_positions[sightings].astype(np.float64)
    maps = snapshot.maps[rows[owners]]
    best = _best(owners, label_cosines[labels], snapshot.sighting_confidences[sightings])
    kinds = np.unique(np.column_stack([labels[best], maps[best]]), axis=0)
    for label, map_key in kinds.tolist():
        same = np.flatnonzero((labels == label) & (maps == map_key))
        asked = best[(labels[best] == label) & (maps[best] == map_key)]
        counts = cKDTree(points[same]).query_ball_point(
            points[asked], _SAME_THING_M, return_length=True
        )
        doubt = _DECAY ** (np.asarray(counts) - 1.0)
        loss[owners[asked]] = _ALONE * (doubt - doubt.min())
    return loss


def _sightings(
    snapshot: Snapshot, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (S,) which of the rows each of their sightings belongs to, and its index."""
    starts = snapshot.sighting_starts
    counts = starts[rows + 1] - starts[rows]
    owners = np.repeat(np.arange(len(rows)), counts)
    first = np.cumsum(counts) - counts
    return owners, np.arange(len(owners)) - first[owners] + starts[rows][owners]


def _best(
    owners: NDArray[np.int64], cosines: NDArray[np.float64], confidences: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return for each owner its sighting that fits best; the surest among equals."""
    order = np.lexsort((-confidences, -np.round(cosines, 6), owners))
    kept = np.ones(len(order), np.bool_)
    kept[1:] = owners[order][1:] != owners[order][:-1]
    best: NDArray[np.int64] = order[kept]
    return best
