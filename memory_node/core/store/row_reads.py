"""Single rows of a store beside its arrays: read under the one lock of the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import threading
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Observation, Pose
from memory_node.core.errors import RemovedError, StoreFormatError
from memory_node.core.store.postings import Postings, WordIndex
from memory_node.core.store.reading import Brief, MissingRowError
from memory_node.core.store.snapshot import Columns
from memory_node.core.store.store import Store

__all__ = ['RowReads']

Keys = NDArray[np.int64]
Value = TypeVar('Value')
_PAGE = 256


class RowReads:
    """The part of a mirror that reads rows by key or id; thread-safe."""

    store: Store
    _lock: threading.RLock
    _columns: Columns
    _words: WordIndex

    def follow(self) -> None:
        """Take over what another process has written since."""
        raise NotImplementedError

    def _read(self, read: Callable[[Keys], Value], keys: Keys) -> Value:
        """Read by key; a row that is gone was removed meanwhile, or the store is damaged."""
        with self._lock:
            try:
                return read(keys)
            except MissingRowError as error:
                self.follow()
                if error.key in self._columns.snapshot().keys:
                    raise StoreFormatError(f'{self.store.path} is damaged: {error}') from error
                raise RemovedError(f'{error}: it was removed meanwhile; ask again') from error

    def fetch(self, keys: Keys, *, full: bool = False) -> list[Observation]:
        """Read observations by key; ``RemovedError`` where one is gone meanwhile."""
        return self._read(lambda keys: self.store.fetch(keys, full=full), keys)

    def ids(self, keys: Keys) -> list[str]:
        """Return the ids of keys, in order."""
        return self._read(self.store.ids, keys)

    def by_id(self, node_id: str) -> Observation:
        """Read one full observation; ``UnknownNodeError`` without one."""
        with self._lock, self.store.at_once():
            return self.store.fetch(self.store.keys([node_id]), full=True)[0]

    def key_of(self, node_id: str) -> int:
        """Return the key of an id; ``UnknownNodeError`` without one."""
        with self._lock:
            return int(self.store.keys([node_id])[0])

    def observations(self, keys: Keys) -> Iterator[Observation]:
        """Yield full observations by key, a page at a time."""
        for start in range(0, len(keys), _PAGE):
            yield from self.fetch(keys[start : start + _PAGE], full=True)

    def postings(self, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words``."""
        with self._lock:
            return self.store.postings(self._words, words)

    def pictures_after(self, key: int, dim: int) -> tuple[Keys, FloatArray]:
        """Return the next keys above ``key``, and (n, dim) vectors of their pictures."""
        with self._lock:
            return self.store.pictures_after(key, dim)

    def captions_after(self, key: int) -> list[tuple[int, str]]:
        """Return key and caption of every observation with a greater key, ascending."""
        with self._lock:
            return self.store.captions_after(key)

    def captions(self, keys: Keys) -> list[str]:
        """Return the captions of keys, in order."""
        return self._read(self.store.captions, keys)

    def briefs(self, keys: Keys) -> list[Brief]:
        """Return what a place says of each observation, in order."""
        return self._read(self.store.briefs, keys)

    def poses(self, keys: Keys) -> tuple[list[str], list[Pose]]:
        """Return ids and poses of keys in order."""
        return self._read(self.store.poses, keys)

    def links(self) -> tuple[Keys, Keys]:
        """Return the given drivable links as keys of both ends."""
        with self._lock:
            return self.store.neighbors()
