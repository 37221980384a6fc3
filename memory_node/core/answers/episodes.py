"""Rounds of the robot as episodes: when each was, then the rooms that it went through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.phrases import joined, sentence, span_in_words
from memory_node.core.language.times import Clock
from memory_node.core.rooms.visits import Visits

__all__ = ['Told', 'rounds_told']

IntArray = NDArray[np.int64]

#: Rounds that are told room by room, rounds that are told at all, and rooms of one round.
_FINE, _COARSE, _ROOMS = 2, 8, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was said of some rounds, and the visits that it cites, in order."""

    text: str
    visits: tuple[int, ...]
    rounds: int


def rounds_told(
    visits: Visits,
    chosen: IntArray,
    span_ns: tuple[int, int],
    clock: Clock,
    name: Callable[[int], str],
) -> Told:
    """
    Tell the rounds that some visits are of, the oldest first.

    Coarse at first: when each round was and how many rooms it went through. Few rounds are told
    room by room, with how long each visit took; of more, the rooms alone.

    Parameters
    ----------
    visits
        All visits.
    chosen
        Those that are asked for, by time.
    span_ns
        Begin and end of what is asked for; longer visits are cut there.
    clock
        Says what time of day a stamp is.
    name
        Returns what the room of a visit is called, '' where it has no name.

    """
    drives = visits.drives[chosen]
    each = [chosen[drives == drive] for drive in np.unique(drives)]
    told, cited = list[str](), list[int]()
    for own in each[-_COARSE:]:
        begin = np.maximum(visits.begin_ns[own], span_ns[0])
        end = np.minimum(visits.end_ns[own], span_ns[1])
        stays = _stays(visits, own)
        fine = len(each) <= _FINE
        rooms = []
        for stay in stays[:_ROOMS]:
            named = name(int(own[stay[0]]))
            called = f'the {named}' if named else 'a room that I have no name for'
            if not fine:
                rooms.append(called)
                continue
            cited.append(int(own[stay[0]]))
            took = span_in_words(int(end[stay[-1]] - begin[stay[0]]))
            rooms.append(f'{called} for {took} [{len(cited)}]')
        if not fine:
            cited.append(int(own[0]))
            rooms = list(dict.fromkeys(rooms))
        more = f', and {len(stays) - _ROOMS} more' if len(stays) > _ROOMS else ''
        times = _times(clock, int(begin[0]), int(end[-1]))
        way = ', then '.join(rooms) if fine else joined(rooms)
        told.append(sentence(f'{times}{"" if fine else f" [{len(cited)}]"}: {way}{more}'))
    left = len(each) - len(told)
    earlier = [f'The {left} before are not told; ask for their times.'] if left else []
    number = f'{len(each)} round{"s" * (len(each) != 1)}'
    return Told(
        text=' '.join([f'I made {number}.', *told, *earlier]),
        visits=tuple(cited),
        rounds=len(each),
    )


def _stays(visits: Visits, own: IntArray) -> list[list[int]]:
    """Return places in ``own`` of visits that follow each other in one room, together."""
    found: list[list[int]] = []
    for i, visit in enumerate(own.tolist()):
        if found and visits.rooms[own[found[-1][-1]]] == visits.rooms[visit]:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def _times(clock: Clock, begin_ns: int, end_ns: int) -> str:
    """Return "from 09:00 to 09:30", with the date where it is not today."""
    begin, end = (datetime.fromtimestamp(t / 1e9, tz=clock.zone) for t in (begin_ns, end_ns))
    day = '' if begin.date() == clock.now.date() else f'on {begin:%A, %Y-%m-%d} '
    return f'{day}from {begin:%H:%M} to {end:%H:%M}'.strip()
