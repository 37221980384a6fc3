"""What answers are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from memory_node.core.data import Place, Pose, Retrieval, Route

__all__ = ['MAX_CITATIONS', 'Answer', 'Description', 'GoalPlan']

#: Citations of one answer.
MAX_CITATIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer in words; ``[n]`` in the text cites ``citations[n - 1]``."""

    known: bool
    text: str
    citations: tuple[Place, ...] = ()
    #: The number that a question for one asked for; None for other questions.
    count: int | None = None
    #: Whether a language model worded it.
    generated: bool = False
    #: Why a language model that was there was not used; empty when it was, or there is none.
    fallback: str = ''
    #: Seconds of each stage, in order, under ``retrieval.trace``; empty without.
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An area in words; ``[n]`` in the text cites ``citations[n - 1]``."""

    found: bool
    name: str = ''
    text: str = ''
    #: Observations in the area.
    observations: int = 0
    #: Areas directly below, largest first.
    parts: tuple[Place, ...] = ()
    citations: tuple[Place, ...] = ()
    #: Whether a language model worded it.
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPlan:
    """A pose to drive to, the way there, and what else may be meant."""

    found: bool
    #: What the goal was made from; None when nothing was found.
    place: Place | None
    #: Pose in the frame of ``place.map_id``; None when nothing was found.
    goal_pose: Pose | None
    #: None when no start was given, or start and goal are not joined.
    route: Route | None
    #: Next best places, best first.
    alternatives: tuple[Place, ...]
    retrieval: Retrieval
