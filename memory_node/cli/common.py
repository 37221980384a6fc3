"""What several commands share: opening the memory and speaking JSON."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import json
import sys
from typing import Any

from memory_node.core.errors import StoreAccessError
from memory_node.core.memory import Memory
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['open_memory', 'print_json']


def open_memory(args: argparse.Namespace, *, create: bool = False) -> Memory:
    """Open ``args.store``; raise ``StoreAccessError`` where it is absent and not to be made."""
    if not create and not args.store.exists():
        raise StoreAccessError(
            f'no memory at {args.store}: make one with `memory import FILE --store {args.store}`'
        )
    return Memory.open(args.store, encoder=SentenceEncoder(args.model))


def print_json(item: Mapping[str, Any]) -> None:
    """Write one object on one line of the standard output."""
    sys.stdout.write(json.dumps(item, ensure_ascii=False) + '\n')
    sys.stdout.flush()
