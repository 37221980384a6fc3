"""Answers that only the words of a caption give: it is quoted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory_node.core.answers.phrases import sentence, spot
from memory_node.core.answers.types import Answer
from memory_node.core.language.directives import quoted
from memory_node.core.language.places_asked import UNSAYING
from memory_node.core.language.request import AnswerKind
from memory_node.core.language.text import content_terms, lemmas
from memory_node.core.retrieval.filters import allowed_rows
from memory_node.core.retrieval.pipeline import Found, Retriever
from memory_node.core.store.postings import rarity

__all__ = ['quoted_answer']

#: Answers that a caption may be, and the share of what the words of the question tell that it must
#: say: what stands somewhere is said in other words ("the thing", "which machine").
_SAID = {AnswerKind.WHAT: 0.6, AnswerKind.LOOK: 0.6, AnswerKind.WHERE: 0.9}
#: Fewest words of a question that tell anything, and captions that are read, the newest.
_FEWEST, _READ = 2, 16
#: Characters of a caption that are quoted.
_MOST_CHARS = 300


def quoted_answer(found: Found, retriever: Retriever) -> Answer | None:
    """
    Return the newest caption that has the words of a question; None where none has.

    Rare words tell more than common ones, and what no caption has tells most: a question for what
    is not here is not answered.
    """
    request, share = found.request, _SAID.get(found.request.answer)
    bound = any(c.negated or c.NAME == 'time' for c in request.constraints)
    if share is None or request.order is not None or bound:
        return None
    terms = [term for term in content_terms(request.text) if term not in UNSAYING]
    if len(terms) < _FEWEST:
        return None
    keys, worth = _having(found, retriever, terms, share)
    for place in retriever.key_places(keys):
        words = {*lemmas(place.caption)}
        said = sum(worth[t] for t in terms if words.issuperset(lemmas(t)))
        if said >= share * sum(worth.values()):
            text = f'what I saw at {spot(place)} reads {quoted(place.caption[:_MOST_CHARS])} [1]'
            return Answer(known=True, text=sentence(text), citations=(place,))
    return None


def _having(
    found: Found, retriever: Retriever, terms: Sequence[str], share: float
) -> tuple[list[int], dict[str, float]]:
    """Return keys of observations with enough of some words, and what each word tells."""
    snapshot, worth = found.view.snapshot, dict[str, float]()
    said = np.zeros(len(snapshot))
    for term in terms:
        worth[term] = 0.0
        for one in retriever.sources.postings([term]):
            telling = rarity(snapshot, one)
            worth[term] += telling
            said[snapshot.rows_of(one[0])] += telling
    allowed = allowed_rows(found.view, found.query, None)
    if allowed is not None:
        said[~allowed] = 0.0
    rows = np.flatnonzero(said >= share * sum(worth.values()))
    order = np.lexsort((-snapshot.stamps[rows], -said[rows]))
    return snapshot.keys[rows[order][:_READ]].tolist(), worth
