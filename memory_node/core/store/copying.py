"""Copies of a store: written beside, put in place whole, with an identity of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
import mmap
import os
from pathlib import Path
import re
import sqlite3
import uuid

from memory_node.core.errors import StoreAccessError, StoreFormatError
from memory_node.core.store.checksums import read_meta, write_meta
from memory_node.core.store.files import sync_file, sync_folder
from memory_node.core.store.locking import open_here, read_note, WriterLock
from memory_node.core.store.sqlite_file import (
    BESIDE,
    connect,
    connect_alone,
    DERIVED,
    is_memory,
    transaction,
    translated,
)
from memory_node.core.store.words import seal

__all__ = [
    'check_target',
    'copy_store',
    'foreign_log',
    'placed',
    'set_log_aside',
    'temporary_name',
]

#: A row of the meta table as it stands in a page: the name, then the value.
_IDENTITY = re.compile(rb'uuid([0-9a-f]{32})')


def temporary_name(target: Path, identity: str) -> Path:
    """Return where a copy is written before it is put in place."""
    return target.with_name(f'{target.name}.{identity[:8]}.tmp')


def check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    """Raise ``StoreAccessError`` where no copy of ``source`` may be written."""
    with translated(target):
        if target.is_dir() or not target.parent.is_dir():
            raise StoreAccessError(f'{target} can not be written: not a file in a folder')
        if str(target.resolve()) in {f'{source.resolve()}{end}' for end in BESIDE}:
            raise StoreAccessError(
                f'{target} is the name of a file that belongs to the open store'
            )
        if target.exists():
            if not overwrite:
                raise StoreAccessError(f'{target} exists')
            if target.samefile(source):
                raise StoreAccessError(f'{target} is the open store itself')
            if not is_memory(target):
                raise StoreAccessError(f'{target} is no memory, so it is not overwritten')


@contextmanager
def placed(scratch: Path, target: Path) -> Iterator[Callable[[], None]]:
    """Give a function that moves derived files from ``scratch`` to ``target``; clean up after."""

    def place() -> None:
        for end in DERIVED:
            with suppress(FileNotFoundError):
                os.replace(f'{scratch}{end}', f'{target}{end}')
        sync_folder(target.parent)

    with _cleaned(scratch, DERIVED), translated(target):
        yield place


@contextmanager
def _cleaned(scratch: Path, ends: Iterable[str]) -> Iterator[None]:
    try:
        yield
    finally:
        for end in ends:
            with suppress(OSError):
                Path(f'{scratch}{end}').unlink()


def copy_store(source: Path, target: Path, *, identity: str, overwrite: bool) -> None:
    """
    Write a compact copy of a store, as it is at one moment, under an identity of its own.

    What was at ``target`` is there until the copy is complete and on the disk; a log and derived
    files of what was there are gone by then, so that nothing of it is taken for the copy's.
    """
    check_target(source, target, overwrite=overwrite)
    scratch = temporary_name(target, identity)
    with _cleaned(scratch, ('', '-wal', '-shm', '-journal')), translated(target):
        _write(source, scratch, identity)
        if target.exists():
            _replace(scratch, target)
        else:
            _drop_log(target)
            os.replace(scratch, target)
        sync_folder(target.parent)


def _write(source: Path, temporary: Path, identity: str) -> None:
    reader = connect(source, read_only=True)
    try:
        reader.execute('VACUUM INTO ?', (str(temporary),))
    finally:
        reader.close()
    copy = connect(temporary, read_only=False)
    try:
        with transaction(copy):
            write_meta(copy, uuid=identity, words=None)
        seal(copy)
    finally:
        copy.close()
    sync_file(temporary)


def _replace(temporary: Path, target: Path) -> None:
    """
    Put a copy over a store that nobody writes.

    The old log is moved into the old store first: whenever this is cut short, the one or the other
    is there, whole, and nothing is left to be replayed over the copy.
    """
    lock = WriterLock(target)
    try:
        with suppress(sqlite3.Error):  # no store, or damaged: it is replaced all the same
            old = connect(target, read_only=False)
            try:
                old.execute('PRAGMA wal_checkpoint(TRUNCATE)')
            finally:
                old.close()
        _drop_log(target)
        os.replace(temporary, target)
        lock.note()
    finally:
        lock.release()


def _drop_log(target: Path) -> None:
    for end in ('-wal', '-shm', *DERIVED):
        Path(f'{target}{end}').unlink(missing_ok=True)


def foreign_log(path: Path) -> bool:
    """
    Tell whether the log beside a store was written for another file that was here before.

    That is so when a file was put over a store whose process was killed: replaying the log would
    spoil it. Every commit writes the identity of its store into the log, and the last writer noted
    how many commits the file itself holds at least.
    """
    log = Path(f'{path}-wal')
    if open_here(path) or not (log.exists() and log.stat().st_size):
        return False
    try:
        alone = connect_alone(path)
        try:
            meta = read_meta(alone)
        finally:
            alone.close()
        with log.open('rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            written = set(_IDENTITY.findall(data))
        if written and meta['uuid'].encode() not in written:
            return True
        note = read_note(path)
        if note.get('uuid') != meta['uuid']:
            return False
        return not int(note['base']) <= int(meta.get('commits', 0)) <= int(note['commits']) + 1
    except (sqlite3.Error, StoreFormatError, KeyError, TypeError, ValueError):
        return False  # a new store, or a checkpoint that was cut short: the log completes it


def set_log_aside(path: Path) -> Path:
    """Keep a log that belongs to another file under a name of its own; return that."""
    kept = Path(f'{path}-wal.{uuid.uuid4().hex[:8]}.old')
    os.replace(f'{path}-wal', kept)
    Path(f'{path}-shm').unlink(missing_ok=True)
    sync_folder(path.parent)
    return kept
