"""
The truth on disk: one SQLite file (WAL, one transaction per batch, FTS5 words).

Everything else the memory keeps is derived from it. One process may write, any number may read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
import json
import logging
import os
from pathlib import Path
import sqlite3
import uuid

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import StoreConfig
from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import MemoryNodeError, StoreAccessError, StoreFormatError
from memory_node.core.store import rows as records
from memory_node.core.store.checksums import (
    Digests,
    hexadecimal,
    label_crc,
    read_meta,
    text_crc,
    write_meta,
)
from memory_node.core.store.copying import copy_store, foreign_log, set_log_aside
from memory_node.core.store.durability import LogSync
from memory_node.core.store.locking import OpenFile, read_note, WriterLock
from memory_node.core.store.migration import migrate
from memory_node.core.store.pictures import PictureRows
from memory_node.core.store.schema import APPLICATION_ID, FORMAT_VERSION, SCHEMA
from memory_node.core.store.sqlite_file import (
    BUSY_TIMEOUT_S,
    check_identity,
    check_path,
    connect,
    real_path,
    transaction,
    translated,
)
from memory_node.core.store.words import check_seal, seal

__all__ = ['Store']

_LOG = logging.getLogger(__name__)

Keys = NDArray[np.int64]


class Store(PictureRows):
    """
    Observations, labels and vectors in one file.

    Not thread-safe: the memory's lock guards every call. Every method raises ``StoreAccessError``
    when the file can't be read or written and ``StoreFormatError`` when it is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        read_only: bool = False,
        config: StoreConfig | None = None,
    ) -> None:
        """Open ``path``, or make a new store there; its folder must exist."""
        super().__init__(real_path(Path(path)))
        self.read_only = read_only
        self._config = config or StoreConfig()
        self._writer: WriterLock | None = None
        self._here: OpenFile | None = None
        self._sync: LogSync | None = None
        self._base = 0
        #: What was committed once and is not there any more, in words; '' if nothing.
        self.problem = ''
        with translated(self.path):
            fresh = check_path(self.path, read_only=read_only)
            if not read_only:
                self._writer = WriterLock(self.path)
            try:
                self._open(fresh)
            except BaseException:
                self._release()
                raise

    # ---- opening and closing -----------------------------------------------------------------

    def _open(self, fresh: bool) -> None:
        if foreign_log(self.path):
            if self.read_only:
                raise StoreFormatError(
                    f'{self.path}-wal belongs to another file that was there before; open the'
                    ' store for writing once'
                )
            kept = set_log_aside(self.path)
            _LOG.warning('%s was put over another store, whose log is kept as %s', self.path, kept)
        note = read_note(self.path)  # before the store: it may then be newer, never older
        self._here = OpenFile(self.path)
        self._db = connect(self.path, read_only=self.read_only)
        try:
            with self._reading():
                version = 0 if fresh else self._version()
                if self.read_only:
                    self._bring_up(version)
                else:
                    self._prepare(version)
                self._look_back(note)
                if not self.read_only:
                    self.checkpoint()
                check_seal(self._db)
        except BaseException:
            self._db.close()
            raise

    def _version(self) -> int:
        """Refuse foreign and newer files; return 0 where a creation was cut short."""
        application_id, version = (
            int(self._db.execute(f'PRAGMA {name}').fetchone()[0])
            for name in ('application_id', 'user_version')
        )
        tables = self._db.execute('SELECT count(*) FROM sqlite_master').fetchone()[0]
        if not (application_id or version or tables or self.read_only):
            return 0
        check_identity(self.path, application_id, version)
        if not self.uuid:
            raise StoreFormatError(f'{self.path} is damaged: it has no identity')
        return version

    def _bring_up(self, version: int) -> None:
        """Read a store of an earlier version as this one, in memory: nothing is written."""
        if version < FORMAT_VERSION:
            memory = sqlite3.connect(':memory:', isolation_level=None, check_same_thread=False)
            self._db.backup(memory)
            self._db.close()
            self._db = memory
            migrate(memory, version)

    def _prepare(self, version: int) -> None:
        if version == 0:
            self._create()
        elif version < FORMAT_VERSION:
            migrate(self._db, version)
        self._db.execute('PRAGMA foreign_keys = ON')
        # A killed process loses nothing that was committed, whatever this says. FULL: a power cut
        # neither. NORMAL: a power cut loses at most what was not synced, and damages nothing.
        level = 'FULL' if self._config.sync == 'batch' else 'NORMAL'
        self._db.execute(f'PRAGMA synchronous = {level}')
        if self._config.sync == 'interval':
            self._sync = LogSync(Path(f'{self.path}-wal'), self._config.sync_interval_s)

    def _create(self) -> None:
        for setting in ('page_size = 4096', 'auto_vacuum = INCREMENTAL', 'journal_mode = WAL'):
            self._db.execute(f'PRAGMA {setting}')
        with transaction(self._db):
            for statement in SCHEMA.split(';\n'):
                self._db.execute(statement)
            self._db.execute(f'PRAGMA application_id = {APPLICATION_ID}')
            self._db.execute(f'PRAGMA user_version = {FORMAT_VERSION}')
            identity = {'uuid': uuid.uuid4().hex, 'epoch': '0', 'commits': '1'}
            write_meta(self._db, **identity, content=hexadecimal(0), count='0')

    def _look_back(self, note: Mapping[str, str | int]) -> None:
        """Say what the last writer has committed and is not there any more."""
        meta = read_meta(self._db)
        missing = int(note.get('commits', 0)) - int(meta.get('commits', 0))
        if note.get('uuid') != meta['uuid']:
            return
        self._base = int(note.get('base', 0))
        if missing > 0:
            self.problem = (
                f'{self.path}: the last {missing} commits are missing: its log was damaged or'
                ' removed, the power was cut before they were synced, or an older copy was put'
                ' there'
            )
            _LOG.warning('%s', self.problem)

    def _release(self) -> None:
        if self._sync is not None:
            self._sync.close()
            self._sync = None
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        if self._here is not None:
            self._here.close()
            self._here = None

    def close(self) -> None:
        """Seal and close the file; a second call does nothing."""
        if self._writer is not None:
            with suppress(sqlite3.Error, MemoryNodeError):
                seal(self._db)
                self._note()
        with suppress(sqlite3.Error):
            self._db.close()
        self._release()

    # ---- the file ----------------------------------------------------------------------------

    @property
    def size_bytes(self) -> int:
        """Bytes on disk, write-ahead log included."""
        total = 0
        for suffix in ('', '-wal'):
            with suppress(OSError):
                total += Path(f'{self.path}{suffix}').stat().st_size
        return total

    def _check_in_place(self) -> None:
        if self._here is None or not self._here.is_at(self.path):
            raise StoreAccessError(
                f'{self.path} was removed, renamed or replaced while it is in use: nothing is'
                ' stored until it is back'
            )

    def verify(self) -> None:
        """Read every page and raise ``StoreFormatError`` if one is damaged; takes its time."""
        with translated(self.path):
            answer = self._db.execute('PRAGMA integrity_check(1)').fetchone()[0]
        if answer != 'ok':
            raise StoreFormatError(f'{self.path} is damaged: {answer}')

    def copy_to(self, target: Path, *, identity: str = '', overwrite: bool = False) -> None:
        """Write a compact copy to ``target``, whole or not at all, with an own ``identity``."""
        copy_store(self.path, target, identity=identity or uuid.uuid4().hex, overwrite=overwrite)

    def checkpoint(self) -> bool:
        """
        Move the write-ahead log into the file, and both to the disk; tell whether all of it went.

        Nobody is waited for: what a reader still needs of the log stays there until the next time.
        """
        with translated(self.path):
            self._db.execute('PRAGMA busy_timeout = 0')
            try:
                busy, *_ = self._db.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()
            finally:
                self._db.execute(f'PRAGMA busy_timeout = {round(1e3 * BUSY_TIMEOUT_S)}')
            if not busy:
                self._base = int(self.meta.get('commits', 0))
            self._note()
        return not busy

    def _note(self) -> None:
        meta = read_meta(self._db)
        assert self._writer is not None
        self._writer.note(uuid=meta['uuid'], commits=int(meta['commits']), base=self._base)

    # ---- writing -----------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Write all or nothing; ``_record`` comes last inside."""
        if self.read_only:
            raise StoreAccessError(f'{self.path} is open for reading only')
        self._check_in_place()  # SQLite would go on in a file that nobody finds again
        with translated(self.path), transaction(self._db):
            yield
        self._note()
        if self._sync is not None:
            self._sync.committed()

    def _record(self, change: int = 0, count: int = 0, **values: str | None) -> None:
        """Take a change of the content into what the store says of itself."""
        meta = read_meta(self._db)
        write_meta(
            self._db,
            content=hexadecimal(int(meta['content'], 16) + change),
            count=str(int(meta['count']) + count),
            commits=str(int(meta['commits']) + 1),
            **{'words': None, **values},
        )

    def set_encoder(self, model_id: str, dim: int) -> None:
        """Record whose vectors the store holds."""
        with self._writing():
            self._record(model_id=model_id, dim=str(dim))

    def set_frame(self, map_id: str, frame_id: str) -> None:
        """Record which fixed frame the geometry of a map is in."""
        frames = json.dumps({**self.frames, map_id: frame_id}, sort_keys=True)
        with self._writing():
            self._record(frames=frames)

    def insert(
        self,
        items: Sequence[Observation],
        vectors: FloatArray,
        *,
        label_rows: Mapping[str, int],
        map_rows: Mapping[str, int],
        new_labels: Mapping[str, FloatArray],
        new_maps: Sequence[str],
        pictures: Mapping[int, FloatArray],
    ) -> tuple[Keys, Digests]:
        """
        Store a batch with its (N, D) vectors in one transaction; return keys and digests.

        ``pictures`` are vectors of pictures by the place of the observation in the batch.

        ``label_rows`` and ``map_rows`` number every label and map, new ones included. Raises
        ``InvalidObservationError`` on an id that is taken.
        """
        with self._writing():
            self._db.executemany(
                'INSERT INTO map VALUES (?,?,?)',
                ((map_rows[m] + 1, m, text_crc(m)) for m in new_maps),
            )
            labels = ((label_rows[t] + 1, t, v.tobytes()) for t, v in new_labels.items())
            self._db.executemany(
                'INSERT INTO label VALUES (?,?,?,?)',
                ((key, text, vector, label_crc(text, vector)) for key, text, vector in labels),
            )
            keys, digests = records.insert(self._db, items, vectors, label_rows, map_rows)
            self._insert_pictures({int(keys[at]): vector for at, vector in pictures.items()})
            self._record(int(digests.sum(dtype=np.uint64)), len(keys))
        return keys, digests

    def replace_vectors(
        self, model_id: str, keys: Keys, vectors: FloatArray, label_vectors: FloatArray
    ) -> None:
        """Give observations (N, D) and all labels (L, D) the vectors of another encoder."""
        texts = [text for (text,) in self._db.execute('SELECT text FROM label ORDER BY key')]
        with self._writing():
            before = int(records.digests_of(self._db, keys.tolist()).sum(dtype=np.uint64))
            records.replace_vectors(self._db, keys, vectors)
            after = int(records.digests_of(self._db, keys.tolist()).sum(dtype=np.uint64))
            rows = enumerate(zip(texts, label_vectors, strict=True), start=1)
            self._db.executemany(
                'UPDATE label SET vector = ?, crc = ? WHERE key = ?',
                ((v.tobytes(), label_crc(text, v.tobytes()), key) for key, (text, v) in rows),
            )
            self._record(
                after - before,
                model_id=model_id,
                dim=str(vectors.shape[1]),
                epoch=str(self.epoch + 1),
            )
