"""Makes what a run asks: its methods, and the language model of its configuration."""

from __future__ import annotations

from memory_bench.config import BenchConfig
from memory_bench.judging.llm import LlmJudge
from memory_bench.methods.base import Method, MethodOptions
from memory_bench.methods.cost import CachingEncoder, CountingModel
from memory_bench.methods.registry import make_method
from memory_node.core.config import MemoryConfig
from memory_node.core.ports import LanguageModel

__all__ = ['make_bench_judge', 'make_bench_method', 'make_bench_model']


def make_bench_method(
    name: str,
    encoder: CachingEncoder,
    seed: int,
    model: LanguageModel | None = None,
) -> Method:
    """Make a method for one world; raises ``EvaluationError`` if it is not to be had."""
    options = MethodOptions(config=MemoryConfig(), language_model=model, seed=seed)
    return make_method(name, encoder, options)


def make_bench_model(config: BenchConfig) -> CountingModel | None:
    """
    Make the model that a run names, None if it names none; ``close`` it.

    Raises ``LanguageModelError`` without the package for it.
    """
    if not config.llm_model:
        return None
    from memory_node.models.openai_language_model import OpenAIChat

    return CountingModel(
        OpenAIChat(
            base_url=config.llm_base_url,
            model=config.llm_model,
            timeout_s=config.llm_timeout_s,
        )
    )


def make_bench_judge(config: BenchConfig) -> LlmJudge | None:
    """Make the judge of texts that a run wants beside its own, None if it wants none."""
    model = make_bench_model(config) if config.llm_judge else None
    return None if model is None else LlmJudge(model)
