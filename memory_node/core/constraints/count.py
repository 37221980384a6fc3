"""How many of a thing a room has: "a room with two beds"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import Candidates, Constraint, Effect, Scene, UNMET
from memory_node.core.constraints.distances import judged
from memory_node.core.constraints.fields import ABOUT, read_about, read_number
from memory_node.core.constraints.patterns import ANY_NUMBER, COUNTED, number, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock

__all__ = ['Count']

#: Log-odds for every thing that is missing, and of a room that has more than was said.
_MISSING, _MORE = -2.5, -0.5

_COUNTED = rule(
    rf'\b(?:{alternatives((*words("having"), "has", "have", "there are"))}) '
    rf'(?P<least>at least |more than )?(?P<n>{ANY_NUMBER}) {COUNTED}'
)


@dataclass(frozen=True, kw_only=True)
class Count(Constraint):
    """In, or itself, a room with so many of a thing."""

    NAME: ClassVar[str] = 'count'
    PRIORITY: ClassVar[int] = 55
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT, 'number': {'type': 'integer'}}
    CUES: ClassVar[Cues] = Cues(_COUNTED)

    about: str
    number: int
    #: Whether more will do as well.
    at_least: bool = False

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Count]:
        """Yield "with two beds", "that has at least three desks"."""
        for match in rest.matches(_COUNTED):
            least = (match['least'] or '').casefold()
            many = number(match['n']) + (least == 'more than ')
            if many > 0:
                yield cls(
                    span=match.span(),
                    about=match['np'].casefold(),
                    phrase=rest.take(*match.span()),
                    number=many,
                    at_least=bool(least),
                )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Count:
        """Make one from a phrase, its thing and its number."""
        many = int(read_number(fields, 'number'))
        if not many:
            raise ValueError(f'{phrase!r} counts nothing')
        return cls(phrase=phrase, about=read_about(phrase, fields), number=many)

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by how many objects of that name the room of each candidate holds."""
        found = scene.lookup.landmark(self.about)
        if found is None:
            if self.negated:  # what is not here holds nothing and nothing is by it
                return Effect(odds=np.zeros(len(candidates)))
            return Effect.absent(candidates, f'I have seen no {self.about!r}')
        rooms = found.rooms[found.rooms >= 0]
        counts = np.bincount(rooms, minlength=len(scene.view.rooms) + 1)[candidates.room]
        missing = np.maximum(self.number - counts, 0)
        more = (counts > self.number) & (not self.at_least)
        odds = np.maximum(missing * _MISSING + more * _MORE, UNMET)
        return Effect(
            odds=judged(odds, negated=self.negated, known=candidates.room >= 0),
            told=lambda i: f'{self.phrase} ({counts[i]} seen)',
        )
