"""Put furniture into one room: against walls, around tables, on counters, never before doors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
import math

import numpy as np

from memory_sim.furniture.catalogue.home import CATALOGUE, Model
from memory_sim.furniture.footprints import overlaps, Placed, Rect
from memory_sim.furniture.room_space import RoomSpace
from memory_sim.world.model import Room, Wall

__all__ = ['Recipe', 'RoomLayout']


@dataclass(slots=True)
class RoomLayout:
    """The furniture of one rectangular room while it grows."""

    room: Room
    rooms: Sequence[Room]
    walls: Sequence[Wall]
    rng: np.random.Generator
    _space: RoomSpace = field(init=False)
    _colors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._space = RoomSpace(self.room, self.walls)

    @property
    def inner(self) -> Rect:
        """The floor between the walls: x0, y0, x1, y1 [m]."""
        return self._space.inner

    @property
    def placed(self) -> list[Placed]:
        """What stands and hangs here so far, in the order it came."""
        return self._space.placed

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
        return next((p for p in options if self._space.accept(p, front_m=0.0, ignore=other)), None)

    def in_middle(self, name: str, ease_m: float = 0.75) -> Placed | None:
        """Stand a piece where it has most room on all sides."""
        model, size, color = self._draw(name)
        options = []
        x0, y0, x1, y1 = self.inner
        for x in np.arange(x0 + 0.5, x1 - 0.5, 0.2):
            for y in np.arange(y0 + 0.5, y1 - 0.5, 0.2):
                for yaw in (0.0, math.pi / 2):
                    spot = self._make(model, (float(x), float(y), 0.0), yaw, size, color)
                    options.append((self._space.slack(spot), spot))
        options = [o for o in options if o[0] >= ease_m]
        options.sort(key=lambda o: -o[0])
        return next((p for _, p in options[:12] if self._space.accept(p, front_m=0.0)), None)

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
        return [s for s in seats[:count] if self._space.accept(s, front_m=0.0, ignore=table)]

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
        return [s for s in seats if self._space.accept(s, front_m=0.0, ignore=table)]

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
        under = self._space.beneath(spot) if tucked else None
        if not self._space.fits(spot, 0.0, under):
            return None
        self.placed.append(spot)
        return spot

    def size_of(self, name: str) -> tuple[float, float, float]:
        """Return the usual depth, width and height of a model [m]."""
        return CATALOGUE[name].size

    def keep_clear(self, zone: Rect) -> None:
        """Let nothing stand on a part of the floor."""
        self._space.clear.append(zone)

    def make_passable(self) -> None:
        """Take away the newest pieces until a robot reaches every door and the free floor."""
        self._space.make_passable()

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
            if self._space.fits(options[i], front_m) and self._space.is_backed(options[i]):
                tries += 1
                if self._space.accept(options[i], front_m=front_m):
                    return options[i]
                if tries == 8:
                    break
        return None


#: Furnishes one room, knowing the kinds of all rooms of the storey.
Recipe = Callable[[RoomLayout, frozenset[str]], None]


def _beside(a: Placed, b: Placed) -> float:
    """Return the distance of two middles along the wall at their backs [m]."""
    dx, dy = a.x - b.x, a.y - b.y
    return abs(-math.sin(b.yaw_rad) * dx + math.cos(b.yaw_rad) * dy)
