r"""
Pieces that the patterns of constraints share: noun phrases, negation, lengths, the asker.

Patterns are over text with single spaces and straight apostrophes. A pattern that wants a blank
says so by a space: ``\s`` would reach across words that another constraint has taken.
"""

from __future__ import annotations

import re

from memory_node.core.language.relations import alternatives, patterns, values, words
from memory_node.core.language.text import singular_phrase
from memory_node.core.language.wordnet import wordnet
from memory_node.core.rooms.vocabulary import default_vocabulary

__all__ = [
    'ANY_NUMBER',
    'ASKER',
    'COUNTED',
    'IS',
    'LENGTH',
    'NEGATION',
    'NOUN_PHRASE',
    'NOUN_PHRASES',
    'OTHER_PHRASE',
    'about',
    'is_everything',
    'is_no_place',
    'is_walked_on',
    'metres',
    'names_room',
    'number',
    'rule',
]

_ENDS = alternatives(words('phrase_ends'))
_WORD = rf"(?!(?:{_ENDS})(?![\w'-]))[^\W_][\w'-]*"
_DETERMINER = rf'(?:(?:{alternatives((*words("definite"), *words("indefinite")))}) )?'
#: A thing or a room in up to four words, as group ``np``.
NOUN_PHRASE = rf'{_DETERMINER}(?P<np>{_WORD}(?: {_WORD}){{0,3}})'
#: The same as group ``other``.
OTHER_PHRASE = NOUN_PHRASE.replace('<np>', '<other>')
#: The same without a determiner and in up to three words.
COUNTED = rf'(?P<np>{_WORD}(?: {_WORD}){{0,2}})'
#: One or two of them: "the kitchen or in the hall"; the second is group ``other``.
NOUN_PHRASES = (
    rf'{NOUN_PHRASE}(?:,? (?:or|nor)(?: (?:in|on|at))? {_DETERMINER}'
    rf'(?P<other>{_WORD}(?: {_WORD}){{0,3}}))?'
)
#: Opens a relative clause; at the start of a request, "who is in the kitchen?" asks.
_WHICH = r'(?<=[\w,] )(?:that|which|who)'
#: Group ``no`` in front of a relation: "that is not", "isn't", "never".
NEGATION = (
    r"(?<![\w'-])"
    rf'(?P<no>(?:{_WHICH} )?(?:(?:is|are|was|were|stands?) )?(?:not|never) '
    rf"|(?:{_WHICH} )?(?:is|are|was|were|does|do)n't )?"
)
#: What may stand between a thing and its relation: "which is", "that's".
IS = rf"(?:{_WHICH}(?:'s| is| are| was| were| stands?) )?(?:located |situated |right )?"
ASKER = rf'(?:{patterns("asker")})'
_METRES = values('lengths')
_NUMBERS = values('numbers')
#: A number in digits or words.
ANY_NUMBER = rf'\d{{1,4}}|{alternatives(_NUMBERS)}'
#: A length: groups ``n`` and ``unit``.
LENGTH = (
    rf'(?P<n>\d{{1,5}}(?:\.\d{{1,3}})?|an?|half an?|{alternatives(_NUMBERS)}) ?'
    rf'(?P<unit>(?:{alternatives(_METRES)})s?)\b'
)


def rule(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that ignores case."""
    return re.compile(pattern, re.IGNORECASE)


def number(text: str) -> int:
    """Return a whole number that is written in digits or words; 0 for no number."""
    lowered = text.casefold()
    return int(lowered) if lowered.isdecimal() else int(_NUMBERS.get(lowered, 0))


def metres(text: str, unit: str) -> float | None:
    """Return a length in metres, None if it is none or zero."""
    lowered, name = text.casefold(), unit.casefold()
    size = _METRES.get(name) or _METRES.get(name.removesuffix('s'))
    if lowered in ('a', 'an'):
        count = 1.0
    elif lowered.startswith('half'):
        count = 0.5
    else:
        count = float(lowered) if lowered[:1].isdecimal() else _NUMBERS.get(lowered, 0.0)
    return size * count if size and count > 0.0 else None


def about(match: re.Match[str]) -> tuple[str, ...]:
    """Return the one or two noun phrases of a match, in lower case."""
    groups = match.groupdict()
    return tuple(groups[g].casefold() for g in ('np', 'other') if groups.get(g))


_EVERYTHING, _ALL_OF = frozenset(words('everything')), frozenset(words('all_of'))
_FIRST, _LAST = frozenset(words('no_place_first')), frozenset(words('no_place_last'))


def is_everything(phrase: str) -> bool:
    """Tell whether a phrase means all of the memory: "the building", "the whole theatre"."""
    if phrase.casefold().partition(' ')[0] in _ALL_OF:
        return True
    last = phrase.casefold().rpartition(' ')[2]
    return last in _EVERYTHING and len(phrase.split()) <= 2 and not _is_kind_of_room(phrase)


def is_no_place(phrase: str) -> bool:
    """Tell whether a phrase after "in", "on" or "by" is no place: "general", "the morning"."""
    lowered = phrase.casefold().split()
    named = len(lowered) > 1 and wordnet().is_physical(lowered[-1])  # "fire engine"
    return (
        not lowered
        or (lowered[0] in _FIRST and not named)
        or lowered[-1] in _LAST
        or lowered[0].isdecimal()
        or is_everything(phrase)
    )


def names_room(phrase: str) -> bool:
    """Tell whether a phrase ends in a word for a room or another part of a building."""
    return _is_kind_of_room(phrase) or singular_phrase(phrase.casefold()).split()[-1:] == ['room']


def is_walked_on(phrase: str) -> bool:
    """Tell whether what is on it is in a place: "on the terrace", but not "on the counter"."""
    return default_vocabulary().head_index(phrase) >= 0 or (
        names_room(phrase) and wordnet().is_place(phrase)
    )


def _is_kind_of_room(phrase: str) -> bool:
    vocabulary = default_vocabulary()
    words_of = singular_phrase(phrase.casefold()).split()
    if vocabulary.head_index(phrase) >= 0:
        return True
    return len(words_of) > 1 and words_of[-1] in vocabulary.heads
