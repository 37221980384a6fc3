"""Which room has the most of some things."""

from __future__ import annotations

import numpy as np

from memory_node.core.answers.counting import counted_candidates
from memory_node.core.answers.phrases import joined, sentence, spots, the_room
from memory_node.core.answers.types import Answer, MAX_CITATIONS
from memory_node.core.language.directives import reported
from memory_node.core.language.text import plural
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['most_answer']


def most_answer(found: Found, retriever: Retriever) -> Answer | None:
    """Return which rooms have the most of what is asked for; None where none is in a room."""
    fit = counted_candidates(found, retriever)
    inside = fit[found.candidates.room[fit] >= 0]
    if not len(inside) or found.judged.problems:
        return None
    rooms, numbers = np.unique(found.candidates.room[inside], return_counts=True)
    best = rooms[numbers == numbers.max()]
    there = inside[np.isin(found.candidates.room[inside], best)]
    cited = retriever.places(found, there[:MAX_CITATIONS])
    names = [found.view.rooms.names[room] for room in best.tolist()]
    called = joined([the_room(name) if name else 'a room without a name' for name in names])
    subject = found.request.subject
    things = reported(plural(subject.name or subject.text))
    has, each = ('have', ' each') if len(best) > 1 else ('has', '')
    number = f'{numbers.max()}{each} of {len(fit)}'
    text = f'{called} {has} the most {things}: {number}, {spots(cited, len(there))}'
    return Answer(known=True, text=sentence(text), citations=cited)
