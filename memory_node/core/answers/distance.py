"""Answers about distances: how far a thing is, and which of two things is closer."""

from __future__ import annotations

from dataclasses import replace
import math

import numpy as np

from memory_node.core.answers.phrases import are, sentence, spot, the
from memory_node.core.answers.types import Answer
from memory_node.core.constraints.order import Order, OrderKind
from memory_node.core.data import Place, Vector3
from memory_node.core.language.request import AnswerKind
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['distance_answer']

#: A way that is this much longer than the straight line is told [m].
_DETOUR_M = 0.5


def distance_answer(found: Found, retriever: Retriever) -> Answer | None:
    """
    Return how far apart two things are, or a thing and who asks; which of two is closer.

    None where one of the things was not found. Without a place of who asks, that is said.
    """
    here = found.query.here if found.query.here is not None else found.query.near
    other = _other(found, retriever)
    if not found.retrieval.found or (found.request.other and other is None):
        return None
    if found.request.answer is AnswerKind.CLOSER and other is not None:
        return _closer(found, other, retriever, here)
    if other is not None:
        one, *more = found.retrieval.places
        far = other.retrieval.places[0]
        if far == one:  # "how far apart are the two spotlights?"
            more = [p for p in more if p.label == one.label and not p.unmet]
            return _between(one, more[0]) if more else None
        return _between(one, far)
    if here is None:
        return _nowhere()
    place, straight, way = _nearest(found, retriever, here)
    text = f'{the(place)} at {spot(place)} [1] {are(place)} {_far(straight, way)} from you'
    return Answer(known=True, text=sentence(text), citations=(place,))


def _other(found: Found, retriever: Retriever) -> Found | None:
    """Return the search for what the subject is compared with; None where it found nothing."""
    if not found.request.other:
        return None
    other = retriever.find(replace(found.query, text=found.request.other))
    return other if other.retrieval.found else None


def _between(one: Place, other: Place) -> Answer:
    """Return how far a thing is from another."""
    if one.map_id != other.map_id:
        text = f'{the(one)} and {the(other)} are on maps that nothing joins'
        return Answer(known=False, text=sentence(text), citations=(one, other))
    straight = math.dist(_point(one), _point(other))
    text = (
        f'{the(one)} at {spot(one)} [1] {are(one)} {straight:.1f} m'
        f' from {the(other)} at {spot(other)} [2]'
    )
    return Answer(known=True, text=sentence(text), citations=(one, other))


def _closer(one: Found, other: Found, retriever: Retriever, here: Vector3 | None) -> Answer:
    """Return which of two things is closer to who asks."""
    if here is None:
        return _nowhere()
    both = [_nearest(found, retriever, here) for found in (one, other)]
    (near, *near_m), (far, *far_m) = sorted(both, key=lambda place: place[2])
    text = (
        f'{the(near)} at {spot(near)} [1] {are(near)} closer, {_far(*near_m)} from you;'
        f' {the(far)} at {spot(far)} [2] {are(far)} {_far(*far_m)} away'
    )
    return Answer(known=True, text=sentence(text), citations=(near, far))


def _nowhere() -> Answer:
    text = "I don't know where you are: the question must say it in `here`"
    return Answer(known=False, text=f'{text}.')


def _nearest(found: Found, retriever: Retriever, here: Vector3) -> tuple[Place, float, float]:
    """Return the nearest of what was found for a request, how far it is, and by which way [m]."""
    nearest = Order(kind=OrderKind.NEAREST, phrase='nearest')
    request = found.request if found.request.order else replace(found.request, order=nearest)
    place = retriever.find(replace(found.query, here=here), request=request).retrieval.places[0]
    return (place, *_apart(place, here, retriever, found))


def _apart(
    place: Place, start: Vector3, retriever: Retriever, found: Found
) -> tuple[float, float]:
    """Return the straight distance of a place from a point, and the way to drive [m]."""
    point = np.array([_point(place)])
    straight = float(np.hypot(*(point[0] - np.array(start))[:2]))
    maps = np.array([found.view.snapshot.map_ids.index(place.map_id)])
    way = float(retriever.travel(found.view)(start, point, maps)[0])
    return straight, max(way, straight) if np.isfinite(way) else straight


def _point(place: Place) -> Vector3:
    return place.target_position or place.pose.position


def _far(straight: float, way: float) -> str:
    driven = f', {way:.1f} m to drive' if way > straight + _DETOUR_M else ''
    return f'{straight:.1f} m{driven}'
