"""``memory ask`` and ``memory describe``: answers in words, with what they rest on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import dataclasses
from typing import Any

from rich.console import Console
from rich.text import Text

from memory_node.cli.common import add_language_model, language_model, open_memory, print_json
from memory_node.cli.query import add_asker, place_to_dict
from memory_node.core.asking import ask
from memory_node.core.data import Place, Query
from memory_node.core.describing import describe
from memory_node.core.requests import nanoseconds

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory ask`` and ``memory describe``."""
    asking = commands.add_parser(
        'ask', parents=[shared], help='ask a question, get a sentence', description=__doc__
    )
    asking.add_argument('text', help='for example "is there a printer?"')
    asking.add_argument('--map-id', help='only this map')
    add_asker(asking)
    add_language_model(asking, 'let this language model word the answer')
    asking.set_defaults(run=run_ask)
    describing = commands.add_parser(
        'describe', parents=[shared], help='say what an area is like', description=__doc__
    )
    describing.add_argument('area', nargs='?', default='', help='words or area id; empty: all')
    describing.add_argument('--map-id', help='only this map')
    describing.set_defaults(run=run_describe)


def run_ask(args: argparse.Namespace, messages: Console) -> int:
    """Answer one question."""
    model = language_model(args)
    query = Query(
        text=args.text, map_id=args.map_id, here=args.here, now_ns=nanoseconds('now', args.now)
    )
    with open_memory(args) as memory:
        answer = ask(memory, query, now_ns=query.now_ns, model=model)
    if args.json:
        print_json(_plain(answer))
        return 0
    _show(answer.text, answer.citations)
    if answer.fallback:
        messages.print(f'worded without the language model: {answer.fallback}', markup=False)
    return 0


def run_describe(args: argparse.Namespace, messages: Console) -> int:
    """Describe one area or everything."""
    with open_memory(args) as memory:
        told = describe(memory, args.area, args.map_id)
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
    """Return a dataclass of words and places as plain JSON values."""
    return {
        f.name: (
            [place_to_dict(place) for place in value]
            if isinstance(value := getattr(answer, f.name), tuple)
            else value
        )
        for f in dataclasses.fields(answer)
    }


def _show(text: str, citations: Sequence[Place]) -> None:
    console = Console()
    console.print(Text(text))
    for number, place in enumerate(citations, 1):
        x, y, z = place.pose.position
        seen = place.caption or place.label
        console.print(
            Text(f'  [{number}] at {x:.1f}, {y:.1f}, {z:.1f}: {seen[:100]}', style='dim')
        )
