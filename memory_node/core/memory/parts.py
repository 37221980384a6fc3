"""The parts of one memory, put together: what follows the store, and what answers from it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
import logging
import threading
import time
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import MemoryConfig
from memory_node.core.config.paths import user_path
from memory_node.core.constraints.base import Travel
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.corrections.keeper import Corrections
from memory_node.core.data import FloatArray, Place, Query
from memory_node.core.errors import StoreAccessError
from memory_node.core.forest.llm_namer import Narrator, remove_texts, TextCache, texts_path
from memory_node.core.forest.places import area_places
from memory_node.core.forest.updater import Areas
from memory_node.core.index.pictures import pictures_of
from memory_node.core.index.updater import Indexer
from memory_node.core.language.affordances import AffordancePacks, load_packs
from memory_node.core.language.llm_parser import LanguageModelParser
from memory_node.core.language.wordings import wording_packs, Wordings
from memory_node.core.memory.derived_files import (
    DerivedFiles,
    load_index,
    load_objects,
    load_rooms,
)
from memory_node.core.memory.views import Views
from memory_node.core.objects.keeper import KeptObjects, ObjectKeeper
from memory_node.core.objects.meaning import pack_vectors, PackVectors
from memory_node.core.ports import Encoder, ImageEncoder, LanguageModel
from memory_node.core.retrieval.instruction.scorer import InstructionScorer
from memory_node.core.retrieval.llm_relevance import LanguageModelRelevance
from memory_node.core.retrieval.pipeline import parsed, Retriever
from memory_node.core.retrieval.relevance import EmbeddingRelevance, RelevanceModel
from memory_node.core.retrieval.wording import WordingReader
from memory_node.core.rooms.keeper import RoomKeeper
from memory_node.core.rooms.vocabulary import load_vocabulary
from memory_node.core.store.corrections import Correction
from memory_node.core.store.encoding import encode_texts
from memory_node.core.store.postings import Postings
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.store.space import DiskSpace
from memory_node.core.store.store import Store
from memory_node.core.topology.routing import Router
from memory_node.core.view import View
from memory_node.core.worker import Worker

__all__ = ['Parts']

_LOG = logging.getLogger(__name__)
IntArray = NDArray[np.int64]
_T = TypeVar('_T')

#: Share of the time that goes into preparing views while observations keep coming.
_FOLLOWING = 0.2
#: Longest that closing waits for rooms of the last observations [s].
_LAST_ROOMS_S = 2.0
#: Longest that an ``add`` works at the object map; one observation takes milliseconds [s].
_TAKEN_IN_S = 2.0
#: Texts whose vectors are kept.
_CACHED_TEXTS = 8192


def _loaded(setting: str, path: str, load: Callable[..., _T]) -> _T:
    """Return what ``load`` makes of a user's file besides the shipped one."""
    try:
        return load(extra=user_path(path) if path else None)
    except (OSError, ValueError) as error:
        raise StoreAccessError(f'{setting} {path}: {error}') from error


class Parts:
    """Everything behind the facade; ``close`` last."""

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        config: MemoryConfig,
        model: LanguageModel | None,
        image_encoder: ImageEncoder | None,
    ) -> None:
        """Read what is derived of ``store`` where it still fits, and begin to make the rest."""
        self.config, self.encoder, self.model = config, encoder, model
        self._counting = threading.Lock()
        self._counts = Counter[str]()
        self._caching = threading.Lock()
        self._cache: OrderedDict[str, FloatArray] = OrderedDict()
        self.mirror = Mirror(store, encoder.model_id, encoder.dim)
        self.space = DiskSpace(store.path)
        #: Why the store is larger than ``store.budget_mb``; '' where it is not.
        self.budget_message = ''
        self.router = Router(self.mirror, config.topology, lambda: self.objects.kept().objects)
        index, self.index_message = load_index(self.mirror, config.index)
        self.indexer = Indexer(index, self.mirror.snapshot)
        narrator = None
        self._texts: TextCache | None = None
        if model is not None:
            self._texts = TextCache(texts_path(store.path))
            narrator = Narrator(model, self._texts)
        self.areas = Areas(self.mirror, config.forest, config.topology, narrator)
        vocabulary = _loaded('language.rooms_path', config.language.rooms_path, load_vocabulary)
        packs = self.packs = load_packs(config.language.affordance_packs.split(','))
        self.problems = packs.problems
        self.pictures = pictures_of(self.mirror, image_encoder, packs.rows)
        self.corrections = Corrections(self.mirror, vocabulary)
        self.objects = ObjectKeeper(
            self.mirror,
            self.encode,
            self._vectors(packs),
            packs.synonyms,
            vocabulary.is_room_name,
            config.objects,
            packs_digest=packs.digest,
            correct=self.corrections.of_objects,
        )
        self.objects_message = load_objects(self.mirror, self.objects)
        self.rooms = RoomKeeper(
            self.mirror,
            self._known,
            self.encode_cached,
            vocabulary,
            self._vectors(vocabulary.packs),
            self.corrections.of_rooms,
        )
        load_rooms(self.mirror, self.objects, self.rooms)
        self.views = Views(self.mirror, self.objects, self.rooms, self.recorrected)
        self._follower = Worker('memory-objects', self._follow, share=_FOLLOWING)
        self.derived = DerivedFiles(
            self.mirror, self.indexer, self.areas, self.objects, self.rooms
        )
        self.retriever = self._retriever()
        if len(self.mirror.snapshot()):
            self.notify()

    def _vectors(self, packs: AffordancePacks) -> PackVectors:
        return pack_vectors(packs, self.encode, self.encoder.model_id, self.encoder.dim)

    def _retriever(self) -> Retriever:
        return Retriever(
            self.mirror,
            view=self.view,
            encode=self.encode,
            relevance=self._relevance(),
            room_words=self.rooms.matcher,
            sources=self,
            travel=self._travel,
            path=self.areas.path,
            config=lambda: self.config.retrieval,
            areas=self._area_places,
            wording=self._wording(),
            scorer=InstructionScorer(self.encode, self.encoder.model_id, self),
            reader=None
            if self.model is None
            else LanguageModelParser(self.model, REGISTRY, Order),
            pictures=self.pictures,
        )

    def _wording(self) -> WordingReader:
        path = self.config.language.wordings_path
        wordings = _loaded('language.wordings_path', path, wording_packs)
        vectors = self._vectors(wordings.packs)
        sentences = [vectors.of_row(row) for row in range(len(wordings.kinds))]
        return WordingReader(Wordings(wordings.kinds, sentences), self.encode, parsed)

    def _relevance(self) -> RelevanceModel:
        base = EmbeddingRelevance()
        if self.model is None or self.config.retrieval.relevance != 'language_model':
            return base
        return LanguageModelRelevance(base, self.model)

    # ---- what follows the store --------------------------------------------------------------

    def notify(self) -> None:
        """Signal that observations were added or removed."""
        self.indexer.notify()
        self.areas.notify()
        self._follower.notify()
        self.rooms.notify()
        self.router.notify()

    def forget(
        self, ids: Sequence[str], note: Correction | None = None, before_ns: int | None = None
    ) -> None:
        """Remove observations, and corrections made before a moment; keep ``note`` of it."""
        self.views.release()
        removed = self.mirror.remove(list(dict.fromkeys(ids)), note, before_ns)
        self.indexer.index.remove(removed)
        self.corrections.follow(always=True)  # before the map is made anew with them
        self.objects.forget()
        self.taken_in()

    def let_go(self, keys: IntArray) -> None:
        """Take observations out of what is asked, before ``delete`` takes them off the disk."""
        self.views.hold(self.config.retrieval.patience_s)
        self.mirror.let_go(keys)
        self.indexer.index.remove(keys)
        self.objects.forget()

    def delete(self, keys: IntArray, *, last: bool) -> None:
        """Delete some that were let go from the disk, and with the ``last`` what only they had."""
        if self.mirror.delete(keys, last=last):
            self.indexer.index.remove(keys)
            self.objects.forget()
            self.notify()

    def wipe(self) -> None:
        """
        Take what was forgotten out of every file; nothing may be added meanwhile.

        What is derived is removed from the disk, and written anew by the next save.
        """
        self.objects.catch_up(self.mirror.snapshot())
        self.corrections.forget(frozenset(self.objects.kept().names.texts))
        self.recorrected(own=True)
        self.areas.forget()
        self.indexer.forget()
        self.derived.remove()
        if self._texts is None:
            remove_texts(self.mirror.store.path)
        self.mirror.store.rewrite()  # without the lock: it takes long, and questions go on
        with self.mirror.lock:
            self.mirror.store.wiped()
        self.notify()

    def recorrected(self, *, own: bool = False) -> None:
        """Lay corrections over objects and rooms anew where they have changed."""
        if self.corrections.follow(always=own):
            self.views.release()
            self.objects.again()
            self.rooms.again()

    def taken_in(self, *, moved: bool = False) -> None:
        """
        Bring the object map up to date before an ``add`` returns, then the rest later.

        A map that is made anew as a whole is left to its thread: no ``add`` waits for that.
        """
        if moved:
            self.views.release()
        self.objects.catch_up(self.mirror.snapshot(), time.monotonic() + _TAKEN_IN_S)
        self.notify()

    def _follow(self) -> None:
        while not self._follower.closing:
            if not self.objects.catch_up(self.mirror.snapshot(), time.monotonic() + 0.5):
                self.retriever.prepare(self.views.view(patience_s=0.0))
                return

    def _known(self, snapshot: Snapshot) -> KeptObjects:
        self.objects.catch_up(snapshot, time.monotonic() + self.config.retrieval.patience_s)
        return self.objects.kept()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all but the index knows every observation; False on time-out."""
        parts = (self._follower, self.rooms, self.areas, self.router)
        return all(part.wait(timeout_s) for part in parts)

    # ---- what questions need -----------------------------------------------------------------

    def view(self) -> View:
        """Return the memory as it is now; waits for a map that is being made, but not for long."""
        return self.views.view(self.config.retrieval.patience_s)

    def encode(self, texts: list[str]) -> FloatArray:
        """Return (n, D) unit vectors of texts."""
        return encode_texts(self.encoder, texts, self.mirror.dim)

    def encode_cached(self, texts: list[str]) -> FloatArray:
        """Return (n, D) unit vectors of texts that come again, such as names of rooms."""
        with self._caching:
            found = {t: self._cache[t] for t in texts if t in self._cache}
        new = [t for t in dict.fromkeys(texts) if t not in found]
        if new:
            found.update(zip(new, self.encode(new), strict=True))
            with self._caching:
                self._cache.update((t, found[t]) for t in new)
                while len(self._cache) > _CACHED_TEXTS:
                    self._cache.popitem(last=False)
        return np.stack([found[t] for t in texts])

    def postings(self, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``."""
        return self.mirror.postings(words)

    def nearest(self, snapshot: Snapshot, vector: FloatArray, k: int) -> IntArray:
        """Return about the ``k`` rows whose captions are nearest to a unit vector."""
        return self.indexer.nearest(snapshot, vector, k)[0]

    def _travel(self, view: View) -> Travel:
        return partial(self.router.travel, view.snapshot, view.objects)

    def _area_places(self, query: Query, vector: FloatArray, k: int) -> tuple[Place, ...]:
        return area_places(self.areas, self.mirror, query, vector, k)

    # ---- counts ------------------------------------------------------------------------------

    def count(self, **counts: int) -> None:
        """Add to the counts."""
        with self._counting:
            self._counts.update(counts)

    @property
    def counts(self) -> Mapping[str, int]:
        """Queries and calls of a language model so far, and how many of each failed."""
        with self._counting:
            counts = Counter(self._counts)
        for part in (self.retriever.reader, self.retriever.relevance):
            if isinstance(part, LanguageModelParser):
                counts['language_model_calls'] += part.statistics.requests
                counts['language_model_fallbacks'] += part.statistics.fallbacks
            elif isinstance(part, LanguageModelRelevance):
                counts['language_model_calls'] += part.calls
                counts['language_model_fallbacks'] += part.fallbacks
        return counts

    def _wipe_last(self) -> None:
        try:
            if self.mirror.store.wipe_due:
                self.wipe()
        except StoreAccessError as error:
            _LOG.warning('files still hold what was forgotten, until the next save: %s', error)

    def close(self) -> None:
        """Stop every thread, write what is derived, and close the store."""
        if not self.mirror.store.read_only:
            self.rooms.await_rows(len(self.mirror.snapshot()), _LAST_ROOMS_S)
        for part in (self._follower, self.rooms, self.router, self.indexer, self.areas):
            part.close()
        try:
            if not self.mirror.store.read_only:
                self._wipe_last()
                self.derived.save_last()
        finally:
            if self._texts is not None:
                self._texts.close()
            with self.mirror.lock:
                self.mirror.store.close()
