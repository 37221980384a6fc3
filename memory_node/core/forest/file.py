"""The forest of a store as a file beside it, marked with the observations it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memory_node.core.config import ForestConfig
from memory_node.core.errors import IndexDamagedError
from memory_node.core.forest.forest import Forest
from memory_node.core.forest.serialization import dump_forest, load_forest
from memory_node.core.store.files import marked, unmarked
from memory_node.core.store.repository import Mirror

__all__ = ['forest_bytes', 'forest_path', 'read_forest']


def forest_path(store: Path) -> Path:
    """Return where the forest of a store is kept."""
    return store.with_name(f'{store.name}.forest')


def read_forest(mirror: Mirror, config: ForestConfig) -> Forest | None:
    """
    Return the forest beside a store, None where there is none.

    Raises ``IndexDamagedError``, ``StoreVersionError`` and ``OSError`` where it can't be used.
    """
    path = forest_path(mirror.store.path)
    try:
        content, data = unmarked(path.read_bytes())
    except FileNotFoundError:
        return None
    forest = load_forest(data, config, mirror.snapshot())
    if content != _content(mirror, forest):
        raise IndexDamagedError(f'{path} was made from other observations')
    return forest


def forest_bytes(mirror: Mirror, forest: Forest) -> bytes:
    """Return a forest as ``read_forest`` takes it; the owner's lock must be held."""
    return marked(dump_forest(forest), _content(mirror, forest))


def _content(mirror: Mirror, forest: Forest) -> str:
    return mirror.content(np.array(sorted(forest.leaves.slots), np.int64))
