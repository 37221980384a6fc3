"""
The whole path in one command: explore a simulated home, ask where things are, drive there.

Simulator, memory node, explorer and client are processes of their own on a ROS domain of their
own. What they print is in ``<out>/logs``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import signal
import sys
import threading
import time
from types import FrameType

import rclpy  # noqa: F401  first: its wheels restart the interpreter once, to find their libraries
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from memory_sim.demo.judge import Criteria
from memory_sim.demo.report import summarise, table, WorldReport, write_json
from memory_sim.demo.run import run_world, RunConfig
from memory_sim.ros.memory_client import RequestFailedError
from memory_sim.ros.processes import ProcessDiedError

__all__ = ['main', 'parse_arguments']

_STAGES = {'start': 'starting', 'explore': 'exploring', 'ask': 'asking'}


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exits with a message when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog='memory_demo', description='Explore a simulated home, then ask and drive.'
    )
    parser.add_argument('--seed', type=int, default=None, help='seed of the world (default 1)')
    parser.add_argument('--seeds', type=int, nargs='+', help='several worlds, one after another')
    parser.add_argument('--world', default='', help='world file (YAML) instead of a generated one')
    parser.add_argument('--out', type=Path, default=Path('out/demo'), help='folder for results')
    parser.add_argument('--questions', type=int, default=10, help='questions per world')
    parser.add_argument(
        '--budget', type=float, default=150.0, help='longest way of the exploration [m]'
    )
    parser.add_argument(
        '--time', type=float, default=600.0, help='longest simulated exploration [s]'
    )
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None and chosen.seeds:
        parser.error('give --seed or --seeds, not both')
    for name in ('questions', 'budget', 'time'):
        if not getattr(chosen, name) > 0:
            parser.error(f'--{name} must be > 0, got {getattr(chosen, name)}')
    if chosen.world and not Path(chosen.world).is_file():
        parser.error(f'--world: no such file: {chosen.world}')
    chosen.seeds = chosen.seeds or [1 if chosen.seed is None else chosen.seed]
    return chosen


#: Set once the demo is told to stop.
_STOPPED = threading.Event()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    _STOPPED.set()
    raise KeyboardInterrupt


def _run_all(chosen: argparse.Namespace, console: Console) -> list[WorldReport]:
    config = RunConfig(
        out=chosen.out,
        world=chosen.world,
        questions=chosen.questions,
        max_distance_m=chosen.budget,
        max_time_s=chosen.time,
    )
    reports = []
    for seed in chosen.seeds:
        out = _folder(chosen, seed)
        with _progress(console) as bar:
            task = bar.add_task('starting', total=1.0, text='')

            def show(stage: str, fraction: float, text: str) -> None:
                if _STOPPED.is_set():  # an interrupt that fell into a callback is swallowed there
                    raise KeyboardInterrupt
                bar.update(task, description=_STAGES[stage], completed=fraction, text=text)  # noqa: B023

            report = run_world(seed, replace(config, out=out), show)
        console.print(table(report.rows, f'{report.world}, seed {seed}'))
        reports.append(report)
    return reports


def _folder(chosen: argparse.Namespace, seed: int) -> Path:
    # One world writes to the folder itself, several to a folder each.
    out: Path = chosen.out
    return out if len(chosen.seeds) == 1 else out / f'seed_{seed}'


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn('{task.description:<10}'),
        BarColumn(bar_width=30),
        TextColumn('{task.percentage:>3.0f} %'),
        TimeElapsedColumn(),
        TextColumn('{task.fields[text]}'),
        console=console,
        transient=False,
    )


def main() -> None:
    """Run the demo; exit code 0 when it ran to its end, 1 when a part failed, 130 on Ctrl-C."""
    chosen = parse_arguments(sys.argv[1:])
    console = Console()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    begin = time.monotonic()
    try:
        reports = _run_all(chosen, console)
    except KeyboardInterrupt:
        console.print('stopped; all processes have ended')
        sys.exit(130)
    except (ProcessDiedError, RequestFailedError, RuntimeError, OSError) as error:
        console.print('failed:', style='red', end=' ')
        console.print(str(error), markup=False, highlight=False)
        console.print(f'logs: {chosen.out}', highlight=False)
        sys.exit(1)
    criteria = Criteria()
    summary = summarise(
        reports,
        {name: getattr(criteria, name) for name in ('reach_m', 'view_range_m', 'min_fraction')},
        time.monotonic() - begin,
    )
    write_json(summary, chosen.out / 'summary.json')
    console.print(
        f'success [bold]{summary["success_rate"]:.0%}[/bold] of {summary["questions"]} questions'
        f' (a random place of the memory: {summary["chance_rate"]:.0%}),'
        f' target in the final view {summary["in_view_rate"]:.0%};'
        f' {summary["seconds_total"]:.0f} s'
    )
    maps = [_folder(chosen, seed) / 'map.png' for seed in chosen.seeds]
    seen = ', '.join(str(path) for path in [*maps, chosen.out / 'summary.json'])
    console.print(f'see {seen}', markup=False, highlight=False)


if __name__ == '__main__':
    main()
