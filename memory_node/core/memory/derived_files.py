"""The derived files of a memory: index and forest beside the store, read where they still fit."""

from __future__ import annotations

import logging
import os
from pathlib import Path
import threading
import uuid

from memory_node.core.config import IndexConfig, StoreConfig
from memory_node.core.errors import (
    EncoderError,
    IndexDamagedError,
    StoreAccessError,
    StoreFormatError,
)
from memory_node.core.forest.updater import Areas
from memory_node.core.index.hnsw import index_path, IndexStamp, VectorIndex
from memory_node.core.index.updater import Indexer
from memory_node.core.language.mentions import READING
from memory_node.core.objects.keeper import ObjectKeeper
from memory_node.core.ports import Encoder, ImageEncoder
from memory_node.core.rooms.keeper import RoomKeeper
from memory_node.core.store.copying import check_target, placed, temporary_name
from memory_node.core.store.files import sync_folder, write_whole
from memory_node.core.store.pictures import encode_missing
from memory_node.core.store.reencoding import reencode
from memory_node.core.store.repository import Mirror
from memory_node.core.store.sqlite_file import DERIVED, translated
from memory_node.core.store.store import Store

__all__ = [
    'DerivedFiles',
    'load_index',
    'load_objects',
    'load_rooms',
    'objects_path',
    'open_store',
]

_LOG = logging.getLogger(__name__)


def open_store(
    path: str | os.PathLike[str],
    encoder: Encoder,
    *,
    read_only: bool,
    config: StoreConfig | None = None,
    image_encoder: ImageEncoder | None = None,
) -> Store:
    """
    Open a store whose vectors are the encoders'; those of others are made again.

    Raises ``StoreAccessError``, ``StoreFormatError``, ``StoreVersionError``, and ``EncoderError``
    for another encoder's vectors in a store that is opened read-only.
    """
    store = Store(path, read_only=read_only, config=config)
    try:
        stored, ours = store.encoder, (encoder.model_id, encoder.dim)
        if stored is None and not read_only:
            store.set_encoder(*ours)
        elif stored is not None and stored != ours:
            if read_only:
                raise EncoderError(
                    f'{path} holds vectors of {stored[0]} ({stored[1]}), the encoder is'
                    f' {ours[0]} ({ours[1]}); open it for writing once to encode it again'
                )
            _LOG.warning('encoding %s again: %s -> %s', path, stored[0], ours[0])
            reencode(store, encoder)
        if image_encoder is not None:
            encode_missing(store, image_encoder, read_only=read_only)
    except BaseException:
        store.close()
        raise
    return store


def load_index(mirror: Mirror, config: IndexConfig) -> tuple[VectorIndex, str]:
    """Return the index beside a store, or an empty one and why it has to be filled again."""
    snapshot, path = mirror.snapshot(), mirror.store.path
    index = VectorIndex(mirror.dim, config)
    try:
        stamp = _stamp(mirror, index, mirror.store.uuid)
        index.load(index_path(path), stamp, mirror.content_upto)
        if index.last_key > (int(snapshot.keys[-1]) if len(snapshot) else 0):
            raise IndexDamagedError(f'{path}: the index is ahead of the store')
    except IndexDamagedError as error:
        index = VectorIndex(mirror.dim, config)
        if len(snapshot):
            message = f'rebuilding the index: {error}'
            _LOG.warning('%s', message)
            return index, message
    return index, ''


def objects_path(store: Path) -> Path:
    """Return where the object map of a store is kept."""
    return store.with_name(f'{store.name}.objects')


def rooms_path(store: Path) -> Path:
    """Return where the rooms of a store are kept."""
    return store.with_name(f'{store.name}.rooms')


def load_rooms(mirror: Mirror, objects: ObjectKeeper, rooms: RoomKeeper) -> None:
    """Fill a keeper with the rooms beside a store, where they are of what the store holds now."""
    try:
        data = rooms_path(mirror.store.path).read_bytes()
        rooms.restore(data, _objects_stamp(mirror, objects, mirror.store.uuid), mirror.snapshot())
    except FileNotFoundError:
        return
    except (IndexDamagedError, OSError) as error:
        _LOG.warning('making the rooms again: %s', error)


def load_objects(mirror: Mirror, keeper: ObjectKeeper) -> str:
    """Fill a keeper from the file beside a store; return why that was not possible, or ''."""
    snapshot, path = mirror.snapshot(), objects_path(mirror.store.path)
    try:
        stamp = _objects_stamp(mirror, keeper, mirror.store.uuid)
        keeper.restore(path.read_bytes(), stamp, snapshot)
    except FileNotFoundError:
        return 'making the object map: there is no file' if len(snapshot) else ''
    except (StoreFormatError, OSError) as error:
        message = f'making the object map again: {error}'
        _LOG.warning('%s', message)
        return message
    return ''


def _objects_stamp(mirror: Mirror, keeper: ObjectKeeper, identity: str) -> dict[str, str | int]:
    with mirror.lock:
        return {
            'store': identity,
            'removals': mirror.store.epoch,
            'encoder': mirror.model_id,
            'packs': keeper.packs,
            'reading': READING,
        }


def _stamp(mirror: Mirror, index: VectorIndex, identity: str) -> IndexStamp:
    with mirror.lock:
        return index.stamp(identity, mirror.store.epoch, mirror.model_id)


class DerivedFiles:
    """Writes index and forest beside the store; thread-safe."""

    def __init__(
        self,
        mirror: Mirror,
        indexer: Indexer,
        areas: Areas,
        objects: ObjectKeeper,
        rooms: RoomKeeper,
    ) -> None:
        """Save what the others hold of ``mirror``."""
        self._rooms = rooms
        self._objects = objects
        self._mirror = mirror
        self._indexer = indexer
        self._areas = areas
        self._saving = threading.Lock()  # two saves at once would write one temporary file

    def save(self, path: str | os.PathLike[str] | None, overwrite: bool) -> Path:
        """Write beside the store, or with a copy of it at ``path``; see ``Memory.save``."""
        store = self._mirror.store
        with self._saving:
            if path is None:
                store.move_log()
                with self._mirror.lock:
                    store.checkpoint()
                self._write(store.path, store.uuid)
                return store.path
            return self._copy(Path(path), overwrite)

    def _copy(self, target: Path, overwrite: bool) -> Path:
        """Write everything beside ``target``; then put the store in place, then the rest."""
        store, identity = self._mirror.store, uuid.uuid4().hex
        check_target(store.path, target, overwrite=overwrite)
        scratch = temporary_name(target, identity)
        with placed(scratch, target) as place_derived:
            self._write(scratch, identity)  # before the store: it may hold less, never more
            store.copy_to(target, identity=identity, overwrite=overwrite)
            place_derived()
        return target

    def remove(self) -> None:
        """Remove what is derived from beside the store; raises ``StoreAccessError``."""
        path = self._mirror.store.path
        with self._saving, translated(path):
            for end in DERIVED:
                Path(f'{path}{end}').unlink(missing_ok=True)
            sync_folder(path.parent)

    def save_last(self) -> None:
        """Write beside the store as far as it can be written, before it is closed."""
        try:
            with self._saving:
                self._write(self._mirror.store.path, self._mirror.store.uuid)
        except StoreAccessError as error:
            _LOG.warning('the index is rebuilt at the next opening: %s', error)

    def _write(self, target: Path, identity: str) -> None:
        self._mirror.save_vectors(target, identity)
        index = self._indexer.index
        stamp = _stamp(self._mirror, index, identity)
        index.save(index_path(target), stamp, self._mirror.content_upto)
        self._areas.save(target)
        data = self._objects.dump(_objects_stamp(self._mirror, self._objects, identity))
        if data is not None:
            write_whole(objects_path(target), data)
        data = self._rooms.dump(_objects_stamp(self._mirror, self._objects, identity))
        if data is not None:
            write_whole(rooms_path(target), data)
