"""Where the robot stood nearest to places that people told, found once for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from memory_node.core.store.snapshot import Snapshot

__all__ = ['Viewpoints']

#: From nearer than this a robot stands on the thing, not before it [m].
_LEAST_M = 0.3


class Viewpoints:
    """Rows nearest to places; looks only at observations that came since it looked last."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._held: dict[int, tuple[int, int, int, float]] = {}

    def nearest(self, number: int, place: Any, map_row: int, snapshot: Snapshot) -> int:
        """Return the row of a map nearest to the place of a correction, -1 where it has none."""
        epoch, rows, best, cost = self._held.get(number, (-1, 0, -1, np.inf))
        if epoch != snapshot.epoch or rows > len(snapshot):
            rows, best, cost = 0, -1, np.inf
        if rows < len(snapshot):
            away = np.linalg.norm(snapshot.positions[rows:] - np.asarray(place), axis=1)
            away = np.where(away < _LEAST_M, 2.0 - away, away)
            away[snapshot.maps[rows:] != map_row] = np.inf
            found = int(np.argmin(away))
            if away[found] < cost:
                best, cost = rows + found, float(away[found])
        self._held[number] = snapshot.epoch, len(snapshot), best, cost
        return best
