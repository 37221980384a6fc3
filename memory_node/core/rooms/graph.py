"""
Which views stand at one spot, and which are neighbours: by driven links, by time, by closeness.

A robot that drives a building again and again passes the same places at other times, and often
nothing but closeness tells. Where somebody gave the memory a graph of ways, that tells instead.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from memory_node.core.rooms.views import BoolArray, IntArray, RealArray, RoomViews

__all__ = ['neighbor_pairs', 'view_spots']

#: Views that are at most this far from the first of them stand at one spot [m].
_SPOT_M = 0.5
#: Neighbouring spots of a spot, and the metres of height that count as one more.
_NEIGHBORS, _HEIGHT = 4, 3.0
#: Spots that are farther apart than this many usual ones are no neighbours.
_FAR = 2.0
#: Steps between views that are longer than this many usual ones, and than this [m], are jumps.
_JUMP, _JUMP_M = 3.0, 5.0


def view_spots(views: RoomViews) -> tuple[IntArray, BoolArray]:
    """
    Return (N,) the spot of each view, and whether a graph of ways tells its neighbours.

    A robot that looks around sees other things each time and still is in one room; so it is when
    it comes back. Where links tell more than the order in which views came, views that are close
    and not linked have a wall between them: then only those in a row share a spot.
    """
    order = np.lexsort((views.stamps, views.maps))
    place = np.empty(len(views), np.int64)
    place[order] = np.arange(len(views))
    across = views.links[np.abs(np.diff(place[views.links], axis=1)).ravel() > 1]
    charted = np.zeros(len(views), bool)
    charted[across.ravel()] = True
    anytime = _near_the_first(views, order)
    spot = np.where(charted, len(views) + _in_a_row(views, order), anytime)
    return np.unique(spot, return_inverse=True)[1].astype(np.int64), charted


def _in_a_row(views: RoomViews, order: IntArray) -> IntArray:
    spot = np.empty(len(views), np.int64)
    last, leader = -1, -1
    for view in order.tolist():
        near = (
            leader >= 0
            and views.maps[view] == views.maps[leader]
            and np.linalg.norm(views.positions[view] - views.positions[leader]) <= _SPOT_M
        )
        if not near:
            last, leader = last + 1, view
        spot[view] = last
    return spot


def _near_the_first(views: RoomViews, order: IntArray) -> IntArray:
    """Return (N,) spots at any time; a view without position is a spot of its own."""
    # Maps lie so far apart that none shares a spot with another.
    places = np.column_stack([views.positions, views.maps * (2.0 * _SPOT_M)])
    known = np.asarray(np.isfinite(places).all(axis=1))
    rows = np.flatnonzero(known)
    tree = cKDTree(places[rows])
    spot = np.full(len(views), -1, np.int64)
    for view in order.tolist():
        if spot[view] >= 0:
            continue
        spot[view] = view
        if known[view]:
            near = rows[tree.query_ball_point(places[view], _SPOT_M)]
            spot[near[spot[near] < 0]] = view
    return spot


def neighbor_pairs(
    views: RoomViews, spots: IntArray, charted: BoolArray
) -> tuple[IntArray, BoolArray]:
    """
    Return (E, 2) pairs of neighbouring views of one map, and (E,) which are drivable links.

    The smaller row is first, and no pair repeats. Views that no link reaches are joined to the
    one before and the one after; of each spot that no graph of ways tells of, the first view is
    joined to those of the nearest spots.
    """
    links = views.links[views.maps[views.links[:, 0]] == views.maps[views.links[:, 1]]]
    linked = np.zeros(len(views), bool)
    linked[links.ravel()] = True
    pairs = [links]
    if not linked.all():
        pairs.append(_beside_in_time(views, linked))
    first_of_spots = np.unique(spots, return_index=True)[1]
    pairs.append(_beside_in_space(views, first_of_spots[~charted[first_of_spots]]))
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
    kept &= ~(step > max(_JUMP * usual, _JUMP_M))  # unknown steps stay
    return np.stack([first[kept], second[kept]], axis=1)


def _beside_in_space(views: RoomViews, some: IntArray) -> IntArray:
    """Return pairs of the views ``some``, each with the nearest others of its map."""
    scaled: RealArray = views.positions * np.array([1.0, 1.0, _HEIGHT])
    some = some[np.isfinite(scaled[some]).all(axis=1)]
    pairs = [np.empty((0, 2), np.int64)]
    for one in np.unique(views.maps[some]):
        here = some[views.maps[some] == one]
        if len(here) < 2:
            continue
        count = min(_NEIGHBORS + 1, len(here))
        query = cKDTree(scaled[here]).query(scaled[here], k=count)
        away, found = (np.asarray(part) for part in query)
        limit = _FAR * max(float(np.median(away[:, 1])), 1e-6)
        at, place = np.nonzero((away > 0.0) & (away <= limit))
        pairs.append(np.stack([here[at], here[found[at, place]]], axis=1))
    return np.concatenate(pairs)
