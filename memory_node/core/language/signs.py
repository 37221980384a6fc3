"""
How a phrase relates to what a sign says: numbers exactly, letters with one misread.

"214" is not "241", and one digit off is another room. A word of four letters or more may have one
letter wrong, as readers of pictures do. "Room 214" may be a plate with 214 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
import re
import unicodedata

import yaml

from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import singular
from memory_node.core.language.wordnet import DATA

__all__ = [
    'Fit',
    'SignTexts',
    'SignWords',
    'edits',
    'fit',
    'is_sign_name',
    'number_gap',
    'sign_lexicon',
    'sign_words',
    'wanted_text',
]

_CACHE = 1 << 14
#: Words of a text that are compared; a poster may have more.
_MOST_WORDS = 24
#: Shorter words have no letter to spare.
_LEAST_LETTERS = 4
_WORD = re.compile(r'[^\W_]+(?:\.\d+)*')
#: A letter between digits is one, misread, and so is a digit inside a word.
_MISREAD = (
    (re.compile(r'(?<=\d)o(?=\d)'), '0'),
    (re.compile(r'(?<=\d)[il|](?=\d)'), '1'),
    (re.compile(r'(?<=[a-z])0(?=[a-z]{2})'), 'o'),
    (re.compile(r'(?<=[a-z])1(?=[a-z]{2})'), 'i'),
)
_LETTERED = re.compile(r'\b([a-z]{1,2})[-. ]?(?=\d)')
_RUN_ON = re.compile(r'([^\W\d_]{3,})(?=\d)')
#: A number, what stands before it and what after it.
_PARTS = re.compile(r'(\D*)(\d{1,6})(\D*)')
_DETERMINER = re.compile(r'(?:the|a|an|any|some|that|this|every|all) ', re.IGNORECASE)


class Fit(IntEnum):
    """How well what a sign says fits what is wanted; a smaller value fits better."""

    WHOLE = 0
    #: The same with one letter of a word misread, or without a word for rooms.
    NEARLY = 1
    #: Some of what the sign says.
    PART = 2
    NONE = 3


@lru_cache(maxsize=1)
def sign_lexicon() -> dict[str, tuple[str, ...]]:
    """Return the words and patterns of ``data/signs.yaml``."""
    read = yaml.safe_load((DATA / 'signs.yaml').read_text('utf-8'))
    return {name: tuple(map(str, entries)) for name, entries in read.items()}


@dataclass(frozen=True, slots=True)
class SignWords:
    """A text as it is compared: words without digits, and numbers with the letters they have."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    #: All of it in one piece: readers lose blanks.
    joined: str


@lru_cache(maxsize=_CACHE)
def sign_words(text: str) -> SignWords:
    """Return the words and numbers of a text; "B-12" and "b 12" are one number."""
    text = unicodedata.normalize('NFKC', text).casefold()
    for pattern, meant in _MISREAD:
        text = pattern.sub(meant, text)
    rooms = frozenset(sign_lexicon()['rooms'])
    text = _LETTERED.sub(lambda m: f'{m[1]} ' if m[1] in rooms else m[1], text)
    parts = _WORD.findall(_RUN_ON.sub(r'\1 ', text))[:_MOST_WORDS]
    numbers = tuple(part for part in parts if any(map(str.isdigit, part)))
    words = tuple(part for part in parts if part not in numbers)
    return SignWords(words, numbers, ''.join(parts))


@lru_cache(maxsize=_CACHE)
def edits(one: str, other: str, most: int = 1 << 30) -> int:
    """Return the Levenshtein distance of two texts, or ``most + 1`` where it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return min(row[-1], most + 1)


@lru_cache(maxsize=_CACHE)
def is_sign_name(phrase: str) -> bool:
    """Tell whether a phrase names signs, whatever they say: "poster", "the door plate"."""
    phrase = _DETERMINER.sub('', phrase.casefold().strip())
    return phrase in sign_lexicon()['nouns']


@lru_cache(maxsize=_CACHE)
def wanted_text(phrase: str) -> tuple[str, bool]:
    """
    Return the text that a phrase wants to be said, and whether it asks for a sign outright.

    "Exit sign" and ``sign "exit"`` do; "room 214" may be a sign or a room.
    """
    if text := sign_text(phrase):
        return text, True
    words = phrase.split()
    for count in (2, 1):
        if len(words) > count and is_sign_name(' '.join(words[-count:])):
            return ' '.join(words[:-count]), True
    return phrase, False


def fit(wanted: str, said: str, *, outright: bool) -> Fit:
    """
    Return how well a sign that says ``said`` fits what is wanted.

    Where no sign is asked for ``outright``, a sign is meant by its number, or by all that it says:
    "DO NOT DRINK THE WATER" is no water.
    """
    one, other = sign_words(wanted), sign_words(said)
    if not one.joined or not other.joined or not set(one.numbers) <= set(other.numbers):
        return Fit.NONE
    if one.joined == other.joined:
        return Fit.WHOLE
    rooms = frozenset(sign_lexicon()['rooms'])
    missing = [word for word in one.words if word not in other.words]
    lost = [word for word in missing if not any(_alike(word, own) for own in other.words)]
    if one.numbers:
        return _numbered(one, other, missing, [word for word in lost if word not in rooms])
    if other.numbers and _one_of_many(one.words, other.words):
        return Fit.PART  # "the aisles" are the signs "Aisle 1", "Aisle 2", ...
    extra = [word for word in other.words if not any(_alike(word, own) for own in one.words)]
    if one.words and not lost:
        if not extra and not other.numbers:
            return Fit.NEARLY if missing else Fit.WHOLE
        return Fit.PART if outright else Fit.NONE
    whole = not other.numbers and len(one.joined) > _LEAST_LETTERS
    return Fit.NEARLY if whole and edits(one.joined, other.joined, 1) <= 1 else Fit.NONE


def _one_of_many(wanted: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether words are those of a numbered sign; rooms are more than their plates."""
    if not wanted or not said or set(said) & set(sign_lexicon()['rooms']):
        return False
    return [*wanted[:-1], singular(wanted[-1])] == [*said[:-1], singular(said[-1])]


def _numbered(
    one: SignWords, other: SignWords, missing: Sequence[str], lost: Sequence[str]
) -> Fit:
    """Return the fit of a text with all the numbers that are wanted."""
    places = frozenset(sign_lexicon()['places'])
    if lost:  # "aisle 7" may be a sign with a 7 alone
        alone = set(lost) <= places and not other.words
        return Fit.NEARLY if alone and one.numbers == other.numbers else Fit.NONE
    if one.words and not places.isdisjoint(set(other.words) - set(one.words)):
        return Fit.NONE  # "room 7" is no "aisle 7"
    return Fit.NEARLY if missing else Fit.WHOLE


def number_gap(wanted: str, said: str) -> int | None:
    """
    Return the number that a sign says less the one that is wanted; None where none compares.

    Each has one number, with the same letters before it and of the same sort of place: gate B3 is
    two below gate B5, and no neighbour of room 5.
    """
    one, other = sign_words(wanted), sign_words(said)
    if len(one.numbers) != 1 or len(other.numbers) != 1:
        return None
    parts, own = _PARTS.fullmatch(one.numbers[0]), _PARTS.fullmatch(other.numbers[0])
    places = frozenset(sign_lexicon()['places'])
    if parts is None or own is None or places & set(one.words) != places & set(other.words):
        return None
    return int(own[2]) - int(parts[2]) if own[1] == parts[1] else None


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    shorter = min(len(one), len(other))
    return shorter >= _LEAST_LETTERS and edits(one, other, 1) <= 1


class SignTexts:
    """
    What signs say, by number, for comparison with many phrases.

    A phrase with a number is compared with the signs that have it, another one with signs that
    have none. One thread may call ``add`` while others ask.
    """

    def __init__(self) -> None:
        """Hold no texts."""
        self.texts: dict[int, str] = {}
        self._by_number: dict[str, list[int]] = {}
        self._wordy: list[int] = []
        #: Those with a number, by the singular of the last word before it.
        self._of_many: dict[str, list[int]] = {}

    def add(self, number: int, said: str) -> None:
        """Take in what one more sign says."""
        self.texts[number] = said
        parts = sign_words(said)
        for one in parts.numbers:
            self._by_number.setdefault(one, []).append(number)
        if not parts.numbers:
            self._wordy.append(number)
        elif parts.words:
            self._of_many.setdefault(singular(parts.words[-1]), []).append(number)

    def fits(self, phrase: str) -> tuple[bool, dict[int, Fit]]:
        """Return whether a phrase asks for a sign outright, and the signs that fit it somehow."""
        wanted, outright = wanted_text(phrase)
        parts = sign_words(wanted)
        if parts.numbers:
            some = self._by_number.get(parts.numbers[0], [])
        elif outright:
            some = list(self.texts)
        else:
            last = singular(parts.words[-1]) if parts.words else ''
            some = [*self._wordy, *self._of_many.get(last, ())]
        found = {n: fit(wanted, self.texts[n], outright=outright) for n in tuple(some)}
        return outright, {n: how for n, how in found.items() if how is not Fit.NONE}
