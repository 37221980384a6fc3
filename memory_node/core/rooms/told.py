"""Rooms with what people said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.views import BoolArray

__all__ = ['Spot', 'ToldRooms']

#: Things up to this far above or below a told point are around it [m].
_HEIGHT_M = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place that a person told of inside a room: what is around a point of a map."""

    room: int
    map: int
    center: tuple[float, float, float]
    radius_m: float

    def holds(self, maps: NDArray[Any], positions: NDArray[Any]) -> BoolArray:
        """Return (n,) whether points on maps are in it; NaN is not."""
        with np.errstate(invalid='ignore'):
            away = np.abs(positions - np.array(self.center))
            near = np.hypot(away[:, 0], away[:, 1]) <= self.radius_m
            level = away[:, 2] <= max(self.radius_m, _HEIGHT_M)
            return np.asarray((maps == self.map) & near & level)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRooms:
    """Rooms under the names that people gave them."""

    rooms: Rooms
    #: Who named a room, by its index.
    notes: Mapping[int, str] = field(default_factory=dict)
    spots: tuple[Spot, ...] = ()
