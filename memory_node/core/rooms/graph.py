"""Which views are neighbours: links that were driven, else closeness in time and space."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from memory_node.core.rooms.views import BoolArray, IntArray, RealArray, RoomViews

__all__ = ['neighbor_pairs']

#: Neighbours of a view that has no links, and the metres of height that count as one more.
_NEIGHBORS, _HEIGHT = 4, 3.0
#: Steps between views that are longer than this many usual ones are jumps.
_JUMP = 3.0


def neighbor_pairs(views: RoomViews) -> tuple[IntArray, BoolArray]:
    """
    Return (E, 2) pairs of neighbouring views of one map, and (E,) which are drivable links.

    The smaller row is first, and no pair repeats. Views that no link reaches are joined to the
    one before, the one after and the nearest.
    """
    links = views.links[views.maps[views.links[:, 0]] == views.maps[views.links[:, 1]]]
    linked = np.zeros(len(views), bool)
    linked[links.ravel()] = True
    alone = np.flatnonzero(~linked)
    pairs = [links]
    if len(alone):
        pairs.extend((_beside_in_time(views, linked), _beside_in_space(views, alone)))
    joined = np.sort(np.concatenate(pairs).astype(np.int64), axis=1)
    joined = joined[joined[:, 0] != joined[:, 1]]
    found, first = np.unique(joined, axis=0, return_index=True)  # links are first
    own = len(links) - int((links[:, 0] == links[:, 1]).sum())
    return found, first < own


def _beside_in_time(views: RoomViews, linked: np.ndarray) -> IntArray:
    order = np.lexsort((views.stamps, views.maps))
    first, second = order[:-1], order[1:]
    kept = (views.maps[first] == views.maps[second]) & ~(linked[first] & linked[second])
    step = np.linalg.norm(views.positions[second] - views.positions[first], axis=1)
    moved = step[np.isfinite(step) & (step > 0.0)]
    usual = float(np.median(moved)) if len(moved) else np.inf
    kept &= ~(step > _JUMP * usual)  # unknown steps stay
    return np.stack([first[kept], second[kept]], axis=1)


def _beside_in_space(views: RoomViews, alone: IntArray) -> IntArray:
    scaled: RealArray = views.positions * np.array([1.0, 1.0, _HEIGHT])
    known = np.asarray(np.isfinite(scaled).all(axis=1))
    pairs = [np.empty((0, 2), np.int64)]
    for one in np.unique(views.maps[alone]):
        here = np.flatnonzero((views.maps == one) & known)
        asked = alone[(views.maps[alone] == one) & known[alone]]
        if len(here) < 2 or not len(asked):
            continue
        count = min(_NEIGHBORS + 1, len(here))
        query = cKDTree(scaled[here]).query(scaled[asked], k=count)
        away, found = (np.asarray(part) for part in query)
        # Farther than twice the usual distance of a nearest view is no neighbour.
        limit = 2.0 * max(float(np.median(away[:, 1])), 1e-6)
        at, place = np.nonzero((away > 0.0) & (away <= limit))
        pairs.append(np.stack([asked[at], here[found[at, place]]], axis=1))
    return np.concatenate(pairs)
