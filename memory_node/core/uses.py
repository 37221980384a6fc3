"""
What things and places are for, in many words: "my soup has gone cold" is a matter of a microwave.

A hand-written table (``uses.jsonl``) of concepts: what each goes by, and situations in which
somebody wants it. A request is compared with every situation by meaning; the best two of a concept
tell how well it serves. The names tell what a request speaks of even where it was never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.lexical import clean_label
from memory_node.core.ranking.words import stem, tokenize

__all__ = ['Concept', 'Uses', 'concepts', 'names_in', 'stems_of', 'table_digest']

Encode = Callable[[list[str]], FloatArray]
IntArray = NDArray[np.int64]

_HERE = Path(__file__).parent
_TABLE, _VECTORS = 'uses.jsonl', 'uses.npz'
#: Longest name that is looked for in a text [words].
_LONGEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A kind of thing, or of place."""

    #: What it goes by, the most usual first.
    names: tuple[str, ...]
    #: Situations in which it is wanted.
    uses: tuple[str, ...]
    is_area: bool


@cache
def concepts() -> tuple[Concept, ...]:
    """Return the table."""
    text = _HERE.joinpath(_TABLE).read_text('utf-8')
    return tuple(
        Concept(names=tuple(row['names']), uses=tuple(row['uses']), is_area=row.get('area', False))
        for row in map(json.loads, text.splitlines())
    )


@cache
def table_digest() -> str:
    """Return what tells vectors of this table from those of another."""
    text = _HERE.joinpath(_TABLE).read_bytes()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


@lru_cache(maxsize=16384)
def stems_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or a text in singular, in order."""
    return tuple(stem(word) for word in tokenize(text))


@cache
def _by_name() -> Mapping[tuple[str, ...], tuple[int, ...]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for index, concept in enumerate(concepts()):
        for name in concept.names:
            entry = found.setdefault(stems_of(name), [])
            if index not in entry:
                entry.append(index)
    return {name: tuple(indices) for name, indices in found.items() if name}


def names_in(
    stems: Sequence[str], known: Callable[[tuple[str, ...]], bool]
) -> list[tuple[int, int]]:
    """
    Return where names stand in a text, as (start, stop) of words, none inside a longer one.

    ``known`` tells whether a tuple of stems is a name.
    """
    found: list[tuple[int, int]] = []
    for size in range(min(_LONGEST, len(stems)), 0, -1):
        for start in range(len(stems) - size + 1):
            stop = start + size
            inside = any(a <= start and stop <= b for a, b in found)
            if not inside and known(tuple(stems[start:stop])):
                found.append((start, stop))
    return sorted(found)


class Uses:
    """The table as vectors of one encoder; thread-safe once made."""

    def __init__(self, encode: Encode, encoder_id: str) -> None:
        """Take the shipped vectors if they are of this encoder; all is read at the first use."""
        self._encode = encode
        self._encoder_id = encoder_id

    @cached_property
    def _vectors(self) -> FloatArray | None:
        return _shipped(self._encoder_id)

    @cached_property
    def _owners(self) -> IntArray:
        """(P,) concept of every situation, ascending."""
        return np.array([i for i, c in enumerate(concepts()) for _ in c.uses], np.int64)

    @cached_property
    def _starts(self) -> IntArray:
        """(C,) where the situations of each concept begin."""
        return np.searchsorted(self._owners, np.arange(len(concepts())))

    @cached_property
    def areas(self) -> NDArray[np.bool_]:
        """(C,) which concepts are kinds of areas."""
        return np.array([concept.is_area for concept in concepts()])

    @property
    def whole(self) -> bool:
        """Whether every concept can be compared at no cost."""
        return self._vectors is not None

    def concepts_named(self, name: str) -> tuple[int, ...]:
        """Return the concepts that go by a name, or by its last words ("red wine glass")."""
        stems = stems_of(clean_label(name))
        for start in range(len(stems)):
            if found := _by_name().get(stems[start:]):
                return found
        return ()

    def spans(self, stems: Sequence[str]) -> list[tuple[int, int, tuple[int, ...]]]:
        """Return where a text names concepts: start and stop in words, and which."""
        table = _by_name()
        return [(a, b, table[tuple(stems[a:b])]) for a, b in names_in(stems, table.__contains__)]

    def serving(self, vector: FloatArray, only: IntArray) -> NDArray[np.float64]:
        """
        Return (C,) how well each concept serves a request: the mean cosine of its best two uses.

        ``vector`` is (D,), of the request. Where the encoder has no shipped vectors, those that
        are not among ``only`` are -1.
        """
        if self._vectors is not None:
            cosines = (self._vectors @ vector).astype(np.float64)
            first = np.maximum.reduceat(cosines, self._starts)
            cosines[cosines >= first[self._owners]] = -1.0
            second = np.maximum.reduceat(cosines, self._starts)
            return np.asarray(0.5 * (first + second))
        best = np.full(len(concepts()), -1.0)
        for index in np.unique(only[only >= 0]).tolist():
            # The memory keeps the vectors of texts, so this costs little after the first question.
            cosines = np.sort(self._encode(list(concepts()[index].uses)) @ vector)
            best[index] = float(cosines[-2:].mean())
        return best

    def situation(self, vector: FloatArray, concept: int) -> str:
        """Return the situation of a concept that is nearest to a request."""
        uses = concepts()[concept].uses
        if self._vectors is None:
            return uses[int(np.argmax(self._encode(list(uses)) @ vector))]
        start = int(self._starts[concept])
        return uses[int(np.argmax(self._vectors[start : start + len(uses)] @ vector))]


@cache
def _shipped(encoder_id: str) -> FloatArray | None:
    """Return (P, D) vectors of all situations, None for another encoder or another table."""
    source = _HERE.joinpath(_VECTORS)
    if not source.is_file():
        return None
    with source.open('rb') as file, np.load(file, allow_pickle=False) as data:
        if str(data['encoder']) != encoder_id or str(data['table']) != table_digest():
            return None
        vectors: FloatArray = data['vectors'].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
