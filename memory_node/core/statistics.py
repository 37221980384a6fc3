"""What a memory holds and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['MemoryStatistics']


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
    model_id: str
    dim: int
