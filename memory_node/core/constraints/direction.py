"""In a cardinal direction: "north of the library", "on the east side of the building"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    IntArray,
    Landmark,
    Scene,
    UNMET,
)
from memory_node.core.constraints.distances import judged, nearest_landmarks
from memory_node.core.constraints.fields import ABOUT, read_about
from memory_node.core.constraints.landmarks import room_landmark, rooms_meant, things_or_rooms
from memory_node.core.constraints.patterns import (
    ASKER,
    IS,
    is_everything,
    names_room,
    NEGATION,
    NOUN_PHRASE,
    rule,
)
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, values, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock

__all__ = ['Direction']

#: Turn from north, anticlockwise as seen from above, in half turns.
_TURNS = values('sides')
#: A direction is what lies within 60 degrees of it, a side what lies within 90.
_CONE, _HALF = 0.5, 0.0
#: Most that lying right in the direction adds.
_BONUS = 0.25
#: What is closer than this to a landmark lies in no direction from it, and what is higher or
#: lower than this is on another floor [m].
_SAME_SPOT_M, _STOREY_M = 0.5, 2.0

_SIDE = (
    r'(?P<side>(?:north|south)[- ]?(?:east|west)'
    rf'|{alternatives(side for side in _TURNS if len(side) < 6)})'
)
_PARTS = rf'(?:{alternatives(words("side_parts"))})'
_BEYOND = rule(
    rf'{NEGATION}{IS}(?:(?:to|in) the )?\b{_SIDE}(?:ern)? (?:of|from) '
    rf'(?:(?P<me>{ASKER})\b|{NOUN_PHRASE})'
)
_WITHIN = rule(
    rf'{NEGATION}{IS}(?:in|on|at|to) the (?:far )?{_SIDE}(?:ern)?(?:most)?\b(?: {_PARTS})?'
    rf'(?! {_PARTS})(?: (?:of|in) {NOUN_PHRASE})?'
)


@dataclass(frozen=True, kw_only=True)
class Direction(Constraint):
    """Beyond a landmark in a direction, or within a side of a room or the whole map."""

    NAME: ClassVar[str] = 'direction'
    PRIORITY: ClassVar[int] = 50
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        'side': {'type': 'string', 'enum': list(_TURNS)},
        'about': ABOUT,
        'within': {'type': 'boolean'},
    }
    CUES: ClassVar[Cues] = Cues(_BEYOND, _WITHIN)

    #: ``north``, ``northeast``, ...
    side: str
    #: What it is measured from, in words; '' for the asker, or the whole map.
    about: str = ''
    #: Whether it is a part of what it is about, rather than beyond it.
    within: bool = False

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Direction]:
        """Yield "north of the sofa", "on the east side of the hall"."""
        for pattern, within in ((_BEYOND, False), (_WITHIN, True)):
            for match in rest.matches(pattern):
                about = (match['np'] or '').casefold()
                whole = bool(about) and is_everything(about)
                yield cls(
                    negated=match['no'] is not None,
                    span=match.span(),
                    side=match['side'].casefold().replace('-', '').replace(' ', ''),
                    phrase=rest.take(*match.span()),
                    about='' if whole else about,
                    within=within or whole,
                )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Direction:
        """Make one from a phrase, a side, and what it is a side of, if anything."""
        side = fields.get('side')
        if side not in _TURNS:
            raise ValueError(f'{phrase!r} names no direction')
        about = read_about(phrase, fields) if fields.get('about') else ''
        return cls(phrase=phrase, side=side, about=about, within=fields.get('within') is True)

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by the angle between the direction and the way from the landmark."""
        turn = scene.config.north_yaw_rad + math.pi * _TURNS[self.side]
        ahead = np.array([math.cos(turn), math.sin(turn)])
        found = self._offsets(scene, candidates)
        if isinstance(found, str):
            return Effect.ignored(candidates, found)
        offsets, inside = found
        length = np.linalg.norm(offsets, axis=1)
        least = _HALF if self.within else _CONE
        with np.errstate(invalid='ignore', divide='ignore'):
            cosine = (offsets @ ahead) / length
        nowhere = ~np.isfinite(cosine) | (length < (1e-6 if self.within else _SAME_SPOT_M))
        outside = UNMET * np.minimum((least - cosine) / 0.5, 1.0)
        odds = np.where(cosine > least, _BONUS * (cosine - least), outside)
        odds = np.where(nowhere, UNMET, odds) + np.where(inside, 0.0, UNMET)
        return Effect(odds=judged(odds, negated=self.negated))

    def _offsets(
        self, scene: Scene, candidates: Candidates
    ) -> tuple[FloatArray, NDArray[np.bool_]] | str:
        """Return (n, 2) how far each is from its origin [m], NaN without, and whether inside."""
        everywhere = np.ones(len(candidates), np.bool_)
        if not self.about:
            if self.within:
                return candidates.position[:, :2] - _middles(scene, candidates), everywhere
            here = scene.query.here or scene.query.near
            if here is None:
                return 'nobody said where that is'
            return (candidates.position - np.array(here))[:, :2], everywhere
        found, rooms = self._landmark(scene)
        if found is None:
            return f'I know no {self.about!r}'
        offsets = _from_nearest(scene, candidates, found)
        if self.within and rooms is not None:
            return offsets, np.asarray(np.append(rooms > 0.0, False)[candidates.room])
        return offsets, everywhere

    def _landmark(self, scene: Scene) -> tuple[Landmark | None, FloatArray | None]:
        """Return what the direction is seen from, and the rooms where it is one."""
        rooms = rooms_meant(scene, self.about) if names_room(self.about) else None
        if rooms is not None and (found := room_landmark(scene, rooms)) is not None:
            return found, rooms
        found = things_or_rooms(scene, self.about)
        return found, None


def _middles(scene: Scene, candidates: Candidates) -> FloatArray:
    """Return (n, 2) the middle of the map that each candidate is on [m]."""
    snapshot = scene.view.snapshot
    middles = np.zeros((len(candidates), 2))
    for one in np.unique(candidates.map).tolist():
        spots = snapshot.positions[snapshot.maps == one, :2]
        if len(spots):
            middles[candidates.map == one] = 0.5 * (spots.min(axis=0) + spots.max(axis=0))
    return middles


def _from_nearest(scene: Scene, candidates: Candidates, found: Landmark) -> FloatArray:
    """Return (n, 2) how far each is from the nearest landmark on its floor [m], NaN without."""
    pairs = nearest_landmarks(scene, candidates, found)
    on_floor = np.where(np.abs(pairs.above) > _STOREY_M, np.inf, pairs.distance)
    best: IntArray = on_floor.argmin(axis=1)
    each = np.arange(len(candidates))
    chosen = pairs.landmark[each, best]
    offsets = (candidates.position - found.positions[chosen])[:, :2]
    offsets[~np.isfinite(on_floor[each, best])] = np.nan
    return np.asarray(offsets)
