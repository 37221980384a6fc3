"""The memory itself as a method, whole or with a signal switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.base import (
    Answer,
    AnsweredPlace,
    Method,
    MethodOptions,
    required_model,
    wants_words,
)
from memory_bench.methods.cost import CachingEncoder, CountingModel, ModelUse, Stopwatch
from memory_node.core.config import MemoryConfig
from memory_node.core.data import Observation, Query, QueryMode
from memory_node.core.memory import Memory
from memory_node.core.ports import LanguageModel

__all__ = ['NAMES', 'NEEDS_MODEL', 'ABLATIONS', 'MemoryMethod', 'OursMethod', 'make']


#: What each ``ours-...`` leaves out.
ABLATIONS: Mapping[str, Callable[[MemoryConfig], MemoryConfig]] = {
    'ours-packs': lambda c: replace(c, language=replace(c.language, affordance_packs='')),
    'ours-instruction': lambda c: replace(c, retrieval=replace(c.retrieval, scorer='off')),
}
NAMES = ('ours', 'ours+llm', *ABLATIONS)
NEEDS_MODEL = ('ours+llm',)

_PATIENCE_S = 600.0


class MemoryMethod:
    """What everything that stands on ``Memory`` shares: building it, and its size."""

    def __init__(
        self,
        name: str,
        encoder: CachingEncoder,
        config: MemoryConfig,
        language_model: LanguageModel | None = None,
    ) -> None:
        """Open a memory with ``config`` when it is built."""
        self.name = name
        self._encoder = encoder
        self._config = config
        self._model = None if language_model is None else CountingModel(language_model)
        self._opened: Memory | None = None

    @property
    def memory(self) -> Memory:
        """The memory; ``EvaluationError`` before it is built."""
        if self._opened is None:
            raise EvaluationError(f'method {self.name} was asked before it was built')
        return self._opened

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """Remember everything, and wait for index and areas."""
        self._opened = Memory.open(
            folder / 'memory.sqlite',
            encoder=self._encoder,
            config=self._config,
            language_model=self._model,
        )
        self._opened.add_many(observations)
        if not (self._opened.wait_indexed(_PATIENCE_S) and self._opened.wait_areas(_PATIENCE_S)):
            raise EvaluationError(f'method {self.name}: no index after {_PATIENCE_S:.0f} s')
        self._opened.save()

    def bytes_used(self) -> int:
        """Size of store, index and forest [bytes]."""
        store = self.memory.path
        return sum(p.stat().st_size for p in store.parent.glob(f'{store.name}*') if p.is_file())

    def close(self) -> None:
        """Close the store."""
        if self._opened is not None:
            self._opened.close()


class OursMethod(MemoryMethod):
    """``Memory.search`` as a robot uses it."""

    def ask(self, question: Question, k: int) -> Answer:
        """Search; a question about an area is answered in words as well."""
        model = self._model
        before = ModelUse() if model is None else model.use
        with Stopwatch(self._encoder) as watch:
            query = Query(text=question.text, k=k, here=question.near, now_ns=question.now_ns)
            retrieval = self.memory.search(query)
            found, text = retrieval.found, ''
            if retrieval.mode is QueryMode.GLOBAL or wants_words(question):
                answer = self.memory.ask(query, model=model)
                found, text = answer.known, answer.text
        places = tuple(
            AnsweredPlace(
                node_id=p.node_id, position=p.pose.position, confidence=float(p.confidence)
            )
            for p in retrieval.places
        )
        used = ModelUse() if model is None else model.use - before
        return Answer(
            found=found,
            places=places,
            text=text,
        ).costing(watch, used)


def make(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    """Make a method of ``NAMES``."""
    model = required_model(name, options) if name in NEEDS_MODEL else None
    config = ABLATIONS[name](options.config) if name in ABLATIONS else options.config
    if model is not None:
        reading = replace(config.retrieval, read_by_language_model=True)
        config = replace(config, retrieval=reading)
    return OursMethod(name, encoder, config, model)
