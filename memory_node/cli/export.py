"""``memory export``: observations, topological map, or rooms and objects."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from memory_node.cli.common import open_memory, print_json
from memory_node.core.errors import StoreAccessError
from memory_node.interchange.export import export_memory, FORMATS

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory export``."""
    parser = commands.add_parser(
        'export', parents=[shared], help='write a memory for other programs', description=__doc__
    )
    parser.add_argument('file', type=Path, help='file to write; an existing one is replaced')
    parser.add_argument(
        '--format',
        choices=FORMATS,
        default=None,
        help='jsonl: observations; graphml: topological map; json: rooms and objects'
        ' (default: from the file name)',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Write the file and say how much is in it."""
    kind = args.format or args.file.suffix.lstrip('.').lower()
    if kind not in FORMATS:
        raise StoreAccessError(f'cannot tell the format of {args.file}: give --format')
    try:
        with open_memory(args) as memory:
            count = export_memory(memory, args.file, kind)
    except OSError as error:
        raise StoreAccessError(f'cannot write {args.file}: {error.strerror}') from error
    if args.json:
        print_json({'file': str(args.file), 'format': kind, 'entries': count})
    else:
        messages.print(f'{args.file}: {count} entries')
    return 0
