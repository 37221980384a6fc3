"""``memory maps`` and ``memory join``: which maps there are, and joining those of one place."""

from __future__ import annotations

import argparse
import math
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memory_node.cli.common import open_memory, print_json
from memory_node.cli.query import when
from memory_node.core.errors import InvalidQueryError, StoreAccessError
from memory_node.core.memory import JoinedMaps, MapRecord
from memory_node.core.memory.joining import planar_transform

__all__ = ['add_command']


def _transform(text: str) -> tuple[float, float, float, float]:
    """Return x, y, z [m] and yaw [rad] of a text."""
    try:
        x, y, z, yaw = (float(part) for part in text.split(','))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'expected X,Y,Z,YAW, got {text!r}') from error
    return x, y, z, yaw


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory maps`` and ``memory join``."""
    listing = commands.add_parser(
        'maps', parents=[shared], help='list the maps of a memory', description=__doc__
    )
    listing.set_defaults(run=run_list)
    parser = commands.add_parser(
        'join', parents=[shared], help='join two maps of one place', description=__doc__
    )
    parser.add_argument('--from', dest='source', metavar='MAP', help='map that is moved')
    parser.add_argument('--to', dest='target', metavar='MAP', help='map that it is moved into')
    parser.add_argument(
        '--transform',
        type=_transform,
        metavar='X,Y,Z,YAW',
        help='where the frame of the one lies in that of the other [m, rad]; found by the things'
        ' that both hold where left out',
    )
    parser.add_argument('--dry-run', action='store_true', help='say what fits, and move nothing')
    parser.add_argument('--part', metavar='MAP', help='take the join of a map back instead')
    parser.set_defaults(run=run)


def run_list(args: argparse.Namespace, messages: Console) -> int:
    """List every map."""
    with open_memory(args) as memory:
        records = memory.maps()
    if args.json:
        for record in records:
            print_json(_record_to_dict(record))
    elif records:
        Console().print(_table(records))
    messages.print(f'{len(records)} maps', highlight=False)
    return 0


def run(args: argparse.Namespace, messages: Console) -> int:
    """Join two maps, or part them."""
    if not args.store.exists():
        raise StoreAccessError(f'no memory at {args.store}')
    if (args.part is None) == (args.source is None or args.target is None):
        raise InvalidQueryError('name both --from and --to, or --part alone')
    with open_memory(args, write=not args.dry_run) as memory:
        if args.part is not None:
            count = memory.part_maps(args.part)
            line = f'{count} observations are map {args.part!r} again'
            told: dict[str, Any] = {'map_id': args.part, 'observations': count}
        else:
            given = None if args.transform is None else planar_transform(*args.transform)
            joined = memory.join_maps(args.source, args.target, given, dry_run=args.dry_run)
            line, told = _said(joined, dry_run=args.dry_run), _joined_to_dict(joined)
    if args.json:
        print_json(told)
    else:
        messages.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0


def _said(joined: JoinedMaps, *, dry_run: bool) -> str:
    x, y, z, yaw = _planar(joined)
    where = f'{joined.source!r} lies in {joined.target!r} at {x:.2f},{y:.2f},{z:.2f},{yaw:.3f}'
    match = joined.match
    found = '' if match is None else f', {match.found} things found again, {match.missing} not'
    moved = 'nothing was moved' if dry_run else f'{joined.observations} observations moved'
    return f'{where}{found}: {moved}'


def _planar(joined: JoinedMaps) -> tuple[float, float, float, float]:
    matrix = joined.transform
    x, y, z = (float(v) for v in matrix[:3, 3])
    return x, y, z, math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))


def _joined_to_dict(joined: JoinedMaps) -> dict[str, Any]:
    match = joined.match
    return {
        'source': joined.source,
        'target': joined.target,
        'transform': [round(v, 4) for v in _planar(joined)],
        'observations': joined.observations,
        'found': None if match is None else match.found,
        'missing': None if match is None else match.missing,
        'log_odds': None if match is None else round(match.odds, 1),
    }


def _record_to_dict(record: MapRecord) -> dict[str, Any]:
    return {
        'map_id': record.id,
        'frame_id': record.frame,
        'observations': record.observations,
        'objects': record.objects,
        'since': record.first_ns / 1e9,
        'until': record.last_ns / 1e9,
        'joined': list(record.joined),
    }


def _table(records: list[MapRecord]) -> Table:
    table = Table('map', 'frame', 'observations', 'objects', 'since', 'until', 'joined into it')
    for record in records:
        table.add_row(
            Text(record.id),
            Text(record.frame),
            str(record.observations),
            str(record.objects),
            when(record.first_ns),
            when(record.last_ns),
            Text(', '.join(record.joined)),
        )
    return table
