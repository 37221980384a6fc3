"""The store and the columns that mirror it, under the one lock of the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
import logging
from pathlib import Path
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation, Pose
from memory_node.core.errors import (
    EncoderError,
    IndexDamagedError,
    InvalidObservationError,
    StoreFormatError,
)
from memory_node.core.language.text import clean_label, indexed_texts, observation_text
from memory_node.core.ports import Encoder
from memory_node.core.store import rows as records
from memory_node.core.store.encoding import encode_texts, Encoded
from memory_node.core.store.postings import Postings, WordIndex
from memory_node.core.store.snapshot import Batch, Columns, Snapshot
from memory_node.core.store.store import Brief, Store
from memory_node.core.store.vectors_file import (
    LEAST_ROWS,
    map_vectors,
    save_vectors,
    vectors_path,
)

__all__ = ['Mirror', 'reencode']

_LOG = logging.getLogger(__name__)
Keys = NDArray[np.int64]
_PAGE = 256
#: Vectors are written once more than this part of them is new.
_NEW_SHARE = 8


class Mirror:
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
        self._load()

    def _load(self) -> None:
        self._data_version = self.store.data_version
        self._epoch = self.store.epoch
        self._removals += 1  # rows of snapshots taken before mean something else
        self._columns = Columns(self.dim, epoch=self._removals)
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
            held = map_vectors(path, self._vectors_stamp(), self.dim)
        except IndexDamagedError as error:
            _LOG.warning('reading vectors from the store: %s', error)
            return False
        batch = self.store.columns_after(0, self.dim, held.last_key)
        known = batch.keys[batch.keys <= held.last_key]
        if len(known) != held.rows or int(known[-1]) != held.last_key:
            _LOG.warning('%s is ahead of its store', path)
            if not self.store.read_only:
                path.unlink(missing_ok=True)  # the keys may come again with other vectors
            return False
        self._columns.adopt_vectors(held.room, held.rows)
        self._mapped_rows = held.rows
        self._take(batch)
        return True

    def _vectors_stamp(self) -> dict[str, str | int]:
        store = self.store
        return {'store': store.uuid, 'removals': store.epoch, 'encoder': self.model_id}

    def save_vectors(self, path: Path) -> None:
        """
        Write vectors beside the store at ``path``, its own or a copy, where enough are new.

        Raises ``StoreAccessError``. Those of the own store are mapped from then on.
        """
        with self._lock:
            snapshot, stamp = self._columns.snapshot(), self._vectors_stamp()
        own, rows = path == self.store.path, len(snapshot)
        if rows < LEAST_ROWS or (own and rows - self._mapped_rows < rows // _NEW_SHARE):
            return
        save_vectors(vectors_path(path), snapshot.vectors, int(snapshot.keys[-1]), stamp)
        if own:
            with self._lock, suppress(IndexDamagedError):
                if snapshot.epoch == self._columns.snapshot().epoch:
                    held = map_vectors(vectors_path(path), stamp, self.dim)
                    self._columns.adopt_vectors(held.room, held.rows)
                    self._mapped_rows = held.rows

    def _read_new(self) -> None:
        self._take(self.store.columns_after(self._columns.last_key, self.dim))

    def _take(self, batch: Batch) -> None:
        labels, vectors = self.store.labels(self.dim)
        maps = self.store.maps()
        for name, rows, count in (
            ('map', batch.maps, len(maps)),
            ('label', batch.sighting_labels, len(labels)),
        ):
            if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < count:
                raise StoreFormatError(f'{self.store.path} is damaged: a {name} is missing')
        known = self._columns.label_count
        self._columns.append_labels(labels[known:], vectors[known:])
        self._columns.append_maps(maps[len(self._columns.map_ids) :])
        if len(batch.keys):
            self._columns.append(batch)

    def _follow(self) -> None:
        """Take over what another process has written since; only readers can fall behind."""
        if not self.store.read_only or self.store.data_version == self._data_version:
            return
        if self.store.epoch != self._epoch:
            if self.store.encoder != (self.model_id, self.dim):
                raise EncoderError(f'{self.store.path} was re-encoded; open it again')
            self._load()
            return
        self._data_version = self.store.data_version
        self._words.clear()
        self._read_new()

    @property
    def lock(self) -> threading.RLock:
        """The one lock; hold it to keep store and columns still."""
        return self._lock

    def snapshot(self) -> Snapshot:
        """Return the columns as they are now."""
        with self._lock:
            self._follow()
            return self._columns.snapshot()

    def insert(self, batch: Encoded) -> None:
        """Store a batch in one transaction, then show it."""
        with self._lock:
            label_rows = self._label_rows(batch)
            new_maps = [
                m
                for m in dict.fromkeys(o.map_id for o in batch.items)
                if m not in self._columns.map_ids
            ]
            map_rows = {m: row for row, m in enumerate((*self._columns.map_ids, *new_maps))}
            keys = self.store.insert(
                batch.items,
                batch.vectors,
                label_rows=label_rows,
                map_rows=map_rows,
                new_labels=batch.new_labels,
                new_maps=new_maps,
            )
            self._columns.append_labels(
                list(batch.new_labels),
                np.array(list(batch.new_labels.values()), np.float32).reshape(-1, self.dim),
            )
            self._columns.append_maps(new_maps)
            self._columns.append(
                records.column_batch(keys, batch.items, batch.vectors, label_rows, map_rows)
            )
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

    def remove(self, ids: Sequence[str]) -> Keys:
        """Remove observations from disk and arrays; return their keys."""
        with self._lock:
            keys = self.store.remove(ids)
            self._columns.remove(keys)
            self._mapped_rows = 0
            self._words.clear()
            return keys

    def fetch(self, keys: Keys, *, full: bool = False) -> list[Observation]:
        """Read observations by key."""
        with self._lock:
            return self.store.fetch(keys, full=full)

    def ids(self, keys: Keys) -> list[str]:
        """Return the ids of keys, in order."""
        with self._lock:
            return self.store.ids(keys)

    def by_id(self, node_id: str) -> Observation:
        """Read one full observation; ``UnknownNodeError`` without one."""
        with self._lock:
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

    def captions_after(self, key: int) -> list[tuple[int, str]]:
        """Return key and caption of every observation with a greater key, ascending."""
        with self._lock:
            return self.store.captions_after(key)

    def captions(self, keys: Keys) -> list[str]:
        """Return the captions of keys, in order."""
        with self._lock:
            return self.store.captions(keys)

    def briefs(self, keys: Keys) -> list[Brief]:
        """Return what a place says of each observation, in order."""
        with self._lock:
            return self.store.briefs(keys)

    def poses(self, keys: Keys) -> tuple[list[str], list[Pose]]:
        """Return ids and poses of keys in order."""
        with self._lock:
            return self.store.poses(keys)

    def links(self) -> tuple[Keys, Keys]:
        """Return the given drivable links as keys of both ends."""
        with self._lock:
            return self.store.neighbors()


def reencode(store: Store, encoder: Encoder) -> None:
    """Give a store the vectors of another encoder, from its captions and labels."""
    old = store.encoder
    assert old is not None
    labels, _ = store.labels(old[1])
    keys = store.all_keys()
    vectors = np.empty((len(keys), encoder.dim), np.float32)
    for start in range(0, len(keys), _PAGE):
        items = store.fetch(keys[start : start + _PAGE])
        vectors[start : start + len(items)] = encode_texts(
            encoder, [observation_text(o) for o in items], encoder.dim
        )
    label_vectors = encode_texts(encoder, [clean_label(t) or t for t in labels], encoder.dim)
    store.replace_vectors(encoder.model_id, keys, vectors, label_vectors)
