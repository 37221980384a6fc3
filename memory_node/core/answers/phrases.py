"""How places, ages and lists of things are put into words."""

from __future__ import annotations

from collections.abc import Sequence
import re

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Place, Vector3
from memory_node.core.language.directives import quoted, reported
from memory_node.core.language.sign_labels import sign_text
from memory_node.core.language.text import is_plural, plural, several

__all__ = [
    'age',
    'are',
    'coordinates',
    'joined',
    'many',
    'marks',
    'none_of',
    'on_maps',
    'sentence',
    'span_in_words',
    'spot',
    'spots',
    'the',
    'the_room',
]


#: A room that is called by its number.
_NUMBERED = re.compile(r'(?:[^\W\d_]+ ){1,3}\w*\d\w*')


def sentence(text: str) -> str:
    """Return a text with a capital letter and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in '.!?' else f'{text}.'


def joined(words: Sequence[str]) -> str:
    """Return words as a list: "a, b and c"."""
    return words[0] if len(words) == 1 else f'{", ".join(words[:-1])} and {words[-1]}'


def many(number: int, name: str) -> str:
    """Return a number of things by their name; one that is no name is quoted."""
    called = reported(name)
    if sign_text(name):
        return f'1 {called}' if number == 1 else f'{number} signs {quoted(sign_text(name))}'
    if called == name:
        return several(number, name)
    return f'{number} {"thing" if number == 1 else "things"} labelled {called}'


def none_of(name: str) -> str:
    """Return that there is none of a name."""
    called = reported(name)
    return f'no {plural(name)}' if called == name else f'nothing labelled {called}'


def coordinates(position: Vector3) -> str:
    """Return a point as "(1.0, 2.0, 0.0)" [m]."""
    x, y, z = position
    return f'({x:.1f}, {y:.1f}, {z:.1f})'


def the(place: Place) -> str:
    """Return what a place shows, as "the sofa" or "room 214"."""
    return the_room(place.label) if place.label else 'the best match'


def are(place: Place) -> str:
    """Return "are" where the label of a place is a plural, else "is"."""
    return 'are' if is_plural(place.label) else 'is'


def spot(place: Place) -> str:
    """Return where a place is, with the name of the room that holds it."""
    where = coordinates(place.target_position or place.pose.position)
    if place.room and place.room != place.label:
        return f'{where} in {the_room(place.room)}'
    return where


def spots(cited: Sequence[Place], total: int) -> str:
    """Return where cited places are, each with its mark, and whether there are more in all."""
    listed = ', '.join(f'{spot(place)} [{i}]' for i, place in enumerate(cited, 1))
    return f'at {listed}{" and elsewhere" if total > len(cited) else ""}'


def the_room(name: str) -> str:
    """Return the name of a room or a thing as it is said: "the kitchen", "room 214"."""
    called = reported(name)
    return called if _NUMBERED.fullmatch(name) else f'the {called}'


def on_maps(cited: Sequence[Place], maps: NDArray[np.int32]) -> str:
    """Return a sentence that says on which maps places are; '' where ``maps`` are one."""
    named = sorted({place.map_id for place in cited})
    if not named or not (maps != maps[0]).any():
        return ''
    listed = joined([quoted(name[:80]) for name in named])
    return f' That is on map{"s" * (len(named) > 1)} {listed}.'


def marks(cited: Sequence[Place]) -> str:
    """Return the marks of all citations, ``[1] [2]``."""
    return ' '.join(f'[{i}]' for i in range(1, len(cited) + 1))


def age(age_ns: int) -> str:
    """Return how long ago something was, coarsely."""
    seconds = max(0.0, age_ns / 1e9)
    for limit, size, unit in (
        (90, 1, 'second'),
        (5400, 60, 'minute'),
        (129600, 3600, 'hour'),
        (float('inf'), 86400, 'day'),
    ):
        if seconds < limit:
            count = round(seconds / size)
            return 'just now' if count == 0 else f'{count} {unit}{"s" * (count != 1)} ago'
    raise AssertionError('unreachable: the last limit is infinite')


def span_in_words(span_ns: int) -> str:
    """Return a span of time in words."""
    seconds = max(0, round(int(span_ns) / 1e9))
    if seconds < 90:
        return f'{seconds} second{"s" * (seconds != 1)}'
    if seconds < 5400:
        return f'{round(seconds / 60)} minutes'
    return f'{seconds / 3600:.1f} hours'
