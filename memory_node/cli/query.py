"""``memory query``: one text, or a batch."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
import time
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from memory_node.cli.common import add_trace, in_ms, open_memory, print_json
from memory_node.core.data import Place, QueryMode, Retrieval
from memory_node.core.errors import InvalidQueryError, MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.retrieval.stages import in_words
from memory_node.interchange.jsonl import QueryRecord, read_queries, Rejected

__all__ = ['add_asker', 'add_command', 'moment', 'place_to_dict', 'show_places', 'vector', 'when']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory query``."""
    parser = commands.add_parser(
        'query', parents=[shared], help='ask where something is', description=__doc__
    )
    parser.add_argument('text', nargs='?', help='for example "where can I wash my hands?"')
    parser.add_argument(
        '--batch', type=Path, metavar='FILE', help='JSON Lines with id and text; "-" is not read'
    )
    parser.add_argument('-k', type=int, default=None, help='places wanted, 1 to 1000')
    parser.add_argument('--near', type=vector, metavar='X,Y,Z', help='prefer places near here [m]')
    parser.add_argument('--radius', type=float, metavar='M', help='only this close to --near [m]')
    parser.add_argument('--since', type=moment, metavar='TIME', help='seconds or ISO 8601')
    parser.add_argument('--until', type=moment, metavar='TIME', help='seconds or ISO 8601')
    add_asker(parser)
    parser.add_argument('--map-id', help='only this map')
    add_trace(parser)
    parser.add_argument('--mode', choices=[m.value for m in QueryMode], default='auto')
    parser.set_defaults(run=run)


def add_asker(parser: argparse.ArgumentParser) -> None:
    """Describe where and when a question is asked."""
    parser.add_argument(
        '--here', type=vector, metavar='X,Y,Z', help='where "near me" and "the nearest" is [m]'
    )
    parser.add_argument(
        '--now',
        type=moment,
        metavar='TIME',
        help='when "this morning" is: seconds or ISO 8601 (default: the newest observation)',
    )


def vector(text: str) -> tuple[float, float, float]:
    """Return ``X,Y`` or ``X,Y,Z`` of a command line as a point [m]."""
    try:
        x, y, *rest = (float(part) for part in text.split(','))
        (z,) = rest or [0.0]
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f'expected X,Y or X,Y,Z in metres, got {text!r}'
        ) from error
    return (x, y, z)


def moment(text: str) -> float:
    """Return seconds or an ISO 8601 time of a command line as seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise argparse.ArgumentTypeError(
            f'expected seconds or an ISO 8601 time, got {text!r}'
        ) from error


def place_to_dict(place: Place) -> dict[str, Any]:
    """Return one place as plain JSON values."""
    return {
        'observation_id': place.evidence_ids[0] if place.evidence_ids else place.node_id,
        'node_id': place.node_id,
        'level': place.level,
        'map_id': place.map_id,
        'session': place.session,
        'position': [round(v, 4) for v in place.pose.position],
        'yaw': round(place.pose.yaw_rad, 4),
        'label': place.label,
        'caption': place.caption,
        'target_position': (
            None if place.target_position is None else [round(v, 4) for v in place.target_position]
        ),
        'score': round(place.score, 6),
        'confidence': round(place.confidence, 4),
        'stamp': place.stamp_ns / 1e9,
        'area_path': list(place.area_path),
        'evidence_ids': list(place.evidence_ids),
        'signals': {name: round(value, 4) for name, value in place.signals.items()},
        'why': place.why,
        'unmet': list(place.unmet),
    }


def _answer(record: QueryRecord, retrieval: Retrieval, latency_s: float) -> dict[str, Any]:
    return {
        'id': record.id,
        'text': record.text,
        'status': 'OK',
        'found': retrieval.found,
        'mode': retrieval.mode.value,
        'message': retrieval.message,
        'conditions': list(retrieval.conditions),
        'places': [place_to_dict(place) for place in retrieval.places],
        'latency_ms': round(latency_s * 1e3, 3),
        **({'stages_ms': in_ms(retrieval.stages)} if retrieval.stages else {}),
    }


def _failure(record: QueryRecord, error: MemoryNodeError) -> dict[str, Any]:
    return {
        'id': record.id,
        'text': record.text[:200],
        'status': error.name,
        'found': False,
        'message': str(error),
        'places': [],
        'latency_ms': 0.0,
    }


def _ask(
    memory: Memory, record: QueryRecord, filters: Mapping[str, Any]
) -> tuple[Retrieval, float]:
    start = time.perf_counter()
    try:
        retrieval = memory.retrieve(record.text, **{**filters, **record.filters})
    except TypeError as error:  # a batch file's filter of the wrong kind
        raise InvalidQueryError(f'filter of query {record.id!r}: {error}') from error
    return retrieval, time.perf_counter() - start


def _records(args: argparse.Namespace, rejected: list[Rejected]) -> Iterator[QueryRecord]:
    if args.batch is not None:
        yield from read_queries(args.batch, rejected)
    elif args.text is not None:
        yield QueryRecord(id='', text=args.text)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Answer; the exit code is 0 when every query was carried out, found or not."""
    if (args.text is None) == (args.batch is None):
        raise InvalidQueryError('give either a text or --batch FILE')
    filters = {
        name: getattr(args, name)
        for name in ('k', 'near', 'radius', 'since', 'until', 'map_id', 'mode', 'here', 'now')
    }
    rejected: list[Rejected] = []
    found = failed = asked = 0
    with open_memory(args) as memory, Progress(console=messages, transient=True) as progress:
        task = progress.add_task('asking', total=None, visible=args.batch is not None)
        for record in _records(args, rejected):
            try:
                retrieval, latency_s = _ask(memory, record, filters)
            except MemoryNodeError as error:
                if args.batch is None:
                    raise
                failed += 1
                item = _failure(record, error)
            else:
                found += retrieval.found
                item = _answer(record, retrieval, latency_s)
            asked += 1
            progress.advance(task)
            if args.json or args.batch is not None:
                print_json(item)
            else:
                _show(record.text, retrieval, latency_s)
    for refused in rejected:
        messages.print(f'line {refused.line}: {refused.reason}', markup=False)
    if args.batch is not None:
        messages.print(
            f'{asked} asked, {found} found, {failed} failed, {len(rejected)} lines refused'
        )
    return 1 if failed or rejected else 0


def when(stamp_ns: int) -> str:
    """Return a stamp as a person reads it."""
    if stamp_ns < 10**9 * 86400 * 365:  # a simulator's or a data set's clock
        return f't = {stamp_ns / 1e9:.0f} s'
    moment = datetime.fromtimestamp(stamp_ns / 1e9, tz=timezone.utc).astimezone()
    return f'{moment:%Y-%m-%d %H:%M}'


def _show(text: str, retrieval: Retrieval, latency_s: float) -> None:
    console = Console()
    console.print(Text(text, style='bold'))
    console.print(Text(retrieval.message, style='green' if retrieval.found else 'yellow'))
    show_places(console, retrieval.places)
    console.print(f'[dim]{retrieval.mode.value} question, {latency_s * 1e3:.1f} ms[/]')
    if retrieval.stages:
        console.print(f'[dim]{in_words(retrieval.stages)}[/]')


def show_places(console: Console, places: Sequence[Place]) -> None:
    """Print places as a table; nothing where there are none."""
    table = Table(title=None, expand=True, show_lines=False)
    for header, options in (
        ('#', {'justify': 'right', 'no_wrap': True}),
        ('what', {'ratio': 2}),
        ('stand at x, y, z [m]', {'no_wrap': True}),
        ('sure', {'justify': 'right', 'no_wrap': True}),
        ('seen', {'no_wrap': True}),
        ('why', {'ratio': 3}),
    ):
        table.add_column(header, **options)
    for rank, place in enumerate(places, start=1):
        x, y, z = place.pose.position
        where = ' › '.join(place.area_path)
        what = place.label or place.caption[:80]
        table.add_row(
            str(rank),
            Text(f'{what}\n{where}' if where else what),
            f'{x:.2f}, {y:.2f}, {z:.2f}',
            f'{place.confidence:.0%}',
            when(place.stamp_ns),
            Text(place.why),
        )
    if places:
        console.print(table)
