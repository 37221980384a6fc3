"""``memory ask`` and ``memory describe``: answers in words, with what they rest on."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
import dataclasses
from pathlib import Path
import time
from typing import Any

from rich.console import Console
from rich.text import Text

from memory_node.cli.common import (
    add_language_model,
    add_trace,
    in_ms,
    language_model,
    open_memory,
    print_json,
)
from memory_node.cli.query import add_asker, place_to_dict
from memory_node.core.data import Place, Query, QueryMode
from memory_node.core.errors import InvalidQueryError, MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.ports import LanguageModel
from memory_node.core.queries import make_query
from memory_node.core.retrieval.stages import in_words
from memory_node.interchange.jsonl import read_queries, Rejected

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory ask`` and ``memory describe``."""
    asking = commands.add_parser(
        'ask', parents=[shared], help='ask a question, get a sentence', description=__doc__
    )
    asking.add_argument('text', nargs='?', help='for example "is there a printer?"')
    asking.add_argument(
        '--batch', type=Path, metavar='FILE', help='JSON Lines with id and text; prints JSON'
    )
    asking.add_argument('--map-id', help='only this map')
    add_trace(asking)
    add_asker(asking)
    add_language_model(asking, 'let this language model word the answer')
    asking.set_defaults(run=run_ask)
    describing = commands.add_parser(
        'describe', parents=[shared], help='say what an area is like', description=__doc__
    )
    describing.add_argument('area', nargs='?', default='', help='words or area id; empty: all')
    describing.add_argument('--map-id', help='only this map')
    describing.set_defaults(run=run_describe)


def _query(args: argparse.Namespace, text: str, filters: Mapping[str, Any]) -> Query:
    """Return the checked question; what a line of a batch says comes before the options."""
    given: dict[str, Any] = {
        'k': Query.__dataclass_fields__['k'].default,
        'mode': QueryMode.AUTO,
        'near': None,
        'radius': None,
        'since': None,
        'until': None,
        'map_id': args.map_id,
        'here': args.here,
        'now': args.now,
    }
    return make_query(text, **{**given, **filters})


def run_ask(args: argparse.Namespace, messages: Console) -> int:
    """Answer one question, or each line of a file."""
    if (args.text is None) == (args.batch is None):
        raise InvalidQueryError('give either a text or --batch FILE')
    model = language_model(args)
    if args.batch is not None:
        with open_memory(args) as memory:
            return _run_batch(args, memory, model, messages)
    query = _query(args, args.text, {})
    with open_memory(args) as memory:
        answer = memory.ask(query, model=model)
    if args.json:
        print_json(_plain(answer))
        return 0
    _show(answer.text, answer.citations)
    if answer.stages:
        Console().print(Text(in_words(answer.stages), style='dim'))
    if answer.fallback:
        messages.print(f'worded without the language model: {answer.fallback}', markup=False)
    return 0


def _run_batch(
    args: argparse.Namespace, memory: Memory, model: LanguageModel | None, messages: Console
) -> int:
    """Print one object a line; the exit code is 1 when a question could not be asked."""
    rejected: list[Rejected] = []
    asked = known = failed = 0
    for record in read_queries(args.batch, rejected):
        start = time.perf_counter()
        try:
            answer = memory.ask(_query(args, record.text, record.filters), model=model)
        except MemoryNodeError as error:
            failed += 1
            item = {'status': error.name, 'known': False, 'text': str(error)}
        else:
            known += bool(answer.known)
            item = {'status': 'OK', **_plain(answer)}
        asked += 1
        latency_ms = round((time.perf_counter() - start) * 1e3, 3)
        print_json({'id': record.id, 'question': record.text, **item, 'latency_ms': latency_ms})
    for refused in rejected:
        messages.print(f'line {refused.line}: {refused.reason}', markup=False)
    messages.print(f'{asked} asked, {known} known, {failed} failed, {len(rejected)} lines refused')
    return 1 if failed or rejected else 0


def run_describe(args: argparse.Namespace, messages: Console) -> int:
    """Describe one area or everything."""
    with open_memory(args) as memory:
        told = memory.describe(args.area, args.map_id)
    if args.json:
        print_json(_plain(told))
        return 0
    if told.name:
        Console().print(Text(f'{told.name} ({told.observations} observations)', style='bold'))
    _show(told.text, told.citations)
    for part in told.parts:
        Console().print(Text(f'  {part.node_id}  {part.label}: {part.why}'))
    return 0


def _plain(answer: Any) -> dict[str, Any]:
    """Return a dataclass of words and places as plain JSON values; stages only where timed."""
    plain: dict[str, Any] = {
        f.name: (
            [place_to_dict(place) for place in value]
            if isinstance(value := getattr(answer, f.name), tuple)
            else value
        )
        for f in dataclasses.fields(answer)
    }
    if stages := plain.pop('stages', {}):
        plain['stages_ms'] = in_ms(stages)
    return plain


def _show(text: str, citations: Sequence[Place]) -> None:
    console = Console()
    console.print(Text(text))
    for number, place in enumerate(citations, 1):
        x, y, z = place.pose.position
        seen = place.caption or place.label
        console.print(
            Text(f'  [{number}] at {x:.1f}, {y:.1f}, {z:.1f}: {seen[:100]}', style='dim')
        )
