"""Answers about what signs say: the texts, and for a number that was not read its neighbours."""

from __future__ import annotations

from collections import Counter
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.counting import counted_candidates
from memory_node.core.answers.phrases import coordinates, joined, sentence, spot
from memory_node.core.answers.types import Answer
from memory_node.core.constraints.base import Kind
from memory_node.core.language.directives import quoted, reported
from memory_node.core.language.request import AnswerKind
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.signs import is_sign_name, number_gap, sign_words, wanted_text
from memory_node.core.language.text import is_plural
from memory_node.core.retrieval.pipeline import Found, Retriever

__all__ = ['lists_signs', 'says_answer', 'signs_answer', 'unread_answer']

IntArray = NDArray[np.int64]

#: Signs told in one answer, and those that are told beside the likeliest one.
_TOLD, _BESIDE = 12, 3
#: How much less likely a sign may be than the likeliest one to be told as well.
_LEAST = 0.5


def lists_signs(found: Found) -> bool:
    """Tell whether a request asks which signs there are: "what signs are in the hall?"."""
    subject, answer = found.request.subject, found.request.answer
    several = answer is AnswerKind.WHAT or is_plural(subject.text)
    return is_sign_name(subject.name) and several


def says_answer(found: Found) -> Answer:
    """Return what the signs say that were found; ``found`` has a place."""
    places = found.retrieval.places
    least = _LEAST * places[0].confidence
    fit = [p for p in places if sign_text(p.label) and not p.unmet and p.confidence >= least]
    if not fit:
        text = f'I have seen a sign at {spot(places[0])} [1], but could not read it'
        return Answer(known=False, text=sentence(text), citations=places[:1])
    fit = fit[: _BESIDE if found.request.order is None else 1]
    told = [
        f'the sign at {spot(p)} [{i}] says {quoted(sign_text(p.label))}'
        for i, p in enumerate(fit, 1)
    ]
    return Answer(known=True, text=sentence(joined(told)), citations=tuple(fit))


def signs_answer(found: Found, retriever: Retriever) -> Answer:
    """Return which signs there are, by what they say: words first, then numbers in order."""
    fit = counted_candidates(found, retriever)
    fit = fit[found.candidates.kind[fit] == Kind.OBJECT]
    where = reported(' '.join(c.phrase for c in found.request.constraints))
    texts = [_text(found, int(found.candidates.index[i])) for i in fit.tolist()]
    counts = Counter(sorted((text for text in texts if text), key=_order))
    if not counts:
        seen = 'signs, but could read none' if len(fit) else 'no signs'
        return Answer(known=False, text=sentence(f'I have seen {seen} {where}'))
    first = np.array([texts.index(text) for text in list(counts)[:_TOLD]], np.int64)
    cited = retriever.places(found, fit[first])
    told = [
        f'{quoted(text)}{f" ({count} times)" if count > 1 else ""} [{i}]'
        for i, (text, count) in enumerate(list(counts.items())[:_TOLD], 1)
    ]
    if len(counts) > _TOLD:
        told.append(f'{len(counts) - _TOLD} more')
    unread = sum(not text for text in texts)
    end = f', and {unread} that I could not read' if unread else ''
    text = f'{where} I have read {joined(told)}{end}'
    return Answer(known=True, text=sentence(text), citations=cited)


def unread_answer(found: Found, retriever: Retriever) -> Answer | None:
    """
    Return that no sign was read to say what is wanted, and the nearest numbers that were.

    None where neither a sign is asked for nor a number that signs have the like of.
    """
    wanted, outright = wanted_text(found.request.subject.name)
    gaps = [
        (gap, index)
        for index in _signs(found).tolist()
        if (gap := number_gap(wanted, _text(found, index))) is not None
    ]
    below = max((pair for pair in gaps if pair[0] <= 0), default=None)
    above = min((pair for pair in gaps if pair[0] > 0), default=None)
    near = [pair for pair in (below, above) if pair is not None]
    if not near and not outright:
        return None
    lead = f'I have read no sign that says {quoted(wanted)}'
    if not near:
        no = 'no: ' if found.request.answer is AnswerKind.EXISTS else ''
        return Answer(known=False, text=sentence(f'{no}{lead}'))
    index_of = np.array([index for _, index in near], np.int64)
    cited = retriever.object_places(found.view, index_of)
    told = [
        f'{quoted(_text(found, index))} at'
        f' {coordinates(p.target_position or p.pose.position)} [{i}]'
        for i, ((_, index), p) in enumerate(zip(near, cited, strict=True), 1)
    ]
    verb = 'number is' if len(near) == 1 else 'numbers are'
    text = f'{lead}. The nearest {verb} {joined(told)}'
    if len(near) == 2:
        text += '; it is between them if the numbers are in order'
    return Answer(known=False, text=sentence(text), citations=cited)


def _order(text: str) -> tuple[int, str]:
    numbers = ''.join(re.findall(r'\d', ' '.join(sign_words(text).numbers)))
    return int(numbers[:18] or -1), text.casefold()


def _signs(found: Found) -> IntArray:
    """Return the objects that are signs of the map that is asked for and say something."""
    objects, map_id = found.view.objects, found.query.map_id
    fits = np.isin(objects.labels, found.view.names.signs) & (objects.existence > 0.0)
    if map_id is not None:
        fits &= objects.maps == found.view.snapshot.map_ids.index(map_id)
    return np.flatnonzero(fits)


def _text(found: Found, index: int) -> str:
    """Return what an object says by most of its readings, '' where it is no sign."""
    return sign_text(found.view.names.texts[int(found.view.objects.labels[index])])
