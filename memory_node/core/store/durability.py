"""When what was committed is forced to the disk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
import threading

from memory_node.core.store.files import sync_file

__all__ = ['LogSync']


class LogSync:
    """
    Syncs the write-ahead log at most ``interval_s`` after a commit; thread-safe.

    A killed process loses nothing that was committed; a power cut loses what was not synced.
    """

    def __init__(self, log: Path, interval_s: float) -> None:
        """Sync ``log``; a thread runs only while a sync is due."""
        self._log = log
        self._interval_s = interval_s
        self._guard = threading.Lock()
        self._timer: threading.Timer | None = None

    def committed(self) -> None:
        """Tell that the log has grown."""
        with self._guard:
            if self._timer is not None:
                return
            timer = threading.Timer(self._interval_s, self._sync)
            timer.daemon = True
            timer.name = 'memory-sync'
            with suppress(RuntimeError, MemoryError):  # no thread is to be had: sync at once
                timer.start()
                self._timer = timer
                return
        self._sync()

    def _sync(self) -> None:
        with self._guard:
            self._timer = None
        with suppress(OSError):  # gone: a checkpoint has moved it into the store
            sync_file(self._log)

    def close(self) -> None:
        """Sync what is due, and stop."""
        with self._guard:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            with suppress(OSError):
                sync_file(self._log)
