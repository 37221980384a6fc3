"""On a floor: "upstairs", "on level 2", "on the ground floor"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
import re
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Constraint, Effect, Scene, UNMET
from memory_node.core.constraints.distances import judged, log_probability
from memory_node.core.constraints.fields import read_number
from memory_node.core.constraints.landmarks import rooms_meant
from memory_node.core.constraints.patterns import ANY_NUMBER, IS, NEGATION, number, rule
from memory_node.core.data import Vector3
from memory_node.core.forest.floors import find_floors, ground_floor, nearest_floor
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, entry, values, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.roles import NOUNS, role_of
from memory_node.core.language.times import Clock

__all__ = ['Floor', 'FloorKind']

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_NAMED: Mapping[str, str] = {**entry('floors', 'named'), **entry('floors', 'alone')}
_ORDINALS = values('ordinals')
_NOUN = rf'(?:{alternatives(words("floors", "nouns"))})'
_NTH = rf'(?:\d{{1,2}}(?:st|nd|rd|th)|{alternatives(_ORDINALS)})'
#: The noun, or where it comes only after another floor: "on the first or the second floor".
_NOUN_LATER = rf'(?:{_NOUN}|(?=or (?:(?:on|at|in) )?(?:the )?{_NTH} {_NOUN}\b))'
_FLOOR = rule(
    rf'{NEGATION}{IS}(?:(?:on|at|to|from|in) )?(?:the )?'
    rf'(?:(?P<name>{alternatives(entry("floors", "named"))}) {_NOUN_LATER}'
    rf'|(?P<nth>{_NTH}) {_NOUN_LATER}'
    rf'|{_NOUN} (?:number )?(?P<n>{ANY_NUMBER})'
    rf'|(?P<alone>{alternatives(entry("floors", "alone"))}))\b(?! lamps?\b| tiles?\b)'
)


class FloorKind(str, Enum):
    """How a floor is named."""

    NUMBER = 'number'
    TOP = 'top'
    BOTTOM = 'bottom'
    GROUND = 'ground'
    BASEMENT = 'basement'
    #: Above or below the asker.
    UP = 'up'
    DOWN = 'down'


def _ends_name(match: re.Match[str], text: str) -> bool:
    """Tell whether a cellar is part of a longer name: "the fermentation cellar" is a room."""
    if (
        not match['alone']
        or FloorKind(_NAMED[match['alone'].casefold()]) is not FloorKind.BASEMENT
    ):
        return False
    before = text[: match.start()].rpartition(' ')[0].rpartition(' ')[2]
    return match.start() == match.start('alone') and bool(before) and role_of(before) in NOUNS


#: More floors than this are no building.
MAX_FLOOR = 200


@dataclass(frozen=True, kw_only=True)
class Floor(Constraint):
    """On a floor of the building; floors are the heights at which the robot mostly was."""

    NAME: ClassVar[str] = 'floor'
    PRIORITY: ClassVar[int] = 40
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        'floor': {'type': 'string', 'enum': [kind.value for kind in FloorKind]},
        'number': {'type': 'integer'},
    }
    CUES: ClassVar[Cues] = Cues(_FLOOR)
    OFFERED: ClassVar[bool] = True

    kind: FloorKind
    #: Counts from the lowest, which is 1.
    number: int = 0

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Floor]:
        """Yield "upstairs", "on the second floor", "on level 2"."""
        for match in rest.matches(_FLOOR):
            if _ends_name(match, rest.whole):
                continue
            named = (match['name'] or match['alone'] or '').casefold()
            nth = (match['nth'] or match['n'] or '').casefold()
            digits = re.match(r'\d+', nth)
            many = int(digits[0]) if digits else int(_ORDINALS.get(nth, 0)) or number(nth)
            yield cls(
                negated=match['no'] is not None,
                span=match.span(),
                phrase=rest.take(*match.span()),
                kind=FloorKind(_NAMED[named]) if named else FloorKind.NUMBER,
                number=0 if named else many,
            )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Floor:
        """Make one from a phrase and a kind of floor or its number."""
        kind, many = FloorKind(fields.get('floor', 'number')), int(read_number(fields, 'number'))
        if kind is FloorKind.NUMBER and not 1 <= many <= MAX_FLOOR:
            raise ValueError(f'{phrase!r} names no floor from 1 to {MAX_FLOOR}')
        return cls(phrase=phrase, kind=kind, number=many)

    def excludes(self, other: Constraint) -> bool:
        """Tell whether nothing can be on both floors."""
        return (
            isinstance(other, Floor)
            and self.kind is FloorKind.NUMBER is other.kind
            and self.number != other.number
            and not (self.negated or other.negated)
        )

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by the height from which each candidate was seen."""
        snapshot = scene.view.snapshot
        here = scene.query.here or scene.query.near
        meets = np.zeros(len(candidates), np.bool_)
        levels, most = np.zeros(len(candidates), np.int64), 1
        cellar = self.kind is FloorKind.BASEMENT
        for one in np.unique(candidates.map).tolist():
            mine = np.flatnonzero(candidates.map == one)
            floors = find_floors(snapshot.positions[snapshot.maps == one, 2])
            levels[mine] = nearest_floor(snapshot.positions[candidates.row[mine], 2], floors)
            meets[mine] = self._meant(levels[mine], floors, here)
            most = max(most, len(floors))
            cellar = cellar and ground_floor(floors) == 0
        odds = np.where(meets, 0.0, UNMET)
        if cellar and (rooms := rooms_meant(scene, 'basement')) is not None:
            odds = np.maximum(np.append(log_probability(rooms), UNMET)[candidates.room], UNMET)
        return Effect(
            odds=judged(odds, negated=self.negated),
            told=lambda i: f'{self.phrase} (floor {levels[i] + 1} of {most})',
        )

    def _meant(
        self, levels: IntArray, floors: NDArray[np.float64], here: Vector3 | None
    ) -> BoolArray:
        """Return which levels, counted from 0, are meant; up and down start where the asker is."""
        last, ground = len(floors) - 1, ground_floor(floors)
        exact = {
            FloorKind.NUMBER: self.number - 1,
            FloorKind.TOP: last,
            FloorKind.BOTTOM: 0,
            FloorKind.GROUND: ground,
        }
        if self.kind in exact:
            return np.asarray(levels == exact[self.kind])
        if self.kind is FloorKind.BASEMENT:
            return np.asarray(levels < ground)
        up = self.kind is FloorKind.UP
        own = 0 if up else last
        if here is not None:
            own = int(nearest_floor(np.array([here[2]]), floors)[0])
        # Who asks for "upstairs" on the top floor is there.
        own = min(own, max(last - 1, 0)) if up else max(own, min(last, 1))
        return np.asarray(levels > own if up else levels < own)
