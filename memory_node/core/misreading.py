"""
Whether a detector took one thing for another: what else was seen at the same spot, and when.

Two things beside each other are seen in one frame; one thing under two names never is. Where ten
frames say "bookshelf" and two others say "wardrobe" of the same spot, there is no wardrobe.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.store.snapshot import Snapshot

__all__ = ['Standing', 'standings']

IntArray = NDArray[np.int64]

#: Sightings this close to each other may be of one thing [m].
_SPOT_M = 0.6
#: Two labels that share this part of the rarer one's frames are two things.
_TOGETHER = 0.2
#: Labels of this cosine are two words for one thing, not two opinions.
_SYNONYM = 0.8


class Standing:
    """How often each of P things was seen under its label, and under the strongest other."""

    def __init__(self, own: IntArray, other: IntArray) -> None:
        """Take the numbers of frames, (P,) each."""
        self.own, self.other = own, other

    @property
    def share(self) -> NDArray[np.float64]:
        """(P,) share of the frames that say its label, in [0, 1]; 1 where none says another."""
        total = self.own + self.other
        return np.where(total > 0, self.own / np.maximum(total, 1), 1.0)


def standings(
    snapshot: Snapshot, labels: IntArray, points: NDArray[np.float64], maps: IntArray
) -> Standing:
    """
    Return how things stand against what else was seen where they are.

    Parameters
    ----------
    snapshot
        The memory, or what the conditions of a request leave of it.
    labels
        (P,) index of each thing's label in the snapshot; -1 for no thing.
    points
        (P, 3) where each is [m]; NaN where that is not known.
    maps
        (P,) index of the map of each.

    """
    own, other = np.zeros(len(labels), np.int64), np.zeros(len(labels), np.int64)
    asked = np.flatnonzero((labels >= 0) & ~np.isnan(points).any(axis=1))
    if not len(asked) or not len(snapshot.sighting_labels):
        return Standing(own, other)
    seers = snapshot.seers
    x = snapshot.sighting_positions[:, 0]
    for i in asked.tolist():
        with np.errstate(invalid='ignore'):
            here = np.flatnonzero(np.abs(x - points[i, 0]) <= _SPOT_M)
        away = snapshot.sighting_positions[here] - points[i]
        here = here[np.einsum('ij,ij->i', away, away) <= _SPOT_M**2]
        here = here[snapshot.maps[seers[here]] == maps[i]]
        kinds = snapshot.sighting_labels[here]
        near = snapshot.label_vectors[kinds] @ snapshot.label_vectors[labels[i]]
        same = (kinds == labels[i]) | (near >= _SYNONYM)
        mine = np.unique(seers[here[same]])
        own[i] = len(mine)
        for kind in np.unique(kinds[~same]).tolist():
            theirs = np.unique(seers[here[kinds == kind]])
            shared = len(np.intersect1d(mine, theirs, assume_unique=True))
            if shared <= _TOGETHER * min(len(mine), len(theirs)):
                other[i] = max(other[i], len(theirs))
    return Standing(own, other)
