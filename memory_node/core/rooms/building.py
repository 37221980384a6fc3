"""Makes the rooms of a memory: group views, place objects, name, join; seconds for 100,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from memory_node.core.rooms.captions import CaptionReader
from memory_node.core.rooms.contents import contents_log_odds, Encode, label_likelihoods
from memory_node.core.rooms.fragments import absorbed
from memory_node.core.rooms.graph import neighbor_pairs, view_spots
from memory_node.core.rooms.naming import (
    best_names,
    BUILT,
    built_features,
    label_presence,
    name_log_odds,
    read_captions,
    Said,
)
from memory_node.core.rooms.plates import named_by_plates, numbered_by_plates, Plate, with_plates
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.segmentation import segment, SegmentationSettings
from memory_node.core.rooms.views import BoolArray, IntArray, RealArray, RoomViews
from memory_node.core.rooms.vocabulary import Vocabulary

__all__ = ['MAKING', 'RoomBuilder']

#: Counts up where the same views become other rooms than before: they are then made anew.
MAKING = 3

#: Log-odds that a name no list has is right before captions say it.
_UNLISTED = -1.0
#: Captions that name a room count as much as what stands in it from this many on.
_GUESSED = 3.0
#: Floors are other rooms: metres of height count this often.
_HEIGHT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What the rooms of a grouping are called; see ``Rooms``."""

    room_of_object: NDArray[np.int32]
    names: tuple[str, ...]
    confidences: RealArray
    direct: NDArray[np.bool_]
    kind_scores: RealArray
    said: tuple[str, ...]
    votes: RealArray
    plates: tuple[Plate, ...]


class RoomBuilder:
    """Makes ``Rooms``; keeps what captions say between updates. Thread-safe."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        encode: Encode | None = None,
        settings: SegmentationSettings | None = None,
    ) -> None:
        """Name the words to use; ``encode`` lets labels that no list has count by meaning."""
        self._vocabulary = vocabulary
        self._reader = CaptionReader(vocabulary)
        self._encode = encode
        self._settings = settings

    def build(self, views: RoomViews, previous: Rooms | None = None) -> Rooms:
        """Return the rooms of ``views``; a room keeps the id of the old one it shares most of."""
        vocabulary = self._vocabulary
        said = read_captions(views, self._reader, vocabulary)
        spots, charted = view_spots(views)
        pairs, driven = neighbor_pairs(views, spots, charted)
        plated = numbered_by_plates(views, spots, vocabulary)
        shared = said.with_alike(vocabulary.bare)
        group = segment(views, spots, pairs, driven, shared, self._settings, plated=plated)
        named = self._named(views, group, pairs, said)
        reached = np.isin(np.arange(len(views)), pairs[driven])
        whole = absorbed(views, group, named.confidences, named.votes.sum(axis=1), reached)
        if whole.max(initial=-1) < group.max(initial=-1):
            group = whole
            named = self._named(views, group, pairs, said)
        count = int(group.max(initial=-1)) + 1
        near = _crossing(group, _ways(pairs, driven, len(group)), count)
        sizes = np.bincount(group, minlength=count)
        return Rooms(
            keys=np.array(views.keys, np.int64),
            room_of_row=group.astype(np.int32),
            room_of_object=named.room_of_object,
            ids=_stable_ids(views.keys, group, count, previous),
            names=named.names,
            confidences=named.confidences,
            named=named.direct,
            kinds=vocabulary.names,
            kind_scores=named.kind_scores.astype(np.float32),
            said=named.said,
            said_votes=named.votes.astype(np.float32),
            maps=_first_of(views.maps, group, count).astype(np.int32),
            centers=_centers(views.positions, group, count),
            representatives=_representatives(views, group, pairs, named.plates),
            row_starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            rows=np.argsort(group, kind='stable').astype(np.int64),
            near_starts=near.indptr.astype(np.int64),
            near_rooms=near.indices.astype(np.int64),
            near_links=near.data,
        )

    def _named(self, views: RoomViews, group: IntArray, pairs: IntArray, said: Said) -> _Named:
        """Return what rooms are called, by captions, plates and what stands in them."""
        vocabulary = self._vocabulary
        plates = named_by_plates(views, group, vocabulary)
        said = with_plates(said, plates, vocabulary)
        by_kind = said.by_kind(len(vocabulary))
        count = int(group.max(initial=-1)) + 1
        member = csr_array(
            (np.ones(len(group)), (group, np.arange(len(group)))), (count, len(views))
        )
        room_of_object = _rooms_of_objects(views, group)
        presence = label_presence(views, member, room_of_object)
        shape = built_features(views, pairs, member)
        likelihoods = label_likelihoods([*views.labels, *BUILT], vocabulary, self._encode)
        votes = (member @ said.votes).toarray()
        kind_votes = (member @ by_kind).toarray()
        named = votes.sum(axis=1)
        scores = name_log_odds(kind_votes, named)
        contents = contents_log_odds(np.hstack([presence, shape]), likelihoods)
        scores[:, : len(vocabulary)] += contents * (_GUESSED / (_GUESSED + named))[:, None]
        scores[:, len(vocabulary) :] += _UNLISTED
        told = (member @ said.with_alike(vocabulary.bare)).toarray()
        names, confidences, direct = best_names(scores, votes, told, said, vocabulary)
        return _Named(
            room_of_object=room_of_object,
            names=names,
            confidences=confidences,
            direct=direct,
            kind_scores=scores[:, : len(vocabulary)],
            said=said.names,
            votes=votes,
            plates=tuple(plates),
        )


def _first_of(values: NDArray[np.int32], group: IntArray, count: int) -> NDArray[np.int32]:
    first = np.zeros(count, np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return values[first]


def _centers(positions: RealArray, group: IntArray, count: int) -> RealArray:
    known = np.isfinite(positions).all(axis=1)
    sums = np.stack(
        [np.bincount(group[known], positions[known, axis], count) for axis in range(3)], axis=1
    )
    with np.errstate(invalid='ignore'):
        centers: RealArray = sums / np.bincount(group[known], minlength=count)[:, None]
    return centers


def _ways(pairs: IntArray, driven: BoolArray, count: int) -> IntArray:
    """Return the driven pairs, and those of views that none reaches: closeness has no walls."""
    reached = np.zeros(count, bool)
    reached[pairs[driven].ravel()] = True
    return pairs[driven | ~reached[pairs].all(axis=1)]


def _crossing(group: IntArray, pairs: IntArray, count: int) -> csr_array:
    """Return (R, R) how many pairs of views join each two rooms."""
    ends = group[pairs]
    ends = ends[ends[:, 0] != ends[:, 1]]
    both = np.concatenate([ends, ends[:, ::-1]])
    near = csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), (count, count))
    near.sum_duplicates()
    return near


def _rooms_of_objects(views: RoomViews, group: IntArray) -> NDArray[np.int32]:
    """Return (O,) the room of the views that see each object from nearest, all together."""
    seen = views.seen_objects.tocoo()
    count, rooms = len(views.object_labels), int(group.max(initial=-1)) + 1
    away = np.linalg.norm(views.positions[seen.row] - views.object_positions[seen.col], axis=1)
    nearest = np.full(count, np.inf)
    np.fmin.at(nearest, seen.col, away)
    # Twice as far as the nearest counts e times less; unknown distances count alike.
    scale = np.maximum(nearest[seen.col], 0.5)
    weights = np.exp(-np.where(np.isfinite(away), (away - nearest[seen.col]) / scale, 0.0))
    votes = csr_array((weights, (seen.col, group[seen.row])), (count, max(rooms, 1)))
    votes.sum_duplicates()
    result = np.full(count, -1, np.int32)
    owner = np.repeat(np.arange(count), np.diff(votes.indptr))
    order = np.lexsort((votes.data, owner))  # the last of each object is its best
    result[owner[order]] = votes.indices[order]
    return result


def _representatives(
    views: RoomViews, group: IntArray, pairs: IntArray, plates: Sequence[Plate]
) -> IntArray:
    """
    Return (R,) a view of each room that is near its middle and far from other rooms.

    A room with a plate may hold views of the next one: it is represented by one behind its plate.
    """
    count = int(group.max(initial=-1)) + 1
    inside = group[pairs[:, 0]] == group[pairs[:, 1]]
    degree = np.bincount(pairs[inside].ravel(), minlength=len(group))
    good = degree * 1e-3  # decides where no positions are known
    scaled = views.positions * np.array([1.0, 1.0, _HEIGHT])
    known = np.isfinite(scaled).all(axis=1)
    off = np.linalg.norm(views.positions - _centers(views.positions, group, count)[group], axis=1)
    good[known] -= off[known]
    for one in np.unique(views.maps):
        here = np.flatnonzero(known & (views.maps == one))
        good[here] += _margins(scaled[here], group[here])
    behind = np.zeros(len(group), bool)
    behind[[row for plate in plates for row in plate.behind]] = True
    order = np.lexsort((-np.arange(len(group)), good, behind))  # of equals the first view wins
    best = np.zeros(count, np.int64)
    best[group[order]] = order
    return best


def _margins(points: RealArray, group: IntArray) -> RealArray:
    """Return how far the nearest view of another room is from each, up to a limit."""
    if len(points) < 2:
        return np.zeros(len(points))
    away, found = cKDTree(points).query(points, k=min(17, len(points)))
    other = (found < len(points)) & (group[np.minimum(found, len(points) - 1)] != group[:, None])
    margin: RealArray = np.where(other, away, np.inf).min(axis=1)
    return np.asarray(np.minimum(margin, away[:, -1]))


def _stable_ids(keys: IntArray, group: IntArray, count: int, previous: Rooms | None) -> IntArray:
    """Return (R,) ids: that of the old room with most views in common, else a new one."""
    ids = np.full(count, -1, np.int64)
    if previous is None or not len(previous):
        return np.arange(count)
    _, new_rows, old_rows = np.intersect1d(
        keys, previous.keys, assume_unique=True, return_indices=True
    )
    codes, shared = np.unique(
        group[new_rows] * len(previous) + previous.room_of_row[old_rows], return_counts=True
    )
    taken: set[int] = set()
    for i in np.argsort(-shared, kind='stable'):
        room, old = divmod(int(codes[i]), len(previous))
        if ids[room] < 0 and old not in taken:
            ids[room] = previous.ids[old]
            taken.add(old)
    fresh = np.flatnonzero(ids < 0)
    ids[fresh] = int(previous.ids.max()) + 1 + np.arange(len(fresh))
    return ids
