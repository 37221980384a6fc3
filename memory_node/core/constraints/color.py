"""Attributes of what is wanted, such as its colour, judged by what captions say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    Scene,
    UNMET,
)
from memory_node.core.constraints.fields import ABOUT, read_about
from memory_node.core.constraints.patterns import NEGATION, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.request import Subject
from memory_node.core.language.text import english
from memory_node.core.language.times import Clock

__all__ = ['Attribute', 'AttributeEvidence', 'attributes_of']

#: Shares of captions are never taken for more certain than this.
_DOUBT = 0.02
#: Most that evidence for an attribute adds.
_BONUS = 0.5
#: Log-odds of the attribute where captions tell it of others but not of this one.
_UNTOLD = -1.5
_LOOKS = alternatives(english().colours | english().materials)
_NOT = rule(
    rf'{NEGATION}(?:(?:the|an?) (?=[a-z]+ ones?\b))?(?P<look>{_LOOKS})(?: ones?)?(?=[,.?! ]*$)'
)


@runtime_checkable
class AttributeEvidence(Protocol):
    """Tells what captions say of candidates; a ``Lookup`` may implement it as well."""

    def attribute_share(self, attribute: str, candidates: Candidates) -> FloatArray | None:
        """
        Return (n,) the share of captions of each candidate that say the attribute of it.

        Captions that say no attribute of this sort near its name do not count; NaN where none
        does. None where nothing can be told of the attribute at all.
        """


@dataclass(frozen=True, kw_only=True)
class Attribute(Constraint):
    """Red, wooden, large: said of the subject, see ``attributes_of``; or "not the red one"."""

    NAME: ClassVar[str] = 'attribute'
    PRIORITY: ClassVar[int] = 75
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT}
    CUES: ClassVar[Cues] = Cues(_NOT)

    about: str

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Attribute]:
        """Yield what it is not: "that is not red", "not the red one"."""
        for match in rest.matches(_NOT):
            if match['no']:
                phrase = rest.take(*match.span())
                about = match['look'].casefold()
                yield cls(phrase=phrase, negated=True, span=match.span(), about=about)

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Attribute:
        """Make one from its word."""
        return cls(phrase=phrase, about=read_about(phrase, fields))

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by captions; where they say nothing, nobody can tell."""
        evidence = scene.lookup
        share = (
            evidence.attribute_share(self.about, candidates)
            if isinstance(evidence, AttributeEvidence)
            else None
        )
        if share is None:
            return Effect.ignored(candidates, f'no caption tells what is {self.about}')
        told = np.isfinite(share)
        held = np.clip(np.where(told, share, 0.5), 0.0, 1.0)
        held = 1.0 - held if self.negated else held
        odds = np.clip(np.log((held + _DOUBT) / (1.0 - held + _DOUBT)), UNMET, _BONUS)
        return Effect(odds=np.where(told, odds, _UNTOLD))


def attributes_of(subject: Subject) -> tuple[Attribute, ...]:
    """Return the constraints that the attributes of a subject are."""
    return tuple(Attribute(phrase=word, about=word) for word in subject.attributes)
