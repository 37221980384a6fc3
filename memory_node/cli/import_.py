"""``memory import``: JSON Lines, GML graphs, and rosbag2 MCAP recordings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import (
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from memory_node.cli.common import open_memory, print_json
from memory_node.core.data import Observation
from memory_node.core.errors import StoreAccessError
from memory_node.core.memory import Memory
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import read_observations, Rejected

__all__ = ['add_command']

#: Observations per transaction: a killed import loses at most this many.
BATCH = 256
#: Refused lines that are shown one by one.
SHOWN = 10


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory import``."""
    parser = commands.add_parser(
        'import', parents=[shared], help='remember observations or a bag', description=__doc__
    )
    parser.add_argument(
        'files', nargs='+', type=Path, metavar='FILE', help='.jsonl, .gml or .mcap'
    )
    parser.add_argument(
        '--map-id', default=None, help="map of these observations (default: the file's, or map)"
    )
    bag = parser.add_argument_group('bags')
    bag.add_argument('--detector', type=Path, metavar='ONNX', help='YOLOX model file')
    bag.add_argument('--classes', type=Path, metavar='TXT', help='class names, one a line')
    bag.add_argument('--min-confidence', type=float, default=0.3, help='of a detection, 0 to 1')
    parser.set_defaults(run=run)


def _open_file(
    path: Path, args: argparse.Namespace, rejected: list[Rejected]
) -> Iterable[Observation]:
    readers: dict[str, Callable[[], Iterable[Observation]]] = {
        '.jsonl': lambda: read_observations(path, rejected, map_id=args.map_id),
        '.gml': lambda: read_gml(path, rejected, map_id=args.map_id),
        '.mcap': lambda: _read_bag(path, args, rejected),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise StoreAccessError(f'cannot import {path}: expected .jsonl, .gml or .mcap')
    return reader()


def _read_bag(
    path: Path, args: argparse.Namespace, rejected: list[Rejected]
) -> Iterable[Observation]:
    from memory_node.interchange.bag import BagSettings, read_bag  # rosbags and OpenCV are slow

    return read_bag(
        path,
        BagSettings(
            detector=args.detector,
            classes=args.classes,
            min_confidence=args.min_confidence,
            map_id=args.map_id,
        ),
        rejected,
    )


def _store(
    memory: Memory, observations: Iterator[Observation], advance: Callable[[int], None]
) -> tuple[int, int]:
    """Add in batches; observations that are already known are left as they are."""
    added = known = 0
    while batch := list(islice(observations, BATCH)):
        taken = memory.known([o.id for o in batch])
        fresh = {o.id: o for o in batch if o.id not in taken}
        added += memory.add_many(fresh.values())
        known += len(batch) - len(fresh)
        advance(len(batch))
    return added, known


def run(args: argparse.Namespace, messages: Console) -> int:
    """Import every file; the exit code is 1 when anything was refused."""
    refused = 0
    columns = (SpinnerColumn(), TextColumn('{task.description}'), MofNCompleteColumn())
    with (
        open_memory(args, create=True) as memory,
        Progress(*columns, TimeElapsedColumn(), console=messages) as progress,
    ):
        for path in args.files:
            rejected: list[Rejected] = []
            task = progress.add_task(path.name, total=None)
            observations = iter(_open_file(path, args, rejected))
            added, known = _store(memory, observations, partial(progress.advance, task))
            progress.update(task, total=added + known)
            refused += len(rejected)
            _report(args, messages, path, (added, known), rejected)
    return 1 if refused else 0


def _report(
    args: argparse.Namespace,
    messages: Console,
    path: Path,
    counts: tuple[int, int],
    rejected: list[Rejected],
) -> None:
    added, known = counts
    for line in rejected[:SHOWN]:
        messages.print(f'{path.name}:{line.line}: {line.reason}', markup=False, highlight=False)
    if len(rejected) > SHOWN:
        messages.print(f'{path.name}: and {len(rejected) - SHOWN} more refused')
    if args.json:
        print_json({'file': str(path), 'added': added, 'known': known, 'refused': len(rejected)})
    else:
        messages.print(f'{path.name}: {added} added, {known} known, {len(rejected)} refused')
