"""The memory of a robot: the facade over store, object map, rooms, forest and retrieval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
import os
from pathlib import Path
import threading
from types import TracebackType
from typing import Any

import numpy as np

from memory_node.core.answers.ask import answer
from memory_node.core.answers.describe import describe
from memory_node.core.answers.find import BRANCHES, Search, search_down
from memory_node.core.answers.goal import plan
from memory_node.core.answers.types import Answer, Description, GoalPlan
from memory_node.core.assembly import Parts
from memory_node.core.config import MemoryConfig
from memory_node.core.data import (
    MAX_K,
    Observation,
    Query,
    QueryMode,
    Retrieval,
    Route,
    Vector3,
)
from memory_node.core.errors import InvalidQueryError, StoreAccessError
from memory_node.core.forest.frontier import Step
from memory_node.core.forest.updater import Areas
from memory_node.core.persistence import open_store
from memory_node.core.ports import Encoder, LanguageModel
from memory_node.core.queries import checked_point, make_query, unremoved
from memory_node.core.retrieval.listing import list_objects, ObjectRecord
from memory_node.core.retrieval.pipeline import Found
from memory_node.core.statistics import counted, MemoryStatistics
from memory_node.core.store.encoding import checked, encode_batch
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.store.store import Store
from memory_node.core.topology.graph import TopologicalMap
from memory_node.core.topology.routing import rows_on_map
from memory_node.core.view import View

__all__ = ['Memory', 'MemoryStatistics']


class Memory:
    """
    A robot's memory in one file: add observations, ask for places, get routes.

    Thread-safe. Models run outside every lock, so a question never waits for a caption being
    encoded. One process may write a file, any number may read it.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        config: MemoryConfig,
        language_model: LanguageModel | None = None,
    ) -> None:
        """Use ``Memory.open``."""
        self._ingest = threading.Lock()  # writers queue here, so readers never wait for a model
        self._closed = False
        self._parts = Parts(store, encoder, config, language_model)
        self._mirror = self._parts.mirror

    @property
    def config(self) -> MemoryConfig:
        """The settings; those that act at once may be replaced."""
        return self._parts.config

    @config.setter
    def config(self, config: MemoryConfig) -> None:
        self._parts.config = config

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        encoder: Encoder | None = None,
        config: MemoryConfig | None = None,
        read_only: bool = False,
        language_model: LanguageModel | None = None,
    ) -> Memory:
        """
        Open the memory at ``path``, or begin one there.

        Parameters
        ----------
        path
            The store; index, object map, forest and lock are kept beside it as ``<path>.*``.
        encoder
            Text encoder; the offline MiniLM when left out, loaded when first used. A store with
            another encoder's vectors is encoded again from its captions.
        config
            Settings; the defaults when left out.
        read_only
            Refuse writing, and follow what another process writes.
        language_model
            Names areas; without one, or where it fails, names come from what was seen.

        Raises
        ------
        StoreAccessError, StoreFormatError, StoreVersionError
            The file can't be used.
        EncoderError
            The encoder can't be loaded, or does not fit a store that is opened read-only.

        """
        if encoder is None:
            from memory_node.models.sentence_encoder import SentenceEncoder

            encoder = SentenceEncoder()
        config = config or MemoryConfig()
        store = open_store(path, encoder, read_only=read_only, config=config.store)
        try:
            return cls(store, encoder, config, language_model)
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Memory:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- writing -----------------------------------------------------------------------------

    def add(self, observation: Observation) -> None:
        """Remember one observation; see ``add_many``."""
        self.add_many([observation])

    def add_many(self, observations: Iterable[Observation]) -> int:
        """
        Remember a batch, all or none, in one transaction; return how many rows are new.

        Raises ``InvalidObservationError`` if an id is taken or a vector does not fit, and
        ``EncoderError`` if the encoder fails; nothing is written then.
        """
        items = checked(observations)
        self._writable()
        with self._ingest:
            self._mirror.refuse_taken(items)
            unknown = self._mirror.unknown_labels(items)
            batch = encode_batch(items, self.encoder, self._mirror.dim, unknown)
            self._parts.objects.prepare(items)
            if items:
                self._mirror.insert(batch)
            self._parts.taken_in()
        return len(items)

    def forget(self, ids: Sequence[str]) -> None:
        """Remove observations for good; ``UnknownNodeError`` names an unknown id, none is then."""
        self._writable()
        with self._ingest:
            removed = self._mirror.remove(list(dict.fromkeys(ids)))
            self._parts.indexer.index.remove(removed)
            self._parts.taken_in()

    def _open(self) -> None:
        if self._closed:
            raise StoreAccessError(f'{self.path} is closed')
        self._mirror.follow()

    def _writable(self) -> None:
        self._open()
        if self._mirror.store.read_only:
            raise StoreAccessError(f'{self.path} is open for reading only')

    # ---- asking ------------------------------------------------------------------------------

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
        self._parts.count(queries=1)
        try:
            with self._mirror.pinned():
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
        told = answer(self._found(question), parts.retriever, model)
        if model is not None:
            failed = bool(told.fallback)
            parts.count(language_model_calls=1, language_model_fallbacks=int(failed))
        return told

    def describe(self, area: str = '', map_id: str | None = None) -> Description:
        """
        Describe an area by words ("the kitchen") or id (``area:12``), or everything if empty.

        Raises ``EmptyMemoryError``, ``UnknownMapError``, ``UnknownNodeError`` for an id that is
        not there, and what ``retrieve`` raises.
        """
        self._open()
        with self._mirror.pinned():
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
        with self._mirror.pinned():
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
        return self._parts.router.route(start, goal, map_id)

    def _query(self, text: str, **values: Any) -> Query:
        return make_query(text, self.config.retrieval.top_k, **values)

    # ---- reading -----------------------------------------------------------------------------

    def view(self) -> View:
        """Return observations, objects and rooms as they are now; it never changes later."""
        self._open()
        return self._parts.view()

    def objects(
        self,
        text: str = '',
        *,
        area: str = '',
        near: Vector3 | None = None,
        radius: float | None = None,
        map_id: str | None = None,
    ) -> list[ObjectRecord]:
        """
        Return the things that were seen, those seen in most views first.

        ``text`` keeps what goes by a name, ``area`` what is in rooms of that name, ``radius`` what
        is this close to ``near`` [m]. Raises ``UnknownMapError`` and ``InvalidQueryError``.
        """
        self._open()
        with self._mirror.pinned():
            return list_objects(
                self._parts.retriever, text, area=area, near=near, radius=radius, map_id=map_id
            )

    @property
    def areas(self) -> Areas:
        """The semantic forest."""
        return self._parts.areas

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._mirror.store.path

    @property
    def encoder(self) -> Encoder:
        """The encoder in use."""
        return self._parts.encoder

    @property
    def map_ids(self) -> tuple[str, ...]:
        """Ids of the maps that hold an observation, in order of their first."""
        snapshot = self.snapshot()
        held = np.unique(snapshot.maps)
        return tuple(snapshot.map_ids[i] for i in held)

    def snapshot(self) -> Snapshot:
        """Return everything searchable as read-only arrays; cheap, and never changes later."""
        self._open()
        return self._mirror.snapshot()

    def topological_map(self) -> TopologicalMap:
        """Return which observations a robot can drive between."""
        self._open()
        return self._parts.router.newest()[0]

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids are observations held already."""
        self._open()
        return self._mirror.taken(ids)

    def observation(self, node_id: str) -> Observation:
        """Return one observation with vector and keyframe; ``UnknownNodeError`` without one."""
        self._open()
        return self._mirror.by_id(node_id)

    def by_keys(self, keys: Sequence[int]) -> list[Observation]:
        """Return observations by the keys of a snapshot, in order; those gone are left out."""
        held = self.snapshot().keys
        wanted = np.array(keys, np.int64)
        return self._mirror.fetch(wanted[np.isin(wanted, held)])

    def observations(self, map_id: str | None = None) -> Iterator[Observation]:
        """Yield the observations held now, in the order they came, of one map or of all."""
        self._open()
        with self._mirror.pinned():
            snapshot = self._mirror.snapshot()
            keys = snapshot.keys
            if map_id is not None:
                keys = keys[rows_on_map(snapshot, map_id)]
            yield from self._mirror.observations(keys)

    def stats(self) -> MemoryStatistics:
        """Return counts and sizes."""
        self._open()
        return counted(self._parts)

    # ---- files -------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str] | None = None, overwrite: bool = False) -> Path:
        """
        Write index and log out, or a complete copy to ``path``; return where.

        Raises ``StoreAccessError`` if ``path`` exists and ``overwrite`` is not set, or can't be
        written. What is added meanwhile may or may not be in a copy.
        """
        if path is None:
            self._writable()
        self._open()
        return self._parts.derived.save(path, overwrite)

    def wait_indexed(self, timeout_s: float | None = None) -> bool:
        """Wait until the index holds every vector; False on time-out."""
        return self._parts.indexer.wait(timeout_s)

    def wait_areas(self, timeout_s: float | None = None) -> bool:
        """Wait until rooms and areas know every observation; False on time-out."""
        return self._parts.wait(timeout_s)

    def close(self) -> None:
        """Write the index out and close the file; a second call does nothing."""
        with self._ingest:
            if self._closed:
                return
            self._closed = True
            self._parts.close()
