"""What a word does in a noun phrase: determiner, number, noun, adjective, verb."""

from __future__ import annotations

from functools import lru_cache

from memory_node.core.language.text import english, singular
from memory_node.core.language.wordnet import Part, wordnet

__all__ = [
    'ADJECTIVE',
    'ADVERB',
    'BOUNDARY',
    'DETERMINER',
    'NEGATION',
    'NOUN',
    'NOUNS',
    'NUMBER',
    'PLURAL',
    'PUNCTUATION',
    'UNKNOWN',
    'VERB',
    'goes_on',
    'is_adjective',
    'is_participle',
    'is_verb_of',
    'role_of',
]

DETERMINER, NUMBER, NEGATION, BOUNDARY, PUNCTUATION = range(5)
NOUN, PLURAL, ADJECTIVE, VERB, ADVERB, UNKNOWN = range(5, 11)
NOUNS = (NOUN, PLURAL, UNKNOWN)


@lru_cache(maxsize=1 << 16)
def role_of(word: str) -> int:
    """Return what a word in lower case does, by the grammar and the dictionary."""
    grammar = english()
    if not word[:1].isalnum():
        return PUNCTUATION
    if word in grammar.negations or word.endswith("n't"):
        return NEGATION
    if word in grammar.numbers or word.isdecimal():
        return NUMBER
    base = word.partition("'")[0]  # "that's", "they've"
    if {word, base} & (grammar.boundaries | grammar.auxiliaries):
        return BOUNDARY
    if word in grammar.determiners:
        return DETERMINER
    if '-' in word:
        return _hyphenated_role(word)
    if word.endswith(("'s", "s'")) and wordnet().is_noun(singular(base)):
        return NOUN  # "the captain's chair" is a chair, and no captain
    if word in grammar.colours or word in grammar.materials:
        return ADJECTIVE
    part = wordnet().dominant_pos(word)
    if part == Part.NOUN:
        return NOUN if singular(word) == word else PLURAL
    if part == Part.VERB:
        uses = wordnet().uses(singular(word))
        if uses is not None and 2 * uses.noun > uses.verb and wordnet().is_physical(word):
            return NOUN if singular(word) == word else PLURAL  # 'sign'
        looks = word.endswith(('ed', 'en')) or (uses is not None and uses.adjective > 0)
        return ADJECTIVE if looks and not word.endswith('ing') else VERB
    return _ROLES[part]


_ROLES = {Part.ADJECTIVE: ADJECTIVE, Part.ADVERB: ADVERB, Part.UNKNOWN: UNKNOWN}


def _hyphenated_role(word: str) -> int:
    first, last = word.split('-', 1)[0], word.rsplit('-', 1)[-1]
    noun = NOUN if singular(last) == last else PLURAL
    if wordnet().senses(word.replace('-', ' ')):
        return noun
    is_look = first in english().numbers or not wordnet().is_noun(first)
    return ADJECTIVE if is_look or role_of(last) not in NOUNS else noun


def is_adjective(word: str) -> bool:
    """Return whether a word in lower case tells how a thing looks or is: "red", "locked"."""
    return role_of(word) == ADJECTIVE


@lru_cache(maxsize=1 << 16)
def is_participle(word: str) -> bool:
    """Return whether a word in '-ing' is rather a verb than a thing ('riding'; not 'ceiling')."""
    return (
        word.endswith('ing')
        and not wordnet().is_physical(word)
        and bool(wordnet().verb_base(word))
    )


@lru_cache(maxsize=1 << 16)
def is_verb_of(word: str, role: int, after_plural: bool) -> bool:
    """Return whether a word right after a noun is its verb ('a lamp stands', 'cars line')."""
    if not after_plural and role != PLURAL:
        return False
    uses = wordnet().uses(wordnet().verb_base(word) or word)
    return uses is not None and uses.verb > (0 if after_plural else uses.noun)


@lru_cache(maxsize=1 << 16)
def goes_on(word: str) -> bool:
    """
    Return whether a verb right after a singular noun is the noun that the name goes on with.

    The verb of one thing ends in -s, so that of 'a cash register' is none.
    """
    return not wordnet().verb_base(word) and wordnet().is_physical(word)
