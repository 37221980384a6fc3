"""What several commands share: opening the memory and speaking JSON."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import json
import sys
from typing import Any

from memory_node.core.config import LanguageModelConfig, MemoryConfig, RetrievalConfig
from memory_node.core.errors import LanguageModelError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.ports import LanguageModel
from memory_node.models.factory import make_image_encoder, make_language_model
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = [
    'add_language_model',
    'add_trace',
    'in_ms',
    'language_model',
    'open_memory',
    'print_json',
]


def add_trace(parser: argparse.ArgumentParser) -> None:
    """Describe the option that times the stages of each answer."""
    parser.add_argument(
        '--trace', action='store_true', help='say how long each stage took (retrieval.trace)'
    )


def open_memory(
    args: argparse.Namespace, *, write: bool = False, config: MemoryConfig | None = None
) -> Memory:
    """
    Open ``args.store``, to read it beside whoever writes it; made if absent only to ``write``.

    Raises ``StoreAccessError`` where it is absent and not to be made.
    """
    if not write and not args.store.exists():
        raise StoreAccessError(
            f'no memory at {args.store}: make one with `memory import FILE --store {args.store}`'
        )
    if getattr(args, 'trace', False):
        config = MemoryConfig(retrieval=RetrievalConfig(trace=True))
    return Memory.open(
        args.store,
        encoder=SentenceEncoder(args.model),
        config=config,
        read_only=not write,
        image_encoder=make_image_encoder(args.image_encoder),
    )


def add_language_model(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Describe the options that name a language model."""
    defaults = LanguageModelConfig()
    parser.add_argument('--llm', default='', metavar='NAME', help=purpose)
    parser.add_argument(
        '--llm-url',
        default=defaults.base_url,
        metavar='URL',
        help='OpenAI-compatible endpoint (default: %(default)s)',
    )
    parser.add_argument(
        '--llm-embedded',
        action='store_true',
        help='run it in this process: smollm2, or a GGUF file',
    )


def language_model(args: argparse.Namespace) -> LanguageModel | None:
    """Make the language model that the options name, None where they name none."""
    try:
        config = LanguageModelConfig(
            model=args.llm,
            base_url=args.llm_url,
            provider='embedded' if args.llm_embedded else 'openai',
        )
    except ValueError as error:
        raise LanguageModelError(f'--llm-url: {error}') from error
    return make_language_model(config)


def in_ms(stages: Mapping[str, float]) -> dict[str, float]:
    """Return stages in milliseconds, for JSON."""
    return {name: round(seconds * 1e3, 3) for name, seconds in stages.items()}


def _writable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or 'utf-8')
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def print_json(item: Mapping[str, Any]) -> None:
    """Write one object on one line of the standard output."""
    text = json.dumps(item, ensure_ascii=False)
    # What a request of the command line holds that is no text, or hidden, is written as an escape,
    # and so is what the output has no characters for.
    if not text.isprintable() or not _writable(text):
        text = json.dumps(item)
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()
