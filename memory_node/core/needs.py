"""
What things serve a need: "wash my hands" is served by a sink.

A hand-written table of everyday needs (``needs.json``). A need is matched when every word of one
of its phrases, stemmed, stands in the text; the phrase with the most words wins, so that "wash my
clothes" is not taken for "wash". No model, no network: an implicit question becomes an explicit
one that any retriever can answer, and the answer can say why.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
import json
import re

import snowballstemmer

__all__ = ['Need', 'needs_of']


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need found in a text and the things that serve it, the most usual first."""

    #: The phrase of the table that matched.
    phrase: str
    things: tuple[str, ...]


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer('english').stemWord(word))


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r"[a-z]+", text.lower().replace("'", '')))


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[frozenset[str], Need], ...]:
    """Return (stems, need) of every phrase, the longest phrases first."""
    rows = json.loads(files('memory_node.core').joinpath('needs.json').read_text('utf-8'))
    table = [
        (_stems(phrase), Need(phrase=phrase, things=tuple(row['things'])))
        for row in rows
        for phrase in row['phrases']
    ]
    return tuple(sorted(table, key=lambda entry: (-len(entry[0]), entry[1].phrase)))


def needs_of(text: str, limit: int = 2) -> tuple[Need, ...]:
    """Return at most ``limit`` needs that a text speaks of, the most specific first."""
    stems = _stems(text)
    found: list[Need] = []
    covered: frozenset[str] = frozenset()
    for phrase_stems, need in _table():
        if phrase_stems <= stems and not phrase_stems <= covered:
            if all(need.things != other.things for other in found):
                found.append(need)
            covered |= phrase_stems
            if len(found) == limit:
                break
    return tuple(found)
