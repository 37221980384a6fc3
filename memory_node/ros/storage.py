"""What is told of the disk: what left the store for its budget, what was not stored, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from memory_node.core.memory.statistics import MemoryStatistics

__all__ = ['lost_to_disk', 'storage_values', 'storage_warnings']


def lost_to_disk(stored: MemoryStatistics) -> Mapping[str, int]:
    """Return how much left, or never got into, the store, by the setting that says so."""
    counts = {
        'store.budget_mb: pictures left': stored.pictures_evicted,
        'store.budget_mb: near-duplicates left': stored.observations_folded,
        'store.budget_mb: observations left': stored.observations_evicted,
        'store.low_space_pictures_mb: pictures not stored': stored.pictures_left_out,
        'store.low_space_stop_mb: observations not stored': stored.observations_left_out,
    }
    return {reason: count for reason, count in counts.items() if count}


def storage_values(stored: MemoryStatistics) -> Mapping[str, object]:
    """Return the sizes that ``/diagnostics`` shows."""
    return {
        'store_bytes': stored.store_bytes,
        'store_used_bytes': stored.store_used_bytes,
        'disk_free_bytes': stored.disk_free_bytes,
        **lost_to_disk(stored),
    }


def storage_warnings(stored: MemoryStatistics) -> Iterator[str]:
    """Yield why less is stored than was seen, as long as it is so."""
    if stored.space_message:
        yield stored.space_message
    if stored.budget_message:
        yield stored.budget_message
