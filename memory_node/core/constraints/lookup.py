"""What words of a request mean in one memory: which of its objects, which of its rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, FloatArray, IntArray, Landmark
from memory_node.core.view import View

BoolArray = NDArray[np.bool_]
Number = TypeVar('Number', bound=np.generic)
Value = TypeVar('Value')

__all__ = ['MAX_LANDMARKS', 'Memo', 'MemoryLookup']

#: Objects that one phrase may mean at once; more only cost time.
MAX_LANDMARKS = 256
#: Values that are kept of one kind.
_MOST_KEPT = 256
#: Names that sum to this much less than the best one are other things [log-odds].
_SPAN = 3.0
#: Who says "in the office" knows that there is one: log-odds for the likeliest where none is sure,
#: and for things of a wider name.
TAKEN_FOR_GRANTED = 1.5
#: Log-odds from which on a name is wider than the phrase, and a share that may be a slip.
_WIDER, _SLIP = -1.0, 0.1
#: What no depth has placed is likely this far ahead of the view that shows it best [m].
_AHEAD_M = 2.0
#: A name that an object got this rarely says nothing of it.
_LEAST_SHARE = 0.1


class Memo(Generic[Value]):
    """Values by what they were made of; thread-safe. Holds nothing that makes them."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: dict[tuple[Any, ...], Value] = {}

    def of(self, make: Callable[..., Value], *key: Any) -> Value:
        """Return what ``make`` returns for a key, made once while it is kept."""
        try:
            return self._held[key]
        except KeyError:
            found = make(*key)
        if len(self._held) >= _MOST_KEPT:
            self._held.clear()
        self._held[key] = found
        return found


class MemoryLookup:
    """Finds landmarks and rooms in one ``View``; what a phrase means is kept. Thread-safe."""

    def __init__(
        self,
        view: View,
        name_odds: Callable[[str], FloatArray],
        room_odds: Callable[[str], FloatArray | None],
        attribute_share: Callable[[str, Candidates], FloatArray | None] | None = None,
        stated: Callable[[Landmark, BoolArray, str], IntArray] | None = None,
    ) -> None:
        """
        Look into ``view``.

        ``name_odds`` returns (L,) log-odds that each of ``view.names`` is meant by a phrase,
        ``room_odds`` (R,) the same of rooms or None, ``attribute_share`` what
        ``AttributeEvidence`` says, ``stated`` the objects that captions say stand in a relation
        to a landmark of some names.
        """
        self._view = view
        self._name_odds = name_odds
        self._room_odds = room_odds
        self._attribute_share = attribute_share
        self._stated = stated
        self._landmarks = Memo[Landmark | None]()
        self._rooms = Memo[FloatArray | None]()
        self._standing = Memo[IntArray]()

    def landmark(self, phrase: str) -> Landmark | None:
        """Return at most ``MAX_LANDMARKS`` existing objects that a phrase means, best first."""
        return self._landmarks.of(self._find, phrase)

    def rooms(self, phrase: str) -> FloatArray | None:
        """Return (R,) log-odds that each room is meant, None where none is likely."""
        return self._rooms.of(self._find_rooms, phrase)

    def attribute_share(self, attribute: str, candidates: Candidates) -> FloatArray | None:
        """Return (n,) the share of captions that say an attribute, None where nobody can tell."""
        if self._attribute_share is None:
            return None
        return self._attribute_share(attribute, candidates)

    def stated(self, phrase: str, relation: str) -> IntArray:
        """Return the objects that captions say stand so to what a phrase means."""
        return self._standing.of(self._find_stated, phrase, relation)

    def _find_rooms(self, phrase: str) -> FloatArray | None:
        odds = self._room_odds(phrase)
        if odds is not None and len(odds) and odds.max() < 0.0:
            odds = np.minimum(odds + TAKEN_FOR_GRANTED, TAKEN_FOR_GRANTED)
        likely = odds is not None and len(odds) > 0 and bool((odds > 0.0).any())
        return _unchanging(odds) if odds is not None and likely else None

    def _find_stated(self, phrase: str, relation: str) -> IntArray:
        landmark = self.landmark(phrase)
        if self._stated is None or landmark is None:
            return np.empty(0, np.int64)
        return _unchanging(self._stated(landmark, self._name_odds(phrase) > 0.0, relation))

    def _find(self, phrase: str) -> Landmark | None:
        view, objects = self._view, self._view.objects
        if not len(objects):
            return None
        names = self._name_odds(phrase)
        best = names[view.present].max(initial=-np.inf)
        if _WIDER <= best <= 0.0:  # who speaks of the heart monitor may mean the monitor
            names, best = names + TAKEN_FOR_GRANTED, best + TAKEN_FOR_GRANTED
        # Of what fits much better than the rest, the rest is not meant.
        fits = (names > 0.0) & (names > best - _SPAN)
        entries = view.entries_of(np.flatnonzero(fits))
        # A counter may be the reception counter: the wider name says nothing against it.
        silent = view.entries_of(np.flatnonzero((names < 0.0) & (names >= _WIDER)))
        unsaid = np.bincount(view.name_owners[silent], view.name_shares[silent], len(objects))
        shares = view.name_shares[entries] / (1.0 + _SLIP - unsaid[view.name_owners[entries]])
        entries, shares = entries[shares >= _LEAST_SHARE], shares[shares >= _LEAST_SHARE]
        owners, place = np.unique(view.name_owners[entries], return_inverse=True)
        odds = np.full(len(owners), -np.inf)
        said = names[objects.hist_labels[entries]] + np.log(shares)
        np.maximum.at(odds, place, said)
        odds = np.minimum(odds, objects.existence[owners])
        best_first = np.argsort(-odds, kind='stable')[:MAX_LANDMARKS]
        best_first = best_first[odds[best_first] > 0.0]
        if not len(best_first):
            return None
        chosen, odds = owners[best_first], odds[best_first]
        rows, placed = objects.view_rows[chosen], objects.placed[chosen]
        at_rows = view.snapshot.positions[rows] + _ahead(view, rows)
        found = Landmark(
            odds=odds,
            positions=np.where(placed[:, None], objects.positions[chosen], at_rows),
            placed=placed,
            maps=objects.maps[chosen].astype(np.int64),
            objects=chosen.astype(np.int64),
            rooms=view.object_rooms[chosen],
            rows=rows,
        )
        for column in fields(found):
            _unchanging(getattr(found, column.name))
        return found


def _unchanging(found: NDArray[Number]) -> NDArray[Number]:
    """Return an array that many requests read."""
    found.flags.writeable = False
    return found


def _ahead(view: View, rows: IntArray) -> FloatArray:
    """Return (m, 3) from where some views stand to where what they show likely is [m]."""
    if not view.turned:
        return np.zeros((len(rows), 3))
    yaws = view.snapshot.yaws[rows].astype(np.float64)
    return _AHEAD_M * np.stack([np.cos(yaws), np.sin(yaws), np.zeros(len(rows))], axis=1)
