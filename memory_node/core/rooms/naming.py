"""What each room is: captions that name it, then what stands in it, then how it is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from memory_node.core.rooms.captions import CaptionReader, PlaceName
from memory_node.core.rooms.views import IntArray, RealArray, RoomViews
from memory_node.core.rooms.vocabulary import split_number, Vocabulary

__all__ = [
    'BUILT',
    'Said',
    'best_names',
    'built_features',
    'label_presence',
    'name_log_odds',
    'read_captions',
]

#: Votes that a name has before any caption is read, and share of votes that may be wrong.
_EMPTY, _ERRORS = 0.2, 0.2
#: Share of a room's views that show a label for it to be surely in the room.
_SURE_SHARE = 0.15
#: Worth of a label that is placed, but in other rooms: it is seen through a door.
_ELSEWHERE = 0.3
#: Share of a vote for "manager office" that the kind of its last word gets, and of one for
#: "classroom 1a" or "cheese cellar" that "classroom" or "cellar" gets, or its synonym.
_HEAD_SHARE, _SHORTER, _SYNONYM = 0.7, 0.7, 0.5
#: What ``built_features`` returns, under the names that the vocabulary has for it.
BUILT = ('(bare)', '(sloping)')
#: Rise of a link from which on it is a slope, and least height that is one [m].
_SLOPE, _RISE = 0.25, 0.3
#: Votes from which on captions that agree name a room, whatever stands in it, and the least
#: log-odds of such a name.
_AGAIN, _TOLD = 1.5, 1.0
#: Log-odds from which on a name is worth giving to a room.
_NAME_FROM = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """Names of places as the captions say them."""

    #: (A,) distinct names.
    names: tuple[str, ...]
    #: (N, A) votes of each caption.
    votes: csr_array
    #: (A,) kind of the vocabulary that each name is of, by itself or by its last words; or -1.
    kinds: IntArray
    #: (A,) share of a vote that the kind gets.
    shares: RealArray

    def with_alike(self, bare: frozenset[str]) -> csr_array:
        """
        Return (N, A) votes, those for a name shared with its synonyms and with shorter names.

        Only names that captions say too: a stockroom is a storeroom, a cheese cellar a cellar, a
        reception area a reception, with "area" one of the ``bare`` place nouns, and classroom 1a
        a classroom.
        """
        column = {name: i for i, name in enumerate(self.names)}
        listed = np.flatnonzero((self.kinds >= 0) & (self.shares == 1.0))
        same = listed[np.argwhere(self.kinds[listed][:, None] == self.kinds[listed])]
        shared = {(i, j): _SYNONYM for i, j in same.tolist() if i != j}
        for name, i in column.items():
            ends = _shorter(name, bare) & column.keys()
            shared |= {(i, column[shorter]): _SHORTER for shorter in ends}
        rows, columns = np.array(list(shared), np.int64).reshape(-1, 2).T
        shape = (len(column), len(column))
        also = csr_array((np.array(list(shared.values())), (rows, columns)), shape)
        return csr_array(self.votes + self.votes @ also)

    def by_kind(self, count: int) -> csr_array:
        """Return (N, K + A) votes for kinds, and for names that are of none."""
        columns = np.where(self.kinds >= 0, self.kinds, count + np.arange(len(self.names)))
        shape = (len(self.names), count + len(self.names))
        to_kind = csr_array((self.shares, (np.arange(len(self.names)), columns)), shape)
        return csr_array(self.votes @ to_kind)


def _shorter(name: str, bare: frozenset[str]) -> set[str]:
    """Return what a place may be called in fewer words."""
    unnumbered = split_number(name)[0]
    words = unnumbered.split()
    ends = {' '.join(words[start:]) for start in range(1, len(words))}
    if len(words) > 1 and words[-1] in bare:
        ends.add(' '.join(words[:-1]))
    return (ends | {unnumbered}) - {name}


def read_captions(views: RoomViews, reader: CaptionReader, vocabulary: Vocabulary) -> Said:
    """Return the places that captions name; each text is read once."""
    found: Sequence[tuple[PlaceName, ...]] = reader.names(
        views.captions,
        frozenset(label.casefold() for label in views.labels) - views.mentioned,
    )
    index: dict[str, int] = {}
    rows, columns, weights = [], [], []
    for row, places in enumerate(found):
        for place in places:
            rows.append(row)
            columns.append(index.setdefault(place.name, len(index)))
            weights.append(place.weight)
    exact = np.array([vocabulary.index(name) for name in index], np.int64)
    heads = np.array([vocabulary.head_index(name) for name in index], np.int64)
    return Said(
        tuple(index),
        csr_array((weights, (rows, columns)), (len(views), len(index))),
        np.where(exact >= 0, exact, heads),
        np.where((exact < 0) & (heads >= 0), _HEAD_SHARE, 1.0),
    )


def name_log_odds(votes: RealArray, named: RealArray) -> RealArray:
    """
    Return how much the votes of captions add to the log-odds of each name; 0 without votes.

    Parameters
    ----------
    votes : (R, K) array
        Votes for each name.
    named : (R,) array
        Votes for any name.

    """
    for_it = np.log((votes + _EMPTY) / _EMPTY)
    for_any = np.log((_ERRORS * named + 0.3) / 0.3)
    result: RealArray = 2.0 * (for_it - for_any[:, None])
    return result


def label_presence(
    views: RoomViews, member: csr_array, room_of_object: NDArray[np.int32]
) -> RealArray:
    """
    Return (R, L) how surely each label is in each room, in [0, 1].

    Parameters
    ----------
    views
        The views.
    member : (R, N) array
        One where a view is in a room.
    room_of_object : (O,) array
        Room of each object, -1 where it is not known.

    """
    sizes = np.maximum(np.asarray(member.sum(axis=1)).ravel(), 1.0)
    seen = (member @ views.seen_labels).toarray() / sizes[:, None]
    presence: RealArray = np.minimum(seen / _SURE_SHARE, 1.0)
    held = room_of_object >= 0
    labels = views.object_labels[held]
    presence[:, np.unique(labels)] *= _ELSEWHERE
    presence[room_of_object[held], labels] = 1.0
    return presence


def built_features(views: RoomViews, pairs: IntArray, member: csr_array) -> RealArray:
    """
    Return (R, 2) share of views that show nothing, and how surely a way slopes.

    They count as two more labels: hallways are bare, staircases slope.
    """
    sizes = np.maximum(np.asarray(member.sum(axis=1)).ravel(), 1.0)
    bare = (member @ (np.diff(views.label_starts) == 0).astype(float)) / sizes
    step = np.abs(views.positions[pairs[:, 0]] - views.positions[pairs[:, 1]])
    rise, run = step[:, 2], np.hypot(step[:, 0], step[:, 1])
    sloping = np.zeros(len(views))
    sloping[pairs[(rise > _RISE) & (rise > _SLOPE * run)].ravel()] = 1.0
    slopes = np.minimum((member @ sloping) / sizes / _SURE_SHARE, 1.0)
    return np.stack([bare, slopes], axis=1)


def _mostly_called(votes: RealArray, told: RealArray, names: Sequence[str]) -> IntArray:
    """
    Return the name that captions and plates give each room again and again, -1 where they do not.

    ``told`` are the votes with those for names that are alike; of several names the one of most
    words says most. One with a number goes first: that most views call room 214 an office is no
    vote against it.
    """
    numbered = np.array([bool(split_number(name)[1]) for name in names], bool)
    called = np.full(len(votes), -1)
    words = np.array([name.count(' ') for name in names])
    for given, of in ((told, votes), (votes * numbered, votes * numbered)) if len(names) else ():
        sure = (given >= _AGAIN) & (given > 0.5 * of.sum(axis=1, keepdims=True))
        most = np.where(sure, words * given.max(initial=1.0) + given, -1.0).argmax(axis=1)
        called = np.where(sure.any(axis=1), most, called)
    return called


def best_names(
    scores: RealArray, votes: RealArray, told: RealArray, said: Said, vocabulary: Vocabulary
) -> tuple[tuple[str, ...], RealArray, NDArray[np.bool_]]:
    """
    Return the best name of each room, its log-odds, and whether captions say it.

    Parameters
    ----------
    scores : (R, K + A) array
        Log-odds of the kinds, then of the names that are of no kind.
    votes : (R, A) array
        Votes for the names as the captions say them.
    told : (R, A) array
        The same with those for names that are alike.
    said
        Those names.
    vocabulary
        The kinds.

    """
    names, direct = [], np.zeros(len(scores), bool)
    best = scores.argmax(axis=1) if scores.size else np.zeros(len(scores), np.int64)
    confidence = scores[np.arange(len(scores)), best] if scores.size else np.zeros(len(scores))
    called = _mostly_called(votes, told, said.names)
    for room, column in enumerate(best):
        if (told := called[room]) >= 0:
            names.append(said.names[told])
            direct[room] = True
            kind = said.kinds[told]
            column = kind if kind >= 0 else len(vocabulary) + told
            confidence[room] = max(scores[room, column], _TOLD)
            continue
        if column >= len(vocabulary):
            unlisted = int(column) - len(vocabulary)
            direct[room] = votes[room, unlisted] > 0.0
            names.append(said.names[unlisted] if direct[room] else '')
            continue
        own = np.flatnonzero((said.kinds == column) & (votes[room] > 0.0))
        direct[room] = len(own) > 0
        if len(own):
            names.append(said.names[own[votes[room, own].argmax()]])
        elif confidence[room] >= _NAME_FROM:
            names.append(vocabulary.kinds[column].name)
        else:
            names.append('')
    return tuple(names), confidence, direct
