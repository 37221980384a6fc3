"""How many bytes observations take, and how a store gives those that are free back to the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import sqlite3

import numpy as np
from numpy.typing import NDArray

from memory_node.core.store.checksums import Digests, digests
from memory_node.core.store.forgetting import ForgettableRows
from memory_node.core.store.schema import CHECK_COLUMNS
from memory_node.core.store.sqlite_file import connect, translated

__all__ = ['ShrinkingRows']

#: Value of ``PRAGMA auto_vacuum`` under which pages can be given back some at a time.
_INCREMENTAL = 2
#: Observations whose size is looked up at a time.
_SIZED = 4096
#: Pages of posting lists that are merged in one step: some milliseconds.
_MERGED_PAGES = 256


class ShrinkingRows(ForgettableRows):
    """The part of a store that gets smaller."""

    @property
    def used_bytes(self) -> int:
        """Bytes of the file that hold something; its free pages and the log are not counted."""
        pages = self._pragma('page_count') - self._pragma('freelist_count')
        return pages * self._pragma('page_size')

    @property
    def file_bytes(self) -> int:
        """Bytes of the file with its free pages, as they are once the log is moved into it."""
        return self._pragma('page_count') * self._pragma('page_size')

    def _pragma(self, name: str) -> int:
        with translated(self.path):
            return int(self._db.execute(f'PRAGMA {name}').fetchone()[0])

    def sizes_after(self, key: int) -> NDArray[np.int64]:
        """Return key, bytes and bytes of the picture (n, 3) of the next observations by key."""
        with self._reading():
            rows = self._db.execute(
                'SELECT o.key, length(CAST(o.caption AS BLOB)) * 2 + length(o.id) * 2'
                ' + coalesce(length(o.covariance), 0) + 160 + coalesce(length(s.things), 0)'
                ' + coalesce(length(e.vector), 0) + coalesce(length(p.vector), 0),'
                ' coalesce(length(k.jpeg), 0)'
                ' FROM observation o LEFT JOIN sighting s ON s.observation = o.key'
                ' LEFT JOIN embedding e ON e.observation = o.key'
                ' LEFT JOIN picture_vector p ON p.observation = o.key'
                ' LEFT JOIN keyframe k ON k.observation = o.key'
                ' WHERE o.key > ? ORDER BY o.key LIMIT ?',
                (key, _SIZED),
            ).fetchall()
        table = np.array(rows, np.int64).reshape(-1, 3)
        table[:, 1] += table[:, 2]
        return table

    def stored(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the keys that are stored, ascending."""
        marks = ','.join('?' * len(keys))
        with self._reading():
            rows = self._db.execute(
                f'SELECT key FROM observation WHERE key IN ({marks}) ORDER BY key', keys.tolist()
            ).fetchall()
        return np.array(rows, np.int64).reshape(-1)

    def digests(self, keys: NDArray[np.int64]) -> Digests:
        """Return the digest of each observation; ``keys`` ascend and are stored."""
        marks = ','.join('?' * len(keys))
        with self._reading():
            rows = self._db.execute(
                f'SELECT {", ".join(CHECK_COLUMNS)} FROM observation WHERE key IN ({marks})'
                ' ORDER BY key',
                keys.tolist(),
            ).fetchall()
        return digests(keys, np.array(rows, np.int64).reshape(-1, len(CHECK_COLUMNS)))

    def count_gone(self, **counts: int) -> None:
        """Add to how many of what have left for want of room."""
        held = self.meta
        with self._writing():
            self._record(0, 0, **{n: str(int(held.get(n, 0)) + c) for n, c in counts.items() if c})

    def drop_pictures(self, keys: NDArray[np.int64]) -> None:
        """Take the pictures of observations away, all at once; ``keys`` ascend."""
        rows = [(key,) for key in keys.tolist()]
        with self._reading(), self._writing():
            before = self.digests(keys)
            self._db.executemany('DELETE FROM keyframe WHERE observation = ?', rows)
            self._db.executemany('UPDATE observation SET keyframe_crc = 0 WHERE key = ?', rows)
            after = self.digests(keys)
            change = int(after.sum(dtype=np.uint64)) - int(before.sum(dtype=np.uint64))
            self._record(change, epoch=str(self.epoch + 1))

    def merge_words(self, *, first: bool) -> bool:
        """
        Merge some posting lists, which frees what was deleted; tell whether more is to be merged.

        FTS5 notes a deletion as a row of its own; only merging takes both away. The ``first``
        step takes all lists up.
        """
        pages = -_MERGED_PAGES if first else _MERGED_PAGES
        with self._writing():
            before = self._db.total_changes
            self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            changed = self._db.total_changes - before >= 2  # FTS5's sign that it did something
            self._record()
        return changed

    # ---- on a connection of its own: whoever reads through the other one waits for none ------

    def _check_in_place(self) -> None:
        """Raise ``StoreAccessError`` where the file that is open is not the one at the path."""
        raise NotImplementedError

    @contextmanager
    def _beside(self) -> Iterator[sqlite3.Connection]:
        self._check_in_place()
        with translated(self.path):
            db = connect(self.path, read_only=False)
            try:
                db.execute('PRAGMA synchronous = NORMAL')
                yield db
            finally:
                db.close()

    def give_back(self, pages: int) -> int:
        """
        Cut up to ``pages`` free pages off the file; return how many are left.

        A store of an earlier version is written anew once, which takes its size on the disk
        besides. Needs no lock, but nobody may write meanwhile.
        """
        with self._beside() as db:
            if db.execute('PRAGMA auto_vacuum').fetchone()[0] != _INCREMENTAL:
                db.execute(f'PRAGMA auto_vacuum = {_INCREMENTAL}')
                db.execute('VACUUM')
            else:
                db.execute(f'PRAGMA incremental_vacuum({pages})').fetchall()
            return int(db.execute('PRAGMA freelist_count').fetchone()[0])

    def move_log(self) -> None:
        """
        Move what is in the log into the file and to the disk; ``checkpoint`` then only cuts it.

        Needs no lock; what is written meanwhile stays in the log.
        """
        with self._beside() as db:
            db.execute('PRAGMA wal_checkpoint(PASSIVE)').fetchone()

    def rewrite(self) -> None:
        """
        Write the file anew, without traces of what was removed; ``wiped`` comes next.

        Needs no lock, but nobody may write meanwhile.
        """
        with self._beside() as db:
            # Until they are merged, posting lists hold words of what was removed.
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.execute('VACUUM')
            db.execute('PRAGMA wal_checkpoint(PASSIVE)').fetchone()
