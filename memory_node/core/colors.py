"""
Colours that a request asks for, and what captions say of the thing: same, another, or nothing.

Nobody who asks for the red chair is helped by a blue one. Names of colours are grouped, because
what one captioner calls beige is cream to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import re

from memory_node.core.data import Place

__all__ = ['COLOR_WORDS', 'color_in', 'names_color', 'weighed_by_color']

_FAMILIES = (
    ('red', 'crimson', 'scarlet', 'maroon', 'burgundy'),
    ('orange', 'terracotta'),
    ('yellow', 'gold', 'golden', 'mustard'),
    ('green', 'olive', 'lime', 'mint', 'teal', 'turquoise'),
    ('blue', 'navy', 'teal', 'turquoise', 'cyan'),
    ('purple', 'violet', 'lilac', 'lavender', 'magenta'),
    ('pink', 'magenta', 'rose'),
    ('brown', 'tan', 'walnut', 'oak', 'pine', 'cherry', 'chestnut', 'wooden', 'wood', 'beige'),
    ('white', 'cream', 'ivory', 'beige'),
    ('gray', 'grey', 'silver', 'metallic', 'steel', 'metal'),
    ('black', 'dark gray', 'dark grey'),
)
#: Every name of a colour that is one word.
COLOR_WORDS = frozenset(name for family in _FAMILIES for name in family if ' ' not in name)
_NAMES = sorted({name for family in _FAMILIES for name in family}, key=lambda n: (-len(n), n))
_COLOR = re.compile(rf'\b(?:{"|".join(_NAMES)})\b', re.IGNORECASE)
#: Words between a colour and its thing: "a red, woollen rug".
_BETWEEN = r',?(?:\s+(?!(?:and|with|on|in|of|by|near|a|an|the|two|three)\b)[\w-]+){0,2}?\s+'
#: Share of its confidence that a place keeps if the thing there has another colour, or if no
#: colour is told of it although all others of its kind have another.
_OTHER, _UNTOLD = 0.1, 0.5


def names_color(text: str) -> bool:
    """Tell whether a request names a colour at all."""
    return _COLOR.search(text) is not None


def color_in(caption: str, label: str) -> str:
    """Return what colour a caption says a thing has, or ''."""
    if not label:
        return ''
    noun = re.escape(label.casefold())
    said = re.search(rf'\b({"|".join(_NAMES)})\b{_BETWEEN}{noun}(?:e?s)?\b', caption.casefold())
    return said[1] if said else ''


def weighed_by_color(places: Sequence[Place], text: str, told: Sequence[str]) -> tuple[Place, ...]:
    """
    Return places with things of the colour asked for first; each group keeps its order.

    ``told`` is what captions say of each place's thing, '' where they say nothing.

    Only the colour that the request gives to the thing itself counts, not that of what it stands
    beside. Confidence sinks where a caption tells of another colour.
    """
    asked = [color_in(text, place.label) for place in places]
    fits = [
        0 if not (want and have) else 1 if _alike(want, have) else -1
        for want, have in zip(asked, told, strict=True)
    ]
    refuted = -1 in fits and 1 not in fits
    weighed = []
    for place, fit, want, have in zip(places, fits, asked, told, strict=True):
        if fit < 0:
            why = f'{place.why}; it is {have}, not {want}'
            place = replace(place, confidence=place.confidence * _OTHER, why=why)
        elif fit == 0 and want and refuted:
            why = f'{place.why}; nobody said that it is {want}'
            place = replace(place, confidence=place.confidence * _UNTOLD, why=why)
        weighed.append(place)
    order = sorted(range(len(weighed)), key=lambda i: -fits[i])
    return tuple(weighed[i] for i in order)


def _alike(one: str, other: str) -> bool:
    return any(one in family and other in family for family in _FAMILIES)
