"""A building while it is planned: rectangles, what joins them, and the walls that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from memory_sim.furniture.finishes import windows_of
from memory_sim.world.floor_plan import Edge, edges_between, outer_edges, Rect, Space, WALL_M
from memory_sim.world.model import DOOR, Opening, Stairs, Wall, WINDOW

__all__ = [
    'ARCH',
    'BOUNDLESS',
    'DOOR_M',
    'OPEN',
    'PORTAL',
    'RAIL',
    'Join',
    'Sketch',
    'add_row',
    'cut',
    'name_rooms',
]

#: Usual width of an inner door [m].
DOOR_M = 1.0
_RAIL_M = 1.0
#: Shortest stretch of wall that takes a door with its frame on both sides [m].
_FRAME_M = 0.25
_NARROWEST_M = 0.8


class Join(NamedTuple):
    """How two spaces are joined along the wall they share."""

    #: ``door``, ``open`` (no wall), ``rail`` (a half-high wall), ``none`` (nothing at all).
    style: str = 'door'
    width_m: float = DOOR_M
    top_m: float = 2.1


#: A wide passage without a door leaf, a double door, no wall, a railing.
ARCH = Join('door', 2.2, 2.45)
PORTAL = Join('door', 1.7, 2.2)
OPEN = Join('open')
RAIL = Join('rail')
#: Parts of one hall: not even a post between them.
BOUNDLESS = Join('none')


@dataclass(slots=True)
class Sketch:
    """Spaces of one building, all with their corners at whole centimetres."""

    spaces: list[Space] = field(default_factory=list)
    joins: dict[tuple[int, int], Join] = field(default_factory=dict)
    stairs: list[Stairs] = field(default_factory=list)
    #: From floor to floor where there are several storeys [m].
    storey_m: float = 0.0

    def add(self, kind: str, name: str, rect: Rect, **more: float | int | bool) -> int:
        """Add a space and return its number; ``more`` are fields of ``Space``."""
        x0, y0, x1, y1 = (round(float(v), 2) for v in rect)
        self.spaces.append(Space(kind=kind, name=name, rect=(x0, y0, x1, y1), **more))  # type: ignore[arg-type]
        return len(self.spaces) - 1

    def join(self, a: int, b: int, how: Join | None = None) -> None:
        """Join two spaces; by an ordinary door if nothing is said."""
        self.joins[min(a, b), max(a, b)] = how or Join()

    def rename(self, index: int, name: str) -> None:
        """Give a space another name."""
        self.spaces[index] = replace(self.spaces[index], name=name)

    def shared_m(self, a: int, b: int) -> float:
        """Return the length of wall that two spaces of one storey share [m]."""
        one, two = self.spaces[a], self.spaces[b]
        if one.floor != two.floor:
            return 0.0
        return sum(_length(edge) for edge in edges_between(one.rect, two.rect))

    def hall_of(self, index: int) -> int:
        """Return the first of the spaces that a space is one hall with: no wall between them."""
        seen, ahead = {index}, [index]
        while ahead:
            at = ahead.pop()
            for pair, join in self.joins.items():
                if join.style == 'open' and at in pair:
                    other = pair[0] if pair[1] == at else pair[1]
                    if other not in seen:
                        seen.add(other)
                        ahead.append(other)
        return min(seen)

    def add_stairs(self, rect: Rect, *, rise_m: float, floor: int = 0) -> tuple[int, int]:
        """Add a flight that climbs along +y; return its spaces on the lower and upper storey."""
        x0, y0, x1, y1 = rect
        low, high = floor * self.storey_m, floor * self.storey_m + rise_m
        x = round(0.5 * (x0 + x1), 2)
        self.stairs.append(
            Stairs(foot=(x, y0, low), head=(x, y1, high), width_m=round(x1 - x0 - 0.14, 2),
                   lower_floor=floor, upper_floor=floor + 1)
        )  # fmt: skip
        lower = self.add('staircase', 'stairs', rect, floor=floor, elevation_m=low)
        return lower, self.add('staircase', 'stairs', rect, floor=floor + 1, elevation_m=high,
                               void=True)  # fmt: skip

    def turn(self, rng: np.random.Generator) -> None:
        """Mirror and turn the plan by chance, so that equal plans lie differently."""
        flip_x, flip_y, swap = (bool(v) for v in rng.random(3) < 0.5)
        right = max(space.rect[2] for space in self.spaces)
        top = max(space.rect[3] for space in self.spaces)

        def moved(x: float, y: float) -> tuple[float, float]:
            x, y = (right - x if flip_x else x), (top - y if flip_y else y)
            return (round(y, 2), round(x, 2)) if swap else (round(x, 2), round(y, 2))

        for i, space in enumerate(self.spaces):
            (ax, ay), (bx, by) = moved(*space.rect[:2]), moved(*space.rect[2:])
            rect = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            self.spaces[i] = replace(space, rect=rect)
        for i, flight in enumerate(self.stairs):
            foot = (*moved(*flight.foot[:2]), flight.foot[2])
            head = (*moved(*flight.head[:2]), flight.head[2])
            self.stairs[i] = replace(flight, foot=foot, head=head)

    def walls(self, rng: np.random.Generator) -> tuple[Wall, ...]:
        """Return the walls of all storeys, with doors, and windows towards the outside."""
        walls: list[Wall] = []
        for i, a in enumerate(self.spaces):
            others = []
            for j, b in enumerate(self.spaces):
                if i == j or a.floor != b.floor or not _touch(a.rect, b.rect):
                    continue
                others.append(b.rect)
                if j > i:
                    walls += self._between(i, j, rng)
            if not a.outdoor:
                for edge in outer_edges(a.rect, others):
                    walls.append(
                        self._wall(edge, a, windows_of(a.kind, _length(edge), a.height_m))
                    )
        return tuple(walls)

    def _between(self, i: int, j: int, rng: np.random.Generator) -> Iterator[Wall]:
        a, b = self.spaces[i], self.spaces[j]
        join = self.joins.get((i, j))
        if (a.outdoor and b.outdoor) or (join and join.style == 'none'):
            return
        taller = max((a, b), key=lambda space: -1.0 if space.outdoor else space.height_m)
        edges = sorted(edges_between(a.rect, b.rect), key=lambda e: (-_length(e), e))
        for edge in edges:
            length = _length(edge)
            if join and join.style == 'rail':
                yield self._wall(edge, taller, (), height_m=_RAIL_M)
            elif join and join.style == 'open':
                yield self._wall(edge, taller, (_gap(length, taller.height_m),))
            elif join and edge == edges[0] and length > _NARROWEST_M + 2 * _FRAME_M:
                yield self._wall(edge, taller, (_door(rng, length, join, taller.height_m),))
            elif a.outdoor or b.outdoor:
                inside = b if a.outdoor else a
                openings = windows_of(inside.kind, length, inside.height_m)
                yield self._wall(edge, taller, openings)
            else:
                yield self._wall(edge, taller, ())

    def _wall(
        self, edge: Edge, space: Space, openings: Sequence[Opening], height_m: float = 0.0
    ) -> Wall:
        below = any(other.floor > space.floor for other in self.spaces)
        height = height_m or (max(space.height_m, self.storey_m) if below else space.height_m)
        fitting = tuple(o for o in openings if o.kind != WINDOW or o.top_m < height)
        return Wall(
            start=edge[0], end=edge[1], thickness_m=WALL_M, height_m=height, floor=space.floor,
            elevation_m=space.elevation_m, openings=fitting,
        )  # fmt: skip


def add_row(
    sketch: Sketch,
    kinds: Sequence[str],
    edges: Sequence[float],
    span: tuple[float, float],
    corridor: int,
    joins: dict[str, Join],
    *,
    upright: bool = False,
    rng: np.random.Generator | None = None,
    **more: float,
) -> list[int]:
    """
    Add rooms between successive edges, each with a door to the corridor.

    Parameters
    ----------
    sketch
        The plan.
    kinds
        One a room.
    edges
        One more than rooms: where they begin and end along the corridor [m].
    span
        Where the row begins and ends across the corridor [m].
    corridor
        The space that all doors lead to.
    joins
        How rooms of some kinds are joined, if not by an ordinary door.
    upright
        Whether the corridor runs along y.
    rng
        Shuffles the kinds, if given.
    more
        Further fields of ``Space``.

    """
    order = list(range(len(kinds)))
    if rng is not None:
        order = [int(i) for i in rng.permutation(len(kinds))]
    rooms = []
    for i, low, high in zip(order, edges, edges[1:], strict=False):
        rect = (low, span[0], high, span[1])
        if upright:
            rect = (span[0], low, span[1], high)
        room = sketch.add(kinds[i], '', rect, **more)
        sketch.join(room, corridor, joins.get(kinds[i]))
        rooms.append(room)
    return rooms


def name_rooms(sketch: Sketch) -> None:
    """Give rooms without a name their kind's, with a number where there are several."""
    totals: dict[str, int] = {}
    for space in sketch.spaces:
        if not space.name:
            totals[space.kind] = totals.get(space.kind, 0) + 1
    seen: dict[str, int] = {}
    for i, space in enumerate(sketch.spaces):
        if not space.name:
            seen[space.kind] = seen.get(space.kind, 0) + 1
            number = f' {seen[space.kind]}' if totals[space.kind] > 1 else ''
            sketch.rename(i, f'{space.kind}{number}')


def cut(
    rng: np.random.Generator, start: float, end: float, count: int, spread: float = 0.2
) -> list[float]:
    """Cut a length into ``count`` parts of similar, seeded sizes; return all edges [m]."""
    weights = rng.uniform(1.0 - spread, 1.0 + spread, max(1, count))
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    return [round(float(edge), 2) for edge in edges]


def _touch(a: Rect, b: Rect) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _length(edge: Edge) -> float:
    return abs(edge[1][0] - edge[0][0]) + abs(edge[1][1] - edge[0][1])


def _door(rng: np.random.Generator, length: float, join: Join, height_m: float) -> Opening:
    width = round(min(join.width_m, length - 2 * _FRAME_M), 2)
    margin = 0.5 * width + _FRAME_M
    offset = round(float(rng.uniform(margin, max(margin, length - margin))), 2)
    top = min(join.top_m, height_m - 0.1)
    return Opening(kind=DOOR, offset_m=offset, width_m=width, top_m=top)


def _gap(length: float, height_m: float) -> Opening:
    """Return the opening that takes a wall away and leaves a post at either end."""
    offset = round(0.5 * length, 3)
    return Opening(kind=DOOR, offset_m=offset, width_m=round(length - 0.04, 3), top_m=height_m)
