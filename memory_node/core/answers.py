"""Selected rows become places a robot can drive to and a person can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.candidates import allowed_rows, Question
from memory_node.core.colors import color_in, names_color, weighed_by_color
from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints.limits import Limits
from memory_node.core.constraints.ordering import MIN_ORDERED, ordered
from memory_node.core.data import (
    FloatArray,
    MAX_K,
    Observation,
    Place,
    Query,
    QueryMode,
    Retrieval,
    Vector3,
)
from memory_node.core.errors import EmptyMemoryError, NoRouteError, UnknownMapError
from memory_node.core.forest.updater import Areas
from memory_node.core.goal import best_sighting, facing, GoalPlan, stand_row
from memory_node.core.index.updater import Indexer
from memory_node.core.lexical import clean_label, content_terms
from memory_node.core.misreading import standings
from memory_node.core.modes import guess_mode
from memory_node.core.overview import area_places
from memory_node.core.retrieval import Choice, MAX_EVIDENCE, Ranker, search
from memory_node.core.store.postings import Postings
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.thing_search import search_things
from memory_node.core.things import things_of
from memory_node.core.topology.routing import Router
from memory_node.core.uses import stems_of
from memory_node.core.wanted import Wanted

__all__ = ['Answerer']

#: How much a cosine of question and label counts against what the ranker takes to be meant.
_LABEL_SHARPNESS = 20.0
#: Places looked at for each one wanted: of several that show one thing, one is answered.
_LOOKED_AT = 3
#: Score of a thing that most frames take for another, in standard deviations of one signal.
_MISREAD = -8.0
#: Captions that are heard about the colour of a thing.
_HEARD = 8
#: Things of one kind that are put in order, and how close to another a place is of it [m].
_THINGS, _SAME_THING_M = 64, 1.0


class Answerer:
    """Answers encoded questions from the newest snapshot; thread-safe."""

    def __init__(self, mirror: Mirror, indexer: Indexer, ranker: Ranker, areas: Areas) -> None:
        """Search ``mirror``, with the candidates ranked by ``ranker``, placed in ``areas``."""
        self._areas = areas
        self._mirror = mirror
        self._indexer = indexer
        self.ranker = ranker

    def postings(self, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``."""
        return self._mirror.postings(words)

    def nearest(self, snapshot: Snapshot, vector: FloatArray, k: int) -> NDArray[np.int64]:
        """Return about the ``k`` rows whose captions are nearest to a unit vector."""
        return self._indexer.nearest(snapshot, vector, k)[0]

    def answer(
        self,
        query: Query,
        vector: FloatArray,
        config: RetrievalConfig,
        limits: Limits | None = None,
        *,
        wants: Wanted | None = None,
        rooms: Sequence[Choice] = (),
        snapshot: Snapshot | None = None,
    ) -> Retrieval:
        """
        Return the places for a query whose text has the unit ``vector`` (D,).

        ``limits`` is what its conditions leave, of the newest snapshot; None without conditions.
        With ``wants`` the things of the wanted labels are looked for first, and views are ranked
        only where these are too few. ``rooms`` are whole rooms that serve, the best first. Both
        are of ``snapshot``, which is that of ``limits`` where there are any.
        """
        mode = guess_mode(query.text) if query.mode is QueryMode.AUTO else query.mode
        if limits is not None:
            snapshot = limits.snapshot
        elif snapshot is None:
            snapshot = self._mirror.snapshot()
        ordering = None if limits is None else limits.ordering
        colored = names_color(query.text)
        wanted = min(MAX_K, _LOOKED_AT * query.k)
        if ordering is not None:
            wanted = min(MAX_K, max(4 * query.k, MIN_ORDERED))
        question = Question(
            query=replace(query, k=wanted),
            mode=mode,
            vector=vector,
            terms=content_terms(query.text),
            preferences={} if limits is None else limits.preferences(),
        )
        choices = self._chosen(snapshot, question, config, limits, wants)
        if rooms:
            choices = _with_rooms(choices, rooms, asked=bool(wants and wants.areas[0].asked))
        if ordering is None and not colored:
            choices = choices[: query.k]
        places = self._places(snapshot, question, choices, limits)
        if colored:
            told = self._colors(snapshot, choices, places)
            places = weighed_by_color(places, query.text, told)
        if ordering is not None:
            more: tuple[Place, ...] = ()
            if wants is None:
                more = self._other_things(snapshot, question, choices, places, limits)
            alike = wants is not None and not wants.named.any()
            places = ordered((*places, *more), ordering, snapshot, any_label=alike)
        places = places[: query.k]
        if mode is QueryMode.GLOBAL:
            wide = area_places(self._areas, self._mirror, snapshot, question, (query.k + 1) // 2)
            places = (*wide, *places)[: query.k]
        sure = _surely(places if wants is not None else places[:1])
        found = bool(places) and sure >= config.found_threshold
        if found:
            message = ''
        elif places:
            message = (
                f'nothing is sure enough: confidence is {sure:.2f},'
                f' {config.found_threshold:.2f} is asked for'
            )
        else:
            message = 'no observation is inside the filters'
        return Retrieval(found=found, places=places, mode=mode, message=message)

    def _chosen(
        self,
        snapshot: Snapshot,
        question: Question,
        config: RetrievalConfig,
        limits: Limits | None,
        wants: Wanted | None,
    ) -> list[Choice]:
        """Return things first where they are wanted, then views."""
        rows = None if limits is None else limits.rows
        if wants is None:
            choices = search(snapshot, question, self.ranker, self, rows)
            return self._told_apart(snapshot, question, choices)
        allowed = allowed_rows(snapshot, question.query, rows)
        named = {s for i in np.flatnonzero(wants.named) for s in stems_of(snapshot.labels[i])}
        others = [t for t in question.terms if not named.intersection(stems_of(t))]
        postings = self.postings(others) if others else []
        things = search_things(
            snapshot,
            question,
            wants,
            postings,
            allowed,
            limits,
            distance_scale_m=config.distance_scale_m,
        )
        if len(things) >= question.query.k:
            return things
        views = search(snapshot, question, self.ranker, self, rows)
        known = [self._target(snapshot, question, c) for c in things]
        # What is surely wanted and not among the things is no view of another thing.
        doubt = 1.0 - float(wants.probability.max(initial=0.0))
        lowest = min((c.score for c in things), default=0.0)
        for choice in self._told_apart(snapshot, question, views):
            label, at, where = self._target(snapshot, question, choice)
            if any(
                label == one and where == there and np.linalg.norm(at - spot) <= _SAME_THING_M
                for one, spot, there in known
            ):
                continue
            less = min(lowest - 1.0 - choice.score, 0.0) if things else 0.0
            things.append(
                replace(
                    choice,
                    score=choice.score + less,
                    confidence=choice.confidence * doubt,
                    signals={**choice.signals, 'no thing': less} if less else choice.signals,
                )
            )
        return things[: question.query.k]

    def _colors(
        self, snapshot: Snapshot, choices: Sequence[Choice], places: Sequence[Place]
    ) -> list[str]:
        """Return the colour that most captions give the thing of each place, or ''."""
        rows = np.unique(np.concatenate([c.evidence[:_HEARD] for c in choices]))
        items = dict(zip(rows.tolist(), self._mirror.fetch(snapshot.keys[rows]), strict=True))
        told = []
        for choice, place in zip(choices, places, strict=True):
            captions = [items[row].caption for row in choice.evidence[:_HEARD].tolist()]
            said = Counter(c for text in captions if (c := color_in(text, place.label)))
            told.append(min(said, key=lambda c: (-said[c], c)) if said else '')
        return told

    def _told_apart(
        self, snapshot: Snapshot, question: Question, choices: list[Choice]
    ) -> list[Choice]:
        """
        Return choices with one for each thing first, and what is most likely misread later.

        Only where depth has placed the things; others come back as they are.
        """
        if not choices:
            return choices
        targets = [self._target(snapshot, question, c) for c in choices]
        labels = np.array([label for label, _, _ in targets])
        points = np.array([at for _, at, _ in targets])
        maps = np.array([where for _, _, where in targets])
        placed = ~np.isnan(points).any(axis=1)
        if not placed.any():
            return choices
        doubt = np.maximum(1.0 - 2.0 * standings(snapshot, labels, points, maps).share, 0.0)
        weighed = [
            replace(
                c,
                score=c.score + _MISREAD * d,
                confidence=c.confidence * (1.0 - d),
                signals={**c.signals, 'misread': _MISREAD * d},
            )
            if d > 0.0
            else c
            for c, d in zip(choices, doubt.tolist(), strict=True)
        ]
        order = sorted(range(len(weighed)), key=lambda i: -weighed[i].score)
        first: list[int] = []
        again: list[int] = []
        for i in order:
            same = [
                j for j in first
                if placed[i] and placed[j] and labels[i] == labels[j] and maps[i] == maps[j]
                and np.linalg.norm(points[i] - points[j]) <= _SAME_THING_M
            ]  # fmt: skip
            (again if same else first).append(i)
        return [weighed[i] for i in (*first, *again)]

    def _target(
        self, snapshot: Snapshot, question: Question, choice: Choice
    ) -> tuple[int, NDArray[np.float64], int]:
        """Return the label of what a choice shows, -1 for nothing, (3,) where [m], and the map."""
        where = int(snapshot.maps[choice.row])
        if choice.room:
            return -1, np.full(3, np.nan), where
        at = best_sighting(snapshot, choice.row, self._fits(snapshot, question, choice))
        if at is None:
            return -1, np.full(3, np.nan), where
        position = snapshot.sighting_positions[at].astype(np.float64)
        return int(snapshot.sighting_labels[at]), position, where

    @staticmethod
    def _fits(snapshot: Snapshot, question: Question, choice: Choice) -> NDArray[np.float64]:
        """Return (L,) how well each label fits the question."""
        labels = (snapshot.label_vectors @ question.vector).astype(np.float64)
        if choice.label_scores is None:
            return labels
        # Two experts: what is said, and what it tends to mean.
        return np.asarray(choice.label_scores * np.exp(_LABEL_SHARPNESS * labels))

    def _other_things(
        self,
        snapshot: Snapshot,
        question: Question,
        choices: list[Choice],
        places: tuple[Place, ...],
        limits: Limits | None,
    ) -> tuple[Place, ...]:
        """
        Return a place for every thing of the best place's kind that is not among the places.

        Only where the request says no more than the name of that kind: all of them fit as well.
        """
        if not places or not places[0].label or places[0].target_position is None:
            return ()
        label = places[0].label
        if set(question.terms) - set(content_terms(label)):
            return ()
        kinds = [i for i, name in enumerate(snapshot.labels) if clean_label(name) == label]
        rows = None if limits is None else limits.rows
        allowed = allowed_rows(snapshot, question.query, rows)
        things = [t for t in things_of(snapshot, kinds, allowed) if t.measured]
        things = [t for t in things if len(t.rows) > 1] or things
        known = [p.target_position for p in places if p.label == label and p.target_position]
        chosen = {choice.row for choice in choices}
        more = []
        for thing in things[:_THINGS]:
            seen = any(math.dist(thing.position, at) <= _SAME_THING_M for at in known)
            row, _ = stand_row(snapshot, thing.rows[0], label, thing.position)
            if seen or row in chosen:
                continue
            chosen.add(row)
            evidence = np.array([row, *(r for r in thing.rows if r != row)][:MAX_EVIDENCE])
            more.append(replace(choices[0], row=row, evidence=evidence))
        found = self._places(snapshot, question, more, limits)
        return tuple(place for place in found if place.label == label)

    def _places(
        self,
        snapshot: Snapshot,
        question: Question,
        choices: list[Choice],
        limits: Limits | None,
    ) -> tuple[Place, ...]:
        if not choices:
            return ()
        rows = np.unique(np.concatenate([c.evidence for c in choices]))
        own = {c.row for c in choices}
        ids = dict(zip(rows.tolist(), self._mirror.ids(snapshot.keys[rows]), strict=True))
        chosen = np.array(sorted(own), np.int64)
        items = dict(zip(chosen.tolist(), self._mirror.fetch(snapshot.keys[chosen]), strict=True))
        return tuple(
            self._place(
                snapshot,
                c,
                items[c.row],
                [ids[r] for r in c.evidence.tolist()],
                self._fits(snapshot, question, c),
                limits,
            )
            for c in choices
        )

    def _place(
        self,
        snapshot: Snapshot,
        choice: Choice,
        item: Observation,
        evidence: list[str],
        fits: NDArray[np.float64],
        limits: Limits | None,
    ) -> Place:
        at = None if choice.room else best_sighting(snapshot, choice.row, fits)
        sighting = None
        if at is not None:
            sighting = item.sightings[_nth(snapshot, choice.row, at, limits)]
        target = None if sighting is None else sighting.position
        return Place(
            node_id=item.id,
            level=0,
            map_id=item.map_id,
            pose=facing(item.pose, target),
            stamp_ns=int(snapshot.stamps[choice.evidence].max()),
            score=choice.score,
            confidence=choice.confidence,
            label=choice.room if sighting is None else clean_label(sighting.label),
            caption=item.caption,
            target_position=target,
            target_extent=None if sighting is None else sighting.extent,
            area_path=self._areas.path(int(snapshot.keys[choice.row])),
            evidence_ids=tuple(evidence),
            signals=choice.signals,
            why=_why(choice, '' if sighting is None else clean_label(sighting.label), limits),
        )

    def plan(
        self, retrieval: Retrieval, start: Vector3 | None, alternatives: int, router: Router
    ) -> GoalPlan:
        """Return where to drive for a retrieval; see ``Memory.navigation_goal``."""
        places = retrieval.places
        if not retrieval.found:
            return GoalPlan(
                found=False,
                place=None,
                goal_pose=None,
                route=None,
                alternatives=places[:alternatives],
                retrieval=retrieval,
            )
        place, node_id = self.stand(places[0])
        route = None
        if start is not None:
            with suppress(NoRouteError, EmptyMemoryError, UnknownMapError):
                route = router.route(start, node_id, place.map_id)
        return GoalPlan(
            found=True,
            place=place,
            goal_pose=place.pose,
            route=route,
            alternatives=places[1 : alternatives + 1],
            retrieval=retrieval,
        )

    def stand(self, place: Place) -> tuple[Place, str]:
        """Return the place seen from the best pose for its target, and that observation's id."""
        if place.level > 0:  # an area: its pose is that of its first observation
            return place, place.evidence_ids[0]
        if place.target_position is None:
            return place, place.node_id
        snapshot = self._mirror.snapshot()
        rows = snapshot.rows_of(np.array([self._mirror.key_of(place.node_id)]))
        if not len(rows):
            return place, place.node_id
        row, target = stand_row(snapshot, int(rows[0]), place.label, place.target_position)
        item = self._mirror.fetch(snapshot.keys[[row]])[0]
        return replace(place, pose=facing(item.pose, target), target_position=target), item.id


def _with_rooms(choices: list[Choice], rooms: Sequence[Choice], *, asked: bool) -> list[Choice]:
    """Put rooms before things where rooms are asked for, or where they are likelier."""
    best = max((c.confidence for c in choices), default=0.0)
    if not asked and rooms[0].confidence <= best:
        return choices
    lowest = min(c.score for c in rooms)
    shift = min(lowest - 1.0 - max((c.score for c in choices), default=lowest), 0.0)
    return [
        *rooms,
        *(
            replace(c, score=c.score + shift, signals={**c.signals, 'no room': shift})
            for c in choices
        ),
    ]


def _surely(places: Sequence[Place]) -> float:
    """
    Return the probability that one of the places answers.

    Places of one label stand or fall together; different labels are taken as independent.
    """
    best: dict[str, float] = {}
    for place in places:
        best[place.label] = max(best.get(place.label, 0.0), place.confidence)
    return 1.0 - math.prod(1.0 - c for c in best.values())


def _nth(snapshot: Snapshot, row: int, sighting: int, limits: Limits | None) -> int:
    """Return which of an observation's own sightings one of a snapshot is."""
    if limits is None or limits.kept is None:
        return sighting - int(snapshot.sighting_starts[row])
    return int(limits.kept[sighting] - limits.starts[row])


def _why(choice: Choice, label: str, limits: Limits | None) -> str:
    strongest = sorted(choice.signals.items(), key=lambda s: (-s[1], s[0]))
    parts = ', '.join(f'{name} {value:+.1f}' for name, value in strongest if abs(value) >= 0.05)
    seen = f'{label} was seen here' if label else 'the caption fits'
    if choice.room:
        seen = f'captions call this {choice.room}'
    count = len(choice.evidence)
    text = f'{seen} ({count} observation{"s" if count > 1 else ""}): {parts or "no signal"}'
    conditions = '' if limits is None else limits.says(choice.row)
    return f'{text}; {conditions}' if conditions else text
