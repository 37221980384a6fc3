"""The memory of a robot: the facade over store, index, topology and retrieval, and its lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
import os
from pathlib import Path
import threading
from types import TracebackType

import numpy as np

from memory_node.core.answers import Answerer
from memory_node.core.config import MemoryConfig
from memory_node.core.constraints.llm_reading import LanguageModelReader
from memory_node.core.data import (
    FloatArray,
    MAX_K,
    Observation,
    Query,
    QueryMode,
    Retrieval,
    Route,
    Vector3,
)
from memory_node.core.errors import InvalidQueryError, StoreAccessError
from memory_node.core.forest.llm_namer import Narrator, TextCache, texts_path
from memory_node.core.forest.updater import Areas
from memory_node.core.goal import GoalPlan
from memory_node.core.index.updater import Indexer
from memory_node.core.persistence import DerivedFiles, load_index, open_store
from memory_node.core.ports import Encoder, LanguageModel
from memory_node.core.ranking.ranker import LearnedRanker
from memory_node.core.requests import checked_point, make_query
from memory_node.core.searching import Searcher
from memory_node.core.statistics import counted, MemoryStatistics
from memory_node.core.store.encoding import checked, encode_batch, encode_texts
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.store.store import Store
from memory_node.core.topology.graph import TopologicalMap
from memory_node.core.topology.routing import Router, rows_on_map

__all__ = ['Memory', 'MemoryStatistics']


class Memory:
    """
    A robot's memory in one file: add observations, ask for places, get routes.

    Thread-safe. Models run outside the lock, so a question never waits for a caption being
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
        self.config = config
        self._encoder = encoder
        self._ingest = threading.Lock()  # writers queue here, so readers never wait for a model
        self._closed = False
        self._mirror = Mirror(store, encoder.model_id, encoder.dim)
        self._router = Router(self._mirror, config.topology)
        index, self._index_message = load_index(self._mirror, config.index)
        self._indexer = Indexer(index, self._mirror.snapshot)
        narrator = None
        if language_model is not None:
            narrator = Narrator(language_model, TextCache(texts_path(self.path)))
        self._areas = Areas(self._mirror, config.forest, config.topology, narrator)
        self._derived = DerivedFiles(self._mirror, self._indexer, self._areas)
        ranker = LearnedRanker(config.retrieval, self._encode, encoder.model_id)
        self._answerer = Answerer(self._mirror, self._indexer, ranker, self._areas)
        self._searcher = Searcher(
            self._mirror,
            self._areas,
            self._answerer,
            self._encode,
            lambda: self.config.retrieval,
            self._router.drives,
        )
        if language_model is not None:
            self._searcher.reader = LanguageModelReader(language_model)
        if len(self._mirror.snapshot()):
            self._indexer.notify()
            self._areas.notify()

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
            The store; ``<path>.hnsw`` and ``<path>.lock`` are kept beside it.
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
        store = open_store(path, encoder, read_only=read_only)
        try:
            return cls(store, encoder, config or MemoryConfig(), language_model)
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
            batch = encode_batch(items, self._encoder, self._mirror.dim, unknown)
            if items:
                self._mirror.insert(batch)
        self._indexer.notify()
        self._areas.notify()
        return len(items)

    def forget(self, ids: Sequence[str]) -> None:
        """Remove observations for good; ``UnknownNodeError`` names an unknown id, none is then."""
        self._writable()
        with self._ingest:
            self._indexer.index.remove(self._mirror.remove(list(dict.fromkeys(ids))))
        self._areas.notify()

    def _open(self) -> None:
        if self._closed:
            raise StoreAccessError(f'{self.path} is closed')

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
        self._open()
        return self._searcher.search(query)

    def _encode(self, texts: list[str]) -> FloatArray:
        return encode_texts(self._encoder, texts, self._mirror.dim)

    def navigation_goal(
        self, query: Query, start: Vector3 | None = None, alternatives: int = 3
    ) -> GoalPlan:
        """
        Turn a query into a pose to drive to, with the way there from ``start`` [m] if given.

        The pose is one the robot really had, turned to face the target. ``query.k`` is raised to
        hold the alternatives. Raises as ``retrieve`` does; a missing route is ``route = None``.
        """
        if not 0 <= alternatives < MAX_K:
            raise InvalidQueryError(f'alternatives must be in [0, {MAX_K}), got {alternatives}')
        start = None if start is None else checked_point('start', start)
        wanted = replace(query, k=max(query.k, alternatives + 1), here=query.here or start)
        retrieval = self.search(wanted)
        return self._answerer.plan(retrieval, start, alternatives, self._router)

    def route(self, start: str | Vector3, goal: str | Vector3, map_id: str | None = None) -> Route:
        """
        Return the shortest way over the topological map between ids or points [m].

        A point stands for the nearest observation of ``map_id``, which may be left out while there
        is one map or the other end is an id. Raises ``UnknownNodeError``, ``UnknownMapError``,
        ``EmptyMemoryError``, ``InvalidQueryError`` and, if the ends are not joined,
        ``NoRouteError``.
        """
        self._open()
        return self._router.route(start, goal, map_id)

    # ---- reading -----------------------------------------------------------------------------

    @property
    def areas(self) -> Areas:
        """The semantic forest and what it can be asked."""
        return self._areas

    @property
    def searcher(self) -> Searcher:
        """What reads queries and answers them, for what needs more than places."""
        self._open()
        return self._searcher

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._mirror.store.path

    @property
    def encoder(self) -> Encoder:
        """The encoder in use."""
        return self._encoder

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
        return self._router.newest()[0]

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
        snapshot = self.snapshot()
        keys = snapshot.keys
        if map_id is not None:
            keys = keys[rows_on_map(snapshot, map_id)]
        return self._mirror.observations(keys)

    def stats(self) -> MemoryStatistics:
        """Return counts and sizes."""
        self._open()
        return counted(
            self._mirror, self._indexer, self._areas, self._index_message, self._searcher.counts
        )

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
        return self._derived.save(path, overwrite)

    def wait_indexed(self, timeout_s: float | None = None) -> bool:
        """Wait until the index holds every vector; False on time-out."""
        return self._indexer.wait(timeout_s)

    def wait_areas(self, timeout_s: float | None = None) -> bool:
        """Wait until every observation is in a named area; False on time-out."""
        return self._areas.wait(timeout_s)

    def close(self) -> None:
        """Write the index out and close the file; a second call does nothing."""
        with self._ingest:
            if self._closed:
                return
            self._closed = True
            self._indexer.close()
            self._areas.close()
            try:
                if not self._mirror.store.read_only:
                    self._derived.save_last()
            finally:
                with self._mirror.lock:
                    self._mirror.store.close()
