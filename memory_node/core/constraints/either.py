"""One of several places, as a question offers them: "on the counter or in the cellar?"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import Candidates, Constraint, Effect, Scene
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock

__all__ = ['Either']


@dataclass(frozen=True, kw_only=True)
class Either(Constraint):
    """Any of several constraints; the parser joins those that stand beside an "or"."""

    NAME: ClassVar[str] = 'either'
    SCHEMA: ClassVar[Mapping[str, Any]] = {}
    OFFERED: ClassVar[bool] = True

    parts: tuple[Constraint, ...]

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Either]:
        """Yield nothing: what is offered is read part by part."""
        yield from ()

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Either:
        """Raise ``ValueError``: a language model names the parts."""
        raise ValueError(f'{phrase!r} is made of its parts')

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by the part that is met best; what nothing is known about is left out."""
        effects = [part.apply(scene, candidates) for part in self.parts]
        known = [i for i, effect in enumerate(effects) if not effect.problem]
        if not known:
            return effects[0]
        odds = np.stack([effects[i].odds for i in known])
        best = odds.argmax(axis=0)

        def told(index: int) -> str:
            part = known[int(best[index])]
            of = effects[part].told
            return self.parts[part].phrase if of is None else of(index)

        return Effect(odds=odds.max(axis=0), told=told)
