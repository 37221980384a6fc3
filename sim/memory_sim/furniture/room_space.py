"""What is free in one room while it fills up: between walls, doors, windows and other pieces."""

from __future__ import annotations

from collections.abc import Sequence
import math

from memory_sim.furniture.footprints import doorway, HEAD_M, is_walkable, overlaps, Placed, Rect
from memory_sim.furniture.room_walls import is_backed, openings_of, railings_of, solid_walls
from memory_sim.world.model import DOOR, Room, Wall

__all__ = ['RoomSpace']


class RoomSpace:
    """The pieces in one rectangular room, and where there is space for more."""

    def __init__(self, room: Room, walls: Sequence[Wall]) -> None:
        """Take an empty room and the walls of its storey."""
        x0, y0, x1, y1 = room.bounds
        half = 0.5 * max((w.thickness_m for w in walls), default=0.12)
        #: The floor between the walls [m].
        self.inner: Rect = (x0 + half, y0 + half, x1 - half, y1 - half)
        openings = list(openings_of(room, walls))
        doors = [o for o in openings if o.opening.kind == DOOR]
        self._doors = [doorway(o.at, o.along, o.opening.width_m + 0.2, 0.8) for o in doors]
        self._gaps = [doorway(o.at, o.along, o.opening.width_m + 0.2, 0.2) for o in doors]
        self._windows = [
            (doorway(o.at, o.along, o.opening.width_m + 0.1, 0.3), o.opening)
            for o in openings
            if o.opening.kind != DOOR
        ]
        self._windows += railings_of(room, walls)
        self._solid = solid_walls(room, walls)
        self.placed: list[Placed] = []
        #: Floor that stays clear: before doors, and before the fronts of cupboards and beds.
        self.clear = list(self._doors)

    def fits(self, spot: Placed, front_m: float, ignore: Placed | None = None) -> bool:
        """Whether nothing but ``ignore`` is in the way of a piece and of what is before it."""
        rect, (x0, y0, x1, y1) = spot.rect, self.inner
        if rect[0] < x0 - 1e-6 or rect[1] < y0 - 1e-6 or rect[2] > x1 + 1e-6:
            return False
        if rect[3] > y1 + 1e-6:
            return False
        for window, opening in self._windows:
            if overlaps(rect, window) and spot.top > opening.bottom_m and spot.z < opening.top_m:
                return False
        clear = self._doors if ignore else self.clear
        if spot.model.mount_m is not None:
            clear = self._gaps
        if any(overlaps(rect, zone) for zone in clear):
            return False
        others = [p for p in self.placed if not p.model.flat and p is not ignore]
        if any(overlaps(rect, p.rect) and spot.z < p.top and p.z < spot.top for p in others):
            return False
        if front_m > 0.0:
            half = 0.5 * spot.size[0]
            zone = spot.ahead(half, half + front_m, spot.size[1])
            if zone[0] < x0 or zone[1] < y0 or zone[2] > x1 or zone[3] > y1:
                return False
            return not any(overlaps(zone, p.rect) and p.z < HEAD_M for p in others)
        return True

    def accept(self, spot: Placed, *, front_m: float, ignore: Placed | None = None) -> bool:
        """Take a piece in if it fits and a robot still gets about; False if not."""
        if not self.fits(spot, front_m, ignore):
            return False
        if (
            spot.z < HEAD_M
            and spot.model.mount_m is None
            and not is_walkable(self.inner, self._doors, [*self.placed, spot])
        ):
            return False
        self.placed.append(spot)
        if front_m > 0.0:
            half = 0.5 * spot.size[0]
            self.clear.append(spot.ahead(half, half + front_m, 0.9 * spot.size[1]))
        return True

    def is_backed(self, spot: Placed) -> bool:
        """Whether there is wall behind all of a piece's back."""
        return is_backed(spot, self._solid)

    def slack(self, spot: Placed) -> float:
        """Return the distance to the nearest wall or piece [m]."""
        a, (x0, y0, x1, y1) = spot.rect, self.inner
        gaps = [a[0] - x0, a[1] - y0, x1 - a[2], y1 - a[3]]
        for b in [*(p.rect for p in self.placed if not p.model.flat), *self._doors]:
            dx, dy = max(b[0] - a[2], a[0] - b[2]), max(b[1] - a[3], a[1] - b[3])
            gaps.append(max(dx, dy) if max(dx, dy) <= 0 else math.hypot(max(dx, 0), max(dy, 0)))
        return min(gaps)

    def beneath(self, spot: Placed) -> Placed | None:
        """Return the nearest of the pieces that a spot reaches over or under, if any."""
        others = [p for p in self.placed if overlaps(p.rect, spot.rect)]
        return min(others, key=lambda p: math.dist((p.x, p.y), (spot.x, spot.y)), default=None)

    def make_passable(self) -> None:
        """Take away the newest pieces until a robot reaches every door and the free floor."""
        while not is_walkable(self.inner, self._doors, self.placed):
            solid = [p for p in self.placed if not p.model.flat and p.z < HEAD_M
                     and p.model.mount_m is None]  # fmt: skip
            if not solid:
                return
            last = solid[-1]
            self.placed = [p for p in self.placed if p is not last and not _stands_on(p, last)]


def _stands_on(piece: Placed, host: Placed) -> bool:
    return abs(piece.z - host.top) < 0.01 and overlaps(piece.rect, host.rect)
