"""The part of store and arrays that gets smaller."""

from __future__ import annotations

from collections.abc import Sequence
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.store.corrections import Correction
from memory_node.core.store.forgetting import labels_only_of
from memory_node.core.store.postings import WordIndex
from memory_node.core.store.snapshot import Columns, Growing
from memory_node.core.store.store import Store

__all__ = ['Trimming']

Keys = NDArray[np.int64]


class Trimming:
    """What takes observations, or pictures of them, away; whoever opens a mirror sets the rest."""

    store: Store
    _lock: threading.RLock
    _columns: Columns
    _digests: Growing
    _words: WordIndex
    _epoch: int
    _removals: int
    _mapped_rows: int
    #: Labels of what was let go and still is on the disk.
    _leaving: frozenset[str]

    def _load(self) -> None:
        raise NotImplementedError

    def sizes(self) -> tuple[Keys, Keys, Keys]:
        """Return keys, bytes and bytes of the picture of each observation (N,), page by page."""
        pages = [np.empty((0, 3), np.int64)]
        while True:
            with self._lock:
                page = self.store.sizes_after(int(pages[-1][-1, 0]) if len(pages) > 1 else 0)
            if not len(page):
                break
            pages.append(page)
        keys, sizes, pictures = np.concatenate(pages).T
        return keys, sizes, pictures

    def remove(
        self,
        ids: Sequence[str],
        note: Correction | None = None,
        corrections_before_ns: int | None = None,
    ) -> Keys:
        """
        Remove observations from disk and arrays, with labels nothing else has, and note it.

        Corrections made before a moment go too. Returns the keys.
        """
        with self._lock:
            snapshot = self._columns.snapshot()
            labels = [
                number
                for number in labels_only_of(snapshot, self.store.keys(ids))
                if snapshot.labels[number - 1] not in self._leaving
            ]
            keys, more = self.store.remove(ids, note, labels, corrections_before_ns)
            if more:
                self._load()
            else:
                self._drop(keys)
                self._epoch += 1
            return keys

    def let_go(self, keys: Keys) -> None:
        """
        Take observations out of the arrays, all at once; ``delete`` then takes them off the disk.

        What is derived is made again once, however many transactions the rest takes. Where the
        process ends before, they are there again at the next opening.
        """
        with self._lock:
            snapshot = self._columns.snapshot()
            of = np.repeat(np.isin(snapshot.keys, keys), np.diff(snapshot.sighting_starts))
            seen = np.unique(snapshot.sighting_labels[of]).tolist()
            self._leaving |= {snapshot.labels[row] for row in seen}
            self._drop(keys)

    def delete(self, keys: Keys, *, last: bool) -> bool:
        """
        Delete observations that were let go from the disk, in one transaction.

        With the ``last`` of them go the labels that nothing has any more. Tells whether the
        arrays have changed. Where it fails, they hold again whatever the disk holds.
        """
        with self._lock:
            try:
                keys = self.store.stored(keys)  # somebody may have forgotten some meanwhile
                labels: list[int] = []
                if last:
                    self._leaving = frozenset()
                    labels = labels_only_of(self._columns.snapshot(), keys)
                _, more = self.store.remove(self.store.ids(keys), labels=labels)
            except BaseException:
                self._leaving = frozenset()
                self._load()
                raise
            if more:
                self._load()
                return True
            self._epoch += 1
            back = bool(np.isin(keys, self._columns.snapshot().keys).any())
            if back:  # read anew meanwhile, as after a loop closure
                self._drop(keys)
            return back

    def drop_pictures(self, keys: Keys) -> Keys:
        """
        Take the pictures of those that still are held away, in one transaction; return those.

        Nothing that is derived was made of pictures, and so nothing is made again.
        """
        with self._lock:
            held = self._columns.snapshot()
            keys = np.sort(keys[np.isin(keys, held.keys)])
            self.store.drop_pictures(keys)
            digests = self._digests.view.copy()
            digests[held.rows_of_each(keys)] = self.store.digests(keys)
            self._digests = Growing(np.uint64)
            self._digests.append(digests)
            self._epoch += 1
            return keys

    def _drop(self, keys: Keys) -> None:
        digests = self._digests.view[~np.isin(self._columns.snapshot().keys, keys)]
        self._digests = Growing(np.uint64)
        self._digests.append(digests)
        self._columns.remove(keys)
        self._removals += 1
        self._mapped_rows = 0
        self._words.clear()
