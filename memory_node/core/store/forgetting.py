"""What goes with observations that are removed, so that nothing of them is left in the file."""

from __future__ import annotations

from collections.abc import Sequence
import sqlite3
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.store import lookup
from memory_node.core.store import rows as records
from memory_node.core.store.checksums import neighbor_crc
from memory_node.core.store.corrections import (
    Correction,
    delete_corrections,
    insert_correction,
)
from memory_node.core.store.moving import MovableRows
from memory_node.core.store.snapshot import Snapshot

__all__ = ['FORGOTTEN', 'ForgettableRows', 'labels_only_of']

Keys = NDArray[np.int64]

#: Stands for the id of an observation that was forgotten; no observation can have it.
FORGOTTEN = ''
_CHUNK = 500


def _sum(db: sqlite3.Connection, keys: Sequence[int]) -> int:
    return int(records.digests_of(db, keys).sum(dtype=np.uint64))


def _drop_labels(db: sqlite3.Connection, gone: Sequence[int]) -> int:
    """
    Remove labels by number inside an open transaction, and number the rest anew.

    Nothing may be sighted as one of them. Returns by how much the content changes.
    """
    if not gone:
        return 0
    held = np.array([row[0] for row in db.execute('SELECT key FROM label ORDER BY key')])
    left = held[~np.isin(held, gone)]
    number = np.zeros(int(held.max()) + 1, '<i4')
    number[left] = np.arange(1, len(left) + 1)
    changed: list[tuple[bytes, int, int]] = []
    for key, blob in db.execute('SELECT observation, things FROM sighting'):
        things = np.frombuffer(blob, records.SIGHTING).copy()
        if (things['label'] > min(gone)).any():
            things['label'] = number[things['label']]
            changed.append((things.tobytes(), zlib.crc32(things.tobytes()), key))
    keys = [key for _, _, key in changed]
    before = _sum(db, keys)
    db.executemany(
        'UPDATE sighting SET things = ? WHERE observation = ?', ((b, k) for b, _, k in changed)
    )
    db.executemany(
        'UPDATE observation SET sighting_crc = ? WHERE key = ?', ((c, k) for _, c, k in changed)
    )
    db.executemany('DELETE FROM label WHERE key = ?', ((key,) for key in gone))
    moved = [(int(number[key]), int(key)) for key in left.tolist() if number[key] != key]
    db.executemany('UPDATE label SET key = ? WHERE key = ?', moved)
    return _sum(db, keys) - before


def _drop_names(db: sqlite3.Connection, ids: Sequence[str]) -> int:
    """
    Take ids of removed observations out of the neighbours of others, in an open transaction.

    The neighbour stays as one that is not there. Returns by how much the content changes.
    """
    keys: set[int] = set()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ','.join('?' * len(chunk))
        where = f'neighbor_id IN ({marks})'
        near = db.execute(f'SELECT observation FROM neighbor WHERE {where}', chunk)
        keys.update(row[0] for row in near.fetchall())
        db.execute(f'UPDATE neighbor SET neighbor_id = ? WHERE {where}', (FORGOTTEN, *chunk))
    touched = sorted(keys)
    before = _sum(db, touched)
    for key in touched:
        named = db.execute(
            'SELECT neighbor_id FROM neighbor WHERE observation = ? ORDER BY place', (key,)
        )
        crc = neighbor_crc(row[0] for row in named.fetchall())
        db.execute('UPDATE observation SET neighbor_crc = ? WHERE key = ?', (crc, key))
    return _sum(db, touched) - before


def labels_only_of(snapshot: Snapshot, keys: Keys) -> list[int]:
    """Return the numbers of labels that nothing but these observations was sighted with."""
    kept = np.repeat(~np.isin(snapshot.keys, keys), np.diff(snapshot.sighting_starts))
    used = np.zeros(len(snapshot.labels), np.bool_)
    used[snapshot.sighting_labels[kept]] = True
    return (np.flatnonzero(~used) + 1).tolist()


class ForgettableRows(MovableRows):
    """The part of a store that removes observations for good."""

    def checkpoint(self) -> bool:
        """Move the log into the file; tell whether all of it went."""
        raise NotImplementedError

    def remove(
        self,
        ids: Sequence[str],
        note: Correction | None = None,
        labels: Sequence[int] = (),
        corrections_before_ns: int | None = None,
    ) -> tuple[Keys, bool]:
        """
        Remove observations, what else names them, and ``labels`` that nothing else is seen as.

        Corrections made before a moment go too, and ``note`` is kept of it, all at once. Returns
        the keys, and whether rows that stay were written anew. Free places of the file still hold
        what was removed, until ``rewrite`` and ``wiped``.

        Raises ``UnknownNodeError`` before anything is removed.
        """
        keys = self.keys(ids)
        with self._reading(), self._writing():
            gone = records.digests_of(self._db, keys.tolist())
            records.delete(self._db, lookup.observations(self._db, keys.tolist()))
            renamed = _drop_names(self._db, ids)
            renumbered = _drop_labels(self._db, labels)
            told = {}
            if corrections_before_ns is not None:
                told['corrections'] = delete_corrections(self._db, corrections_before_ns)
            if note is not None:
                told['corrections'] = insert_correction(self._db, note)[1]
            change = renamed + renumbered - int(gone.sum(dtype=np.uint64))
            epoch = str(self.epoch + 1)
            self._record(change, -len(gone), epoch=epoch, wipe='due', **told)
        return keys, bool(renamed or labels)

    @property
    def wipe_due(self) -> bool:
        """Whether the file still holds traces of what was removed."""
        return 'wipe' in self.meta

    def wiped(self) -> None:
        """
        Empty the log after ``rewrite``, and note that no trace is left.

        While a reader needs the log it can't be emptied: the wipe then stays due.
        """
        if self.checkpoint():
            with self._writing():
                self._record(wipe=None)
            self.checkpoint()
