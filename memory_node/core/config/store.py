"""Settings of the store and of the vector index."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config.checked import Checked, param

__all__ = ['IndexConfig', 'StoreConfig']


@dataclass(frozen=True, kw_only=True)
class StoreConfig(Checked):
    """When stored observations are safe from a power cut; a killed process never loses any."""

    sync: str = param(
        'interval',
        'What is forced to the disk: each batch, all every sync_interval_s, or the log when it is'
        ' full and at saves (checkpoint).',
        choices=('batch', 'interval', 'checkpoint'),
        read_only=True,
    )
    sync_interval_s: float = param(
        1.0,
        'Longest time that a stored observation may be lost to a power cut, with sync: interval.',
        ge=0.01,
        le=3600.0,
        unit='s',
        read_only=True,
    )


@dataclass(frozen=True, kw_only=True)
class IndexConfig(Checked):
    """Settings of the approximate nearest-neighbour index (HNSW)."""

    M: int = param(16, 'Links a vector keeps per layer.', ge=4, le=64, read_only=True)
    ef_construction: int = param(
        200, 'Candidates examined while inserting.', ge=16, le=2000, read_only=True
    )
    ef: int = param(96, 'Candidates examined while searching.', ge=16, le=4000, read_only=True)
