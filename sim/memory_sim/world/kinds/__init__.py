"""
Kinds of world, one module each; a new module here is a new kind, by its name.

A module has either ``plan(rng, size)``, which returns the ``Sketch`` of a building, or
``generate(kind, size, rng)``, which returns the whole ``World``. It may have tables by kind of
room: ``RECIPES`` (how it is furnished), ``ESSENTIALS`` (labels it cannot do without) and
``FINISHES`` (textures and colours).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
import pkgutil
from types import MappingProxyType
from typing import Any

__all__ = ['kind_module', 'kind_names', 'room_table']


@cache
def kind_names() -> tuple[str, ...]:
    """Return the names of all kinds, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def kind_module(kind: str) -> Any:
    """Return the module of a kind."""
    return import_module(f'{__name__}.{kind}')


@cache
def room_table(name: str) -> Mapping[str, Any]:
    """
    Return a table of all kinds of world in one, by kind of room.

    Raises
    ------
    ValueError
        If two kinds of world describe the same kind of room.

    """
    table: dict[str, Any] = {}
    for kind in kind_names():
        part: Mapping[str, Any] = getattr(kind_module(kind), name, {})
        if twice := sorted(table.keys() & part.keys()):
            raise ValueError(f'{name} of {kind}: {twice[0]!r} is described elsewhere')
        table.update(part)
    return MappingProxyType(table)
