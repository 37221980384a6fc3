"""The command ``memory-bench``; ``*_cli.py`` beside it hold more subcommands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from memory_bench import reliability_cli, signs_cli, time_cli
from memory_bench.errors import BenchError, EvaluationError

if TYPE_CHECKING:  # the rest takes seconds to load: only once a command needs it
    from memory_bench.config import BenchConfig
    from memory_bench.run.pool import Event

__all__ = ['main']


def _path(text: str) -> Path:
    """Read a path; ``~`` is the home also where no shell has seen it."""
    return Path(text).expanduser()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='memory-bench', description='Compare memories on many worlds, and report.'
    )
    commands = parser.add_subparsers(dest='command', required=True)
    commands.add_parser('evaluate', help='compare retrieval methods on a data set', add_help=False)
    runs = commands.add_parser('run', help='run a configuration; a second call goes on with it')
    runs.add_argument('config', type=_path, help='YAML, see config/bench')
    runs.add_argument('--out', type=_path, required=True, help='folder for records and report')
    runs.add_argument('--jobs', type=int, default=0, help='processes (default: one per core)')
    runs.add_argument('--ray', default='', metavar='ADDRESS', help='run on this Ray cluster')
    runs.add_argument(
        '--llm-base-url',
        metavar='URL',
        help='OpenAI-compatible endpoint, in place of llm_base_url; a key is read from'
        ' OPENAI_API_KEY',
    )
    runs.add_argument('--llm-model', metavar='NAME', help='its model, in place of llm_model')
    report = commands.add_parser('report', help='write report.md and report.html of a run')
    report.add_argument('out', type=_path)
    report.add_argument('--baseline', type=_path, help='records of an earlier run to compare with')
    gate = commands.add_parser('gate', help='exit with 1 if a run is worse than a baseline')
    gate.add_argument('out', type=_path)
    gate.add_argument(
        '--baseline', type=_path, required=True, help='run, or file of "gate --save"'
    )
    gate.add_argument('--method', default='ours')
    gate.add_argument('--save', action='store_true', help='write the baseline instead')
    compare = commands.add_parser('compare', help='two runs, question by question')
    compare.add_argument('a', type=_path)
    compare.add_argument('b', type=_path)
    sessions = commands.add_parser('sessions', help='join drives of one world, and no others')
    sessions.add_argument('--worlds', type=int, default=2, help='of each kind (default: 2)')
    sessions.add_argument('--first', type=int, default=1, help='seed of the first one')
    sessions.add_argument(
        '--kinds', type=lambda text: text.split(','), default=[], help='of worlds (default: all)'
    )
    sessions.add_argument('--size', choices=('small', 'medium', 'large'), default='small')
    sessions.add_argument(
        '--share', type=float, default=0.65, help='share of a world that each drive comes to'
    )
    sessions.add_argument(
        '--drift', type=float, default=0.0, help='drift of the heading in each metre [rad]'
    )
    sessions.add_argument('--failures', type=_path, help='file to write what happened to')
    budget = commands.add_parser('budget', help='ask what is left under budgets of bytes')
    budget.add_argument(
        'sources',
        type=_path,
        nargs='+',
        help='data sets as "evaluate" takes them, or configurations (.yaml) of worlds',
    )
    budget.add_argument(
        '--shares',
        type=float,
        nargs='+',
        default=[0.5, 0.25, 0.1],
        help='parts of the bytes that may stay, descending (default: .5 .25 .1)',
    )
    budget.add_argument('--policies', nargs='+', default=[], help='only these (default: all)')
    reliability_cli.add_commands(commands)
    signs_cli.add_commands(commands)
    time_cli.add_commands(commands)
    return parser


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if all went well, 1 if something failed, 2 for bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ['evaluate']:  # it knows its options only once it knows the methods
        from memory_bench.evaluate_cli import main as evaluate

        return evaluate(given[1:])
    chosen = _parser().parse_args(given)
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(_COMMANDS[chosen.command](chosen, console))
    except (BenchError, OSError) as error:
        console.print(f'memory-bench: {error}', style='red', markup=False, highlight=False)
        return 2
    except KeyboardInterrupt:
        console.print('stopped; the same command goes on from here')
        return 130


def _run(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.config import load_config
    from memory_bench.run.runner import run

    given = {n: getattr(chosen, n) for n in ('llm_base_url', 'llm_model')}
    config = load_config(chosen.config, **{n: v for n, v in given.items() if v is not None})
    if chosen.jobs < 0:
        raise BenchError(f'--jobs: expected at least 0, got {chosen.jobs}')
    if config.mode == 'rendered':
        # Its wheels restart the interpreter once, to find their libraries: before any worker.
        import memory_sim.ros.memory_client  # noqa: F401
    with _Bar(console, config, chosen.out) as bar:
        failed = run(config, chosen.out, jobs=chosen.jobs, ray=chosen.ray, report=bar.hear)
    for line in failed:
        console.print(f'failed: {line}', style='red', markup=False, highlight=False)
    _write(chosen.out, None, console)
    return 1 if failed else 0


class _Bar:
    """A progress bar over worlds and methods; a line for each world where there is no terminal."""

    def __init__(self, console: Console, config: BenchConfig, out: Path) -> None:
        from memory_bench.run.runner import pending

        total = len(config.worlds) * len(config.methods)
        self._left = {e.world.name: len(e.methods) + 1 for e in pending(config, out)}
        done = total - sum(n - 1 for n in self._left.values())
        self._progress = Progress(
            TextColumn('{task.description:<18}'),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn('left'),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn('{task.fields[stage]}'),
            console=console,
            disable=not console.is_terminal,
        )
        self._console = console
        self._worlds = len(self._left)
        self._ended = 0
        total += len(self._left)
        self._task = self._progress.add_task('episodes', total=total, completed=done, stage='')

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def hear(self, event: Event) -> None:
        """Advance by one for each method begun, and to the end when a job ends."""
        left = self._left.get(event.job.name, 0)
        step = left if event.what != 'stage' else int(left > 1 and event.text != 'exploring')
        self._left[event.job.name] = left - step
        self._progress.update(
            self._task, advance=step, description=event.job.name, stage=event.text[:60]
        )
        if event.what != 'stage':
            self._ended += 1
            if not self._console.is_terminal:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        remaining = self._progress.tasks[0].time_remaining
        left = '' if remaining is None else f', {remaining:.0f} s left'
        self._console.print(
            f'{self._ended}/{self._worlds} {event.job.name}: {event.text or event.what}{left}',
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _write(out: Path, baseline: Path | None, console: Console) -> None:
    from memory_bench.report.worlds import write_report

    for path in write_report(out, baseline):
        console.print(f'wrote {path}', markup=False, highlight=False)


def _report(chosen: argparse.Namespace, console: Console) -> int:
    _write(chosen.out, chosen.baseline, console)
    return 0


def _gate(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.report.compare import gate, save_baseline

    if chosen.save:
        save_baseline(chosen.out, chosen.method, chosen.baseline)
        console.print(f'wrote {chosen.baseline}', markup=False, highlight=False)
        return 0
    verdict = gate(chosen.out, chosen.baseline, chosen.method)
    console.print('\n'.join(verdict.lines), markup=False, highlight=False)
    return 0 if verdict.passed else 1


def _compare(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.report.compare import compare_text

    console.print(compare_text(chosen.a, chosen.b), markup=False, highlight=False)
    return 0


def _sessions(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.methods.cost import CachingEncoder
    from memory_bench.sessions.run import measure, table
    from memory_node.models.sentence_encoder import SentenceEncoder
    from memory_sim.world.generate import WORLD_KINDS

    for name, low, high in (('worlds', 1, 1000), ('share', 0.1, 1.0), ('drift', 0.0, 1.0)):
        if not low <= (value := getattr(chosen, name)) <= high:
            raise BenchError(f'--{name}: expected {low} to {high}, got {value}')
    kinds = chosen.kinds or WORLD_KINDS
    if unknown := sorted(set(kinds) - set(WORLD_KINDS)):
        raise BenchError(f'--kinds: expected some of {", ".join(WORLD_KINDS)}, got {unknown[0]}')
    said: list[str] = []
    measured = measure(
        kinds,
        range(chosen.first, chosen.first + chosen.worlds),
        CachingEncoder(SentenceEncoder()),
        size=chosen.size,
        share=chosen.share,
        drift_rad=chosen.drift,
        tell=said.append,
    )
    if chosen.failures:
        chosen.failures.write_text('\n'.join(said) + '\n', 'utf-8')
    console.print(table(measured), markup=False, highlight=False, soft_wrap=True)
    return 0


def _budget(chosen: argparse.Namespace, console: Console) -> int:
    from memory_bench.budget.run import measure, table
    from memory_bench.budget.subjects import subjects_of
    from memory_bench.methods.cost import CachingEncoder
    from memory_node.models.sentence_encoder import SentenceEncoder

    shares = chosen.shares
    if not all(0.0 < s < 1.0 for s in shares) or sorted(shares, reverse=True) != shares:
        raise BenchError(f'--shares: expected parts of 1, descending, got {shares}')
    encoder = CachingEncoder(SentenceEncoder())

    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    subjects = subjects_of(chosen.sources, encoder)
    try:
        measured = measure(subjects, encoder, shares=shares, policies=chosen.policies, tell=tell)
    except EvaluationError as error:
        raise BenchError(str(error)) from error
    console.print(table(measured), markup=False, highlight=False, soft_wrap=True)
    return 0


_COMMANDS = {
    'run': _run,
    'report': _report,
    'gate': _gate,
    'compare': _compare,
    'sessions': _sessions,
    'budget': _budget,
    **reliability_cli.COMMANDS,
    **signs_cli.COMMANDS,
    **time_cli.COMMANDS,
}


def entry() -> None:
    """Entry point of the console script."""
    sys.exit(main())


if __name__ == '__main__':
    entry()
