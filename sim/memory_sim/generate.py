"""Draw a whole world from a kind and a seed, the same one each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import math
import zlib

import numpy as np

from memory_sim.floor_plan import as_room, CEILING_M, enclose, plan_apartment
from memory_sim.footprints import Placed
from memory_sim.furnishing import furnish, missing_essentials
from memory_sim.worlds import Light, Room, Wall, WINDOW, World, WorldError, WorldObject

__all__ = ['WORLD_KINDS', 'generate_world']

#: Plans that are drawn until one has room for all that its rooms need.
_ATTEMPTS = 5
#: Floor, wall texture and colours that a kind of room may have.
_FINISHES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    'bathroom': (('small tiles', 'tiles', 'checker'), ('light blue', 'white', 'light gray'),
                 ('small tiles',), ('white', 'light blue', 'light green', 'cream')),
    'bedroom': (('carpet', 'planks'), ('beige', 'light gray', 'oak', 'light blue'),
                ('plaster', 'stripes', 'diamonds'),
                ('light blue', 'cream', 'pink', 'light green', 'beige')),
    'dining room': (('parquet', 'planks'), ('oak', 'walnut', 'cherry'),
                    ('plaster', 'diamonds', 'stripes'), ('cream', 'light green', 'terracotta')),
    'hallway': (('planks', 'tiles', 'parquet'), ('oak', 'light gray', 'pine'),
                ('plaster',), ('white', 'cream', 'light gray')),
    'kitchen': (('tiles', 'checker'), ('cream', 'light gray', 'terracotta', 'white'),
                ('plaster', 'tiles'), ('white', 'cream', 'yellow', 'light green')),
    'laundry room': (('tiles', 'small tiles'), ('light gray', 'white'),
                     ('plaster',), ('white', 'light blue')),
    'living room': (('planks', 'parquet'), ('oak', 'walnut', 'pine', 'cherry'),
                    ('plaster', 'stripes'), ('cream', 'white', 'beige', 'light green')),
    'study': (('parquet', 'carpet', 'planks'), ('oak', 'dark blue', 'gray', 'walnut'),
              ('plaster', 'bricks', 'stripes'), ('beige', 'white', 'light green', 'light blue')),
}  # fmt: skip


def generate_world(kind: str, seed: int) -> World:
    """
    Return the furnished world of this kind and seed.

    Parameters
    ----------
    kind
        One of ``WORLD_KINDS``.
    seed
        At least 0. Equal arguments give equal worlds, down to the byte of their file.

    Raises
    ------
    WorldError
        If the kind is unknown or the seed negative.

    """
    if kind not in _GENERATORS:
        raise WorldError(f'kind: expected one of {", ".join(WORLD_KINDS)}, got {kind!r}')
    if seed < 0:
        raise WorldError(f'seed: expected at least 0, got {seed!r}')
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    return _GENERATORS[kind](seed, rng)


def _apartment(seed: int, rng: np.random.Generator) -> World:
    world = None
    for child in rng.spawn(_ATTEMPTS):
        plan = plan_apartment(child)
        rooms = tuple(
            as_room(space, i + 1, **_finish(space.kind, child))
            for i, space in enumerate(plan.spaces)
        )
        walls = enclose(child, plan)
        furniture = [furnish(room, rooms, walls, child) for room in rooms]
        complete = not any(map(missing_essentials, rooms, furniture))
        if complete or world is None:
            lights = tuple(light for room in rooms for light in _lights(room, child))
            world = _assemble(seed, rooms, walls, furniture, lights)
        if complete:
            break
    assert world is not None
    return world


def _assemble(
    seed: int,
    rooms: tuple[Room, ...],
    walls: tuple[Wall, ...],
    furniture: Sequence[Sequence[Placed]],
    lights: tuple[Light, ...],
) -> World:
    placed = [
        (room, piece) for room, pieces in zip(rooms, furniture, strict=True) for piece in pieces
    ]
    objects = [_object(i + 1, room, piece) for i, (room, piece) in enumerate(placed)]
    objects += _windows(len(objects) + 1, rooms, walls)
    return World(
        name=f'apartment {seed}',
        kind='apartment',
        seed=seed,
        rooms=rooms,
        walls=walls,
        objects=tuple(objects),
        lights=lights,
    )


def _finish(kind: str, rng: np.random.Generator) -> dict[str, str]:
    names = ('floor_texture', 'floor_color', 'wall_texture', 'wall_color')
    chosen = (str(rng.choice(options)) for options in _FINISHES[kind])
    return dict(zip(names, chosen, strict=True))


def _object(object_id: int, room: Room, piece: Placed) -> WorldObject:
    return WorldObject(
        id=object_id,
        label=piece.model.label,
        model=piece.model.name,
        position=(piece.x, piece.y, piece.z),
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
                     if r.contains(x + 0.3 * s * nx, y + 0.3 * s * ny))  # fmt: skip
            side, room = next(sides)
            windows.append(
                WorldObject(
                    id=first_id + len(windows),
                    label='window',
                    model='window',
                    position=(round(x, 3), round(y, 3), opening.bottom_m),
                    yaw_rad=round(math.atan2(side * ny, side * nx), 6),
                    size=(0.06, opening.width_m, round(opening.top_m - opening.bottom_m, 3)),
                    color='white',
                    material='glass',
                    region_id=room.id,
                )
            )
    return windows


def _lights(room: Room, rng: np.random.Generator) -> list[Light]:
    x0, y0, x1, y1 = room.bounds
    count = max(1, math.ceil(max(x1 - x0, y1 - y0) / 5.0))
    color = 'cold white' if room.kind in ('bathroom', 'kitchen', 'study') else 'warm white'
    power = round(float(rng.uniform(0.85, 1.15)), 2)
    lights = []
    for i in range(count):
        t = (i + 0.5) / count
        x, y = (x0 + t * (x1 - x0), 0.5 * (y0 + y1))
        if y1 - y0 > x1 - x0:
            x, y = 0.5 * (x0 + x1), y0 + t * (y1 - y0)
        at = (round(x, 3), round(y, 3), CEILING_M - 0.12)
        lights.append(Light(position=at, power=power, color=color))
    return lights


_GENERATORS: Mapping[str, Callable[[int, np.random.Generator], World]] = {'apartment': _apartment}

#: Kinds of world that can be generated.
WORLD_KINDS = tuple(sorted(_GENERATORS))
