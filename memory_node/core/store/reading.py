"""What can be read from a store's tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
import json
from pathlib import Path
import sqlite3
import struct
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Observation, Pose
from memory_node.core.errors import InvalidObservationError, StoreFormatError, UnknownNodeError
from memory_node.core.store import lookup
from memory_node.core.store import rows as records
from memory_node.core.store.checksums import Digests, label_crc, read_meta, text_crc
from memory_node.core.store.joins import Join, joins_from
from memory_node.core.store.postings import Postings, WordIndex
from memory_node.core.store.snapshot import Batch
from memory_node.core.store.sqlite_file import at_once, translated

__all__ = ['Brief', 'MissingRowError', 'Tables']

_CHUNK = 500

Keys = NDArray[np.int64]
Value = TypeVar('Value')


class Brief(NamedTuple):
    """What a place says of one observation."""

    id: str
    map_id: str
    caption: str
    pose: Pose


class MissingRowError(LookupError):
    """An observation is not in the store; whether it was removed, the owner knows."""

    def __init__(self, key: int) -> None:
        """Name the observation by its key."""
        super().__init__(f'observation {key} is gone')
        self.key = key


class Tables:
    """
    Reads of one store. Not thread-safe: the memory's lock guards every call.

    Every method raises ``StoreAccessError`` when the file can't be read, ``StoreFormatError`` when
    it is damaged, and those that take keys ``MissingRowError`` for one that is not there.
    """

    def __init__(self, path: Path) -> None:
        """Read from ``path``; whoever opens it sets the connection."""
        self.path = path
        self._db: sqlite3.Connection

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with translated(self.path):
            try:
                yield
            except StoreFormatError as error:
                if str(self.path) in str(error):
                    raise
                raise StoreFormatError(f'{self.path} is damaged: {error}') from error
            except (
                InvalidObservationError,
                ValueError,
                TypeError,
                AttributeError,
                KeyError,
                OverflowError,
                struct.error,
            ) as error:
                raise StoreFormatError(f'{self.path} is damaged: {error}') from error

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for reading."""
        return self._db

    def at_once(self) -> AbstractContextManager[None]:
        """Read everything inside as it is at one moment, whatever another process writes."""
        return at_once(self._db)

    def pin(self) -> None:
        """Read everything as it is now, until ``unpin`` or another ``pin``."""
        self.unpin()
        with translated(self.path):
            self._db.execute('BEGIN')

    def unpin(self) -> None:
        """Read what others write again."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute('ROLLBACK')

    # ---- what the file says of itself --------------------------------------------------------

    @property
    def meta(self) -> Mapping[str, str]:
        """What the store says of itself."""
        with self._reading():
            return read_meta(self._db)

    @property
    def uuid(self) -> str:
        """Identity of this store; a copy has its own."""
        return self.meta.get('uuid', '')

    @property
    def epoch(self) -> int:
        """Number of removals and re-encodings so far."""
        with self._reading():
            return int(self.meta.get('epoch', 0))

    @property
    def content(self) -> tuple[int, str]:
        """Number of observations and hash of all of them, as kept with every commit."""
        with self._reading():
            meta = read_meta(self._db)
            return int(meta['count']), meta['content']

    @property
    def encoder(self) -> tuple[str, int] | None:
        """Model id and size of the stored vectors, None before the first."""
        with self._reading():
            meta = read_meta(self._db)
            model_id, dim = meta.get('model_id'), int(meta.get('dim', 0))
        if model_id is None:
            return None
        if not 0 < dim <= 65536:
            raise StoreFormatError(f'{self.path} is damaged: vectors of {dim} numbers')
        return model_id, dim

    @property
    def frames(self) -> dict[str, str]:
        """Fixed frame that the geometry of each map is in, by map id, where it was told."""
        held = json.loads(self.meta.get('frames', '{}'))
        return {str(map_id): str(frame) for map_id, frame in held.items()}

    @property
    def joins(self) -> tuple[Join, ...]:
        """Maps that were joined into others, in the order in which they were."""
        with self._reading():
            return joins_from(self.meta.get('joins', '[]'))

    @property
    def data_version(self) -> int:
        """Changes when another process has committed."""
        with translated(self.path):
            return int(self._db.execute('PRAGMA data_version').fetchone()[0])

    # ---- all rows ----------------------------------------------------------------------------

    def all_keys(self) -> Keys:
        """Return the keys of all observations, ascending."""
        with self._reading():
            rows = self._db.execute('SELECT key FROM observation ORDER BY key').fetchall()
        return np.array(rows, np.int64).reshape(-1)

    def maps(self) -> list[str]:
        """Return all map ids in key order."""
        rows = self._numbered('SELECT key, crc, id FROM map ORDER BY key')
        with self._reading():
            if any(row[0] != text_crc(row[1]) for row in rows):
                raise StoreFormatError('a map does not match its checksum')
        return [row[1] for row in rows]

    def labels(self, dim: int) -> tuple[list[str], FloatArray]:
        """Return all labels in key order with their (L, D) vectors."""
        rows = self._numbered('SELECT key, crc, text, vector FROM label ORDER BY key')
        with self._reading():
            if any(row[0] != label_crc(row[1], row[2]) for row in rows):
                raise StoreFormatError('a label does not match its checksum')
            blob = b''.join(row[2] for row in rows)
            if any(len(row[2]) != 4 * dim for row in rows):
                raise StoreFormatError('a label vector has the wrong size')
        vectors = np.frombuffer(blob, '<f4').reshape(len(rows), dim).astype(np.float32)
        return [row[1] for row in rows], vectors

    def _numbered(self, sql: str) -> list[tuple[Any, ...]]:
        with self._reading():
            rows = self._db.execute(sql).fetchall()
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            raise StoreFormatError(f'{self.path} is damaged: labels or maps are not numbered')
        return [row[1:] for row in rows]

    def columns_after(self, key: int, dim: int, vectors_after: int = 0) -> tuple[Batch, Digests]:
        """
        Read every observation with a greater key as columns, with the digests of all.

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

    # ---- rows by id or key -------------------------------------------------------------------

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
                self._db.execute(f'SELECT id, key FROM observation WHERE id IN ({marks})', chunk)
            )
        return found

    def _by_key(self, sql: str, keys: Keys) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK].tolist()
            found += self._db.execute(f'{sql} IN ({",".join("?" * len(chunk))})', chunk)
        return found

    def _in_order(self, found: Mapping[int, Value], keys: Keys) -> list[Value]:
        try:
            return [found[key] for key in keys.tolist()]
        except KeyError as error:
            raise MissingRowError(error.args[0]) from None

    def fetch(self, keys: Keys, *, full: bool = False) -> list[Observation]:
        """Read observations by key, in order; ``full`` adds vector and keyframe."""
        with self._reading():
            found = lookup.observations(self._db, keys.tolist(), full=full)
        return self._in_order(found, keys)

    def ids(self, keys: Keys) -> list[str]:
        """Return the ids of keys, in order."""
        with self._reading():
            found = dict(self._by_key('SELECT key, id FROM observation WHERE key', keys))
        return self._in_order(found, keys)

    def captions(self, keys: Keys) -> list[str]:
        """Return the captions of keys, in order."""
        with self._reading():
            found = dict(self._by_key('SELECT key, caption FROM observation WHERE key', keys))
        return self._in_order(found, keys)

    def briefs(self, keys: Keys) -> list[Brief]:
        """Return what a place says of each observation, in order; costs one row each."""
        found: dict[int, Brief] = {}
        with self._reading():
            for key, name, map_id, caption, *pose in self._by_key(
                'SELECT o.key, o.id, m.id, o.caption, x, y, z, qx, qy, qz, qw'
                ' FROM observation o JOIN map m ON m.key = o.map WHERE o.key',
                keys,
            ):
                found[key] = Brief(name, map_id, caption, _pose(pose))
        return self._in_order(found, keys)

    def poses(self, keys: Keys) -> tuple[list[str], list[Pose]]:
        """Return ids and poses, without covariance, of keys in order."""
        with self._reading():
            found = {
                key: (name, _pose(pose))
                for key, name, *pose in self._by_key(
                    'SELECT key, id, x, y, z, qx, qy, qz, qw FROM observation WHERE key', keys
                )
            }
        pairs = self._in_order(found, keys)
        return [p[0] for p in pairs], [p[1] for p in pairs]


def _pose(values: Sequence[float]) -> Pose:
    x, y, z, qx, qy, qz, qw = values
    return Pose(position=(x, y, z), orientation=(qx, qy, qz, qw))
