"""Memories of a few observations by hand, each for one kind of mistake."""

from __future__ import annotations

import math

from memory_node import Observation, Pose, Sighting

#: 3 March 2026, 09:00 UTC [s].
MORNING_S = 1_772_528_400
DAY_S = 86_400


def view(
    name: str, at_s: float, x: float, y: float, caption: str, *things: tuple[str, float, float]
) -> Observation:
    """Look from (x, y) at things (label, x, y), the first of which is faced."""
    yaw = math.atan2(things[0][2] - y, things[0][1] - x) if things else 0.0
    return Observation(
        id=name,
        stamp_ns=round(at_s * 1e9),
        pose=Pose.from_yaw((x, y, 0.0), yaw),
        caption=caption,
        sightings=tuple(
            Sighting(label=label, confidence=0.9, position=(tx, ty, 0.8))
            for label, tx, ty in things
        ),
    )


def mugs() -> tuple[Observation, ...]:
    """Return five mugs 0.2 m apart, all in each of seven frames, and one more elsewhere."""
    row = [('mug', 2.4, -0.4 + 0.2 * i) for i in range(5)]
    shelf = [
        view(f'shelf-{i}', MORNING_S + i, 0.25 * i, 0.1 * (i % 3), 'five mugs on a shelf',
             *((label, x + 0.02 * ((i + j) % 3 - 1), y + 0.02 * ((i * j) % 3 - 1))
               for j, (label, x, y) in enumerate(row)))
        for i in range(7)
    ]  # fmt: skip
    office = [
        view(f'office-{i}', MORNING_S + 60 + i, 9.0 + 0.3 * i, 5.0, 'an office desk with a mug',
             ('desk', 11.5, 5.0), ('mug', 11.4, 5.3))
        for i in range(3)
    ]  # fmt: skip
    return (*shelf, *office)


def moved() -> tuple[Observation, ...]:
    """Return glasses that lay on the nightstand on Tuesday and on the piano on Wednesday."""
    stand, lamp = ('nightstand', 2.6, 0.0), ('lamp', 2.7, 0.4)
    piano, stool = ('piano', 12.0, 6.0), ('stool', 11.2, 5.6)
    with_glasses = 'a bedroom with a nightstand, a lamp and glasses'
    tuesday = [
        view(f'tue-bed-{i}', MORNING_S + i, 0.2 * i, 0.0, with_glasses,
             stand, lamp, ('glasses', 2.5, -0.1))
        for i in range(6)
    ] + [
        view(f'tue-piano-{i}', MORNING_S + 300 + i, 9.0 + 0.2 * i, 6.0,
             'a music room with a piano and a stool', piano, stool)
        for i in range(5)
    ]  # fmt: skip
    wednesday = [
        view(f'wed-piano-{i}', MORNING_S + DAY_S + i, 9.2 + 0.2 * i, 6.0,
             'a piano with glasses on it', piano, ('glasses', 12.1, 6.2))
        for i in range(3)
    ] + [
        view(f'wed-bed-{i}', MORNING_S + DAY_S + 120 + i, 0.2 * i, 0.0,
             'a bedroom with a nightstand and a lamp', stand, lamp)
        for i in range(6)
    ]  # fmt: skip
    return (*tuesday, *wednesday)


def caption_only() -> tuple[Observation, ...]:
    """Return captions that know more than the detector beside them."""
    places = (
        ('washroom', 0.0, 'A washbasin under a cracked mirror.', 'washbasin'),
        ('hall', 7.0, 'A coat stand next to a grandfather clock.', 'door'),
        ('attic', 14.0, 'An old rocking horse and a trunk under a skylight.', 'box'),
        ('porch', 21.0, 'A porch swing beside a bird feeder.', 'chair'),
        ('cellar', 28.0, 'A wine rack and a fuse box in a cellar.', 'shelf'),
        ('landing', 35.0, 'A dartboard above a shoe rack.', 'cabinet'),
    )
    return tuple(
        view(f'{name}-{i}', MORNING_S + x + i, x + 0.3 * i, 0.0, caption, (label, x + 2.5, 0.3))
        for name, x, caption, label in places
        for i in range(2)
    )


def plurals() -> tuple[Observation, ...]:
    """Return a room whose labels are plural, or have odd plurals, and two people."""
    things = (
        ('person', 3.0, -1.0), ('person', 3.2, 1.2), ('keys', 2.2, 0.0), ('knife', 2.4, 0.5),
        ('knife', 2.0, -0.9), ('shelf', 3.8, 0.3), ('shelf', 3.8, 2.2), ('shelf', 3.8, -1.9),
        ('curtains', 4.4, 0.9), ('potato', 1.9, 0.9),
    )  # fmt: skip
    return tuple(
        view(f'pantry-{i}', MORNING_S + i, -0.2 * i, 0.0, 'a pantry where two people talk',
             *things)
        for i in range(4)
    )  # fmt: skip


SMALL = {
    'mugs': mugs,
    'moved_glasses': moved,
    'caption_only': caption_only,
    'plurals': plurals,
}
