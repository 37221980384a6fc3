"""
Entry point of the ``memory`` command.

People get tables, programs get JSON: with ``--json`` the standard output holds nothing but one
JSON object a line, and messages go to the standard error.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from io import TextIOWrapper
import os
from pathlib import Path
import sys

from rich.console import Console

from memory_node.cli import (
    ask,
    check,
    compact,
    correct,
    doctor,
    encoder,
    export,
    find,
    import_,
    layout,
    maps,
    objects,
    query,
    stats,
)
from memory_node.core.config.paths import own_folder
from memory_node.core.errors import MemoryNodeError

__all__ = ['build_parser', 'default_store', 'main']

#: Exit codes: the command failed, and it was used wrongly (argparse's own).
FAILED, USAGE = 1, 2


def default_store() -> Path:
    """Return where the memory lives unless told: ``$MEMORY_STORE`` or the user's data folder."""
    if named := os.environ.get('MEMORY_STORE'):
        return Path(named)
    data = own_folder('XDG_DATA_HOME', '.local/share')
    return Path('memory.sqlite') if data is None else data / 'memory_node' / 'memory.sqlite'


def build_parser() -> argparse.ArgumentParser:
    """Describe every command and option."""
    parser = argparse.ArgumentParser(prog='memory', description='Ask a robot what it has seen.')
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        '--store',
        type=Path,
        default=default_store(),
        metavar='FILE',
        help='memory to work on (default: %(default)s, or $MEMORY_STORE)',
    )
    shared.add_argument(
        '--json', action='store_true', help='print one JSON object a line, for programs'
    )
    shared.add_argument(
        '--model',
        default='',
        metavar='NAME',
        help='sentence-transformers model, a name or a folder (default: all-MiniLM-L6-v2)',
    )
    shared.add_argument(
        '--image-encoder',
        default='',
        metavar='NAME',
        help='compare texts with pictures by this CLIP of sentence-transformers, a name or a'
        ' folder (perception.image_encoder; default: none)',
    )
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    asking = (query, ask, find, objects, maps, correct, stats)
    for module in (import_, *asking, export, check, compact, doctor, encoder, layout):
        module.add_command(commands, shared)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that has no é gets an escape
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')
    args = build_parser().parse_args(argv)
    messages = Console(stderr=True)
    try:
        code: int = args.run(args, messages)
        return code
    except MemoryNodeError as error:
        messages.print(f'[bold red]{error.name}[/]', end=' ')
        messages.print(str(error), markup=False, highlight=False)
        return FAILED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a name that is too long, an output that is full
        messages.print(f'{error.filename or "output"}: {error.strerror or error}', markup=False)
        return FAILED
    except KeyboardInterrupt:
        messages.print('interrupted; everything stored so far is kept')
        return 130


if __name__ == '__main__':
    sys.exit(main())
