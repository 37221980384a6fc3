"""``memory find``: search from the largest areas down, and show the way."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.text import Text

from memory_node.cli.common import add_language_model, language_model, open_memory, print_json
from memory_node.cli.query import add_asker, place_to_dict, show_places
from memory_node.core.answers.find import BRANCHES
from memory_node.core.data import Query
from memory_node.core.forest.frontier import Step
from memory_node.core.queries import nanoseconds

__all__ = ['add_command']

#: Areas named for one level.
_NAMED = 4


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory find``."""
    parser = commands.add_parser(
        'find', parents=[shared], help='search the areas from the top', description=__doc__
    )
    parser.add_argument('text', help='for example "the chair next to the window"')
    parser.add_argument('-k', type=int, default=5, help='places wanted, 1 to 1000')
    parser.add_argument(
        '--branches', type=int, default=BRANCHES, help='areas kept at each level, 1 to 64'
    )
    parser.add_argument('--map-id', help='only this map')
    add_asker(parser)
    add_language_model(parser, 'let this language model pick areas')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Search, telling each level; with ``--json`` the levels are part of the one object."""
    query = Query(
        text=args.text,
        k=args.k,
        map_id=args.map_id,
        here=args.here,
        now_ns=nanoseconds('now', args.now),
    )
    model = language_model(args)
    console = Console()
    with open_memory(args) as memory:
        found = memory.find(
            query,
            branches=args.branches,
            model=model,
            on_step=(lambda step: None) if args.json else lambda step: console.print(_told(step)),
        )
    if args.json:
        print_json(
            {
                'text': args.text,
                'found': found.retrieval.found,
                'message': found.retrieval.message,
                'conditions': list(found.retrieval.conditions),
                'levels': [
                    {
                        'level': step.level,
                        'areas': [area.node_id for area in step.areas],
                        'names': [area.name for area in step.areas],
                        'chosen_by': step.chosen_by,
                    }
                    for step in found.steps
                ],
                'visited': found.visited,
                'places': [place_to_dict(place) for place in found.retrieval.places],
            }
        )
        return 0
    if found.language_model_fallbacks:
        messages.print(
            f'{found.language_model_fallbacks} of {found.language_model_calls} choices of the'
            ' language model failed: embeddings made them'
        )
    console.print(
        Text(found.retrieval.message, style='green' if found.retrieval.found else 'yellow')
    )
    show_places(console, found.retrieval.places)
    return 0


def _told(step: Step) -> Text:
    names = ' | '.join(area.name or area.node_id for area in step.areas[:_NAMED])
    more = f' and {len(step.areas) - _NAMED} more' if len(step.areas) > _NAMED else ''
    return Text(f'level {step.level}, by {step.chosen_by}: {names}{more}')
