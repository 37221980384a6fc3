"""A search of the forest from the top, with progress as it goes; it can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import time

from memory_node.core.data import Pose, Query, QueryMode, Retrieval
from memory_node.core.errors import InvalidQueryError
from memory_node.core.forest.frontier import Frontier, Step
from memory_node.core.forest.updater import Areas
from memory_node.core.ports import LanguageModel
from memory_node.core.retrieval.pipeline import Retriever

__all__ = ['BRANCHES', 'Search', 'search_down']

#: Areas kept at each level unless told, and at most.
BRANCHES, MAX_BRANCHES = 8, 64
#: How long a search waits for a forest that is being grown [s].
_PATIENCE_S = 5.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where a search ended."""

    retrieval: Retrieval
    steps: tuple[Step, ...]
    #: Areas and observations looked at.
    visited: int
    #: Where to drive; None where nothing was found.
    goal: Pose | None = None
    cancelled: bool = False
    language_model_calls: int = 0
    language_model_fallbacks: int = 0


def search_down(
    retriever: Retriever,
    areas: Areas,
    query: Query,
    *,
    branches: int,
    model: LanguageModel | None,
    on_step: Callable[[Step], None],
    cancelled: Callable[[], bool],
) -> Search:
    """
    Return what lies below the areas that are kept on the way down from the roots.

    ``on_step`` is called after each level, ``cancelled`` before; once it returns True, nothing is
    found. Raises ``InvalidQueryError`` and what ``Retriever.find`` raises.
    """
    if not 1 <= branches <= MAX_BRANCHES:
        raise InvalidQueryError(f'branches must be in [1, {MAX_BRANCHES}], got {branches}')
    patience = time.monotonic() + _PATIENCE_S
    while not (areas.wait(_LOOK_S) or cancelled() or time.monotonic() > patience):
        pass
    frontier = Frontier(
        areas,
        query,
        retriever.encode([query.text])[0],
        branches=branches,
        model=model,
        pose_of=retriever.pose_of,
    )
    steps: list[Step] = []
    stopped = cancelled()
    while not stopped and (step := frontier.down()) is not None:
        steps.append(step)
        on_step(step)
        stopped = cancelled()
    keys = frontier.leaves()
    # Areas are where the search went through; an answer is where somebody can stand.
    mode = QueryMode.EXPLICIT if query.mode is QueryMode.GLOBAL else query.mode
    found = retriever.find(replace(query, mode=mode), keys=keys)
    retrieval = found.retrieval
    if stopped:
        retrieval = replace(retrieval, found=False, message='the search was cancelled')
    calls, fallbacks = frontier.asked
    return Search(
        retrieval=retrieval,
        steps=tuple(steps),
        visited=frontier.visited + len(keys),
        goal=retrieval.places[0].pose if retrieval.found else None,
        cancelled=stopped,
        language_model_calls=calls,
        language_model_fallbacks=fallbacks,
    )
