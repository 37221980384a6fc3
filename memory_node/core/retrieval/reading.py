"""What a request means in one memory, beyond what its words say by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timezone

import numpy as np

from memory_node.core.constraints.area import is_all_of_it
from memory_node.core.constraints.base import Scene
from memory_node.core.constraints.floor import Floor, FloorKind
from memory_node.core.constraints.order import Order, OrderKind
from memory_node.core.constraints.registry import REGISTRY
from memory_node.core.constraints.time import Time
from memory_node.core.data import Query, QueryMode
from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.parser import about_landmark, parse
from memory_node.core.language.places_asked import UNSAYING
from memory_node.core.language.relations import words
from memory_node.core.language.request import AnswerKind, HISTORY, Request, Subject, SubjectKind
from memory_node.core.language.text import lemmas, tokenize
from memory_node.core.language.times import Clock
from memory_node.core.objects.names import Names
from memory_node.core.retrieval.objects import object_candidates
from memory_node.core.retrieval.rooms import names_in, RoomWords

__all__ = ['as_meant_here', 'is_of_past', 'mode_of', 'wants_description']


_HARDLY = frozenset(words('hardly_names'))


def wants_description(text: str) -> bool:
    """Tell whether a question asks what a place, or everything, is like."""
    clock = Clock(0, timezone.utc)
    return parse(text, clock, REGISTRY, Order).answer is AnswerKind.DESCRIBE


def is_of_past(request: Request) -> bool:
    """Tell whether a request is about what was, so that a thing that is gone now counts."""
    if request.answer in HISTORY:
        return True
    first = request.order is not None and request.order.kind is OrderKind.OLDEST
    return first or any(isinstance(c, Time) and not c.ahead for c in request.constraints)


def mode_of(query: Query, request: Request) -> QueryMode:
    """Return how a question wants to be answered: as the query says, else by its words."""
    if query.mode is not QueryMode.AUTO:
        return query.mode
    if request.answer is AnswerKind.DESCRIBE:
        return QueryMode.GLOBAL
    return QueryMode.IMPLICIT if request.subject.kind is SubjectKind.NEED else QueryMode.EXPLICIT


def as_meant_here(request: Request, scene: Scene, rooms: RoomWords) -> Request:
    """
    Return a request as this memory lets it be read.

    Attributes belong to the name where things or rooms go by both ("potted plants"). What sounds
    like a constraint of a need, but names nothing that is here, belongs to the need ("reach things
    on high shelves"), and so does a time, which tells until when ("before lunch"). What was put
    somewhere and never seen is looked for where it was put.
    """
    if scene.query.mode is QueryMode.GLOBAL:  # "the kitchen" is the room, whatever else is
        request = replace(request, answer=AnswerKind.DESCRIBE)
    request = _cellar_as_room(request, scene, rooms)
    subject, names = request.subject, scene.view.names
    if request.answer is AnswerKind.DESCRIBE and (subject.name or subject.text):
        described = _described(subject, scene, rooms)
        if described.kind is SubjectKind.NEED and _names_part(described.text):
            return replace(request, answer=AnswerKind.WHAT)  # of no room: "the fridge contains"
        return replace(request, subject=described)
    if subject.attributes and subject.name:
        whole = ' '.join((*subject.attributes, subject.name))
        if lemmas(whole) in names.forms or rooms.knows(scene.view.rooms, whole):
            return replace(request, subject=replace(subject, name=whole, attributes=()))
    if _says_hardly_what(subject, names) and about_landmark(request.constraints) is not None:
        wide = replace(subject, kind=SubjectKind.ANYTHING, text=subject.name)
        return replace(request, subject=wide)
    landmark = about_landmark(request.constraints) if subject.put else None
    if landmark is not None and scene.lookup.landmark(subject.name) is None:
        chosen, meant = landmark
        kept = tuple(c for c in request.constraints if c is not chosen)
        return replace(request, subject=meant, constraints=kept)
    if subject.kind is not SubjectKind.NEED or not request.constraints:
        return request
    nothing = object_candidates(scene.view, np.empty(0))
    kept = tuple(
        c
        for c in request.constraints
        if not isinstance(c, Time) and not c.apply(scene, nothing).missing
    )
    if len(kept) == len(request.constraints):
        return request
    said = ' '.join((subject.text, *(c.phrase for c in request.constraints if c not in kept)))
    return replace(request, subject=replace(subject, text=said), constraints=kept)


def _says_hardly_what(subject: Subject, names: Names) -> bool:
    """Tell whether a name that nothing here goes by may be of nearly anything: "the machine"."""
    named = subject.kind is SubjectKind.NAME and not subject.attributes
    return named and subject.name in _HARDLY and lemmas(subject.name) not in names.forms


def _cellar_as_room(request: Request, scene: Scene, rooms: RoomWords) -> Request:
    """Return a request for a floor that is a room here as one for the room: "to the cellar"."""
    subject, asked = request.subject, request.constraints
    if subject.kind is not SubjectKind.ANYTHING or len(asked) != 1:
        return request
    (floor,) = asked
    if not isinstance(floor, Floor) or floor.kind is not FloorKind.BASEMENT or floor.negated:
        return request
    name = ' '.join(w for w in tokenize(floor.phrase) if w not in UNSAYING)
    if not (rooms.log_odds(scene.view.rooms, name) > 0.0).any():
        return request
    meant = replace(subject, kind=SubjectKind.NAME, text=name, name=name, definite=True)
    return replace(request, subject=meant, constraints=())


def _names_part(text: str) -> bool:
    """Tell whether a text speaks of something else than everything there is."""
    return set(words('whole')).isdisjoint(tokenize(text))


def _described(subject: Subject, scene: Scene, rooms: RoomWords) -> Subject:
    """
    Return what is to be described: the longest name of a room in the words, else what they name.

    Words that are no name at all ("this place laid out") ask for everything.
    """
    said = subject.text or subject.name
    if set(tokenize(said)) <= set(words('whole')):
        return replace(subject, kind=SubjectKind.ANYTHING, name='', whole=True)
    named = names_in(said, lambda name: rooms.knows(scene.view.rooms, name))
    if named:
        _, name = max(named, key=lambda n: n[1].count(' '))
        return replace(subject, kind=SubjectKind.NAME, name=name, attributes=())
    if subject.kind is not SubjectKind.NAME:
        return subject
    if is_all_of_it(scene.view, subject.name):
        return replace(subject, kind=SubjectKind.ANYTHING, name='', whole=True)
    if is_noun_phrase(subject.name) and _names_part(said):
        return subject
    return replace(subject, name='', whole=True)
