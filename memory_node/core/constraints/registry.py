"""The kinds of constraints, found in this folder: a new one is one new file with one class."""

from __future__ import annotations

from importlib import import_module
import inspect
from pathlib import Path
import pkgutil

from memory_node.core.constraints.base import Constraint

__all__ = ['REGISTRY']


def _found() -> tuple[type[Constraint], ...]:
    """Return every class here with a ``PRIORITY``, in the order in which they read."""
    package = __name__.rpartition('.')[0]
    kinds: list[type[Constraint]] = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        name = f'{package}.{module.name}'
        if name == __name__:
            continue
        for _, one in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(one, Constraint) and one.__module__ == name and hasattr(one, 'PRIORITY'):
                kinds.append(one)
    return tuple(sorted(kinds, key=lambda kind: (kind.PRIORITY, kind.NAME)))  # type: ignore[attr-defined]


#: Kinds of constraints in the order in which they read a request.
REGISTRY = _found()
