"""A door: where something from outside comes in, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
import pkgutil
from typing import Any

from hypothesis.strategies import SearchStrategy

from memory_node.core.errors import MemoryNodeError

__all__ = ['Door', 'all_doors']


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One parser, or one method of a memory, and what is put in there."""

    name: str
    inputs: SearchStrategy[Any]
    #: Takes one input; may raise what is ``refused``, and nothing else.
    take: Callable[[Any], object]
    refused: tuple[type[Exception], ...] = (MemoryNodeError,)
    #: Parts of a drawn tuple of which variations are put in too; None: of all that is drawn.
    varied: tuple[int, ...] | None = None
    #: Inputs for one of another door: more where one costs microseconds, less where it costs
    #: a store.
    share: float = 1.0
    #: Called at the end; returns what was spoilt, in words.
    close: Callable[[], list[str]] = list


def all_doors(folder: Path) -> Iterator[Door]:
    """Yield the doors of every module; ``folder`` is theirs to write to."""
    package = import_module('memory_bench.fuzz.doors')
    for found in pkgutil.iter_modules(package.__path__):
        own = folder / found.name
        own.mkdir(parents=True, exist_ok=True)
        yield from import_module(f'{package.__name__}.{found.name}').doors(own)
