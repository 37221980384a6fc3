"""Which sentences of a text ask, which only tell, and which describe what one sees."""

from __future__ import annotations

import re

from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.places_asked import EMPTY
from memory_node.core.language.relations import alternatives, patterns, words
from memory_node.core.language.subjects import (
    ANYTHING,
    DEFINITE,
    DESCRIBING,
    IDLE,
    MARKS,
    PRONOUN,
    SENTENCE,
    stripped,
)

__all__ = ['asking_clause', 'is_description', 'is_statement']

#: Hardly any request is longer; captions say "overall" and "next to" without asking for it.
_SHORT_WORDS, _REQUEST_WORDS = 10, 60
#: One clause about a known thing is a request up to this length.
_DEFINITE_WORDS = 20
#: A text of more clauses is looked at as a whole.
_MOST_CLAUSES = 6
_CLAUSE = re.compile(r'(?<=[.;!?]) +|, +(?:so |but |and )?')
#: "There is a puddle" tells, though it names what could be asked for.
_EXPLETIVE = re.compile(rf'(?:{patterns("expletive")}) ', re.IGNORECASE)
_UNWANTED = re.compile(rf'not (?:{alternatives(words("definite"))}) ', re.IGNORECASE)
_REMEMBERED = re.compile(rf"(?:{patterns('remembered')})(?![\w'-])", re.IGNORECASE)
_OPENINGS = frozenset(
    word for key in ('openings', 'verbs', 'handling', 'motions') for word in words(key)
)
_REQUESTING = frozenset(words('requesting'))


def is_description(text: str) -> bool:
    """
    Tell whether a text describes a view, as captions do, and asks for nothing.

    Very long texts do, and longer ones that neither open as a request nor have a word that asks,
    be it after "I remember" or "somewhere with".
    """
    if DESCRIBING.match(text):
        return False
    opening = _REMEMBERED.match(text)
    text = text[opening.end() :].strip(MARKS) if opening else text
    said = re.findall(r"[\w']+", text.casefold())
    known = not opening and ',' not in text and DEFINITE.match(text) is not None
    if len(said) <= (_DEFINITE_WORDS if known else _SHORT_WORDS):
        return False
    asks = opening is None and said[0] in _OPENINGS
    asks = asks or '?' in text or not _REQUESTING.isdisjoint(said)
    return len(said) > _REQUEST_WORDS or not asks


def asking_clause(said: str) -> str:
    """Return the one clause of a text that asks, where the others only tell; '' where not so."""
    clauses = [clause for clause in _CLAUSE.split(said) if clause.strip()]
    if not 1 < len(clauses) <= _MOST_CLAUSES:
        return ''
    wanted = [clause for clause in clauses if not _UNWANTED.match(clause)]
    if len(wanted) == 1:  # "not the mug, the glass"
        denied = [c.strip(MARKS)[len('not ') :] for c in clauses if c not in wanted]
        other = next(filter(is_noun_phrase, denied), '')
        return f'{wanted[0].strip(MARKS)} other than {other}' if other else wanted[0]
    asking = [clause for clause in clauses if _asks(clause)]
    told = [clause for clause in clauses if clause not in asking]
    if '?' not in said and any(map(_EXPLETIVE.match, told)):
        return ''  # "there should be a boot rack, I have to be there in a minute"
    return asking[0] if len(asking) == 1 and all(map(_is_telling, told)) else ''


def _asks(text: str) -> bool:
    """Return whether a text opens as a request, and says of what."""
    if _EXPLETIVE.match(text):
        return False
    left, groups, need = stripped(text)
    if not groups and need is None:
        return False
    said = re.findall(r"[\w'-]+", (left if need is None else need).casefold())
    return not {*said} <= IDLE | EMPTY | ANYTHING


def is_statement(text: str) -> bool:
    """Return whether a text tells what is the matter: "I cut my finger"."""
    return not _asks(text) and bool(PRONOUN.match(text) or SENTENCE.match(text))


def _is_telling(text: str) -> bool:
    """
    Return whether a clause tells something: it is neither a request nor a noun phrase.

    "Not the treadmill" tells what is not wanted.
    """
    if text.casefold().startswith('not '):
        return _UNWANTED.match(text) is not None
    return ' ' in text.strip(MARKS) and not is_noun_phrase(text.strip(MARKS))
