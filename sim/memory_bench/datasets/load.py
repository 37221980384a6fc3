"""
From a path to data sets: what is there decides how it is read.

A module of this package with ``reads(path)`` and ``load(path, encoder, options)`` reads a format;
``EXPECTS`` says what it looks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
import pkgutil
import random
from typing import Any

from memory_bench import datasets
from memory_bench.datasets.types import DataSet, Loaded, LoadOptions
from memory_bench.errors import EvaluationError
from memory_node.core.ports import Encoder

__all__ = ['limited', 'load_data_sets']


def _readers() -> Iterator[Any]:
    for info in pkgutil.iter_modules(datasets.__path__):
        module = import_module(f'{datasets.__name__}.{info.name}')
        if hasattr(module, 'reads'):
            yield module


def load_data_sets(path: Path, encoder: Encoder, options: LoadOptions) -> Loaded:
    """
    Return the data sets at ``path``, and notes on them for the reader of a report.

    ``path`` is a folder of the generic format, a folder of such folders, a folder of JSON Lines
    pairs, or a GML graph. Raises ``EvaluationError`` naming what is missing or broken.
    """
    readers = list(_readers())
    for reader in readers:
        if reader.reads(path):
            found: Loaded = reader.load(path, encoder, options)
            return found
    if not path.is_dir():
        raise EvaluationError(f'{path} is neither a folder nor a .gml file')
    expected = ' or '.join(reader.EXPECTS for reader in readers)
    raise EvaluationError(f'{path} holds no data set: expected {expected}')


def limited(data_sets: Sequence[DataSet], limit: int, seed: int) -> list[DataSet]:
    """Keep at most ``limit`` questions of each kind and data set; 0 keeps all."""
    if not limit:
        return list(data_sets)
    found = []
    for data_set in data_sets:
        draw = random.Random(f'{seed} limit {data_set.name}')
        kinds: dict[str, list[int]] = {}
        for row, question in enumerate(data_set.questions):
            kinds.setdefault(question.kind, []).append(row)
        kept = sorted(
            row for rows in kinds.values() for row in draw.sample(rows, min(limit, len(rows)))
        )
        found.append(replace(data_set, questions=tuple(data_set.questions[i] for i in kept)))
    return found
