"""Noun phrases taken apart: attributes, name and head noun."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
import re

from memory_node.core.language.relations import entry
from memory_node.core.language.text import (
    clean_label,
    english,
    head_index,
    lemmas,
    singular,
    tokenize,
)
from memory_node.core.language.wordnet import Flag, Part, wordnet

__all__ = ['KNOWN_ONE', 'head_noun', 'head_position', 'split_name']

_CACHE = 1 << 16
#: Words of a name that are read; more are cut.
MAX_NAME_WORDS = 12


#: The owners of something: "the teachers' sofa".
_OWNERS = re.compile(r"([^\W\d_]{2,}s)'(?= \w)")


def _words(phrase: str) -> list[str]:
    phrase = _OWNERS.sub(lambda owners: f"{singular(owners[1])}'s", clean_label(phrase))
    return tokenize(phrase)[:MAX_NAME_WORDS]


#: Before one thing that is known: "the teacher's sofa".
KNOWN_ONE = frozenset(entry('definite'))


def _owner_position(words: Sequence[str], *, known: bool) -> int:
    """
    Return where the owner of a thing stands, -1 where none does or it is part of the name.

    A "child's bed" is a kind of bed, and so is "the captain's chair", which has a name; but
    "the boss's chair", which is ``known``, is a chair. The "nurse's room" is a room of that name.
    """
    for i in range(len(words) - 2, -1, -1):
        if words[i].endswith("'s"):
            person = bool(wordnet().flags(words[i][:-2]) & Flag.PERSON)
            named = _known(words[i:]) or (person and (not known or wordnet().is_place(words[-1])))
            return -1 if named or not wordnet().is_noun(words[i][:-2]) else i
    return -1


def _known(words: Sequence[str]) -> bool:
    """Return whether WordNet lists two or more words as one noun, also written together."""
    return len(words) > 1 and (
        wordnet().is_noun(' '.join(words))
        or wordnet().is_noun(' '.join([*words[:-1], singular(words[-1])]))
        or bool(wordnet().senses(''.join(words)))
    )


def _begins_compound(words: Sequence[str]) -> bool:
    """Return whether the first words of a name belong together ('first aid kit')."""
    if _known(words):
        return True
    if len(words) > 2 and words[0] in english().colours:
        return False  # a 'red fire hydrant', although there is a 'red fire'
    if _known(words[1:]):
        return False
    return any(
        _known(words[:end]) and _is_noun_too(words[end - 1]) for end in range(2, len(words))
    )


def _is_noun_too(word: str) -> bool:
    """Return whether a word that ends a compound is a noun as well ('aid'), and no colour."""
    uses = wordnet().uses(word)
    noun = wordnet().dominant_pos(word) == Part.NOUN or (uses is not None and uses.noun > 0)
    return noun and word not in english().colours


@lru_cache(maxsize=_CACHE)
def _is_attribute(word: str, following: str, head: str) -> bool:
    """Return whether ``word`` tells how a thing looks or is, not what it is."""
    if word in english().colours or following in english().colours:
        return word != head
    if word in english().materials:
        return True
    uses = wordnet().uses(word)
    if word.endswith('ing') and (uses is None or uses.adjective <= uses.noun + uses.verb):
        animate = Flag.PERSON | Flag.ANIMAL
        return bool(wordnet().flags(head) & animate) and bool(wordnet().verb_base(word))
    if uses is None:
        return word.endswith('ed') and bool(wordnet().verb_base(word))
    if uses.relational:
        return False
    return uses.adjective > uses.noun or (uses.adverb > uses.noun and not uses.adjective)


@lru_cache(maxsize=_CACHE)
def split_name(phrase: str) -> tuple[tuple[str, ...], str]:
    """
    Return the attributes and the name in a noun phrase ('a red sofa' -> ('red',), 'sofa').

    Adjectives before the name are attributes, unless they belong to a compound that WordNet
    lists ('hot water bottle') or tell a kind ('dental chair').
    """
    words = _words(phrase)
    grammar = english()
    known = words[:1] != [] and words[0] in KNOWN_ONE
    while len(words) > 1 and (words[0] in grammar.determiners or words[0] in grammar.numbers):
        words = words[1:]
    if not words:
        return (), ''
    attributes, head = list[str](), head_index(words)
    owner = _owner_position(words[: head + 1], known=known)
    if owner >= 0:
        attributes.append(words[owner])
        words, head = words[owner + 1 :], head - owner - 1
    while head > 0 and not _begins_compound(words[: head + 1]):
        if not _is_attribute(words[0], words[1], singular(words[head])):
            break
        attributes.append(words.pop(0))
        head -= 1
    return tuple(attributes), ' '.join(words)


@lru_cache(maxsize=_CACHE)
def head_noun(phrase: str) -> str:
    """Return the singular head of a noun phrase; amounts are passed ('row of cars' -> 'car')."""
    words = _words(phrase)
    if not words:
        return ''
    return lemmas(words[head_position(words)])[-1]


def head_position(words: list[str]) -> int:
    """Return where the head noun of words stands; what only says how much is passed over."""
    first = 0  # of the noun phrase that is looked at
    while True:
        head = first + head_index(words[first:])
        counted = words[head] in english().quantities
        amount = counted or not wordnet().is_physical(words[head])
        if words[head + 1 : head + 2] != ['of'] or len(words) < head + 3 or not amount:
            return head
        one = words[head + 2] in ('a', 'an')  # an amount is of many or of much
        if words[head + 2] in KNOWN_ONE or (one and not counted):  # "the bust of that poet"
            return head
        if wordnet().dominant_pos(words[head]) == Part.UNKNOWN:
            return head
        first = head + 2
        while first + 1 < len(words) and words[first] in english().determiners:
            first += 1
