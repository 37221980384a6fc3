"""
What everybody does: one list of observations, and the k best by words, by vectors, or by both.

No place is merged, nothing is spread out, ``near`` is not looked at; a text about an area is what
the k best say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_bench.datasets.types import Question
from memory_bench.methods.base import Answer, AnsweredPlace, Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder, document, Stopwatch
from memory_node.core.data import FloatArray, Observation
from memory_node.core.language.text import content_terms
from memory_node.core.store.postings import Stemmer

__all__ = ['NAMES', 'Bm25', 'Bm25Method', 'DenseMethod', 'FlatMethod', 'HybridMethod', 'make']

NAMES = ('bm25', 'dense', 'hybrid')

RealArray = NDArray[np.float64]

_K1, _B = 1.2, 0.75


class Bm25:
    """BM25 (Robertson and Zaragoza, 2009) over N texts, words stemmed as Porter does."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index ``texts``."""
        self._stemmer = Stemmer()
        counts = self._stemmer.counts(texts)
        lengths = np.array([sum(c.values()) for c in counts], np.float64)
        norms = _K1 * (1.0 - _B + _B * lengths / max(float(lengths.mean()), 1e-9))
        holders: dict[str, tuple[list[int], list[float]]] = {}
        for row, count in enumerate(counts):
            for stem, often in count.items():
                rows, gains = holders.setdefault(stem, ([], []))
                rows.append(row)
                gains.append(often * (_K1 + 1.0) / (often + float(norms[row])))
        self._size = len(texts)
        self._postings = {
            stem: (np.array(rows, np.int64), np.array(gains) * self._rarity(len(rows)))
            for stem, (rows, gains) in holders.items()
        }

    def _rarity(self, holders: int) -> float:
        return float(np.log1p((self._size - holders + 0.5) / (holders + 0.5)))

    def scores(self, text: str) -> tuple[RealArray, float]:
        """Return (N,) scores, and the most a text could reach that has every word often."""
        scores, most = np.zeros(self._size), 0.0
        for stem in self._stemmer.stems(content_terms(text)):
            rows, gains = self._postings.get(stem, ((), ()))
            most += (_K1 + 1.0) * self._rarity(len(rows))
            if len(rows):
                scores[rows] += gains
        return scores, most

    def bytes_used(self) -> int:
        """Size of the posting lists [bytes]."""
        return sum(rows.nbytes + gains.nbytes for rows, gains in self._postings.values())


class FlatMethod(ABC):
    """Ranks all observations by one score; the first ``k`` are the answer."""

    def __init__(self, name: str, encoder: CachingEncoder) -> None:
        """Name the method and share an encoder."""
        self.name = name
        self._encoder = encoder
        self._observations: tuple[Observation, ...] = ()
        self._texts: list[str] = []

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """Index the texts, in memory."""
        self._observations = tuple(observations)
        self._texts = [document(o) for o in observations]
        self._index()

    def ask(self, question: Question, k: int) -> Answer:
        """Answer with the ``k`` best; nothing is ever held back."""
        with Stopwatch(self._encoder) as watch:
            scores, sure = self._scores(question.text)
            best = np.argsort(-scores, kind='stable')[:k].tolist()
            places = tuple(
                AnsweredPlace(
                    node_id=self._observations[row].id,
                    position=self._observations[row].pose.position,
                    confidence=float(np.clip(sure[row], 0.0, 1.0)),
                )
                for row in best
            )
            text = ' '.join(self._texts[row] for row in best)
        return Answer(
            found=bool(places),
            places=places,
            text=text,
        ).costing(watch)

    def bytes_used(self) -> int:
        """Size of texts and index [bytes]."""
        return sum(len(t.encode('utf-8', 'replace')) for t in self._texts) + self._index_bytes()

    def close(self) -> None:
        """Let go of the texts; nothing is open."""
        self._observations, self._texts = (), []

    @abstractmethod
    def _index(self) -> None:
        """Make what the texts are searched by."""

    @abstractmethod
    def _index_bytes(self) -> int:
        """Size of it."""

    @abstractmethod
    def _scores(self, text: str) -> tuple[RealArray, RealArray]:
        """Return (N,) scores to rank by, and (N,) how sure each is, about in [0, 1]."""


class Bm25Method(FlatMethod):
    """Words alone."""

    def _index(self) -> None:
        self._words = Bm25(self._texts)

    def _index_bytes(self) -> int:
        return self._words.bytes_used()

    def _scores(self, text: str) -> tuple[RealArray, RealArray]:
        scores, most = self._words.scores(text)
        return scores, scores / max(most, 1e-9)


class DenseMethod(FlatMethod):
    """Cosines of text embeddings alone, compared exactly."""

    def _index(self) -> None:
        self._vectors: FloatArray = self._encoder.encode(self._texts)

    def _index_bytes(self) -> int:
        return self._vectors.nbytes

    def _scores(self, text: str) -> tuple[RealArray, RealArray]:
        cosines = (self._vectors @ self._encoder.encode([text])[0]).astype(np.float64)
        return cosines, cosines


class HybridMethod(DenseMethod):
    """Both, each standardised over all observations, and added."""

    def _index(self) -> None:
        super()._index()
        self._words = Bm25(self._texts)

    def _index_bytes(self) -> int:
        return super()._index_bytes() + self._words.bytes_used()

    def _scores(self, text: str) -> tuple[RealArray, RealArray]:
        cosines, _ = super()._scores(text)
        words, most = self._words.scores(text)
        sure = 0.5 * (cosines + words / max(most, 1e-9))
        return _standardised(cosines) + _standardised(words), sure


def _standardised(values: RealArray) -> RealArray:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-9))


def make(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    """Make a method of ``NAMES``."""
    del options
    kinds: Mapping[str, Callable[[str, CachingEncoder], Method]] = {
        'bm25': Bm25Method,
        'dense': DenseMethod,
        'hybrid': HybridMethod,
    }
    return kinds[name](name, encoder)
