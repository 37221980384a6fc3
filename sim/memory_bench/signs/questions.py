"""Questions about the signs of a world, with the signs that answer each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from memory_sim.world.model import World
from memory_sim.world.sign import AISLE, DOOR_PLATE, EXIT, Sign, WARD

__all__ = ['ASPECTS', 'SignCase', 'sign_questions']

#: Kinds of question, in the order of tables.
ASPECTS = ('room number', 'named room', 'person', 'aisle', 'ward', 'exit', 'not there')
_NUMBERS = ('room {}', 'take me to room {}', 'where is room {}?')
_NAMES = ('the {}', 'where is the {}?', 'take me to the {}')
_PEOPLE = ('where is the sign that says {}?', 'which door says {}?')
_AISLES = ('take me to aisle {}', 'where is aisle {}?')
_ABSENT = ('room {}', 'take me to room {}', 'where does it say room {}?')


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCase:
    """One question, and which signs it asks for; none where it asks for what is not there."""

    aspect: str
    text: str
    #: What a sign says that answers it, for methods that only look for a text.
    wanted: str
    targets: tuple[Sign, ...]


def sign_questions(world: World, *, each: int = 6, absent: int = 6) -> list[SignCase]:
    """Return up to ``each`` questions of every kind that the signs of a world allow."""
    rng = np.random.default_rng([11, world.seed])
    cases: list[SignCase] = []
    for aspect in ASPECTS[:-1]:
        found = list(_CASES[aspect](world.signs))
        picked = [found[int(i)] for i in rng.permutation(len(found))[:each]]
        wordings = _WORDINGS[aspect]
        for k, (said, wanted, targets) in enumerate(picked):
            text = wordings[k % len(wordings)].format(said)
            cases.append(SignCase(aspect=aspect, text=text, wanted=wanted, targets=targets))
    return cases + list(_absent(world, rng, absent))


_Found = Iterator[tuple[str, str, tuple[Sign, ...]]]


def _numbers(signs: Sequence[Sign]) -> _Found:
    for sign in _plates(signs):
        number = sign.lines[-1].removeprefix('Room ')
        if _is_number(number):
            yield number, number, _saying(signs, number)


def _names(signs: Sequence[Sign]) -> _Found:
    seen = set()
    for sign in _plates(signs):
        if not _is_number(sign.lines[-1].removeprefix('Room ')) and sign.text not in seen:
            seen.add(sign.text)
            same = tuple(s for s in signs if s.text == sign.text)
            yield sign.text[0].lower() + sign.text[1:], sign.text, same


def _people(signs: Sequence[Sign]) -> _Found:
    for sign in _plates(signs):
        if len(sign.lines) > 1 and _is_number(sign.lines[-1]):
            name = sign.lines[0].split()[-1]
            yield name, name, tuple(s for s in signs if name in s.text)


def _aisles(signs: Sequence[Sign]) -> _Found:
    for first in sorted({s.lines[0] for s in signs if s.kind == AISLE and _numbered(s)}):
        same = tuple(s for s in signs if s.lines[0] == first)
        yield first.split()[-1], first, same


def _wards(signs: Sequence[Sign]) -> _Found:
    for sign in signs:
        if sign.kind == WARD:
            yield sign.text[0].lower() + sign.text[1:], sign.text, (sign,)


def _exits(signs: Sequence[Sign]) -> _Found:
    exits = tuple(s for s in signs if s.kind == EXIT)
    if exits:
        yield 'exit', 'EXIT', exits


def _absent(world: World, rng: np.random.Generator, count: int) -> Iterator[SignCase]:
    """Yield numbers of rooms and aisles that no sign has, written as the world writes them."""
    said = ' '.join(s.text for s in world.signs)
    numbers = [number for number, _, _ in _numbers(world.signs)]
    dotted = any('.' in number for number in numbers)
    tried: set[str] = set()
    while numbers and len(tried) < count:
        storey, room = int(rng.integers(1, 10)), int(rng.integers(1, 100))
        number = f'{storey}{"." if dotted else ""}{room:02d}'
        if number not in said and number not in tried:
            text = _ABSENT[len(tried) % len(_ABSENT)].format(number)
            tried.add(number)
            yield SignCase(aspect='not there', text=text, wanted=number, targets=())
    aisles = len(list(_aisles(world.signs)))
    for k in range(2 if aisles else 0):
        number = str(aisles + 2 + 7 * k)
        yield SignCase(
            aspect='not there', text=_AISLES[0].format(number), wanted=f'Aisle {number}',
            targets=(),
        )  # fmt: skip


def _plates(signs: Sequence[Sign]) -> list[Sign]:
    return [s for s in signs if s.kind == DOOR_PLATE]


def _saying(signs: Sequence[Sign], number: str) -> tuple[Sign, ...]:
    return tuple(s for s in _plates(signs) if s.lines[-1].removeprefix('Room ') == number)


def _is_number(text: str) -> bool:
    return text.replace('.', '').isdigit()


def _numbered(sign: Sign) -> bool:
    return sign.lines[0].split()[-1].isdigit()


_CASES = {
    'room number': _numbers,
    'named room': _names,
    'person': _people,
    'aisle': _aisles,
    'ward': _wards,
    'exit': _exits,
}
_WORDINGS = {
    'room number': _NUMBERS,
    'named room': _NAMES,
    'person': _PEOPLE,
    'aisle': _AISLES,
    'ward': ('where is {}?', 'take me to {}'),
    'exit': ('where does it say {}?',),
}
