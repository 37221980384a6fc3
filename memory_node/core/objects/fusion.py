"""What a sighting tells of its object: position, extent, labels, times and the best viewpoint."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.data import FloatArray
from memory_node.core.objects.frame import Frame
from memory_node.core.objects.table import ObjectTable
from memory_node.core.objects.viewpoint import viewing_costs
from memory_node.core.store.snapshot import Snapshot

__all__ = ['place', 'see']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: What an alias weighs: the label stays the name that a thing goes by.
_ALIAS = 0.5
#: Fused positions stay this uncertain, as a share of ``position_noise_m``: poses drift.
_FLOOR = 0.25


def place(table: ObjectTable, slots: IntArray, frame: Frame, config: ObjectsConfig) -> Reals:
    """
    Fuse position and extent of the frame's placed sightings into distinct objects ``slots``.

    Returns the squared Mahalanobis distances of the sightings whose objects had a position.
    """
    points, variances, extents = frame.placed.points, frame.placed.variances, frame.placed.extents
    old, spread = table.positions[slots], table.variances[slots]
    known = np.isfinite(old)
    gain = np.where(known, spread / (spread + variances), 1.0)
    table.positions[slots] = np.where(known, old + gain * (points - old), points)
    scatter = config.extent_scatter * np.fmax(np.fmax(table.extents[slots], extents), 0.0)
    apart = (points - old) ** 2 / (spread + variances + scatter * scatter)
    floor = (_FLOOR * config.position_noise_m) ** 2
    fused = np.where(known, (1.0 - gain) * spread, variances)
    table.variances[slots] = np.maximum(fused, floor)
    table.reaches[slots] = np.maximum(table.reaches[slots], frame.placed.ranges)
    sized = np.isfinite(extents[:, 0])
    slots, extents = slots[sized], extents[sized]
    count = table.sized[slots]
    mean = np.fmax(table.extents[slots], 0.0)
    table.extents[slots] = mean + (extents - mean) / (count + 1.0)[:, None]
    table.sized[slots] = count + 1
    distances: Reals = apart[known[:, 0]].sum(axis=1)
    return distances


def see(
    table: ObjectTable,
    slots: IntArray,
    frame: Frame,
    *,
    labels: IntArray,
    aliases: IntArray,
    confidences: FloatArray,
    snapshot: Snapshot,
    facing: bool,
) -> None:
    """Count a frame that saw distinct objects, each under one label and perhaps an alias."""
    table.add_labels(slots, labels, confidences)
    told = (aliases >= 0) & (aliases != labels)
    if told.any():
        table.add_labels(slots[told], aliases[told], _ALIAS * confidences[told])
    frames = table.frames[slots] + 1
    table.frames[slots] = frames
    table.maps[slots] = frame.map_row
    table.confidences[slots] = np.maximum(table.confidences[slots], confidences)
    table.first_ns[slots] = np.minimum(table.first_ns[slots], frame.stamp_ns)
    table.last_ns[slots] = np.maximum(table.last_ns[slots], frame.stamp_ns)
    for means, point in ((table.anchors, frame.eye), (table.aims, frame.aim(facing=facing))):
        before = np.where(frames[:, None] > 1, means[slots], point)
        means[slots] = before + (point - before) / frames[:, None]
    back = table.missed_ns[slots] <= frame.stamp_ns
    table.gaps[slots] += np.where(back, table.missed_frames[slots], 0)
    for missed in (table.misses, table.missed_frames):
        missed[slots] = np.where(back, 0, missed[slots])
    table.add_rows(slots, frame.row)
    _choose_view(table, slots, frame, confidences, snapshot, facing)


def _choose_view(
    table: ObjectTable,
    slots: IntArray,
    frame: Frame,
    confidences: FloatArray,
    snapshot: Snapshot,
    facing: bool,
) -> None:
    """Keep the new row as the best viewpoint where it is at least as good as the old one."""
    best = table.view_rows[slots]
    target = table.positions[slots]
    placed = np.isfinite(target[:, 0])
    target = np.where(placed[:, None], target, table.aims[slots])
    yaws = np.full(len(slots), frame.yaw_rad, np.float32)
    new = viewing_costs(target - frame.eye, yaws, confidences, facing=facing, near=placed)
    old = viewing_costs(
        target - snapshot.positions[best],
        snapshot.yaws[best],
        table.view_confidences[slots],
        facing=facing,
        near=placed,
    )
    better = (best < 0) | (new <= old)
    table.view_rows[slots[better]] = frame.row
    table.view_confidences[slots[better]] = confidences[better]
