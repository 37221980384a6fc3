"""``memory check`` and ``memory repair``: whether a memory is whole, and what is left of one."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from memory_node.cli.common import print_json
from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.store.check import check_store
from memory_node.core.store.salvage import Losses, Salvage
from memory_node.core.store.sqlite_file import translated
from memory_node.models.sentence_encoder import SentenceEncoder

__all__ = ['add_command']

_BATCH = 256
#: Lost observations that are named one by one.
_NAMED = 10


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
) -> None:
    """Describe ``memory check`` and ``memory repair``."""
    checking = commands.add_parser(
        'check', parents=[shared], help='say whether a memory is whole', description=__doc__
    )
    checking.add_argument('path', nargs='?', type=Path, metavar='STORE', help='instead of --store')
    checking.add_argument(
        '--quick', action='store_true', help='only what an opening reads: no pictures, no words'
    )
    checking.set_defaults(run=run_check)
    repairing = commands.add_parser(
        'repair',
        parents=[shared],
        help='copy what is readable of a damaged memory',
        description=__doc__,
    )
    repairing.add_argument(
        'path', nargs='?', type=Path, metavar='STORE', help='instead of --store'
    )
    repairing.add_argument(
        '--to', type=Path, metavar='FILE', help='new memory (default: STORE.repaired)'
    )
    repairing.set_defaults(run=run_repair)


def _path(args: argparse.Namespace) -> Path:
    path: Path = args.path or args.store
    if not path.exists():
        raise StoreAccessError(f'no memory at {path}')
    return path


def run_check(args: argparse.Namespace, messages: Console) -> int:
    """Name what is wrong; the exit code is 1 when anything is."""
    path = _path(args)
    report = check_store(path, quick=args.quick)
    if args.json:
        print_json(
            {
                'store': str(path),
                'ok': not report.problems,
                'observations': report.observations,
                'problems': report.problems,
            }
        )
        return 1 if report.problems else 0
    for problem in report.problems:
        messages.print(problem, markup=False, highlight=False, soft_wrap=True)
    if report.problems:
        line = f'{path}: not whole; `memory repair {path}` copies what is readable'
    else:
        line = f'{path}: whole, {report.observations} observations'
    messages.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if report.problems else 0


def run_repair(args: argparse.Namespace, messages: Console) -> int:
    """Copy what is readable; the exit code is 1 when anything was lost."""
    path = _path(args)
    target = args.to or path.with_name(f'{path.name}.repaired')
    if target.exists():
        raise StoreAccessError(f'{target} exists')
    salvage = Salvage(path)
    try:
        with ExitStack() as stack:
            # Under its name once it is complete: one that was cut short looks like a whole one.
            with translated(target):
                folder = TemporaryDirectory(prefix=f'{target.name:.100}.', dir=target.parent)
            beside = Path(stack.enter_context(folder)) / 'store'
            memory = Memory.open(beside, encoder=SentenceEncoder(args.model))
            stack.enter_context(memory)
            same = salvage.encoder == (memory.encoder.model_id, memory.encoder.dim)
            kept = _copy(salvage, memory, keep_vectors=same)
            memory.add_corrections(salvage.corrections())
            for map_id, frame_id in salvage.frames.items():
                memory.set_frame(map_id, frame_id)
            memory.save(target)
    finally:
        salvage.close()
    losses = salvage.losses
    unseen = max(0, (losses.held or 0) - kept - len(losses.observations))
    lost = len(losses.observations) + unseen
    if args.json:
        print_json(
            {
                'store': str(path),
                'to': str(target),
                'kept': kept,
                'lost': lost,
                'lost_parts': dict(losses.parts),
            }
        )
    else:
        for line in _told(losses, unseen):
            messages.print(line, markup=False, highlight=False, soft_wrap=True)
        line = f'{target}: {kept} observations kept, {lost} lost; {path} is as it was'
        messages.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if lost or losses.parts else 0


def _copy(salvage: Salvage, memory: Memory, *, keep_vectors: bool) -> int:
    kept = 0
    found = salvage.observations()
    while batch := list(islice(found, _BATCH)):
        taken = memory.known([o.id for o in batch])
        fresh = {o.id: o for o in batch if o.id not in taken}
        items = [o if keep_vectors else replace(o, embedding=None) for o in fresh.values()]
        kept += _add(salvage, memory, items)
    return kept


def _add(salvage: Salvage, memory: Memory, items: list[Observation]) -> int:
    try:
        return memory.add_many(items)
    except MemoryNodeError:
        kept = 0
        for item in items:
            try:
                memory.add(item)
                kept += 1
            except MemoryNodeError:
                salvage.losses.parts['refused'] += 1
        return kept


def _told(losses: Losses, unseen: int) -> list[str]:
    lines = [f'{count} lost: {name}' for name, count in sorted(losses.parts.items())]
    if losses.observations:
        keys = ', '.join(map(str, losses.observations[:_NAMED]))
        more = ', ...' if len(losses.observations) > _NAMED else ''
        lines.append(f'observations lost, by number: {keys}{more}')
    if unseen:
        lines.append(f'{unseen} more observations are not there at all')
    if losses.held is None:
        lines.append('how many observations there were can not be read')
    return lines
