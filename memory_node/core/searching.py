"""From a checked query to places: read the text, ground its conditions, search, explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
import threading
import time

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers import Answerer
from memory_node.core.candidates import allowed_rows
from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints import Condition, Kind, Order, read, Reading
from memory_node.core.constraints.ground import Asker, Ground
from memory_node.core.constraints.grounding import ground_conditions
from memory_node.core.constraints.limits import among, Limits, Ordering
from memory_node.core.constraints.llm_reading import LanguageModelReader
from memory_node.core.constraints.naming import Names
from memory_node.core.constraints.ordering import way_to
from memory_node.core.constraints.times import Clock, windows
from memory_node.core.data import (
    FloatArray,
    Place,
    Pose,
    Query,
    QueryMode,
    Retrieval,
    Vector3,
)
from memory_node.core.errors import EmptyMemoryError
from memory_node.core.forest.updater import Areas
from memory_node.core.intents import Intent, Intents
from memory_node.core.lexical import clean_label
from memory_node.core.modes import guess_mode, is_description
from memory_node.core.needs import explained, resolve, Resolved
from memory_node.core.retrieval import Choice
from memory_node.core.room_search import rooms_as_choices
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.territory import RoomNames, Territory
from memory_node.core.things import is_placed
from memory_node.core.uses import Uses
from memory_node.core.wanted import Wanted, wanted, wanted_areas

__all__ = ['Searcher', 'Understood']

#: Things that serve a need among which the nearest is looked for.
_SERVING = 4
#: Words from which on a request is a sentence whose meaning tells what it wants.
_MEANT = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Understood:
    """A query as it is searched for."""

    #: With the words of its conditions taken out, and a need made a thing.
    query: Query
    #: What the conditions leave; None where there are none.
    limits: Limits | None
    served: Resolved | None
    #: Whether things are searched for where they are, rather than views.
    placed: bool = False


class Searcher:
    """Answers queries about what a mirror holds; thread-safe."""

    def __init__(
        self,
        mirror: Mirror,
        areas: Areas,
        answerer: Answerer,
        encode: Callable[[list[str]], FloatArray],
        config: Callable[[], RetrievalConfig],
        drives: Callable[[Snapshot, Vector3], NDArray[np.float64] | None],
    ) -> None:
        """
        Search ``mirror`` by ``answerer``.

        ``config`` returns the settings of the moment, ``drives`` the (N,) ways from a point [m].
        """
        self._mirror = mirror
        self._areas = areas
        self._answerer = answerer
        self._encode = encode
        self._config = config
        self._drives = drives
        self._uses = Uses(encode, mirror.model_id)
        self._intents = Intents(mirror.model_id)
        self._rooms = RoomNames(mirror)
        self._territory: Territory | None = None
        #: Reads requests where ``retrieval.read_by_language_model`` is set; None: rules do.
        self.reader: LanguageModelReader | None = None
        self._counting = threading.Lock()
        self._counts = Counter[str]()

    @property
    def counts(self) -> Counter[str]:
        """Queries and calls of a language model so far, and how many of each failed."""
        with self._counting:
            counts = Counter(self._counts)
        if self.reader is not None:
            read = self.reader.statistics
            counts['language_model_calls'] += read.requests
            counts['language_model_fallbacks'] += read.fallbacks
        return counts

    def count(self, **counts: int) -> None:
        """Add to the counts."""
        with self._counting:
            self._counts.update(counts)

    def search(self, query: Query, keys: NDArray[np.int64] | None = None) -> Retrieval:
        """
        Return the places for a query; see ``Memory.retrieve``.

        ``keys`` are those of the observations to look among, None for all.
        """
        self.count(queries=1)
        try:
            return self._search(query, keys)
        except Exception:
            self.count(queries_failed=1)
            raise

    def _search(self, query: Query, keys: NDArray[np.int64] | None) -> Retrieval:
        began = time.perf_counter()
        config = self._config()
        query = self._told(query)
        understood = self.understand(query)
        limits, asked = understood.limits, understood.query
        if keys is not None:
            limits = among(limits, self._mirror.snapshot(), keys)
        vector = self._encode([asked.text])[0]
        encoded = time.perf_counter()
        if limits is not None and limits.contradiction:
            retrieval = Retrieval(
                found=False, places=(), mode=_mode(asked), message=limits.contradiction
            )
        else:
            # One snapshot for all: the memory may grow meanwhile.
            snapshot = self._mirror.snapshot() if limits is None else limits.snapshot
            wants, rooms = None, list[Choice]()
            if understood.placed:
                wants = self._wants(asked, vector, snapshot)
                rooms = self._rooms_for(asked, snapshot, limits, wants)
            retrieval = self._answerer.answer(
                asked, vector, config, limits, wants=wants, rooms=rooms, snapshot=snapshot
            )
            if wants is not None:
                retrieval = _serving(retrieval, wants, snapshot.labels)
            if limits is not None and limits.ordering is not None and understood.served:
                others = understood.served.labels[1:_SERVING]
                retrieval = self._nearer(retrieval, others, asked, limits, limits.ordering)
        if limits is not None:
            retrieval = self._explained(retrieval, limits, asked, vector)
        if understood.served is not None:
            served = understood.served
            told = (p.label for p in retrieval.places if p.label in served.labels)
            retrieval = explained(retrieval, served.serves, next(told, served.labels[0]))
        seconds = {'encode': encoded - began, 'search': time.perf_counter() - encoded}
        return replace(retrieval, seconds={**seconds, 'total': sum(seconds.values())})

    def _nearer(
        self,
        retrieval: Retrieval,
        others: Sequence[str],
        asked: Query,
        limits: Limits,
        ordering: Ordering,
    ) -> Retrieval:
        """Return the places of all things that serve a need, in the order asked for."""
        if ordering.origins is None or not others:
            return retrieval
        config, answers = self._config(), [retrieval]
        for label, vector in zip(others, self._encode(list(others)), strict=True):
            answers.append(
                self._answerer.answer(replace(asked, text=label), vector, config, limits)
            )
        found = [a for a in answers if a.found]
        if not found:
            return retrieval
        sign = -1.0 if ordering.order is Order.FARTHEST else 1.0

        def away(place: Place) -> float:
            return sign * way_to(place, ordering, limits.snapshot)

        sure = [p for a in found for p in a.places if p.confidence >= config.found_threshold]
        rest = [p for a in found for p in a.places if p.confidence < config.found_threshold]
        places = {p.node_id: p for p in (*sorted(sure, key=away), *rest)}
        return replace(found[0], places=tuple(places.values())[: asked.k])

    def _told(self, query: Query) -> Query:
        """Return a query with its mode set where only its meaning tells that words are wanted."""
        if query.mode is not QueryMode.AUTO or guess_mode(query.text) is QueryMode.GLOBAL:
            return query
        if is_description(query.text) or Intent.DESCRIBE not in self._intents_of(query.text):
            return query
        return replace(query, mode=QueryMode.GLOBAL)

    def _intents_of(self, text: str) -> frozenset[Intent]:
        if len(text.split()) < _MEANT or self._config().leaves_out('intents'):
            return frozenset()
        return self._intents.of(self._encode([text])[0])

    def understand(self, query: Query) -> Understood:
        """Read a query and ground it in what is held now; raises ``EmptyMemoryError``."""
        config = self._config()
        snapshot = self._mirror.snapshot()
        if not len(snapshot):
            raise EmptyMemoryError('the memory holds no observation yet')
        limits, text = None, query.text
        if not config.leaves_out('conditions') and not is_description(query.text):
            reading = self._hinted(query, self._read(query, snapshot, config), snapshot, config)
            limits, text = self._grounded(query, reading, snapshot, config)
        # The kind of question is told from all of its words.
        mode = _mode(query) if text != query.text else query.mode
        asked = query if text == query.text else replace(query, text=text, mode=mode)
        placed = (
            not config.leaves_out('things')
            and _mode(query) is not QueryMode.GLOBAL
            and is_placed(snapshot)
        )
        served = None
        if not placed and not config.leaves_out('needs'):
            # What is left of a request that a caller did not set the kind of may still be a need.
            free = query.mode is QueryMode.AUTO and asked.mode is QueryMode.EXPLICIT
            need = replace(asked, mode=QueryMode.AUTO) if free else asked
            served = resolve(need, snapshot.labels, snapshot.label_vectors, self._encode)
        return Understood(
            query=asked if served is None else served.query,
            limits=limits,
            served=served,
            placed=placed,
        )

    def _wants(self, asked: Query, vector: FloatArray, snapshot: Snapshot) -> Wanted:
        """Return which labels a request wants; ``asked`` is without its conditions."""
        wants = wanted(
            asked.text,
            snapshot.labels,
            snapshot.label_vectors,
            vector,
            self._uses,
            self._encode,
        )
        if wants.named.any():
            return wants
        kinds = list(self.names(snapshot).kinds())
        areas = wanted_areas(asked.text, kinds, vector, self._uses, self._encode)
        return replace(wants, areas=areas)

    def _rooms_for(
        self, asked: Query, snapshot: Snapshot, limits: Limits | None, wants: Wanted
    ) -> list[Choice]:
        """Return whole rooms that serve a request."""
        if not wants.areas:
            return []
        allowed = allowed_rows(snapshot, asked, None if limits is None else limits.rows)
        return rooms_as_choices(snapshot, wants.areas, self.names(snapshot), allowed)

    def remaining(self, query: Query) -> tuple[Snapshot, NDArray[np.int64] | None]:
        """Return what filters and conditions of a query leave: sightings, and rows; None: all."""
        understood = self.understand(query)
        limits = understood.limits
        snapshot = self._mirror.snapshot() if limits is None else limits.snapshot
        return snapshot, allowed_rows(snapshot, query, None if limits is None else limits.rows)

    def names(self, snapshot: Snapshot) -> Names:
        """Return what looks up names of areas and things in a snapshot."""
        return Names(
            snapshot,
            self._areas,
            self._answerer.postings,
            self._encode,
            self._rooms,
            self._territory_of,
        )

    def _territory_of(self, snapshot: Snapshot) -> Territory:
        """Return the territory of a snapshot; that of a whole one is kept for later questions."""
        held = self._territory
        if held is not None and _alike(held.snapshot, snapshot):
            return held
        made = Territory(snapshot)
        if _is_whole(snapshot):
            self._territory = made
        return made

    def stand(self, place: Place) -> Pose:
        """Return the best pose to see a place's target from."""
        return self._answerer.stand(place)[0].pose

    def _read(self, query: Query, snapshot: Snapshot, config: RetrievalConfig) -> Reading:
        clock = _clock(query, snapshot, config)
        if self.reader is not None and config.read_by_language_model:
            return self.reader.read(query.text, clock)
        return read(query.text, clock)

    def _hinted(
        self, query: Query, reading: Reading, snapshot: Snapshot, config: RetrievalConfig
    ) -> Reading:
        """Return a reading with the order or time that only the meaning of a request tells."""
        told = any(c.kind in (Kind.TIME, Kind.NEAR) for c in reading.conditions)
        if reading.order is not None or told or _mode(query) is QueryMode.GLOBAL:
            return reading
        intents = self._intents_of(query.text)
        here = query.here or query.near
        if Intent.NEAREST in intents and here is not None:
            return replace(reading, order=Order.NEAREST, order_phrase='nearest')
        for intent in (Intent.THIS_MORNING, Intent.YESTERDAY):
            if intent in intents:
                (phrase,) = windows(intent.value, _clock(query, snapshot, config))
                when = Condition(kind=Kind.TIME, phrase=intent.value, window=phrase.window)
                return replace(
                    reading,
                    conditions=(*reading.conditions, when),
                    spans=(*reading.spans, (0, 0)),
                )
        if Intent.LATEST in intents:
            return replace(reading, order=Order.NEWEST, order_phrase='last seen')
        return reading

    def _grounded(
        self, query: Query, reading: Reading, snapshot: Snapshot, config: RetrievalConfig
    ) -> tuple[Limits | None, str]:
        """Return what the conditions leave, and the text without them."""
        reads = self._answerer.ranker.reads(snapshot) and _mode(query) is not QueryMode.GLOBAL
        conditions = [c for c in reading.conditions if c.firm or not reads]
        by_distance = reading.order in (Order.NEAREST, Order.FARTHEST)
        if reads and by_distance and not reading.order_from_asker:
            reading = replace(reading, order=None)  # "closest to the door" is read as well
        if not conditions and reading.order is None:
            return None, query.text
        asker = Asker(
            here=query.here or query.near,
            zone=config.zone,
            north_rad=config.north_yaw_rad,
            distance_scale_m=config.distance_scale_m,
            drives=self._drives,
        )
        ground = Ground(snapshot, self._areas, self.names(snapshot), asker)
        limits = ground_conditions(ground, conditions, reading, whole_rows=reads)
        counted = [limit.condition for limit in limits.limits]
        return limits, reading.subject(counted, ordered=limits.ordering is not None)

    def _explained(
        self, retrieval: Retrieval, limits: Limits, asked: Query, vector: FloatArray
    ) -> Retrieval:
        """Say what the conditions did; offer what there is without them if they leave nothing."""
        notes = [retrieval.message, *limits.unused]
        places = retrieval.places
        phrases = limits.phrases
        if not retrieval.found and phrases:
            if not places and not limits.contradiction:
                notes[0] = f'nothing meets {phrases!r}'
            freely = self._answerer.answer(asked, vector, self._config())
            known = {place.node_id for place in places if place.level == 0}
            unmet = tuple(c.condition.phrase for c in limits.limits)
            others = tuple(
                replace(place, unmet=unmet, why=f'without {phrases!r}: {place.why}')
                for place in freely.places
                if place.node_id not in known
            )
            kept = places[: max(asked.k - len(others), (asked.k + 1) // 2)]
            places = (*kept, *others[: asked.k - len(kept)])
            if freely.found and others:
                notes.append(f'without {phrases!r} there is {others[0].label or "a place"}')
        return replace(
            retrieval,
            places=places,
            message='; '.join(note for note in notes if note),
            conditions=limits.said,
        )


def _is_whole(snapshot: Snapshot) -> bool:
    """Tell whether a snapshot has all its sightings: what conditions leave is a copy."""
    return snapshot.sighting_labels.base is not None


def _alike(one: Snapshot, other: Snapshot) -> bool:
    """Tell whether two snapshots hold the same: conditions cut sightings out of some."""
    if one is other:
        return True
    shared = one.sighting_labels.base is other.sighting_labels.base
    return shared and _is_whole(one) and one.revision == other.revision


def _serving(retrieval: Retrieval, wants: Wanted, labels: Sequence[str]) -> Retrieval:
    """Say of places that a request did not name what they serve."""
    serves = {clean_label(labels[i]): phrase for i, phrase in wants.serves.items()}
    serves.update({area.name: area.serves for area in wants.areas})
    if wants.named.any() or not serves:
        return retrieval
    best = retrieval.places[0].label if retrieval.places else ''
    return explained(retrieval, serves, best if best in serves else '')


def _clock(query: Query, snapshot: Snapshot, config: RetrievalConfig) -> Clock:
    """Return the clock of a request: that of the newest observation where it tells no time."""
    now_ns = int(snapshot.stamps.max()) if query.now_ns is None else query.now_ns
    return Clock(now_ns, config.zone)


def _mode(query: Query) -> QueryMode:
    return guess_mode(query.text) if query.mode is QueryMode.AUTO else query.mode
