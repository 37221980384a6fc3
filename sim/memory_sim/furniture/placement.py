"""Put furniture into one room: against walls, around tables, on counters, never before doors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
import math

import numpy as np

from memory_sim.furniture.catalogue.home import CATALOGUE, Model
from memory_sim.furniture.footprints import doorway, HEAD_M, is_walkable, overlaps, Placed, Rect
from memory_sim.furniture.room_walls import (
    is_backed,
    openings_of,
    railings_of,
    solid_walls,
    SolidWall,
)
from memory_sim.world.model import DOOR, Opening, Room, Wall

__all__ = ['Recipe', 'RoomLayout']


@dataclass(slots=True)
class RoomLayout:
    """The furniture of one rectangular room while it grows."""

    room: Room
    rooms: Sequence[Room]
    walls: Sequence[Wall]
    rng: np.random.Generator
    placed: list[Placed] = field(default_factory=list)
    #: Floor that stays clear: before doors, and before the fronts of cupboards and beds.
    clear: list[Rect] = field(default_factory=list)
    inner: Rect = field(init=False)
    _doors: list[Rect] = field(init=False)
    _gaps: list[Rect] = field(init=False)
    _windows: list[tuple[Rect, Opening]] = field(init=False)
    _solid: list[SolidWall] = field(init=False)
    _colors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.room.bounds
        half = 0.5 * max((w.thickness_m for w in self.walls), default=0.12)
        self.inner = (x0 + half, y0 + half, x1 - half, y1 - half)
        openings = list(openings_of(self.room, self.walls))
        doors = [o for o in openings if o.opening.kind == DOOR]
        self._doors = [doorway(o.at, o.along, o.opening.width_m + 0.2, 0.8) for o in doors]
        self._gaps = [doorway(o.at, o.along, o.opening.width_m + 0.2, 0.2) for o in doors]
        self._windows = [
            (doorway(o.at, o.along, o.opening.width_m + 0.1, 0.3), o.opening)
            for o in openings
            if o.opening.kind != DOOR
        ]
        self._windows += railings_of(self.room, self.walls)
        self._solid = solid_walls(self.room, self.walls)
        self.clear.extend(self._doors)

    # Rules ---------------------------------------------------------------------------------

    def against_wall(
        self, name: str, *, front_m: float = 0.6, near: Placed | None = None
    ) -> Placed | None:
        """Stand a piece with its back to a wall, as near to another piece as it gets."""
        model, size, color = self._draw(name)
        options = list(self._wall_spots(model, size, color))
        return self._best(options, front_m=front_m, near=near)

    def facing(self, name: str, other: Placed, distances_m: Iterable[float]) -> Placed | None:
        """Stand a piece before another so that their fronts face each other."""
        model, size, color = self._draw(name)
        options = []
        for gap in distances_m:
            reach = 0.5 * other.size[0] + gap + 0.5 * size[0]
            x = other.x + math.cos(other.yaw_rad) * reach
            y = other.y + math.sin(other.yaw_rad) * reach
            options.append(self._make(model, (x, y, 0.0), other.yaw_rad + math.pi, size, color))
        return next((p for p in options if self._accept(p, front_m=0.0, ignore=other)), None)

    def in_middle(self, name: str, ease_m: float = 0.75) -> Placed | None:
        """Stand a piece where it has most room on all sides."""
        model, size, color = self._draw(name)
        options = []
        x0, y0, x1, y1 = self.inner
        for x in np.arange(x0 + 0.5, x1 - 0.5, 0.2):
            for y in np.arange(y0 + 0.5, y1 - 0.5, 0.2):
                for yaw in (0.0, math.pi / 2):
                    spot = self._make(model, (float(x), float(y), 0.0), yaw, size, color)
                    options.append((self._slack(spot), spot))
        options = [o for o in options if o[0] >= ease_m]
        options.sort(key=lambda o: -o[0])
        return next((p for _, p in options[:12] if self._accept(p, front_m=0.0)), None)

    def around(self, name: str, table: Placed, count: int) -> list[Placed]:
        """Stand chairs around a table, half under it, their fronts towards it."""
        model, size, color = self._draw(name)
        long_x = (table.rect[2] - table.rect[0]) >= (table.rect[3] - table.rect[1])
        half_x = 0.5 * (table.rect[2] - table.rect[0]) + 0.28 * size[0]
        half_y = 0.5 * (table.rect[3] - table.rect[1]) + 0.28 * size[0]
        step = 0.25 * max(table.size[:2]) if min(table.size[:2]) < 1.05 else 0.0
        seats = []
        for side in (1.0, -1.0):
            for slot in (-step, step) if step else (0.0,):
                yaw = -side * math.pi / 2 if long_x else (math.pi if side > 0 else 0.0)
                x = table.x + (slot if long_x else side * half_x)
                y = table.y + (side * half_y if long_x else slot)
                seats.append(self._make(model, (x, y, 0.0), yaw, size, color))
        if not step:
            seats += [
                self._make(model, (table.x + s * half_x, table.y, 0.0), y, size, color)
                for s, y in ((1.0, math.pi), (-1.0, 0.0))
            ] if long_x else [
                self._make(model, (table.x, table.y + s * half_y, 0.0), -s * math.pi / 2, size,
                           color) for s in (1.0, -1.0)
            ]  # fmt: skip
        return [s for s in seats[:count] if self._accept(s, front_m=0.0, ignore=table)]

    def seat(self, name: str, table: Placed) -> list[Placed]:
        """Stand chairs along both long sides of a table, and one at either end."""
        model, size, color = self._draw(name)
        count = max(1, int(table.size[1] / (size[1] + 0.15)))
        c, k = math.cos(table.yaw_rad), math.sin(table.yaw_rad)
        ahead, beside = 0.5 * table.size[0] + 0.25 * size[0], 0.5 * table.size[1] + 0.25 * size[0]
        spots = [
            (side * ahead, ((i + 0.5) / count - 0.5) * table.size[1], math.pi if side > 0 else 0.0)
            for side in (1.0, -1.0)
            for i in range(count)
        ]
        spots += [(0.0, side * beside, -side * math.pi / 2) for side in (1.0, -1.0)]
        seats = [
            self._make(
                model,
                (table.x + c * u - k * v, table.y + k * u + c * v, 0.0),
                table.yaw_rad + turn,
                size,
                color,
            )
            for u, v, turn in spots
        ]
        return [s for s in seats if self._accept(s, front_m=0.0, ignore=table)]

    def on_top(self, name: str, host: Placed, shift: float = 0.0) -> Placed | None:
        """Put a piece on another, ``shift`` of the free width to its left (-1 to 1)."""
        model, size, color = self._draw(name)
        room_y = max(0.0, 0.5 * (host.size[1] - size[1]) - 0.02)
        back = max(0.0, 0.5 * (host.size[0] - size[0]) - 0.05)
        dx, dy = -0.4 * back, shift * room_y
        c, s = math.cos(host.yaw_rad), math.sin(host.yaw_rad)
        at = (host.x + c * dx - s * dy, host.y + s * dx + c * dy, host.top)
        piece = self._make(model, at, host.yaw_rad, size, color)
        others = (p for p in self.placed if p is not host and p.z < piece.top - 0.01)
        if any(overlaps(piece.rect, p.rect, -0.01) and p.top > piece.z + 0.01 for p in others):
            return None
        self.placed.append(piece)
        return piece

    def on_wall(
        self, name: str, over: Placed | None = None, *, outer: bool = False
    ) -> Placed | None:
        """Hang a piece on a free stretch of wall: over another piece, or an outer wall."""
        model, size, color = self._draw(name)
        options = [
            spot
            for spot in self._wall_spots(model, size, color)
            if (over is None or (spot.yaw_rad == over.yaw_rad and _beside(spot, over) < 0.03))
            and not (outer and self._backs_on_room(spot))
        ]
        return self._best(options, front_m=0.0, near=over)

    def under(self, name: str, other: Placed | None = None) -> Placed | None:
        """Lay a rug under another piece, or in the middle of the room."""
        model, size, color = self._draw(name)
        x0, y0, x1, y1 = self.inner
        size = (min(size[0], x1 - x0 - 0.3), min(size[1], y1 - y0 - 0.3), size[2])
        x, y, yaw = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.0
        if other is not None:
            x, y, yaw = other.x, other.y, other.yaw_rad
        elif (x1 - x0) > (y1 - y0):
            yaw = math.pi / 2
        spot = self._make(model, (x, y, 0.001), yaw, size, color)
        half_x, half_y = 0.5 * (spot.rect[2] - spot.rect[0]), 0.5 * (spot.rect[3] - spot.rect[1])
        x = float(np.clip(x, x0 + half_x, max(x0 + half_x, x1 - half_x)))
        y = float(np.clip(y, y0 + half_y, max(y0 + half_y, y1 - half_y)))
        spot = self._make(model, (x, y, 0.001), yaw, size, color)
        self.placed.append(spot)
        return spot

    def at(
        self, name: str, x: float, y: float, yaw: float = 0.0, *, tucked: bool = False
    ) -> Placed | None:
        """Stand a piece at a place if nothing is there; ``tucked`` lets it reach under others."""
        model, size, color = self._draw(name, vary=False)
        spot = self._make(model, (x, y, model.mount_m or 0.0), yaw, size, color)
        under = self._nearest(spot) if tucked else None
        if not self._fits(spot, 0.0, under):
            return None
        self.placed.append(spot)
        return spot

    def size_of(self, name: str) -> tuple[float, float, float]:
        """Return the usual depth, width and height of a model [m]."""
        return CATALOGUE[name].size

    def keep_clear(self, zone: Rect) -> None:
        """Let nothing stand on a part of the floor."""
        self.clear.append(zone)

    def make_passable(self) -> None:
        """Take away the newest pieces until a robot reaches every door and the free floor."""
        while not is_walkable(self.inner, self._doors, self.placed):
            solid = [p for p in self.placed if not p.model.flat and p.z < HEAD_M
                     and p.model.mount_m is None]  # fmt: skip
            if not solid:
                return
            last = solid[-1]
            self.placed = [p for p in self.placed if p is not last and not _stands_on(p, last)]

    def _nearest(self, spot: Placed) -> Placed | None:
        others = [p for p in self.placed if overlaps(p.rect, spot.rect)]
        return min(others, key=lambda p: math.dist((p.x, p.y), (spot.x, spot.y)), default=None)

    # Choice --------------------------------------------------------------------------------

    def match_color(self, *names: str) -> None:
        """Give several models one colour in this room, as a fitted kitchen has."""
        color = str(self.rng.choice(CATALOGUE[names[0]].colors))
        self._colors.update(dict.fromkeys(names, color))

    def _draw(
        self, name: str, *, vary: bool = True
    ) -> tuple[Model, tuple[float, float, float], str]:
        model = CATALOGUE[name]
        scale = (
            1.0 if model.mount_m is not None or not vary else float(self.rng.uniform(0.96, 1.04))
        )
        color = str(self.rng.choice(model.colors)) if model.colors else ''
        color = self._colors.setdefault(name, color)  # one set of chairs, not five single ones
        d, w, h = (round(v * scale, 3) for v in model.size)
        return model, (d, w, h), color

    def _make(
        self,
        model: Model,
        at: tuple[float, float, float],
        yaw: float,
        size: tuple[float, float, float],
        color: str,
    ) -> Placed:
        yaw = math.remainder(float(yaw), 2 * math.pi)
        x, y, z = (round(float(v), 3) for v in at)
        return Placed(model=model, x=x, y=y, z=z, yaw_rad=round(yaw, 6), size=size, color=color)

    def _wall_spots(
        self, model: Model, size: tuple[float, float, float], color: str
    ) -> Iterator[Placed]:
        x0, y0, x1, y1 = self.inner
        gap = 0.5 * size[0] + (0.003 if model.mount_m is not None else 0.02)
        z = model.mount_m or 0.0
        half = 0.5 * size[1]
        for yaw, low, high in ((0.0, y0, y1), (math.pi, y0, y1), (math.pi / 2, x0, x1),
                               (-math.pi / 2, x0, x1)):  # fmt: skip
            axis = 1 if abs(math.cos(yaw)) > 0.5 else 0
            ends = [p.rect[axis] - half for p in self.placed]
            ends += [p.rect[axis + 2] + half for p in self.placed]
            steps = [*np.arange(low + half + 0.02, high - half, 0.1), high - half - 0.02, *ends]
            for t in steps:
                if not low + half <= t <= high - half:
                    continue
                if axis == 1:
                    x = x0 + gap if yaw == 0.0 else x1 - gap
                    yield self._make(model, (x, float(t), z), yaw, size, color)
                else:
                    y = y0 + gap if yaw > 0.0 else y1 - gap
                    yield self._make(model, (float(t), y, z), yaw, size, color)

    def _backs_on_room(self, spot: Placed) -> bool:
        """Whether there is a room behind the wall at the back of a piece."""
        x0, y0, x1, y1 = spot.ahead(-0.5, -0.4, 0.9 * spot.size[1])
        return any(room.contains(x, y) for room in self.rooms for x in (x0, x1) for y in (y0, y1))

    def _best(
        self, options: Sequence[Placed], *, front_m: float, near: Placed | None
    ) -> Placed | None:
        noise = self.rng.random(len(options))
        if near is not None:
            cost = [math.dist((p.x, p.y), (near.x, near.y)) for p in options]
            order = np.lexsort((noise, np.round(cost, 2)))
        else:
            order = np.argsort(noise)
        tries = 0
        for i in (int(k) for k in order):
            if self._fits(options[i], front_m) and is_backed(options[i], self._solid):
                tries += 1
                if self._accept(options[i], front_m=front_m):
                    return options[i]
                if tries == 8:
                    break
        return None

    def _slack(self, spot: Placed) -> float:
        """Return the distance to the nearest wall or piece [m]."""
        a, (x0, y0, x1, y1) = spot.rect, self.inner
        gaps = [a[0] - x0, a[1] - y0, x1 - a[2], y1 - a[3]]
        for b in [*(p.rect for p in self.placed if not p.model.flat), *self._doors]:
            dx, dy = max(b[0] - a[2], a[0] - b[2]), max(b[1] - a[3], a[1] - b[3])
            gaps.append(max(dx, dy) if max(dx, dy) <= 0 else math.hypot(max(dx, 0), max(dy, 0)))
        return min(gaps)

    # Checks --------------------------------------------------------------------------------

    def _fits(self, spot: Placed, front_m: float, ignore: Placed | None = None) -> bool:
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

    def _accept(self, spot: Placed, *, front_m: float, ignore: Placed | None = None) -> bool:
        if not self._fits(spot, front_m, ignore):
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


#: Furnishes one room, knowing the kinds of all rooms of the storey.
Recipe = Callable[[RoomLayout, frozenset[str]], None]


def _stands_on(piece: Placed, host: Placed) -> bool:
    return abs(piece.z - host.top) < 0.01 and overlaps(piece.rect, host.rect)


def _beside(a: Placed, b: Placed) -> float:
    """Return the distance of two middles along the wall at their backs [m]."""
    dx, dy = a.x - b.x, a.y - b.y
    return abs(-math.sin(b.yaw_rad) * dx + math.cos(b.yaw_rad) * dy)
