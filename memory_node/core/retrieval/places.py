"""Chosen candidates become places: a pose the robot really had, the target, evidence, and why."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.constraints.combine import Combined
from memory_node.core.data import Place, Pose, Vector3
from memory_node.core.language.request import Request, SubjectKind
from memory_node.core.language.text import article
from memory_node.core.retrieval.doubts import told_of
from memory_node.core.retrieval.relevance import Relevance
from memory_node.core.retrieval.scale import probability
from memory_node.core.store.joins import session_names
from memory_node.core.store.reading import Brief
from memory_node.core.store.repository import Mirror
from memory_node.core.view import View

__all__ = ['PlaceBuilder', 'facing']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Observations cited for one place.
MAX_EVIDENCE = 5


def facing(pose: Pose, target: Vector3 | None) -> Pose:
    """Return ``pose`` turned about +z to face ``target`` [m]; unchanged without a target."""
    if target is None:
        return pose
    dx, dy = target[0] - pose.position[0], target[1] - pose.position[1]
    if math.hypot(dx, dy) < 1e-3:
        return pose
    return Pose.from_yaw(pose.position, math.atan2(dy, dx))


def _signals(relevance: float, score: float, judged: Combined | None, i: int) -> dict[str, float]:
    """Return parts that sum to the score; ``together`` is what doubts take from each other."""
    parts = {} if judged is None else judged.by_kind(i)
    rest = score - relevance - sum(parts.values())
    found = {'relevance': relevance, **parts, 'together': rest}
    return found if abs(rest) > 1e-9 else {'relevance': relevance, **parts}


class _Row(NamedTuple):
    """One candidate in plain values."""

    number: int
    kind: int
    #: Index of the object, the room or the observation.
    item: int
    row: int
    position: Vector3
    placed: bool
    room: int
    last_ns: int
    odds: float
    #: Log-odds with all constraints, and the probability of these.
    score: float
    sure: float


def _rows_of(candidates: Candidates, odds: RealArray, chosen: IntArray) -> list[_Row]:
    """Return some candidates with their total log-odds, in order."""
    scores = odds[chosen]
    columns = (
        chosen,
        candidates.kind[chosen],
        candidates.index[chosen],
        candidates.row[chosen],
        candidates.position[chosen],
        candidates.placed[chosen],
        candidates.room[chosen],
        candidates.last_ns[chosen],
        candidates.odds[chosen],
        scores,
        probability(scores),
    )
    return [_Row(*values) for values in zip(*(c.tolist() for c in columns), strict=True)]


class PlaceBuilder:
    """Makes places of the candidates of one request."""

    def __init__(
        self,
        view: View,
        mirror: Mirror,
        path: Callable[[int], tuple[str, ...]],
        request: Request | None = None,
        relevance: Relevance | None = None,
    ) -> None:
        """Read observations from ``mirror``; ``path`` names the areas above a store key."""
        self._view = view
        self._mirror = mirror
        self._path = path
        self._request = request
        self._relevance = relevance

    def objects(self, candidates: Candidates) -> tuple[Place, ...]:
        """Return one place for each candidate, as what a description rests on."""
        everything = np.arange(len(candidates))
        return self.places(candidates, None, candidates.odds, everything)

    def places(
        self,
        candidates: Candidates,
        judged: Combined | None,
        odds: RealArray,
        chosen: IntArray,
    ) -> tuple[Place, ...]:
        """Return one place for each of the ``chosen`` candidates, in order."""
        if not len(chosen):
            return ()
        keys = self._view.snapshot.keys
        found = _rows_of(candidates, odds, chosen)
        evidence = [self._evidence(one) for one in found]
        seen = list(dict.fromkeys(chain.from_iterable(evidence)))
        ids = dict(zip(seen, self._mirror.ids(keys[seen]), strict=True))
        shown = keys[candidates.row[chosen]]
        items = self._mirror.briefs(shown)
        sessions = session_names(self._mirror.joins, shown, [item.map_id for item in items])
        paths = map(self._path, shown.tolist())
        return tuple(
            self._place(
                one,
                item,
                judged,
                session=session,
                area_path=path,
                evidence_ids=tuple([ids[row] for row in rows]),
                remarks=told_of(self._view, candidates, one.number, self._request),
            )
            for one, item, session, path, rows in zip(
                found, items, sessions, paths, evidence, strict=True
            )
        )

    def _evidence(self, one: _Row) -> list[int]:
        """Return the rows that show a candidate, where to stand first."""
        if one.kind == Kind.OBJECT:
            rows = self._view.objects.seen_by(one.item)[::-1]
        elif one.kind == Kind.ROOM:
            rows = self._view.rooms.rows_of(one.item)
        else:
            return [one.row]
        others = [other for other in rows[:MAX_EVIDENCE].tolist() if other != one.row]
        return [one.row, *others[: MAX_EVIDENCE - 1]]

    def _place(
        self,
        one: _Row,
        item: Brief,
        judged: Combined | None,
        *,
        session: str,
        area_path: tuple[str, ...],
        evidence_ids: tuple[str, ...],
        remarks: list[str],
    ) -> Place:
        label = self._label(one)
        target: Vector3 | None = None
        extent: Vector3 | None = None
        if one.kind == Kind.OBJECT and one.placed:
            x, y, z = one.position
            target = (x, y, z)
            sx, sy, sz = self._view.objects.extents[one.item].tolist()
            if math.isfinite(sx + sy + sz):
                extent = (sx, sy, sz)
        parts = [*self._reasons(one, label), *remarks]
        if judged is not None:
            parts += judged.sentences(one.number)
        return Place(
            node_id=item.id,
            level=0,
            map_id=item.map_id,
            pose=facing(item.pose, target),
            stamp_ns=one.last_ns,
            score=one.score,
            confidence=one.sure,
            label=label,
            caption=item.caption,
            target_position=target,
            target_extent=extent,
            room=self._view.rooms.names[one.room] if one.room >= 0 else '',
            session=session,
            area_path=area_path,
            evidence_ids=evidence_ids,
            signals=_signals(one.odds, one.score, judged, one.number),
            why='; '.join(parts),
            unmet=() if judged is None else judged.unmet_phrases(one.number),
        )

    def _label(self, one: _Row) -> str:
        """Return what a candidate is called: of an object's names the one that was asked for."""
        asked = '' if self._request is None or one.odds <= 0.0 else self._request.subject.name
        if one.kind == Kind.ROOM:
            return self._view.rooms.names[one.item] or asked
        if one.kind != Kind.OBJECT:  # only a caption says the name, if one does
            return asked
        return self._view.names.texts[self._best_name(one.item)]

    def _best_name(self, index: int) -> int:
        objects = self._view.objects
        span = slice(int(objects.hist_starts[index]), int(objects.hist_starts[index + 1]))
        called = objects.hist_labels[span].astype(np.int64)
        if len(called) == 1 or self._relevance is None or not len(self._relevance.odds):
            return int(called[0])
        meant = self._relevance.odds[called] + np.log(self._view.name_shares[span])
        return int(called[np.argmax(meant)])

    def _reasons(self, one: _Row, label: str) -> list[str]:
        """Return why a candidate is an answer, as a person would say it."""
        subject = None if self._request is None else self._request.subject
        words = f'{article(label)} {label}' if label else ''
        if one.kind == Kind.VIEW:
            parts = ['what was seen there fits the description']
        elif subject is not None and subject.kind is SubjectKind.NEED:
            parts = [f'{words} can serve for {subject.text!r}']
        elif one.kind == Kind.ROOM:
            parts = [f'the place is called {label!r}' if label else 'the place fits']
        elif subject is not None and subject.name and label != subject.name:
            near = 'may be what is meant by' if one.sure >= 0.5 else 'comes closest to'
            parts = [f'{words} {near} {subject.name!r}']
        else:
            parts = [f'{words} is there' if words else 'something is there']
        if one.kind == Kind.OBJECT:
            count = int(self._view.objects.frames[one.item])
            parts.append(f'seen in {count} view{"s" * (count != 1)}')
            if self._view.objects.existence[one.item] < 0.0:
                parts.append('it was not there when last looked')
        return parts
