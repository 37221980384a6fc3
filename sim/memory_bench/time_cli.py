"""``memory-bench changes``, ``loop-closure`` and ``top-view``: options, and what they print."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from memory_bench.errors import BenchError

if TYPE_CHECKING:
    from memory_bench.changes.drive import Noise

__all__ = ['COMMANDS', 'add_commands']


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the commands."""
    changes = commands.add_parser('changes', help='ask about a flat in which things move')
    changes.add_argument('--worlds', type=int, default=24, help='flats (default: 24)')
    changes.add_argument('--first', type=int, default=0, help='seed of the first one')
    changes.add_argument(
        '--rendered', action='store_true', help='ray cast the flats; the node places what is seen'
    )
    changes.add_argument('--failures', type=Path, help='file to write wrong answers to')
    closure = commands.add_parser(
        'loop-closure', help='100 things twice by odometry that drifts, then corrected'
    )
    closure.add_argument('--drives', type=int, default=8, help='of each drift (default: 8)')
    above = commands.add_parser('top-view', help='draw what a memory holds of things, from above')
    above.add_argument('store', type=Path, help='the file of the memory')
    above.add_argument('--out', type=Path, required=True, help='PNG to write')
    above.add_argument('--map-id', help='only this map')
    for one in (changes, closure):
        one.add_argument(
            '--misses', type=float, default=0.1, help='share of things in view that are missed'
        )
        one.add_argument(
            '--false-labels', type=float, default=0.02, help='share of sightings named wrongly'
        )
        one.add_argument(
            '--noise-m', type=float, default=0.05, help='standard deviation of positions'
        )


def _changes(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.changes.run import measure, table
    from memory_bench.methods.cost import CachingEncoder
    from memory_node.models.sentence_encoder import SentenceEncoder

    if chosen.worlds < 1:
        raise BenchError(f'--worlds: expected at least 1, got {chosen.worlds}')
    noise = _noise(chosen)
    failures: list[str] = []
    seeds = range(chosen.first, chosen.first + chosen.worlds)
    measured = measure(
        seeds,
        noise,
        CachingEncoder(SentenceEncoder()),
        rendered=chosen.rendered,
        tell=failures.append,
    )
    if chosen.failures:
        chosen.failures.write_text('\n'.join(failures) + '\n', 'utf-8')
    console.print(table(measured), markup=False, highlight=False, soft_wrap=True)
    return 0


def _loop_closure(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.closure.run import measure, table
    from memory_bench.methods.cost import CachingEncoder
    from memory_node.models.sentence_encoder import SentenceEncoder

    if chosen.drives < 1:
        raise BenchError(f'--drives: expected at least 1, got {chosen.drives}')
    measured = measure(range(chosen.drives), _noise(chosen), CachingEncoder(SentenceEncoder()))
    console.print(table(measured), markup=False, highlight=False, soft_wrap=True)
    return 0


def _top_view(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.report.top_view import draw_top_view
    from memory_node.core.errors import MemoryNodeError
    from memory_node.core.memory import Memory
    from memory_node.models.sentence_encoder import SentenceEncoder

    if not chosen.store.is_file():
        raise BenchError(f'{chosen.store} is no memory')
    try:
        with Memory.open(chosen.store, encoder=SentenceEncoder(), read_only=True) as memory:
            if chosen.map_id is not None and chosen.map_id not in memory.map_ids:
                raise BenchError(f'--map-id: there is no map {chosen.map_id!r}')
            drawn = draw_top_view(memory, chosen.out, map_id=chosen.map_id)
    except MemoryNodeError as error:
        raise BenchError(f'{chosen.store}: {error}') from error
    console.print(f'wrote {chosen.out}: {drawn} things', markup=False, highlight=False)
    return 0


def _noise(chosen: argparse.Namespace) -> Noise:
    from memory_bench.changes.drive import Noise

    try:
        return Noise(
            misses=chosen.misses, false_labels=chosen.false_labels, position_m=chosen.noise_m
        )
    except ValueError as error:
        raise BenchError(str(error)) from error


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = {
    'changes': _changes,
    'loop-closure': _loop_closure,
    'top-view': _top_view,
}
