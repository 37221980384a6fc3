"""``memory objects``: the things that were seen."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memory_node.cli.common import open_memory, print_json
from memory_node.cli.query import vector, when
from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.memory import Memory
from memory_node.core.retrieval.links import NamedLink
from memory_node.core.retrieval.listing import ObjectRecord

__all__ = ['add_command', 'object_to_dict']

#: Names of one object that the table shows beside its label.
_NAMED = 3
#: Links of one object that it shows.
_LINKS = 8


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory objects``."""
    parser = commands.add_parser(
        'objects', parents=[shared], help='list the things that were seen', description=__doc__
    )
    parser.add_argument('text', nargs='?', default='', help='only what goes by this name')
    parser.add_argument('--area', default='', metavar='NAME', help='only in rooms of this name')
    parser.add_argument('--near', type=vector, metavar='X,Y,Z', help='centre of --radius [m]')
    parser.add_argument('--radius', type=float, metavar='M', help='only this close to --near [m]')
    parser.add_argument('--map-id', help='only this map')
    parser.add_argument(
        '--limit', type=_count, default=50, metavar='N', help='objects shown (default: 50)'
    )
    parser.add_argument(
        '--offset', type=_count, default=0, metavar='N', help='objects skipped (default: 0)'
    )
    parser.add_argument(
        '--links', action='store_true', help='show what each is in, on, part of, next to, with'
    )
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'expected a number >= 0, got {text!r}')
    return int(text)


def run(args: argparse.Namespace, messages: Console) -> int:
    """List one page; with ``--json`` one object a line, the total on the standard error."""
    if (args.near is None) != (args.radius is None):
        raise InvalidQueryError('give --near and --radius together')
    with open_memory(args) as memory:
        listed = memory.objects(
            args.text, area=args.area, near=args.near, radius=args.radius, map_id=args.map_id
        )
        page = listed[args.offset : args.offset + args.limit]
        found = memory.links([thing.id for thing in page]) if args.links else {}
        links = {i: [link_to_dict(link) for link in some] for i, some in found.items()}
        if args.json:
            for thing in page:
                linked = {'links': links[thing.id]} if args.links else {}
                print_json({**object_to_dict(thing, memory), **linked})
    if not args.json:
        _show(page, links)
    last = args.offset + len(page)
    shown = f'{args.offset + 1} to {last} of {len(listed)}' if page else f'none of {len(listed)}'
    messages.print(f'objects {shown}')
    return 0


def object_to_dict(thing: ObjectRecord, memory: Memory) -> dict[str, Any]:
    """Return one object as plain JSON values; ``observation_id`` is its best view."""
    shown = memory.by_keys([thing.best_view])
    return {
        'id': thing.id,
        'label': thing.label,
        'names': {name: round(share, 4) for name, share in thing.names},
        'map_id': thing.map_id,
        'position': _rounded(thing.position),
        'extent': _rounded(thing.extent),
        'views': thing.views,
        'first_seen': thing.first_ns / 1e9,
        'last_seen': thing.last_ns / 1e9,
        'existence': round(thing.existence, 4),
        'room': thing.room,
        'observation_id': shown[0].id if shown else '',
    }


def link_to_dict(link: NamedLink) -> dict[str, Any]:
    """Return a link as plain JSON values; ``id`` is that of a thing."""
    told = {'relation': link.relation, 'name': link.name, 'views': link.views}
    return told if link.id < 0 else {**told, 'id': link.id}


def _rounded(values: Vector3 | None) -> list[float] | None:
    return None if values is None else [round(v, 4) for v in values]


def _show(page: Sequence[ObjectRecord], links: Mapping[int, list[dict[str, Any]]]) -> None:
    table = Table(expand=True)
    for header, options in (
        ('id', {'justify': 'right', 'no_wrap': True}),
        ('what', {'ratio': 1, 'min_width': 12, 'overflow': 'fold'}),
        ('room', {'ratio': 1, 'min_width': 12, 'overflow': 'fold'}),
        ('at x, y, z; size [m]', {'no_wrap': True}),
        ('views', {'justify': 'right', 'no_wrap': True}),
        ('there', {'justify': 'right', 'no_wrap': True}),
        ('last seen', {'no_wrap': True}),
    ):
        table.add_column(header, **options)
    for thing in page:
        others = [f'{name} {share:.0%}' for name, share in thing.names if name != thing.label]
        table.add_row(
            str(thing.id),
            Text(_lines(thing.label, ', '.join(others[:_NAMED]))),
            Text(thing.room),
            _lines(_metres(thing.position, ', '), _metres(thing.extent, ' x ')),
            str(thing.views),
            f'{thing.existence:.0%}',
            when(thing.last_ns),
        )
    console = Console()
    if page:
        console.print(table)
    for thing in page if links else ():
        told = ', '.join(map(_told, links[thing.id][:_LINKS])) or 'nothing'
        console.print(Text(f'{thing.id} {thing.label}: {told}'), soft_wrap=True)


def _told(link: Mapping[str, Any]) -> str:
    number = f' {link["id"]}' if 'id' in link else ''
    views = link['views']
    shown = f'{views} view{"s" * (views != 1)}'
    return f'{link["relation"]} {link["name"]}{number} ({shown})'


def _lines(*parts: str) -> str:
    return '\n'.join(filter(None, parts))


def _metres(values: Vector3 | None, between: str) -> str:
    return '' if values is None else between.join(f'{v:.2f}' for v in values)
