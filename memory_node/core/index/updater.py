"""
Keeps the HNSW index up with the columns in a thread of its own.

Vectors the index does not hold yet are the newest ones; a search scans them exactly, so adding an
observation never waits for the graph, and a lost index never delays opening.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.index.hnsw import VectorIndex
from memory_node.core.store.snapshot import HalfArray, Snapshot
from memory_node.core.worker import Worker

__all__ = ['Indexer']

#: Vectors compared at a time: they are made wide for it.
_COMPARED = 4096
#: Vectors inserted under one hold of the index's lock: a search waits for a few milliseconds.
_SLICE = 16


class Indexer:
    """Background inserter; ``notify`` after every append, ``close`` before the store closes."""

    def __init__(self, index: VectorIndex, snapshot: Callable[[], Snapshot]) -> None:
        """Index what ``snapshot`` returns."""
        self.index = index
        self._snapshot = snapshot
        self._worker = Worker('memory-indexer', self._catch_up)
        self.notify, self.wait, self.close = (
            self._worker.notify,
            self._worker.wait,
            self._worker.close,
        )

    def _catch_up(self) -> None:
        while not self._worker.closing:
            index, snapshot = self.index, self._snapshot()
            start = int(np.searchsorted(snapshot.keys, index.last_key, side='right'))
            if start >= len(snapshot):
                return
            stop = min(start + _SLICE, len(snapshot))
            index.add(snapshot.keys[start:stop], snapshot.vectors[start:stop])

    def forget(self) -> None:
        """Begin anew where the index still holds vectors of removed ones; ``notify`` fills it."""
        if self.index.removed:
            self.index = self.index.emptied()

    def nearest(
        self, snapshot: Snapshot, query: FloatArray, k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return rows of a snapshot and their cosines: the indexed nearest and the newest tail."""
        index = self.index
        tail = int(np.searchsorted(snapshot.keys, index.last_key, side='right'))
        keys, cosines = index.search(query, k)
        rows = np.searchsorted(snapshot.keys[:tail], keys)
        inside = rows < tail
        inside[inside] = snapshot.keys[rows[inside]] == keys[inside]
        rest = np.arange(tail, len(snapshot))
        rows = np.concatenate([rows[inside], rest])
        cosines = np.concatenate([cosines[inside], _cosines(snapshot.vectors[tail:], query)])
        order = np.lexsort((rows, -cosines))[:k]
        return rows[order], cosines[order]


def _cosines(vectors: HalfArray, query: FloatArray) -> FloatArray:
    cosines = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _COMPARED):
        part = slice(start, start + _COMPARED)
        np.matmul(vectors[part], query, out=cosines[part])
    return cosines
