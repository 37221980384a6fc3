"""Data sets of buildings: what was observed in each, and what people asked for there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import random

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation
from memory_node.core.errors import StoreAccessError
from memory_node.interchange.jsonl import (
    QueryRecord,
    read_observations,
    read_queries,
    Rejected,
)

__all__ = ['Building', 'Split', 'load_buildings', 'split_buildings']

_OBSERVATIONS = '.observations.jsonl'


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One building: its observations, and the queries whose goal is known."""

    name: str
    observations: tuple[Observation, ...]
    queries: tuple[QueryRecord, ...]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(N, 3) positions of the observations [m]."""
        return np.array([o.pose.position for o in self.observations]).reshape(-1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Buildings to develop on, in folds, and buildings that are looked at once, at the end."""

    folds: tuple[tuple[str, ...], ...]
    final: tuple[str, ...]


def _queries(folder: Path, name: str) -> tuple[QueryRecord, ...]:
    refused: list[Rejected] = []
    return tuple(
        record
        for path in sorted(folder.glob(f'{name}.*queries.jsonl'))
        for record in read_queries(path, refused)
        if record.goal is not None
    )


def load_buildings(folder: Path) -> dict[str, Building]:
    """
    Read ``<building>.observations.jsonl`` and ``<building>.*queries.jsonl``, by name.

    Lines that are refused are left out. Raises ``StoreAccessError`` if no building is there.
    """
    names = sorted(p.name.removesuffix(_OBSERVATIONS) for p in folder.glob('*' + _OBSERVATIONS))
    if not names:
        raise StoreAccessError(f'{folder} holds no *{_OBSERVATIONS}')
    return {
        name: Building(
            name=name,
            observations=tuple(read_observations(folder / (name + _OBSERVATIONS), [])),
            queries=_queries(folder, name),
        )
        for name in names
    }


def split_buildings(
    buildings: dict[str, Building], *, folds: int = 4, seed: int = 7, every: int = 5
) -> Split:
    """
    Put one building of every ``every`` aside and the others into folds of equal query counts.

    Buildings of similar query counts are drawn from together, so that the part put aside is like
    the rest. The same seed gives the same split.
    """
    draw = random.Random(seed)
    by_size = sorted(buildings, key=lambda name: (-len(buildings[name].queries), name))
    final: list[str] = []
    develop: list[str] = []
    for start in range(0, len(by_size), every):
        group = by_size[start : start + every]
        aside = draw.randrange(len(group))
        final.append(group[aside])
        develop += group[:aside] + group[aside + 1 :]
    develop.sort(key=lambda name: (-len(buildings[name].queries), name))
    parts: list[list[str]] = [[] for _ in range(folds)]
    sizes = [0] * folds
    for name in develop:
        smallest = min(range(folds), key=lambda i: (sizes[i], i))
        parts[smallest].append(name)
        sizes[smallest] += len(buildings[name].queries)
    return Split(folds=tuple(map(tuple, parts)), final=tuple(final))
