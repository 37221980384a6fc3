"""
Labels of signs among the labels of a memory: which of them may be readings of one sign.

Readers misread, lose blanks and see half of a plate. The distance of two readings is the share of
their letters that have to be edited; whether two readings are of one sign is left to the
association of objects, which knows where they hang.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.signs import edits, is_sign_name, sign_words
from memory_node.core.language.text import tokenize
from memory_node.core.objects.table import ObjectTable

__all__ = ['SignLabels', 'reading_cost']

IntArray = NDArray[np.int64]

_DOT = re.compile(r'(?<=\d)\.(?=\d)')

#: Share of edited letters from which on two readings are never of one sign.
_OTHER = 0.6
#: Cost of a reading that is part of the other, or lacks its dots, and of "sign" for a sign that
#: says something.
_PART, _UNREAD = 0.3, 0.1
#: What "sign" weighs among the names of a sign that was read.
_SEEN = 1e-3
#: A text of fewer letters has none to spare where only the text tells.
_LEAST_LETTERS = 5


def reading_cost(one: str, other: str) -> float:
    """
    Return how unlikely two texts are readings of one sign, in [0, 1]; infinite where they aren't.

    Other digits cost the most: plates of neighbouring rooms differ by one.
    """
    a, b = sign_words(one), sign_words(other)
    if a.joined == b.joined:
        return 0.0
    shorter, longer = sorted((a.joined, b.joined), key=len)
    if shorter in longer or shorter == _DOT.sub('', longer):
        return _PART
    share = edits(shorter, longer) / len(longer)
    if share > _OTHER:
        return float('inf')
    return 1.0 if a.numbers != b.numbers else share / _OTHER


def _letters(text: str) -> str:
    """
    Return a text without case, blanks and marks; what may be misread stays as it is.

    The dot within a number stays: readers lose it, and 129 is not the number that 1.29 is.
    """
    return '.'.join(''.join(tokenize(part)) for part in _DOT.split(text)) or text


class SignLabels:
    """What the labels of one memory say, where they are of signs; grows with them."""

    def __init__(self) -> None:
        """Hold no labels."""
        self._texts: dict[int, str] = {}
        self._unread: set[int] = set()
        self._firsts: dict[str, int] = {}
        #: First label of the group that each is in, and what is in it.
        self._groups: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        #: First sign of each group, by the numbers on it.
        self._heads: dict[tuple[str, ...], list[int]] = {}
        self._count = 0

    def extend(self, labels: Sequence[str]) -> None:
        """Take in more labels, in order."""
        for row, label in enumerate(labels, start=self._count):
            if said := sign_text(label):
                self._texts[row] = said
                self._firsts.setdefault(_letters(said), row)
                self._group(row, said)
            elif is_sign_name(label):
                self._unread.add(row)
        self._count += len(labels)

    def _group(self, row: int, said: str) -> None:
        heads = self._heads.setdefault(sign_words(said).numbers, [])
        for head in heads:
            one, other = sign_words(said).joined, sign_words(self._texts[head]).joined
            spare = len(one) >= _LEAST_LETTERS
            if one == other or (spare and edits(one, other, 1) <= 1):
                self._groups[row] = head
                self._members[head].append(row)
                return
        heads.append(row)
        self._groups[row] = row
        self._members[row] = [row]

    def holds(self, row: int) -> bool:
        """Tell whether a label is of a sign, by what it says."""
        return row in self._texts

    def first(self, row: int) -> int:
        """Return the first label that says the same, blanks apart."""
        return self._firsts[_letters(self._texts[row])]

    def alike(self, row: int) -> list[int]:
        """Return the labels with the same numbers and about the same letters, itself first."""
        return [row, *(other for other in self._members[self._groups[row]] if other != row)]

    def shares(self, labels: IntArray, others: IntArray) -> Iterator[tuple[int, float]]:
        """Yield the index of each pair with a sign in it, and what taking both for one costs."""
        if not self._texts:
            return
        for i, (one, other) in enumerate(zip(labels.tolist(), others.tolist(), strict=True)):
            if one in self._texts and other in self._texts:
                yield i, reading_cost(self._texts[one], self._texts[other])
            elif one in self._texts or other in self._texts:
                yield i, _UNREAD if {one, other} & self._unread else float('inf')

    def settle(self, table: ObjectTable, slots: IntArray) -> None:
        """Let objects go by what was read on them, however often they were seen and not read."""
        if not self._texts or not self._unread:
            return
        labels, weights = table.hist_labels[slots], table.hist_weights[slots]
        read = np.isin(labels, list(self._texts)).max(axis=1, keepdims=True)
        weights[read & np.isin(labels, list(self._unread))] = _SEEN
        table.hist_weights[slots] = weights
