"""Which objects turned out to be one: they came to lie on one spot and no frame shows both."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.objects.association import extent_costs, may_have_left, Pairs
from memory_node.core.objects.labels import LabelSimilarity
from memory_node.core.objects.table import NEVER, ObjectTable

__all__ = ['merge', 'merge_candidates']

IntArray: TypeAlias = NDArray[np.int64]

#: Share of the joint volume that two boxes of one thing have in common, at least.
_SAME_BOX = 0.4


def merge_candidates(
    pairs: Pairs,
    assigned: IntArray,
    row: int,
    *,
    table: ObjectTable,
    labels: LabelSimilarity,
    config: ObjectsConfig,
) -> list[tuple[int, int]]:
    """
    Return pairs of objects, older first, that are one thing.

    One was seen in this frame, the other was a candidate of the same sighting and was not seen.
    Either they lie well within their joint uncertainty and have one label, or their labels are
    similar or they fill one box. Or they have one label, both have a size, and their boxes meet
    within that uncertainty, as those of two sides of one thing do. But for one label on one spot,
    neither took the other's place: each was seen before the other was seen last, or there was no
    time for it.
    """
    one, other = assigned[pairs.sighting], pairs.slot
    kept = (one != other) & (table.last_rows[other] != row)
    if not kept.any():
        return []
    one, other = one[kept], other[kept]
    apart = table.positions[one] - table.positions[other]
    sizes, other_sizes = table.extents[one], table.extents[other]
    scatter = config.extent_scatter * np.fmax(np.fmax(sizes, other_sizes), 0.0)
    joint = table.variances[one] + table.variances[other]
    joint += config.position_noise_m**2 + scatter * scatter
    box_cost = extent_costs(sizes, other_sizes)
    close = (apart * apart / joint).sum(axis=1) + box_cost < config.merge_cost
    slack = np.sqrt(joint)
    meet = (np.abs(apart) - slack <= (sizes + other_sizes) / 2.0).all(axis=1)
    some = close | meet
    if not some.any():
        return []
    one, other, close, meet = one[some], other[some], close[some], meet[some]
    in_turns = (table.first_ns[one] < table.last_ns[other]) & (
        table.first_ns[other] < table.last_ns[one]
    )
    cost = labels.costs(table.labels(one), table.labels(other))
    left = may_have_left(table, other, table.last_ns[one])
    alike = (cost == 0.0) | (np.isfinite(cost) & (in_turns | ~left))
    alike |= in_turns & _one_box(table, one, other, np.sqrt(joint[some]))
    alike &= close
    alike |= meet & (cost == 0.0) & (in_turns | ~left)
    found = {
        (min(a, b), max(a, b))
        for a, b in zip(one[alike].tolist(), other[alike].tolist(), strict=True)
    }
    return sorted(found)


def _one_box(
    table: ObjectTable, one: IntArray, other: IntArray, slack: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """
    Tell which pairs are one thing that a detector calls by two unrelated labels.

    Two things cannot fill one box: their boxes, moved by up to ``slack`` (n, 3) [m], mostly
    overlap.
    """
    size, other_size = table.extents[one], table.extents[other]
    apart = np.abs(table.positions[one] - table.positions[other])
    apart = np.maximum(apart - slack, 0.0)
    shared = np.minimum((size + other_size) / 2.0 - apart, np.minimum(size, other_size))
    shared_volume = np.maximum(shared, 0.0).prod(axis=1)
    union = size.prod(axis=1) + other_size.prod(axis=1) - shared_volume
    with np.errstate(invalid='ignore'):
        same: NDArray[np.bool_] = shared_volume > _SAME_BOX * union
    return same


def merge(table: ObjectTable, kept: int, gone: int) -> None:
    """Move everything known of object ``gone`` to ``kept``; both are on one map and placed."""
    spread, other = table.variances[kept].copy(), table.variances[gone]
    gain = spread / (spread + other)
    table.positions[kept] += gain * (table.positions[gone] - table.positions[kept])
    table.variances[kept] = (1.0 - gain) * spread
    frames = table.frames[[kept, gone]].astype(np.float64)
    share = frames[1] / frames.sum()
    for means in (table.anchors, table.aims):
        means[kept] += share * (means[gone] - means[kept])
    sized = table.sized[[kept, gone]].astype(np.float64)
    if sized[1]:
        own, added = np.nan_to_num(table.extents[kept]), table.extents[gone]
        table.extents[kept] = own + (added - own) * (sized[1] / sized.sum())
    for label, weight in zip(table.hist_labels[gone], table.hist_weights[gone], strict=True):
        if label >= 0:
            table.add_labels(
                np.array([kept]), np.array([label], np.int64), np.array([weight], np.float32)
            )
    for column in (table.sized, table.frames, table.gaps):
        column[kept] += column[gone]
    for highest in (table.confidences, table.reaches, table.last_ns):
        highest[kept] = max(highest[kept], highest[gone])
    table.first_ns[kept] = min(table.first_ns[kept], table.first_ns[gone])
    if table.view_rows[gone] > table.view_rows[kept]:
        table.view_rows[kept] = table.view_rows[gone]
        table.view_confidences[kept] = table.view_confidences[gone]
    table.set_rows(kept, np.union1d(table.rows_of(kept), table.rows_of(gone)))
    if table.missed_ns[kept] < table.last_ns[kept]:  # the other one was seen instead
        table.misses[kept], table.missed_frames[kept] = 0, 0
        table.missed_ns[kept], table.missed_rows[kept] = NEVER, -1
    table.alive[gone] = False
