"""What a memory holds and how it is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memory_node.core.forest.updater import Areas
from memory_node.core.index.updater import Indexer
from memory_node.core.store.repository import Mirror

__all__ = ['MemoryStatistics', 'counted']


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStatistics:
    """What a memory holds and how it is doing."""

    observations: int
    maps: int
    #: Distinct object labels, and how often one was sighted.
    labels: int
    sightings: int
    forest_nodes: int
    store_bytes: int
    #: Vectors in the HNSW index; the newest that are not are searched exactly.
    indexed: int
    #: 1 if the index file was missing, stale or damaged at opening, and why.
    index_rebuilds: int
    index_message: str
    #: Queries answered and failed since opening.
    queries: int
    queries_failed: int
    #: Times a language model was asked to read, pick or word, and how often it failed.
    language_model_calls: int
    language_model_fallbacks: int
    model_id: str
    dim: int


def counted(
    mirror: Mirror, indexer: Indexer, areas: Areas, index_message: str, counts: Mapping[str, int]
) -> MemoryStatistics:
    """Return the figures of a memory at this moment."""
    snapshot = mirror.snapshot()
    return MemoryStatistics(
        observations=len(snapshot),
        maps=len(np.unique(snapshot.maps)),
        labels=len(snapshot.labels),
        sightings=len(snapshot.sighting_labels),
        forest_nodes=len(areas),
        store_bytes=mirror.store.size_bytes,
        indexed=len(indexer.index),
        index_rebuilds=int(bool(index_message)),
        index_message=index_message,
        queries=counts['queries'],
        queries_failed=counts['queries_failed'],
        language_model_calls=counts['language_model_calls'],
        language_model_fallbacks=counts['language_model_fallbacks'],
        model_id=mirror.model_id,
        dim=mirror.dim,
    )
