"""
What may enter the memory: the bound on every number, and the characters of every text.

Numbers come from odometry, messages, files and requests, and one absurd value spoils every sum it
is part of. ``data.py`` compares with these bounds, so a value that exists keeps them.
"""

from __future__ import annotations

from typing import TypeAlias
import unicodedata

__all__ = [
    'MAX_COORDINATE_M',
    'MAX_EXTENT_M',
    'MAX_PARTS',
    'MAX_STAMP_NS',
    'Numbers',
    'safe_characters',
    'within',
]

Numbers: TypeAlias = tuple[float, ...]

#: No two places on Earth are farther apart; UTM and Earth-centred coordinates fit.
MAX_COORDINATE_M = 2.0e7
#: Largest size of a thing.
MAX_EXTENT_M = 1.0e5
#: Stamps are signed 64-bit nanoseconds: until the year 2262.
MAX_STAMP_NS = 2**63 - 1
#: Most sightings, and most neighbours, of one observation: their cost grows with the square.
MAX_PARTS = 1024


def within(values: Numbers, size: int, bound: float) -> bool:
    """Tell whether these are ``size`` numbers between ``-bound`` and ``bound``; NaN is not."""
    try:
        for value in values:
            if not -bound <= value <= bound:
                return False
        return len(values) == size
    except TypeError:
        return False


def safe_characters(text: str) -> str:
    """
    Return text without the characters that no one can see, and that XML can't hold.

    Nothing is left that moves a cursor, switches a terminal, or changes the order of reading. Lone
    surrogates become U+FFFD, white space becomes blanks.
    """
    return text if text.isprintable() else ''.join(map(_safe, text))


def _safe(character: str) -> str:
    if ' ' <= character <= '~':
        return character
    code = ord(character)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # no characters, now or ever
        return ''
    category = unicodedata.category(character)
    if category == 'Cs':
        return '\ufffd'
    if character.isspace():
        return ' '
    return '' if category in ('Cc', 'Cf', 'Co') else character
