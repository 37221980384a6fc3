"""In a room, or in a thing that holds others: "in the kitchen", "anywhere but in the hall"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import re
from typing import Any, ClassVar

import numpy as np

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    Kind,
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
from memory_node.core.constraints.landmarks import rooms_meant
from memory_node.core.constraints.patterns import (
    about,
    IS,
    is_everything,
    is_no_place,
    is_walked_on,
    names_room,
    NEGATION,
    NOUN_PHRASE,
    NOUN_PHRASES,
    rule,
)
from memory_node.core.language.cues import Cues
from memory_node.core.language.relations import alternatives, entry, patterns, words
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.spatial import relation_pattern
from memory_node.core.language.times import Clock
from memory_node.core.language.wordnet import wordnet
from memory_node.core.view import View

__all__ = ['Area', 'is_all_of_it']

#: How close "in the fridge" and "at the door" are [m].
_REACH_M = float(entry('container_reach_m'))
#: How close "in aisle 7" is to the sign, where no room is called so [m].
_SIGN_REACH_M = float(entry('sign_reach_m'))
#: Cost of a thing outside that was seen from inside: where a room ends is an estimate.
_SEEN_FROM_INSIDE = -3.0
#: What no depth has placed is at least this likely to be in another room than it was seen from.
_UNPLACED_LEAST = 0.5 * UNMET


_EXCEPT = rule(rf'\b(?:{patterns("excluding")}) {NOUN_PHRASES}')
_MOTIONS = words('motions')
#: "Go back to", "walk into", "goto".
_INTO = (
    rf'(?:{alternatives(_MOTIONS)})(?: (?:back|over|down|up))? (?:in ?)?to'
    rf'|(?:{alternatives(_MOTIONS)}) (?:back|over|down|up)to'
    rf'|{alternatives(f"{motion}to" for motion in _MOTIONS)}'
)
_GO = rule(
    rf'^(?:please )?(?:{_INTO}) {NOUN_PHRASE}[ \x1f]*'
    r'(?:,|,? and(?: then)?|,? then) (?=\w)'
)
_OF = rule(rf'\bof {NOUN_PHRASE}')
_IN = rule(rf'{NEGATION}{IS}(?:{relation_pattern(words("inside"))}) {NOUN_PHRASES}')
#: Only a room: "on the terrace"; "on the table" is read before.
_ON_ROOM = rule(rf'{NEGATION}{IS}(?:{relation_pattern(("on", "onto"))}) {NOUN_PHRASES}')


@dataclass(frozen=True, kw_only=True)
class Area(Constraint):
    """In one of the rooms or containers that are named."""

    NAME: ClassVar[str] = 'area'
    PRIORITY: ClassVar[int] = 90
    SCHEMA: ClassVar[Mapping[str, Any]] = {'about': ABOUT}

    CUES: ClassVar[Cues] = Cues(_EXCEPT, _GO, _OF, _ON_ROOM, _IN)
    OFFERED: ClassVar[bool] = True

    #: What it may be in: any of these will do.
    about: tuple[str, ...]

    @property
    def landmark(self) -> str:
        """The room, where the request may ask for nothing else; '' where it excludes it."""
        return '' if self.negated else self.about[0]

    @property
    def of_verb(self) -> bool:
        """Whether it may belong to the verb of a need: "protect my eyes from splinters"."""
        return self.phrase.casefold().startswith('from ') and not names_room(self.about[0])

    @classmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Area]:
        """Yield "not in the kitchen", "go to the kitchen and", "of the kitchen", "in it"."""
        for pattern, wanted in (
            (_EXCEPT, _is_place),
            (_GO, _is_place),
            (_OF, _has_parts),
            (_ON_ROOM, _is_walked_on),
            (_IN, _is_place),
        ):
            for match in rest.matches(pattern):
                if wanted(match['np']):
                    yield cls._made(rest, match, negated=pattern is _EXCEPT)
                elif pattern in (_IN, _ON_ROOM) and is_everything(match['np']):
                    rest.take(*match.span())  # "in the building" asks for nothing

    @classmethod
    def _made(cls, rest: Remainder, match: re.Match[str], *, negated: bool) -> Area:
        denied = negated or match.groupdict().get('no') is not None
        phrase = rest.take(*match.span())
        phrase = re.sub(r'[ ,]+(?:and|then|and then)$|,$', '', phrase)
        return cls(phrase=phrase, negated=denied, span=match.span(), about=about(match))

    @classmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Area:
        """Make one from a phrase and the room it names."""
        return cls(phrase=phrase, about=(read_about(phrase, fields),))

    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge rooms by assignment and containers by distance; whichever fits better counts."""
        if not self.negated and all(is_all_of_it(scene.view, phrase) for phrase in self.about):
            return Effect(odds=np.zeros(len(candidates)), told=lambda i: self.phrase)
        found = [
            odds
            for phrase in self.about
            for odds in (
                _in_rooms(scene, candidates, phrase),
                _in_things(scene, candidates, phrase),
            )
            if odds is not None
        ]
        if not found:
            if self.negated:  # what is not here holds nothing and nothing is by it
                return Effect(odds=np.zeros(len(candidates)))
            return Effect.absent(candidates, f'I know no {" or ".join(self.about)!r}')
        odds = np.maximum.reduce(found)
        known = odds != UNSURE
        names = scene.view.rooms.names

        def told(i: int) -> str:
            room = int(candidates.room[i])
            named = names[room] if room >= 0 else ''
            return (
                f'{self.phrase} ({named})' if named and named not in self.phrase else self.phrase
            )

        return Effect(odds=judged(odds, negated=self.negated, known=known), told=told)


def _is_place(phrase: str) -> bool:
    return not is_no_place(phrase)


def _is_walked_on(phrase: str) -> bool:
    return is_walked_on(phrase) and not is_no_place(phrase)


def _has_parts(phrase: str) -> bool:
    """Tell whether "of" a phrase means in it: of the office, but not of the table."""
    return (names_room(phrase) or wordnet().is_place(phrase)) and not is_no_place(phrase)


def is_all_of_it(view: View, phrase: str) -> bool:
    """
    Tell whether a phrase means the whole that the memory is of.

    "The school" does where there is a school bell and a school canteen, but no room of that name.
    """
    if not wordnet().is_place(phrase) or names_room(phrase):
        return False
    rooms = view.rooms
    named = phrase in (*rooms.names, *rooms.said)
    return not named and view.names.matcher.qualifies(phrase)


def _in_rooms(scene: Scene, candidates: Candidates, phrase: str) -> FloatArray | None:
    """Return (n,) log-odds that each candidate is in a room of that name; None for no such."""
    rooms = rooms_meant(scene, phrase)
    if rooms is None:
        return None
    # The last entry is for candidates in no room.
    of_room = np.append(np.maximum(log_probability(rooms), UNMET), UNSURE)
    own = of_room[candidates.room]
    seen_from = of_room[scene.view.row_rooms[candidates.row]]
    own = np.where(candidates.placed, np.maximum(own, seen_from + _SEEN_FROM_INSIDE), own)
    inexact = ~candidates.placed & (candidates.kind == Kind.OBJECT)
    return np.asarray(np.where(inexact, np.maximum(own, _UNPLACED_LEAST), own))


def _in_things(scene: Scene, candidates: Candidates, phrase: str) -> FloatArray | None:
    """Return (n,) log-odds that each candidate is in or right at such a thing."""
    landmark = scene.lookup.landmark(phrase)
    if landmark is None:
        return None
    pairs = nearest_landmarks(scene, candidates, landmark)
    signs = np.isin(scene.view.objects.labels[landmark.objects], scene.view.names.signs)
    odds = closeness(pairs.distance, _SIGN_REACH_M if signs.all() else _REACH_M)
    odds = np.where(pairs.placed, odds, np.minimum(odds, UNSURE))
    meant = log_probability(landmark.odds)[pairs.landmark]
    return np.asarray(np.maximum((odds + meant).max(axis=1), UNMET))
