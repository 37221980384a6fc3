"""
What a world is made of: rooms, walls with openings, objects and lights.

A world says nothing of meshes or pictures: the same description can be drawn with furniture of
different sources and by different engines. All geometry is in the frame ``map``, in metres and
radians.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math

from memory_sim.engines.base import Region, Vector3
from memory_sim.world.affordances import uses_of_region
from memory_sim.world.errors import require, require_color, require_finite
from memory_sim.world.sign import Sign

__all__ = [
    'DOOR',
    'WINDOW',
    'Light',
    'Opening',
    'Room',
    'Stairs',
    'Sun',
    'Wall',
    'World',
    'WorldObject',
]

DOOR = 'door'
WINDOW = 'window'

Point2 = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A region of the floor, with the finish of its surfaces."""

    id: int
    #: For example ``kitchen``.
    kind: str
    name: str
    #: Floor polygon [m], counter-clockwise, without repeating the first corner.
    polygon: tuple[Point2, ...]
    #: Storey, 0 at the ground.
    floor: int = 0
    #: Height of the floor above the origin and of the ceiling above the floor [m].
    elevation_m: float = 0.0
    height_m: float = 2.6
    floor_texture: str = 'planks'
    floor_color: str = 'oak'
    wall_texture: str = 'plaster'
    wall_color: str = 'white'
    ceiling: bool = True
    #: Whether its floor is drawn; a stairwell's upper storey has none.
    floor_surface: bool = True
    #: Whether it lies under the open sky.
    outdoor: bool = False

    def __post_init__(self) -> None:
        require(self.id > 0, 'room id', self.id, 'a positive integer')
        require(bool(self.kind), 'room kind', self.kind, 'a name')
        require(len(self.polygon) >= 3, 'polygon', self.polygon, 'at least three corners')
        for corner in self.polygon:
            require_finite('polygon', corner)
        require(self.area_m2 > 0.0, 'polygon', self.polygon, 'counter-clockwise corners')
        require(0.5 < self.height_m < 50.0, 'height_m', self.height_m, 'a height in (0.5, 50)')
        require_color('floor_color', self.floor_color)
        require_color('wall_color', self.wall_color)

    @property
    def area_m2(self) -> float:
        """Signed area of the polygon, positive when counter-clockwise."""
        shifted = (*self.polygon[1:], self.polygon[0])
        pairs = zip(self.polygon, shifted, strict=True)
        return 0.5 * sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y [m]."""
        xs, ys = zip(*self.polygon, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def center(self) -> Point2:
        """Middle of the bounds [m]."""
        x0, y0, x1, y1 = self.bounds
        return 0.5 * (x0 + x1), 0.5 * (y0 + y1)

    def contains(self, x: float, y: float) -> bool:
        """Whether (x, y) lies inside the polygon."""
        inside = False
        for (x0, y0), (x1, y1) in zip(
            self.polygon, (*self.polygon[1:], self.polygon[0]), strict=True
        ):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
        return inside

    def as_region(self) -> Region:
        """Return the ground truth of this room."""
        return Region(
            id=self.id, kind=self.kind, name=self.name, polygon=self.polygon, floor=self.floor,
            elevation_m=self.elevation_m, **uses_of_region(self.kind)._asdict(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A door or window in a wall."""

    kind: str
    #: Distance of the opening's middle from the wall's start [m].
    offset_m: float
    width_m: float = 0.9
    #: Lower and upper edge above the floor [m].
    bottom_m: float = 0.0
    top_m: float = 2.1

    def __post_init__(self) -> None:
        require(self.kind in (DOOR, WINDOW), 'opening kind', self.kind, 'door or window')
        numbers = (self.offset_m, self.width_m, self.bottom_m, self.top_m)
        require_finite('opening', numbers)
        require(self.width_m > 0.0, 'width_m', self.width_m, 'a positive width')
        require(0.0 <= self.bottom_m < self.top_m, 'bottom_m', self.bottom_m, 'less than top_m')


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A straight wall along its centre line."""

    start: Point2
    end: Point2
    thickness_m: float = 0.12
    height_m: float = 2.6
    elevation_m: float = 0.0
    floor: int = 0
    openings: tuple[Opening, ...] = ()

    def __post_init__(self) -> None:
        require_finite('wall', (*self.start, *self.end))
        require(self.length_m > 1e-6, 'wall end', self.end, 'a point away from start')
        require(0.0 < self.thickness_m < 2.0, 'thickness_m', self.thickness_m, 'in (0, 2)')
        edge = 0.0
        for opening in sorted(self.openings, key=lambda o: o.offset_m):
            require(
                opening.offset_m - 0.5 * opening.width_m >= edge - 1e-6,
                'opening offset_m',
                opening.offset_m,
                'openings inside the wall that do not overlap',
            )
            edge = opening.offset_m + 0.5 * opening.width_m
            require(opening.top_m <= self.height_m, 'top_m', opening.top_m, 'below the ceiling')
        require(edge <= self.length_m + 1e-6, 'openings', edge, 'openings inside the wall')

    @property
    def length_m(self) -> float:
        """Length of the centre line."""
        return math.dist(self.start, self.end)

    def point(self, offset_m: float) -> Point2:
        """Return the point of the centre line at this distance from the start [m]."""
        t = offset_m / self.length_m
        (x0, y0), (x1, y1) = self.start, self.end
        return x0 + t * (x1 - x0), y0 + t * (y1 - y0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldObject:
    """A thing in the world: which model, where, how large, of what colour."""

    id: int
    #: The plain English name that people and detectors use.
    label: str
    #: Entry of the furniture catalogue.
    model: str
    #: Middle of the underside [m].
    position: Vector3
    #: Heading of the front, about z [rad].
    yaw_rad: float = 0.0
    #: Full size along the model's own axes: depth (x, front is +x), width (y), height (z) [m].
    size: Vector3 = (1.0, 1.0, 1.0)
    #: A name in ``memory_sim.world.colors``, or empty for the model's own colours.
    color: str = ''
    material: str = ''
    region_id: int = 0

    def __post_init__(self) -> None:
        require(self.id > 0, 'object id', self.id, 'a positive integer')
        require(bool(self.label), 'label', self.label, 'a name')
        require_finite('position', self.position)
        require_finite('yaw_rad', (self.yaw_rad,))
        require_finite('size', self.size)
        require(min(self.size) > 0.0, 'size', self.size, 'three positive lengths')
        if self.color:
            require_color('color', self.color)

    @property
    def attributes(self) -> Mapping[str, str]:
        """What a description may say of the thing, besides its label."""
        pairs = {'color': self.color, 'material': self.material}
        return {key: value for key, value in pairs.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A lamp that shines downwards from the ceiling."""

    position: Vector3
    #: Brightness relative to an ordinary ceiling lamp.
    power: float = 1.0
    color: str = 'warm white'

    def __post_init__(self) -> None:
        require_finite('light position', self.position)
        require(self.power > 0.0, 'power', self.power, 'a positive number')
        require_color('light color', self.color)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """Daylight: where the sun stands, as seen from the world."""

    azimuth_rad: float = 0.8
    elevation_rad: float = 0.9
    #: Brightness relative to a clear noon.
    power: float = 1.0

    def __post_init__(self) -> None:
        require_finite('sun', (self.azimuth_rad, self.elevation_rad, self.power))
        require(
            0.05 < self.elevation_rad < 1.58, 'elevation_rad', self.elevation_rad, 'above 0.05'
        )
        require(self.power > 0.0, 'power', self.power, 'a positive number')


@dataclass(frozen=True, slots=True, kw_only=True)
class Stairs:
    """
    A straight flight between two storeys, which a robot takes at its mean slope.

    Both storeys count its strip of floor as theirs; halfway up, a robot passes from the lower to
    the upper one.
    """

    #: Middle of its lowest and of its highest edge [m].
    foot: Vector3
    head: Vector3
    width_m: float = 1.1
    #: The storeys it joins.
    lower_floor: int = 0
    upper_floor: int = 1

    def __post_init__(self) -> None:
        require_finite('stairs', (*self.foot, *self.head))
        require(self.run_m > 0.1, 'stairs head', self.head, 'a point away from the foot')
        require(self.head[2] > self.foot[2], 'stairs head', self.head, 'a point above the foot')
        require(self.width_m > 0.0, 'width_m', self.width_m, 'a positive width')

    @property
    def run_m(self) -> float:
        """Horizontal length."""
        return math.dist(self.foot[:2], self.head[:2])

    @property
    def middle(self) -> Vector3:
        """Where the storeys meet [m]."""
        x, y, z = (0.5 * (a + b) for a, b in zip(self.foot, self.head, strict=True))
        return x, y, z

    @property
    def outline(self) -> tuple[Point2, ...]:
        """Corners of its strip of floor, counter-clockwise [m]."""
        (x0, y0, _), (x1, y1, _) = self.foot, self.head
        half = 0.5 * self.width_m / self.run_m
        dx, dy = half * (y1 - y0), half * (x0 - x1)
        return (x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)

    def height_at(self, x: float, y: float) -> float | None:
        """Return the height of the flight at (x, y) [m], or None beside it."""
        (x0, y0, z0), (x1, y1, z1) = self.foot, self.head
        ux, uy = (x1 - x0) / self.run_m, (y1 - y0) / self.run_m
        along = (x - x0) * ux + (y - y0) * uy
        across = (y - y0) * ux - (x - x0) * uy
        if abs(across) > 0.5 * self.width_m or not 0.0 <= along <= self.run_m:
            return None
        return z0 + along / self.run_m * (z1 - z0)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A whole world. Ids are unique; every object names an existing room, or 0 for none."""

    name: str
    kind: str
    seed: int = 0
    rooms: tuple[Room, ...] = ()
    walls: tuple[Wall, ...] = ()
    objects: tuple[WorldObject, ...] = ()
    lights: tuple[Light, ...] = ()
    stairs: tuple[Stairs, ...] = ()
    signs: tuple[Sign, ...] = ()
    #: None: no daylight but through windows.
    sun: Sun | None = None

    def __post_init__(self) -> None:
        require(bool(self.rooms), 'rooms', self.rooms, 'at least one room')
        room_ids = [room.id for room in self.rooms]
        require(len(set(room_ids)) == len(room_ids), 'room ids', room_ids, 'unique ids')
        ids = [thing.id for thing in self.objects]
        require(len(set(ids)) == len(ids), 'object ids', ids, 'unique ids')
        known = {0, *room_ids}
        for thing in self.objects:
            require(thing.region_id in known, 'region_id', thing.region_id, 'a room id or 0')
        for sign in self.signs:
            require(sign.room_id in known, 'sign room_id', sign.room_id, 'a room id or 0')
        floors = {room.floor for room in self.rooms}
        for flight in self.stairs:
            pair = (flight.lower_floor, flight.upper_floor)
            require(floors.issuperset(pair), 'stairs floors', pair, 'storeys of the world')

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest x, smallest y, largest x, largest y of all rooms [m]."""
        x0, y0, x1, y1 = zip(*(room.bounds for room in self.rooms), strict=True)
        return min(x0), min(y0), max(x1), max(y1)

    @property
    def elevations(self) -> Mapping[int, float]:
        """Height of each storey's floor [m], from the lowest up."""
        found: dict[int, float] = {}
        for room in self.rooms:
            found.setdefault(room.floor, room.elevation_m)
        return dict(sorted(found.items()))

    def room_at(self, x: float, y: float, floor: int = 0) -> Room | None:
        """Return the room whose polygon holds (x, y), if any."""
        for room in self.rooms:
            if room.floor == floor and room.contains(x, y):
                return room
        return None
