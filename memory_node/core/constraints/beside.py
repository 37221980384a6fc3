"""By a thing or a room: "next to the sofa", "on the table", "within 2 m of the door"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import re
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    IntArray,
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
    Pairs,
)
from memory_node.core.constraints.fields import ABOUT, positive, read_about
from memory_node.core.constraints.landmarks import rooms_meant
from memory_node.core.constraints.patterns import (
    IS,
    is_no_place,
    is_walked_on,
    LENGTH,
    metres,
    NEGATION,
    NOUN_PHRASE,
    rule,
)
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.spatial import named_relation, relation_pattern, relations
from memory_node.core.language.times import Clock
from memory_node.core.rooms.matching import next_to, NEXT_TO_SURE

__all__ = ['Beside', 'StatedEvidence']

#: Log-odds where one frame shows both, and depth has placed only one of them or none.
_TOGETHER = -0.25
#: Log-odds of an unplaced thing where captions say of others that they stand so.
_UNSAID = -1.5
#: Log-odds of a thing in the very room that it should be next to, and of one on the wrong side.
_IN_IT, _WRONG_SIDE = -1.5, -2.0
#: Log-odds of a room that only touches the one with the thing it should be at.
_TOUCHES_IT = -1.5
#: A thing lies on another one up to this far beside its outline and below its middle [m].
_OUTLINE_M, _BELOW_M = 0.3, 0.1


_ALL = relation_pattern(word for relation in relations().values() for word in relation.words)
_BESIDE = rule(rf'{NEGATION}{IS}(?P<relation>{_ALL}) {NOUN_PHRASE}')
_WITHIN = rule(
    rf'{NEGATION}{IS}(?:{alternatives((*words("limits"), "about"))})? ?'
    rf'{LENGTH}(?: (?:radius|away|or less))? (?:of|from|to) {NOUN_PHRASE}'
)
_INDEFINITE = rule(rf'(?:^|.* )(?:{"|".join(words("indefinite"))}) [^ ]+(?: [^ ]+){{0,3}}$')


@runtime_checkable
class StatedEvidence(Protocol):
    """Tells what captions say of where things are; a ``Lookup`` may implement it as well."""

    def stated(self, phrase: str, relation: str) -> IntArray:
        """Return the objects that captions say stand so to what a phrase means."""


@dataclass(frozen=True, kw_only=True)
class Beside(Constraint):
    """In a relation to a thing, or next to a room."""

    NAME: ClassVar[str] = 'beside'
    PRIORITY: ClassVar[int] = 80
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        'about': ABOUT,
        'relation': {'type': 'string', 'enum': list(relations())},
        'distance_m': {'type': 'number'},
    }
    CUES: ClassVar[Cues] = Cues(_WITHIN, _BESIDE)
    OFFERED: ClassVar[bool] = True

    about: str
    #: Name of a relation in ``data/relations.yaml``.
    relation: str
    #: How close [m]; None: what the relation usually means.
    distance_m: float | None = None

    @property
    def landmark(self) -> str:
        """The landmark, where the request may ask for nothing else; '' where negated."""
        return '' if self.negated else self.about

    @property
    def of_verb(self) -> bool:
        """Whether it may belong to the verb of a need: "heat it over a flame"."""
        return relations()[self.relation].support and bool(_INDEFINITE.match(self.phrase))

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Beside]:
        """Yield "within 2 m of the door", "next to the sofa"; "on the terrace" is a room's."""
        for match in rest.matches(_WITHIN):
            limit = metres(match['n'], match['unit'])
            if limit is not None:
                yield cls._made(rest, match, 'near', limit)
        for match in rest.matches(_BESIDE):
            relation = named_relation(match['relation'].casefold())
            within = relation.name == 'on' and is_walked_on(match['np'])
            if not within and not is_no_place(match['np']):
                yield cls._made(rest, match, relation.name, None)

    @classmethod
    def _made(
        cls, rest: Remainder, match: re.Match[str], relation: str, limit: float | None
    ) -> Beside:
        return cls(
            negated=match['no'] is not None,
            span=match.span(),
            about=match['np'].casefold(),
            phrase=rest.take(*match.span()),
            relation=relation,
            distance_m=limit,
        )

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Beside:
        """Make one from a phrase, its landmark, and the relation if it is a known one."""
        relation = fields.get('relation')
        return cls(
            phrase=phrase,
            about=read_about(phrase, fields),
            relation=relation if relation in relations() else 'near',
            distance_m=positive(fields, 'distance_m'),
        )

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge by distance from the landmark; rooms, and what is next to one, by adjacency."""
        found = scene.lookup.landmark(self.about)
        if found is None:
            return self._beside_rooms(scene, candidates)
        pairs = nearest_landmarks(scene, candidates, found)
        pair_odds = self._pair_odds(pairs) + log_probability(found.odds)[pairs.landmark]
        best = pair_odds.argmax(axis=1)
        each = np.arange(len(candidates))
        odds = np.maximum(pair_odds[each, best], UNMET)
        away = pairs.distance[each, best]
        rooms = candidates.kind == Kind.ROOM
        if rooms.any():
            odds = np.where(rooms, _at_things(scene, candidates, found), odds)
            away = np.where(rooms, np.inf, away)
        if self.distance_m is None and isinstance(scene.lookup, StatedEvidence):
            said = scene.lookup.stated(self.about, self.relation)
            of_them = (candidates.kind == Kind.OBJECT) & np.isin(candidates.index, said)
            odds = np.where(of_them, np.maximum(odds, 0.0), odds)
            if len(said):  # what else is in the picture is not said to be there
                unsaid = ~candidates.placed & ~of_them & (candidates.kind == Kind.OBJECT)
                odds = np.where(unsaid, np.minimum(odds, _UNSAID), odds)
        known = odds != UNSURE

        def told(i: int) -> str:
            measured = np.isfinite(away[i]) and bool(pairs.placed[i, best[i]])
            return f'{self.phrase} ({away[i]:.1f} m)' if measured else self.phrase

        return Effect(odds=judged(odds, negated=self.negated, known=known), told=told)

    def _pair_odds(self, pairs: Pairs) -> FloatArray:
        """Return (n, k) log-odds that each candidate stands so to each landmark."""
        relation = relations()[self.relation]
        reach = self.distance_m or relation.reach_m
        odds = closeness(pairs.distance, reach, stated=self.distance_m is not None)
        if relation.where != 'around' and self.distance_m is None:
            side = pairs.above if relation.where == 'above' else -pairs.above
            outside = np.maximum(pairs.level - _OUTLINE_M, 0.0)
            odds = closeness(np.hypot(outside, np.maximum(pairs.distance - reach, 0.0)), reach)
            odds = np.where(side < -_BELOW_M, np.minimum(odds, _WRONG_SIDE), odds)
        unplaced = np.where(pairs.together, _TOGETHER, np.minimum(odds, UNSURE))
        return np.asarray(np.where(pairs.placed, odds, unplaced))

    def _beside_rooms(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge what is in, or is itself, a room that touches one of that name."""
        rooms = rooms_meant(scene, self.about)
        if rooms is None:
            if self.negated:  # what is not here holds nothing and nothing is by it
                return Effect(odds=np.zeros(len(candidates)))
            return Effect.absent(candidates, f'I have seen no {self.about!r}')
        odds = _around_rooms(scene, candidates, rooms)
        known = candidates.room >= 0
        return Effect(odds=judged(odds, negated=self.negated, known=known))


def _at_things(scene: Scene, candidates: Candidates, found: Landmark) -> FloatArray:
    """Return (n,) log-odds that the room of each candidate holds a landmark, or touches such."""
    rooms = scene.view.rooms
    holding = np.full(len(rooms) + 1, UNMET)
    np.maximum.at(holding, found.rooms, log_probability(found.odds))
    holding[-1] = UNSURE
    owners = np.repeat(np.arange(len(rooms)), np.diff(rooms.near_starts))
    np.maximum.at(holding, owners, holding[rooms.near_rooms] + _TOUCHES_IT)
    return np.asarray(holding[candidates.room])


def _around_rooms(scene: Scene, candidates: Candidates, odds: FloatArray) -> FloatArray:
    """
    Return (n,) log-odds that the room of each candidate touches one that is meant.

    ``odds`` are (R,) log-odds that each room is meant; a room does not touch itself.
    """
    touching = next_to(scene.view.rooms, None, odds) - NEXT_TO_SURE
    of_room = np.append(np.clip(touching, UNMET, 0.0), UNMET)
    return np.asarray(of_room[candidates.room])
