"""What is compared: every memory behind one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from memory_bench.datasets.types import Question
from memory_bench.errors import EvaluationError
from memory_bench.methods.cost import ModelUse, Stopwatch
from memory_node.core.config import MemoryConfig
from memory_node.core.data import Observation, Vector3
from memory_node.core.ports import LanguageModel
from memory_node.core.retrieval.reading import wants_description

__all__ = [
    'Answer',
    'AnsweredPlace',
    'Method',
    'MethodOptions',
    'required_model',
    'wants_words',
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredPlace:
    """One place a method answers with: where to stand [m], and how sure it is, in [0, 1]."""

    node_id: str
    position: Vector3
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a method says: places, best first, and whether it holds any to be right."""

    found: bool
    places: tuple[AnsweredPlace, ...] = ()
    text: str = ''
    #: Time of the search without embedding the question, and of the embedding [s].
    search_s: float = 0.0
    encode_s: float = 0.0
    #: CPU time of the search on the asking thread [s]; less noisy than ``search_s`` under load.
    search_cpu_s: float = 0.0
    llm_calls: int = 0
    llm_tokens: int = 0

    def costing(self, watch: Stopwatch, used: ModelUse | None = None) -> Answer:
        """Return the answer with what it cost."""
        used = used or ModelUse()
        return replace(
            self,
            search_s=watch.search_s,
            encode_s=watch.encode_s,
            search_cpu_s=watch.search_cpu_s,
            llm_calls=used.calls,
            llm_tokens=used.tokens,
        )


class Method(Protocol):
    """A memory under evaluation. One is made for each data set, and closed after it."""

    @property
    def name(self) -> str:
        """Name in the tables, for example ``bm25``."""

    def build(self, observations: Sequence[Observation], folder: Path) -> None:
        """Remember observations, in order, with files below ``folder``."""

    def ask(self, question: Question, k: int) -> Answer:
        """
        Answer from text, ``near`` and ``now_ns`` alone, with at most ``k`` places.

        Rivals may look at ``wants_words`` too.
        """

    def bytes_used(self) -> int:
        """Size of what was built, on disk or in memory [bytes]."""

    def close(self) -> None:
        """Free everything."""


def wants_words(question: Question) -> bool:
    """
    Whether an answer in words is asked for, as ``~/ask`` is called instead of ``~/retrieve``.

    Whoever asks for a description knows it; what kind of answer fits is told from the text alone.
    """
    return bool(question.facts) or wants_description(question.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodOptions:
    """What a method may be given beside the encoder."""

    config: MemoryConfig = field(default_factory=MemoryConfig)
    #: For the methods that ``needs_model`` names.
    language_model: LanguageModel | None = None
    seed: int = 0


def required_model(name: str, options: MethodOptions) -> LanguageModel:
    """Return the language model; ``EvaluationError`` without one."""
    if options.language_model is None:
        raise EvaluationError(f'method {name} needs a language model')
    return options.language_model
