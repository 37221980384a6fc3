"""Chosen candidates become places: a pose the robot really had, the target, evidence, and why."""

from __future__ import annotations

from collections.abc import Callable
import math

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
        view = self._view
        keys = view.snapshot.keys
        evidence = [self._evidence(candidates, i) for i in chosen.tolist()]
        seen = list(dict.fromkeys(row for some in evidence for row in some))
        ids = dict(zip(seen, self._mirror.ids(keys[seen]), strict=True))
        shown = keys[candidates.row[chosen]]
        items = self._mirror.briefs(shown)
        sessions = session_names(self._mirror.joins, shown, [item.map_id for item in items])
        sure = probability(odds[chosen]).tolist()
        return tuple(
            self._place(
                candidates,
                i,
                item=item,
                session=session,
                evidence=tuple([ids[row] for row in some]),
                score=float(odds[i]),
                confidence=confidence,
                judged=judged,
            )
            for i, item, session, some, confidence in zip(
                chosen.tolist(), items, sessions, evidence, sure, strict=True
            )
        )

    def _evidence(self, candidates: Candidates, i: int) -> list[int]:
        """Return the rows that show a candidate, where to stand first."""
        row = int(candidates.row[i])
        if candidates.kind[i] == Kind.OBJECT:
            rows = self._view.objects.seen_by(int(candidates.index[i]))[::-1]
        elif candidates.kind[i] == Kind.ROOM:
            rows = self._view.rooms.rows_of(int(candidates.index[i]))
        else:
            return [row]
        others = [other for other in rows[:MAX_EVIDENCE].tolist() if other != row]
        return [row, *others[: MAX_EVIDENCE - 1]]

    def _place(
        self,
        candidates: Candidates,
        i: int,
        *,
        item: Brief,
        session: str,
        evidence: tuple[str, ...],
        score: float,
        confidence: float,
        judged: Combined | None,
    ) -> Place:
        view = self._view
        label = self.label(candidates, i)
        target: Vector3 | None = None
        extent: Vector3 | None = None
        if candidates.kind[i] == Kind.OBJECT and candidates.placed[i]:
            x, y, z = candidates.position[i].tolist()
            target = (x, y, z)
            sx, sy, sz = view.objects.extents[candidates.index[i]].tolist()
            if math.isfinite(sx + sy + sz):
                extent = (sx, sy, sz)
        return Place(
            node_id=item.id,
            level=0,
            map_id=item.map_id,
            pose=facing(item.pose, target),
            stamp_ns=int(candidates.last_ns[i]),
            score=score,
            confidence=confidence,
            label=label,
            caption=item.caption,
            target_position=target,
            target_extent=extent,
            room=self._room(candidates, i),
            session=session,
            area_path=self._path(int(view.snapshot.keys[candidates.row[i]])),
            evidence_ids=evidence,
            signals=_signals(float(candidates.odds[i]), score, judged, i),
            why=self._why(candidates, i, label=label, sure=confidence >= 0.5, judged=judged),
            unmet=() if judged is None else judged.unmet_phrases(i),
        )

    def _room(self, candidates: Candidates, i: int) -> str:
        room = int(candidates.room[i])
        return self._view.rooms.names[room] if room >= 0 else ''

    def label(self, candidates: Candidates, i: int) -> str:
        """Return what a candidate is called: of an object's names the one that was asked for."""
        kind, index = candidates.kind[i], int(candidates.index[i])
        if kind == Kind.ROOM:
            asked = '' if self._request is None else self._request.subject.name
            return self._view.rooms.names[index] or asked
        if kind != Kind.OBJECT:  # only a caption says the name, if one does
            named = self._request is not None and candidates.odds[i] > 0.0
            return self._request.subject.name if self._request is not None and named else ''
        return self._view.names.texts[self._best_name(index)]

    def _best_name(self, index: int) -> int:
        objects = self._view.objects
        span = slice(int(objects.hist_starts[index]), int(objects.hist_starts[index + 1]))
        called = objects.hist_labels[span].astype(np.int64)
        if len(called) == 1 or self._relevance is None or not len(self._relevance.odds):
            return int(called[0])
        meant = self._relevance.odds[called] + np.log(self._view.name_shares[span])
        return int(called[np.argmax(meant)])

    def _why(
        self,
        candidates: Candidates,
        i: int,
        *,
        label: str,
        sure: bool,
        judged: Combined | None,
    ) -> str:
        """Return one sentence that a person would say."""
        subject = None if self._request is None else self._request.subject
        words = f'{article(label)} {label}' if label else ''
        if candidates.kind[i] == Kind.VIEW:
            parts = ['what was seen there fits the description']
        elif subject is not None and subject.kind is SubjectKind.NEED:
            parts = [f'{words} can serve for {subject.text!r}']
        elif candidates.kind[i] == Kind.ROOM:
            parts = [f'the place is called {label!r}' if label else 'the place fits']
        elif subject is not None and subject.name and label != subject.name:
            near = 'may be what is meant by' if sure else 'comes closest to'
            parts = [f'{words} {near} {subject.name!r}']
        else:
            parts = [f'{words} is there' if words else 'something is there']
        if candidates.kind[i] == Kind.OBJECT:
            count = int(self._view.objects.frames[candidates.index[i]])
            parts.append(f'seen in {count} view{"s" * (count != 1)}')
            if self._view.objects.existence[candidates.index[i]] < 0.0:
                parts.append('it was not there when last looked')
        parts += told_of(self._view, candidates, i, self._request)
        return '; '.join([*parts, *(() if judged is None else judged.sentences(i))])
