"""
The truth on disk: one SQLite file (WAL, one transaction per batch, FTS5 words, R*Tree space).

Everything else the memory keeps is derived from it. One process may write, any number may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
import json
import os
from pathlib import Path
import sqlite3
from typing import NamedTuple
import uuid

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Observation, Pose
from memory_node.core.errors import (
    InvalidObservationError,
    StoreAccessError,
    StoreFormatError,
    UnknownNodeError,
)
from memory_node.core.store import rows as records
from memory_node.core.store.postings import Postings, WordIndex
from memory_node.core.store.schema import APPLICATION_ID, FORMAT_VERSION, SCHEMA
from memory_node.core.store.snapshot import Batch
from memory_node.core.store.sqlite_file import (
    check_header,
    check_identity,
    connect,
    copy_store,
    transaction,
    translated,
    WriterLock,
)

__all__ = ['Brief', 'Store']

_CHUNK = 500

Keys = NDArray[np.int64]


class Brief(NamedTuple):
    """What a place says of one observation."""

    id: str
    map_id: str
    caption: str
    pose: Pose


class Store:
    """
    Observations, labels and vectors in one file.

    Not thread-safe: the memory's lock guards every call. Every method raises ``StoreAccessError``
    when the file can't be read or written and ``StoreFormatError`` when it is damaged.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        """Open ``path``, or make a new store there; its folder must exist."""
        self.path = Path(path)
        self.read_only = read_only
        with translated(self.path):
            fresh = check_header(self.path, read_only=read_only)
            self._writer = None if read_only else WriterLock(self.path)
            try:
                self._open(fresh)
            except BaseException:
                self._release()
                raise

    def _open(self, fresh: bool) -> None:
        self._db = connect(self.path, read_only=self.read_only)
        try:
            if not fresh:
                fresh = self._is_empty()
            if not self.read_only:
                self._prepare(fresh)
        except BaseException:
            self._db.close()
            raise

    def _is_empty(self) -> bool:
        """Refuse foreign, newer and damaged files; tell whether a creation was cut short."""
        application_id, version = (
            int(self._db.execute(f'PRAGMA {name}').fetchone()[0])
            for name in ('application_id', 'user_version')
        )
        tables = self._db.execute('SELECT count(*) FROM sqlite_master').fetchone()[0]
        if not (application_id or version or tables or self.read_only):
            return True
        check_identity(self.path, application_id, version)
        if not self.uuid:
            raise StoreFormatError(f'{self.path} is damaged: it has no identity')
        return False

    def _prepare(self, fresh: bool) -> None:
        if fresh:
            self._db.execute('PRAGMA page_size = 8192')
            self._db.execute('PRAGMA journal_mode = WAL')
            with transaction(self._db):
                for statement in SCHEMA.split(';\n'):
                    self._db.execute(statement)
                self._db.execute(f'PRAGMA application_id = {APPLICATION_ID}')
                self._db.execute(f'PRAGMA user_version = {FORMAT_VERSION}')
                self._set_meta('uuid', uuid.uuid4().hex)
                self._set_meta('epoch', '0')
        self._db.execute('PRAGMA foreign_keys = ON')
        # NORMAL: a killed process loses nothing that was committed, a power cut at most the last
        # transactions, and neither damages the file; a commit waits for no fsync.
        self._db.execute('PRAGMA synchronous = NORMAL')

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with translated(self.path):
            try:
                yield
            except (
                InvalidObservationError,
                ValueError,
                TypeError,
                KeyError,
                OverflowError,
            ) as error:
                raise StoreFormatError(f'{self.path} is damaged: {error}') from error

    def _writing(self) -> AbstractContextManager[None]:
        if self.read_only:
            raise StoreAccessError(f'{self.path} is open for reading only')
        return transaction(self._db)

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with suppress(sqlite3.Error):
            self._db.close()
        self._release()

    # ---- what the file says of itself --------------------------------------------------------

    def meta(self, name: str) -> str | None:
        """Return one entry of the meta table."""
        with translated(self.path):
            row = self._db.execute('SELECT value FROM meta WHERE name = ?', (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute('INSERT OR REPLACE INTO meta VALUES (?, ?)', (name, value))

    @property
    def uuid(self) -> str:
        """Identity of this store, for the files derived from it."""
        return self.meta('uuid') or ''

    @property
    def epoch(self) -> int:
        """Number of removals and re-encodings so far; a derived file of another is stale."""
        with self._reading():
            return int(self.meta('epoch') or 0)

    @property
    def encoder(self) -> tuple[str, int] | None:
        """Model id and size of the stored vectors, None before the first."""
        with self._reading():
            model_id, dim = self.meta('model_id'), int(self.meta('dim') or 0)
        if model_id is None:
            return None
        if not 0 < dim <= 65536:
            raise StoreFormatError(f'{self.path} is damaged: vectors of {dim} numbers')
        return model_id, dim

    @property
    def data_version(self) -> int:
        """Changes when another process has committed."""
        with translated(self.path):
            return int(self._db.execute('PRAGMA data_version').fetchone()[0])

    @property
    def size_bytes(self) -> int:
        """Bytes on disk, write-ahead log included."""
        total = 0
        for suffix in ('', '-wal'):
            with suppress(OSError):
                total += Path(f'{self.path}{suffix}').stat().st_size
        return total

    def verify(self) -> None:
        """Read every page and raise ``StoreFormatError`` if one is damaged; takes its time."""
        with translated(self.path):
            answer = self._db.execute('PRAGMA integrity_check(1)').fetchone()[0]
        if answer != 'ok':
            raise StoreFormatError(f'{self.path} is damaged: {answer}')

    # ---- writing -----------------------------------------------------------------------------

    def set_encoder(self, model_id: str, dim: int) -> None:
        """Record whose vectors the store holds."""
        with translated(self.path), self._writing():
            self._set_meta('model_id', model_id)
            self._set_meta('dim', str(dim))

    def insert(
        self,
        items: Sequence[Observation],
        vectors: FloatArray,
        *,
        label_rows: Mapping[str, int],
        map_rows: Mapping[str, int],
        new_labels: Mapping[str, FloatArray],
        new_maps: Sequence[str],
    ) -> Keys:
        """
        Store a batch with its (N, D) vectors in one transaction; return its keys.

        ``label_rows`` and ``map_rows`` number every label and map, new ones included. Raises
        ``InvalidObservationError`` on an id that is taken.
        """
        with translated(self.path), self._writing():
            self._db.executemany(
                'INSERT INTO map VALUES (?,?)', ((map_rows[m] + 1, m) for m in new_maps)
            )
            self._db.executemany(
                'INSERT INTO label VALUES (?,?,?)',
                ((label_rows[t] + 1, t, v.tobytes()) for t, v in new_labels.items()),
            )
            return records.insert(self._db, items, vectors, label_rows, map_rows)

    def remove(self, ids: Sequence[str]) -> Keys:
        """Remove observations; return their keys. Raises ``UnknownNodeError`` before any is."""
        keys = self.keys(ids)
        with translated(self.path), self._writing():
            records.delete(self._db, records.observations(self._db, keys.tolist()))
            self._set_meta('epoch', str(self.epoch + 1))
        return keys

    def replace_vectors(
        self, model_id: str, keys: Keys, vectors: FloatArray, label_vectors: FloatArray
    ) -> None:
        """Give observations (N, D) and all labels (L, D) the vectors of another encoder."""
        with translated(self.path), self._writing():
            self._db.executemany(
                'UPDATE embedding SET vector = ? WHERE observation = ?',
                ((v.tobytes(), int(k)) for k, v in zip(keys, vectors, strict=True)),
            )
            self._db.executemany(
                'UPDATE label SET vector = ? WHERE key = ?',
                ((v.tobytes(), row + 1) for row, v in enumerate(label_vectors)),
            )
            self._set_meta('model_id', model_id)
            self._set_meta('dim', str(vectors.shape[1]))
            self._set_meta('epoch', str(self.epoch + 1))

    # ---- reading -----------------------------------------------------------------------------

    def taken(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids are stored."""
        with self._reading():
            return set(self._key_by_id(ids))

    def keys(self, ids: Sequence[str]) -> Keys:
        """Return the keys of these ids, in order; ``UnknownNodeError`` names the first unknown."""
        with self._reading():
            found = self._key_by_id(ids)
        for name in ids:
            if name not in found:
                raise UnknownNodeError(f'no observation has the id {name!r}')
        return np.array([found[name] for name in ids], np.int64)

    def _key_by_id(self, ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            marks = ','.join('?' * len(chunk))
            found.update(
                self._db.execute(
                    f'SELECT id, key FROM observation WHERE id IN ({marks})',
                    chunk,
                )
            )
        return found

    def all_keys(self) -> Keys:
        """Return the keys of all observations, ascending."""
        with self._reading():
            rows = self._db.execute('SELECT key FROM observation ORDER BY key').fetchall()
        return np.array(rows, np.int64).reshape(-1)

    def fetch(self, keys: Keys, *, full: bool = False) -> list[Observation]:
        """Read observations by key, in order; ``full`` adds vector and keyframe."""
        with self._reading():
            found = records.observations(self._db, keys.tolist(), full=full)
        missing = [k for k in keys.tolist() if k not in found]
        if missing:
            raise StoreFormatError(f'{self.path} is damaged: observation {missing[0]} is gone')
        return [found[k] for k in keys.tolist()]

    def ids(self, keys: Keys) -> list[str]:
        """Return the ids of keys, in order."""
        found: dict[int, str] = {}
        with self._reading():
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK].tolist()
                (text,) = self._db.execute(
                    'SELECT json_group_array(json_array(key, id)) FROM observation'
                    f' WHERE key IN ({",".join("?" * len(chunk))})',
                    chunk,
                ).fetchone()
                found.update(json.loads(text))
            return [found[key] for key in keys.tolist()]

    def maps(self) -> list[str]:
        """Return all map ids in key order."""
        return [row[0] for row in self._numbered('SELECT key, id FROM map ORDER BY key')]

    def labels(self, dim: int) -> tuple[list[str], FloatArray]:
        """Return all labels in key order with their (L, D) vectors."""
        rows = self._numbered('SELECT key, text, vector FROM label ORDER BY key')
        blob = b''.join(row[1] for row in rows)
        if any(len(row[1]) != 4 * dim for row in rows):
            raise StoreFormatError(f'{self.path} is damaged: a label vector has the wrong size')
        vectors = np.frombuffer(blob, '<f4').reshape(len(rows), dim).astype(np.float32)
        return [row[0] for row in rows], vectors

    def _numbered(self, sql: str) -> list[tuple[str, bytes]]:
        with self._reading():
            rows = self._db.execute(sql).fetchall()
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            raise StoreFormatError(f'{self.path} is damaged: labels or maps are not numbered')
        return [row[1:] for row in rows]

    def columns_after(self, key: int, dim: int, vectors_after: int = 0) -> Batch:
        """
        Read every observation with a greater key as columns.

        Vectors are read of those whose key is greater than ``vectors_after`` too.
        """
        with self._reading():
            return records.read_batch(self._db, key, dim, vectors_after)

    def captions_after(self, key: int) -> list[tuple[int, str]]:
        """Return key and caption of every observation with a greater key, ascending."""
        with self._reading():
            return self._db.execute(
                'SELECT key, caption FROM observation WHERE key > ? ORDER BY key', (key,)
            ).fetchall()

    def captions(self, keys: Keys) -> list[str]:
        """Return the captions of keys, in order."""
        found: dict[int, str] = {}
        with self._reading():
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK].tolist()
                found.update(
                    self._db.execute(
                        'SELECT key, caption FROM observation'
                        f' WHERE key IN ({",".join("?" * len(chunk))})',
                        chunk,
                    )
                )
            return [found[key] for key in keys.tolist()]

    def neighbors(self) -> tuple[Keys, Keys]:
        """Return the drivable links that sources named, as keys of both ends, (E,) each."""
        with self._reading():
            rows = self._db.execute(
                'SELECT n.observation, o.key FROM neighbor n JOIN observation o'
                ' ON o.id = n.neighbor_id ORDER BY n.observation, n.place'
            ).fetchall()
        pairs = np.array(rows, np.int64).reshape(-1, 2)
        return pairs[:, 0].copy(), pairs[:, 1].copy()

    def postings(self, index: WordIndex, words: Sequence[str]) -> list[Postings]:
        """Return the posting list of every distinct stem of ``words`` through ``index``."""
        with self._reading():
            return index.postings(self._db, words)

    def briefs(self, keys: Keys) -> list[Brief]:
        """Return what a place says of each observation, in order; costs one row each."""
        found: dict[int, Brief] = {}
        with self._reading():
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK].tolist()
                for key, name, map_id, caption, *pose in self._db.execute(
                    'SELECT o.key, o.id, m.id, o.caption, x, y, z, qx, qy, qz, qw'
                    ' FROM observation o JOIN map m ON m.key = o.map'
                    f' WHERE o.key IN ({",".join("?" * len(chunk))})',
                    chunk,
                ):
                    x, y, z, *turn = pose
                    at = Pose(position=(x, y, z), orientation=tuple(turn))
                    found[key] = Brief(name, map_id, caption, at)
            return [found[key] for key in keys.tolist()]

    def poses(self, keys: Keys) -> tuple[list[str], list[Pose]]:
        """Return ids and poses, without covariance, of keys in order."""
        found: dict[int, tuple[str, Pose]] = {}
        with self._reading():
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK].tolist()
                for key, name, *pose in self._db.execute(
                    'SELECT key, id, x, y, z, qx, qy, qz, qw FROM observation'
                    f' WHERE key IN ({",".join("?" * len(chunk))})',
                    chunk,
                ):
                    x, y, z, *turn = pose
                    pair = (name, Pose(position=(x, y, z), orientation=tuple(turn)))
                    found[key] = pair
            pairs = [found[key] for key in keys.tolist()]
        return [p[0] for p in pairs], [p[1] for p in pairs]

    def copy_to(self, target: Path, *, overwrite: bool = False) -> None:
        """Write a compact copy to ``target``, complete or not at all; needs no lock."""
        copy_store(self.path, target, overwrite=overwrite)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file."""
        with translated(self.path):
            self._db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
