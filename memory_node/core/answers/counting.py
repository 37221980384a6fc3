"""Which candidates a question for a number counts: things that are there, each once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.area import Area, is_all_of_it
from memory_node.core.constraints.base import Kind
from memory_node.core.language.names import Relation
from memory_node.core.retrieval.pipeline import Found, Retriever
from memory_node.core.retrieval.relevance import RELATION_ODDS

__all__ = ['counted_candidates']

IntArray = NDArray[np.int64]

#: Log-odds below which no room is taken for the one that a question takes for granted.
_LIKELY = -4.0
#: Two things of one head noun may be one, by whatever words before it.
_ONE_HEAD = RELATION_ODDS[Relation.CONFLICT]
#: What a view shows without telling where is about this far from it [m].
_IN_SIGHT_M = 5.0


def counted_candidates(found: Found, retriever: Retriever) -> IntArray:
    """
    Return the candidates that a question for a number counts: things that are there, once.

    A room that the question takes for granted is the likeliest one of that name, as sure as may
    be; what is seen from it and stands in another does not count.
    """
    candidates, judged = found.candidates, found.judged
    kind = Kind.ROOM if _counts_rooms(found) else Kind.OBJECT
    meant = (candidates.kind == kind) & (candidates.odds > 0.0)
    for constraint, met in zip(judged.constraints, judged.met, strict=True):
        if isinstance(constraint, Area) and not constraint.negated:
            if all(is_all_of_it(found.view, phrase) for phrase in constraint.about):
                continue
            meant &= _inside(found, retriever, constraint, meant)
        else:
            meant &= met
    fit = np.flatnonzero(meant)
    fit = fit[~_may_be_counted_already(found, retriever, fit)]
    return fit[np.argsort(-found.odds[fit], kind='stable')]


def _inside(
    found: Found, retriever: Retriever, area: Area, meant: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return (n,) which candidates are in the rooms that a question takes for granted."""
    rooms, candidates = found.view.rooms, found.candidates
    holds = np.zeros(len(rooms), np.bool_)
    inside = candidates.room[meant]
    holds[inside[inside >= 0]] = True
    chosen = np.zeros(len(rooms) + 1, np.bool_)
    for phrase in area.about:
        odds = retriever.room_words.log_odds(rooms, phrase)
        if len(odds) and odds.max() > _LIKELY:
            chosen[:-1] |= retriever.room_words.meant(odds, holds)
    if not chosen.any():
        return np.asarray(found.judged.met[found.judged.constraints.index(area)])
    return np.asarray(chosen[candidates.room])


def _counts_rooms(found: Found) -> bool:
    """Tell whether the things asked for are rooms: no thing goes by the name, and a room does."""
    fit = (found.odds > 0.0) & (found.candidates.kind == Kind.OBJECT)
    return not fit.any() and bool(
        ((found.odds > 0.0) & (found.candidates.kind == Kind.ROOM)).any()
    )


def _may_be_counted_already(
    found: Found, retriever: Retriever, fit: IntArray
) -> NDArray[np.bool_]:
    """
    Return (n,) which things without a position may be things with one, seen again.

    They may where as many things of such a name have a position in their room, or close by, as
    one view shows of them without: a caption that tells of two trucks tells of those known there.
    What is asked for is such a name: washers are known washing machines, if as many are known.
    """
    candidates = found.candidates
    objects = candidates.kind[fit] == Kind.OBJECT
    placed, rooms, names = candidates.placed[fit], candidates.room[fit], candidates.name[fit]
    known = fit[placed & objects]
    asked = retriever.name_odds(found.view, found.request.subject.name)
    means_it = asked >= RELATION_ODDS[Relation.SYNONYM] if len(asked) else np.zeros(0, np.bool_)
    result = np.zeros(len(fit), np.bool_)
    for i in np.flatnonzero(~placed & objects).tolist():
        own = found.view.names.texts[int(names[i])]
        odds = retriever.name_odds(found.view, own)
        away = np.linalg.norm(candidates.position[known] - candidates.position[fit[i]], axis=1)
        here = (candidates.room[known] == rooms[i]) | (away <= _IN_SIGHT_M)
        here &= candidates.map[known] == candidates.map[fit[i]]
        such = odds[candidates.name[known]] >= _ONE_HEAD
        such |= means_it[candidates.name[known]]
        like = int(np.count_nonzero(here & such))
        beside = ~placed & objects & (candidates.row[fit] == candidates.row[fit[i]])
        beside &= odds[names] >= _ONE_HEAD
        result[i] = like >= int(np.count_nonzero(beside))
    return result
