"""The plain sentence of a kind, which the grammar reads in place of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
import re
from typing import Any

from memory_node.core.language.wordings import Kind
from memory_node.core.retrieval.blanks import Sentence

__all__ = ['plain_example', 'plain_sentence', 'renamed']

_BLANK = re.compile(r'\{(\w+)\}')
#: What stands for the names of a plain sentence until it is read.
_NAMES = {
    'thing': 'toolbox',
    'things': 'toolboxes',
    'other': 'armchair',
    'second': 'bookshelf',
    'room': 'kitchen',
}
_BLANK_OF = {name: blank for blank, name in _NAMES.items()}
_PLACEHOLDER = re.compile('|'.join(sorted(_BLANK_OF, key=len, reverse=True)))


def plain_example(kind: Kind) -> str:
    """Return the plain sentence of a kind with names that stand for any."""
    return _BLANK.sub(lambda blank: _NAMES.get(blank[1], blank[1]), kind.plain)


def plain_sentence(kind: Kind, sentence: Sentence) -> str:
    """Return the plain sentence of a kind with names that the grammar reads as names."""
    said = {**_NAMES, 'colour': sentence.colour, 'time': sentence.time}
    return _BLANK.sub(lambda blank: said[blank[1]], kind.plain)


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return what the grammar has read with other names in it."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda word: names.get(_BLANK_OF[word[0]], word[0]), value)
    if isinstance(value, tuple):
        return tuple(renamed(one, names) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        return replace(value, **{key: renamed(one, names) for key, one in held.items()})
    return value
