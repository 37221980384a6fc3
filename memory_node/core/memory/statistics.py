"""What a memory holds and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_node.core.store.space import free_bytes

if TYPE_CHECKING:
    from memory_node.core.memory.parts import Parts

__all__ = ['MemoryStatistics', 'counted']


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStatistics:
    """What a memory holds and how it is doing."""

    observations: int
    maps: int
    #: Distinct object labels, and how often one was sighted.
    labels: int
    sightings: int
    #: Objects of the map, and distinct names that detectors and captions give things.
    objects: int
    names: int
    forest_nodes: int
    #: Corrections of people so far, and those that find what they are about no more.
    corrections: int
    corrections_lost: int
    #: Observations stored without the people in them, by ``privacy.people``.
    without_people: int
    store_bytes: int
    #: Bytes of the file that hold something, and why they are more than ``store.budget_mb``.
    store_used_bytes: int
    budget_message: str
    #: What has left the store for its budget: pictures, near-duplicates, observations.
    pictures_evicted: int
    observations_folded: int
    observations_evicted: int
    #: What a user may still write on the disk of the store.
    disk_free_bytes: int
    #: Why less is stored for want of room on the disk, and what was not since opening.
    space_message: str
    pictures_left_out: int
    observations_left_out: int
    #: Pictures without vector because ``perception.image_encoder`` failed, since opening.
    pictures_failed: int
    #: What was committed once and was not there at opening; '' if nothing.
    store_message: str
    #: Vectors in the HNSW index; the newest that are not are searched exactly.
    indexed: int
    #: 1 if the index file was missing, stale or damaged at opening, and why.
    index_rebuilds: int
    index_message: str
    #: Why the object map was made again at opening; '' if it was not.
    objects_message: str
    #: Queries answered and failed since opening.
    queries: int
    queries_failed: int
    #: Times a language model was asked to read, pick or word, and how often it failed.
    language_model_calls: int
    language_model_fallbacks: int
    model_id: str
    dim: int


def counted(parts: Parts) -> MemoryStatistics:
    """Return the figures of a memory at this moment."""
    mirror, counts = parts.mirror, parts.counts
    snapshot = mirror.snapshot()
    known = parts.objects.kept()
    with mirror.lock:
        meta, used = mirror.store.meta, mirror.store.used_bytes
    if not mirror.store.read_only:
        parts.space.look(parts.config.store)
    return MemoryStatistics(
        observations=len(snapshot),
        maps=len(np.unique(snapshot.maps)),
        labels=len(snapshot.labels),
        sightings=len(snapshot.sighting_labels),
        objects=len(known.objects),
        names=len(known.names),
        forest_nodes=len(parts.areas),
        corrections=len(parts.corrections.rows),
        corrections_lost=parts.corrections.lost,
        without_people=counts.get('without_people', 0),
        store_bytes=mirror.store.size_bytes,
        store_used_bytes=used,
        budget_message=parts.budget_message,
        pictures_evicted=int(meta.get('pictures', 0)),
        observations_folded=int(meta.get('folded', 0)),
        observations_evicted=int(meta.get('evicted', 0)),
        disk_free_bytes=free_bytes(mirror.store.path),
        space_message=parts.space.message,
        pictures_left_out=parts.space.pictures,
        observations_left_out=parts.space.observations,
        pictures_failed=0 if parts.pictures is None else parts.pictures.failures,
        store_message=mirror.store.problem,
        indexed=len(parts.indexer.index),
        index_rebuilds=int(bool(parts.index_message)),
        index_message=parts.index_message,
        objects_message=parts.objects_message or parts.objects.message,
        queries=counts.get('queries', 0),
        queries_failed=counts.get('queries_failed', 0),
        language_model_calls=counts.get('language_model_calls', 0),
        language_model_fallbacks=counts.get('language_model_fallbacks', 0),
        model_id=mirror.model_id,
        dim=mirror.dim,
    )
