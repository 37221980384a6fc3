"""
What every constraint of a request is: a pattern that reads it, and a judgement of candidates.

A constraint never cuts the memory. It says how likely each candidate meets it, so that what meets
it best comes first, what does not meet it stays visible as such, and the answer can say which.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import RetrievalConfig
from memory_node.core.data import Query, Vector3
from memory_node.core.language.cues import Cues
from memory_node.core.language.remainder import Remainder
from memory_node.core.language.times import Clock
from memory_node.core.view import View

__all__ = [
    'ABSENT',
    'Candidates',
    'Constraint',
    'Effect',
    'Kind',
    'Scene',
    'Travel',
    'UNMET',
    'UNSURE',
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Log-probability that a candidate meets a constraint which it does not, or where nobody can tell.
UNMET, UNSURE = -5.0, -0.5
#: Log-odds where a constraint names what nothing here is: it may be known by another name.
ABSENT = -7.0


class Kind:
    """What a candidate is; plain numbers, because numpy compares with these faster."""

    OBJECT = 0
    ROOM = 1
    #: One observation, for what only its caption says.
    VIEW = 2
    #: An area of the forest.
    AREA = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What may answer a request, as columns of n rows."""

    #: (n,) a ``Kind``.
    kind: NDArray[np.int8]
    #: (n,) index of the object, the room or the observation; id of the area.
    index: IntArray
    #: (n,) observation to stand at.
    row: IntArray
    #: (n, 3) where it is [m]; where to stand when ``placed`` is False.
    position: FloatArray
    #: (n,) whether ``position`` was measured by depth.
    placed: NDArray[np.bool_]
    #: (n,) index into the map ids.
    map: IntArray
    #: (n,) index of the room, -1 where none is known.
    room: IntArray
    #: (n,) index into the names, -1 for what has none.
    name: IntArray
    #: (n,) when it was first and last seen [ns].
    first_ns: IntArray
    last_ns: IntArray
    #: (n,) log-odds that it is what is wanted, before constraints.
    odds: FloatArray

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.index)

    def take(self, rows: IntArray | NDArray[np.bool_]) -> Candidates:
        """Return some of the candidates, in the order of ``rows``."""
        return Candidates(**{name: getattr(self, name)[rows] for name in self.__slots__})

    @property
    def kin(self) -> IntArray:
        """(n,) a number for each name in each room; -1 for what is no object."""
        spread = int(self.room.max(initial=-1)) + 2
        return np.where(self.kind == Kind.OBJECT, self.name * spread + self.room + 1, -1)

    @classmethod
    @cache
    def none(cls) -> Candidates:
        """Return no candidates."""
        no = np.empty(0, np.int64)
        return cls(
            kind=no.astype(np.int8),
            index=no,
            row=no,
            position=np.empty((0, 3)),
            placed=no.astype(np.bool_),
            map=no,
            room=no,
            name=no,
            first_ns=no,
            last_ns=no,
            odds=np.empty(0),
        )

    @classmethod
    def join(cls, parts: list[Candidates]) -> Candidates:
        """Return the candidates of all parts, one part after the other; ``parts`` holds some."""
        parts = [part for part in parts if len(part)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        return cls(
            **{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.__slots__}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a constraint makes of the candidates."""

    #: (n,) logarithm of the probability that it is met: 0 where met, ``UNMET`` where not.
    #: What is above 0 is a preference among candidates that meet it.
    odds: FloatArray
    #: Why the constraint could not be applied at all; '' where it was. ``odds`` are ``UNSURE``.
    problem: str = ''
    #: Tells for one candidate how it meets the constraint: "next to the sofa (0.8 m)".
    told: Callable[[int], str] | None = None

    #: Whether ``problem`` is that nothing here is what the constraint names.
    missing: bool = False

    @classmethod
    def absent(cls, candidates: Candidates, problem: str) -> Effect:
        """Return the effect of a constraint that names what nothing here is: nothing meets it."""
        return cls(odds=np.full(len(candidates), ABSENT), problem=problem, missing=True)

    @classmethod
    def ignored(cls, candidates: Candidates, problem: str) -> Effect:
        """Return the effect of a constraint that nothing is known about."""
        return cls(odds=np.full(len(candidates), UNSURE), problem=problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """Things or rooms that a constraint measures from."""

    #: (m,) log-odds that each is the one that is meant, above 0.
    odds: FloatArray
    #: (m, 3) where they are [m].
    positions: FloatArray
    #: (m,) whether depth has measured that.
    placed: NDArray[np.bool_]
    #: (m,) index into the map ids.
    maps: IntArray
    #: (m,) index of the object, -1 for views and rooms.
    objects: IntArray
    #: (m,) index of the room that holds it, -1 where none is known.
    rooms: IntArray
    #: (m,) observation that shows it best.
    rows: IntArray


class Lookup(Protocol):
    """Finds what words of a request mean in this memory."""

    def landmark(self, phrase: str) -> Landmark | None:
        """Return the existing things a phrase means, best first; None if there is none."""

    def rooms(self, phrase: str) -> FloatArray | None:
        """Return (R,) log-odds that each room is meant; None if no room is."""


class Travel(Protocol):
    """Estimates travel distances in one memory."""

    def __call__(
        self,
        start: Vector3,
        points: FloatArray,
        maps: IntArray,
        *,
        nearest: int | None = None,
    ) -> FloatArray:
        """
        Return (n,) the way from ``start`` to points on their maps [m].

        With ``nearest``, only so many are wanted: those farther away may be infinite.
        """


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What constraints are judged in: the memory at this moment, and who asks."""

    view: View
    query: Query
    config: RetrievalConfig
    lookup: Lookup
    travel: Travel


@dataclass(frozen=True, kw_only=True)
class Constraint(ABC):
    """One constraint of a request. A new kind is one new file with one subclass."""

    #: Name of the kind in schemas, signals and messages.
    NAME: ClassVar[str]
    #: JSON schema of the fields that a language model may fill; ``phrase`` and ``negated`` too.
    SCHEMA: ClassVar[Mapping[str, Any]]
    #: The patterns of which ``read`` needs one to match; None: it looks at every request.
    CUES: ClassVar[Cues | None] = None

    #: Whether a question may offer it beside others: "on the counter or in the cellar?".
    OFFERED: ClassVar[bool] = False

    #: As the request says it.
    phrase: str
    negated: bool = False
    #: Where it stands in the request; empty when a language model read it.
    span: tuple[int, int] | None = field(default=None, compare=False)

    @classmethod
    @abstractmethod
    def read(cls, rest: Remainder, clock: Clock) -> Iterator[Constraint]:
        """Yield the constraints of this kind in a request, and take their words away."""

    @classmethod
    @abstractmethod
    def from_fields(cls, phrase: str, fields: Mapping[str, Any], clock: Clock) -> Constraint:
        """Make one from what a language model filled in; ``ValueError`` where that is nonsense."""

    @abstractmethod
    def apply(self, scene: Scene, candidates: Candidates) -> Effect:
        """Judge every candidate."""

    def or_else(self, other: Constraint, phrase: str) -> Constraint:
        """Return the constraint that this or another one is met, ``phrase`` as both are said."""
        from memory_node.core.constraints.either import Either

        parts = self.parts if isinstance(self, Either) else (self,)
        return Either(phrase=phrase, span=self.span, parts=(*parts, other))
