"""Raises a building from its plan: rooms, walls, light, furniture, windows and stairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
import math

import numpy as np

from memory_sim.furniture.finishes import draw_finish, draw_sun, light_room, SAME_LOOK
from memory_sim.furniture.footprints import Placed
from memory_sim.furniture.furnishing import furnish, missing_essentials
from memory_sim.world.floor_plan import as_room
from memory_sim.world.model import Room, Wall, WINDOW, World, WorldObject
from memory_sim.world.plan import Sketch

__all__ = ['ATTEMPTS', 'build', 'place_objects']

#: Plans that are drawn until one has room for all that its rooms need.
ATTEMPTS = 5


def build(
    kind: str, plan: Callable[[np.random.Generator, str], Sketch], size: str,
    rng: np.random.Generator,
) -> World:  # fmt: skip
    """Return the best of a few tries to plan, enclose and furnish a building."""
    best: tuple[int, World] | None = None
    for child in rng.spawn(ATTEMPTS):
        sketch = plan(child, size)
        world = _shell(kind, sketch, child)
        furniture = []
        for room in world.rooms:
            rooms = [r for r in world.rooms if r.floor == room.floor]
            walls = [w for w in world.walls if w.floor == room.floor]
            furniture.append(furnish(room, rooms, walls, child))
        missing = sum(map(len, map(missing_essentials, world.rooms, furniture)))
        if best is None or missing < best[0]:
            best = missing, replace(world, objects=place_objects(world, furniture))
        if missing == 0:
            break
    assert best is not None
    return best[1]


def _shell(kind: str, sketch: Sketch, rng: np.random.Generator) -> World:
    """Return the building without furniture: rooms, walls, stairs, lamps and daylight."""
    rooms: list[Room] = []
    looks: dict[str, dict[str, str]] = {}
    for index, space in enumerate(sketch.spaces):
        if space.void:
            continue
        # Corridors of one building look alike, and so do the parts of one hall.
        part = str(sketch.hall_of(index))
        shared = looks.get(part) or (looks.get(space.kind) if space.kind in SAME_LOOK else None)
        finish = shared or draw_finish(space.kind, rng)
        looks[space.kind] = looks[part] = finish
        room = as_room(space, len(rooms) + 1, **finish)
        if any(v.void and v.rect == space.rect and v.floor > space.floor for v in sketch.spaces):
            room = replace(room, height_m=sketch.storey_m + space.height_m)
        rooms.append(room)
    lights = tuple(light for room in rooms for light in light_room(room, rng))
    outdoor = any(room.outdoor for room in rooms)
    return World(
        name=kind, kind=kind, rooms=tuple(rooms), walls=sketch.walls(rng), lights=lights,
        stairs=tuple(sketch.stairs), sun=draw_sun(rng) if outdoor else None,
    )  # fmt: skip


def place_objects(world: World, furniture: Sequence[Sequence[Placed]]) -> tuple[WorldObject, ...]:
    """Return all things of a world: furniture by room, windows and stairs."""
    placed = [
        (room, piece)
        for room, pieces in zip(world.rooms, furniture, strict=True)
        for piece in pieces
    ]
    objects = [_object(i + 1, room, piece) for i, (room, piece) in enumerate(placed)]
    objects += _windows(len(objects) + 1, world.rooms, world.walls)
    return (*objects, *_flights(len(objects) + 1, world))


def _flights(first_id: int, world: World) -> list[WorldObject]:
    """Return the stairs as things that can be seen and asked for."""
    flights = []
    for i, flight in enumerate(world.stairs):
        (x0, y0, z0), (x1, y1, z1) = flight.foot, flight.head
        room = world.room_at(*flight.middle[:2], flight.lower_floor)
        flights.append(
            WorldObject(
                id=first_id + i,
                label='stairs',
                model='stairs',
                position=(round(0.5 * (x0 + x1), 3), round(0.5 * (y0 + y1), 3), z0),
                yaw_rad=round(math.atan2(y0 - y1, x0 - x1), 6),
                size=(round(flight.run_m, 3), flight.width_m, round(z1 - z0, 3)),
                color=room.floor_color if room else '',
                material='wood',
                region_id=room.id if room else 0,
            )
        )
    return flights


def _object(object_id: int, room: Room, piece: Placed) -> WorldObject:
    return WorldObject(
        id=object_id,
        label=piece.model.label,
        model=piece.model.name,
        position=(piece.x, piece.y, round(room.elevation_m + piece.z, 3)),
        yaw_rad=piece.yaw_rad,
        size=piece.size,
        color=piece.color,
        material=piece.model.material,
        region_id=room.id,
    )


def _windows(first_id: int, rooms: Sequence[Room], walls: Sequence[Wall]) -> list[WorldObject]:
    """Return a pane for every window, its front towards the room."""
    windows: list[WorldObject] = []
    for wall in walls:
        (x0, y0), (x1, y1) = wall.start, wall.end
        nx, ny = -(y1 - y0) / wall.length_m, (x1 - x0) / wall.length_m
        for opening in (o for o in wall.openings if o.kind == WINDOW):
            x, y = wall.point(opening.offset_m)
            sides = ((s, r) for s in (1.0, -1.0) for r in rooms
                     if r.floor == wall.floor and not r.outdoor
                     and r.contains(x + 0.3 * s * nx, y + 0.3 * s * ny))  # fmt: skip
            side, room = next(sides)
            windows.append(
                WorldObject(
                    id=first_id + len(windows),
                    label='window',
                    model='window',
                    position=(
                        round(x, 3),
                        round(y, 3),
                        round(wall.elevation_m + opening.bottom_m, 3),
                    ),
                    yaw_rad=round(math.atan2(side * ny, side * nx), 6),
                    size=(0.06, opening.width_m, round(opening.top_m - opening.bottom_m, 3)),
                    color='white',
                    material='glass',
                    region_id=room.id,
                )
            )
    return windows
