"""Between two things: "between the sofa and the TV", "between the two beds"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    Kind,
    Landmark,
    Scene,
    UNMET,
    UNSURE,
)
from memory_node.core.constraints.distances import closeness, judged, log_probability, SIGHT_M
from memory_node.core.constraints.fields import ABOUT, read_about
from memory_node.core.constraints.landmarks import things_or_rooms
from memory_node.core.constraints.patterns import (
    about,
    IS,
    is_no_place,
    NEGATION,
    NOUN_PHRASE,
    OTHER_PHRASE,
    rule,
)
from memory_node.core.language.cues import Cues
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.text import singular_phrase
from memory_node.core.language.times import Clock

__all__ = ['Between']

#: The way by what is between two things is at most this much longer than straight on [m].
_DETOUR_M = 0.6
#: Two things that are farther apart have no between [m], and as many of each are looked at.
_APART_M, _MOST = 8.0, 8

_TWO = rule(
    rf'{NEGATION}{IS}(?:in )?between (?:(?:the |both )?(?:two |2 )|both (?:the )?){NOUN_PHRASE}'
)
_BOTH = rule(rf'{NEGATION}{IS}(?:in )?between {NOUN_PHRASE} and {OTHER_PHRASE}')


@dataclass(frozen=True, kw_only=True)
class Between(Constraint):
    """On the way from one thing to another."""

    NAME: ClassVar[str] = 'between'
    PRIORITY: ClassVar[int] = 70
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT, 'other': ABOUT}
    CUES: ClassVar[Cues] = Cues(_BOTH, _TWO)

    about: str
    #: The other thing; the same name where it is another one of these.
    other: str

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Between]:
        """Yield "between the sofa and the TV", "between the two beds"."""
        for pattern in (_BOTH, _TWO):
            for match in rest.matches(pattern):
                names = about(match)
                if not any(map(is_no_place, names)):
                    yield cls(
                        negated=match['no'] is not None,
                        span=match.span(),
                        about=singular_phrase(names[0]) if pattern is _TWO else names[0],
                        other=singular_phrase(names[0]) if pattern is _TWO else names[1],
                        phrase=rest.take(*match.span()),
                    )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Between:
        """Make one from a phrase and the two things that it names."""
        one = read_about(phrase, fields)
        other = read_about(phrase, {'about': fields.get('other') or one})
        return cls(phrase=phrase, about=one, other=other)

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge the detour that the way from the one to the other by a candidate would be."""
        ends = [things_or_rooms(scene, name) for name in (self.about, self.other)]
        for name, found in zip((self.about, self.other), ends, strict=True):
            if found is None:
                if self.negated:
                    return Effect(odds=np.zeros(len(candidates)))
                return Effect.absent(candidates, f'I have seen no {name!r}')
        one, other = (end for end in ends if end is not None)
        odds = np.full(len(candidates), UNMET)
        for first, second in _pairs(one, other, same=self.about == self.other):
            odds = np.maximum(odds, _on_the_way(candidates, one, first, other, second))
        ends_too = np.isin(candidates.index, np.concatenate([one.objects, other.objects]))
        odds = np.where(ends_too & (candidates.kind == Kind.OBJECT), UNMET, odds)
        known = np.asarray(np.isfinite(candidates.position).all(axis=1), np.bool_)
        return Effect(odds=judged(odds, negated=self.negated, known=known))


def _pairs(one: Landmark, other: Landmark, *, same: bool) -> Iterator[tuple[int, int]]:
    """Yield which of the one and of the other may be meant: close enough, on one map."""
    few = range(min(len(one.odds), _MOST)), range(min(len(other.odds), _MOST))
    for first, second in combinations(few[0], 2) if same else product(*few):
        apart = float(np.linalg.norm(one.positions[first] - other.positions[second]))
        if one.maps[first] == other.maps[second] and 0.0 < apart <= _APART_M:
            yield first, second


def _on_the_way(
    candidates: Candidates, one: Landmark, first: int, other: Landmark, second: int
) -> FloatArray:
    """Return (n,) log-odds that each candidate is on the way from one end to the other."""
    start, end = one.positions[first], other.positions[second]
    legs = [np.linalg.norm(candidates.position - place, axis=1) for place in (start, end)]
    slack = np.where(candidates.placed, 0.0, SIGHT_M)
    detour = legs[0] + legs[1] - np.linalg.norm(end - start)
    odds = closeness(np.maximum(detour - slack, 0.0), _DETOUR_M)
    other_map = candidates.map != one.maps[first]
    meant = log_probability(one.odds[[first]]) + log_probability(other.odds[[second]])
    odds = np.where(candidates.placed, odds, np.minimum(odds, UNSURE))
    return np.where(other_map, UNMET, np.maximum(odds + meant, UNMET))
