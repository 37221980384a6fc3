"""``memory correct`` and ``memory corrections``: what a person puts right."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memory_node.cli.common import open_memory, print_json
from memory_node.cli.query import moment, vector, when
from memory_node.core.errors import StoreAccessError
from memory_node.core.memory import CorrectionRecord

__all__ = ['add_command', 'record_to_dict']

Parser = argparse.ArgumentParser


def _author() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return 'somebody'


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory correct ACTION`` and ``memory corrections``."""
    parser = commands.add_parser(
        'correct', help='put right what a memory believes', description=__doc__
    )
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    told = argparse.ArgumentParser(add_help=False)
    told.add_argument('--author', default=_author(), help='who says so (default: %(default)s)')

    def action(name: str, summary: str, thing: bool = True) -> Parser:
        made = actions.add_parser(name, parents=[shared, told], help=summary, description=summary)
        if thing:
            made.add_argument('object_id', type=int, metavar='OBJECT', help='as `memory objects`')
        made.set_defaults(run=run)
        return made

    action('move', 'the object is there').add_argument(
        '--to', dest='position', type=vector, metavar='X,Y,Z', required=True, help='where [m]'
    )
    action('relabel', 'it is a NAME, not what it was taken for').add_argument(
        'name', metavar='NAME'
    )
    action('name', 'it also goes by NAME').add_argument('name', metavar='NAME')
    action('merge', 'they are one object').add_argument(
        'others', type=int, nargs='+', metavar='OTHER', help='what is one with it'
    )
    split = action('split', 'it is two objects')
    split.add_argument(
        '--at', dest='position', type=vector, metavar='X,Y,Z', required=True, help='the other [m]'
    )
    split.add_argument('--name', default='', help='what the other one is')
    action('confirm', 'it is where it is believed to be')
    action('delete', 'there is no such object')
    place = action('place', 'the room, or what is around a point, is called NAME', thing=False)
    place.add_argument('name', metavar='NAME')
    _around(place, required=True)
    forget = action('forget', 'remove observations of a time or a place for good', thing=False)
    forget.add_argument('--since', type=moment, metavar='TIME', help='seconds or ISO 8601')
    forget.add_argument('--until', type=moment, metavar='TIME', help='seconds or ISO 8601')
    _around(forget, required=False)
    wrong = action('wrong', 'an answer was wrong', thing=False)
    wrong.add_argument('--object', dest='object_id', type=int, metavar='ID', help='what it named')
    wrong.add_argument(
        '--observation', dest='observation_id', default='', metavar='ID', help='or its node_id'
    )
    wrong.add_argument('--name', default='', help='label of the answer, with --observation')
    wrong.add_argument('--question', default='', metavar='TEXT', help='what was asked')
    undo = action('undo', 'take a correction back', thing=False)
    undo.add_argument('number', type=int, metavar='ID', help='as `memory corrections`')
    listing = commands.add_parser(
        'corrections', parents=[shared], help='list what people corrected', description=__doc__
    )
    listing.set_defaults(run=run_list)


def _around(parser: Parser, *, required: bool) -> None:
    parser.add_argument(
        '--at', dest='position', type=vector, metavar='X,Y,Z', required=required, help='where [m]'
    )
    parser.add_argument('--radius', type=float, default=0.0, metavar='M', help='how far [m]')
    parser.add_argument('--map-id', default='', help='map of the point')


#: Options that are no fields of a correction.
_OTHER = (
    *('command', 'action', 'run', 'number'),
    *('store', 'json', 'model', 'image_encoder'),  # of every command
)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Correct one thing and say what was stored."""
    if not args.store.exists():
        raise StoreAccessError(f'no memory at {args.store}')
    fields: dict[str, Any] = {k: v for k, v in vars(args).items() if k not in _OTHER}
    with open_memory(args, write=True) as memory:
        if args.action == 'undo':
            record = memory.undo(args.number, author=args.author)
        else:
            record = memory.correct(args.action, **fields)
    if args.json:
        print_json(record_to_dict(record))
    else:
        state = f' ({record.state})' if args.action == 'undo' else ''
        line = f'correction {record.id} by {record.author}: {record.summary}{state}'
        messages.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0


def run_list(args: argparse.Namespace, messages: Console) -> int:
    """List every correction, and what has become of it."""
    with open_memory(args) as memory:
        records = memory.corrections()
    if args.json:
        for record in records:
            print_json(record_to_dict(record))
    elif records:
        Console().print(_table(records))
    lost = sum(record.state == 'lost' for record in records)
    tail = f', {lost} find what they are about no more' if lost else ''
    messages.print(f'{len(records)} corrections{tail}', highlight=False)
    return 0


def record_to_dict(record: CorrectionRecord) -> dict[str, Any]:
    """Return one correction as plain JSON values."""
    return {
        'id': record.id,
        'stamp': record.stamp_ns / 1e9,
        'author': record.author,
        'kind': record.kind,
        'summary': record.summary,
        'state': record.state,
        'undone': None if record.undone_ns is None else record.undone_ns / 1e9,
        'undone_by': record.undone_by,
    }


def _table(records: list[CorrectionRecord]) -> Table:
    table = Table(expand=True)
    for header, options in (
        ('#', {'justify': 'right', 'no_wrap': True}),
        ('what', {'ratio': 1, 'min_width': 20}),
        ('by', {}),
        ('when', {'no_wrap': True}),
        ('state', {'no_wrap': True}),
    ):
        table.add_column(header, **options)
    for record in records:
        table.add_row(
            str(record.id),
            Text(record.summary),
            Text(record.author),
            when(record.stamp_ns),
            record.state,
        )
    return table
