"""``memory stats``: what a memory holds."""

from __future__ import annotations

import argparse
import dataclasses

from rich.console import Console
from rich.table import Table

from memory_node.cli.common import open_memory, print_json

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory stats``."""
    parser = commands.add_parser(
        'stats', parents=[shared], help='count what a memory holds', description=__doc__
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Print the statistics."""
    with open_memory(args) as memory:
        values = {**dataclasses.asdict(memory.stats()), 'frames': dict(memory.frames)}
    if args.json:
        print_json(values)
        return 0
    table = Table(show_header=False, title=str(args.store), title_justify='left')
    for name, value in values.items():
        told = f'{value:,}' if isinstance(value, int) else str(value)
        if isinstance(value, dict):
            told = ', '.join(f'{map_id} in {frame}' for map_id, frame in value.items())
        table.add_row(name.replace('_', ' '), told)
    Console().print(table)
    return 0
