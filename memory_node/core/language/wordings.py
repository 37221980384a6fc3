"""
What a request is like: sentences of people by what they ask, with the names left out.

"Could you say where the red chair was when you last came by?" is read as the sentence "could you
say where the thing was when you last came by?", which is like others that ask where a thing is.
Each kind of sentence has a plain one, which the grammar reads with the names put in again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.affordances import AffordancePacks, DATA
from memory_node.core.language.mentions import every_mention, Mention
from memory_node.core.language.yaml_text import read_yaml

__all__ = ['BLANKS', 'Kind', 'Phrase', 'WordingPacks', 'Wordings', 'phrases', 'wording_packs']

#: What stands in a sentence for its names, its time and its colour.
BLANKS = {
    'thing': 'thing',
    'things': 'things',
    'other': 'other thing',
    'second': 'second thing',
    'room': 'room',
    'time': 'yesterday',
    'colour': 'red',
}
#: A blank, without the plural that may follow it: "{thing}s".
_BLANK = re.compile(r'\{(\w+)\}')
#: Things of which none comes first: "the {thing} or the {other}".
_EITHER = re.compile(r'\{thing\} (?:or|and) ')
#: How much the spread of sentences is drawn towards that of a sphere, see docs/benchmarks.md.
_SHRINKAGE = 0.5
#: Noun phrases of a request that are looked at.
MAX_PHRASES = 12
#: Bounds of one file.
MAX_KINDS, MAX_SENTENCES, MAX_CHARS = 200, 2000, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of sentence."""

    name: str
    #: The sentence of this kind that the grammar reads; '' where it reads them as they are.
    plain: str = ''
    #: Blanks of the names in its sentences.
    slots: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingPacks:
    """Kinds of sentences, and their sentences as rows whose vectors can be kept in a file."""

    #: The last one has what no kind is: sentences in which the wrong thing is asked for.
    kinds: tuple[Kind, ...]
    packs: AffordancePacks


def wording_packs(extra: Path | None = None) -> WordingPacks:
    """
    Return the sentences of ``data/wordings.yaml`` and of a user's file, one row for each kind.

    ``OSError`` or ``ValueError`` where a file can't be read or is of another form.
    """
    paths = (DATA / 'wordings.yaml', *([extra] if extra else []))
    return _packs(tuple((path, _text(path)) for path in paths))


@lru_cache(maxsize=2)
def _packs(files: tuple[tuple[Path, str], ...]) -> WordingPacks:
    shipped, *others = [_read(path, text) for path, text in files]
    kinds: list[Kind] = []
    rows: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for name, (plain, said) in shipped.items():
        kinds.append(_kind(name, plain, said))
        rows.append(((name,), tuple(e for s in said for e in _examples(kinds[-1], s))))
    named = {kind.name: kind for kind in kinds}
    wrong = [
        _filled(other)
        for kind, (_, said) in zip(kinds, shipped.values(), strict=True)
        if _is_of_one(kind)
        for s in said
        for other in _swapped(s)
    ]
    for (path, _), table in zip(files[1:], others, strict=True):
        for name, (plain, said) in table.items():
            if not plain and name not in shipped:
                raise ValueError(f'{path}: expected a plain sentence at {name!r}')
            expected = (named[name] if name in named else _kind(name, plain, said)).slots
            for sentence in said:  # each for itself: among many it would hardly count
                kind = _kind(name, plain or shipped[name][0], [sentence])
                if kind.plain and _blanks(sentence) - {'time'} != expected - {'time'}:
                    blanks = ', '.join(sorted(expected))
                    raise ValueError(f'{path}: expected blanks {blanks} at {name!r}: {sentence}')
                kinds.append(kind)
                rows.append(((name,), _examples(kind, sentence)))
    return WordingPacks(
        kinds=(*kinds, Kind(name='')), packs=AffordancePacks((*rows, (('',), tuple(wrong))))
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8')
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _read(path: Path, text: str) -> dict[str, tuple[str, list[str]]]:
    """Return the plain sentence and the sentences of each kind of a file."""
    try:
        table = read_yaml(text)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    if not isinstance(table, Mapping) or len(table) > MAX_KINDS:
        raise ValueError(f'{path}: expected at most {MAX_KINDS} kinds, each with its sentences')
    read: dict[str, tuple[str, list[str]]] = {}
    for name, entry in table.items():
        given = entry if isinstance(entry, Mapping) else {'said': entry}
        sentence, sentences = given.get('plain', ''), given.get('said', [])
        if not isinstance(sentences, list) or len(sentences) > MAX_SENTENCES:
            raise ValueError(f'{path}: expected a list of at most {MAX_SENTENCES} at {name!r}')
        for one in (sentence, *sentences):
            if not isinstance(one, str) or len(one) > MAX_CHARS:
                raise ValueError(f'{path}: expected texts of at most {MAX_CHARS} at {name!r}')
            if unknown := {*_BLANK.findall(one)} - {*BLANKS}:
                raise ValueError(f'{path}: no blank is called {sorted(unknown)[0]!r}: {one}')
        read[str(name)] = (sentence, [s for s in sentences if s.strip()])
    return read


def _kind(name: str, plain: str, said: Sequence[str]) -> Kind:
    """Return a kind whose sentences have the blanks of its plain one and of the first."""
    blanks = _blanks(' '.join((plain, *said[:1]))) if plain else frozenset()
    return Kind(name=name, plain=plain, slots=blanks)


def _blanks(text: str) -> frozenset[str]:
    return frozenset(blank.replace('things', 'thing') for blank in _BLANK.findall(text))


def _is_of_one(kind: Kind) -> bool:
    """Tell whether it matters which of its things a kind asks for."""
    return {'thing', 'other'} <= kind.slots and not _EITHER.search(kind.plain)


def _swapped(sentence: str) -> Iterator[str]:
    """Yield a sentence as it asks for one of its other things."""
    for other in ('{other}', '{second}'):
        if other in sentence:
            asked = sentence.replace('{things}', '{thing}').replace(other, '{}')
            yield asked.replace('{thing}', other).replace('{}', '{thing}')


def _filled(sentence: str) -> str:
    return _BLANK.sub(lambda blank: BLANKS[blank[1]], sentence)


def _examples(kind: Kind, sentence: str) -> tuple[str, ...]:
    """Return a sentence with its blanks filled; one of a need without its first name as well."""
    said = _filled(sentence)
    if kind.plain:
        return (said,)
    named = phrases(said)[:1]
    return (said, *(said[: n.span[0]] + BLANKS['thing'] + said[n.span[1] :] for n in named))


class Wordings:
    """
    Tells which kind of sentence a text is, by its vector.

    A linear discriminant: kinds are normal distributions around their mean with one covariance,
    which is shrunk (Friedman, Regularized Discriminant Analysis, 1989), and equally likely.
    """

    def __init__(self, kinds: Sequence[Kind], sentences: Sequence[FloatArray]) -> None:
        """Fit to (S, D) unit vectors of the sentences of each kind."""
        self.kinds = tuple(kinds)
        means = np.stack([own.mean(axis=0, dtype=np.float64) for own in sentences])
        spread = np.concatenate([own - m for own, m in zip(sentences, means, strict=True)])
        covariance = spread.T @ spread / len(spread)
        width = len(covariance)
        covariance += np.eye(width) * (_SHRINKAGE * np.trace(covariance) / width)
        self._weights = np.linalg.solve(covariance, means.T)
        self._offsets = -0.5 * np.einsum('kd,dk->k', means, self._weights)

    def likeness(self, vectors: FloatArray) -> NDArray[np.float64]:
        """Return (n, K) log-probabilities that (n, D) unit vectors are of each kind."""
        scores = vectors @ self._weights + self._offsets
        scores -= scores.max(axis=1, keepdims=True)
        return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))
