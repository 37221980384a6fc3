"""Which nouns of a caption name something that can be seen, and which only show it."""

from __future__ import annotations

from functools import lru_cache

from memory_node.core.language.affordances import things
from memory_node.core.language.text import english, singular_phrase
from memory_node.core.language.wordnet import wordnet

__all__ = ['is_listed', 'is_thing', 'may_be_noun', 'shows']

#: A word shows something where this share of its uses does: a plate of cookies is no print.
_MOSTLY = 0.5


def is_thing(head: str, opened: bool, before_of: bool) -> bool:
    """
    Return whether a noun phrase with this head names something to be seen.

    ``opened`` says that a determiner or number stands before it, ``before_of`` that "of" follows:
    a display is a thing, a display of shoes is shoes.
    """
    grammar = english()
    if head in grammar.caption_frame or (before_of and head in grammar.quantities):
        return False
    if wordnet().is_noun(head):
        return wordnet().is_physical(head) or (head in things() and not before_of)
    return opened and len(head) > 1 and not head.isdecimal()


def is_listed(name: str) -> bool:
    """Return whether the dictionary or a pack lists a name of two or more words ("band saw")."""
    return bool(wordnet().senses(name)) or singular_phrase(name) in things()


def may_be_noun(word: str, *, single: bool) -> bool:
    """
    Return whether a word that mostly says how something is may be the name of something.

    A material is one where it is ``single``: "an iron", not "the iron".
    """
    if word in english().materials:
        return single
    return word in things() and wordnet().is_noun(word)


@lru_cache(maxsize=1 << 12)
def shows(head: str) -> bool:
    """Return whether a thing shows another: a bust does, and a photo that is the view does not."""
    if head in english().caption_frame or not wordnet().is_noun(head):
        return False
    shares = wordnet().shares(head)
    return any(shares.get(kind, 0.0) >= _MOSTLY for kind in _shown_by())


@lru_cache(maxsize=1)
def _shown_by() -> frozenset[int]:
    """Return the first senses of the words for what shows something."""
    return frozenset(wordnet().senses(word)[0].synset for word in english().shows)
