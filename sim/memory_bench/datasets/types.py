"""What a method is evaluated on: observations of one place, questions, and what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from memory_node.core.data import Observation, Vector3

__all__ = ['DataSet', 'LoadOptions', 'Loaded', 'Question']

#: Data sets, and notes on them for the reader of a report.
Loaded = tuple[list['DataSet'], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question and everything that is a right answer to it."""

    id: str
    text: str
    #: What is asked for, for example ``explicit``, ``implicit``, ``global``, ``spatial``,
    #: ``temporal`` or ``negative``; tables are broken down by it.
    kind: str
    #: Positions [m], any of which is right.
    goals: tuple[Vector3, ...] = ()
    #: An answer this close to a goal is a success [m].
    radius_m: float = 3.0
    #: Observations that show a right target; empty when unknown.
    nodes: tuple[str, ...] = ()
    #: What a right text says, one keyword or phrase each; for questions about an area.
    facts: tuple[str, ...] = ()
    #: Where the person who asks stands [m], and when; None when it does not matter.
    near: Vector3 | None = None
    now_ns: int | None = None
    #: False when nothing in the place answers: the method ought to say so.
    answerable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One building or world: what was observed there, in order, and what is asked."""

    name: str
    #: What kind of place it is; tables are broken down by it too.
    kind: str
    observations: tuple[Observation, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What of the data is wanted."""

    #: Typed queries of a building graph.
    questions: Path | None = None
    #: Part of the buildings, and folds of the part ``folds``; see ``choose_buildings``.
    split: str = 'aside'
    folds: Sequence[int] = ()
    #: Generated questions of each form, per data set, and as many without an answer.
    absent: int = 0
    #: Known items asked for.
    items: int = 300
    seed: int = 0
