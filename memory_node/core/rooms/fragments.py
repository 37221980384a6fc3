"""Which rooms are none: a few views that nothing speaks for, beside others, are of their room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.rooms.views import IntArray, RoomViews

__all__ = ['absorbed']

#: Views of a fragment at most, and how near a view of its room is [m].
_VIEWS, _BESIDE_M = 4, 3.0
#: Log-odds of the best name below which neither captions nor what is there speak for any.
_UNSPOKEN = -0.5
#: Metres of height count this often: another floor is another room.
_HEIGHT = 3.0


def absorbed(views: RoomViews, group: IntArray, confidences: NDArray[np.floating]) -> IntArray:
    """
    Return (N,) the room of each view, those of fragments with the room of the nearest view.

    ``group`` is (N,) the room of each view as far as views alone tell, ``confidences`` are (R,)
    the log-odds of the best name of each.
    """
    count = int(group.max(initial=-1)) + 1
    sizes = np.bincount(group, minlength=count)
    fragment = (sizes <= _VIEWS) & (confidences < _UNSPOKEN)
    known = np.isfinite(views.positions).all(axis=1)
    result = group.copy()
    for one in np.unique(views.maps):
        here = known & (views.maps == one)
        small, large = (np.flatnonzero(here & of) for of in (fragment[group], ~fragment[group]))
        if not len(small) or not len(large):
            continue
        scaled = views.positions * np.array([1.0, 1.0, _HEIGHT])
        away, nearest = cKDTree(scaled[large]).query(scaled[small])
        order = np.lexsort((-small, away))[::-1]  # the nearest of a fragment comes last
        target = np.full(count, -1, np.int64)
        beside = order[away[order] <= _BESIDE_M]
        target[group[small[beside]]] = group[large[nearest[beside]]]
        of_small = target[group[small]]
        result[small] = np.where(of_small >= 0, of_small, group[small])
    return np.unique(result, return_inverse=True)[1].astype(group.dtype)
