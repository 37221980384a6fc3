"""All of a request is read as the store was at its start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sqlite3
import threading
import time

from memory_node.core.errors import StoreAccessError
from memory_node.core.store.store import Store

__all__ = ['Pin']

#: How long requests that overlap share one moment; a log that is being read can't be cut [s].
_SHARED_S = 5.0


class Pin:
    """Holds one read transaction of a reader for as long as requests run; thread-safe."""

    def __init__(self, store: Store, lock: threading.RLock, follow: Callable[[], None]) -> None:
        """Call ``follow`` at the start of each moment, under ``lock``."""
        self._store, self._lock, self._follow = store, lock, follow
        self._requests, self._since_s = 0, 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """
        Read inside as it is at the start, whatever another process removes meanwhile.

        Raises ``StoreAccessError`` where a file that the request needs, such as a table of words
        that is read at first use, can't be opened.
        """
        with self._lock:
            late = self._requests and time.monotonic() - self._since_s > _SHARED_S
            if self._store.read_only and (late or not self._requests):
                self._store.pin()
                self._since_s = time.monotonic()
                self._follow()
            self._requests += 1
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            if isinstance(error, OSError) and error.filename is None:
                raise  # no file: the output of who asked
            raise StoreAccessError(f'a request could not be answered: {error}') from error
        finally:
            with self._lock:
                self._requests -= 1
                if not self._requests:
                    self._store.unpin()
