"""
The conditions of a request, whoever read them: the rules, or a language model.

"The chair next to the sofa that is not in the kitchen" asks for a *chair* under two conditions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
import re

from memory_node.core.lexical import STOP_WORDS
from memory_node.core.ranking.parsing import Floor

__all__ = ['ALWAYS', 'Condition', 'Kind', 'Order', 'Reading', 'Window']

#: What is left of "a chair that is not in the kitchen" when its condition is gone.
_DANGLING = re.compile(
    r"[\s,;:]*\b(?:that|which|who|is|are|was|were|it|and|but|or|stands?|located)['’]?s?[\s,;]*$",
    re.IGNORECASE,
)
_GONE = '\x1f'


class Kind(str, Enum):
    """What a condition is about; also the name of its signal."""

    #: Close to the asker.
    NEAR = 'near'
    #: In or on a named area.
    AREA = 'area'
    #: Beside, under, opposite a thing.
    BESIDE = 'beside'
    #: A thing that the same area shows.
    WITH = 'with'
    #: How many of a thing the same area shows.
    COUNT = 'count'
    FLOOR = 'floor'
    #: A cardinal direction from something, or a side of it.
    DIRECTION = 'direction'
    TIME = 'time'


#: Kinds that no ranker finds in the words of a request.
ALWAYS = frozenset({Kind.NEAR, Kind.DIRECTION, Kind.TIME})


class Order(str, Enum):
    """Which of several things that fit is meant."""

    NEAREST = 'nearest'
    FARTHEST = 'farthest'
    NEWEST = 'newest'
    OLDEST = 'oldest'


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, both ends included [ns since the epoch]; None is open."""

    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition; which fields count depends on its kind."""

    kind: Kind
    #: As the request says it.
    phrase: str
    negated: bool = False
    #: Area, landmark or thing in words; empty: the asker, or the whole map.
    about: str = ''
    #: How close [m]; None: what the wording usually means.
    distance_m: float | None = None
    floor: Floor | None = None
    #: ``north``, ``northeast``, ...
    side: str = ''
    #: Whether ``side`` is a part of what it is about, rather than beyond it.
    within: bool = False
    number: int = 0
    window: Window | None = None

    @property
    def firm(self) -> bool:
        """Whether it holds even where a ranker reads the words of the request by itself."""
        return self.kind in ALWAYS or (self.kind is Kind.AREA and self.negated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request cut into what is wanted and its conditions."""

    text: str
    conditions: tuple[Condition, ...] = ()
    #: Where each condition stands in ``text``, as (start, stop); empty where not known.
    spans: tuple[tuple[int, int], ...] = ()
    order: Order | None = None
    #: What ``order`` measures distance from, in words; empty: the asker.
    order_from: str = ''
    #: Whether the words name the asker, as "closest to me" does.
    order_from_asker: bool = False
    order_phrase: str = ''
    #: Where the words of ``order`` stand, as (start, stop).
    order_spans: tuple[tuple[int, int], ...] = ()
    #: What is wanted in the words of a language model; empty: what the conditions leave.
    wanted: str = ''

    def subject(self, applied: Collection[Condition], *, ordered: bool = True) -> str:
        """
        Return the request without the conditions that are ``applied``, and without the order.

        What names no thing any more comes back as the first area or thing it was about, or whole.
        """
        if self.wanted and len(applied) == len(self.conditions):
            return self.wanted
        rest = self.text
        gone = [s for c, s in zip(self.conditions, self.spans, strict=False) if c in applied]
        if ordered:
            gone.extend(self.order_spans)
        for start, stop in gone:
            rest = rest[:start] + _GONE * (stop - start) + rest[stop:]
        parts = [_DANGLING.sub('', part).rstrip(' ,;:') for part in re.split(f'{_GONE}+', rest)]
        left = ' '.join(' '.join(parts).split())
        if any(w not in STOP_WORDS | _EMPTY for w in re.findall(r'\w+', left.casefold())):
            return left
        return next((c.about for c in applied if c.about and not c.negated), self.text)


#: Words that name no thing.
_EMPTY = frozenset({
    'anything', 'something', 'thing', 'things', 'everything', 'one', 'place', 'anywhere', 'there',
    'see', 'seen', 'saw', 'last', 'be', 'room', 'area', 'spot', 'somewhere',
})  # fmt: skip
