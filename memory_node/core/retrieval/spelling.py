"""Misspelled words of a request, put right by the names that are here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
import re

from memory_node.core.language.relations import every_word
from memory_node.core.language.text import english
from memory_node.core.language.wordnet import wordnet

__all__ = ['respelled']

#: Shorter words are near to too many others.
_LEAST_LETTERS = 6
#: Share of letters that agree, as ``difflib.SequenceMatcher.ratio`` has it.
_ALIKE = 0.85
#: Words that are looked at; a longer text describes a view.
_MOST_WORDS = 40
_WORD = re.compile(r"(?<![\w'-])[^\W\d_]{6,40}(?![\w'-])")


def respelled(text: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """
    Return a text with unknown words replaced by those of names, and what was replaced by what.

    A word that a dictionary or a name here knows, or that is a name of its own ("Bello"), stays.
    """
    if text.count(' ') >= _MOST_WORDS:
        return text, {}
    unknown = [match for match in _WORD.finditer(text) if not _is_known(match, text)]
    if not unknown:
        return text, {}
    words = {word for name in names for word in re.findall(r'[^\W\d_]+', name.casefold())}
    replaced: dict[str, str] = {}
    for match in reversed(unknown):
        said = match[0].casefold()
        near = [word for word in words if word[0] == said[0] and len(word) >= _LEAST_LETTERS]
        if said in words or not (best := get_close_matches(said, sorted(near), 1, _ALIKE)):
            continue
        replaced[match[0]] = best[0]
        text = text[: match.start()] + best[0] + text[match.end() :]
    return text, replaced


def _is_known(match: re.Match[str], text: str) -> bool:
    """Tell whether a word is in the dictionary, or a proper name inside a sentence."""
    word = match[0].casefold()
    before = text[: match.start()].rstrip()
    inside = bool(before) and before[-1] not in '.?!'
    if match[0][0].isupper() and inside and not text.isupper():
        return True
    books = wordnet()
    return bool(
        books.uses(word)
        or books.senses(word)
        or books.verb_base(word)
        or books.is_noun(books.singular(word))
        or word in english().stop_words
        or word in every_word()
    )
