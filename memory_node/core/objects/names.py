"""The distinct names of things in one memory, from detectors and captions, and their meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.language.names import NameMatcher
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.signs import is_sign_name
from memory_node.core.language.text import clean_label, lemmas
from memory_node.core.objects.meaning import PackVectors, purpose

__all__ = ['NameTable', 'Names']

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Distinct names as they were at one moment; arrays are read-only."""

    #: (L,) names as people read them, in the order they first came.
    texts: tuple[str, ...]
    #: (L, D) unit vectors of the names.
    vectors: FloatArray
    #: (L, D) unit vectors of what things of each name are for; see ``meaning``.
    meanings: FloatArray
    #: What there is in the world, whether or not it is here: the rows of the packs.
    world: PackVectors
    #: (L,) row of the packs that holds each name, -1 where none does.
    rows: IntArray
    #: (L,) row whose uses tell what things of each name are for: its own, or the nearest one.
    use_rows: IntArray
    #: Names by the singular of their words.
    forms: Mapping[tuple[str, ...], int]
    #: Tells how a phrase relates to each name.
    matcher: NameMatcher
    #: Names of signs, by what they say: such a name says nothing of what they are for.
    signs: IntArray
    #: Names that a detector gives signs, whatever they say: "sign", "poster".
    unread_signs: IntArray

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self.texts)


class NameTable:
    """
    Grows with every new name; vectors are made when a name first comes, never at a question.

    Not thread-safe: the owner of the object map holds its lock. What ``view`` returns is safe,
    because arrays are replaced and never written to.
    """

    def __init__(
        self,
        encode: Callable[[list[str]], FloatArray],
        packs: PackVectors,
        synonyms: Mapping[str, str],
        encoded: Names | None = None,
    ) -> None:
        """
        Hold no names yet; ``encode`` returns (n, D) unit vectors of texts.

        Names among ``encoded`` take their vectors from there when they come.
        """
        self._encode = encode
        self._packs = packs
        self._index: dict[str, int] = {}
        self._matcher = NameMatcher(synonyms)
        self._forms: dict[tuple[str, ...], int] = {}
        self._encoded = encoded
        self._encoded_rows = {} if encoded is None else dict(zip(encoded.texts, count()))
        none = packs.names[:0]
        self._names = Names(
            texts=(),
            vectors=none,
            meanings=none,
            world=packs,
            rows=np.empty(0, np.int64),
            use_rows=np.empty(0, np.int64),
            forms=self._forms,
            matcher=self._matcher,
            signs=np.empty(0, np.int64),
            unread_signs=np.empty(0, np.int64),
        )

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._names)

    def view(self) -> Names:
        """Return the names held now."""
        return self._names

    def add(self, names: Sequence[str]) -> IntArray:
        """Return the index of each name, new ones encoded in one call."""
        keys = [clean_label(name) or name for name in names]
        first = dict(zip(reversed(keys), reversed(names), strict=True))
        new = [first[key] for key in dict.fromkeys(keys) if key not in self._index]
        if self._encoded is not None:
            again = [name for name in new if name in self._encoded_rows]
            rows = [self._encoded_rows[name] for name in again]
            self.extend(again, self._encoded.vectors[rows], self._encoded.meanings[rows])
            new = [name for name in new if name not in self._encoded_rows]
        if new:
            vectors = self._encode([*new, *map(purpose, new)])
            own = vectors[: len(new)]
            self.extend(new, own, self._packs.meanings(new, own, vectors[len(new) :]))
        return np.array([self._index[key] for key in keys], np.int64)

    def extend(self, new: Sequence[str], vectors: FloatArray, meanings: FloatArray) -> None:
        """Append names that are not held yet, with their (n, D) vectors and meanings."""
        old = self._names
        keys = [clean_label(name) or name for name in new]
        self._index.update((key, len(old) + i) for i, key in enumerate(keys))
        self._forms.update((lemmas(name), len(old) + i) for i, name in enumerate(new))
        self._matcher.extend(new)
        signs = [len(old) + i for i, name in enumerate(new) if sign_text(name)]
        rows = self._packs.rows_of(new)
        unread = [len(old) + i for i, name in enumerate(new) if is_sign_name(name)]
        self._names = Names(
            texts=(*old.texts, *new),
            vectors=np.concatenate([old.vectors, vectors]),
            meanings=np.concatenate([old.meanings, meanings]),
            world=old.world,
            rows=np.concatenate([old.rows, rows]),
            use_rows=np.concatenate([old.use_rows, self._packs.nearest_rows(rows, vectors)]),
            forms=self._forms,
            matcher=self._matcher,
            signs=np.concatenate([old.signs, np.array(signs, np.int64)]),
            unread_signs=np.concatenate([old.unread_signs, np.array(unread, np.int64)]),
        )
