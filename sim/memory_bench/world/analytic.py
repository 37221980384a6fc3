"""What of a world matters to a robot that is not drawn: floors, walls, things, lines of sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory_bench.world.obstacles import Barrier, Footprint, Obstacles, rectangles
from memory_sim.engines.base import Instance, Region, Vector3
from memory_sim.render.structure import wall_boxes
from memory_sim.world.model import DOOR, Room, Wall, World, WorldObject

__all__ = ['EYE_M', 'Flight', 'Ground', 'Storey', 'instance_of']

FloatArray = NDArray[np.float64]

#: Height of the camera, of the robot, and of what it drives over [m].
EYE_M = 1.2
_ROBOT_HEIGHT_M = 1.4
_STEP_M = 0.04
#: Things at least this high, from the floor up, hide what is behind them [m].
_OPAQUE_M = 1.3
#: Sight ends this far before a thing's middle, so that a wall it hangs on does not hide it [m].
_SURFACE_M = 0.2


def instance_of(thing: WorldObject) -> Instance:
    """Return the ground truth of an object: its axis-aligned box and attributes."""
    c, s = abs(math.cos(thing.yaw_rad)), abs(math.sin(thing.yaw_rad))
    depth, width, height = thing.size
    x, y, z = thing.position
    return Instance(
        id=thing.id,
        label=thing.label,
        center=(x, y, z + 0.5 * height),
        extent=(c * depth + s * width, s * depth + c * width, height),
        region_id=thing.region_id,
        attributes=dict(thing.attributes),
    )


def _footprint(thing: WorldObject) -> Footprint:
    return Footprint(
        x=thing.position[0],
        y=thing.position[1],
        yaw_rad=thing.yaw_rad,
        half_length_m=0.5 * thing.size[0],
        half_width_m=0.5 * thing.size[1],
        owner=thing.id,
    )


class Flight(NamedTuple):
    """A way between two storeys: the numbers of their floors, its ends, its length [m]."""

    lower_floor: int
    upper_floor: int
    foot: Vector3
    head: Vector3
    length_m: float


class Storey:
    """One floor of a world: where a robot fits on it, and what hides what."""

    def __init__(self, world: World, floor: int) -> None:
        """Collect the walls and things of a floor that has at least one room."""
        self.floor = floor
        self.rooms: tuple[Room, ...] = tuple(r for r in world.rooms if r.floor == floor)
        self._walls = [w for w in world.walls if w.floor == floor]
        self.elevation_m = min(room.elevation_m for room in self.rooms)
        top = self.elevation_m + max(room.height_m for room in self.rooms)
        self.things = tuple(
            t
            for t in world.objects
            if self.elevation_m - 0.5 <= t.position[2] < top or t.region_id in self._room_ids
        )
        body, sight = [], []
        for wall in self._walls:
            for start, end, low, high in wall_boxes(wall):
                band = rectangles(wall.point(start), wall.point(end), 0.5 * wall.thickness_m)
                if low < _ROBOT_HEIGHT_M and high > _STEP_M:
                    body += band
                if low <= EYE_M <= high:
                    sight += band
        for thing in self.things:
            bottom = thing.position[2] - self.elevation_m
            if bottom < _ROBOT_HEIGHT_M and bottom + thing.size[2] > _STEP_M:
                body.append(_footprint(thing))
            if bottom < 0.5 and bottom + thing.size[2] >= _OPAQUE_M:
                sight.append(_footprint(thing))
        #: What the robot runs into, and what it cannot look through.
        self.body: Barrier = Obstacles(body)
        self.sight: Barrier = Obstacles(sight)

    @cached_property
    def passages(self) -> FloatArray:
        """(P, 2) places in narrow ways, which a lattice would miss [m]."""
        return np.array(list(_doorways(self._walls))).reshape(-1, 2)

    @cached_property
    def _room_ids(self) -> frozenset[int]:
        return frozenset(room.id for room in self.rooms)

    def room_index(self, points: FloatArray) -> NDArray[np.int64]:
        """Return for (P, 2) points the index of the room each is in, -1 outside."""
        found = np.full(len(points), -1, np.int64)
        for index, room in enumerate(self.rooms):
            x0, y0, x1, y1 = room.bounds
            x, y = points[:, 0], points[:, 1]
            maybe = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1) & (found < 0)
            rows = np.flatnonzero(maybe)
            found[rows[_in_polygon(points[rows], room.polygon)]] = index
        return found

    def free(self, points: FloatArray, radius_m: float) -> NDArray[np.bool_]:
        """Say at which (P, 2) points a robot of this radius stands in a room, touching nothing."""
        free = self.room_index(points) >= 0
        rows = np.flatnonzero(free)
        free[rows] = ~self.body.inside(points[rows], pad_m=radius_m)
        return free


def _doorways(walls: Sequence[Wall]) -> Iterator[tuple[float, float]]:
    """Yield the middle of each doorway and a point on either side."""
    for wall in walls:
        (x0, y0), (x1, y1) = wall.start, wall.end
        nx, ny = -(y1 - y0) / wall.length_m, (x1 - x0) / wall.length_m
        for opening in (o for o in wall.openings if o.kind == DOOR):
            x, y = wall.point(opening.offset_m)
            for away in (-0.6, -0.35, 0.0, 0.35, 0.6):
                yield x + away * nx, y + away * ny


def _in_polygon(points: FloatArray, polygon: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(points), bool)
    x, y = points[:, 0], points[:, 1]
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if ay == by:
            continue
        crosses = (ay > y) != (by > y)
        inside ^= crosses & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return inside


class Ground:
    """The whole world: storeys, instances by id, regions, and lines of sight between them."""

    #: What went wrong while looking at it.
    note = ''

    def __init__(self, world: World) -> None:
        """Read a world; a fraction of a second for a large one."""
        self.world = world
        self.storeys: tuple[Storey, ...] = tuple(self._storeys())
        self.instances: tuple[Instance, ...] = self._instances()
        self.regions: Mapping[int, Region] = {r.id: r.as_region() for r in world.rooms}
        self.rooms: Mapping[int, Room] = {r.id: r for r in world.rooms}
        self._hosts: dict[tuple[int, Vector3], int] = {}

    def _storeys(self) -> Iterator[Storey]:
        for floor in sorted({room.floor for room in self.world.rooms}):
            yield Storey(self.world, floor)

    def _instances(self) -> tuple[Instance, ...]:
        return tuple(instance_of(t) for t in self.world.objects)

    @cached_property
    def flights(self) -> tuple[Flight, ...]:
        """The stairs."""
        return tuple(
            Flight(s.lower_floor, s.upper_floor, s.foot, s.head, math.dist(s.foot, s.head))
            for s in self.world.stairs
        )

    @cached_property
    def size_m(self) -> float:
        """Longer side of the world's bounds."""
        x0, y0, x1, y1 = self.world.bounds
        return max(x1 - x0, y1 - y0)

    @property
    def outdoors(self) -> bool:
        """Whether most of the ground is under the sky."""
        open_m2 = sum(r.area_m2 for r in self.world.rooms if r.outdoor)
        return open_m2 > 0.5 * sum(r.area_m2 for r in self.world.rooms)

    def storey_at(self, z: float) -> Storey:
        """Return the storey whose floor is nearest to a height [m]."""
        return min(self.storeys, key=lambda s: (abs(s.elevation_m - z), s.floor))

    def regions_at(self, points: FloatArray) -> NDArray[np.int64]:
        """Return for (P, 3) points of the floor the id of the region of each; 0 for none."""
        found = np.zeros(len(points), np.int64)
        levels = np.array([s.elevation_m for s in self.storeys])
        nearest = np.abs(points[:, 2:] - levels).argmin(axis=1)
        for number, storey in enumerate(self.storeys):
            rows = np.flatnonzero(nearest == number)
            index = storey.room_index(points[rows, :2])
            ids = np.array([0, *(room.id for room in storey.rooms)])
            found[rows] = ids[index + 1]
        return found

    def sees(self, eyes: FloatArray, instance: Instance, *, range_m: float) -> NDArray[np.bool_]:
        """
        Say from which (P, 3) places of the floor a thing is close and not hidden.

        The camera may look anywhere; the distance is taken to the thing's box.
        """
        storey = self.storey_at(instance.center[2] - 0.5 * instance.extent[2] + 0.01)
        storey = self._storey_of(instance, storey)
        seen = np.abs(eyes[:, 2] - storey.elevation_m) < 0.5
        gap = np.abs(eyes[:, :2] - instance.center[:2]) - 0.5 * np.array(instance.extent[:2])
        seen &= np.hypot(*np.maximum(gap, 0.0).T) <= range_m
        rows = np.flatnonzero(seen)
        seen[rows] = self._clear(storey, eyes[rows], instance)
        return seen

    def pictured(self, eyes: FloatArray, yaw_rad: FloatArray) -> list[frozenset[int]] | None:
        """
        Return for (P, 3) places and (P,) headings which instances a picture shows.

        None where no pictures are drawn, and lines of sight have to say.
        """
        del eyes, yaw_rad
        return None

    def _storey_of(self, instance: Instance, default: Storey) -> Storey:
        room = self.rooms.get(instance.region_id)
        if room is None:
            return default
        return next(s for s in self.storeys if s.floor == room.floor)

    def _clear(self, storey: Storey, eyes: FloatArray, instance: Instance) -> NDArray[np.bool_]:
        host = self._host(storey, instance)
        eyes = eyes[:, :2]
        clear = np.zeros(len(eyes), bool)
        for point in _marks(instance):
            way = point - eyes
            length = np.linalg.norm(way, axis=1, keepdims=True)
            short = np.maximum(length - _SURFACE_M, 0.0) / np.maximum(length, 1e-9)
            ignore = np.tile(np.array([instance.id, host]), (len(eyes), 1))
            clear |= ~storey.sight.blocked(eyes, eyes + short * way, ignore=ignore)
        return clear

    def _host(self, storey: Storey, instance: Instance) -> int:
        """Return the thing that this one stands on or in."""
        key = (instance.id, instance.center)
        if key not in self._hosts:
            x, y, _ = instance.center
            self._hosts[key] = storey.sight.holder(x, y, instance.id)
        return self._hosts[key]


def _marks(instance: Instance) -> Iterable[FloatArray]:
    """Yield points of a thing to look at: its middle, and its ends where it is long."""
    center, extent = np.array(instance.center[:2]), instance.extent
    yield center
    if max(extent[:2]) > 0.8:
        axis = np.array([1.0, 0.0]) if extent[0] >= extent[1] else np.array([0.0, 1.0])
        for sign in (-0.4, 0.4):
            yield center + sign * max(extent[:2]) * axis
