"""
What a request is like: sentences of people, by what they ask, with the thing left out.

"Could you say where the red chair was when you last came by?" is read as the sentence "could you
say where the thing was when you last came by?", which is near to others that ask where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.affordances import AffordancePacks, DATA
from memory_node.core.language.mentions import every_mention, Mention
from memory_node.core.language.yaml_text import read_yaml

__all__ = ['Ask', 'Phrase', 'phrases', 'with_blanks', 'wording_packs', 'Wordings']

#: Sentences of one kind that a request is compared with: the nearest ones.
NEAREST = 3
#: What stands for the thing, the room and any other thing in a sentence.
BLANKS = {'{thing}': 'thing', '{other}': 'other thing', '{room}': 'room'}
#: Noun phrases of a request that are looked at.
MAX_PHRASES = 12
#: Bounds of one file.
MAX_SENTENCES, MAX_CHARS = 2000, 400


class Ask(IntEnum):
    """What a sentence asks; the names are the keys of ``data/wordings.yaml``."""

    WHERE = 0
    EXISTS = 1
    COUNT = 2
    WHEN = 3
    DESCRIBE = 4
    NEED = 5
    PLACE = 6
    MOVED = 7
    OFTEN = 8
    CHANGES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun phrase of a request and where it stands in it."""

    mention: Mention
    span: tuple[int, int]


def phrases(text: str) -> tuple[Phrase, ...]:
    """Return the things and places that a text names, each where it stands, in order."""
    found: list[Phrase] = []
    at = 0
    for mention in every_mention(text)[:MAX_PHRASES]:
        words = r'[\s-]+'.join(map(re.escape, mention.said.split()))
        match = re.compile(rf"(?<![\w'-]){words}(?![\w-])", re.IGNORECASE).search(text, at)
        if match is not None:
            found.append(Phrase(mention=mention, span=match.span()))
            at = match.end()
    return tuple(found)


def with_blanks(text: str, blanks: Mapping[tuple[int, int], str]) -> str:
    """Return a text in which other words stand for some spans, which do not overlap."""
    for (start, stop), word in sorted(blanks.items(), reverse=True):
        text = text[:start] + word + text[stop:]
    return text


def wording_packs(extra: Path | None = None) -> AffordancePacks:
    """
    Return the sentences of ``data/wordings.yaml`` and of a user's file, one row for each ``Ask``.

    ``OSError`` or ``ValueError`` where a file can't be read or is of another form.
    """
    paths = (DATA / 'wordings.yaml', *([extra] if extra else []))
    return _packs(tuple((path, _text(path)) for path in paths))


@lru_cache(maxsize=2)
def _packs(files: tuple[tuple[Path, str], ...]) -> AffordancePacks:
    tables = [_read(path, text) for path, text in files]
    return AffordancePacks(
        tuple(
            ((ask.name.lower(),), tuple(_example(ask, s) for t in tables for s in t[ask]))
            for ask in Ask
        )
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8')
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _read(path: Path, text: str) -> dict[Ask, list[str]]:
    """Return the sentences of a file; kinds that it leaves out have none."""
    try:
        table = read_yaml(text)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    kinds = {ask.name.lower(): ask for ask in Ask}
    if not isinstance(table, Mapping) or not set(table) <= set(kinds):
        raise ValueError(f'{path}: expected lists under some of {", ".join(kinds)}')
    said: dict[Ask, list[str]] = {ask: [] for ask in Ask}
    for kind, sentences in table.items():
        if not isinstance(sentences, list) or len(sentences) > MAX_SENTENCES:
            raise ValueError(f'{path}: expected a list of at most {MAX_SENTENCES} at {kind!r}')
        if not all(isinstance(s, str) and 0 < len(s) <= MAX_CHARS for s in sentences):
            raise ValueError(f'{path}: expected texts of 1 to {MAX_CHARS} characters at {kind!r}')
        said[kinds[kind]] = sentences
    return said


def _example(ask: Ask, sentence: str) -> str:
    """Return a sentence of the file with words for its blanks, and for a thing of a need."""
    for blank, word in BLANKS.items():
        sentence = sentence.replace(blank, word)
    if ask is Ask.NEED and (named := phrases(sentence)):
        sentence = with_blanks(sentence, {named[0].span: BLANKS['{thing}']})
    return sentence


class Wordings:
    """The sentences as vectors of one encoder."""

    def __init__(self, sentences: Sequence[FloatArray]) -> None:
        """Compare with (S, D) unit vectors of the sentences of each ``Ask``."""
        self._sentences = tuple(sentences)

    def likeness(self, vectors: FloatArray) -> NDArray[np.float64]:
        """Return (n, len(Ask)) mean cosines of (n, D) unit vectors with the nearest sentences."""
        columns = []
        for own in self._sentences:
            count = min(NEAREST, len(own))
            cosines = vectors @ own.T
            columns.append(np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1))
        return np.stack(columns, axis=1).astype(np.float64)
