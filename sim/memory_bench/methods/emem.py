"""
eMEM (PyPI ``emem``, an optional extra), used as its README shows: ``add`` and semantic search.

Same observations, same encoder. The typed results of ``store.semantic_search`` are taken instead
of the strings that it formats from them. No episode is ended, as that replaces observations by
one summary each. eMEM does not say how sure it is, so every answer counts as sure.
"""

from __future__ import annotations

from collections.abc import Sequence
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import Answer, AnsweredPlace, Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder, document, Stopwatch
from memory_node.core.data import FloatArray, Observation

__all__ = ['NAMES', 'EmemMethod', 'make']

NAMES = ('emem',)


class _Provider:
    """Our encoder as eMEM's embedding provider."""

    def __init__(self, encoder: CachingEncoder) -> None:
        self._encoder = encoder

    @property
    def dim(self) -> int:
        """Size of a vector."""
        return self._encoder.dim

    def embed(self, texts: list[str]) -> FloatArray:
        """Return (N, D) rows."""
        return self._encoder.encode(texts)


class EmemMethod:
    """``SpatioTemporalMemory`` with its default settings."""

    def __init__(self, name: str, encoder: CachingEncoder) -> None:
        """Raise ``EvaluationError`` unless ``emem`` is installed."""
        try:
            self._emem: Any = importlib.import_module('emem')
        except ImportError as error:
            raise EvaluationError(
                f'method {name} needs the package emem: pip install'
                f' -r requirements/evaluation.txt ({error})'
            ) from error
        self.name = name
        self._encoder = encoder
        self._memory: Any = None
        self._folder = Path()

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """Add every observation with its time, flush, and write the index."""
        self._folder = folder
        self._memory = self._emem.SpatioTemporalMemory(
            db_path=str(folder / 'emem.db'), embedding_provider=_Provider(self._encoder)
        )
        for observation in observations:
            x, y, z = observation.pose.position
            self._memory.add(
                document(observation),
                x=x,
                y=y,
                z=z,
                timestamp=observation.stamp_ns / 1e9,
                layer_name='vlm',
                metadata={'id': observation.id},
            )
        self._memory.save()

    def ask(self, question: Question, k: int) -> Answer:
        """Return the ``k`` best observations."""
        with Stopwatch(self._encoder) as watch:
            found = self._memory.store.semantic_search(question.text, n_results=k)
        places = []
        for item in found:
            x, y, z = np.asarray(item.coordinates, np.float64).tolist()
            node_id = str(item.metadata['id'])
            places.append(AnsweredPlace(node_id=node_id, position=(x, y, z), confidence=1.0))
        return Answer(
            found=bool(places),
            places=tuple(places),
            text=' '.join(item.text for item in found),
        ).costing(watch)

    def bytes_used(self) -> int:
        """Size of its files [bytes]."""
        return sum(p.stat().st_size for p in self._folder.iterdir() if p.is_file())

    def close(self) -> None:
        """Close its database."""
        if self._memory is not None:
            self._memory.close()


def make(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    """Make a method of ``NAMES``."""
    del options
    return EmemMethod(name, encoder)
