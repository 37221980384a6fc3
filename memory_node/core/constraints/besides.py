"""Of another name than a thing: "anything but a chair", "what is there besides the sink?"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    Kind,
    Scene,
    UNMET,
)
from memory_node.core.constraints.fields import ABOUT, read_about
from memory_node.core.constraints.patterns import is_no_place, names_room, NOUN_PHRASE, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import patterns
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock
from memory_node.core.language.wordnet import wordnet

__all__ = ['Besides']

_BESIDES = rule(rf"(?<![\w'-])(?:{patterns('besides')}) {NOUN_PHRASE}")


@dataclass(frozen=True, kw_only=True)
class Besides(Constraint):
    """No thing of a name."""

    NAME: ClassVar[str] = 'besides'
    PRIORITY: ClassVar[int] = 55
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT}
    CUES: ClassVar[Cues] = Cues(_BESIDES)

    about: str

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Besides]:
        """Yield "anything but a chair"; "anywhere but in the hall" is an area."""
        for match in rest.matches(_BESIDES):
            if not is_no_place(match['np']) and _is_thing(match['np']):
                about = match['np'].casefold()
                yield cls(phrase=rest.take(*match.span()), span=match.span(), about=about)

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Besides:
        """Make one from a phrase and the thing that it leaves out."""
        return cls(phrase=phrase, about=read_about(phrase, fields))

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Leave out the objects that go by the name."""
        found = scene.lookup.landmark(self.about)
        odds = np.zeros(len(candidates))
        if found is not None:
            named = np.isin(candidates.index, found.objects)
            odds[named & (candidates.kind == Kind.OBJECT)] = UNMET
        return Effect(odds=odds)


def _is_thing(phrase: str) -> bool:
    return not names_room(phrase) and not wordnet().is_place(phrase)
