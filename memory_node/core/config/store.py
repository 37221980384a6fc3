"""Settings of the store and of the vector index."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config.checked import Checked, param

__all__ = ['LEAST_BUDGET_MB', 'IndexConfig', 'StoreConfig']

#: Smallest budget: about 300 observations with pictures of 320 pixels, or 1,300 without.
LEAST_BUDGET_MB = 4


@dataclass(frozen=True, kw_only=True)
class StoreConfig(Checked):
    """
    When stored observations are safe from a power cut, and how much disk they may take.

    A killed process never loses any. Each ``low_space`` limit is about what is free on the disk
    of the store; 0 switches it off.
    """

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
    budget_mb: int = param(
        0,
        "Most that the store's file may hold, without log and derived files; 0 is no limit. What"
        ' is missed least leaves: pictures, near-duplicates, then observations by eviction; never'
        ' the last view of an object or a place.',
        ge=0,
        le=10_000_000,
        unit='MiB',
    )
    eviction: str = param(
        'coverage',
        'Which observations leave first: those that show least that no other shows (coverage), or'
        ' the oldest (fifo).',
        choices=('coverage', 'fifo'),
    )
    low_space_warn_mb: int = param(
        512, 'Free disk below which it is warned.', ge=0, le=10_000_000, unit='MiB'
    )
    low_space_pictures_mb: int = param(
        256, 'Free disk below which pictures are not stored.', ge=0, le=10_000_000, unit='MiB'
    )
    low_space_stop_mb: int = param(
        64,
        'Free disk below which nothing is stored; questions are answered.',
        ge=0,
        le=10_000_000,
        unit='MiB',
    )

    def __post_init__(self) -> None:
        """Check every field, the least budget, and that the limits are in order."""
        super().__post_init__()
        if 0 < self.budget_mb < LEAST_BUDGET_MB:
            raise ValueError(
                f'budget_mb must be 0 or at least {LEAST_BUDGET_MB} MiB, got {self.budget_mb}:'
                ' less holds no drive through a flat'
            )
        limits = [self.low_space_stop_mb, self.low_space_pictures_mb, self.low_space_warn_mb]
        given = [limit for limit in limits if limit]
        if given != sorted(given):
            raise ValueError(
                'low_space_stop_mb, low_space_pictures_mb and low_space_warn_mb must ascend, got'
                f' {", ".join(map(str, limits))}'
            )


@dataclass(frozen=True, kw_only=True)
class IndexConfig(Checked):
    """Settings of the approximate nearest-neighbour index (HNSW)."""

    M: int = param(16, 'Links a vector keeps per layer.', ge=4, le=64, read_only=True)
    ef_construction: int = param(
        200, 'Candidates examined while inserting.', ge=16, le=2000, read_only=True
    )
    ef: int = param(96, 'Candidates examined while searching.', ge=16, le=4000, read_only=True)
