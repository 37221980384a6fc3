"""Makes the methods of a run, with the language model of its configuration."""

from __future__ import annotations

from memory_node.core.config import MemoryConfig
from memory_node.core.ports import LanguageModel
from memory_node.evaluation.encoding import CachingEncoder
from memory_node.evaluation.methods import Method
from memory_node.evaluation.registry import make_method, MethodOptions, needs_model
from memory_sim.bench.config import BenchConfig

__all__ = ['make_bench_method']


def make_bench_method(
    name: str, encoder: CachingEncoder, config: BenchConfig, seed: int
) -> Method:
    """Make a method for one world; raises ``EvaluationError`` if it is not to be had."""
    model = _model(config) if needs_model(name) else None
    options = MethodOptions(config=MemoryConfig(), language_model=model, seed=seed)
    return make_method(name, encoder, options)


def _model(config: BenchConfig) -> LanguageModel | None:
    if not config.llm_model:
        return None
    from memory_node.models.openai_chat import OpenAIChat

    return OpenAIChat(base_url=config.llm_base_url, model=config.llm_model)
