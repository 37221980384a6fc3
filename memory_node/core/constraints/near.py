"""Close to the asker: "near me", "within 20 m"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import Candidates, Constraint, Effect, Scene
from memory_node.core.constraints.distances import closeness, judged, SIGHT_M
from memory_node.core.constraints.fields import positive
from memory_node.core.constraints.patterns import ASKER, IS, LENGTH, metres, NEGATION, rule
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, patterns, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock

__all__ = ['Near']

#: Most that distance counts against what is wished for near by [log-probability].
_FAR = 0.5

_WITHIN = rule(
    rf'{NEGATION}{IS}(?:{alternatives(words("limits"))}) {LENGTH}'
    rf'(?: (?:radius|away|or less))?(?! (?:of|from|to) (?!{ASKER}\b))'
    rf'(?: (?:of|from|to) {ASKER}\b)?'
)
_NEAR = rule(
    rf'{NEGATION}{IS}(?:(?:{alternatives(words("near_asker"))}) {ASKER}\b'
    rf'|(?:{patterns("nearby")})\b'
    r'(?=[ ?.!,;]*(?:$|[?.!,;\x1f]|and\b|please\b|to\b|for\b|that\b|where\b)))'
)


@dataclass(frozen=True, kw_only=True)
class Near(Constraint):
    """Within a distance of the asker, or simply close to them."""

    NAME: ClassVar[str] = 'near'
    PRIORITY: ClassVar[int] = 20
    SCHEMA: ClassVar[Mapping[str, Any]] = {'distance_m': {'type': 'number'}}
    CUES: ClassVar[Cues] = Cues(_WITHIN, _NEAR)

    #: How close [m]; None: the wording names no distance.
    distance_m: float | None = None

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Near]:
        """Yield "within 20 m", "near me"; lengths from a landmark are left alone."""
        for pattern in (_WITHIN, _NEAR):
            for match in rest.matches(pattern):
                limit = metres(match['n'], match['unit']) if pattern is _WITHIN else None
                if pattern is _WITHIN and limit is None:
                    continue
                yield cls(
                    negated=match['no'] is not None,
                    span=match.span(),
                    phrase=rest.take(*match.span()),
                    distance_m=limit,
                )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Near:
        """Make one from a phrase and, if it names one, a distance."""
        return cls(phrase=phrase, distance_m=positive(fields, 'distance_m'))

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge the way from the asker; a length in the request is taken as the crow flies."""
        here = scene.query.here or scene.query.near
        if here is None:
            return Effect.ignored(candidates, 'nobody said where that is')
        if self.distance_m is None:
            away = scene.travel(here, candidates.position, candidates.map)
            straight = np.linalg.norm(candidates.position - np.array(here), axis=1)
            away = np.where(np.isfinite(away), away, straight)
        else:
            away = np.linalg.norm(candidates.position - np.array(here), axis=1)
        slack = np.where(candidates.placed, 0.0, SIGHT_M)
        reach = scene.config.distance_scale_m if self.distance_m is None else self.distance_m
        odds = closeness(np.maximum(away - slack, 0.0), reach, stated=self.distance_m is not None)
        if self.distance_m is None and not self.negated:
            # Who says "near me" prefers the nearest, and takes another one if need be.
            odds = np.maximum(odds, -_FAR * away / (away + reach))
        return Effect(
            odds=judged(odds, negated=self.negated),
            told=lambda i: f'{self.phrase} ({away[i]:.1f} m)',
        )
