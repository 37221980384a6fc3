"""What else a room has, or lacks: "a room with a bathtub", "a toilet without a window"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from memory_node.core.constraints.distances import (
    closeness,
    judged,
    log_probability,
    nearest_landmarks,
)
from memory_node.core.constraints.fields import ABOUT, read_about
from memory_node.core.constraints.patterns import COUNTED, is_no_place, NOUN_PHRASE, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, entry, words
from memory_node.core.language.remainder import Remainder, TAKEN
from memory_node.core.language.times import Clock

__all__ = ['Contains']

#: How close a thing is that belongs to another one: "the desk with the lamp" [m].
_REACH_M = float(entry('container_reach_m'))

_WITHOUT = rule(rf'\b(?:{alternatives(words("lacking"))}) {NOUN_PHRASE}')
#: What follows another one: "with two beds and a desk".
_AND = rule(rf'(?<={TAKEN}),? and (?:a|an|the|some) {COUNTED}')
_HAVING = rule(rf'\b(?:{alternatives(words("having"))}) ')
_WITH = rule(rf'\b(?:{alternatives(words("having"))}) (?:a|an|the|some) {COUNTED}')


@dataclass(frozen=True, kw_only=True)
class Contains(Constraint):
    """In, or itself, a room that has a thing; or a thing right at another one."""

    NAME: ClassVar[str] = 'with'
    PRIORITY: ClassVar[int] = 60
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT}
    CUES: ClassVar[Cues] = Cues(_WITHOUT, _WITH, _AND)

    about: str

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Contains]:
        """Yield "without a bathtub", "with a desk"."""
        for pattern, negated in ((_WITHOUT, True), (_WITH, False), (_AND, False)):
            for match in rest.matches(pattern):
                listed = pattern is not _AND or _HAVING.search(rest.whole, 0, match.start())
                if listed and not is_no_place(match['np']):
                    yield cls(
                        negated=negated,
                        span=match.span(),
                        about=match['np'].casefold(),
                        phrase=rest.take(*match.span()),
                    )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Contains:
        """Make one from a phrase and the thing it names."""
        return cls(phrase=phrase, about=read_about(phrase, fields))

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by the room of each candidate, and prefer things right at the thing named."""
        found = scene.lookup.landmark(self.about)
        if found is None:
            if self.negated:  # no room has one
                return Effect(odds=np.zeros(len(candidates)))
            return Effect.absent(candidates, f'I have seen no {self.about!r}')
        odds = _room_has(scene, found)[candidates.room]
        known = candidates.room >= 0
        things = (candidates.kind == Kind.OBJECT) & candidates.placed
        if things.any():
            pairs = nearest_landmarks(scene, candidates, found)
            beside = np.where(pairs.placed, closeness(pairs.distance, _REACH_M), UNMET).max(axis=1)
            odds = np.where(things, np.maximum(odds, beside), odds)
            known = known | (things & (beside >= 0.0))
        return Effect(odds=judged(odds, negated=self.negated, known=known))


def _room_has(scene: Scene, found: Landmark) -> FloatArray:
    """Return (R + 1,) log-odds that each room has a landmark; the last is for no room."""
    has = np.full(len(scene.view.rooms) + 1, UNMET)
    np.maximum.at(has, found.rooms, np.maximum(log_probability(found.odds), UNMET))
    has[-1] = UNSURE
    return has
