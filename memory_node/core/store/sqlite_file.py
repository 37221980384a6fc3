"""Opening the store's SQLite file: header, connection, writer lock, and errors by kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import fcntl
import os
from pathlib import Path
import sqlite3
from urllib.parse import quote
import uuid

from memory_node.core.errors import (
    InvalidObservationError,
    StoreAccessError,
    StoreFormatError,
    StoreVersionError,
)
from memory_node.core.store.schema import APPLICATION_ID, FORMAT_VERSION

__all__ = [
    'WriterLock',
    'check_header',
    'check_identity',
    'connect',
    'copy_store',
    'transaction',
    'translated',
]

_MAGIC = b'SQLite format 3\0'
_BUSY_TIMEOUT_S = 5.0
_ACCESS = ('locked', 'busy', 'readonly', 'unable to open', 'full', 'disk i/o', 'authoriz')


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system raise into the store's typed errors."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if 'observation.id' in str(error):
            raise InvalidObservationError('observation.id is already stored') from error
        raise StoreFormatError(f'{path} is damaged: {error}') from error
    except sqlite3.Error as error:
        text = str(error).casefold()
        if any(word in text for word in _ACCESS):
            raise StoreAccessError(f'{path}: {error}') from error
        raise StoreFormatError(f'{path} is damaged: {error}') from error
    except UnicodeDecodeError as error:  # the schema, or SQLite's message about it, is no text
        raise StoreFormatError(f'{path} is damaged: {error}') from error
    except OSError as error:
        raise StoreAccessError(f'{path}: {error.strerror or error}') from error


def check_header(path: Path, *, read_only: bool) -> bool:
    """
    Look at a file before SQLite does; return whether it is still to be made.

    Raises ``StoreAccessError`` if it can't be there and ``StoreFormatError`` if it is not SQLite.
    """
    if '\0' in str(path):
        raise StoreAccessError('store path holds a NUL character')
    if path.is_dir():
        raise StoreAccessError(f'{path} is a folder, a store is a file')
    if not path.exists():
        if read_only:
            raise StoreAccessError(f'{path} does not exist')
        if not path.parent.is_dir():
            raise StoreAccessError(f'{path}: its folder does not exist')
        return True
    with path.open('rb') as file:
        head = file.read(len(_MAGIC))
    if not head and not read_only:
        return True
    if head != _MAGIC:
        raise StoreFormatError(f'{path} is not an SQLite file')
    return False


def check_identity(path: Path, application_id: int, version: int) -> None:
    """Refuse files of other programs and of newer versions."""
    if application_id != APPLICATION_ID:
        raise StoreFormatError(f'{path} is an SQLite file, but not a memory store')
    if version > FORMAT_VERSION:
        raise StoreVersionError(
            f'{path} has format version {version}, this package reads up to {FORMAT_VERSION}'
        )
    if version < 1:
        raise StoreFormatError(f'{path} has format version {version}, expected 1 or more')


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Connect in autocommit mode; transactions are opened by ``transaction`` only."""
    if not read_only:
        return _connected(path, 'mode=rwc')
    db = _connected(path, 'mode=ro')
    try:
        db.execute('SELECT count(*) FROM sqlite_master').fetchone()
    except sqlite3.OperationalError:
        db.close()
        if Path(f'{path}-wal').exists():
            raise
        # WAL needs a -shm file beside the store. Where none can be made and no writer has left a
        # log, the store itself is complete and does not change.
        return _connected(path, 'mode=ro&immutable=1')
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f'file:{quote(str(path.absolute()))}?{mode}',
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
        check_same_thread=False,
    )


def copy_store(source: Path, target: Path, *, overwrite: bool) -> None:
    """Write a compact copy of a store, as it is at one moment, complete or not at all."""
    if target.is_dir() or not target.parent.is_dir():
        raise StoreAccessError(f'{target} can not be written: not a file in a folder')
    if target.exists():
        if not overwrite:
            raise StoreAccessError(f'{target} exists')
        if target.samefile(source):
            raise StoreAccessError(f'{target} is the open store itself')
    temporary = target.with_name(f'{target.name}.{uuid.uuid4().hex}.tmp')
    with translated(target):
        reader = connect(source, read_only=True)
        try:
            reader.execute('VACUUM INTO ?', (str(temporary),))
            os.replace(temporary, target)
        finally:
            reader.close()
            with suppress(OSError):
                temporary.unlink()


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing."""
    db.execute('BEGIN IMMEDIATE')
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute('ROLLBACK')
        raise
    db.execute('COMMIT')


class WriterLock:
    """Keeps a second writer out, in this process or another; freed by the system on any exit."""

    def __init__(self, path: Path) -> None:
        """Take the lock of the store at ``path``, or raise ``StoreAccessError``."""
        self._fd = -1
        if '\0' in str(path) or not path.parent.is_dir() or path.is_dir():
            return  # check_header says what is wrong with the path
        try:
            self._fd = os.open(f'{path}.lock', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise StoreAccessError(
                f'{path} is being written by another process; open it with read_only'
            ) from error
        except OSError as error:
            self.release()
            raise StoreAccessError(f'{path} can not be written: {error.strerror}') from error

    def release(self) -> None:
        """Let the next writer in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
