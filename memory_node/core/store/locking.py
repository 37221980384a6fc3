"""Who may write: one lock on what is written, and a note of what was written last."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
import errno
import fcntl
import json
import os
from pathlib import Path
import struct
import threading

from memory_node.core.errors import StoreAccessError

__all__ = ['OpenFile', 'WriterLock', 'open_here', 'read_note']

Inode = tuple[int, int]

#: A byte that SQLite never locks (its own lie from 2^30 on).
_LOCKED_BYTE = 2**62
_NOTE_BYTES = 256

_guard = threading.Lock()
_open: Counter[Inode] = Counter()
_done: dict[Inode, list[int]] = {}


def _inode(path: Path) -> Inode:
    found = path.stat()
    return found.st_dev, found.st_ino


def open_here(path: Path) -> bool:
    """Return whether this process has the file open as a store."""
    with suppress(OSError), _guard:
        return _open[_inode(path)] > 0
    return False


class OpenFile:
    """
    Tells that this process has a store's file open, until ``close``.

    Closing any descriptor of a file drops every POSIX lock that the process has on it, those of
    SQLite too: our own descriptors are closed with the last store that has the file open.
    """

    def __init__(self, path: Path) -> None:
        """Count ``path`` as open; raises ``OSError``."""
        self._inode: Inode | None = _inode(path)
        with _guard:
            _open[self._inode] += 1

    def is_at(self, path: Path) -> bool:
        """Return whether the file is what lies at a path now."""
        with suppress(OSError):
            return _inode(path) == self._inode
        return False

    def close(self) -> None:
        """Count it no longer; a second call does nothing."""
        inode, self._inode = self._inode, None
        if inode is None:
            return
        with _guard:
            _open[inode] -= 1
            if _open[inode] <= 0:
                del _open[inode]
                for fd in _done.pop(inode, []):
                    os.close(fd)


def _lock(fd: int, kind: int) -> None:
    """Lock or unlock the byte for this descriptor; freed by the system when a process ends."""
    request = struct.pack('hhqqi4x', kind, os.SEEK_SET, _LOCKED_BYTE, 1, 0)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, request)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise BlockingIOError(error.errno, 'locked') from error
        raise


class WriterLock:
    """
    Keeps a second writer out, in this process or another; freed by the system on any exit.

    The lock is on the inode of the database, so no link and no missing file beside it gets
    around it. It belongs to our open file description (not to the process, as SQLite's POSIX
    locks do) and lies on a byte of its own, so neither takes the other away.
    ``<path>.lock`` keeps writers of earlier versions out, and holds what was committed last.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock of the file, made if absent; ``StoreAccessError`` where it is taken."""
        self._fd = self._note_fd = -1
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            found = os.fstat(self._fd)
            self._inode = found.st_dev, found.st_ino
            _lock(self._fd, fcntl.F_WRLCK)
            self._note_fd = os.open(f'{path}.lock', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._note_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _inode(path) != self._inode:
                raise BlockingIOError(errno.EAGAIN, 'replaced')
        except BlockingIOError as error:
            self.release()
            raise StoreAccessError(
                f'{path} is being written by another process; open it with read_only'
            ) from error
        except OSError as error:
            self.release()
            raise StoreAccessError(f'{path} can not be written: {error.strerror}') from error

    def note(self, **values: str | int) -> None:
        """Write down what was committed last; it outlives the process, not a power cut."""
        text = json.dumps(values).ljust(_NOTE_BYTES)
        with suppress(OSError):  # a full disk must not undo what is stored
            os.pwrite(self._note_fd, text.encode(), 0)

    def release(self) -> None:
        """Let the next writer in; a second call does nothing."""
        if self._note_fd >= 0:
            os.close(self._note_fd)
            self._note_fd = -1
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with suppress(OSError):
                _lock(fd, fcntl.F_UNLCK)
            with _guard:
                if _open[self._inode] > 0:
                    _done.setdefault(self._inode, []).append(fd)
                else:
                    os.close(fd)


def read_note(path: Path) -> dict[str, str | int]:
    """Return what the last writer of a store noted, nothing if it did not."""
    try:
        values = json.loads(Path(f'{path}.lock').read_bytes()[:_NOTE_BYTES] or b'{}')
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
