"""Which of several that fit alike is meant: the nearest, the farthest, the newest, the oldest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Scene
from memory_node.core.constraints.distances import nearest_landmarks
from memory_node.core.constraints.landmarks import things_or_rooms
from memory_node.core.constraints.patterns import ASKER, NOUN_PHRASE, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, patterns, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock

__all__ = ['arranged', 'FITS', 'Order', 'OrderKind', 'SortKeys']

BoolArray = NDArray[np.bool_]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Candidates this share as likely as the best one fit as well as it does.
FITS = 0.6


class OrderKind(str, Enum):
    """What comes first."""

    NEAREST = 'nearest'
    FARTHEST = 'farthest'
    NEWEST = 'newest'
    OLDEST = 'oldest'


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKeys:
    """By what candidates are ordered."""

    #: Returns what orders some candidates, given how many are wanted, None for all: smaller comes
    #: first; infinite where nobody can tell, or where more than that many come before.
    keys: Callable[[IntArray, int | None], FloatArray]
    #: Why the order could not be applied; '' where it was.
    problem: str = ''
    #: Returns the order in words for one candidate: "nearest (3.4 m)".
    told: Callable[[int], str] | None = None


_FARTHEST, _NEAR_BY = (alternatives(words('order', how)) for how in ('farthest', 'nearest'))
_HOW = rf'(?P<far>{_FARTHEST})|{_NEAR_BY}'
_FROM = rf"\b(?:that(?: is|'s) )?(?:the )?(?:{_HOW}) (?:to|from) "
_NEAREST_ME = rule(rf'{_FROM}{ASKER}\b')
_NEAREST_TO = rule(rf'{_FROM}{NOUN_PHRASE}')
_NEAREST = rule(rf'\b(?:{_HOW})\b')
#: "The next printer" is the nearest; "next to", "next week" and "the next day" are not.
_NEXT = rule(
    r'(?<=\bthe )next\b(?= (?!to\b|day|week|month|year|time|morning|evening|night|hour|minute'
    r'|floor|level|room|one\b|thing)\w)'
)
_NOT_FAR = rule(rf'(?<!\w)(?:{patterns("order", "not_far")})\b(?: (?:away )?from {ASKER}\b)?')
_FAR = rule(rf'\bfar(?:ther|thest| away)? from {ASKER}\b')
#: What is left of "the closest printer from where I stand".
_FROM_ME = rule(rf'\b(?:away )?(?:from|to) {ASKER}(?=[ ?.!,]*$|[?.!,]| please\b)')
_NEWEST = rule(rf'(?<!\w)(?:{patterns("order", "newest")})\b')
_OLDEST = rule(rf'(?<!\w)(?:{patterns("order", "oldest")})\b')


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order that a request asks for."""

    PRIORITY: ClassVar[int] = 30
    CUES: ClassVar[Cues] = Cues(
        _NOT_FAR, _NEAREST_ME, _NEAREST_TO, _NEAREST, _NEXT, _FAR, _OLDEST, _NEWEST
    )

    kind: OrderKind
    #: As the request says it.
    phrase: str
    #: What distance is measured from, in words; '' for the asker.
    about: str = ''

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Order]:
        """Yield the order of a request, one at most, and take its words away."""
        for match in rest.matches(_NOT_FAR):
            yield cls(kind=OrderKind.NEAREST, phrase=rest.take(*match.span()))
            return
        for pattern in (_NEAREST_ME, _NEAREST_TO, _NEAREST, _NEXT):
            for match in rest.matches(pattern):
                groups = match.groupdict()
                kind = OrderKind.FARTHEST if groups.get('far') else OrderKind.NEAREST
                about = groups['np'].casefold() if groups.get('np') else ''
                phrase = rest.take(*match.span())
                tail = None if about else _FROM_ME.search(rest.text, match.end())
                if tail is not None:
                    phrase = f'{phrase} ... {rest.take(*tail.span())}'
                yield cls(kind=kind, phrase=phrase, about=about)
                return
        for pattern, kind in (
            (_FAR, OrderKind.FARTHEST),
            (_OLDEST, OrderKind.OLDEST),
            (_NEWEST, OrderKind.NEWEST),
        ):
            for match in rest.matches(pattern):
                yield cls(kind=kind, phrase=rest.take(*match.span()))
                return

    @classmethod
    def from_fields(cls, kind: str) -> Order:
        """Make one from the kind that a language model names; ``ValueError`` for no kind."""
        return cls(kind=OrderKind(kind), phrase=kind)

    @property
    def by_distance(self) -> bool:
        """Whether distance decides, and not time."""
        return self.kind in (OrderKind.NEAREST, OrderKind.FARTHEST)

    def sort_keys(self, scene: Scene, candidates: Candidates) -> SortKeys:
        """Return what orders the candidates; every key alike where nothing can be told."""
        if self.kind is OrderKind.NEWEST:
            newest = -candidates.last_ns.astype(np.float64)
            return SortKeys(keys=lambda rows, count: newest[rows], told=self._told)
        if self.kind is OrderKind.OLDEST:
            oldest = candidates.first_ns.astype(np.float64)
            return SortKeys(keys=lambda rows, count: oldest[rows], told=self._told)
        found = self._distances(scene, candidates)
        if isinstance(found, str):
            return SortKeys(keys=lambda rows, count: np.zeros(len(rows)), problem=found)
        away, measured = found

        def keys(rows: IntArray, count: int | None) -> FloatArray:
            if self.kind is OrderKind.NEAREST:
                return away(rows, count)
            far = away(rows, None)
            return np.where(np.isfinite(far), -far, np.inf)

        def told(i: int) -> str:
            (metres,) = away(np.array([i]), 1).tolist()
            known = bool(measured[i]) and np.isfinite(metres)
            return f'{self.phrase} ({metres:.1f} m)' if known else self.phrase

        return SortKeys(keys=keys, told=told)

    def _told(self, index: int) -> str:
        return self.phrase

    def _distances(
        self, scene: Scene, candidates: Candidates
    ) -> tuple[Callable[[IntArray, int | None], FloatArray], BoolArray] | str:
        """
        Return a function that tells how far some candidates are from the asker or landmark [m].

        Its second argument is how many of the nearest are wanted; None wants all. Beside it is
        (n,) whether that is measured, and no guess. A text says why nobody can tell.
        """
        if self.about:
            landmark = things_or_rooms(scene, self.about)
            if landmark is None:
                return f'I have seen no {self.about!r}'
            pairs = nearest_landmarks(scene, candidates, landmark)
            each, best = np.arange(len(candidates)), pairs.guessed.argmin(axis=1)
            distance = pairs.guessed[each, best]
            return lambda rows, count: np.asarray(distance[rows]), pairs.placed[each, best]
        here = scene.query.here or scene.query.near
        if here is None:
            return 'nobody said where the asker is'
        known = np.full(len(candidates), np.nan)

        def away(rows: IntArray, count: int | None) -> FloatArray:
            if np.isnan(known[rows]).any():
                known[rows] = scene.travel(
                    here, candidates.position[rows], candidates.map[rows], nearest=count
                )
            return known[rows]

        return away, np.ones(len(candidates), np.bool_)


def arranged(
    odds: FloatArray,
    keys: Callable[[IntArray, int | None], FloatArray],
    count: int | None = None,
) -> IntArray:
    """
    Return candidates best first: by key those that fit as well as the best, then by log-odds.

    Equal candidates keep their order. With ``count``, only so many are wanted.
    """
    if not len(odds):
        return np.empty(0, np.int64)
    # In probabilities: how sure one can be that a thing still is there makes none nearer.
    sure = 1.0 / (1.0 + np.exp(-odds))
    fits = sure >= FITS * sure.max()
    by = np.zeros(len(odds))
    by[fits] = keys(np.flatnonzero(fits), count)
    return np.lexsort((-odds, by, ~fits)).astype(np.int64)
