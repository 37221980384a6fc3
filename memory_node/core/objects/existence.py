"""
Whether objects still exist: frames that saw them against frames that should have and did not.

Repeated sightings are not independent, so they add ever less, and a detector's standing confusion
counts about once. A miss counts as much as this object is usually detected: its own sightings and
the gaps between them say how often that is.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.association import Sightings
from memory_node.core.objects.odds import both
from memory_node.core.objects.table import ObjectTable
from memory_node.core.store.snapshot import Snapshot

__all__ = [
    'AS_FAR',
    'SAME_DIRECTION',
    'Visibility',
    'existence',
    'expected_but_missed',
    'left_and_stayed',
    'missed_evidence',
    'real_odds',
    'record_misses',
]

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Bounds of the log-odds of one sighting, and of everything known of an object.
_MAX_FIRST = 2.0
_MAX_TOTAL = 6.0
#: Log-odds that an independent second sighting adds, and the correlation of sightings.
_REPEAT = 1.0
_CORRELATION = 0.3
#: A detector finds what it should find with a probability within these bounds.
_MIN_DETECTION, _MAX_DETECTION = 0.05, 0.7
#: Frames that the detection rate of all objects weighs against that of one.
_PRIOR_FRAMES = 4.0
#: Share of sightings within the usual range and the usual field of view.
_USUAL = 0.9
#: Sightings needed before anything is missed.
_MIN_SIGHTINGS = 16
#: A wider usual field of view says that headings do not tell where the camera looks [rad].
_MAX_HALF_FOV_RAD = 1.75
_RANGE_BIN_M, _RANGE_BINS, _BEARING_BINS = 0.25, 400, 72
#: An object is expected up to this much farther than it was ever seen from.
_REACH_FACTOR = 1.2
#: The line of sight is free where something at least this share as far was seen in a direction
#: that differs by less than about 15 degrees.
AS_FAR = 0.85
SAME_DIRECTION = float(np.cos(0.26))
#: It is free too where the object was seen along it from a place at most so far away.
_SEEN_FROM_M = 0.75
#: Misses from one viewpoint count once, unless this much time has passed.
_NEW_VIEW_M = 0.2
_NEW_VIEW_NS = 10_000_000_000


class Visibility:
    """How far and how wide this memory usually sees, learned from its own sightings."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.ranges = np.zeros(_RANGE_BINS, np.int64)
        self.bearings = np.zeros(_BEARING_BINS, np.int64)
        #: Distance within which most things are seen [m]; None while too few were.
        self.range_m: float | None = None
        #: Bearing within which most things are seen [rad]; None where headings say nothing.
        self.half_fov_rad: float | None = None

    def add(self, ranges: Reals, bearings: Reals) -> None:
        """Count sightings by distance [m] and signed bearing [rad]."""
        distances = np.minimum(ranges / _RANGE_BIN_M, _RANGE_BINS - 1)
        turns = np.minimum(np.abs(bearings) * (_BEARING_BINS / np.pi), _BEARING_BINS - 1)
        np.add.at(self.ranges, distances.astype(np.int64), 1)
        np.add.at(self.bearings, turns.astype(np.int64), 1)
        self.refresh()

    def refresh(self) -> None:
        """Find what is usual among the sightings that were counted."""
        self.range_m = _upper(self.ranges, _RANGE_BIN_M)
        bearing = _upper(self.bearings, np.pi / _BEARING_BINS)
        informative = bearing is not None and bearing <= _MAX_HALF_FOV_RAD
        self.half_fov_rad = bearing if informative else None


def _upper(histogram: NDArray[np.int64], width: float) -> float | None:
    total = np.cumsum(histogram)
    if total[-1] < _MIN_SIGHTINGS:
        return None
    return float((np.searchsorted(total, _USUAL * total[-1]) + 1) * width)


def expected_but_missed(
    snapshot: Snapshot,
    row: int,
    sightings: Sightings,
    table: ObjectTable,
    *,
    around: IntArray,
    visibility: Visibility,
) -> IntArray:
    """
    Return the objects of ``around`` that a frame should have seen and did not.

    Those within the usual range and field of view, not farther than they were ever seen from,
    with another thing seen in their direction at least about as far away, or seen themselves
    from nearly the same place. ``around`` holds placed objects of the frame's map that the frame
    did not see.
    """
    reach, fov = visibility.range_m, visibility.half_fov_rad
    if reach is None or fov is None or not len(around) or not len(sightings):
        return np.zeros(0, np.int64)
    eye = snapshot.positions[row]
    offsets = table.positions[around] - eye
    away = np.sqrt(np.einsum('ij,ij->i', offsets, offsets))
    turn = np.arctan2(offsets[:, 1], offsets[:, 0]) - snapshot.yaws[row]
    turn = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
    expected = (
        (away <= np.minimum(reach, _REACH_FACTOR * table.reaches[around]))
        & (away > 1e-3)
        & (turn <= fov)
        & (table.last_ns[around] < snapshot.stamps[row])
    )
    chosen = np.flatnonzero(expected)
    if not len(chosen):
        return chosen
    rays = offsets[chosen] / away[chosen, None]
    seen = (sightings.points - eye) / np.maximum(sightings.ranges, 1e-3)[:, None]
    free = (rays @ seen.T >= SAME_DIRECTION) & (sightings.ranges >= AS_FAR * away[chosen, None])
    seen_before = _seen_from_here(snapshot, eye, table, around[chosen])
    missed: IntArray = around[chosen[free.any(axis=1) | seen_before]]
    return missed


def _seen_from_here(
    snapshot: Snapshot, eye: Reals, table: ObjectTable, slots: IntArray
) -> NDArray[np.bool_]:
    """Return (n,) whether objects were seen from a place so near that nothing came between."""
    seen: NDArray[np.bool_] = np.zeros(len(slots), np.bool_)
    now = table.positions[slots] - eye
    for rows in (table.view_rows[slots], table.last_rows[slots]):
        before = snapshot.positions[rows]
        then = table.positions[slots] - before
        along = np.einsum('ij,ij->i', now, then)
        lengths = np.linalg.norm(now, axis=1) * np.linalg.norm(then, axis=1)
        near = np.linalg.norm(before - eye, axis=1) <= _SEEN_FROM_M
        seen |= near & (along >= SAME_DIRECTION * lengths)
    return seen


def record_misses(snapshot: Snapshot, row: int, table: ObjectTable, missed: IntArray) -> None:
    """Count a miss of each object, unless the last one was from the same viewpoint just now."""
    if not len(missed):
        return
    table.missed_frames[missed] += 1
    stamp = int(snapshot.stamps[row])
    before = table.missed_rows[missed]
    steps = snapshot.positions[before] - snapshot.positions[row]
    new = (
        (table.misses[missed] == 0)
        | (np.einsum('ij,ij->i', steps, steps) >= _NEW_VIEW_M**2)
        | (np.abs(snapshot.stamps[before] - stamp) >= _NEW_VIEW_NS)
    )
    counted = missed[new]
    table.misses[counted] += 1
    table.missed_rows[counted] = row
    table.missed_ns[missed] = np.maximum(table.missed_ns[missed], stamp)


def left_and_stayed(away_ns: Reals, lasting_s: Reals) -> tuple[Reals, Reals]:
    """Return the log-probabilities that things left within some time, and that they stayed."""
    share = np.maximum(away_ns, 1e6) / (1e9 * np.maximum(lasting_s, 1.0))
    return np.log(-np.expm1(-share)), -share


def real_odds(table: ObjectTable, slots: IntArray) -> Reals:
    """Return (n,) log-odds that objects are no mistake of the detector, from their sightings."""
    sure = np.clip(table.confidences[slots].astype(np.float64), 1e-6, 1.0 - 1e-6)
    first = np.clip(np.log(sure / (1.0 - sure)), -_MAX_FIRST, _MAX_FIRST)
    seen = table.frames[slots].astype(np.float64)
    independent = seen / (1.0 + _CORRELATION * (seen - 1.0))
    odds: Reals = first + _REPEAT * (independent - 1.0)
    return odds


def missed_evidence(table: ObjectTable, slots: IntArray) -> Reals:
    """Return (n,) log-likelihood of the misses of objects if they were still there."""
    evidence = np.zeros(len(slots))
    missed = np.flatnonzero(table.misses[slots])  # few are, so only their rates are worked out
    if len(missed):
        some = slots[missed]
        seen, gaps = float(table.frames.sum()), float(table.gaps.sum())
        usual = (seen + 1.0) / (seen + gaps + 2.0)
        often = table.frames[some].astype(np.float64)
        rate = (often + _PRIOR_FRAMES * usual) / (often + table.gaps[some] + _PRIOR_FRAMES)
        rate = np.clip(rate, _MIN_DETECTION, _MAX_DETECTION)
        evidence[missed] = table.misses[some] * np.log1p(-rate)
    return evidence


def _stayed(table: ObjectTable, slots: IntArray) -> tuple[Reals, Reals]:
    """Return the log-odds that things stayed until they were missed, and with their misses."""
    away = (table.missed_ns[slots] - table.last_ns[slots]).astype(np.float64)
    left, stayed = left_and_stayed(away, table.lasting_s[slots].astype(np.float64))
    return left, stayed + missed_evidence(table, slots)


def was_there(table: ObjectTable, slots: IntArray) -> FloatArray:
    """
    Return (n,) log-odds that each object is no mistake of the detector.

    Misses do not count: what was missed since may have left, and where captions name a part of
    what is seen, misses are many.
    """
    odds: FloatArray = np.clip(real_odds(table, slots), -_MAX_TOTAL, _MAX_TOTAL).astype(np.float32)
    return odds


def existence(table: ObjectTable, slots: IntArray) -> FloatArray:
    """
    Return (n,) log-odds that each object is where it was seen.

    A miss speaks for a mistake of the detector and for a thing that has left, which is the
    likelier the longer it was not seen and the less it usually stays.
    """
    total = real_odds(table, slots)
    missed = np.flatnonzero(table.misses[slots])
    if len(missed):
        some = slots[missed]
        left, stayed = _stayed(table, some)
        evidence = missed_evidence(table, some)
        total[missed] = both(total[missed], stayed - evidence - left) + evidence
    odds: FloatArray = np.clip(total, -_MAX_TOTAL, _MAX_TOTAL).astype(np.float32)
    return odds
