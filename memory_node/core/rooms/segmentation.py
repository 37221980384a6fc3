"""
Groups views into rooms: neighbours are merged while the evidence says that they are in one room.

Every round scores each pair of neighbouring groups with log-odds, and every pair that is best for
both its groups merges. The evidence is of groups, not of single views: what two views of one room
show may have nothing in common, what two halves of it show has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, diags_array

from memory_node.core.rooms.views import BoolArray, IntArray, RealArray, RoomViews

__all__ = ['SegmentationSettings', 'segment']

#: Views from which on it counts that no caption of a group names it; sightings and votes for
#: names from which on it counts that both groups have the same, or others.
_SURE_VIEWS, _SURE_SEEN, _SURE_NAMED = 3.0, 4.0, 1.0
#: Share of what a room has to show that one look into it shows.
_ONE_LOOK = 0.3
#: Neighbouring spots of one room are usually within this distance [m].
_NEAR_M = 3.0
#: Share of named views from which on those that are not named count in full.
_OFTEN_NAMED = 0.5
#: More rounds than any graph needs that halves its groups at least every third one.
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class SegmentationSettings:
    """
    Log-odds that one kind of evidence is worth; 0 ignores it.

    ``test/rooms/evaluate.py --leave-out NAME`` measures each. With ``--no-stamps``, as on a robot
    that drives everything at once, leaving one out costs 0.03 to 0.6 of the adjusted Rand index
    of at least one set of buildings; ``drive`` gains 0.02 and 0.08 where stamps tell.
    """

    #: Two linked groups of which nothing is known.
    linked: float = 1.0
    #: Captions call both the same, or each something else.
    named: float = 3.0
    #: Plates give both the same number, or each another one.
    plates: float = 6.0
    #: Only one of two groups is ever named, where captions usually name rooms.
    half_named: float = 3.0
    #: Both show the same labels, or each others.
    labels: float = 1.5
    #: Both see the same placed objects, or each others.
    objects: float = 3.0
    #: Groups touch along a front, or through a door only.
    front: float = 2.0
    #: Groups were seen in one unbroken drive, or in two.
    drive: float = 3.0
    #: Each metre that neighbours are farther apart than usual in a room.
    far: float = 0.5


@dataclass(frozen=True, slots=True)
class _Groups:
    """What is known of G groups of views, and of the F fronts at which they touch."""

    #: (G,) number of views, and of links inside.
    sizes: RealArray
    inner: RealArray
    #: (G, L) and (G, O) spots that show each label and object, (G, O) nearness to each object,
    #: (G, K) votes for names, (G, P) votes of plates for numbers.
    labels: csr_array
    objects: csr_array
    near: csr_array
    names: csr_array
    plates: csr_array
    #: (F, 2) the two groups of each front, smaller number first.
    ends: IntArray
    #: (F,) pairs across, those that are drivable links, the sum of what their drives say, and of
    #: how far apart they are [m].
    links: RealArray
    driven: RealArray
    drives: RealArray
    gaps: RealArray

    def merged(self, new: IntArray) -> _Groups:
        """Return the groups after each has become part of group ``new``, numbered from 0."""
        count = int(new.max(initial=-1)) + 1
        member = csr_array((np.ones(len(new)), (new, np.arange(len(new)))), (count, len(new)))
        ends = np.sort(new[self.ends], axis=1)
        inside = ends[:, 0] == ends[:, 1]
        codes, place = np.unique(ends[~inside, 0] * count + ends[~inside, 1], return_inverse=True)
        return _Groups(
            _sums(new, self.sizes, count),
            _sums(new, self.inner, count) + _sums(ends[inside, 0], self.links[inside], count),
            csr_array(member @ self.labels),
            csr_array(member @ self.objects),
            csr_array(member @ self.near),
            csr_array(member @ self.names),
            csr_array(member @ self.plates),
            np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1).astype(np.int64),
            _sums(place, self.links[~inside], len(codes)),
            _sums(place, self.driven[~inside], len(codes)),
            _sums(place, self.drives[~inside], len(codes)),
            _sums(place, self.gaps[~inside], len(codes)),
        )


def _sums(places: IntArray, values: RealArray, count: int) -> RealArray:
    """Return (count,) sums of the values at each place."""
    return np.bincount(places, values, count).astype(np.float64)


def segment(
    views: RoomViews,
    spots: IntArray,
    pairs: IntArray,
    driven: BoolArray,
    named: csr_array,
    settings: SegmentationSettings | None = None,
    *,
    plated: csr_array | None = None,
) -> IntArray:
    """
    Return (N,) the group of each view, numbered by first row; O(E log N).

    Parameters
    ----------
    views
        The views to group.
    spots : (N,) array
        The spot of each view, numbered from 0; views of one spot are in one room.
    pairs : (E, 2) array
        Neighbouring views, as ``neighbor_pairs`` returns them.
    driven : (E,) array
        Whether each pair is a link that the robot can drive.
    named : (N, K) array
        Votes of each caption for the names of rooms, as it says them.
    settings
        How much each kind of evidence counts.
    plated : (N, P) array
        Votes of plates for the numbered rooms of views; None where none was read.

    """
    given = settings or SegmentationSettings()
    count = len(views)
    if not count:
        return np.empty(0, np.int64)
    groups = _Groups(
        np.ones(count),
        np.zeros(count),
        views.seen_labels,
        views.seen_objects,
        _near_objects(views),
        named,
        csr_array((count, 0)) if plated is None else plated,
        pairs,
        np.ones(len(pairs)),
        driven.astype(float),
        _same_drive(views, pairs),
        _gaps(views, pairs),
    )
    group = spots
    groups = groups.merged(group)
    for seen in (groups.labels, groups.objects):  # what one spot shows again says no more
        np.minimum(seen.data, 1.0, out=seen.data)
    usually_named = min(float((np.diff(named.indptr) > 0).mean()) / _OFTEN_NAMED, 1.0)
    given = replace(given, half_named=given.half_named * usually_named)
    for _ in range(_ROUNDS):
        new = _mutual_best(groups, _same_room(groups, given))
        if new is None:
            break
        groups = groups.merged(new)
        group = new[group]
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind='stable')] = np.arange(len(first))
    numbered: IntArray = order[inverse]
    return numbered


def _same_drive(views: RoomViews, pairs: IntArray) -> RealArray:
    """
    Return (E,) how much more each pair is of one unbroken drive than pairs usually are.

    All are 0 where everything was seen in one drive: then this says nothing.
    """
    if not len(pairs):
        return np.zeros(0)
    order = np.lexsort((views.stamps, views.maps))
    place = np.empty(len(views), np.int64)
    place[order] = np.arange(len(views))
    steps = place[pairs]
    broken = np.ones(len(views), bool)
    broken[steps[np.abs(steps[:, 0] - steps[:, 1]) == 1].max(axis=1)] = False
    drives = np.cumsum(broken)[place]
    same = (drives[pairs[:, 0]] == drives[pairs[:, 1]]).astype(float)
    return np.asarray(same - same.mean())


def _gaps(views: RoomViews, pairs: IntArray) -> RealArray:
    """Return (E,) the distance of each pair [m], 0 where it is not known."""
    step = views.positions[pairs[:, 1]] - views.positions[pairs[:, 0]]
    return np.asarray(np.nan_to_num(np.linalg.norm(step, axis=1)))


def _near_objects(views: RoomViews) -> csr_array:
    """Return (N, O) how near each view is to each placed object that it sees."""
    seen = views.seen_objects.tocoo()
    row, column = seen.coords
    away = np.linalg.norm(views.positions[row] - views.object_positions[column], axis=1)
    kept = np.isfinite(away)
    usual = float(np.median(away[kept])) if kept.any() else 1.0
    weights = 1.0 / (1.0 + (away[kept] / max(usual, 1e-6)) ** 2)
    return csr_array((weights, (row[kept], column[kept])), shape=seen.shape)


def _same_room(groups: _Groups, given: SegmentationSettings) -> RealArray:
    """Return (F,) log-odds that the two groups of each front are one room."""
    left, right = groups.ends.T
    smaller = np.minimum(groups.sizes[left], groups.sizes[right])
    score = np.full(len(left), given.linked)
    score += given.labels * _alike(groups.labels, groups.labels, left, right)
    score += given.objects * _alike(groups.near, groups.objects, left, right)
    named = _held(groups.names, left, right, _SURE_NAMED)
    score += given.named * named * (2.0 * _cosines(groups.names, left, right) - 1.0)
    plated = _held(groups.plates, left, right, _SURE_NAMED)
    score += given.plates * plated * (2.0 * _cosines(groups.plates, left, right) - 1.0)
    votes = _sums_of_rows(groups.names) / groups.sizes
    sure = smaller / (smaller + _SURE_VIEWS)
    score -= given.half_named * np.abs(votes[left] - votes[right]) * sure
    # A front as wide as the smaller group: views in a grid touch along it, a door is one link.
    # Views in single file touch by one link everywhere; for them a narrow front says nothing.
    # Nor does one of pairs that are merely close: they reach through walls.
    grid = np.clip((groups.inner - groups.sizes + 1.0) / groups.sizes, 0.0, 0.5) * 2.0
    width = np.log(groups.links / np.sqrt(smaller))
    narrow = np.minimum(width, 0.0) * np.minimum(grid[left], grid[right])
    shape = narrow + np.maximum(width, 0.0)
    score += given.front * shape * groups.driven / groups.links
    score += given.drive * groups.drives / groups.links
    score -= given.far * np.maximum(groups.gaps / groups.links - _NEAR_M, 0.0)
    return score


def _alike(table: csr_array, spots: csr_array, left: IntArray, right: IntArray) -> RealArray:
    """
    Return (F,) in [-1, 1] how far two groups show the same things: 0 where one shows none.

    That they show nothing in common counts as far as each shows its things from several spots;
    what few views of a large room show has often nothing in common.

    Parameters
    ----------
    table : (G, T) array
        How much each group shows each thing.
    spots : (G, T) array
        From how many spots each group shows each thing.
    left, right : (F,) arrays
        The groups to compare.

    """
    alike = 2.0 * _cosines(table, left, right) - 1.0
    covered = _coverage(spots)
    unlike = covered[left] * covered[right]
    sure = _held(table, left, right, _SURE_SEEN)
    return np.asarray(alike * sure * np.where(alike < 0.0, unlike, 1.0))


def _coverage(spots: csr_array) -> RealArray:
    """
    Return (G,) the share of what there is to see that each group shows.

    Estimated by what was seen from one spot only (Good 1953, The population frequencies of
    species and the estimation of population parameters); a single look shows ``_ONE_LOOK``.
    """
    once = spots.copy()
    once.data = np.where(once.data == 1.0, 1.0, 0.0)
    seen_again = 1.0 - _sums_of_rows(once) / np.maximum(_sums_of_rows(spots), 1.0)
    return np.asarray(np.maximum(seen_again, _ONE_LOOK))


def _held(table: csr_array, left: IntArray, right: IntArray, sure_from: float) -> RealArray:
    """Return (F,) in [0, 1] how much both rows hold, 0.5 at ``sure_from``."""
    mass = _sums_of_rows(table)
    held = np.minimum(mass[left], mass[right])
    return np.asarray(held / (held + sure_from))


def _cosines(table: csr_array, left: IntArray, right: IntArray) -> RealArray:
    """Return (F,) cosines of two rows, 0 where one is empty."""
    norms = np.sqrt(np.maximum(_sums_of_rows(table.multiply(table)), 1e-12))
    scaled = csr_array(diags_array(1.0 / norms) @ table)
    return _sums_of_rows(scaled[left].multiply(scaled[right]))


def _sums_of_rows(table: csr_array) -> RealArray:
    return np.asarray(table.sum(axis=1)).ravel()


def _mutual_best(groups: _Groups, scores: RealArray) -> IntArray | None:
    """Return (G,) the new group of each, pairs merged that are best for both; None for none."""
    kept = scores > 0.0
    if not kept.any():
        return None
    count = len(groups.sizes)
    left, right = groups.ends[kept].T
    rank = np.empty(len(left), np.int64)
    rank[np.argsort(-scores[kept], kind='stable')] = np.arange(len(left))
    best = np.full(count, len(left), np.int64)
    np.minimum.at(best, left, rank)
    np.minimum.at(best, right, rank)
    mutual = (best[left] == rank) & (best[right] == rank)
    new = np.arange(count)
    new[right[mutual]] = left[mutual]  # pairs have no group in common
    numbered: IntArray = np.unique(new, return_inverse=True)[1].astype(np.int64)
    return numbered
