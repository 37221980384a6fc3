"""Small worlds whose pictures and paths can be worked out by hand."""

from __future__ import annotations

from memory_sim.world.model import DOOR, Light, Opening, Room, Wall, World, WorldObject

#: A box in the middle of the far half of the room: near side at x = 3.5, top at z = 1.0.
BOX = WorldObject(
    id=7,
    label='box',
    model='cardboard box',
    position=(4.0, 2.0, 0.0),
    size=(1.0, 1.2, 1.0),
    color='red',
    material='cardboard',
    region_id=1,
)


def room_with(*objects: WorldObject) -> World:
    """Return one room of 6 m by 4 m, walls around it, its floor at z = 0."""
    corners = ((0.0, 0.0), (6.0, 0.0), (6.0, 4.0), (0.0, 4.0))
    walls = tuple(
        Wall(start=a, end=b) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
    return World(
        name='room',
        kind='test',
        rooms=(Room(id=1, kind='office', name='office', polygon=corners),),
        walls=walls,
        objects=objects,
        lights=(Light(position=(2.0, 2.0, 2.4)),),
    )


def two_rooms(door_width_m: float | None) -> World:
    """Return two rooms of 4 m by 4 m side by side, with or without a door between them."""
    polygons = (
        ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)),
        ((4.0, 0.0), (8.0, 0.0), (8.0, 4.0), (4.0, 4.0)),
    )
    openings: tuple[Opening, ...] = ()
    if door_width_m is not None:
        openings = (Opening(kind=DOOR, offset_m=3.0, width_m=door_width_m),)
    outline = ((0.0, 0.0), (8.0, 0.0), (8.0, 4.0), (0.0, 4.0))
    walls = [
        Wall(start=a, end=b) for a, b in zip(outline, (*outline[1:], outline[0]), strict=True)
    ]
    walls.append(Wall(start=(4.0, 0.0), end=(4.0, 4.0), openings=openings))
    return World(
        name='two rooms',
        kind='test',
        rooms=tuple(
            Room(id=i + 1, kind='office', name=f'office {i + 1}', polygon=polygon)
            for i, polygon in enumerate(polygons)
        ),
        walls=tuple(walls),
    )
