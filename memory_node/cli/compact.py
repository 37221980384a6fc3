"""``memory compact``: make a memory smaller, or say what would leave it."""

from __future__ import annotations

import argparse
import dataclasses
from datetime import datetime, UTC
from pathlib import Path

from rich.console import Console

from memory_node.cli.common import print_json
from memory_node.core.config import MemoryConfig, StoreConfig
from memory_node.core.errors import InvalidQueryError, StoreAccessError
from memory_node.core.eviction.policy import POLICIES
from memory_node.core.memory import Memory
from memory_node.core.memory.budget import Compaction, MIB
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['add_command']


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory compact``."""
    parser = commands.add_parser(
        'compact',
        parents=[shared],
        help='make a memory smaller, or say what would leave it',
        description=f'{__doc__} Without --to-mb nothing leaves but free pages.',
    )
    parser.add_argument('path', nargs='?', type=Path, metavar='STORE', help='instead of --store')
    parser.add_argument(
        '--to-mb',
        type=float,
        metavar='MIB',
        help='bytes that the file may hold; pictures, near-duplicates and what is missed least'
        ' leave, never the last view of an object or a place',
    )
    parser.add_argument(
        '--eviction',
        choices=[kind.name for kind in POLICIES],
        default=StoreConfig().eviction,
        help='which observations leave first (default: %(default)s)',
    )
    parser.add_argument(
        '--dry-run', action='store_true', help='say what would leave, and change nothing'
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, messages: Console) -> int:
    """Compact, and say what left; the exit code is 1 where the file stays larger than asked."""
    path: Path = args.path or args.store
    if not path.exists():
        raise StoreAccessError(f'no memory at {path}')
    if args.to_mb is not None and not args.to_mb > 0:
        raise InvalidQueryError(f'--to-mb must be above 0 MiB, got {args.to_mb:g}')
    to_bytes = None if args.to_mb is None else round(args.to_mb * MIB)
    config = MemoryConfig(store=StoreConfig(eviction=args.eviction))
    on_disk = path.stat().st_size
    with Memory.open(
        path, encoder=SentenceEncoder(args.model), config=config, read_only=args.dry_run
    ) as memory:
        stamps = {o.id: o.stamp_ns for o in memory.observations()}
        done = memory.compact(to_bytes, dry_run=args.dry_run)
    now = path.stat().st_size
    if args.json:
        values = {**dataclasses.asdict(done), 'dry_run': args.dry_run}
        print_json({'store': str(path), **values, 'file_before': on_disk, 'file_after': now})
    else:
        for line in _told(done, stamps, dry_run=args.dry_run):
            messages.print(line, markup=False, highlight=False, soft_wrap=True)
        if not args.dry_run:
            line = f'{path}: {on_disk / MIB:.2f} MiB on the disk before, {now / MIB:.2f} now'
            messages.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0 if done.reached else 1


def _told(done: Compaction, stamps: dict[str, int], *, dry_run: bool) -> list[str]:
    verb = 'would leave' if dry_run else 'left'
    kinds = (
        ('pictures', done.pictures),
        ('near-duplicates', done.folded),
        ('observations', done.evicted),
    )
    lines = [
        f'{len(ids)} {what} {verb}, seen from {_date(min(stamps[i] for i in ids))} to'
        f' {_date(max(stamps[i] for i in ids))}'
        for what, ids in kinds
        if ids
    ]
    about = 'about ' if dry_run else ''
    lines.append(
        f'{done.observations} observations stay; the file holds {done.used_before / MIB:.2f} MiB'
        f' before, {about}{done.used_after / MIB:.2f} after'
    )
    if not done.reached:
        lines.append('what stays is the last view of an object or a place, or is referred to')
    return lines


def _date(stamp_ns: int) -> str:
    return datetime.fromtimestamp(stamp_ns * 1e-9, UTC).strftime('%Y-%m-%d %H:%M:%S')
