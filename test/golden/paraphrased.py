"""A small workshop, a small clinic, and plain questions that people word in many ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
import math
from pathlib import Path
import random
import re

from memory_node import Memory, Observation, Pose, Sighting
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['HERE', 'NOW_S', 'PLAIN', 'WORLDS', 'ask', 'bound', 'observations', 'opened', 'same']

#: Where and when questions are asked.
HERE = (4.0, 2.0, 0.0)
_DAY_S = datetime(2026, 3, 10, tzinfo=timezone.utc).timestamp()
NOW_S = _DAY_S + 42 * 3600.0

#: Names by role: of many things one is red, one is near, one far, one upstairs and one between two
#: others; one thing is moved about; one stands on the desk; one is nowhere.
WORLDS: Mapping[str, Mapping[str, str]] = {
    'workshop': {
        'many': 'ladder', 'plural': 'ladders', 'desk': 'workbench', 'left': 'lathe',
        'right': 'band saw', 'moved': 'pressure washer', 'top': 'oil can', 'solo': 'anvil',
        'absent': 'chandelier', 'hall': 'entrance hall', 'A': 'paint shop', 'B': 'forge',
        'C': 'timber store', 'U': 'drawing office', 'more': 'grinder, paint bucket, bellows',
    },
    'clinic': {
        'many': 'stretcher', 'plural': 'stretchers', 'desk': 'filing cabinet',
        'left': 'autoclave', 'right': 'incubator', 'moved': 'wheelchair', 'top': 'microscope',
        'solo': 'defibrillator', 'absent': 'harp', 'hall': 'lobby', 'A': 'dispensary',
        'B': 'operating theatre', 'C': 'laundry', 'U': 'records office',
        'more': 'centrifuge, washing machine, scale',
    },
}  # fmt: skip

#: The plain question of each kind, and which name stands in which of its blanks.
PLAIN: Mapping[str, tuple[str, str]] = {
    'where': ('where is the {thing}?', 'solo'),
    'nearest': ('where is the nearest {thing}?', 'many'),
    'farthest': ('where is the farthest {thing}?', 'many'),
    'near': ('the {thing} near the {other}', 'many left'),
    'on': ('the {thing} on the {other}', 'top desk'),
    'in_room': ('the {thing} in the {room}', 'many room:A'),
    'not_in': ('a {thing} that is not in the {room}', 'top room:C'),
    'between': ('the {thing} between the {other} and the {second}', 'many left right'),
    'goto': ('go to the {room}', 'room:A'),
    'next_room': ('which room is next to the {room}?', 'room:C'),
    'which_room': ('which room is the {thing} in?', 'solo'),
    'count': ('how many {things} are there?', 'many'),
    'count_in': ('how many {things} are in the {room}?', 'many room:A'),
    'exists': ('is there a {thing}?', 'solo'),
    'exists_in': ('is there a {thing} in the {room}?', 'many room:A'),
    'now': ('where is the {thing} now?', 'moved'),
    'yesterday': ('where was the {thing} yesterday?', 'moved'),
    'morning': ('where was the {thing} this morning?', 'moved'),
    'clock': ('where was the {thing} at 3 pm yesterday?', 'moved'),
    'first_seen': ('where did you first see the {thing}?', 'moved'),
    'when_last': ('when did you last see the {thing}?', 'moved'),
    'moved': ('has the {thing} been moved?', 'moved'),
    'usual': ('where is the {thing} usually?', 'moved'),
    'what_on': ('what is on the {other}?', '- desk'),
    'what_in': ('what is in the {room}?', 'room:A'),
    'describe_room': ('describe the {room}', 'room:A'),
    'describe_all': ('give me an overview of this building', ''),
    'far': ('how far is the {thing}?', 'solo'),
    'apart': ('how far is the {thing} from the {other}?', 'solo left'),
    'either': ('a {thing} or a {other}', 'absent right'),
    'without': ('a room without a {thing}', 'left'),
    'with': ('a room with a {thing}', 'solo'),
    'red': ('the red {thing}', 'many'),
    'colour': ('what colour is the {thing}?', 'solo'),
    'upstairs': ('the {thing} upstairs', 'many'),
    'changed': ('what has changed since yesterday?', ''),
    'still': ('is the {thing} still where it was?', 'moved'),
    'since': ('since when is the {thing} there?', 'moved'),
    'often': ('how often did you see the {thing}?', 'moved'),
    'closer': ('which is closer, the {thing} or the {other}?', 'solo left'),
    'material': ('what is the {thing} made of?', 'solo'),
    'is_red': ('is the {thing} red?', 'solo'),
    'still_on': ('is the {thing} on the {other}?', 'top desk'),
    'what_near': ('what is near the {other}?', '- left'),
    'gone': ('what is missing?', ''),
    'new': ('what is new?', ''),
    'behind': ('the {thing} behind the {other}', 'many left'),
    'under': ('the {thing} under the {other}', 'desk top'),
    'inside': ('the {thing} in the {other}', 'top desk'),
    'what_inside': ('what is in the {other}?', '- desk'),
    'near_in': ('the {thing} near the {other} in the {room}', 'many left room:B'),
    'nearest_in': ('the nearest {thing} in the {room}', 'many room:A'),
    'red_in': ('the red {thing} in the {room}', 'many room:A'),
    'count_red': ('how many red {things} are there?', 'many'),
    'was_in': ('was the {thing} in the {room} yesterday?', 'moved room:C'),
    'rooms': ('which rooms are there?', ''),
    'anybody': ('is there a person in the {room}?', 'room:A'),
    'nearest_to': ('where is the {thing} closest to the {other}?', 'many left'),
    'most': ('which room has the most {things}?', 'many'),
    'another': ('a {thing} that is not in the {room}', 'top room:C'),
}
#: Kinds that are answered by a place; the others by a sentence.
_PLACES = PLAIN.keys() - {
    'next_room', 'which_room', 'count', 'count_in', 'exists', 'exists_in', 'when_last', 'moved',
    'usual', 'what_on', 'what_in', 'describe_room', 'describe_all', 'far', 'apart', 'colour',
    'changed', 'still', 'since', 'often', 'closer', 'material', 'is_red', 'still_on', 'what_near',
    'gone', 'new', 'what_inside', 'count_red', 'was_in', 'rooms', 'anybody', 'most',
}  # fmt: skip
_NUMBERS = re.compile(r'\(-?[\d.]+, [^)]*\)|\d+(?:\.\d+)? (?:m\b|[a-z]+)|^(?:Yes|No)\b')
_VIEW_M, _TOLERANCE_M = 7.0, 1.0


def bound(kind: str, text: str, names: Mapping[str, str]) -> str:
    """Return a text of a kind with the names of a world in its blanks."""
    blanks = dict(zip(('thing', 'other', 'second'), PLAIN[kind][1].split(), strict=False))
    said = {blank: names.get(role, '') for blank, role in blanks.items()}
    rooms = [r.removeprefix('room:') for r in PLAIN[kind][1].split() if r.startswith('room:')]
    filled = text.format(
        **{'thing': '', 'other': '', 'second': '', **said},
        things=names['plural'],
        room=names[rooms[0]] if rooms else '',
    )
    return re.sub(r'\b([Aa]) (?=[aeiouAEIOU])', r'\1n ', filled)


def ask(memory: Memory, kind: str, text: str) -> tuple[bool, object]:
    """Return whether a question was answered, and the place or the sentence."""
    if kind not in _PLACES:
        answer = memory.ask(text, here=HERE, now=NOW_S)
        return bool(answer.known), answer.text
    found = memory.retrieve(text, k=5, here=HERE, now=NOW_S)
    if not found.places:
        return False, None
    first = found.places[0]
    return found.found, first.target_position or first.pose.position


def same(kind: str, one: tuple[bool, object], other: tuple[bool, object]) -> bool:
    """Tell whether two answers of a kind say the same: one place, or the same numbers."""
    if one[0] != other[0] or (one[1] is None) != (other[1] is None):
        return False
    if isinstance(one[1], tuple) and isinstance(other[1], tuple):
        reach = 4.0 if kind == 'with' else _TOLERANCE_M  # the room, or what it has
        return math.dist(one[1], other[1]) < reach
    first, second = (sorted(_NUMBERS.findall(str(said))) for said in (one[1], other[1]))
    return first == second


@contextmanager
def opened(world: str, folder: Path) -> Iterator[Memory]:
    """Open a memory of a world in a folder, all of it seen."""
    with Memory.open(folder / 'm.sqlite', encoder=SentenceEncoder()) as memory:
        memory.add_many(observations(WORLDS[world]))
        memory.wait_areas()
        yield memory


def observations(names: Mapping[str, str]) -> Iterator[Observation]:
    """Yield six tours of a world on two days."""
    noise = random.Random(1)
    tours = [_DAY_S + hour * 3600.0 for hour in (9, 15, 33, 34, 39, 41)]
    for number, start in enumerate(tours):
        for step, (room, spot, look) in enumerate(_tour()):
            stamp = start + 4.0 * step
            seen = sorted(_seen(names, room, spot, stamp))
            if not seen:
                continue
            *_, target = seen[look % len(seen)]
            yaw = math.atan2(target[1] - spot[1], target[0] - spot[0])
            shown = [
                s for s in seen if abs(_turn(yaw, spot, s[3])) < 0.75
            ]  # within the field of view
            first = seen[look % len(seen)]
            others = [s for s in shown if s is not shown[0]]
            caption = f'{_one(first[2], first[1])} in the {names[room]}'
            caption += f', with {_one(others[0][2], others[0][1])}.' if others else '.'
            yield Observation(
                id=f'{number}-{step:02d}',
                stamp_ns=int(stamp * 1e9),
                pose=Pose.from_yaw((*spot, 3.5 if room == 'U' else 0.0), yaw),
                caption=caption[0].upper() + caption[1:],
                sightings=tuple(
                    Sighting(
                        label=label,
                        position=tuple(v + noise.gauss(0.0, 0.05) for v in at),
                        confidence=noise.uniform(0.7, 0.95),
                    )
                    for _, label, _, at in shown
                ),
            )


def _tour() -> list[tuple[str, tuple[float, float], int]]:
    spots = [
        ('hall', (4.0, 3.0)), ('hall', (5.0, 3.0)), ('hall', (4.0, 4.0)), ('A', (4.0, 7.5)),
        ('A', (4.0, 9.0)), ('A', (4.0, 10.0)), ('hall', (4.0, 5.0)), ('hall', (6.0, 3.0)),
        ('B', (9.0, 3.0)), ('B', (11.0, 3.0)), ('B', (13.0, 3.0)), ('C', (17.0, 3.0)),
        ('C', (19.0, 3.0)), ('C', (21.0, 3.0)), ('B', (14.0, 3.0)), ('hall', (6.0, 2.0)),
        ('U', (3.0, 2.0)), ('U', (4.0, 3.0)), ('U', (5.0, 3.0)),
    ]  # fmt: skip
    return [(room, spot, look) for room, spot in spots for look in (0, 1)]


def _seen(
    names: Mapping[str, str], room: str, spot: tuple[float, float], stamp: float
) -> Iterator[tuple[float, str, str, tuple[float, float, float]]]:
    """Yield distance, label, colour and position of the things in a room near a spot."""
    many, (one, two, three) = names['many'], names['more'].split(', ')
    stays = (
        (12.0, 'A', (3.0, 7.3, 0.6)), (20.0, 'C', (18.0, 5.0, 0.6)), (36.0, 'B', (9.0, 1.0, 0.6)),
        (99.0, 'hall', (6.5, 5.0, 0.6)),
    )  # fmt: skip
    where, at = next((r, p) for until, r, p in stays if stamp < _DAY_S + until * 3600.0)
    things = (
        ('hall', many, 'grey', (2.5, 2.0, 0.8)), ('A', many, 'red', (6.0, 11.0, 0.8)),
        ('B', many, 'grey', (12.0, 5.3, 0.8)), ('C', many, 'grey', (23.2, 5.0, 0.8)),
        ('U', many, 'grey', (6.0, 4.0, 4.3)), ('B', names['left'], '', (10.4, 5.3, 0.8)),
        ('B', names['right'], '', (13.8, 5.3, 0.9)), ('A', names['desk'], '', (1.0, 10.8, 0.8)),
        ('A', names['top'], '', (1.0, 10.8, 1.25)), ('C', names['top'], '', (17.0, 1.0, 0.6)),
        ('C', names['solo'], 'green', (20.0, 5.2, 0.6)), ('B', one, '', (15.0, 1.0, 0.8)),
        ('A', two, '', (7.0, 7.2, 0.4)), ('C', three, '', (22.0, 1.0, 0.5)),
        (where, names['moved'], '', at),
    )  # fmt: skip
    for place, label, colour, position in things:
        distance = math.dist(spot, position[:2])
        if place == room and distance < _VIEW_M:
            yield distance, label, colour, position


def _turn(yaw: float, spot: tuple[float, float], at: tuple[float, float, float]) -> float:
    turn = math.atan2(at[1] - spot[1], at[0] - spot[0]) - yaw
    return (turn + math.pi) % (2.0 * math.pi) - math.pi


def _one(colour: str, label: str) -> str:
    said = f'{colour} {label}'.strip()
    return f'{"an" if said[0] in "aeiou" else "a"} {said}'
