"""Maps that were joined into others: how the one lay in the other, and what came from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
import json

import numpy as np
from numpy.typing import NDArray

__all__ = ['Join', 'end_of', 'joins_from', 'joins_to', 'runs_of', 'session_names']

Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One map that lies in another since."""

    source: str
    target: str
    #: Rows of the (4, 4) rigid ``target_T_source``.
    transform: tuple[tuple[float, ...], ...]
    #: First and last keys of runs of observations that were the source's then.
    runs: tuple[tuple[int, int], ...]

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Return which observations were the source's."""
        firsts, lasts = np.array(self.runs, np.int64).reshape(-1, 2).T
        run = np.searchsorted(firsts, keys, side='right') - 1
        return np.asarray((run >= 0) & (keys <= lasts[np.maximum(run, 0)]))


def runs_of(keys: Keys, among: Keys) -> tuple[tuple[int, int], ...]:
    """Return ``keys`` as runs that hold no other one of ``among``; both ascend."""
    places = np.searchsorted(among, keys)
    cuts = np.flatnonzero(np.diff(places) > 1) + 1
    return tuple((int(run[0]), int(run[-1])) for run in np.split(keys, cuts))


def end_of(joins: Iterable[Join], map_id: str) -> str:
    """Return the map that a map has become part of; the map itself where none."""
    by_source = {join.source: join for join in joins}
    while join := by_source.pop(map_id, None):
        map_id = join.target
    return map_id


def session_names(joins: Sequence[Join], keys: Keys, map_ids: Sequence[str]) -> list[str]:
    """Return under which map each observation was stored, by its key and its map now."""
    names = list(map_ids)
    for join in reversed(joins):  # what was joined first was joined under its own name
        for i in np.flatnonzero(join.holds(keys)).tolist():
            names[i] = join.source
    return names


def joins_to(joins: Iterable[Join]) -> str:
    """Return joins as the store keeps them."""
    return json.dumps([asdict(join) for join in joins])


def joins_from(text: str) -> tuple[Join, ...]:
    """Return what ``joins_to`` wrote; ``ValueError``, ``KeyError`` or ``TypeError`` if damaged."""
    return tuple(_join(item) for item in json.loads(text))


def _join(item: Mapping[str, Sequence[Sequence[float]]]) -> Join:
    rows = tuple(tuple(float(v) for v in row) for row in item['transform'])
    runs = tuple((int(first), int(last)) for first, last in item['runs'])
    return Join(source=str(item['source']), target=str(item['target']), transform=rows, runs=runs)
