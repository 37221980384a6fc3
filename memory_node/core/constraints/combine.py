"""All constraints of a request applied to all candidates, and what they say of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import (
    Candidates,
    Constraint,
    Effect,
    FloatArray,
    IntArray,
    Scene,
    UNMET,
    UNSURE,
)
from memory_node.core.constraints.color import Attribute, attributes_of
from memory_node.core.constraints.near import Near
from memory_node.core.constraints.order import arranged, Order, OrderKind, SortKeys
from memory_node.core.language.request import Request

__all__ = ['combine', 'Combined']

BoolArray = NDArray[np.bool_]

#: A constraint is met above these log-odds, and is not met from those on; between, it may be.
_MET, _UNMET = UNSURE, 0.5 * UNMET


@runtime_checkable
class _Exclusive(Protocol):
    def excludes(self, other: Constraint) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """What c constraints and the order of a request make of n candidates."""

    #: The constraints that could be applied, and what each makes of the candidates.
    constraints: tuple[Constraint, ...]
    effects: tuple[Effect, ...]
    #: (n,) log-odds that all constraints add.
    odds: FloatArray
    #: (c, n) whether each constraint is met, and whether it is not; neither where unsure.
    met: BoolArray
    unmet: BoolArray
    #: By what candidates that fit alike are ordered; None without an order.
    order: Order | None
    sort_keys: SortKeys | None
    #: One sentence for each constraint that could not be applied.
    problems: tuple[str, ...]
    #: Names two constraints that nothing meets together; '' where there are none.
    contradiction: str

    @property
    def phrases(self) -> tuple[str, ...]:
        """What counts, as the request says it, each once."""
        ordered = [self.order.phrase] if self.order and self.sort_keys else []
        return tuple(dict.fromkeys([*(c.phrase for c in self.constraints), *ordered]))

    @property
    def met_by_all(self) -> BoolArray:
        """(n,) whether each candidate meets every constraint, as far as anybody can tell."""
        return np.asarray(~self.unmet.any(axis=0))

    def arranged(self, odds: FloatArray, count: int | None = None) -> IntArray:
        """
        Return the candidates best first, by their total log-odds and the order.

        With ``count``, only so many are wanted: what comes after them is in any order.
        """
        if self.sort_keys is None:
            return np.argsort(-odds, kind='stable').astype(np.int64)
        return arranged(odds, self.sort_keys.keys, count)

    def unmet_phrases(self, index: int) -> tuple[str, ...]:
        """Return the constraints that a candidate does not meet, as the request says them."""
        each = zip(self.constraints, self.unmet[:, index].tolist(), strict=True)
        return tuple(dict.fromkeys(c.phrase for c, unmet in each if unmet))

    def sentences(self, index: int) -> tuple[str, ...]:
        """Return how a candidate meets what it meets: "next to the sofa (0.8 m)"."""
        said = [
            constraint.phrase if effect.told is None else effect.told(index)
            for constraint, effect, met in zip(
                self.constraints, self.effects, self.met[:, index].tolist(), strict=True
            )
            if met
        ]
        if self.sort_keys is not None and self.sort_keys.told is not None:
            said.append(self.sort_keys.told(index))
        return tuple(dict.fromkeys(said))

    def by_kind(self, index: int) -> dict[str, float]:
        """Return the log-odds that each kind of constraint adds to a candidate."""
        found: dict[str, float] = {}
        for constraint, effect in zip(self.constraints, self.effects, strict=True):
            name = constraint.NAME
            found[name] = found.get(name, 0.0) + float(effect.odds[index])
        return found


def combine(request: Request, scene: Scene, candidates: Candidates) -> Combined:
    """
    Return all constraints of a request, applied.

    Attributes of the subject count as constraints. What nothing is known about adds no log-odds;
    what names a thing or a room that is not here is met by nothing. Both are listed as problems.
    """
    asked = (*request.constraints, *attributes_of(request.subject))
    judged = [(constraint, constraint.apply(scene, candidates)) for constraint in asked]
    applied = [(c, e) for c, e in judged if not e.problem or e.missing]
    problems = [
        e.problem if e.missing else f'{c.phrase!r} is not considered: {e.problem}'
        for c, e in judged
        if e.problem
    ]
    constraints = tuple(c for c, _ in applied)
    effects = tuple(e for _, e in applied)
    table = np.array([e.odds for e in effects]).reshape(len(effects), len(candidates))
    met, unmet = table > _MET, table <= _UNMET
    order = _order_of(request)
    keys = None if order is None else order.sort_keys(scene, candidates)
    if order is not None and keys is not None and keys.problem:
        problems.append(f'{order.phrase!r} is not considered: {keys.problem}')
        keys = None
    return Combined(
        constraints=constraints,
        effects=effects,
        odds=table.sum(axis=0),
        met=met,
        unmet=unmet,
        order=order if keys is not None else None,
        sort_keys=keys,
        problems=tuple(dict.fromkeys(problems)),
        contradiction=_contradiction(constraints, met),
    )


def _order_of(request: Request) -> Order | None:
    """Return the order of a request; of the chairs near me the nearest is meant."""
    if request.order is not None:
        return request.order
    for constraint in request.constraints:
        if isinstance(constraint, Near) and not constraint.negated:
            return Order(kind=OrderKind.NEAREST, phrase=constraint.phrase)
    return None


def _contradiction(constraints: Sequence[Constraint], met: BoolArray) -> str:
    """Name two constraints of one kind that exclude each other, by their sense or by the facts."""
    for i, second in enumerate(constraints):
        for j, first in enumerate(constraints[:i]):
            if first.NAME != second.NAME or isinstance(first, Attribute):
                continue
            apart = met[i].any() and met[j].any() and not (met[i] & met[j]).any()
            if apart or _opposed(first, second):
                return f'{first.phrase!r} and {second.phrase!r} exclude each other here'
    return ''


def _opposed(first: Constraint, second: Constraint) -> bool:
    """Tell whether two constraints cannot both hold anywhere."""
    if isinstance(first, _Exclusive) and first.excludes(second):
        return True
    alike = type(first) is type(second) and first.negated != second.negated
    return alike and replace(first, phrase=second.phrase, negated=second.negated) == second
