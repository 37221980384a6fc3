"""Which rooms are none: views that nothing parts from the others beside them are of their room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.rooms.views import BoolArray, IntArray, RealArray, RoomViews

__all__ = ['absorbed']

#: Views of a fragment at most, and how near a view of its room is [m].
_VIEWS, _BESIDE_M = 4, 3.0
#: Log-odds of the best name below which neither captions nor what is there speak for any.
_UNSPOKEN = -0.5
#: Share of views in rooms that captions name from which on one that none names is of another.
_USUALLY_NAMED = 0.6
#: Metres of height count this often: another floor is another room.
_HEIGHT = 3.0


def absorbed(
    views: RoomViews,
    group: IntArray,
    confidences: NDArray[np.floating],
    votes: RealArray,
    driven: BoolArray,
) -> IntArray:
    """
    Return (N,) the room of each view, those of fragments with the room of the nearest view.

    A fragment is a few views that nothing speaks for. Where captions name most rooms, it is also
    what none of them names and no driven way reaches, if it is no larger than named rooms are:
    only what was seen there, which is other things in each corner of a room, has parted it.

    Parameters
    ----------
    views
        The views.
    group : (N,) array
        The room of each view as far as views alone tell.
    confidences : (R,) array
        Log-odds of the best name of each room.
    votes : (R,) array
        Votes of captions and plates for any name.
    driven : (N,) array
        Whether a driven way reaches each view.

    """
    count = int(group.max(initial=-1)) + 1
    sizes = np.bincount(group, minlength=count)
    fragment = (sizes <= _VIEWS) & (confidences < _UNSPOKEN)
    named = votes > 0.0
    if sizes[named].sum() > _USUALLY_NAMED * len(group):
        unreached = np.bincount(group[driven], minlength=count) == 0
        fragment |= ~named & unreached & (sizes <= sizes[named].mean())
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
