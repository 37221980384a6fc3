"""Candidates among the rooms: where a request asks for a room, by whatever name."""

from __future__ import annotations

from collections.abc import Callable
import re
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.names import Relation
from memory_node.core.language.request import AnswerKind, Request, SubjectKind
from memory_node.core.language.text import lemmas
from memory_node.core.retrieval.relevance import RELATION_ODDS, Relevance
from memory_node.core.retrieval.scale import both
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.vocabulary import plain, split_number
from memory_node.core.view import View

__all__ = [
    'RoomWords',
    'means_room',
    'names_in',
    'room_candidates',
    'rooms_as_candidates',
    'serving_rooms',
]

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: What "go to the shower" says for a room of that name against a thing, and "the shower" against.
_MOTION, _NO_MOTION = 0.5, -0.5
#: What a number adds to it: one goes into the room, not to its plate.
_NUMBERED = 0.5
#: Words of a text, and how many the name of a room has at most.
_WORD = re.compile(r"[^\W_]+(?:'(?!s\b)[^\W_]+)*")
_NAME_WORDS = 4
#: What no name goes past.
_APART = re.compile(r"[^\w\s'-]")
#: Log-odds from which on a room is a candidate.
_WORTH_LISTING = -4.0


def names_in(text: str, knows: Callable[[str], bool]) -> list[tuple[tuple[int, int], str]]:
    """Return the names of rooms in a text and where they stand, the longest ones, in order."""
    words = [m.span() for m in _WORD.finditer(text)]
    found: list[tuple[tuple[int, int], str]] = []
    free = [True] * len(words)
    for length in range(min(len(words), _NAME_WORDS), 0, -1):
        for start in range(len(words) - length + 1):
            some = slice(start, start + length)
            if not all(free[some]):
                continue
            span = words[start][0], words[start + length - 1][1]
            name = text[slice(*span)].casefold()
            if not _APART.search(name) and (
                knows(name) or ('-' in name and knows(name.replace('-', ' ')))
            ):
                free[some] = [False] * length
                found.append((span, name))
    return sorted(found)


class RoomWords(Protocol):
    """Tells which rooms words mean."""

    def knows(self, rooms: Rooms, phrase: str) -> bool:
        """Tell whether a whole phrase is a name of rooms."""

    def may_name(self, rooms: Rooms, phrase: str) -> bool:
        """Tell whether a phrase can be the name of a room at all."""

    def log_odds(self, rooms: Rooms, phrase: str) -> RealArray:
        """Return (R,) log-odds that a phrase means each room."""

    def meant(
        self, scores: RealArray, holds: NDArray[np.bool_] | None = None
    ) -> NDArray[np.bool_]:
        """Return (R,) which rooms a phrase means that takes for granted that there is one."""


def means_room(view: View, request: Request, words: RoomWords, relevance: Relevance) -> bool:
    """
    Tell whether a name means a room here, though things have a meaning of it.

    Where captions speak of the lounge, "the lounge" is no sofa. Where something goes by the name
    ("the toilet") or a synonym ("the lift"), captions have to say the very name of a place, and
    nothing that has a position goes by it before other names.
    """
    subject = request.subject
    if subject.kind is not SubjectKind.NAME or not relevance.named:
        return False
    name = view.names.forms.get(lemmas(subject.name), -1)
    if (view.objects.placed & (view.objects.labels == name)).any():
        return False
    if (relevance.odds[view.names.signs] > 0.0).any():  # "room 214" is where its plate hangs
        return False
    if relevance.odds.max() > RELATION_ODDS[Relation.KIND]:
        known = plain(subject.name) in view.rooms.said
    else:
        known = words.knows(view.rooms, subject.name)
    return known and bool((words.log_odds(view.rooms, subject.name) > 0.0).any())


def room_candidates(view: View, request: Request, words: RoomWords, *, thing: bool) -> Candidates:
    """
    Return the rooms that a request names; a room leads only where a room is asked for.

    ``thing`` is whether something here goes by that name: "the toilet" then is the thing, while
    "go to the toilet" may be the room.
    """
    rooms, subject = view.rooms, request.subject
    phrase = subject.name or subject.text
    wanted = subject.motion or request.answer is AnswerKind.DESCRIBE
    if not len(rooms) or (thing and not wanted):
        return Candidates.none()
    if not (words.knows(rooms, phrase) if thing else words.may_name(rooms, phrase)):
        return Candidates.none()
    odds = words.log_odds(rooms, phrase)
    kept = np.flatnonzero(odds > _WORTH_LISTING)
    shift = _MOTION if wanted else _NO_MOTION
    if wanted and split_number(plain(phrase))[1]:
        shift += _NUMBERED
    return rooms_as_candidates(view, kept, odds[kept] + shift)


def serving_rooms(view: View, odds: RealArray) -> Candidates:
    """Return the rooms that serve a need, by the log-odds that places of each name do."""
    named = np.flatnonzero(view.room_name_ids >= 0)
    served = odds[view.room_name_ids[named]]
    meant = both(served, view.rooms.confidences[named].astype(np.float64))
    kept = meant > _WORTH_LISTING
    return rooms_as_candidates(view, named[kept], meant[kept])


def rooms_as_candidates(view: View, index: IntArray, odds: RealArray) -> Candidates:
    """Return some rooms as candidates with given log-odds."""
    rooms, snapshot = view.rooms, view.snapshot
    stand = rooms.representatives[index]
    first, last = view.room_times
    return Candidates(
        kind=np.full(len(index), Kind.ROOM, np.int8),
        index=index.astype(np.int64),
        row=stand,
        position=snapshot.positions[stand],
        placed=np.ones(len(index), np.bool_),
        map=rooms.maps[index].astype(np.int64),
        room=index.astype(np.int64),
        name=np.full(len(index), -1, np.int64),
        first_ns=first[index],
        last_ns=last[index],
        odds=odds,
    )
