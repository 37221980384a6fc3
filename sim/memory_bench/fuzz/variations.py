"""
Inputs that differ a little from one that was drawn: cheaper than drawing, and closer to right.

Drawing a nested value costs milliseconds, and most doors take one in less. A variation changes one
or two places of it: bytes and texts are cut, doubled and sprinkled, numbers go to extremes, parts
of lists and dictionaries leave, come twice or change places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import random
from typing import Any
import zlib

from memory_bench.fuzz.texts import ALPHABET

__all__ = ['variations']

_NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 255, 256, 65535, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, -(2**63), 10**400),
    *(0.5, -0.0, 1e-300, 1e7, 1e155, 1e308, float('inf'), float('-inf'), float('nan')),
)
_OTHERS: tuple[Any, ...] = (None, True, '', [], {}, 'x', b'', 0)
#: Longest text or bytes that grow further.
_MOST = 1 << 16


def variations(value: Any, count: int, parts: Sequence[int] | None = None) -> Iterator[Any]:
    """Yield so many variations of a value, or of some parts of a tuple; equal for equal ones."""
    rng = random.Random(zlib.crc32(repr(value).encode('utf-8', 'backslashreplace')))
    for _ in range(0 if parts == () else count):
        changed = value
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            if parts is None:
                changed = _varied(changed, rng)
            else:
                at = rng.choice(parts)
                changed = (*changed[:at], _varied(changed[at], rng), *changed[at + 1 :])
        yield changed


def _varied(value: Any, rng: random.Random) -> Any:
    change = _CHANGES.get(type(value))
    return value if change is None else change(value, rng)


def _text(value: str, rng: random.Random) -> str:
    at, size = rng.randrange(len(value) + 1), rng.choice((1, 1, 2, 4, 16))
    what = rng.randrange(6)
    if what == 0:
        return value[:at] + rng.choice(ALPHABET) * size + value[at:]
    if what == 1:
        return value[:at] + value[at + size :]
    if what == 2:
        return value[:at] + value[at : at + size] + value[at:] if len(value) < _MOST else value
    if what == 3:
        return value[:at]
    words = value.split(' ')
    first, second = rng.randrange(len(words)), rng.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    if what == 4:
        words.insert(first, str(rng.choice(_NUMBERS))[:20])
    return ' '.join(words)


def _bytes(value: bytes, rng: random.Random) -> bytes:
    content = bytearray(value)
    at, size = rng.randrange(len(content) + 1), rng.choice((1, 2, 4, 8))
    what = rng.randrange(6)
    if what == 0 and at < len(content):
        content[at] ^= 1 << rng.randrange(8)
    elif what == 1:
        content[at : at + size] = rng.randbytes(size)
    elif what == 2:
        del content[at : at + size]
    elif what == 3 and len(content) < _MOST:
        content[at:at] = content[at : at + size]
    elif what == 4:
        content[at : at + size] = rng.choice((b'\xff', b'\0', b'\x7f', b'\x80')) * size
    else:
        del content[at:]
    return bytes(content)


def _number(value: float, rng: random.Random) -> Any:
    what = rng.randrange(4)
    if what == 0:
        return rng.choice(_OTHERS)
    if what == 1:
        return -value
    if what == 2:
        return value + rng.choice((-1, 1))
    return rng.choice(_NUMBERS)


def _list(value: list[Any], rng: random.Random) -> list[Any]:
    changed = list(value)
    if not changed:
        return changed
    at, what = rng.randrange(len(changed)), rng.randrange(8)
    if what == 0:
        del changed[at]
    elif what == 1:
        changed.insert(at, changed[rng.randrange(len(changed))])
    elif what == 2:
        other = rng.randrange(len(changed))
        changed[at], changed[other] = changed[other], changed[at]
    else:
        changed[at] = _varied(changed[at], rng)
    return changed


def _tuple(value: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    """Change one part: a door unpacks what it is given."""
    changed = list(value)
    if changed:
        at = rng.randrange(len(changed))
        changed[at] = _varied(changed[at], rng)
    return tuple(changed)


def _dictionary(value: Mapping[Any, Any], rng: random.Random) -> dict[Any, Any]:
    changed = dict(value)
    if not changed:
        return changed
    names = list(changed)
    name, what = rng.choice(names), rng.randrange(6)
    if what == 0:
        del changed[name]
    elif what == 1:
        changed[name] = changed[rng.choice(names)]
    elif what == 2:
        changed[name] = rng.choice(_OTHERS)
    else:
        changed[name] = _varied(changed[name], rng)
    return changed


_CHANGES: Mapping[type, Callable[[Any, random.Random], Any]] = {
    str: _text,
    bytes: _bytes,
    int: _number,
    float: _number,
    list: _list,
    tuple: _tuple,
    dict: _dictionary,
}
