"""
BM25 over the store's words, with the posting lists of recent questions kept as arrays.

FTS5 holds the truth and does the stemming, but its own ranking visits every matching row for every
question; the lists are read once instead, and follow what is added.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
import sqlite3

import numpy as np
from numpy.typing import NDArray

from memory_node.core.store.schema import TOKENIZER
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Postings', 'Stemmer', 'WordIndex', 'bm25', 'highest']

Keys = NDArray[np.int64]
#: Keys of the observations that have a word, ascending, and how often each has it.
Postings = tuple[Keys, NDArray[np.float64]]

_K1, _B = 1.2, 0.75
_CACHED_POSTINGS = 2_000_000
_CACHED_STEMS = 20_000


class Stemmer:
    """Splits and stems text exactly as the store's word table does. Not thread-safe."""

    def __init__(self) -> None:
        """Make an empty word table in memory."""
        self._db = sqlite3.connect(':memory:', isolation_level=None, check_same_thread=False)
        self._db.execute(
            f"CREATE VIRTUAL TABLE text USING fts5 (body, content = '', tokenize = '{TOKENIZER}')"
        )
        self._db.execute("CREATE VIRTUAL TABLE stem USING fts5vocab (text, 'instance')")
        self._stems: dict[str, tuple[str, ...]] = {}

    def counts(self, texts: Sequence[str]) -> list[Counter[str]]:
        """Return how often each stem comes in each text."""
        self._db.executemany('INSERT INTO text (rowid, body) VALUES (?, ?)', enumerate(texts))
        found: list[Counter[str]] = [Counter() for _ in texts]
        for term, row in self._db.execute('SELECT term, doc FROM stem ORDER BY doc, offset'):
            found[row][term] += 1
        self._db.execute("INSERT INTO text (text) VALUES ('delete-all')")
        return found

    def stems(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the distinct stems of words, in order."""
        words = list(words)
        new = [w for w in words if w not in self._stems]
        if new:
            if len(self._stems) > _CACHED_STEMS:
                self._stems.clear()
                new = words
            self._stems.update(zip(new, map(tuple, self.counts(new)), strict=True))
        return tuple(dict.fromkeys(stem for w in words for stem in self._stems[w]))


class WordIndex:
    """Posting lists by stem. Not thread-safe: the memory's lock guards every call."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._stemmer = Stemmer()
        self._lists: OrderedDict[str, Postings] = OrderedDict()
        self._size = 0

    def clear(self) -> None:
        """Forget what was read; needed after a removal, or a change by another process."""
        self._lists.clear()
        self._size = 0

    def append(self, keys: Keys, texts: Sequence[str]) -> None:
        """Take over rows that were just stored."""
        if not self._lists:
            return
        if len(texts) > 64:
            self.clear()  # reading the lists again costs less
            return
        for key, counts in zip(keys.tolist(), self._stemmer.counts(texts), strict=True):
            for stem, count in counts.items():
                if stem in self._lists:
                    held = self._lists[stem]
                    self._lists[stem] = (np.append(held[0], key), np.append(held[1], count))
                    self._size += 1

    def postings(self, db: sqlite3.Connection, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``, in order."""
        found = []
        for stem in self._stemmer.stems(words):
            if stem not in self._lists:
                # One row, not one a match: sqlite3 gives the GIL away at every row, and beside
                # a busy thread each time costs up to its switch interval of 5 ms.
                (text,) = db.execute(
                    "SELECT group_concat(doc || ' ' || often, ' ') FROM"
                    ' (SELECT doc, count(*) AS often FROM stem WHERE term = ? GROUP BY doc)',
                    (stem,),
                ).fetchone()
                table = np.array((text or '').split(), np.int64).reshape(-1, 2)
                self._lists[stem] = (table[:, 0].copy(), table[:, 1].astype(np.float64))
                self._size += len(table)
            self._lists.move_to_end(stem)
            found.append(self._lists[stem])
        while self._size > _CACHED_POSTINGS and len(self._lists) > len(found):
            self._size -= len(self._lists.popitem(last=False)[1][0])
        return found


def rarity(snapshot: Snapshot, postings: Postings) -> float:
    """Return how much a word tells, by how few observations have it (BM25's idf)."""
    held = len(postings[0])
    return float(np.log1p((max(len(snapshot) - held, 0) + 0.5) / (held + 0.5)))


def highest(snapshot: Snapshot, postings: Sequence[Postings]) -> float:
    """Return the BM25 score that a text of nothing but these words would come close to."""
    return (_K1 + 1.0) * sum(rarity(snapshot, one) for one in postings)


def bm25(snapshot: Snapshot, postings: Sequence[Postings]) -> NDArray[np.float64]:
    """Return (N,) BM25 scores (Robertson and Zaragoza, 2009), 0 where no word matches."""
    scores = np.zeros(len(snapshot))
    if not len(snapshot):
        return scores
    mean = max(float(snapshot.word_counts.mean()), 1e-9)
    for keys, counts in postings:
        rows = snapshot.rows_of_each(keys)
        if len(rows) and rows.min() < 0:
            held = rows >= 0
            rows, counts = rows[held], counts[held]
        norms = snapshot.word_counts[rows] * (_K1 * _B / mean)
        norms += counts + _K1 * (1 - _B)
        scores[rows] += rarity(snapshot, (rows, counts)) * (_K1 + 1) * counts / norms
    return scores
