"""Selected rows become places a robot can drive to and a person can check."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.areas import Areas
from memory_node.core.candidates import allowed_rows, Question
from memory_node.core.colors import names_color, weighed_by_color
from memory_node.core.columns import Snapshot
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
from memory_node.core.goal import best_sighting, facing, GoalPlan, stand_row
from memory_node.core.indexer import Indexer
from memory_node.core.lexical import clean_label, content_terms
from memory_node.core.mirror import Mirror
from memory_node.core.misreading import standings
from memory_node.core.modes import guess_mode
from memory_node.core.overview import area_places
from memory_node.core.retrieval import Choice, MAX_EVIDENCE, Ranker, search
from memory_node.core.routing import Router
from memory_node.core.things import things_of
from memory_node.core.words import Postings

__all__ = ['Answerer']

#: How much a cosine of question and label counts against what the ranker takes to be meant.
_LABEL_SHARPNESS = 20.0
#: Places looked at for each one wanted: of several that show one thing, one is answered.
_LOOKED_AT = 3
#: Score of a thing that most frames take for another, in standard deviations of one signal.
_MISREAD = -8.0
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
    ) -> Retrieval:
        """
        Return the places for a query whose text has the unit ``vector`` (D,).

        ``limits`` is what its conditions leave, of the newest snapshot; None without conditions.
        """
        mode = guess_mode(query.text) if query.mode is QueryMode.AUTO else query.mode
        snapshot = self._mirror.snapshot() if limits is None else limits.snapshot
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
        rows = None if limits is None else limits.rows
        choices = search(snapshot, question, self.ranker, self, rows)
        choices = self._told_apart(snapshot, question, choices)
        if ordering is None and not colored:
            choices = choices[: query.k]
        places = self._places(snapshot, question, choices, limits)
        if colored:
            places = weighed_by_color(places, query.text)
        if ordering is not None:
            more = self._other_things(snapshot, question, choices, places, limits)
            places = ordered((*places, *more), ordering, snapshot)
        places = places[: query.k]
        if mode is QueryMode.GLOBAL:
            wide = area_places(self._areas, self._mirror, snapshot, question, (query.k + 1) // 2)
            places = (*wide, *places)[: query.k]
        found = bool(places) and places[0].confidence >= config.found_threshold
        if found:
            message = ''
        elif places:
            message = (
                f'nothing is sure enough: the best place has confidence'
                f' {places[0].confidence:.2f}, {config.found_threshold:.2f} is asked for'
            )
        else:
            message = 'no observation is inside the filters'
        return Retrieval(found=found, places=places, mode=mode, message=message)

    def _told_apart(
        self, snapshot: Snapshot, question: Question, choices: list[Choice]
    ) -> list[Choice]:
        """
        Return choices with one for each thing first, and what is most likely misread later.

        Only where depth has placed the things; others come back as they are.
        """
        if not choices:
            return choices
        fits = self._fits(snapshot, question, choices[0])
        at = [best_sighting(snapshot, c.row, fits) for c in choices]
        labels = np.array([-1 if s is None else int(snapshot.sighting_labels[s]) for s in at])
        points = np.full((len(at), 3), np.nan)
        for i, sighting in enumerate(at):
            if sighting is not None:
                points[i] = snapshot.sighting_positions[sighting]
        maps = snapshot.maps[[c.row for c in choices]].astype(np.int64)
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
        allowed = None if limits is None or limits.rows is None else np.flatnonzero(limits.rows)
        filtered = allowed_rows(snapshot, question.query)
        if filtered is not None:
            allowed = filtered if allowed is None else np.intersect1d(allowed, filtered)
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
        fits = self._fits(snapshot, question, choices[0])
        return tuple(
            self._place(
                snapshot, c, items[c.row], [ids[r] for r in c.evidence.tolist()], fits, limits
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
        at = best_sighting(snapshot, choice.row, fits)
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
            label='' if sighting is None else clean_label(sighting.label),
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


def _nth(snapshot: Snapshot, row: int, sighting: int, limits: Limits | None) -> int:
    """Return which of an observation's own sightings one of a snapshot is."""
    if limits is None or limits.kept is None:
        return sighting - int(snapshot.sighting_starts[row])
    return int(limits.kept[sighting] - limits.starts[row])


def _why(choice: Choice, label: str, limits: Limits | None) -> str:
    strongest = sorted(choice.signals.items(), key=lambda s: (-s[1], s[0]))
    parts = ', '.join(f'{name} {value:+.1f}' for name, value in strongest if abs(value) >= 0.05)
    seen = f'{label} was seen here' if label else 'the caption fits'
    count = len(choice.evidence)
    text = f'{seen} ({count} observation{"s" if count > 1 else ""}): {parts or "no signal"}'
    conditions = '' if limits is None else limits.says(choice.row)
    return f'{text}; {conditions}' if conditions else text
