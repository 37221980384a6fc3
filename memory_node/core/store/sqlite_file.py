"""Opening the store's SQLite file: what it must be, connection, transactions, errors by kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3
from urllib.parse import quote

from memory_node.core.errors import (
    InvalidObservationError,
    StoreAccessError,
    StoreFormatError,
    StoreVersionError,
)
from memory_node.core.store.locking import open_here, read_note
from memory_node.core.store.schema import APPLICATION_ID, FORMAT_VERSION

__all__ = [
    'BESIDE',
    'BUSY_TIMEOUT_S',
    'DERIVED',
    'at_once',
    'check_identity',
    'check_path',
    'connect',
    'connect_alone',
    'is_memory',
    'real_path',
    'transaction',
    'translated',
]

#: Endings of the files that are made from a store and kept beside it.
DERIVED = ('.hnsw', '.hnsw.json', '.objects', '.rooms', '.forest', '.vectors')
#: Endings of all files that a store has beside it.
BESIDE = (*DERIVED, '-wal', '-shm', '-journal', '.lock')

_MAGIC = b'SQLite format 3\0'
#: Where the application id ends in the head of an SQLite file.
_ID_END = 72
BUSY_TIMEOUT_S = 5.0
_ACCESS = (
    'locked',
    'busy',
    'readonly',
    'unable to open',
    'full',
    'disk i/o',
    'authoriz',
    'closed',
    'interrupted',
)


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
        if 'not a database' in text:
            raise StoreFormatError(f'{path} is not an SQLite file') from error
        raise StoreFormatError(f'{path} is damaged: {error}') from error
    except UnicodeDecodeError as error:  # the schema, or SQLite's message about it, is no text
        raise StoreFormatError(f'{path} is damaged: {error}') from error
    except OSError as error:
        raise StoreAccessError(f'{path}: {error.strerror or error}') from error


def real_path(path: Path) -> Path:
    """Return where a store lies: its log and derived files are beside it, not beside a link."""
    with translated(path):
        try:
            return path.resolve() if path.is_symlink() else path
        except RuntimeError as error:  # links that lead to each other
            raise StoreAccessError(f'{path}: {error}') from error


def check_path(path: Path, *, read_only: bool) -> bool:
    """
    Look at a path before SQLite does; return whether the store is still to be made.

    Raises ``StoreAccessError`` if no store can be there, and ``StoreFormatError`` if the file is
    none or was emptied.
    """
    if '\0' in str(path):
        raise StoreAccessError('store path holds a NUL character')
    if path.is_dir():
        raise StoreAccessError(f'{path} is a folder, a store is a file')
    if path.exists() and not path.is_file():  # before anything is put beside it
        raise StoreAccessError(f'{path} is a device, a pipe or a socket, a store is a file')
    if not path.exists():
        if read_only:
            raise StoreAccessError(f'{path} does not exist')
        if not path.parent.is_dir():
            raise StoreAccessError(f'{path}: its folder does not exist')
    elif path.stat().st_size:
        if not open_here(path):  # closing it would drop SQLite's locks, see locking.py
            with path.open('rb') as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise StoreFormatError(f'{path} is not an SQLite file')
        return False
    elif left := _left_beside(path):
        raise StoreFormatError(
            f'{path} is empty, but {", ".join(left)} beside it say that it held a memory: put a'
            ' copy of it there, or remove them to begin anew'
        )
    elif read_only:
        raise StoreFormatError(f'{path} is empty')
    return True


def is_memory(path: Path) -> bool:
    """Tell by its first bytes whether a file is a memory."""
    if open_here(path):  # closing it would drop SQLite's locks, see locking.py
        return True
    try:
        with path.open('rb') as file:
            head = file.read(_ID_END)
    except OSError:
        return False
    return head.startswith(_MAGIC) and head[-4:] == APPLICATION_ID.to_bytes(4, 'big')


def _left_beside(path: Path) -> list[str]:
    """Return the names of files which say that an empty file held a memory."""
    ends = [end for end in DERIVED if Path(f'{path}{end}').exists()]
    log = Path(f'{path}-wal')
    if log.exists() and log.stat().st_size:
        ends.append('-wal')
    if int(read_note(path).get('commits', 0)) > 1:
        ends.append('.lock')
    return [path.name + end for end in ends]


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
    """Connect in autocommit mode; transactions are opened by ``transaction`` and ``at_once``."""
    if not read_only:
        return _connected(path, 'mode=rw')
    db = _connected(path, 'mode=ro')
    try:
        db.execute('SELECT count(*) FROM sqlite_master').fetchone()
    except sqlite3.OperationalError:
        db.close()
        if Path(f'{path}-wal').exists():
            raise
        # WAL needs a -shm file beside the store. Where none can be made and no writer has left a
        # log, the store itself is complete and does not change.
        return connect_alone(path)
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def connect_alone(path: Path) -> sqlite3.Connection:
    """Connect to the file itself, without its log and without locks; nothing may write to it."""
    return _connected(path, 'mode=ro&immutable=1')


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f'file:{quote(str(path.absolute()))}?{mode}',
        uri=True,
        isolation_level=None,
        timeout=BUSY_TIMEOUT_S,
        check_same_thread=False,
    )


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing."""
    db.execute('BEGIN IMMEDIATE')
    try:
        yield
        db.execute('COMMIT')
    except BaseException:
        if db.in_transaction:
            db.execute('ROLLBACK')
        raise


@contextmanager
def at_once(db: sqlite3.Connection) -> Iterator[None]:
    """Read everything as it is at one moment, whatever others write meanwhile."""
    if db.in_transaction:
        yield
        return
    db.execute('BEGIN')
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute('ROLLBACK')  # nothing was written
