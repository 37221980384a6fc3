"""The derived files of a memory: index and forest beside the store, read where they still fit."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
import threading

from memory_node.core.config import IndexConfig
from memory_node.core.errors import (
    EncoderError,
    IndexDamagedError,
    StoreAccessError,
    StoreFormatError,
)
from memory_node.core.forest.updater import Areas
from memory_node.core.index.hnsw import index_path, IndexStamp, VectorIndex
from memory_node.core.index.updater import Indexer
from memory_node.core.objects.keeper import ObjectKeeper
from memory_node.core.ports import Encoder
from memory_node.core.rooms.keeper import RoomKeeper
from memory_node.core.store.repository import Mirror, reencode
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


def open_store(path: str | os.PathLike[str], encoder: Encoder, *, read_only: bool) -> Store:
    """
    Open a store whose vectors are the encoder's; those of another are made again.

    Raises ``StoreAccessError``, ``StoreFormatError``, ``StoreVersionError``, and ``EncoderError``
    for another encoder's vectors in a store that is opened read-only.
    """
    store = Store(path, read_only=read_only)
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
    except BaseException:
        store.close()
        raise
    return store


def load_index(mirror: Mirror, config: IndexConfig) -> tuple[VectorIndex, str]:
    """Return the index beside a store, or an empty one and why it has to be filled again."""
    snapshot, path = mirror.snapshot(), mirror.store.path
    index = VectorIndex(mirror.dim, config)
    try:
        index.load(index_path(path), _stamp(mirror, index))
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
        rooms.restore(data, _objects_stamp(mirror, objects), mirror.snapshot())
    except FileNotFoundError:
        return
    except (IndexDamagedError, OSError) as error:
        _LOG.warning('making the rooms again: %s', error)


def load_objects(mirror: Mirror, keeper: ObjectKeeper) -> str:
    """Fill a keeper from the file beside a store; return why that was not possible, or ''."""
    snapshot, path = mirror.snapshot(), objects_path(mirror.store.path)
    try:
        keeper.restore(path.read_bytes(), _objects_stamp(mirror, keeper), snapshot)
    except FileNotFoundError:
        return 'making the object map: there is no file' if len(snapshot) else ''
    except (StoreFormatError, OSError) as error:
        message = f'making the object map again: {error}'
        _LOG.warning('%s', message)
        return message
    return ''


def _objects_stamp(mirror: Mirror, keeper: ObjectKeeper) -> dict[str, str | int]:
    with mirror.lock:
        store = mirror.store
        return {
            'store': store.uuid,
            'removals': store.epoch,
            'encoder': mirror.model_id,
            'packs': keeper.packs,
        }


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside, then put it in place; raises ``StoreAccessError``."""
    scratch = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    try:
        scratch.write_bytes(data)
        os.replace(scratch, path)
    except OSError as error:
        raise StoreAccessError(f'{path} can not be written: {error}') from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def _stamp(mirror: Mirror, index: VectorIndex) -> IndexStamp:
    with mirror.lock:
        return index.stamp(mirror.store.uuid, mirror.store.epoch, mirror.model_id)


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
                with self._mirror.lock:
                    store.checkpoint()
                target = store.path
            else:
                target = Path(path)
                store.copy_to(target, overwrite=overwrite)
            self._write(target)
        return target

    def save_last(self) -> None:
        """Write beside the store as far as it can be written, before it is closed."""
        try:
            with self._saving:
                self._write(self._mirror.store.path)
        except StoreAccessError as error:
            _LOG.warning('the index is rebuilt at the next opening: %s', error)

    def _write(self, target: Path) -> None:
        self._mirror.save_vectors(target)
        index = self._indexer.index
        index.save(index_path(target), _stamp(self._mirror, index))
        self._areas.save(target)
        data = self._objects.dump(_objects_stamp(self._mirror, self._objects))
        if data is not None:
            write_whole(objects_path(target), data)
        data = self._rooms.dump(_objects_stamp(self._mirror, self._objects))
        if data is not None:
            write_whole(rooms_path(target), data)
