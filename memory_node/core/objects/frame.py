"""One observation as the object map reads it: which sightings have a position, and how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.association import MAX_EXTENT_M, Sightings
from memory_node.core.objects.labels import LabelSimilarity
from memory_node.core.objects.noise import PositionNoise
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Frame', 'read_frame']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Thinner extents are noise of the depth picture [m].
_MIN_EXTENT_M = 0.01
#: A sighting of no confidence at all still has been made.
_MIN_CONFIDENCE = 0.01
#: A thing that no depth has placed is about this far ahead of where it was seen from [m].
_AHEAD_M = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An observation row and what it saw."""

    row: int
    map_row: int
    stamp_ns: int
    #: (3,) position it was made from [m].
    eye: Reals
    yaw_rad: float
    placed: Sightings
    #: Index, label and confidence of each sighting without a position.
    unplaced: IntArray
    unplaced_labels: IntArray
    unplaced_confidences: FloatArray
    #: What else each sighting is called, by its index in the frame; -1 for nothing.
    aliases: IntArray

    def aim(self, *, facing: bool) -> Reals:
        """Return (3,) where its unplaced things about are [m]: ahead, where headings tell that."""
        if not facing:
            return self.eye
        return self.eye + _AHEAD_M * np.array([np.cos(self.yaw_rad), np.sin(self.yaw_rad), 0.0])


def read_frame(
    snapshot: Snapshot, row: int, labels: LabelSimilarity, noise: PositionNoise
) -> Frame:
    """Return an observation row; what is not finite or not a size counts as unknown."""
    span = snapshot.sightings_of(row)
    spelled = labels.spelled(snapshot.sighting_labels[span])
    aliases = np.full(len(spelled), -1, np.int64)
    span = slice(span.start - snapshot.held_from, span.stop - snapshot.held_from)
    if snapshot.sighting_aliases is not None:
        told = snapshot.sighting_aliases[span]
        aliases[told >= 0] = labels.spelled(told[told >= 0])
    points = snapshot.sighting_positions[span].astype(np.float64)
    certain = snapshot.sighting_confidences[span]
    certain = np.clip(np.nan_to_num(certain), _MIN_CONFIDENCE, 1.0).astype(np.float32)
    has_point = np.isfinite(points).all(axis=1)
    index, rest = np.flatnonzero(has_point), np.flatnonzero(~has_point)
    eye = snapshot.positions[row].astype(np.float64)
    yaw = float(snapshot.yaws[row])
    points = points[index]
    offsets = points - eye
    ranges = np.sqrt(np.einsum('ij,ij->i', offsets, offsets))
    bearings = np.arctan2(offsets[:, 1], offsets[:, 0]) - yaw
    return Frame(
        row=row,
        map_row=int(snapshot.maps[row]),
        stamp_ns=int(snapshot.stamps[row]),
        eye=eye,
        yaw_rad=yaw,
        placed=Sightings(
            index=index,
            labels=spelled[index],
            confidences=certain[index],
            points=points,
            variances=noise.variances(ranges),
            extents=_extents(snapshot, span)[index],
            ranges=ranges,
            bearings=np.arctan2(np.sin(bearings), np.cos(bearings)),
        ),
        unplaced=rest,
        unplaced_labels=spelled[rest],
        unplaced_confidences=certain[rest],
        aliases=aliases,
    )


def _extents(snapshot: Snapshot, span: slice) -> FloatArray:
    """Return the (n, 3) extents of a row's sightings [m], NaN where unknown."""
    extents = np.array(snapshot.sighting_extents[span], np.float32)
    with np.errstate(invalid='ignore'):
        known = np.isfinite(extents).all(axis=1) & (extents >= 0).all(axis=1)
        known &= (extents > 0).any(axis=1)
    extents[~known] = np.nan
    clipped: FloatArray = np.clip(extents, _MIN_EXTENT_M, MAX_EXTENT_M)
    return clipped
