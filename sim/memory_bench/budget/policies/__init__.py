"""
Policies of eviction beside those that ``memory_node`` ships.

A module here with ``make(favoured)`` is one: it returns a ``Policy``; ``favoured`` holds the
keys of the observations that earlier questions were answered with.
"""

from __future__ import annotations

from collections import Counter
from importlib import import_module
import pkgutil

from memory_node.core.eviction.policy import POLICIES, Policy

__all__ = ['all_policies']


def all_policies(favoured: Counter[int]) -> list[Policy]:
    """Return one of each policy, the shipped ones first."""
    modules = [import_module(f'{__name__}.{m.name}') for m in pkgutil.iter_modules(__path__)]
    return [*(kind() for kind in POLICIES), *(module.make(favoured) for module in modules)]
