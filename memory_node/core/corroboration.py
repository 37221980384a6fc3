"""
Which of several things of one label was seen again: detectors err once, real things stay.

Where one frame alone says "stove" and ten frames say it elsewhere, the one is likely mistaken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.store.snapshot import Snapshot

__all__ = ['corroboration']

IntArray = NDArray[np.int64]

#: Sightings of one label this close to each other speak of the same thing [m].
_SAME_THING_M = 1.0
#: Sightings of one label in one cell this wide are counted together [m].
_CELL_M = 0.25
#: A sighting alone, while others of its label agree elsewhere, loses this many standard deviations
#: of one signal; each further witness makes the loss smaller by this factor.
_ALONE = -4.0
_DECAY = 0.5
#: Labels looked at, those that fit the question best: what fits worse is not answered with.
_LABELS = 6
#: Moves things of different kinds out of each other's reach [m].
_APART_M = 1e7


def corroboration(
    snapshot: Snapshot, rows: IntArray, label_cosines: NDArray[np.float64]
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
        where a row shows none of the ``_LABELS`` that fit best, and where they have no position,
        as then nobody can tell whether two sightings are of one thing.

    """
    loss = np.zeros(len(rows))
    kind_of = _kinds(label_cosines)
    owners, sightings = _asked_for(snapshot, rows, kind_of)
    if not len(sightings):
        return loss
    labels = snapshot.sighting_labels[sightings]
    # A kind is one label on one map.
    kinds = kind_of[labels] + _LABELS * snapshot.maps[rows[owners]].astype(np.int64)
    counts = _witnesses(snapshot.sighting_positions[sightings].astype(np.float64), kinds)
    best = _best(owners, label_cosines[labels], snapshot.sighting_confidences[sightings])
    doubt = _DECAY ** (counts[best] - 1.0)
    _, kind = np.unique(kinds[best], return_inverse=True)
    least = np.ones(len(best))
    np.minimum.at(least, kind, doubt)
    loss[owners[best]] = _ALONE * (doubt - least[kind])
    return loss


def _kinds(cosines: NDArray[np.float64]) -> IntArray:
    """Return (L,) a number below ``_LABELS`` for the labels looked at, -1 for the others."""
    chosen = np.argsort(-cosines, kind='stable')[:_LABELS]
    kind_of = np.full(len(cosines), -1, np.int64)
    kind_of[chosen] = np.arange(len(chosen))
    return kind_of


def _asked_for(snapshot: Snapshot, rows: IntArray, kind_of: IntArray) -> tuple[IntArray, IntArray]:
    """Return (S,) candidates and their sightings that have a position and a kind looked at."""
    starts = snapshot.sighting_starts
    if len(rows) == len(snapshot):
        sightings = np.flatnonzero(kind_of[snapshot.sighting_labels] >= 0)
        owners = np.searchsorted(starts, sightings, side='right') - 1
    else:
        counts = starts[rows + 1] - starts[rows]
        owners = np.repeat(np.arange(len(rows)), counts)
        first = np.cumsum(counts) - counts
        sightings = np.arange(len(owners)) - first[owners] + starts[rows][owners]
        meant = kind_of[snapshot.sighting_labels[sightings]] >= 0
        owners, sightings = owners[meant], sightings[meant]
    placed = ~np.isnan(snapshot.sighting_positions[sightings, 0])
    return owners[placed], sightings[placed]


def _best(
    owners: IntArray, cosines: NDArray[np.float64], confidences: NDArray[np.float32]
) -> IntArray:
    """Return for each owner its sighting that fits best; the surest, then first among equals."""
    # Cosines that differ in the seventh place are of labels written in two ways.
    worth = np.round(cosines, 6) + 1e-7 * confidences
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    top = np.maximum.reduceat(worth, first)
    sizes = np.diff(first, append=len(owners))
    hits = np.flatnonzero(worth == np.repeat(top, sizes))
    return hits[np.flatnonzero(np.diff(owners[hits], prepend=-1))]


def _witnesses(points: NDArray[np.float64], kinds: IntArray) -> NDArray[np.float64]:
    """Return (S,) how many sightings of its kind lie about within ``_SAME_THING_M`` of each."""
    cells = np.column_stack([kinds, np.floor(points / _CELL_M).astype(np.int64)])
    cells -= cells.min(axis=0)
    code = cells[:, 0]
    for axis in (1, 2, 3):  # wraps around in absurdly large maps, where cells then share a code
        code = code * (int(cells[:, axis].max()) + 1) + cells[:, axis]
    _, cell, counts = np.unique(code, return_inverse=True, return_counts=True)
    places = np.column_stack([points, kinds * _APART_M])
    middles = np.column_stack(
        [np.bincount(cell, places[:, axis]) / counts for axis in range(places.shape[1])]
    )
    one, other = cKDTree(middles).query_pairs(_SAME_THING_M, output_type='ndarray').T
    size = len(counts)
    total = counts + np.bincount(one, counts[other], size) + np.bincount(other, counts[one], size)
    return np.asarray(total[cell], np.float64)
