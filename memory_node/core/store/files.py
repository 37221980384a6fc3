"""Files that are replaced whole and reach the disk before they get their name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import threading
import zipfile
import zlib

from memory_node.core.errors import IndexDamagedError, StoreAccessError

__all__ = [
    'DAMAGED_ARCHIVE',
    'marked',
    'replace_file',
    'sync_file',
    'sync_folder',
    'unmarked',
    'write_whole',
]

#: What reading an archive of arrays may raise where a bit of it has changed: its directory, its
#: compression, a flag that says encrypted, a shape that no machine holds.
DAMAGED_ARCHIVE: tuple[type[Exception], ...] = (
    *(KeyError, TypeError, ValueError, OverflowError, MemoryError, RuntimeError, SyntaxError),
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error),
)

_MARK = b'memory_node content '


def sync_file(path: str | os.PathLike[str]) -> None:
    """Wait until what is in a file is on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; some file systems can't."""
    with suppress(OSError):
        sync_file(path)


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """
    Let ``write`` make a file beside ``path``, sync it, put it in place and sync the folder.

    Raises ``StoreAccessError``; ``path`` then is as it was.
    """
    scratch = path.with_name(f'{path.name}.{os.getpid()}.{threading.get_ident()}.tmp')
    try:
        write(scratch)
        sync_file(scratch)
        os.replace(scratch, path)
        sync_folder(path.parent)
    except (OSError, RuntimeError) as error:  # hnswlib raises RuntimeError
        raise StoreAccessError(f'{path} can not be written: {error}') from error
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file by bytes; see ``replace_file``."""
    replace_file(path, lambda scratch: scratch.write_bytes(data))


def marked(data: bytes, content: str) -> bytes:
    """Return derived bytes headed by the content of the observations they were made from."""
    return _MARK + content.encode() + b'\n' + data


def unmarked(data: bytes) -> tuple[str, bytes]:
    """Return content and bytes that ``marked`` joined; raise ``IndexDamagedError`` without."""
    head, line, rest = data.partition(b'\n')
    if not (line and head.startswith(_MARK)):
        raise IndexDamagedError('it does not say what it was made from')
    return head.removeprefix(_MARK).decode('ascii', 'replace'), rest
