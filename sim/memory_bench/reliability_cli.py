"""``memory-bench fuzz`` and ``memory-bench soak``: their options, and what they print."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from rich.console import Console

from memory_bench.errors import BenchError

__all__ = ['COMMANDS', 'SOAKED', 'add_commands']

#: Options of ``soak``; the defaults are those of ``SoakConfig``.
SOAKED: tuple[tuple[str, int | float, str], ...] = (
    ('odometry', 1_000_000, 'poses of odometry'),
    ('frames', 100_000, 'pictures'),
    ('questions', 10_000, 'questions'),
    ('restarts', 20, 'restarts, every other one as after a kill'),
    ('jumps', 5, 'jumps of the clock'),
    ('outages', 3, 'outages of the captioning endpoint'),
    ('retention_h', 4.0, 'privacy.retention_h; 0 forgets nothing'),
    ('hours', 24.0, 'length of the day [h]'),
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe both commands."""
    fuzz = commands.add_parser('fuzz', help='put hostile inputs into every parser')
    fuzz.add_argument('--inputs', type=int, default=100_000, help='how many (default: 100000)')
    fuzz.add_argument('--seed', type=int, default=0, help='equal seeds give equal inputs')
    fuzz.add_argument('--only', nargs='+', default=[], metavar='DOOR', help='as "requests"')
    soak = commands.add_parser('soak', help='a day of sensors, questions and mishaps')
    for name, default, text in SOAKED:
        soak.add_argument(
            f'--{name.replace("_", "-")}',
            type=type(default),
            default=default,
            help=f'{text} (default: {default})',
        )


def _fuzz(chosen: argparse.Namespace, console: Console) -> int:
    try:
        from memory_bench.fuzz.run import fuzz
    except ModuleNotFoundError as error:
        raise BenchError(
            f'{error.name} is missing: pip install -r requirements/dev.txt'
        ) from error

    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    if chosen.inputs < 1:
        raise BenchError(f'--inputs: expected at least 1, got {chosen.inputs}')
    report = fuzz(chosen.inputs, first_seed=chosen.seed, only=chosen.only, tell=tell)
    if chosen.only and not report.inputs and not report.stopped:
        raise BenchError(f'--only: no door begins with {" or ".join(chosen.only)}')
    tell('\n'.join(report.lines()))
    return 1 if report.faults else 0


def _soak(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.soak.run import soak, SoakConfig

    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    given = {name: getattr(chosen, name) for name, _, _ in SOAKED}
    for name, value in given.items():
        if not 0 <= value <= 1e9 or (name == 'hours' and not value):
            raise BenchError(f'--{name.replace("_", "-")}: expected 0 to 1e9, got {value}')
    report = soak(SoakConfig(**given), tell=tell)
    tell('\n'.join(report.lines()))
    return 1 if report.faults else 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = {
    'fuzz': _fuzz,
    'soak': _soak,
}
