"""Top-down search of the forest, one level at a time; the forest may change between two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Pose, Query
from memory_node.core.forest.descent import expand, Scope
from memory_node.core.forest.llm_selector import AreaChooser, Option
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.updater import area_id, Areas
from memory_node.core.ports import LanguageModel

__all__ = ['Frontier', 'Kept', 'Step']


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


@dataclass(slots=True)
class _Hopeful:
    node: ForestNode
    hope: float


class Frontier:
    """The frontier of one search. The forest may change between two levels."""

    def __init__(
        self,
        areas: Areas,
        query: Query,
        vector: FloatArray,
        *,
        branches: int,
        model: LanguageModel | None,
        pose_of: Callable[[int], Pose | None],
        keys: NDArray[np.int64] | None = None,
    ) -> None:
        """
        Begin at the roots.

        ``keys`` are the store keys that conditions leave, None for all; ``pose_of`` returns the
        pose of a store key, None where it was removed meanwhile.
        """
        self._areas = areas
        self._pose_of = pose_of
        self._text = query.text
        self._vector = np.asarray(vector, np.float32)
        self._branches = branches
        self._chooser = None if model is None else AreaChooser(model)
        self._scope = Scope(
            map_id=query.map_id,
            near=query.near,
            radius_m=query.radius_m,
            since_ns=query.since_ns,
            until_ns=query.until_ns,
        )
        self._keys = keys
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
            best = self._pose_of(keys[0]) if keys else None
        areas = tuple(
            Kept(node_id=area_id(h.node.id), name=h.node.name, score=h.hope) for h in there
        )
        return Step(level=level, areas=areas, chosen_by=by, best=best, visited=self.visited)
