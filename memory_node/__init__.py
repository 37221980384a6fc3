"""A searchable, spatial-semantic memory for robots; ``Memory`` is all a notebook needs."""

from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from memory_node.core.answers.types import Answer, Description, GoalPlan
    from memory_node.core.config import MemoryConfig
    from memory_node.core.data import (
        Observation,
        Place,
        Pose,
        Query,
        QueryMode,
        Retrieval,
        Route,
        Sighting,
    )
    from memory_node.core.memory import Memory, MemoryStatistics

__all__ = [
    'Answer',
    'Description',
    'GoalPlan',
    'Memory',
    'MemoryConfig',
    'MemoryStatistics',
    'Observation',
    'Place',
    'Pose',
    'Query',
    'QueryMode',
    'Retrieval',
    'Route',
    'Sighting',
]

_HOMES = {
    'Answer': 'answers.types',
    'Description': 'answers.types',
    'GoalPlan': 'answers.types',
    'Memory': 'memory',
    'MemoryConfig': 'config',
    'MemoryStatistics': 'memory',
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import memory_node`` costs nothing."""
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'memory_node.core.{_HOMES.get(name, "data")}'), name)
