"""Floors of a building from heights alone, and how well each place fits a named floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.retrieval.instruction.parsing import Floor, FloorKind

__all__ = ['FLOOR_FEATURES', 'find_floors', 'floor_features', 'nearest_floor']

#: Poses this far apart in height can be on one floor: thresholds, steps, a tilted camera.
_SPREAD_M = 0.6
#: Two floors are at least this far apart [m].
_STOREY_M = 1.7
#: A floor holds at least this share of the poses, so that a landing is none.
_MIN_SHARE = 0.04
#: Height of a camera above the floor on which a map usually has its origin [m].
_EYE_M = 1.5
#: Columns of ``floor_features``.
FLOOR_FEATURES = (
    'number',
    'above_ground',
    'number_or_top',
    'two_off',
    'bottom',
    'top',
    'ground',
    'down',
)


def find_floors(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the heights of the floors, lowest first, at least one.

    ``heights`` are the z of (N,) poses [m]. Floors are the well-populated heights, picked most
    populated first; poses on stairs belong to none. O(N log N).
    """
    z = np.sort(heights)
    if not len(z):
        return np.zeros(1)
    low = np.searchsorted(z, z - _SPREAD_M, side='right')
    high = np.searchsorted(z, z + _SPREAD_M, side='left')
    counts = (high - low).astype(np.int64)
    least = max(2.0, _MIN_SHARE * len(z))
    left = np.ones(len(z), np.bool_)
    found: list[float] = []
    while left.any():
        i = int(np.argmax(np.where(left, counts, -1)))
        if counts[i] < least and found:
            break
        middle = float(np.median(z[low[i] : high[i]]))
        if all(abs(middle - other) > _STOREY_M for other in found):
            found.append(middle)
        left &= (z <= z[i] - _STOREY_M) | (z >= z[i] + _STOREY_M)
    return np.sort(np.array(found))


def nearest_floor(heights: NDArray[np.float64], floors: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (N,) the index of the floor nearest to each height."""
    middles = 0.5 * (floors[1:] + floors[:-1])
    return np.searchsorted(middles, heights).astype(np.int64)


def floor_features(
    floor: Floor | None, levels: NDArray[np.int64], floors: NDArray[np.float64]
) -> NDArray[np.float32]:
    """
    Return (N, 8) how each place's level fits the floor that was named; zeros if none can be.

    Levels count from 0. Where there is a basement, people disagree whether it is level 1, so the
    count from the ground is a feature of its own.
    """
    features = np.zeros((len(levels), len(FLOOR_FEATURES)), np.float32)
    count = len(floors)
    if floor is None or count < 2:
        return features
    ground = int(np.argmin(np.abs(floors - _EYE_M)))
    number = levels + 1
    if floor.kind is FloorKind.NUMBER:
        features[:, 0] = number == floor.number
        features[:, 1] = number - ground == floor.number
        features[:, 2] = number == min(floor.number, count)
        features[:, 3] = np.abs(number - floor.number) > 1
    elif floor.kind is FloorKind.BOTTOM:
        features[:, 4] = number == 1
    elif floor.kind in (FloorKind.TOP, FloorKind.UP):
        features[:, 5] = np.where(number == count, 1.0, 0.5 * (number > 1))
    elif floor.kind is FloorKind.GROUND:
        features[:, 6] = levels == ground
    else:
        features[:, 7] = number == 1
    return features
