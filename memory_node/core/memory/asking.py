"""What a memory is asked: places, answers, descriptions, goals and routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from memory_node.core.answers.ask import answer
from memory_node.core.answers.describe import describe
from memory_node.core.answers.find import BRANCHES, Search, search_down
from memory_node.core.answers.goal import plan
from memory_node.core.answers.sequence import sequence_answer
from memory_node.core.answers.types import Answer, Description, GoalPlan
from memory_node.core.data import MAX_K, Query, QueryMode, Retrieval, Route, Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.forest.frontier import Step
from memory_node.core.memory.opened import Opened
from memory_node.core.ports import LanguageModel
from memory_node.core.queries import checked_point, make_query, unremoved
from memory_node.core.retrieval.pipeline import Found
from memory_node.core.retrieval.stages import Stages

__all__ = ['Asking']


class Asking(Opened):
    """The side of a memory that answers."""

    def retrieve(
        self,
        text: str,
        k: int | None = None,
        *,
        near: Vector3 | None = None,
        radius: float | None = None,
        since: float | datetime | None = None,
        until: float | datetime | None = None,
        map_id: str | None = None,
        mode: str | QueryMode = QueryMode.AUTO,
        here: Vector3 | None = None,
        now: float | datetime | None = None,
    ) -> Retrieval:
        """
        Return the places that answer a text, best first.

        Parameters
        ----------
        text
            What is wanted, in words.
        k
            Places wanted, 1 to 1000; ``retrieval.top_k`` when left out.
        near
            A point in the map [m]; closer places rank higher.
        radius
            Only places this close to ``near`` [m].
        since, until
            Only evidence from and up to this moment: seconds since the epoch or an aware datetime.
        map_id
            Only this map.
        mode
            A ``QueryMode`` or its value.
        here
            Where the asker is [m], for "near me" and "the nearest"; ``near`` when left out.
        now
            When it is asked, for "this morning": seconds since the epoch or an aware datetime;
            the newest stamp held when left out.

        Raises
        ------
        InvalidQueryError, UnknownMapError, EmptyMemoryError, EncoderError
            ``found = False`` is an answer, not an error.

        """
        query = make_query(
            text,
            self.config.retrieval.top_k if k is None else k,
            near=near,
            radius=radius,
            since=since,
            until=until,
            map_id=map_id,
            mode=mode,
            here=here,
            now=now,
        )
        return self.search(query)

    def search(self, query: Query) -> Retrieval:
        """Answer a checked query; see ``retrieve``."""
        return self._found(query).retrieval

    def _found(self, query: Query) -> Found:
        self._open()
        query = replace(query, map_id=self._map(query.map_id))
        self._parts.count(queries=1)
        try:
            with self._parts.mirror.pinned():
                return unremoved(lambda: self._parts.retriever.find(query))
        except Exception:
            self._parts.count(queries_failed=1)
            raise

    def ask(
        self,
        question: str | Query,
        *,
        here: Vector3 | None = None,
        now: float | datetime | None = None,
        model: LanguageModel | None = None,
    ) -> Answer:
        """
        Return the answer to a question in words, with what it rests on.

        ``model`` words it where it is given; its failure never raises. Raises as ``retrieve``.
        """
        if isinstance(question, str):
            question = self._query(question, here=here, now=now)
        parts = self._parts
        if (told := self._sequence(question)) is not None:
            return told
        found = self._found(question)
        stages = Stages(on=bool(found.retrieval.stages))
        told = answer(found, parts.retriever, model)
        stages.end('wording')
        if stages.seconds:
            told = replace(told, stages={**found.retrieval.stages, **stages.seconds})
        if model is not None:
            failed = bool(told.fallback)
            parts.count(language_model_calls=1, language_model_fallbacks=int(failed))
        return told

    def _sequence(self, query: Query) -> Answer | None:
        """Return the answer to a question about an order or a visit; None for any other."""
        self._open()
        query = replace(query, map_id=self._map(query.map_id))
        with self._parts.mirror.pinned():
            told = unremoved(lambda: sequence_answer(query, self._parts.retriever))
        if told is not None:
            self._parts.count(queries=1)
        return told

    def describe(self, area: str = '', map_id: str | None = None) -> Description:
        """
        Describe an area by words ("the kitchen") or id (``area:12``), or everything if empty.

        Raises ``EmptyMemoryError``, ``UnknownMapError``, ``UnknownNodeError`` for an id that is
        not there, and what ``retrieve`` raises.
        """
        self._open()
        map_id = self._map(map_id)
        with self._parts.mirror.pinned():
            return unremoved(
                lambda: describe(self._parts.retriever, self._parts.areas, area, map_id)
            )

    def find(
        self,
        query: str | Query,
        *,
        branches: int = BRANCHES,
        model: LanguageModel | None = None,
        on_step: Callable[[Step], None] = lambda step: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Search:
        """
        Search the forest from the top, with progress; see ``answers.find``.

        ``branches`` areas are kept at each level, 1 to 64; ``model`` picks some of them.
        ``on_step`` is called after each level, ``cancelled`` asked before. Raises as ``retrieve``.
        """
        self._open()
        if isinstance(query, str):
            query = self._query(query)
        query = replace(query, map_id=self._map(query.map_id))
        with self._parts.mirror.pinned():
            search = search_down(
                self._parts.retriever,
                self._parts.areas,
                query,
                branches=branches,
                model=model,
                on_step=on_step,
                cancelled=cancelled,
            )
        self._parts.count(
            queries=1,
            language_model_calls=search.language_model_calls,
            language_model_fallbacks=search.language_model_fallbacks,
        )
        return search

    def navigation_goal(
        self, query: str | Query, start: Vector3 | None = None, alternatives: int = 3
    ) -> GoalPlan:
        """
        Turn a query into a pose to drive to, with the way there from ``start`` [m] if given.

        The pose is one the robot really had, turned to face the target. ``query.k`` is raised to
        hold the alternatives. Raises as ``retrieve`` does; a missing route is ``route = None``.
        """
        if not 0 <= alternatives < MAX_K:
            raise InvalidQueryError(f'alternatives must be in [0, {MAX_K}), got {alternatives}')
        start = None if start is None else checked_point('start', start)
        if isinstance(query, str):
            query = self._query(query)
        wanted = replace(query, k=max(query.k, alternatives + 1), here=query.here or start)
        return plan(self.search(wanted), start, alternatives, self._parts.router)

    def route(self, start: str | Vector3, goal: str | Vector3, map_id: str | None = None) -> Route:
        """
        Return the shortest way over the topological map between ids or points [m].

        A point stands for the nearest observation of ``map_id``, which may be left out while there
        is one map or the other end is an id. Raises ``UnknownNodeError``, ``UnknownMapError``,
        ``EmptyMemoryError``, ``InvalidQueryError`` and, if the ends are not joined,
        ``NoRouteError``.
        """
        self._open()
        return self._parts.router.route(start, goal, self._map(map_id))

    def _query(self, text: str, **values: Any) -> Query:
        return make_query(text, self.config.retrieval.top_k, **values)
