"""
Keeps the HNSW index up with the columns in a thread of its own.

Vectors the index does not hold yet are the newest ones; a search scans them exactly, so adding an
observation never waits for the graph, and a lost index never delays opening.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.index.hnsw import VectorIndex
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Indexer']

_LOG = logging.getLogger(__name__)
#: Vectors inserted under one hold of the index's lock: a search waits for a few milliseconds.
_SLICE = 16


class Indexer:
    """Background inserter; ``notify`` after every append, ``close`` before the store closes."""

    def __init__(self, index: VectorIndex, snapshot: Callable[[], Snapshot]) -> None:
        """Index what ``snapshot`` returns; the thread starts with the first ``notify``."""
        self.index = index
        self._snapshot = snapshot
        self._wake = threading.Condition()
        self._pending = False
        self._closing = False
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Say that there may be vectors to insert."""
        with self._wake:
            if self._closing:
                return
            self._pending = True
            self._idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name='memory-indexer', daemon=True
                )
                self._thread.start()
            self._wake.notify()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until every vector is indexed; False on time-out."""
        return self._idle.wait(timeout_s)

    def close(self) -> None:
        """Stop after the slice in hand; what is left is inserted at the next opening."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._idle.set()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._pending or self._closing):
                    self._idle.set()
                    self._wake.wait()
                if self._closing:
                    return
                self._pending = False
            self._catch_up()

    def _catch_up(self) -> None:
        while not self._closing:
            snapshot = self._snapshot()
            start = int(np.searchsorted(snapshot.keys, self.index.last_key, side='right'))
            if start >= len(snapshot):
                return
            stop = min(start + _SLICE, len(snapshot))
            self.index.add(snapshot.keys[start:stop], snapshot.vectors[start:stop])

    def nearest(
        self, snapshot: Snapshot, query: FloatArray, k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return rows of a snapshot and their cosines: the indexed nearest and the newest tail."""
        tail = int(np.searchsorted(snapshot.keys, self.index.last_key, side='right'))
        keys, cosines = self.index.search(query, k)
        rows = np.searchsorted(snapshot.keys[:tail], keys)
        inside = rows < tail
        inside[inside] = snapshot.keys[rows[inside]] == keys[inside]
        rest = np.arange(tail, len(snapshot))
        rows = np.concatenate([rows[inside], rest])
        cosines = np.concatenate([cosines[inside], snapshot.vectors[tail:] @ query])
        order = np.lexsort((rows, -cosines))[:k]
        return rows[order], cosines[order]
