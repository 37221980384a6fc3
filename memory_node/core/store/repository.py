"""The store and the columns that mirror it, under the one lock of the memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
import logging
from pathlib import Path
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation
from memory_node.core.errors import (
    EncoderError,
    IndexDamagedError,
    InvalidObservationError,
    StoreFormatError,
)
from memory_node.core.language.text import indexed_texts
from memory_node.core.store import rows as records
from memory_node.core.store.checksums import Digests, hexadecimal
from memory_node.core.store.encoding import Encoded
from memory_node.core.store.joins import Join
from memory_node.core.store.pinning import Pin
from memory_node.core.store.postings import WordIndex
from memory_node.core.store.row_reads import RowReads
from memory_node.core.store.snapshot import Batch, Columns, Growing, Snapshot
from memory_node.core.store.store import Store
from memory_node.core.store.trimming import Trimming
from memory_node.core.store.vectors_file import (
    LEAST_ROWS,
    map_vectors,
    save_vectors,
    vectors_path,
)

__all__ = ['Mirror']

_LOG = logging.getLogger(__name__)
Keys = NDArray[np.int64]
#: Vectors are written once more than this part of them is new.
_NEW_SHARE = 8


def _sum(digests: NDArray[np.uint64]) -> str:
    return hexadecimal(int(digests.sum(dtype=np.uint64)))


class Mirror(RowReads, Trimming):
    """
    Truth on disk and its arrays in memory, always alike. Thread-safe.

    Every method holds the lock for as long as SQLite and numpy take, never for a model.
    """

    def __init__(self, store: Store, model_id: str, dim: int) -> None:
        """Read the columns of a store whose vectors are of ``model_id`` and size ``dim``."""
        self.store = store
        self.model_id = model_id
        self.dim = dim
        self._lock = threading.RLock()
        self._removals = -1
        self._leaving = frozenset()
        self._pin = Pin(store, self._lock, self.follow)
        self._load()

    def _load(self) -> None:
        self._data_version = self.store.data_version
        with self.store.at_once():
            self._epoch, self._uuid = self.store.epoch, self.store.uuid
            self._joins = self.store.joins
            self._removals += 1  # rows of snapshots taken before mean something else
            self._columns = Columns(self.dim, epoch=self._removals)
            self._digests = Growing(np.uint64)
            self._words = WordIndex()
            self._mapped_rows = 0
            if not self._load_mapped():
                self._read_new()

    def _load_mapped(self) -> bool:
        """Read everything but the vectors that are mapped; False where none fit."""
        path = vectors_path(self.store.path)
        if not path.exists():
            return False
        try:
            held = map_vectors(path, self._vectors_stamp(self._uuid), self.dim)
        except IndexDamagedError as error:
            _LOG.warning('reading vectors from the store: %s', error)
            return False
        batch, digests = self.store.columns_after(0, self.dim, held.last_key)
        known = batch.keys <= held.last_key
        if int(known.sum()) != held.rows or held.content != _sum(digests[known]):
            _LOG.warning('%s was made from other observations', path)
            return False
        self._columns.adopt_vectors(held.room, held.rows)
        self._mapped_rows = held.rows
        self._take(batch, digests)
        return True

    def _vectors_stamp(self, identity: str) -> dict[str, str | int]:
        return {'store': identity, 'encoder': self.model_id}

    def save_vectors(self, path: Path, identity: str) -> None:
        """
        Write vectors beside the store at ``path``, its own or a copy, where enough are new.

        Raises ``StoreAccessError``. Those of the own store are mapped from then on.
        """
        stamp = self._vectors_stamp(identity)
        with self._lock:
            snapshot, content = self._columns.snapshot(), _sum(self._digests.view)
        own, rows = path == self.store.path, len(snapshot)
        if rows < LEAST_ROWS or (own and rows - self._mapped_rows < rows // _NEW_SHARE):
            return
        last_key = int(snapshot.keys[-1])
        save_vectors(vectors_path(path), snapshot.vectors, last_key, stamp, content)
        if own:
            with self._lock, suppress(IndexDamagedError):
                if snapshot.epoch == self._columns.snapshot().epoch:
                    held = map_vectors(vectors_path(path), stamp, self.dim)
                    self._columns.adopt_vectors(held.room, held.rows)
                    self._mapped_rows = held.rows

    def _read_new(self) -> None:
        self._take(*self.store.columns_after(self._columns.last_key, self.dim))

    def _take(self, batch: Batch, digests: Digests) -> None:
        labels, vectors = self.store.labels(self.dim)
        maps = self.store.maps()
        for name, rows, count in (
            ('map', batch.maps, len(maps)),
            ('label', batch.sighting_labels, len(labels)),
        ):
            if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < count:
                raise StoreFormatError(f'{self.store.path} is damaged: a {name} is missing')
        known = self._columns.label_count
        if labels[:known] != list(self._columns.snapshot().labels):
            raise StoreFormatError(f'{self.store.path} is damaged: its labels have changed')
        self._columns.append_labels(labels[known:], vectors[known:])
        self._columns.append_maps(maps[len(self._columns.map_ids) :])
        if len(batch.keys):
            self._columns.append(batch)
            self._digests.append(digests)
        held = len(self._digests), _sum(self._digests.view)
        if held != self.store.content:
            raise StoreFormatError(
                f'{self.store.path} is damaged: it holds {held[0]} observations that are not'
                f' those of its last commit ({self.store.content[0]})'
            )

    def pinned(self) -> AbstractContextManager[None]:
        """Read all of a request as it is at its start; see ``Pin``."""
        return self._pin.held()

    def follow(self) -> None:
        """
        Take over what another process has written since; only readers can fall behind.

        A request does so once, at its start, so that all of it is about one moment.
        """
        with self._lock:
            if not self.store.read_only:
                return
            version = self.store.data_version
            if version == self._data_version:
                return
            with self.store.at_once():
                self._words.clear()
                if self.store.encoder != (self.model_id, self.dim):
                    raise EncoderError(f'{self.store.path} was re-encoded; open it again')
                if (self.store.epoch, self.store.uuid) == (self._epoch, self._uuid):
                    self._read_new()
                else:
                    self._follow_removal()
                self._joins = self.store.joins
            self._data_version = version

    def _follow_removal(self) -> None:
        held = self._columns.snapshot().keys
        self._drop(held[~np.isin(held, self.store.all_keys())])
        try:
            self._read_new()
        except StoreFormatError:  # more has changed than what was removed
            self._load()
            return
        self._epoch, self._uuid = self.store.epoch, self.store.uuid

    def content(self, keys: Keys) -> str:
        """
        Return what tells the content of these observations from any other; ascending keys.

        What is derived of them is written with it, and taken over only where it is the same.
        """
        with self._lock:
            rows = self._columns.snapshot().rows_of_each(keys)
            if len(rows) and rows.min() < 0:
                return 'removed'
            return f'{len(keys)} {_sum(self._digests.view[rows])} {self.model_id}'

    def content_upto(self, key: int) -> str:
        """Return ``content`` of all observations up to a key."""
        with self._lock:
            keys = self._columns.snapshot().keys
            return self.content(keys[: int(np.searchsorted(keys, key, side='right'))])

    @property
    def lock(self) -> threading.RLock:
        """The one lock; hold it to keep store and columns still."""
        return self._lock

    @property
    def joins(self) -> tuple[Join, ...]:
        """Maps that were joined into others, in the order in which they were."""
        with self._lock:
            return self._joins

    def snapshot(self) -> Snapshot:
        """Return the columns as they are now; a reader's as ``follow`` found them last."""
        with self._lock:
            return self._columns.snapshot()

    def insert(self, batch: Encoded) -> None:
        """Store a batch in one transaction, then show it."""
        with self._lock:
            label_rows = self._label_rows(batch)
            told = dict.fromkeys(o.map_id for o in batch.items)
            new_maps = [m for m in told if m not in self._columns.map_ids]
            map_rows = {m: row for row, m in enumerate((*self._columns.map_ids, *new_maps))}
            keys, digests = self.store.insert(
                batch.items,
                batch.vectors,
                label_rows=label_rows,
                map_rows=map_rows,
                new_labels=batch.new_labels,
                new_maps=new_maps,
                pictures=batch.pictures,
            )
            self._columns.append_labels(
                list(batch.new_labels),
                np.array(list(batch.new_labels.values()), np.float32).reshape(-1, self.dim),
            )
            self._columns.append_maps(new_maps)
            self._columns.append(
                records.column_batch(keys, batch.items, batch.vectors, label_rows, map_rows)
            )
            self._digests.append(digests)
            self._words.append(keys, [', '.join(indexed_texts(o)) for o in batch.items])

    def _label_rows(self, batch: Encoded) -> dict[str, int]:
        first = self._columns.label_count
        rows = {label: first + i for i, label in enumerate(batch.new_labels)}
        for item in batch.items:
            for sighting in item.sightings:
                known = self._columns.label_row(sighting.label)
                if known is not None:
                    rows[sighting.label] = known
        return rows

    def refuse_taken(self, items: Sequence[Observation]) -> None:
        """Raise ``InvalidObservationError`` if an id is stored already."""
        if taken := self.taken([o.id for o in items]):
            raise InvalidObservationError(f'observation.id {min(taken)!r} is already stored')

    def taken(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids are stored."""
        with self._lock:
            return self.store.taken(ids)

    def unknown_labels(self, items: Sequence[Observation]) -> set[str]:
        """Return the labels of a batch that are not stored."""
        with self._lock:
            labels = {s.label for item in items for s in item.sightings}
            return {label for label in labels if self._columns.label_row(label) is None}

    def move(self, items: Sequence[Observation], **told: str) -> None:
        """Give observations other poses and maps, and read the arrays anew; see ``Store``."""
        with self._lock:
            self.store.move(items, **told)
            self._load()
