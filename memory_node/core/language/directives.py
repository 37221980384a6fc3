"""
Which texts tell somebody what to do, or lead somewhere else: none of that is ever said.

Captions, signs, labels and what a language model makes of them come from others. A memory reports;
it gives no orders, no addresses and no numbers that it did not measure. The rules are broad on
purpose: a plain sentence that falls under them is only quoted, or worded without the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
import re
import unicodedata

import yaml

from memory_node.core.language.affordances import DATA
from memory_node.core.language.sign_labels import sign_text

__all__ = ['is_english', 'quoted', 'reported', 'says_only', 'tells_somebody']

#: Common words among all words of an English sentence, at least.
_ENGLISH = 0.2
_CLAUSE = re.compile(r'[.!?;:,\n"“”„«»()\[\]{}<>*#|/—–]+|\s-\s')
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SIMPLE = re.compile(r'\d{1,6}(?:\.\d{1,6})?')
_NUMBER = re.compile(r'\d+(?:[.,]\d+)*')
_ENDINGS = 'com|org|net|io|dev|example|test|invalid|local|xyz|ru|cn|de|info|sh|me'
_ELSEWHERE = re.compile(
    rf'\w://|www\.|\S@\S|\w\.(?:{_ENDINGS})\b'
    r'|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:^|\s)[~.]{0,2}/[\w.-]+/|\b[A-Z]:\\|[`$<>{}\\|]|::|=='
    r'|[a-z][_:#-]*\d{3,}\b|\b(?:area|node|obs|observation|map|id)[\s:_#-]*\d+\b'
    r'|\b(?=[0-9a-f]{8,}\b)(?=[0-9a-f-]*\d)[0-9a-f]{8,}\b|\+?\d[\d ()/-]{6,}\d',
    re.IGNORECASE,
)
_RUN = 3
#: Words of the longest name.
_NAME = 6
_QUOTES = str.maketrans(dict.fromkeys('"“”„«»', "'"))


@lru_cache(maxsize=1)
def _lexicon() -> Mapping[str, frozenset[str]]:
    read = yaml.safe_load((DATA / 'directives.yaml').read_text(encoding='utf-8'))
    return {kind: frozenset(words.split()) for kind, words in read.items()}


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize('NFKC', text).casefold().replace('’', "'")
    return _WORD.findall(plain)


def _orders(clause: str) -> bool:
    words = _words(clause)
    while words and words[0] in _lexicon()['before']:
        words = words[1:]
    return bool(words) and words[0] in _lexicon()['orders']


def tells_somebody(text: str) -> bool:
    """Tell whether a text gives an order, speaks to somebody, or names an address or an id."""
    if _ELSEWHERE.search(text) or _lexicon()['addressed'] & set(_words(text)):
        return True
    return any(_orders(clause) for clause in _CLAUSE.split(text))


def says_only(text: str, known: Sequence[str], numbers: Iterable[float]) -> bool:
    """
    Tell whether what a model wrote only reports: no order, no address, no number of its own.

    ``known`` are the texts that the model was shown: a run of words out of one that tells somebody
    something is not repeated. ``numbers`` are those that were measured.
    """
    bare = re.sub(r'\[\d+\]', ' ', text)
    words = _words(bare)
    if tells_somebody(bare):
        return False
    names = [other for other in known if reported(other) == other]
    loud = [other for other in known if tells_somebody(other)]
    named = [float(n.replace(',', '.')) for other in names for n in _SIMPLE.findall(other)]
    given = {round(abs(n), digits) for n in (*numbers, *named) for digits in (1, 2)}
    for found in _NUMBER.findall(bare):
        value = float(found.replace(',', '')) if found.count('.') < 2 else -1.0
        if round(value, 2) not in given:
            return False
    said = _runs(words)
    return not any(said & _runs(_words(other)) for other in loud)


def is_english(text: str) -> bool:
    """Tell whether a text has as many common words as English sentences have."""
    words = _words(text)
    return sum(word in _lexicon()['common'] for word in words) >= _ENGLISH * len(words)


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)}


def quoted(text: str) -> str:
    """Return a text as a quotation that can't end itself."""
    return f'“{text.translate(_QUOTES)}”'


def reported(text: str) -> str:
    """Return the name of a thing, as a quotation where it tells somebody something."""
    if said := sign_text(text):
        return f'sign {quoted(said)}'
    plain = text.replace('_', ' ')
    if len(plain.split()) < _RUN:  # "call button", "open shelves"
        return quoted(text) if _ELSEWHERE.search(plain) else text
    return quoted(text) if len(plain.split()) > _NAME or tells_somebody(plain) else text
