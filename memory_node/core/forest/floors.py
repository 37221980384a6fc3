"""Which floor a height belongs to, told from the heights seen so far."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ['Floors']


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
