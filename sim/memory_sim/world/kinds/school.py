"""A school: classrooms around a courtyard, with gym, canteen and library at its corners."""

from __future__ import annotations

import numpy as np

from memory_sim.world.plan import add_row, cut, Join, name_rooms, OPEN, PORTAL, Sketch
from memory_sim.world.rooms_school import ESSENTIALS, RECIPES

__all__ = ['ESSENTIALS', 'RECIPES', 'plan']

_PASSAGE_M = 2.6
_HALL_M = 3.2
_JOINS = {
    **dict.fromkeys(('gym', 'canteen', 'library', 'entrance hall', 'auditorium'), PORTAL),
    **dict.fromkeys(('classroom', 'science lab', 'art room', 'music room', 'computer room'),
                    Join('door', 1.1)),
}  # fmt: skip
_SPECIAL = ('science lab', 'art room', 'music room', 'computer room', 'staff room',
            'principal office', 'restroom', 'restroom', 'storage room')  # fmt: skip


def plan(rng: np.random.Generator, size: str) -> Sketch:
    """Return a ring of corridors around a courtyard, a large room at each of its corners."""
    sketch = Sketch()
    c, depth = _PASSAGE_M, float(rng.uniform(6.8, 7.8))
    cells = {'small': 2, 'medium': 3, 'large': 5}[size]
    rows = {'small': 1, 'medium': 2, 'large': 3}[size]
    x0, y0 = depth, depth
    x1 = x0 + cells * float(rng.uniform(7.4, 8.4))
    y1 = y0 + 2 * c + rows * float(rng.uniform(6.8, 7.8))
    south = sketch.add('corridor', 'south corridor', (x0, y0, x1, y0 + c))
    north = sketch.add('corridor', 'north corridor', (x0, y1 - c, x1, y1))
    west = sketch.add('corridor', 'west corridor', (x0, y0 + c, x0 + c, y1 - c))
    east = sketch.add('corridor', 'east corridor', (x1 - c, y0 + c, x1, y1 - c))
    court = sketch.add('courtyard', 'courtyard', (x0 + c, y0 + c, x1 - c, y1 - c), outdoor=True)
    for side in (west, east):
        sketch.join(side, south, OPEN)
        sketch.join(side, north, OPEN)
        sketch.join(side, court, PORTAL)
    first = [_SPECIAL[int(i)] for i in rng.permutation(4)]
    fill = [*first, *_SPECIAL[4:], *['classroom'] * 20]
    front = ['entrance hall', *(['classroom'] * (cells - 1))]
    add_row(sketch, front, cut(rng, x0, x1, cells, 0.1), (0.0, y0), south, _JOINS, rng=rng)
    add_row(sketch, ['classroom'] * (cells - 1) + fill[:1], cut(rng, x0, x1, cells, 0.1),
            (y1, y1 + depth), north, _JOINS, rng=rng)  # fmt: skip
    for side, span in ((west, (0.0, x0)), (east, (x1, x1 + depth))):
        count = rows if size == 'small' else 2 * rows
        kinds = fill[1 : 1 + count]
        del fill[1 : 1 + count]
        edges = cut(rng, y0 + c, y1 - c, count, 0.1)
        add_row(sketch, kinds, edges, span, side, _JOINS, upright=True, rng=rng)
    _corners(sketch, rng, (x0, x1, y0, y1), (south, north), depth)
    name_rooms(sketch)
    sketch.turn(rng)
    return sketch


def _corners(
    sketch: Sketch, rng: np.random.Generator, ring: tuple[float, float, float, float],
    corridors: tuple[int, int], depth: float,
) -> None:  # fmt: skip
    """Add gym, canteen, library and auditorium at the ends of two corridors."""
    x0, x1, y0, y1 = ring
    south, north = corridors
    c, right = _PASSAGE_M, x1 + depth
    top = y1 + depth
    gym = sketch.add('gym', 'gym', (x1, y1 - c, x1 + float(rng.uniform(16.0, 20.0)), top + 2.0),
                     height_m=6.0)  # fmt: skip
    changing = sketch.add('changing room', '', (right, y1 - c - 4.4, right + 5.2, y1 - c))
    left = -float(rng.uniform(2.0, 4.0))
    canteen = sketch.add('canteen', 'canteen', (left, y1 - c, x0, top), height_m=_HALL_M)
    kitchen = sketch.add('school kitchen', 'kitchen', (left - 5.2, y1 - c, left, top))
    library = sketch.add('library', 'library', (x1, 0.0, right + 3.0, y0 + c), height_m=_HALL_M)
    hall = sketch.add('auditorium', 'auditorium', (-3.0, 0.0, x0, y0 + c), height_m=4.0)
    for room, corridor in ((gym, north), (canteen, north), (library, south), (hall, south)):
        sketch.join(room, corridor, PORTAL)
    sketch.join(changing, gym)
    sketch.join(canteen, kitchen, PORTAL)
