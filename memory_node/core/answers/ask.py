"""
Answers in words that rest on what was seen, with citations.

Without a language model an answer is extracted: the sentence is made of names, places and stamps
that are stored. With one, the model words the same evidence under a JSON schema; it may cite only
the evidence it was shown, and any failure falls back to the extracted answer. Captions are data,
so nothing in them is an instruction.
"""

from __future__ import annotations

from dataclasses import replace
import logging
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.answers.counting import counted_candidates
from memory_node.core.answers.describe import describe_found
from memory_node.core.answers.distance import distance_answer
from memory_node.core.answers.history import gone_objects, history_answer, missing
from memory_node.core.answers.look import look_answer
from memory_node.core.answers.most import most_answer
from memory_node.core.answers.narrate import narrated
from memory_node.core.answers.phrases import (
    age,
    are,
    coordinates,
    joined,
    many,
    none_of,
    on_maps,
    sentence,
    spot,
    spots,
    the,
    the_room,
)
from memory_node.core.answers.quote import quoted_answer
from memory_node.core.answers.signs import (
    lists_signs,
    says_answer,
    signs_answer,
    unread_answer,
)
from memory_node.core.answers.types import Answer, MAX_CITATIONS
from memory_node.core.constraints.area import Area
from memory_node.core.constraints.base import Kind
from memory_node.core.constraints.either import Either
from memory_node.core.constraints.order import OrderKind
from memory_node.core.data import QueryMode
from memory_node.core.errors import LanguageModelError
from memory_node.core.language.directives import quoted, reported
from memory_node.core.language.relations import patterns
from memory_node.core.language.request import AnswerKind, HISTORY, SubjectKind
from memory_node.core.language.text import is_plural
from memory_node.core.ports import LanguageModel
from memory_node.core.retrieval.objects import MOST
from memory_node.core.retrieval.pipeline import Found, Retriever
from memory_node.core.retrieval.reading import mode_of

__all__ = ['answer']

_LOG = logging.getLogger(__name__)
#: Kinds of things named in an answer.
_KINDS = 8
IntArray = NDArray[np.int64]
#: Conditions that would read as a denial of one.
_DENYING = re.compile(rf'(?:that|which|who|not|never|{patterns("excluding")})\b', re.IGNORECASE)


def answer(
    found: Found,
    retriever: Retriever,
    model: LanguageModel | None = None,
) -> Answer:
    """
    Return the answer to a question whose search came to ``found``.

    ``retriever`` makes places of further candidates. A language model's failure never raises.
    """
    extracted = _extracted(found, retriever)
    if not extracted.known:
        extracted = quoted_answer(found, retriever) or extracted
    where = on_maps(extracted.citations, found.view.snapshot.maps)
    assumed = ''.join(f' {sentence(one)}' for one in found.request.assumed)
    extracted = replace(extracted, text=f'{extracted.text}{where}{assumed}')
    if model is None or not extracted.citations or extracted.count is not None:
        return extracted
    try:
        return narrated(found.query.text, extracted.citations[:MAX_CITATIONS], model)
    except LanguageModelError as error:
        _LOG.warning('answering without the language model: %s', error)
        return replace(extracted, fallback=str(error))


def _extracted(found: Found, retriever: Retriever) -> Answer:
    kind, request = found.request.answer, found.request
    if mode_of(found.query, request) is QueryMode.GLOBAL:
        told = describe_found(found, retriever)
        return Answer(known=told.found, text=told.text, citations=told.citations)
    if kind is AnswerKind.COUNT and request.subject.kind is not SubjectKind.VIEW:
        return _count(found, retriever)
    if kind is AnswerKind.MOST:
        return most_answer(found, retriever) or _count(found, retriever)
    if kind in (AnswerKind.WHAT, AnswerKind.SAYS) and lists_signs(found):
        return signs_answer(found, retriever)
    if kind is AnswerKind.WHAT:
        return _what(found, retriever)
    first = found.request.order is not None and found.request.order.kind is OrderKind.OLDEST
    if kind in HISTORY or (kind is AnswerKind.WHEN and first):
        return history_answer(found, retriever, _now(found)) or _unknown(found, retriever)
    if kind in (AnswerKind.DISTANCE, AnswerKind.CLOSER):
        return distance_answer(found, retriever) or _unknown(found, retriever)
    if not found.retrieval.found:
        return _unknown(found, retriever)
    if kind is AnswerKind.LOOK:
        return look_answer(found, retriever)
    if kind is AnswerKind.SAYS and found.judged.problems:
        return _unknown(found, retriever)
    if kind is AnswerKind.SAYS:
        return says_answer(found)
    best = found.retrieval.places[0]
    cited = tuple(p for p in found.retrieval.places if p.label == best.label and not p.unmet)
    cited = (best, *(p for p in cited if p is not best))[:MAX_CITATIONS]
    if kind is AnswerKind.WHEN:
        seen = age(_now(found) - best.stamp_ns)
        was = 'were' if is_plural(best.label) else 'was'
        text = f'{the(best)} {was} last seen {seen} at {spot(best)} [1]'
        return Answer(known=True, text=sentence(text), citations=cited[:1])
    problems = found.judged.problems
    which = _which_of(found)
    offered = _alternatives(found) or which
    says_yes = kind is AnswerKind.EXISTS and not problems and not offered
    lead = 'yes: ' if says_yes else ''
    seen = age(_now(found) - best.stamp_ns)
    where = f'at {spot(best)}'
    if room := _which_room(found, retriever):
        where = f'in {room}, at {coordinates(best.target_position or best.pose.position)}'
    if which:
        where = f'{which}, {where}'
    text = f'{lead}{the(best)} {are(best)} {where}, seen {seen} [1]'
    others = [p for p in cited[1:] if p.confidence >= 0.5 * best.confidence]
    if others:
        text += f'. Also at {", ".join(f"{spot(p)} [{i}]" for i, p in enumerate(others, 2))}'
    if gone := _gone(found):
        text += f'. {gone}'
    if problems:
        text += f'. {sentence("; ".join(problems))}'
    return Answer(known=True, text=sentence(text), citations=(best, *others))


def _alternatives(found: Found) -> tuple[str, ...]:
    """Return the rooms that a question names, one of which is the answer: "in the A or the B?"."""
    areas = [c for c in found.request.constraints if isinstance(c, Area) and not c.negated]
    return next((area.about for area in areas if len(area.about) > 1), ())


def _which_room(found: Found, retriever: Retriever) -> str:
    """Return which of several rooms that a question names it is in; '' where it names none."""
    names = _alternatives(found)
    room = int(found.candidates.room[found.chosen[0]]) if names and len(found.chosen) else -1
    if room < 0:
        return ''
    odds = [retriever.room_words.log_odds(found.view.rooms, name)[room] for name in names]
    return the_room(names[int(np.argmax(odds))])


def _which_of(found: Found) -> str:
    """Return which of the places that a question offers it is at; '' where it offers none."""
    for constraint, effect in zip(found.judged.constraints, found.judged.effects, strict=True):
        if isinstance(constraint, Either) and effect.told:
            return effect.told(int(found.chosen[0]))
    return ''


def _gone(found: Found) -> str:
    """Return a sentence about an earlier place of the same thing that it has left, or ''."""
    objects, candidates = found.view.objects, found.candidates
    if not len(found.chosen):
        return ''
    best = int(found.chosen[0])
    if candidates.kind[best] != Kind.OBJECT:
        return ''
    same = (
        (candidates.kind == Kind.OBJECT)
        & (candidates.name == candidates.name[best])
        & (candidates.last_ns < candidates.last_ns[best])
    )
    left = [i for i in np.flatnonzero(same).tolist() if objects.existence[candidates.index[i]] < 0]
    if not left:
        return ''
    last = max(left, key=lambda i: (int(candidates.last_ns[i]), -i))
    where = coordinates(candidates.position[last].tolist())
    if (room := int(candidates.room[last])) >= 0 and found.view.rooms.names[room]:
        where += f' in {the_room(found.view.rooms.names[room])}'
    seen = age(_now(found) - int(candidates.last_ns[last]))
    looked = ', and not there when I last looked'
    looked = looked if objects.misses[candidates.index[last]] else ''
    return f'It was at {where} {seen}{looked}'


def _count(found: Found, retriever: Retriever) -> Answer:
    subject = found.request.subject
    needed = subject.kind is SubjectKind.NEED
    name = 'thing' if needed else subject.name or subject.text
    fit = counted_candidates(found, retriever)
    problem = '; '.join(found.judged.problems)
    if problem and not len(fit):
        return Answer(known=False, text=sentence(f"I don't know: {problem}"), count=0)
    where = reported(' '.join(c.phrase for c in found.request.constraints))
    where = f'for {quoted(subject.text)} {where}'.rstrip() if needed else where
    cut = int(np.count_nonzero(found.candidates.kind == Kind.OBJECT)) >= MOST
    if not len(fit) and cut:
        text = f'I have looked at {many(MOST, name)} alone'
        return Answer(known=False, text=sentence(f"I don't know: {text}"), count=0)
    if not len(fit):
        text = f'I have seen {none_of(name)} {where}'
        return Answer(known=True, text=sentence(text), count=0)
    cited = retriever.places(found, fit[:MAX_CITATIONS])
    name = cited[0].label if len(fit) == 1 and cited[0].label and not needed else name
    least = 'at least ' if cut else ''
    text = f'I have seen {least}{many(len(fit), name)} {where}'.rstrip()
    text = f'{text}: {spots(cited, len(fit))}.'
    return Answer(known=True, text=text, citations=cited, count=len(fit))


def _what(found: Found, retriever: Retriever) -> Answer:
    """Return which kinds of things are there."""
    if '; '.join(found.judged.problems):
        return _unknown(found, retriever)
    fit = counted_candidates(found, retriever)
    if not len(fit):
        where = reported(' '.join(c.phrase for c in found.request.constraints))
        return Answer(known=False, text=sentence(f'I have seen nothing {where}'))
    if not (found.candidates.kind[fit] == Kind.OBJECT).any():
        return _which_rooms(found, retriever, fit)
    names, first = np.unique(found.candidates.name[fit], return_index=True)
    order = np.argsort(first)
    names, first = names[order][:_KINDS], first[order][:_KINDS]
    cited = retriever.places(found, fit[first])
    words = []
    for i, name in enumerate(names.tolist()):
        number = int(np.count_nonzero(found.candidates.name[fit] == name))
        words.append(f'{many(number, found.view.names.texts[name])} [{i + 1}]')
    where = reported(' '.join(c.phrase for c in found.request.constraints))
    text = f'{where} I have seen {joined(words)}' if where else f'I have seen {joined(words)}'
    return Answer(known=True, text=sentence(text), citations=cited)


def _which_rooms(found: Found, retriever: Retriever, fit: IntArray) -> Answer:
    """Return which rooms are meant: "which room is next to the kitchen?"."""
    cited = retriever.places(found, fit[:MAX_CITATIONS])
    words = [
        f'{the_room(p.label or "room")} at {coordinates(p.pose.position)} [{i}]'
        for i, p in enumerate(cited, 1)
    ]
    where = reported(' '.join(c.phrase for c in found.request.constraints))
    verb = 'is' if len(words) == 1 else 'are'
    return Answer(known=True, text=sentence(f'{where} {verb} {joined(words)}'), citations=cited)


def _unknown(found: Found, retriever: Retriever) -> Answer:
    """Return that nothing answers, why, and what comes closest."""
    retrieval, kind = found.retrieval, found.request.answer
    problem = '; '.join(found.judged.problems)
    if not problem and (told := unread_answer(found, retriever)):
        return told
    if kind is AnswerKind.EXISTS and not problem and (told := _elsewhere(found, retriever)):
        return told
    if not problem and len(gone := gone_objects(found)[:1]):
        cited = retriever.places(found, gone)
        text = missing(found, int(found.candidates.index[gone[0]]), cited[0], _now(found))
        no = 'no: ' if kind is AnswerKind.EXISTS else ''
        known = kind is AnswerKind.WHEN  # it was seen then, wherever it is now
        return Answer(known=known, text=sentence(f'{no}{text}'), citations=cited)
    lead = 'No: nothing' if kind is AnswerKind.EXISTS and not problem else "I don't know: nothing"
    text = f'{lead} I have seen answers that.'
    if problem:
        text = sentence(f"I don't know: {problem}")
    if retrieval.places:
        near = retrieval.places[0]
        words = reported(near.label) if near.label else f'what reads {quoted(near.caption[:80])}'
        unmet = f', but not {joined(list(map(_as_said, near.unmet)))}' if near.unmet else ''
        text += f' The closest I have seen is {words} at {spot(near)}{unmet} [1].'
    return Answer(known=False, text=text, citations=retrieval.places[:1])


def _as_said(phrase: str) -> str:
    """Return a condition as it follows "not": one that denies something itself is quoted."""
    return quoted(phrase) if _DENYING.match(phrase) else phrase


def _elsewhere(found: Found, retriever: Retriever) -> Answer | None:
    """Return where what was asked about is instead of where it was asked for; None if nowhere."""
    candidates = found.candidates
    there = np.flatnonzero((candidates.kind == Kind.OBJECT) & (candidates.odds > 0.0))
    if not len(there) or found.request.subject.kind is not SubjectKind.NAME:
        return None
    best = int(there[np.argmax(candidates.odds[there])])
    cited = retriever.places(found, np.array([best]))
    if not cited[0].unmet:
        return None
    seen = age(_now(found) - cited[0].stamp_ns)
    unmet = reported(' and '.join(cited[0].unmet))
    lead = 'neither: ' if _alternatives(found) else 'no: '
    text = (
        f'{lead}{the(cited[0])} {are(cited[0])} at {spot(cited[0])}, seen {seen} [1], not {unmet}'
    )
    return Answer(known=False, text=sentence(text), citations=cited)


def _now(found: Found) -> int:
    now = found.query.now_ns
    return int(found.view.snapshot.stamps.max(initial=0)) if now is None else now
