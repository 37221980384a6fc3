"""What every side of a memory stands on: its parts, its settings, and whether it is open."""

from __future__ import annotations

from pathlib import Path
import threading

from memory_node.core.config import MemoryConfig
from memory_node.core.errors import StoreAccessError
from memory_node.core.memory.parts import Parts
from memory_node.core.store.joins import end_of

__all__ = ['Opened']


class Opened:
    """The parts of a memory; base of what can be done with them."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts over."""
        self._parts = parts
        self._closed = False
        self._ingest = threading.Lock()  # writers queue here, so readers never wait for a model

    @property
    def config(self) -> MemoryConfig:
        """The settings; those that act at once may be replaced."""
        return self._parts.config

    @config.setter
    def config(self, config: MemoryConfig) -> None:
        self._parts.config = config
        self._reconfigured()

    def _reconfigured(self) -> None:
        """Act on settings that have changed."""

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._parts.mirror.store.path

    def _open(self) -> None:
        if self._closed:
            raise StoreAccessError(f'{self.path} is closed')

    def _map(self, map_id: str | None) -> str | None:
        """Return the map that a named one is part of now; what was joined keeps its name."""
        if map_id is None:
            return None
        with self._parts.mirror.lock:
            return end_of(self._parts.mirror.store.joins, map_id)

    def _writable(self) -> None:
        self._open()
        if self._parts.mirror.store.read_only:
            raise StoreAccessError(f'{self.path} is open for reading only')
