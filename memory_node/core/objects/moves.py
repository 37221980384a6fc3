"""
Things that left one place and came to another: which stays at places are of one thing.

An object of the map is one stay of a thing at one place. Where a thing of the same label comes to
a place, it may be one that stayed elsewhere before, or another one. The likelihood ratio of the
two says which, and is looked at anew whenever one of the stays is seen or missed.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.objects.existence import (
    existence,
    left_and_stayed,
    missed_evidence,
    real_odds,
    was_there,
)
from memory_node.core.objects.looks import looks_before
from memory_node.core.objects.odds import both
from memory_node.core.objects.table import NEVER, ObjectTable
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Moves', 'believed_moves', 'partners', 'presence', 'relink']

IntArray: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]

#: Log-odds against another thing of a label of which one is known, and of which several are.
_ONLY, _ONE_OF_SEVERAL = 1.4, 0.4
#: Log-odds that one look at the place without the thing gives for its coming there, and most.
_LOOK, _MOST_LOOKS = 1.0, 3.0
#: A thing that was missed this often before it is seen again has been away.
_AWAY = 2


def moved_odds(table: ObjectTable, slots: IntArray) -> Reals:
    """Return (n,) log-odds that what stayed at slots, all with a ``moved_to``, is there now."""
    to = table.moved_to[slots].astype(np.int64)
    odds = table.move_odds[slots] - missed_evidence(table, slots)
    return both(odds, was_there(table, to).astype(np.float64))


def believed_moves(
    table: ObjectTable, slots: IntArray
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return (n,) slots that the things at some are believed to have gone to and come from, -1."""
    to, came = table.moved_to[slots].copy(), table.came_from[slots].copy()
    left, arrived = np.flatnonzero(to >= 0), np.flatnonzero(came >= 0)
    to[left[moved_odds(table, slots[left]) <= 0.0]] = -1
    came[arrived[moved_odds(table, came[arrived].astype(np.int64)) <= 0.0]] = -1
    return to, came


def partners(table: ObjectTable, slots: IntArray) -> IntArray:
    """Return the slots whose presence depends on what is known of some."""
    linked = np.concatenate([table.moved_to[slots], table.came_from[slots]]).astype(np.int64)
    return linked[linked >= 0]


def presence(table: ObjectTable, slots: IntArray) -> FloatArray:
    """Return (n,) log-odds that objects are where they were seen, and not elsewhere by now."""
    odds = existence(table, slots)
    linked = np.flatnonzero(table.moved_to[slots] >= 0)
    if len(linked):
        left = moved_odds(table, slots[linked])
        odds[linked] = both(odds[linked].astype(np.float64), -left)
    return odds


def relink(table: ObjectTable, kept: int, gone: int) -> None:
    """Let the moves of an object that was merged into ``kept`` be moves of that."""
    for column in (table.moved_to, table.came_from):
        column[column == gone] = kept
        if column[kept] < 0:
            column[kept] = column[gone]
            if column is table.moved_to:
                table.move_odds[kept] = table.move_odds[gone]
        if column[kept] == kept:
            column[kept] = -1
        column[gone] = -1


class Moves:
    """Joins the stays of things that move; finds them by map and label."""

    def __init__(self) -> None:
        """Know no stays."""
        self._slots: dict[tuple[int, int], list[int]] = {}

    def add(self, map_row: int, label: int, slot: int) -> None:
        """Take in a placed object that was called by a label first."""
        self._slots.setdefault((map_row, label), []).append(slot)

    def follow(
        self,
        snapshot: Snapshot,
        row: int,
        table: ObjectTable,
        slots: IntArray,
        missed: IntArray,
        object_of: NDArray[np.int32],
        view: tuple[float, float],
    ) -> IntArray:
        """
        Take in that a row saw ``slots``, which (n,) ``missed`` looks before had not shown.

        ``object_of`` is the slot of every sighting up to this row, ``view`` the usual range and
        half field of view [m, rad]. Returns the slots whose presence has changed with it.
        """
        changed: list[int] = []
        look: list[int] = []
        for slot in slots[table.moved_to[slots] >= 0].tolist():  # seen again: it had not left
            to = int(table.moved_to[slot])
            table.moved_to[slot] = -1
            changed.append(to)
            if table.came_from[to] == slot:
                table.came_from[to] = -1
                look.append(to)
        for slot in slots[table.since_ns[slots] == NEVER].tolist():
            table.since_ns[slot] = table.first_ns[slot]
            table.empties[slot] = looks_before(snapshot, row, table, slot, object_of, view)
            look.append(slot)
        back = missed >= _AWAY
        for slot, empty in zip(slots[back].tolist(), missed[back].tolist(), strict=True):
            table.since_ns[slot], table.empties[slot] = snapshot.stamps[row], empty
            look.append(slot)
        for slot in look:
            known = self._slots.get((int(table.maps[slot]), _label(table, slot)), ())
            away = _away(table, slot, np.array(known, np.int64))
            if not len(away):
                continue
            changed.append(_join(table, slot, away, several=len(known) > 2))
        return np.array(changed, np.int64)


def _label(table: ObjectTable, slot: int) -> int:
    return int(table.labels(np.array([slot]))[0])


def _away(table: ObjectTable, slot: int, known: IntArray) -> IntArray:
    """Return the stays that a thing may have left for ``slot``: seen last before it came."""
    known = known[table.alive[known] & (known != slot)]
    known = known[table.last_ns[known] < table.since_ns[slot]]
    linked = np.flatnonzero(table.moved_to[known] >= 0)
    believed = linked[moved_odds(table, known[linked]) > 0.0]
    return np.delete(known, believed)


def _join(table: ObjectTable, slot: int, away: IntArray, *, several: bool) -> int:
    """Remember from which of some stays the thing at ``slot`` most likely came; return it."""
    spent = (table.since_ns[slot] - table.last_ns[away]).astype(np.float64)
    left, _ = left_and_stayed(spent, table.lasting_s[away].astype(np.float64))
    odds = left + (_ONE_OF_SEVERAL if several else _ONLY)
    odds += min(_LOOK * float(table.empties[slot]), _MOST_LOOKS)
    real = real_odds(table, away)
    likely = odds - missed_evidence(table, away) - np.log1p(np.exp(-real))
    best = int(np.argmax(likely))
    one = int(away[best])
    if (before := int(table.moved_to[one])) >= 0:
        table.came_from[before] = -1
    table.moved_to[one], table.move_odds[one] = slot, odds[best]
    table.came_from[slot] = one
    return one
