"""A request becomes places: read it, take a view, find candidates, judge them, choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints.base import Candidates, Scene, Travel
from memory_node.core.constraints.combine import combine, Combined
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.data import FloatArray, Place, Pose, Query, QueryMode, Retrieval
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.places import area_place
from memory_node.core.forest.updater import Areas
from memory_node.core.index.pictures import Pictures
from memory_node.core.language.parser import parse
from memory_node.core.language.request import Request, Sort, SubjectKind
from memory_node.core.language.times import Clock
from memory_node.core.retrieval.attributes import AttributeShares
from memory_node.core.retrieval.blanks import Known
from memory_node.core.retrieval.doubts import doubted
from memory_node.core.retrieval.filters import allowed_rows, closeness, filtered
from memory_node.core.retrieval.kept import Kept
from memory_node.core.retrieval.objects import object_candidates, objects_as_candidates
from memory_node.core.retrieval.outcome import outcome
from memory_node.core.retrieval.pictures import picture_candidates
from memory_node.core.retrieval.places import PlaceBuilder
from memory_node.core.retrieval.reading import as_meant_here, is_of_past, mode_of
from memory_node.core.retrieval.relevance import Relevance, RelevanceModel
from memory_node.core.retrieval.rooms import (
    means_room,
    room_candidates,
    RoomWords,
    serving_rooms,
)
from memory_node.core.retrieval.scale import under
from memory_node.core.retrieval.scored import beside_scores, scored_candidates, Scorer
from memory_node.core.retrieval.selection import arranged, placed_first
from memory_node.core.retrieval.spelling import respelled
from memory_node.core.retrieval.stages import Stages
from memory_node.core.retrieval.views import (
    named_views,
    rows_as_candidates,
    TextSources,
    view_candidates,
)
from memory_node.core.retrieval.wording import WordingReader
from memory_node.core.store.repository import Mirror
from memory_node.core.view import View

__all__ = ['Found', 'RequestReader', 'Retriever', 'parsed']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Texts that are not read again while no time passes.
_PARSED = 256
#: Log-odds that a thing loses where a room is asked for.
_NO_ROOM = 4.0


class RequestReader(Protocol):
    """Reads a request; the rules, or a language model with the rules to fall back to."""

    def parse(self, text: str, clock: Clock) -> Request:
        """Return what a text asks for; never fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that one request came to, for answers that need more than places."""

    query: Query
    request: Request
    view: View
    relevance: Relevance
    candidates: Candidates
    judged: Combined
    #: (n,) log-odds that each candidate answers, constraints included.
    odds: RealArray
    #: Candidates that became places, best first.
    chosen: IntArray
    retrieval: Retrieval


class Retriever:
    """Answers checked queries; thread-safe, because every request reads a view of its own."""

    def __init__(
        self,
        mirror: Mirror,
        *,
        view: Callable[[], View],
        encode: Callable[[list[str]], FloatArray],
        relevance: RelevanceModel,
        room_words: RoomWords,
        sources: TextSources,
        travel: Callable[[View], Travel],
        path: Callable[[int], tuple[str, ...]],
        config: Callable[[], RetrievalConfig],
        areas: Callable[[Query, FloatArray, int], tuple[Place, ...]],
        wording: WordingReader,
        scorer: Scorer | None = None,
        reader: RequestReader | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        """Answer from what ``view`` returns; the other arguments are its tools."""
        self._mirror = mirror
        self.view = view
        self.encode = encode
        self.relevance = relevance
        self.room_words = room_words
        self.sources = sources
        self._travel = travel
        self._path = path
        self._config = config
        self._areas = areas
        self._wording = wording
        self._scorer = scorer
        self.reader = reader
        self._pictures = pictures
        self._newest: Kept | None = None

    def find(
        self, query: Query, keys: IntArray | None = None, *, request: Request | None = None
    ) -> Found:
        """
        Answer a query; with ``keys``, from these observations alone, by their store keys.

        ``request`` is what its text means; read from it where it is left out.

        Raises ``EmptyMemoryError``, ``UnknownMapError`` and ``EncoderError``.
        """
        started = time.perf_counter()
        config = self._config()
        stages = Stages(on=config.trace)
        view = self.view()
        stages.end('view')
        rows = None if keys is None else view.snapshot.rows_of(keys)
        allowed = allowed_rows(view, query, rows)
        scene = self._scene(view, query, config)
        if request is None:
            request = as_meant_here(self.read(query, view), scene, self.room_words)
        scorer = self._scorer_of(view)
        if scorer is not None:
            request = beside_scores(request)
        stages.end('parse')
        texts = self.relevance.texts(request)
        vectors = self.encode(texts if scorer is None else [*texts, request.text])
        encoded = time.perf_counter()
        stages.end('encode')
        meant = self.relevance.relevance(request, view.names, vectors[: len(texts)])
        relevance = meant.among(view.present)
        stages.end('relevance')
        if scorer is not None:
            candidates = scored_candidates(scorer, view, request.text, vectors[-1])
        else:
            candidates = self._candidates(view, request, relevance, vectors)
        candidates = doubted(view, candidates, request)
        candidates = filtered(view, candidates, query, allowed)
        stages.end('candidates')
        judged = combine(request, scene, candidates)
        odds = under(candidates.odds, judged.odds) if judged.constraints else candidates.odds
        odds = placed_first(candidates, odds + closeness(query, candidates, config))
        stages.end('constraints')
        chosen = arranged(candidates, odds, judged, query.k, separation_m=config.separation_m)
        stages.end('selection')
        builder = PlaceBuilder(view, self._mirror, self._path, request, relevance)
        places = builder.places(candidates, judged, odds, chosen)
        stages.end('places')
        if mode_of(query, request) is QueryMode.GLOBAL:
            wide = self._areas(query, vectors[0], (query.k + 1) // 2)
            places = (*wide, *places)[: query.k]
            stages.end('areas')
        done = time.perf_counter()
        seconds = {'encode': encoded - started, 'search': done - encoded, 'total': done - started}
        told = outcome(query, request, view, places, judged, config, seconds)
        return Found(
            query=query,
            request=request,
            view=view,
            relevance=relevance,
            candidates=candidates,
            judged=judged,
            odds=odds,
            chosen=chosen,
            retrieval=replace(told, stages=stages.seconds),
        )

    def places(self, found: Found, some: IntArray) -> tuple[Place, ...]:
        """Return places of some candidates of a search, whether they were chosen or not."""
        builder = PlaceBuilder(
            found.view, self._mirror, self._path, found.request, found.relevance
        )
        return builder.places(found.candidates, found.judged, found.odds, some)

    def object_places(self, view: View, objects: IntArray) -> tuple[Place, ...]:
        """Return places of some objects of a view, as what a description rests on."""
        builder = PlaceBuilder(view, self._mirror, self._path)
        return builder.objects(objects_as_candidates(view, objects, np.full(len(objects), 6.0)))

    def key_places(self, keys: Sequence[int]) -> tuple[Place, ...]:
        """Return observations by store key as places; those gone are left out."""
        view = self.view()
        rows = view.snapshot.rows_of(np.array(keys, np.int64))
        candidates = rows_as_candidates(view, rows, np.full(len(rows), 6.0))
        return PlaceBuilder(view, self._mirror, self._path).objects(candidates)

    def pose_of(self, key: int) -> Pose | None:
        """Return the pose of an observation by store key; None where it is gone."""
        if not len(self._mirror.snapshot().rows_of(np.array([key]))):
            return None
        return self._mirror.poses(np.array([key]))[1][0]

    def area_place(self, areas: Areas, node: ForestNode) -> Place | None:
        """Return an area of the forest as a place; None where it is not named yet."""
        return area_place(
            areas, self._mirror, self._mirror.snapshot(), node, float(node.count), 1.0
        )

    def prepare(self, view: View) -> None:
        """Make what the first question of a view, and the first of all, would have to make."""
        view.prepare()
        parsed('the thing', Clock(0, self._config().zone))

    def clock(self, query: Query, view: View) -> Clock:
        """Return when a query is asked, and in which zone."""
        now = query.now_ns if query.now_ns is not None else view.newest_ns
        return Clock(now, self._config().zone)

    def read(self, query: Query, view: View) -> Request:
        """Return what the text of a query says; a language model reads it where one is set."""
        clock = self.clock(query, view)
        if self.reader is not None and self._config().read_by_language_model:
            return self.reader.parse(query.text, clock)
        return self._kept(view).read(query.text, clock)

    def _read(self, kept: Kept, text: str, clock: Clock) -> Request:
        """Return what the rules read in a text, with its words as this memory spells them."""
        view = kept.view
        text, replaced = respelled(text, chain(view.names.texts, view.rooms.names))
        known = Known(thing=kept.is_thing, room=kept.is_room, exact=kept.is_called)
        read = self._wording.read(text, clock, known)
        if not replaced:
            return read
        assumed = tuple(f'{said!r} is read as {word!r}' for said, word in replaced.items())
        return replace(read, assumed=assumed)

    def _kept(self, view: View) -> Kept:
        """Return what is known of the words of requests in a view."""
        kept = self._newest
        if kept is None or kept.view is not view or kept.relevance is not self.relevance:
            kept = Kept(
                view,
                self._mirror,
                relevance=self.relevance,
                room_words=self.room_words,
                encode=self.encode,
                read=self._read,
            )
            self._newest = kept
        return kept

    def name_odds(self, view: View, phrase: str) -> RealArray:
        """Return (L,) log-odds that things of each name are what a phrase names."""
        return self.relevance.named(phrase, view.names)

    def meant_odds(self, view: View, phrase: str) -> RealArray:
        """Return (L,) log-odds that things of each name are meant by a phrase, named or not."""
        return self._kept(view).meant_odds(phrase)

    def attributes(self, view: View) -> AttributeShares:
        """Return what the captions of a view say of the look of its objects."""
        return self._kept(view).attributes

    def travel(self, view: View) -> Travel:
        """Return what estimates travel distances in a view."""
        return self._travel(view)

    def _scene(self, view: View, query: Query, config: RetrievalConfig) -> Scene:
        return Scene(
            view=view,
            query=query,
            config=config,
            lookup=self._kept(view).lookup,
            travel=self._travel(view),
        )

    def _scorer_of(self, view: View) -> Scorer | None:
        """Return what ranks the viewpoints of a memory that it was made for."""
        scorer = self._scorer if self._config().scorer == 'auto' else None
        return scorer if scorer is not None and scorer.reads(view) else None

    def _candidates(
        self, view: View, request: Request, relevance: Relevance, vectors: FloatArray
    ) -> Candidates:
        """Return the candidates of every generator that the subject calls for."""
        subject, vector = request.subject, vectors[0]
        as_room = means_room(view, request, self.room_words, relevance)
        parts = []
        if subject.kind is not SubjectKind.VIEW:
            odds = relevance.odds - (_NO_ROOM if subject.sort is Sort.ROOM or as_room else 0.0)
            gone = is_of_past(request)
            parts.append(object_candidates(view, odds, wider=relevance.wider, gone=gone))
        if subject.sort is not Sort.THING:
            served = self.relevance.relevance(request, view.room_names, vectors)
            parts.append(serving_rooms(view, served.odds))
        if subject.kind is SubjectKind.NAME:
            thing = relevance.named and not as_room
            parts.append(room_candidates(view, request, self.room_words, thing=thing))
            if not relevance.named:
                said = not view.names.matcher.qualifies(subject.name)
                captions = self._kept(view).captions
                parts.append(
                    named_views(
                        view, self.sources, subject.name, vector, captions=captions, said=said
                    )
                )
        elif subject.kind is SubjectKind.VIEW or not len(view.names):
            parts.append(view_candidates(view, self.sources, subject.text, vector))
        if self._pictures is not None and not relevance.named:
            parts.append(picture_candidates(view, self._pictures, request))
        return Candidates.join(parts)


@lru_cache(maxsize=_PARSED)
def parsed(text: str, clock: Clock) -> Request:
    """Return what the grammar reads in a text."""
    return parse(text, clock, REGISTRY, Order)
