"""Words of a text: tokens, singular and plural, and what a full-text search looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Any
import unicodedata

import yaml

from memory_node.core.data import Observation
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.wordnet import DATA, wordnet

__all__ = [
    'English',
    'article',
    'clean_label',
    'content_terms',
    'counted',
    'display_label',
    'english',
    'head_index',
    'indexed_texts',
    'lemmas',
    'observation_text',
    'is_plural',
    'plural',
    'question_terms',
    'several',
    'singular',
    'singular_phrase',
    'tokenize',
    'word_count',
]

#: Terms of one question that are searched for; more only cost time.
MAX_TERMS = 64
MAX_TERM_CHARS = 64

_CACHE = 1 << 16
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
#: Words as the full-text index of SQLite divides them.
_TERM = re.compile(r'\w+')
_UNSPOKEN = re.compile(r'[#_]')
_LABEL_BLANKS = re.compile(r'[#_-]')
_POSSESSIVE = re.compile(r"'s?$")
#: Words with a vowel letter that are spoken with a consonant first, and the reverse.
_SPOKEN_CONSONANT = re.compile(r'(?:eu|ewe|one(?!i)|uni(?!n)|us[aeiu]|usb|ut[ei]|uri|ubi|ufo)')
_SPOKEN_VOWEL = re.compile(r'(?:hour|honest|honou?r|heir)')
#: Letters whose names begin with a vowel ('an LCD', 'an x-ray').
_VOWEL_NAMES = frozenset('aefhilmnorsx')
_VOWELS = frozenset('aeiou')


@dataclass(frozen=True, slots=True, kw_only=True)
class English:
    """Closed word classes and irregular forms, as ``data/english.yaml`` lists them."""

    stop_words: frozenset[str]
    determiners: frozenset[str]
    numbers: Mapping[str, int]
    negations: frozenset[str]
    boundaries: frozenset[str]
    auxiliaries: frozenset[str]
    colours: frozenset[str]
    materials: frozenset[str]
    quantities: frozenset[str]
    caption_frame: frozenset[str]
    shows: frozenset[str]
    viewer: re.Pattern[str]
    plurals: Mapping[str, str]
    unchanged: frozenset[str]
    synonyms: Mapping[str, str]
    kinds: Mapping[str, Sequence[str]]


@lru_cache(maxsize=1)
def english() -> English:
    """Return the word classes that come with the package, read at first use."""
    lists = yaml.load((DATA / 'english.yaml').read_bytes(), yaml.CSafeLoader)
    fields: dict[str, Any] = {
        name: value if isinstance(value, dict) else frozenset(value)
        for name, value in lists.items()
    }
    fields['viewer'] = re.compile(lists['viewer'])
    return English(**fields)


@lru_cache(maxsize=1)
def _irregular_singulars() -> dict[str, str]:
    """Return the singular of each listed plural; the first that lists a plural has it."""
    singulars: dict[str, str] = {}
    for one, many in english().plurals.items():
        singulars.setdefault(many, one)
    return singulars


def tokenize(text: str) -> list[str]:
    """
    Return the words of a text, case-folded.

    Letters, digits and combining marks of any script make words; an apostrophe between letters
    belongs to its word ("child's"), and everything else divides.
    """
    text = text.casefold().replace('\u2019', "'")
    if not text.isascii():
        # Marks (vowel signs, accents) are no word characters to a regular expression.
        text = unicodedata.normalize('NFC', text)
        kept = (c if c in "'" or _is_letter(c) else ' ' for c in text)
        return [word for part in ''.join(kept).split() if (word := part.strip("'"))]
    return _WORD.findall(text)


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith('M')


def clean_label(label: str) -> str:
    """Return a label as people write it: lower case, with blanks for '#', '_' and '-'."""
    return ' '.join(_LABEL_BLANKS.sub(' ', label).casefold().split())


@lru_cache(maxsize=_CACHE)
def display_label(label: str) -> str:
    """Return a label as people read it: lower case, with blanks for '#' and '_'; signs as is."""
    if sign_text(label):
        return label
    return ' '.join(_UNSPOKEN.sub(' ', label).casefold().split())


def singular(word: str) -> str:
    """Return the singular of a word; what is no plural comes back as it is, case-folded."""
    word = word.casefold()
    if len(word) > MAX_TERM_CHARS:
        return word
    if (one := _irregular_singulars().get(word)) is not None:
        return one
    return word if word in english().unchanged else wordnet().singular(word)


@lru_cache(maxsize=_CACHE)
def lemmas(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase in the singular, without possessive endings."""
    return tuple(singular(_POSSESSIVE.sub('', word)) for word in tokenize(phrase))


@lru_cache(maxsize=_CACHE)
def singular_phrase(phrase: str) -> str:
    """Return a phrase with its last word in the singular."""
    before, space, last = phrase.rpartition(' ')
    return before + space + singular(last)


def head_index(words: list[str]) -> int:
    """Return where the head noun stands in a non-empty noun phrase ('cup of tea' -> 0)."""
    known = english()
    for i, word in enumerate(words[1:], start=1):
        if word in known.boundaries:
            return i - 1
    return len(words) - 1


@lru_cache(maxsize=_CACHE)
def plural(phrase: str) -> str:
    """Return a phrase with its head noun in the plural; a plural name comes back as it is."""
    if (many := english().plurals.get(phrase)) is not None:
        return many
    return _with_head(phrase, _plural_word)


def _with_head(phrase: str, inflect: Callable[[str], str]) -> str:
    spans = list(_WORD.finditer(phrase))
    if not spans:
        return phrase
    head = spans[head_index([m[0].casefold() for m in spans])]
    return phrase[: head.start()] + inflect(head[0]) + phrase[head.end() :]


def _is_plural_only(word: str) -> bool:
    """Return whether a word that is its own singular is a plural in form ('scissors')."""
    return word in english().unchanged or (
        word.endswith('s') and word[-2:-1] not in 'aious' and wordnet().is_noun(word)
    )


def _is_suffix(one: str, word: str) -> bool:
    """Return whether a compound inflects as its end does ('bookshelf'; not 'ottoman', 'box')."""
    return wordnet().is_person(word) if one == 'man' else len(one) > 3


def _plural_word(word: str) -> str:
    lower = word.casefold()
    if len(lower) > MAX_TERM_CHARS or singular(lower) != lower:
        return word
    for one, many in english().plurals.items():
        if lower == one or (lower.endswith(one) and _is_suffix(one, lower)):
            return word[: len(word) - len(one)] + many
    if _is_plural_only(lower):
        return word
    if lower.endswith(('s', 'x', 'z', 'ch', 'sh')):
        return word + 'es'
    if lower.endswith('y') and lower[-2:-1] not in _VOWELS and len(lower) > 1:
        return word[:-1] + 'ies'
    return word + 's'


@lru_cache(maxsize=_CACHE)
def article(noun: str) -> str:
    """Return 'a' or 'an', whichever is said before a noun phrase."""
    words = tokenize(noun)
    if not words:
        return 'a'
    word = words[0]
    spelled = noun.split()[0].isupper() and len(word) <= 4
    if spelled or len(word) == 1 or not _VOWELS.intersection(word.replace('y', 'a')):
        return 'an' if word[0] in _VOWEL_NAMES else 'a'
    if _SPOKEN_VOWEL.match(word):
        return 'an'
    return 'an' if word[0] in _VOWELS and not _SPOKEN_CONSONANT.match(word) else 'a'


def is_plural(phrase: str) -> bool:
    """Return whether a noun phrase is of several: 'ear muffs', 'scissors'; one sign is not."""
    if sign_text(phrase):
        return False
    words = tokenize(phrase)
    if not words:
        return False
    head = words[head_index(words)]
    return singular(head) != head or (head.endswith('s') and _is_plural_only(head))


def counted(number: int, phrase: str) -> str:
    """Return how many of a thing, in words: '1 key', '2 keys', '0 cups of tea'."""
    return f'{number} {_with_head(phrase, singular) if number == 1 else plural(phrase)}'


def several(number: int, name: str) -> str:
    """Return a number of things by their name; one thing of a plural name keeps it: "keys"."""
    words = tokenize(name)
    if number == 1 and words and singular(words[-1]) != words[-1]:
        return name
    return counted(number, name)


def observation_text(observation: Observation) -> str:
    """Return the text that stands for an observation: its caption, or else its labels."""
    if observation.caption.strip():
        return re.sub(r'(?<=\w)#(?=\w)', ' ', observation.caption)
    return ', '.join(dict.fromkeys(clean_label(s.label) for s in observation.sightings))


def content_terms(text: str) -> tuple[str, ...]:
    """Return the distinct words of a text worth searching, in order; all if none is."""
    words = dict.fromkeys(w[:MAX_TERM_CHARS] for w in _TERM.findall(text.casefold()))
    stop_words = english().stop_words
    content = [w for w in words if w not in stop_words]
    return tuple(content or words)[:MAX_TERMS]


def question_terms(text: str) -> tuple[str, ...]:
    """Return the words of a question that tell it from others, in any order and number."""
    return tuple(sorted({singular(word) for word in content_terms(text)}))


def indexed_texts(observation: Observation) -> tuple[str, str]:
    """Return the two texts whose words can be searched: the caption and the labels."""
    labels = dict.fromkeys(clean_label(s.label) for s in observation.sightings)
    return observation.caption, ', '.join(labels)


def word_count(observation: Observation) -> int:
    """Return how many words can be searched."""
    return sum(len(_TERM.findall(text)) for text in indexed_texts(observation))
