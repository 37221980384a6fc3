"""A home of two rooms: quick to build, quick to explore, enough to ask about."""

from __future__ import annotations

from pathlib import Path

from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.world.model import DOOR, Light, Opening, Room, Wall, World, WorldObject
from memory_sim.world.yaml_file import save_world

#: Model, x, y of the middle, heading in quarter turns, underside above the floor.
_THINGS = (
    ('sofa', 0.55, 2.0, 0, 0.0),
    ('tv stand', 3.6, 1.0, 2, 0.0),
    ('television', 3.6, 1.0, 2, 0.5),
    ('bookshelf', 1.2, 3.75, 3, 0.0),
    ('fireplace', 2.8, 0.3, 1, 0.0),
    ('plant', 0.45, 0.5, 0, 0.0),
    ('refrigerator', 7.5, 3.5, 2, 0.0),
    ('stove', 7.6, 2.5, 2, 0.0),
    ('kitchen sink', 7.6, 1.6, 2, 0.0),
    ('dining table', 5.6, 3.3, 1, 0.0),
    ('trash can', 4.4, 0.3, 1, 0.0),
)


def small_world() -> World:
    """Return a living room and a kitchen of 4 m x 4 m with a wide door between."""
    rooms = tuple(
        Room(
            id=i + 1,
            kind=kind,
            name=kind,
            polygon=((x, 0.0), (x + 4.0, 0.0), (x + 4.0, 4.0), (x, 4.0)),
        )
        for i, (kind, x) in enumerate((('living room', 0.0), ('kitchen', 4.0)))
    )
    corners = ((0.0, 0.0), (8.0, 0.0), (8.0, 4.0), (0.0, 4.0))
    outside = zip(corners, (*corners[1:], corners[0]), strict=True)
    door = Opening(kind=DOOR, offset_m=2.2, width_m=1.2)
    walls = [Wall(start=a, end=b) for a, b in outside]
    walls.append(Wall(start=(4.0, 0.0), end=(4.0, 4.0), openings=(door,)))
    things = tuple(
        WorldObject(
            id=i + 1,
            label=CATALOGUE[model].label,
            model=model,
            position=(x, y, z),
            yaw_rad=quarters * 1.5707963,
            size=CATALOGUE[model].size,
            region_id=1 if x < 4.0 else 2,
        )
        for i, (model, x, y, quarters, z) in enumerate(_THINGS)
    )
    lights = tuple(Light(position=(x, 2.0, 2.5)) for x in (2.0, 6.0))
    return World(
        name='two rooms',
        kind='apartment',
        rooms=rooms,
        walls=tuple(walls),
        objects=things,
        lights=lights,
    )


def write_small_world(folder: Path) -> Path:
    """Write the world's file and return its path."""
    path = folder / 'two_rooms.yaml'
    save_world(small_world(), path)
    return path
