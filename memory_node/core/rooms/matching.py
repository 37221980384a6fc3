"""Which rooms a phrase asks for: its name, a synonym, its last words, then its meaning."""

from __future__ import annotations

from collections.abc import Sequence
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.noun_phrases import head_noun
from memory_node.core.language.text import singular_phrase
from memory_node.core.language.wordnet import wordnet
from memory_node.core.rooms.contents import Encode
from memory_node.core.rooms.naming import name_log_odds
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.views import RealArray
from memory_node.core.rooms.vocabulary import plain, split_number, Vocabulary

__all__ = ['NEXT_TO_SURE', 'RoomMatcher', 'next_to']

#: Log-odds of a room that nothing speaks for.
_NOTHING = -6.0
#: Log-odds of every room where any will do: "which room is next to the kitchen?".
_ANY = 3.0
#: Gain of captions that say the very words; cost where they say them of other rooms only.
_SAID, _SAID_ELSEWHERE, _OTHER_NUMBER = 1.0, -1.0, -4.0
#: Cost and most log-odds of a narrower kind (a nursery for a bedroom) and of one that is easily
#: mixed up: the first is right when no other room is, the second is only the best guess.
_NARROWER, _NEAR = (-1.0, 0.1), (-2.0, -1.5)
#: Rooms that are as surely meant as the best one lie within this many log-odds of it.
_AS_SURE = 4.0
#: Log-odds from which on a room is meant for sure, and not only as the likeliest one.
_SURE = 0.4
#: Cost of matching only the last words, only some words, only by meaning.
_HEAD, _SOME_WORDS, _MEANING = -1.5, -1.0, -1.5
#: Cosine from which on a name means the same, and the cost of one less.
_SIMILAR, _STEEP = 0.6, 5.0
#: Worth of more links between two rooms, and log-odds beyond which surer is no better.
_WIDER, NEXT_TO_SURE = 0.3, 3.0
_ARTICLE = re.compile(r'^(?:(?:the|a|an|any|some|this|that|my|our|your|nearest|next) )+')


class RoomMatcher:
    """Scores rooms for phrases; immutable and thread-safe."""

    def __init__(self, vocabulary: Vocabulary, encode: Encode | None = None) -> None:
        """Name the words to use; ``encode`` adds matches by meaning."""
        self.vocabulary = vocabulary
        self._encode = encode

    def log_odds(self, rooms: Rooms, phrase: str) -> RealArray:
        """
        Return (R,) log-odds that the phrase means each room; all negative when none is meant.

        Costs one row of arithmetic per room; with an encoder, one text is encoded for a phrase
        that is neither listed nor said.
        """
        wanted = _ARTICLE.sub('', plain(phrase))
        if not len(rooms) or not wanted:
            return np.full(len(rooms), _NOTHING)
        scores = np.full(len(rooms), _NOTHING)
        kind = self.vocabulary.index(wanted)
        if kind < 0 and singular_phrase(wanted) in self.vocabulary.bare:
            return np.full(len(rooms), _ANY)
        if kind >= 0:
            scores = np.maximum(scores, self._of_kind(rooms, kind))
        said = self._said(rooms, wanted)
        if said is not None:
            votes, exact = said
            listed = np.maximum(scores, _NOTHING)
            if split_number(wanted)[1]:  # that it is called an office is no vote against 214
                numbered = [bool(split_number(name)[1]) for name in rooms.said]
                rivals = rooms.said_votes[:, numbered].sum(axis=1)
            elif kind < 0 and exact:  # nor that others call the tool store a storeroom
                rivals = np.full(len(votes), votes.sum())
            else:
                rivals = rooms.said_votes.sum(axis=1)
            by_name = name_log_odds(votes[:, None], rivals)[:, 0] - 1.5
            by_name = np.where(votes > 0.0, by_name + (0.0 if exact else _SOME_WORDS), _NOTHING)
            if kind >= 0 and exact:
                plainly = wanted == self.vocabulary.names[kind]
                listed = listed + np.where(votes > 0.0, _SAID, 0.0 if plainly else _SAID_ELSEWHERE)
                if not plainly:  # a "wet lab" is no "teaching lab", though both are labs
                    other = votes == 0.0
                    if not split_number(wanted)[1]:
                        other &= rooms.said_votes.sum(axis=1) > 0.0
                    listed = np.where(other, np.minimum(listed, _OTHER_NUMBER), listed)
            scores = np.maximum(listed, by_name)
        if kind < 0 and (said is None or not said[1]):
            scores = np.maximum(scores, self._by_meaning(rooms, wanted))
        return scores

    def knows(self, rooms: Rooms, phrase: str) -> bool:
        """Tell whether a whole phrase is a listed name of rooms, or one that captions say."""
        wanted = plain(phrase)
        said = self._said(rooms, wanted)
        return self.vocabulary.index(wanted) >= 0 or (said is not None and said[1])

    def may_name(self, rooms: Rooms, phrase: str) -> bool:
        """
        Tell whether a phrase can name a room: listed, said by captions, a place, or unknown.

        A plain name of a thing ("the bathtub") names no room, however near it is in meaning.
        """
        wanted = _ARTICLE.sub('', plain(phrase))
        if self.vocabulary.index(wanted) >= 0 or self.vocabulary.head_index(wanted) >= 0:
            return True
        if self._said(rooms, wanted) is not None:
            return True
        return wordnet().is_place(wanted) or not wordnet().is_noun(head_noun(wanted))

    @staticmethod
    def meant(scores: RealArray, holds: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """
        Return (R,) which rooms a phrase means that takes for granted that there is one.

        "How many chairs are in the office" is of the likeliest office where none is sure.

        Parameters
        ----------
        scores : (R,) array
            Log-odds of each room.
        holds : (R,) array, optional
            Rooms that hold what is spoken of; where no room is sure, one of these is meant.

        """
        if not len(scores):
            return np.zeros(0, bool)
        best = float(scores.max())
        if best > _SURE:
            return np.asarray(scores >= max(_SURE, best - _AS_SURE))
        allowed = np.ones(len(scores), bool) if holds is None or not holds.any() else holds
        return np.asarray(allowed & (scores >= scores[allowed].max()))

    def _of_kind(self, rooms: Rooms, kind: int) -> RealArray:
        scores = rooms.kind_scores[:, kind].astype(float)
        for relation, cost, most in (('narrower', *_NARROWER), ('near', *_NEAR)):
            other = self.vocabulary.related(kind, relation)
            if len(other):
                best = rooms.kind_scores[:, other].max(axis=1) + cost
                scores = np.maximum(scores, np.minimum(best, most))
        return scores

    def _said(self, rooms: Rooms, wanted: str) -> tuple[RealArray, bool] | None:
        """Return (R,) votes for names that have the words, and whether they are those alone."""
        form = singular_phrase(wanted)
        exact = [i for i, name in enumerate(rooms.said) if name in (wanted, form)]
        if exact:
            return self._votes(rooms, exact), True
        before, number = split_number(form)
        if number:  # another number is another room, and one that nothing says is none
            words = set(before.split()) - self.vocabulary.bare
            numbered = [
                i
                for i, name in enumerate(rooms.said)
                if split_number(name)[1] == number and words <= set(name.split())
            ]
            known = self.vocabulary.index(before) >= 0 or before in self.vocabulary.heads
            if numbered or known:  # not "given cabin 14"
                return self._votes(rooms, numbered), True
        words = set(form.split())
        some = [
            i
            for i, name in enumerate(rooms.said)
            if words <= set(name.split()) and self.vocabulary.index(name) < 0
        ]
        return (self._votes(rooms, some), False) if some else None

    @staticmethod
    def _votes(rooms: Rooms, some: Sequence[int]) -> RealArray:
        return np.asarray(rooms.said_votes[:, some].sum(axis=1), float)

    def _by_meaning(self, rooms: Rooms, wanted: str) -> RealArray:
        scores = np.full(len(rooms), _NOTHING)
        head = self.vocabulary.head_index(wanted)
        if self._encode is None:
            return np.maximum(scores, self._of_kind(rooms, head) + _HEAD) if head >= 0 else scores
        names = [*rooms.kinds, *rooms.said]
        cosines = self._encode(names) @ self._encode([wanted])[0]
        if head >= 0 and cosines[head] >= _SIMILAR:  # a sports hall is no hallway
            scores = np.maximum(scores, self._of_kind(rooms, head) + _HEAD)
        for i in np.flatnonzero(cosines >= _SIMILAR):
            cost = _MEANING - _STEEP * (1.0 - float(cosines[i]))
            if i < len(rooms.kinds):
                found = self._of_kind(rooms, int(i))
            else:
                votes = rooms.said_votes[:, i - len(rooms.kinds)].astype(float)
                found = name_log_odds(votes[:, None], rooms.said_votes.sum(axis=1))[:, 0] - 1.0
                found = np.where(votes > 0.0, found, _NOTHING)
            scores = np.maximum(scores, found + cost)
        return scores


def next_to(rooms: Rooms, wanted: RealArray | None, other: RealArray) -> RealArray:
    """
    Return (R,) log-odds that each room is the wanted one and touches the other one.

    Parameters
    ----------
    rooms
        The rooms.
    wanted : (R,) array or None
        Log-odds that a room is of the wanted kind; None for any room that is not the other one.
    other : (R,) array
        Log-odds that a room is the one it has to be next to.

    """
    best = np.full(len(rooms), _NOTHING)
    first = np.repeat(np.arange(len(rooms)), np.diff(rooms.near_starts))
    # More links are a wider opening; one is enough, so they only order.
    width = _WIDER * np.log(rooms.near_links)
    np.maximum.at(best, first, other[rooms.near_rooms] + width)
    if wanted is None:
        wanted = np.minimum(-other, 0.0)
    return np.asarray(np.minimum(best, NEXT_TO_SURE) + np.minimum(wanted, NEXT_TO_SURE))
