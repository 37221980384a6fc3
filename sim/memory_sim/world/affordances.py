"""What things and places are good for: the ground truth of questions about needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

import yaml

__all__ = ['Uses', 'object_uses', 'region_uses', 'uses_of_object', 'uses_of_region']


class Uses(NamedTuple):
    """What one can do with a thing or at a place, and what it is for."""

    affordances: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


def object_uses() -> Mapping[str, Uses]:
    """Return the uses of things by label."""
    return _tables()[0]


def region_uses() -> Mapping[str, Uses]:
    """Return the uses of places by kind of region."""
    return _tables()[1]


def uses_of_object(label: str) -> Uses:
    """Return the uses of a thing; none for a label that the table does not hold."""
    return object_uses().get(label, Uses())


def uses_of_region(kind: str) -> Uses:
    """Return the uses of a place; none for a kind that the table does not hold."""
    return region_uses().get(kind, Uses())


@cache
def _tables() -> tuple[Mapping[str, Uses], Mapping[str, Uses]]:
    text = resources.files(__package__).joinpath('affordances.yaml').read_text(encoding='utf-8')
    data = yaml.load(text, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    return _table(data['objects']), _table(data['regions'])


def _table(entries: Mapping[str, Mapping[str, list[str]]]) -> Mapping[str, Uses]:
    return MappingProxyType(
        {
            name: Uses(tuple(entry.get('affords', ())), tuple(entry.get('functions', ())))
            for name, entry in entries.items()
        }
    )
