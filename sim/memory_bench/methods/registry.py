"""Methods by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from memory_node.core.config import MemoryConfig
from memory_node.core.ports import LanguageModel
from memory_node.evaluation.encoding import CachingEncoder
from memory_node.evaluation.errors import EvaluationError
from memory_node.evaluation.methods import Method
from memory_node.evaluation.ours import ABLATIONS

__all__ = ['DEFAULT_METHODS', 'MethodOptions', 'make_method', 'method_names', 'needs_model']


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodOptions:
    """What a method may be given beside the encoder."""

    config: MemoryConfig = field(default_factory=MemoryConfig)
    #: For the methods that ``needs_model`` names.
    language_model: LanguageModel | None = None
    seed: int = 0


_Maker = Callable[[str, CachingEncoder, MethodOptions], Method]


def _flat(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation import flat

    kinds: Mapping[str, Callable[[str, CachingEncoder], Method]] = {
        'bm25': flat.Bm25Method,
        'dense': flat.DenseMethod,
        'hybrid': flat.HybridMethod,
    }
    return kinds[name](name, encoder)


def _emem(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation.emem_rival import EmemMethod

    return EmemMethod(name, encoder)


def _lightrag(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    model = _model(name, options)
    from memory_node.evaluation.lightrag_rival import LightragMethod

    return LightragMethod(name, encoder, model)


def _bound(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation.bounds import OracleMethod, RandomMethod

    return OracleMethod(name) if name == 'oracle' else RandomMethod(name, options.seed)


def _paper(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation.forest_only import PaperMethod

    model = _model(name, options) if needs_model(name) else None
    return PaperMethod(name, encoder, options.config, model)


def _traversal(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation.forest_only import TraversalMethod

    return TraversalMethod(name, encoder, options.config)


def _ours(name: str, encoder: CachingEncoder, options: MethodOptions) -> Method:
    from memory_node.evaluation.ours import ablated, OursMethod

    model = _model(name, options) if needs_model(name) else None
    config = ablated(options.config, ABLATIONS[name]) if name in ABLATIONS else options.config
    if model is not None:
        reading = replace(config.retrieval, read_by_language_model=True)
        config = replace(config, retrieval=reading)
    return OursMethod(name, encoder, config, model)


_MAKERS: Mapping[str, _Maker] = {
    'random': _bound,
    'bm25': _flat,
    'dense': _flat,
    'hybrid': _flat,
    'emem': _emem,
    'lightrag': _lightrag,
    'paper': _paper,
    'paper+llm': _paper,
    'traversal': _traversal,
    'ours': _ours,
    'ours+llm': _ours,
    **dict.fromkeys(ABLATIONS, _ours),
    'oracle': _bound,
}

#: What is compared unless told: everything that needs neither an extra nor a language model.
DEFAULT_METHODS = ('random', 'bm25', 'dense', 'hybrid', 'paper', 'traversal', 'ours', 'oracle')


def method_names() -> tuple[str, ...]:
    """Return every name that ``make_method`` knows, in the order of the tables."""
    return tuple(_MAKERS)


def needs_model(name: str) -> bool:
    """Whether a method asks a language model."""
    return name == 'lightrag' or name.endswith('+llm')


def _model(name: str, options: MethodOptions) -> LanguageModel:
    if options.language_model is None:
        raise EvaluationError(f'method {name} needs a language model')
    return options.language_model


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
    if name not in _MAKERS:
        known = ', '.join(method_names())
        raise EvaluationError(f'no method is named {name!r:.80}; there are {known}')
    return _MAKERS[name](name, encoder, options or MethodOptions())
