"""
Write the observations of the golden domains: ``python test/golden/make_domains.py``.

Each ``domains/<name>.yaml`` says which rooms there are and what stands where. A robot drives
through them room by room, looks at everything from 1 to 4.5 m, and notes labels with positions and
a caption; about half of the captions name the room. The same description gives the same file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any
import zlib

import numpy as np
import yaml

FOLDER = Path(__file__).resolve().parent
DOMAINS = ('farm', 'laboratory', 'workshop', 'pharmacy', 'datacentre')
#: 28 November 2025, 10:00 UTC [s], and the time between two views [s].
START_S, STEP_S = 1_764_324_000, 4
NEAREST_M, FARTHEST_M, HALF_VIEW_RAD = 0.9, 4.5, math.radians(38)
#: Every thing is in at least so many views.
VIEWS = 2
SHARED = (
    '{A} {room} with {things}.',
    '{Things}.',
    'View of the {room}: {things}.',
    '{Things} under a bright lamp.',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One thing: its label and where it stands in the map [m]."""

    label: str
    position: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRoom:
    """A rectangle of floor with things in it."""

    name: str
    #: Smallest x, smallest y, largest x, largest y [m].
    bounds: tuple[float, float, float, float]
    things: tuple[Spot, ...]
    #: What a caption adds when a label is in view.
    notes: Mapping[str, str]

    def contains(self, x: float, y: float, margin_m: float = 0.0) -> bool:
        """Whether (x, y) is inside, at least ``margin_m`` from the walls."""
        x0, y0, x1, y1 = self.bounds
        return x0 + margin_m <= x <= x1 - margin_m and y0 + margin_m <= y <= y1 - margin_m


def read_rooms(domain: str) -> tuple[DomainRoom, ...]:
    """Read the description of a domain."""
    text = (FOLDER / 'domains' / f'{domain}.yaml').read_text(encoding='utf-8')
    return tuple(_room(item) for item in yaml.safe_load(text)['rooms'])


def _room(item: Mapping[str, Any]) -> DomainRoom:
    (x, y), (width, depth) = item['corner'], item['size']
    things = tuple(
        Spot(label=label, position=(x + dx, y + dy, z))
        for label, places in item['things'].items()
        for dx, dy, z in places
    )
    return DomainRoom(
        name=item['name'],
        bounds=(x, y, x + width, y + depth),
        things=things,
        notes=item.get('notes', {}),
    )


def visible(things: Sequence[Spot], x: float, y: float, yaw: float) -> list[Spot]:
    """Return what is in front of the camera, nearest first."""
    seen = []
    for thing in things:
        dx, dy = thing.position[0] - x, thing.position[1] - y
        off = math.remainder(math.atan2(dy, dx) - yaw, math.tau)
        distance = math.hypot(dx, dy)
        if NEAREST_M <= distance <= FARTHEST_M and abs(off) <= HALF_VIEW_RAD:
            seen.append((distance, thing))
    return [thing for _, thing in sorted(seen, key=lambda pair: pair[0])]


def views(room: DomainRoom) -> Iterator[tuple[float, float, float, list[Spot]]]:
    """Yield poses (x, y, yaw) and what is seen, until everything was seen often enough."""
    counts: Counter[Spot] = Counter()
    taken: list[tuple[float, float]] = []
    for anchor in room.things * VIEWS:
        if counts[anchor] >= VIEWS:
            continue
        ax, ay, _ = anchor.position
        best: tuple[tuple[float, ...], tuple[float, float, float, list[Spot]]] | None = None
        for step in range(32):
            angle = step * math.tau / 32
            for distance in (1.6, 2.2, 2.9):
                x, y = ax + distance * math.cos(angle), ay + distance * math.sin(angle)
                if not room.contains(x, y, 0.6):
                    continue
                if min((math.dist((x, y), at) for at in taken), default=1.0) < 0.3:
                    continue
                yaw = math.atan2(ay - y, ax - x)
                seen = visible(room.things, x, y, yaw)
                rest = sum(counts[thing] < VIEWS for thing in seen)
                key = (rest, len(seen), -abs(distance - 2.2), -step)
                if best is None or key > best[0]:
                    best = key, (x, y, yaw, seen)
        assert best is not None, f'nowhere to see {anchor} from'
        counts.update(best[1][3])
        taken.append(best[1][:2])
        yield best[1]


def _named(label: str, count: int) -> str:
    if count > 1:
        last = 'es' if label.endswith(('s', 'x', 'ch')) else 's'
        return f'{("two", "three", "four", "five")[count - 2]} {label}{last}'
    if label.endswith('s'):
        return label
    return f'{_article(label)} {label}'


def _article(noun: str) -> str:
    return 'an' if noun[0] in 'aeiou' else 'a'


def caption(room: DomainRoom, seen: Sequence[Spot], number: int) -> str:
    """Describe a view in a sentence or two."""
    counts = Counter(thing.label for thing in seen)
    names = [_named(label, count) for label, count in counts.items()]
    things = names[0] if len(names) == 1 else f'{", ".join(names[:-1])} and {names[-1]}'
    text = SHARED[number % len(SHARED)].format(
        A=_article(room.name).capitalize(),
        room=room.name,
        things=things,
        Things=things[:1].upper() + things[1:],
    )
    return ' '.join([text, *(room.notes[label] for label in counts if label in room.notes)])


def observations(domain: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a domain in the interchange format."""
    rng = np.random.default_rng(zlib.crc32(domain.encode()))
    drive = [(room, *view) for room in read_rooms(domain) for view in views(room)]
    ids = [f'{domain}-{number:03d}' for number in range(len(drive))]
    for number, (room, x, y, yaw, seen) in enumerate(drive):
        yield {
            'id': ids[number],
            'stamp': START_S + STEP_S * number,
            'position': [round(x, 2), round(y, 2), 0.0],
            'yaw': round(yaw, 3),
            'caption': caption(room, seen, number),
            'objects': [
                {
                    'label': thing.label,
                    'confidence': round(float(rng.uniform(0.6, 0.95)), 2),
                    'position': [round(p + float(rng.normal(0.0, 0.04)), 2)
                                 for p in thing.position],
                }
                for thing in seen
            ],
            'neighbors': [ids[i] for i in (number - 1, number + 1) if 0 <= i < len(ids)],
        }  # fmt: skip


def text_of(domain: str) -> str:
    """Return the file of a domain."""
    return ''.join(json.dumps(line) + '\n' for line in observations(domain))


def main() -> None:
    """Write every domain beside this file."""
    for domain in DOMAINS:
        (FOLDER / f'{domain}.jsonl').write_text(text_of(domain), encoding='utf-8')


if __name__ == '__main__':
    main()
