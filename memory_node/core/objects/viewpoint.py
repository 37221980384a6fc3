"""The best pose to see an object from, among the poses that the robot really had."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.store.snapshot import Snapshot

__all__ = ['best_viewpoint', 'viewing_costs']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: A thing is seen whole and can be reached for between these distances [m].
_PREFERRED_M = (0.7, 1.3)
#: Closer than this the robot may touch it [m], and what that costs [m].
_TOO_CLOSE_M = 0.5
_TOO_CLOSE_COST = 100.0
#: Metres that one radian of turning away from the object is worth.
_TURN_COST_M = 0.3
#: Metres that the certainty of the detector is worth.
_DOUBT_COST_M = 0.5
#: Costs this close are equal: the newer pose is taken [m].
_EQUAL_M = 0.1


def viewing_costs(
    offsets: Reals,
    yaws: FloatArray,
    confidences: FloatArray,
    *,
    facing: bool,
    near: NDArray[np.bool_] | bool = True,
) -> Reals:
    """
    Return (n,) cost of seeing a thing from a pose, in metres; less is better.

    Parameters
    ----------
    offsets
        (n, 2) or (n, 3) vector from the pose to the thing in the map frame [m].
    yaws
        (n,) heading of the pose about +z [rad].
    confidences
        (n,) confidence of the detector from there.
    facing
        Whether headings tell where the camera looks.
    near
        (n,) whether the thing is known well enough to come too close to it.

    """
    away = np.hypot(offsets[:, 0], offsets[:, 1])
    low, high = _PREFERRED_M
    cost = np.maximum(np.maximum(low - away, away - high), 0.0)
    cost += np.where(near & (away < _TOO_CLOSE_M), _TOO_CLOSE_COST, 0.0)
    cost += _DOUBT_COST_M * (1.0 - confidences)
    if facing:
        turn = np.arctan2(offsets[:, 1], offsets[:, 0]) - yaws
        cost += _TURN_COST_M * np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
    equal: Reals = np.round(cost / _EQUAL_M) * _EQUAL_M
    return equal


def best_viewpoint(
    snapshot: Snapshot, rows: NDArray[np.integer], target: Reals, *, facing: bool = True
) -> int:
    """Return the one of (n,) ``rows`` that sees ``target`` (3,) best, the newest of equals."""
    rows = rows.astype(np.int64)
    offsets = target - snapshot.positions[rows]
    certain = np.ones(len(rows), np.float32)
    cost = viewing_costs(offsets, snapshot.yaws[rows], certain, facing=facing)
    order = np.lexsort((rows, snapshot.stamps[rows], -cost))
    return int(rows[order[-1]])
