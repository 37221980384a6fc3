"""Words of place, time, number, order and courtesy, from ``data/relations.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
import re
from typing import Any

import yaml

__all__ = ['alternatives', 'entry', 'every_word', 'patterns', 'values', 'words']


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    source = resources.files('memory_node').joinpath('data/relations.yaml')
    table = yaml.load(source.read_text(encoding='utf-8'), yaml.CSafeLoader)
    if not isinstance(table, Mapping):
        raise ValueError(f'{source}: expected a mapping')
    return table


def entry(*path: str) -> Any:
    """Return what stands at a path of keys; ``ValueError`` where nothing does."""
    found: Any = _table()
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            raise ValueError(f'data/relations.yaml has no {"/".join(path)}')
        found = found[key]
    return found


def words(*path: str) -> tuple[str, ...]:
    """Return the list at a path: words or patterns."""
    found = entry(*path)
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError(f'data/relations.yaml: expected a list of words at {"/".join(path)}')
    return tuple(found)


def values(*path: str) -> dict[str, float]:
    """Return the words at a path and the number of each."""
    found = entry(*path)
    if not isinstance(found, Mapping):
        raise ValueError(f'data/relations.yaml: expected numbers by word at {"/".join(path)}')
    return {str(word): float(number) for word, number in found.items()}


@lru_cache(maxsize=1)
def every_word() -> frozenset[str]:
    """Return all words of letters that the file has anywhere: "beside", "whereabouts"."""
    return frozenset(re.findall(r'[a-z]+', repr(_table()).casefold()))


def alternatives(some: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first."""
    return '|'.join(re.escape(word) for word in sorted(some, key=lambda w: (-len(w), w)))


def patterns(*path: str) -> str:
    """Return a pattern of any of the patterns at a path, the longest first."""
    some = (word.replace('{it}', str(entry('it'))) for word in words(*path))
    return '|'.join(sorted(some, key=lambda w: (-len(w), w)))
