"""Whether the grammar alone has understood a request, in what is here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
import re

from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.places_asked import UNSAYING
from memory_node.core.language.relations import entry, patterns, words
from memory_node.core.language.request import (
    AnswerKind,
    HISTORY,
    Request,
    Sort,
    Subject,
    SubjectKind,
)
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import lemmas, tokenize
from memory_node.core.retrieval.blanks import Known, Named

__all__ = ['is_certain', 'is_of_clause', 'is_simple', 'is_understood']

#: Longer texts describe a view, or only cost time.
_MOST_WORDS = 40
#: Answers that are read by patterns of the whole request.
_WHOLE = (
    *HISTORY,
    AnswerKind.LOOK,
    AnswerKind.DISTANCE,
    AnswerKind.CLOSER,
    AnswerKind.DESCRIBE,
    AnswerKind.MOST,
)
#: Words beside the name of requests that need no second look, and all that carry a name.
_SIMPLE = frozenset(words('simple'))
_PATTERNS = (
    str(entry('it')),
    *(patterns('carriers', str(group)) for group in entry('carriers')),
    *map(patterns, ('courtesy', 'courtesy_after', 'trailers')),
)
_CARRYING = _SIMPLE | {*lemmas(' '.join(re.findall("[a-z']+", ' '.join(_PATTERNS))))}


def is_simple(request: Request, known: Known) -> bool:
    """Tell whether a request is too long to be read otherwise, or says a name and which one."""
    subject = request.subject
    if request.text.count(' ') >= _MOST_WORDS or subject.put or sign_text(subject.name):
        return True
    if subject.kind is not SubjectKind.NAME or request.answer is not AnswerKind.WHERE:
        return False
    said = {*tokenize(request.text)} - _SIMPLE
    parts = (*_looks(subject), subject.name, *_order_and_constraints(request))
    if not said <= {*tokenize(' '.join(parts))} or not known.exact(subject.name):
        return False
    return all(known.thing(name) or known.room(name) for name in _landmarks(request))


def _looks(subject: Subject) -> list[str]:
    """Return what is said of how a thing looks, without what has it: "the dairy's"."""
    return [word for word in subject.attributes if not word.endswith("'s")]


def _order_and_constraints(request: Request) -> tuple[str, ...]:
    """Return the words of a request that say which one it is, as it says them."""
    order = request.order.phrase if request.order is not None else ''
    return (order, *(c.phrase for c in request.constraints))


def _landmarks(request: Request) -> Iterator[str]:
    """Yield the names of what constraints say that it is near, in or not in."""
    for constraint in request.constraints:
        if landmark := getattr(constraint, 'landmark', ''):
            yield split_name(landmark)[1]


def is_of_clause(read: Request, named: Sequence[Named]) -> bool:
    """Tell whether one clause asks for what is here, and the others name nothing else here."""
    if not read.around:
        return False
    subject, known = read.subject, [n for n in named if n.here]
    if subject.kind is SubjectKind.NAME and not _is_one_of(subject.name, known):
        return False
    used = {*lemmas(' '.join((subject.name, *(c.phrase for c in read.constraints))))}
    here = [{*lemmas(n.name)} for n in known]
    denied = read.around.casefold().startswith('not ')  # "not the mug, the glass"
    return any(name <= used for name in here) and (denied or all(name <= used for name in here))


def _is_one_of(name: str, named: Iterable[Named]) -> bool:
    """Tell whether a name is just one of those that a request names."""
    words = lemmas(name)
    return any(lemmas(n.name) == words for n in named)


def is_certain(request: Request, named: Sequence[Named]) -> bool:
    """Tell whether what the grammar has read a request to be about is here, as it is named."""
    subject, here = request.subject, [n for n in named if n.here]
    if here and not all(_is_one_of(name, named) for name in _landmarks(request)):
        return False  # "in proximity"
    if subject.kind is SubjectKind.NEED:
        return not (here and request.text.startswith(subject.text))  # "state the room of the lamp"
    if subject.kind is not SubjectKind.NAME or subject.sort is not Sort.THING:
        return True
    if {*lemmas(subject.name)} <= UNSAYING:
        return bool(request.constraints)  # not "new stuff"
    return _is_one_of(subject.name, here) or (subject.definite and not here)  # "the mug"


def is_understood(request: Request, named: Sequence[Named]) -> bool:
    """
    Tell whether the grammar has used every name of a request, and hardly left a word.

    Where a pattern is of the whole request, it has left none.
    """
    subject = request.subject
    if request.answer is AnswerKind.SAYS:
        return True
    if subject.kind is SubjectKind.VIEW or subject.guessed:
        return False
    if subject.kind is SubjectKind.NAME and 'of' in lemmas(subject.name):
        return False  # "the colour of the lamp"
    if subject.kind is SubjectKind.NEED and request.answer is not AnswerKind.WHERE:
        return False
    parts = (subject.name, *subject.others, request.other, *_order_and_constraints(request))
    looks, used = _looks(subject), {*lemmas(' '.join(parts))}
    if len(looks) == len(subject.attributes):  # "the dairy's sink" is in it, if one is here
        text = subject.text if subject.kind is SubjectKind.NAME else ''
        used |= {*lemmas(' '.join((*looks, text if is_noun_phrase(text) else '')))}
    if not all({*lemmas(n.name)} <= used for n in named if n.here):
        return False
    if request.answer in _WHOLE or subject.sort is not Sort.THING:
        return True
    if any(c.negated or c.NAME == 'besides' for c in request.constraints):
        return True  # sentences hardly tell what is not wanted from what is
    if subject.kind in (SubjectKind.NEED, SubjectKind.ANYTHING):
        used |= {*lemmas(subject.text)}
    used |= {*lemmas(' '.join((*subject.attributes, *request.look.asked)))}
    return {*lemmas(request.text)} <= _CARRYING | used
