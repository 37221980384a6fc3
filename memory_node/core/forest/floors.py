"""Which floor a height belongs to, told from the heights seen so far."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ['Floors', 'find_floors', 'ground_floor', 'nearest_floor']

#: Poses this far apart in height can be on one floor: thresholds, steps, a tilted camera [m].
_SPREAD_M = 0.6
#: Two floors are at least this far apart [m].
_STOREY_M = 1.7
#: A floor holds at least this share of the poses, so that a landing is none.
_MIN_SHARE = 0.04
#: Poses of the ground floor are not this far below the origin of the map [m].
_BELOW_GROUND_M = -1.0
#: Heights looked at; more cost time and tell the same.
_MOST_HEIGHTS = 4096


class Floors:
    """Heights of the leaves by map and floor; a floor is a band around its mean height."""

    def __init__(self, storey_m: float) -> None:
        """Tell floors apart that are ``storey_m`` or more from each other."""
        self._band_m = 0.5 * storey_m
        #: Sum of heights [m] and number of leaves, by map and floor.
        self._bands: dict[tuple[str, int], tuple[float, int]] = {}
        self._next: dict[str, int] = {}

    def assign(self, map_id: str, z: float, floor: int | None = None) -> int:
        """Count one leaf at height ``z`` [m] and return its floor, a new one where none fits."""
        if floor is None:
            floor = self._nearest(map_id, z)
        if floor is None:
            floor = self._next.get(map_id, 0)
        self._next[map_id] = max(self._next.get(map_id, 0), floor + 1)
        total, n = self._bands.get((map_id, floor), (0.0, 0))
        self._bands[(map_id, floor)] = (total + z, n + 1)
        return floor

    def release(self, map_id: str, floor: int, z: float) -> None:
        """Count one leaf less."""
        total, n = self._bands[(map_id, floor)]
        if n == 1:
            del self._bands[(map_id, floor)]
        else:
            self._bands[(map_id, floor)] = (total - z, n - 1)

    def by_height(self, map_id: str) -> list[tuple[int, float]]:
        """Floors of a map and their mean height [m], lowest first."""
        means = [(f, t / n) for (m, f), (t, n) in self._bands.items() if m == map_id]
        return sorted(means, key=lambda band: (band[1], band[0]))

    def _nearest(self, map_id: str, z: float) -> int | None:
        best: tuple[float, int] | None = None
        for (owner, floor), (total, n) in self._bands.items():
            away = abs(z - total / n)
            if owner == map_id and away < self._band_m and (best is None or away < best[0]):
                best = (away, floor)
        return None if best is None else best[1]

    def state(self) -> list[list[object]]:
        """Return the bands and counters as JSON values."""
        bands: list[list[object]] = [[m, f, t, n] for (m, f), (t, n) in self._bands.items()]
        return [*bands, *([m, n] for m, n in self._next.items())]

    def restore(self, rows: list[list[object]]) -> None:
        """Take back what ``state`` returned."""
        for row in rows:
            if len(row) == 2:
                self._next[str(row[0])] = int(str(row[1]))
            else:
                key = (str(row[0]), int(str(row[1])))
                self._bands[key] = (float(str(row[2])), int(str(row[3])))

    def __eq__(self, other: object) -> bool:
        """Compare bands and counters."""
        if not isinstance(other, Floors):
            return NotImplemented
        mine: Mapping[tuple[str, int], tuple[float, int]] = self._bands
        return mine == other._bands and self._next == other._next

    __hash__ = None  # type: ignore[assignment]


def find_floors(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the heights of the floors, lowest first, at least one.

    ``heights`` are the z of (N,) poses [m]. Floors are the well-populated heights, picked most
    populated first; poses on stairs belong to none. O(M log M) with M at most 4,096: of more
    poses, evenly chosen ones are looked at.
    """
    z = np.sort(heights[:: 1 + len(heights) // _MOST_HEIGHTS])
    if not len(z):
        return np.zeros(1)
    low = np.searchsorted(z, z - _SPREAD_M, side='right')
    high = np.searchsorted(z, z + _SPREAD_M, side='left')
    counts = (high - low).astype(np.int64)
    least = max(2.0, _MIN_SHARE * len(z))
    left = np.ones(len(z), np.bool_)
    found: list[float] = []
    while left.any():
        i = int(np.argmax(np.where(left, counts, -1)))
        if counts[i] < least and found:
            break
        middle = float(np.median(z[low[i] : high[i]]))
        if all(abs(middle - other) > _STOREY_M for other in found):
            found.append(middle)
        left &= (z <= z[i] - _STOREY_M) | (z >= z[i] + _STOREY_M)
    return np.sort(np.array(found))


def nearest_floor(heights: NDArray[np.float64], floors: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (N,) the index of the floor nearest to each height."""
    middles = 0.5 * (floors[1:] + floors[:-1])
    return np.searchsorted(middles, heights).astype(np.int64)


def ground_floor(floors: NDArray[np.float64]) -> int:
    """Return the index of the lowest floor that is not below the origin of the map."""
    above = np.flatnonzero(floors >= _BELOW_GROUND_M)
    return int(above[0]) if len(above) else len(floors) - 1
