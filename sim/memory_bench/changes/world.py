"""A flat of six rooms by script: what stands where at any moment of two days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
import math

import numpy as np

from memory_bench.world.history import at_hour
from memory_node.core.data import Vector3

__all__ = ['ASKED_NS', 'COPIES', 'FIXED', 'ROOM_M', 'SESSIONS', 'Script', 'Stay', 'draw_script']

#: Rooms side by side, three in a row [m].
ROOM_M = (5.0, 4.0)
#: What stands in each room for good, along its walls.
FIXED = {
    'kitchen': ('table', 'counter', 'shelf', 'stove'),
    'living room': ('sofa', 'sideboard', 'bookcase', 'tv'),
    'bedroom': ('bed', 'wardrobe', 'nightstand', 'dresser'),
    'office': ('desk', 'cabinet', 'printer', 'whiteboard'),
    'bathroom': ('sink', 'bathtub', 'toilet', 'mirror'),
    'hallway': ('bench', 'coat rack', 'shoe rack', 'plant'),
}
#: Things that people carry, one of each at first, and their size [m].
MOVABLE = {
    'mug': 0.1, 'phone': 0.15, 'backpack': 0.4, 'umbrella': 0.6, 'laptop': 0.35, 'bottle': 0.25,
    'vase': 0.3, 'teddy bear': 0.35, 'basket': 0.4, 'camera': 0.15, 'hammer': 0.3, 'hat': 0.25,
    'guitar': 1.0, 'suitcase': 0.6,
}  # fmt: skip
#: Things of which there are several from the start.
COPIES = {'chair': (4, 0.6), 'pillow': (3, 0.4), 'book': (3, 0.2)}
#: Drives of the robot: begin and end.
SESSIONS = tuple(
    (at_hour(day, hour), at_hour(day, hour + 0.5))
    for day, hour in ((0, 9.0), (0, 15.0), (1, 9.0), (1, 14.0))
)
ASKED_NS = at_hour(1, 17.0)
FOREVER_NS = 2**62
#: Surfaces are about this high [m]; a thing lies this far from the middle at most [m].
_HEIGHT_M, _SPREAD_M = 0.8, 0.35
#: Closer than this nothing is put beside a thing of its label [m].
_APART_M = 0.6
#: What happens to one thing after the other.
_KINDS = ('room', 'flat', 'removed', 'swapped', 'flat', 'removed', 'added')


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One thing at one place, from and until when."""

    thing: int
    label: str
    size_m: float
    room: str
    surface: str
    position: Vector3
    since_ns: int
    until_ns: int = FOREVER_NS


@dataclass(frozen=True, slots=True)
class Script:
    """All stays of all things; the stays of a thing follow each other."""

    stays: tuple[Stay, ...]
    #: What happened to each thing that changed: 'room', 'flat', 'removed', 'swapped', 'added'.
    changes: dict[int, str]

    def of(self, thing: int) -> list[Stay]:
        """Return the stays of a thing, oldest first."""
        return sorted((s for s in self.stays if s.thing == thing), key=lambda s: s.since_ns)

    def things(self, label: str) -> list[int]:
        """Return all things that ever had a label."""
        return sorted({s.thing for s in self.stays if s.label == label})

    def there(self, label: str, at_ns: int = ASKED_NS) -> list[Stay]:
        """Return where the things of a label are at a moment."""
        return [s for s in self.stays if s.label == label and s.since_ns <= at_ns < s.until_ns]


def corner(room: str) -> tuple[float, float]:
    """Return the corner of a room with the least coordinates [m]."""
    number = list(FIXED).index(room)
    return (number % 3) * ROOM_M[0], (number // 3) * ROOM_M[1]


def surfaces() -> dict[tuple[str, str], tuple[float, float]]:
    """Return the middle of all furniture, by room and label [m]."""
    spots = ((1.0, 0.6), (4.0, 0.6), (1.0, 3.4), (4.0, 3.4))
    return {
        (room, label): (corner(room)[0] + x, corner(room)[1] + y)
        for room, labels in FIXED.items()
        for label, (x, y) in zip(labels, spots, strict=True)
    }


class _Draw:
    """Puts things on surfaces and moves them."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng((seed, 21))
        self.spots = surfaces()
        self.stays: list[Stay] = []
        self.count = 0

    def spot(self, label: str, choices: Iterable[tuple[str, str]]) -> tuple[str, str, Vector3]:
        """Return a free place on one of some surfaces."""
        listed = list(choices)
        taken = [s.position for s in self.stays if s.label == label]
        while True:
            room, surface = listed[int(self.rng.integers(len(listed)))]
            x, y = self.spots[room, surface]
            dx, dy = self.rng.uniform(-_SPREAD_M, _SPREAD_M, 2).tolist()
            where = (x + dx, y + dy, _HEIGHT_M)
            if all(math.dist(where, other) > _APART_M for other in taken):
                return room, surface, where

    def put(self, label: str, size_m: float, since_ns: int) -> Stay:
        """Put a new thing somewhere."""
        room, surface, where = self.spot(label, self.spots)
        stay = Stay(
            thing=self.count, label=label, size_m=size_m, room=room, surface=surface,
            position=where, since_ns=since_ns,
        )  # fmt: skip
        self.count += 1
        self.stays.append(stay)
        return stay

    def end(self, stay: Stay, at_ns: int) -> Stay:
        """Take a thing away."""
        ended = replace(stay, until_ns=at_ns)
        self.stays[self.stays.index(stay)] = ended
        return ended

    def move(self, stay: Stay, at_ns: int, to: tuple[str, str, Vector3]) -> None:
        """Take a thing away and put it elsewhere."""
        self.end(stay, at_ns)
        room, surface, where = to
        moved = replace(stay, room=room, surface=surface, position=where, since_ns=at_ns)
        self.stays.append(moved)


def draw_script(seed: int, *, share: float = 0.5) -> Script:
    """
    Draw what stands where, and what happens to a ``share`` of what people carry.

    Half of the changes happen between drives, half during one. Equal seeds give equal scripts.
    """
    draw = _Draw(seed)
    for (room, label), (x, y) in draw.spots.items():
        draw.stays.append(
            Stay(thing=draw.count, label=label, size_m=0.8, room=room, surface=label,
                 position=(x, y, 0.5), since_ns=0)
        )  # fmt: skip
        draw.count += 1
    movable = [draw.put(label, size, 0) for label, size in MOVABLE.items()]
    several = [draw.put(n, size, 0) for n, (count, size) in COPIES.items() for _ in range(count)]
    changes: dict[int, str] = {}
    order = [movable[i] for i in draw.rng.permutation(len(movable)).tolist()]
    chosen = order[: round(share * len(order))]
    chosen += [s for s in several if draw.rng.random() < 0.5 * share]
    partners = order[len(chosen) :]
    for number, stay in enumerate(chosen):
        kind = _KINDS[number % len(_KINDS)]
        changes[stay.thing] = kind
        at_ns = _moment(draw.rng)
        if kind == 'room':
            same = [s for s in draw.spots if s[0] == stay.room and s[1] != stay.surface]
            draw.move(stay, at_ns, draw.spot(stay.label, same))
        elif kind == 'flat':
            others = [s for s in draw.spots if s[0] != stay.room]
            draw.move(stay, at_ns, draw.spot(stay.label, others))
        elif kind == 'removed':
            draw.end(stay, at_ns)
        elif kind == 'swapped' and partners:
            other = partners.pop()
            changes[other.thing] = kind
            here = stay.room, stay.surface, stay.position
            draw.move(stay, at_ns, (other.room, other.surface, other.position))
            draw.move(other, at_ns, here)
        else:
            changes[stay.thing] = 'added'
            draw.put(stay.label, stay.size_m, at_ns)
    return Script(tuple(draw.stays), changes)


def _moment(rng: np.random.Generator) -> int:
    """Return a moment between two drives or during one that is not the first [ns]."""
    number = int(rng.integers(1, len(SESSIONS)))
    begin, end = SESSIONS[number]
    if rng.random() < 0.5:
        return int(rng.integers(SESSIONS[number - 1][1], begin))
    return int(rng.integers(begin, end))
