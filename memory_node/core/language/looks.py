"""Words for the look of a thing: which of them tell a colour or a material, and which agree."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from memory_node.core.language.text import english

__all__ = ['aspect_of', 'same_look', 'told_of']

#: Aspects of which a thing has one: what is told to be red is not green.
COLOUR, MATERIAL = 'colour', 'material'


@lru_cache(maxsize=1 << 12)
def aspect_of(word: str) -> str:
    """Return ``colour`` or ``material``, '' for a word that tells neither."""
    for aspect, sort in ((COLOUR, english().colours), (MATERIAL, english().materials)):
        if any(same_look(word, other) for other in sort):
            return aspect
    return ''


def same_look(one: str, other: str) -> bool:
    """Return whether two words say the same: "wood" and "wooden"."""
    return one == other or f'{one}en' == other or f'{other}en' == one


def told_of(attributes: Iterable[str], wanted: str) -> bool | None:
    """Return whether attributes say the wanted one; None where they tell nothing of its aspect."""
    said = tuple(attributes)
    if any(same_look(wanted, word) for word in said):
        return True
    aspect = aspect_of(wanted)
    return False if aspect and any(aspect_of(word) == aspect for word in said) else None
