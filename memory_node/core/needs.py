"""
What things serve a need: "wash my hands" is served by a sink.

A hand-written table of everyday needs (``needs.json``). A need is matched when every word of one
of its phrases, stemmed, stands in the text; the phrase with the most words wins, so that "wash my
clothes" is not taken for "wash". No model, no network: an implicit question becomes an explicit
one that any retriever can answer, and the answer can say why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
import json
import re

import snowballstemmer

from memory_node.core.data import FloatArray, Query, QueryMode, Retrieval
from memory_node.core.lexical import clean_label
from memory_node.core.modes import guess_mode
from memory_node.core.perception.captions import compose_caption

__all__ = ['Need', 'Resolved', 'explained', 'needs_of', 'resolve', 'served_labels']

#: A label this close to a thing of the table is that thing; MiniLM has couch and sofa at 0.75.
SAME_THING_COSINE = 0.8
#: Needs of one text that are tried, until something that serves one was seen.
_TRIED = 4
#: Longer texts are instructions that say what they are about.
MAX_WORDS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need found in a text and the things that serve it, the most usual first."""

    #: The phrase of the table that matched.
    phrase: str
    things: tuple[str, ...]


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer('english').stemWord(word))


@lru_cache(maxsize=65536)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r'[a-z]+', text.lower().replace("'", '')))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An implicit question made explicit."""

    query: Query
    need: Need
    #: Labels that the memory holds and that serve the need, the most usual first.
    labels: tuple[str, ...]

    @property
    def serves(self) -> dict[str, str]:
        """The need by each label."""
        return dict.fromkeys(self.labels, self.need.phrase)


def resolve(
    query: Query,
    labels: Sequence[str],
    label_vectors: FloatArray,
    encode: Callable[[list[str]], FloatArray],
) -> Resolved | None:
    """
    Rewrite a query for a need into one for the most usual thing that was seen and serves it.

    ``label_vectors`` are (L, D) unit rows of ``labels``; ``encode`` makes unit rows of texts. A
    query that names a label the memory holds is explicit already and left alone, and so is one
    whose mode was set to anything but ``auto`` or ``implicit``: None is returned then, and where
    nothing that serves the need was seen.
    """
    if query.mode not in (QueryMode.AUTO, QueryMode.IMPLICIT) or not labels:
        return None
    mode = guess_mode(query.text) if query.mode is QueryMode.AUTO else query.mode
    is_long = len(re.findall(r'\w+', query.text)) > MAX_WORDS
    if mode is QueryMode.GLOBAL or (mode is QueryMode.EXPLICIT and is_long):
        return None
    if _names_a_label(query.text, labels):
        return None
    need, found = served_labels(query.text, labels, label_vectors, encode)
    if need is None:
        return None
    served = tuple(dict.fromkeys(clean_label(labels[i]) for i in found))
    asked = replace(query, text=served[0], mode=QueryMode.EXPLICIT)
    return Resolved(query=asked, need=need, labels=served)


def served_labels(
    text: str,
    labels: Sequence[str],
    label_vectors: FloatArray,
    encode: Callable[[list[str]], FloatArray],
) -> tuple[Need | None, tuple[int, ...]]:
    """
    Return the need that a text speaks of, and which labels serve it, the most usual first.

    ``label_vectors`` are (L, D) unit rows of ``labels``. None and nothing where the table knows
    no such need, or nothing that serves it was seen.
    """
    for need in needs_of(text, _TRIED):
        cosines = encode(list(need.things)) @ label_vectors.T
        best = cosines.argmax(axis=1)
        near = cosines.max(axis=1) >= SAME_THING_COSINE
        if near.any():
            return need, tuple(dict.fromkeys(best[near].tolist()))
    return None, ()


def _names_a_label(text: str, labels: Sequence[str]) -> bool:
    stems = _stems(text)
    return any(_stems(label) <= stems for label in labels if _stems(label))


def explained(retrieval: Retrieval, serves: Mapping[str, str], told: str = '') -> Retrieval:
    """
    Return an answer as one to an implicit question.

    ``serves`` maps labels to the need that each serves; the message speaks of ``told``, one of
    them, or of none.
    """
    places = tuple(
        replace(place, why=f'{_reason(serves[place.label], place.label)}; {place.why}')
        if place.label in serves
        else place
        for place in retrieval.places
    )
    said = [_reason(serves[told], told)] if told else []
    message = '; '.join([*said, *([retrieval.message] if retrieval.message else [])])
    return replace(retrieval, places=places, mode=QueryMode.IMPLICIT, message=message)


def _reason(need: str, label: str) -> str:
    return f'{compose_caption([label])} serves "{need}"'
