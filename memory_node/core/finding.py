"""
Search of the forest from the top, level by level, told as it goes and stopped at any time.

At each level the areas that may hold the answer are kept: those a language model picks, where one
is asked, and the most hopeful by embeddings. What remains at the bottom is ranked like any
question, under the same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Pose, Query, QueryMode, Retrieval
from memory_node.core.errors import InvalidQueryError
from memory_node.core.forest.descent import expand, Scope
from memory_node.core.forest.llm_selector import AreaChooser, Option
from memory_node.core.forest.node import ForestNode
from memory_node.core.memory import Memory
from memory_node.core.overview import area_id
from memory_node.core.ports import LanguageModel
from memory_node.core.searching import Understood

__all__ = ['BRANCHES', 'Found', 'Kept', 'Step', 'find']

#: Areas kept at each level unless told, and at most.
BRANCHES, MAX_BRANCHES = 8, 64
#: How long a search waits for a forest that is being grown [s].
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One area that was kept."""

    node_id: str
    name: str
    #: Cosine that its best observation may reach.
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was decided at one level."""

    level: int
    #: Best first.
    areas: tuple[Kept, ...]
    #: ``embeddings``, or the id of the language model.
    chosen_by: str
    #: A pose in the best area; None where its observations were just removed.
    best: Pose | None
    #: Areas looked at so far.
    visited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
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


@dataclass(slots=True)
class _Hopeful:
    node: ForestNode
    hope: float


def find(
    memory: Memory,
    query: Query,
    *,
    branches: int = BRANCHES,
    model: LanguageModel | None = None,
    told: Callable[[Step], None] = lambda step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Found:
    """
    Search the forest for a query, from the top.

    Parameters
    ----------
    memory
        Where to look.
    query
        What for, with its filters and the conditions of its text.
    branches
        Areas kept at each level, 1 to 64.
    model
        Picks areas beside the embeddings; its failures only cost its say.
    told
        Called after each level.
    cancelled
        Asked before each level; once True, the areas kept so far are ranked and that is all.

    Raises
    ------
    InvalidQueryError, EmptyMemoryError, UnknownMapError, EncoderError
        As ``Memory.retrieve``.

    """
    if not 1 <= branches <= MAX_BRANCHES:
        raise InvalidQueryError(f'branches must be in [1, {MAX_BRANCHES}], got {branches}')
    searcher = memory.searcher
    understood = searcher.understand(query)
    memory.areas.wait(_PATIENCE_S)
    vector = memory.encoder.encode([understood.query.text])[0]
    descent = _Descent(memory, understood, vector, branches, model)
    steps: list[Step] = []
    stopped = cancelled()
    while not stopped and (step := descent.down()) is not None:
        steps.append(step)
        told(step)
        stopped = cancelled()
    keys = descent.leaves()
    # Areas are where the search went through; an answer is where somebody can stand.
    mode = QueryMode.EXPLICIT if query.mode is QueryMode.GLOBAL else query.mode
    retrieval = searcher.search(replace(query, mode=mode), keys)
    if stopped:
        retrieval = replace(retrieval, found=False, message='the search was cancelled')
    calls, fallbacks = descent.asked
    searcher.count(language_model_calls=calls, language_model_fallbacks=fallbacks)
    goal = searcher.stand(retrieval.places[0]) if retrieval.found else None
    return Found(
        retrieval=retrieval,
        steps=tuple(steps),
        visited=descent.visited + len(keys),
        goal=goal,
        cancelled=stopped,
        language_model_calls=calls,
        language_model_fallbacks=fallbacks,
    )


class _Descent:
    """The frontier of one search. The forest may change between two levels."""

    def __init__(
        self,
        memory: Memory,
        understood: Understood,
        vector: FloatArray,
        branches: int,
        model: LanguageModel | None,
    ) -> None:
        self._memory = memory
        self._areas = memory.areas
        self._text = understood.query.text
        self._vector = np.asarray(vector, np.float32)
        self._branches = branches
        self._chooser = None if model is None else AreaChooser(model)
        query = understood.query
        self._scope = Scope(
            map_id=query.map_id,
            near=query.near,
            radius_m=query.radius_m,
            since_ns=query.since_ns,
            until_ns=query.until_ns,
        )
        limits = understood.limits
        self._keys: NDArray[np.int64] | None = None
        if limits is not None and limits.rows is not None:
            self._keys = limits.snapshot.keys[limits.rows]
        with self._areas.lock:
            roots = self._areas.forest.roots(query.map_id)
            self._frontier = [
                _Hopeful(n, float(n.embedding @ self._vector)) for n in roots if self._may_hold(n)
            ]
        self.visited = len(self._frontier)
        self._fresh = True

    @property
    def asked(self) -> tuple[int, int]:
        """How often a model was asked to pick, and how often it failed."""
        return (self._chooser.calls, self._chooser.fallbacks) if self._chooser else (0, 0)

    def down(self) -> Step | None:
        """Go down one level; None at the bottom. The first step tells of the roots."""
        with self._areas.lock:
            self._frontier = [h for h in self._frontier if self._is_there(h.node)]
            level = max((h.node.level for h in self._frontier), default=0)
            if not self._frontier:
                return None
            if self._fresh:
                self._fresh = False
                roots = sorted(self._frontier, key=lambda h: (-h.hope, h.node.id))
                return self._step(level, roots, 'embeddings')
            if level <= 1:
                return None
            kept = [h for h in self._frontier if h.node.level < level]
            nodes, hopes = expand(
                [h.node for h in self._frontier if h.node.level == level],
                self._vector,
                self._scope,
            )
            grown = [
                _Hopeful(node, float(hope))
                for node, hope in zip(nodes, hopes.tolist(), strict=True)
                if self._may_hold(node)
            ]
            self.visited += len(nodes)
            grown.sort(key=lambda h: (-h.hope, h.node.id))
            options = [Option(h.node.id, h.node.name, h.node.summary) for h in grown]
        picked, by = self._picked(options)  # no lock is held while a model runs
        order = {node_id: i for i, node_id in enumerate(picked)}
        best = sorted(grown, key=lambda h: order.get(h.node.id, len(order)))[: self._branches]
        self._frontier = kept + best
        with self._areas.lock:
            return self._step(level - 1, best, by)

    def leaves(self) -> NDArray[np.int64]:
        """Return the keys of the observations below what was kept."""
        with self._areas.lock:
            keys = [
                self._areas.forest.leaf_keys(h.node)
                for h in self._frontier
                if self._is_there(h.node)
            ]
        return np.concatenate(keys) if keys else np.empty(0, np.int64)

    def _picked(self, options: Sequence[Option]) -> tuple[list[int], str]:
        """Return what a model picks, and who chose; it is not asked where all are kept anyway."""
        if self._chooser is None or len(options) <= self._branches:
            return [], 'embeddings'
        # The most hopeful area always stays, so that a model that picks badly loses little.
        most = max(1, self._branches - 1)
        picked = self._chooser.pick(self._text, options, most)
        return picked, self._chooser.name if picked else 'embeddings'

    def _is_there(self, node: ForestNode) -> bool:
        return self._areas.forest.nodes.get(node.id) is node

    def _may_hold(self, node: ForestNode) -> bool:
        if not self._scope.meets(node):
            return False
        if self._keys is None:
            return True
        return bool(np.isin(self._areas.forest.leaf_keys(node), self._keys).any())

    def _step(self, level: int, kept: Sequence[_Hopeful], by: str) -> Step:
        there = [h for h in kept if self._is_there(h.node)]
        best = None
        if there:
            keys = self._areas.typical(there[0].node, 1)
            found = self._memory.by_keys(keys)
            best = found[0].pose if found else None
        areas = tuple(
            Kept(node_id=area_id(h.node.id), name=h.node.name, score=h.hope) for h in there
        )
        return Step(level=level, areas=areas, chosen_by=by, best=best, visited=self.visited)
