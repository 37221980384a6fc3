"""
Methods by name, found by module.

A module of this package with ``NAMES`` and ``make(name, encoder, options)`` brings methods;
``NEEDS_MODEL`` names those of them that ask a language model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
import pkgutil
from types import MappingProxyType
from typing import Any

from memory_bench import methods
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder

__all__ = ['DEFAULT_METHODS', 'make_method', 'method_names', 'needs_model', 'place_in_tables']

#: What is compared unless told: everything that needs neither an extra nor a language model.
DEFAULT_METHODS = ('random', 'bm25', 'dense', 'hybrid', 'paper', 'traversal', 'ours', 'oracle')

#: Rivals that are not listed come between these, the variants of ours behind it.
_FIRST = ('random', 'exploration', 'bm25', 'dense', 'hybrid', 'emem', 'lightrag')
_LAST = ('traversal', 'paper', 'paper+llm', 'ours', 'ours+llm')


@cache
def _modules() -> Mapping[str, Any]:
    """Return the module of every method."""
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(methods.__path__):
        module = import_module(f'{methods.__name__}.{info.name}')
        for name in getattr(module, 'NAMES', ()):
            if name in found:
                raise ValueError(f'method {name}: {found[name].__name__} and {module.__name__}')
            found[name] = module
    return MappingProxyType({n: found[n] for n in sorted(found, key=place_in_tables)})


def place_in_tables(name: str) -> tuple[int, int, str]:
    """Return a key that sorts methods as tables show them: bounds outside, ours last."""
    if name in _FIRST:
        return 0, _FIRST.index(name), name
    if name in _LAST:
        return 2, _LAST.index(name), name
    if name == 'oracle':
        return 4, 0, name
    return (3 if name.startswith('ours') else 1), 0, name


def method_names() -> tuple[str, ...]:
    """Return every name that ``make_method`` knows, in the order of the tables."""
    return tuple(_modules())


def needs_model(name: str) -> bool:
    """Whether a method asks a language model."""
    return name in getattr(_modules().get(name), 'NEEDS_MODEL', ())


def make_method(
    name: str, encoder: CachingEncoder, options: MethodOptions | None = None
) -> Method:
    """
    Make a method by name; one for each data set.

    Raises
    ------
    EvaluationError
        If no method has that name, or what it needs is not given or not installed.

    """
    module = _modules().get(name)
    if module is None:
        known = ', '.join(method_names())
        raise EvaluationError(f'no method is named {name!r:.80}; there are {known}')
    method: Method = module.make(name, encoder, options or MethodOptions())
    return method
