"""The labels of a memory as the model needs them, kept from question to question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.text import clean_label
from memory_node.core.retrieval.instruction.model import LabelVectors, RankingModel
from memory_node.core.retrieval.instruction.words import stem, tokenize

__all__ = ['LEXICAL', 'LabelTable']

#: What the columns of ``LabelTable.lexical`` say.
LEXICAL = ('shared', 'head', 'complete')


@dataclass(frozen=True, slots=True)
class _Word:
    """Where a stem is in the labels: rows, and where it is a label's last word."""

    rows: tuple[int, ...]
    heads: tuple[int, ...]


class LabelTable:
    """
    Vectors and words of the labels of one memory. Immutable.

    ``vectors`` are (L, D) sentence vectors of the labels, None where they are of another encoder
    than the model was trained with.
    """

    def __init__(
        self, model: RankingModel, labels: Sequence[str], vectors: NDArray[np.float32] | None
    ) -> None:
        names = [clean_label(label) for label in labels]
        self.vectors: LabelVectors = model.label_vectors(names, vectors)
        self._stems = [[stem(w) for w in tokenize(name)] for name in names]
        rows: dict[str, list[int]] = {}
        heads: dict[str, list[int]] = {}
        for row, stems in enumerate(self._stems):
            for one in set(stems):
                rows.setdefault(one, []).append(row)
            if stems:
                heads.setdefault(stems[-1], []).append(row)
        self._words = {
            word: _Word(tuple(where), tuple(heads.get(word, ()))) for word, where in rows.items()
        }
        self._sizes = np.array([max(1, len(set(s))) for s in self._stems], np.float32)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self._stems)

    def lexical(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return (T, L, 3): word and label share a stem, the label's last, all of its."""
        found = np.zeros((len(words), len(self), len(LEXICAL)), np.float32)
        stems = [stem(w) for w in words]
        covered = np.zeros(len(self), np.float32)
        for one in set(stems):
            if one in self._words:
                covered[list(self._words[one].rows)] += 1.0
        complete = covered >= self._sizes - 0.5
        for i, one in enumerate(stems):
            word = self._words.get(one)
            if word is not None:
                rows = list(word.rows)
                found[i, rows, 0] = 1.0
                found[i, list(word.heads), 1] = 1.0
                found[i, rows, 2] = complete[rows]
        return found
