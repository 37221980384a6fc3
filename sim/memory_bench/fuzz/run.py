"""
The command ``memory-bench fuzz``: as many inputs as asked for, spread over all doors.

Hypothesis draws, and makes what failed small; each input that is drawn is followed by variations
of it, which cost less than drawing (``variations.py``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
import logging
import math
from pathlib import Path
import signal
import tempfile
import time
import traceback
from types import FrameType
from typing import Any

from hypothesis import given, HealthCheck, Phase, seed, settings, Verbosity

from memory_bench.fuzz.door import all_doors, Door
from memory_bench.fuzz.variations import variations

__all__ = ['Fault', 'Report', 'fuzz']

#: Longest that one input may take, of processor time [s].
LIMIT_S = 2.0
#: Inputs of one door under one seed: hypothesis remembers what it drew of them.
_ROUND = 6000
#: Variations after each input that is drawn.
_VARIED = 7
#: Distinct faults of one door after which it is left alone.
_MOST_FAULTS = 8


class HangError(Exception):
    """One input took longer than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An input that something else came of than an answer or a typed error."""

    door: str
    #: The smallest input that was found for it.
    example: str
    error: str
    trace: str = ''
    #: What tells it from other faults: type, file and function.
    origin: tuple[str, str] = ('', '')

    def lines(self) -> list[str]:
        """Return which door, what came of it, the input and where it was raised."""
        return [f'{self.door}: {self.error}', f'  {self.example}', self.trace]


@dataclass(slots=True)
class Report:
    """What came of all inputs."""

    inputs: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    #: Processor time of each door, drawing included [s].
    took_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    faults: list[Fault] = field(default_factory=list)
    #: Whether somebody ended it early.
    stopped: bool = False

    def lines(self) -> list[str]:
        """Return one line for each door, then the faults."""
        lines = [
            f'{door}: {count} inputs, {self.refused[door]} refused by a typed error,'
            f' {count / max(self.took_s[door], 1e-9):.0f}/s'
            for door, count in self.inputs.items()
        ]
        lines.append(f'{self.inputs.total()} inputs, {len(self.faults)} faults')
        for fault in self.faults:
            lines += fault.lines()
        return lines


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise ``HangError`` in the main thread once it has worked for so long."""
    began = time.thread_time()

    def expired(signum: int, frame: FrameType | None) -> None:
        left = seconds - (time.thread_time() - began)
        if left <= 0.0:
            raise HangError(f'took more than {seconds:g} s')
        signal.setitimer(signal.ITIMER_PROF, left)  # others worked beside it: threads of memories

    before = signal.signal(signal.SIGPROF, expired)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def _origin(error: BaseException) -> tuple[str, str]:
    """Return what tells one fault from another: its type, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if 'memory_node' in f.filename] or frames
    return type(error).__name__, f'{own[-1].filename}:{own[-1].name}'


def _round(door: Door, count: int, number: int, report: Report, known: set[Any]) -> None:
    """Put some inputs in, all drawn under one seed; a new fault ends the round."""
    last: list[Any] = []

    def put(value: Any) -> None:
        put_one(value)
        for varied in variations(value, _VARIED, door.varied):
            put_one(varied)

    def put_one(value: Any) -> None:
        report.inputs[door.name] += 1
        try:
            with _limited(LIMIT_S):
                door.take(value)
        except door.refused:
            report.refused[door.name] += 1
        except Exception as error:
            if _origin(error) not in known:
                last[:] = [value]
                raise

    drawn = settings(
        max_examples=max(1, count // (1 if door.varied == () else 1 + _VARIED)),
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    try:
        drawn(seed(number)(given(door.inputs)(put)))()
    except Exception as error:  # noqa: BLE001  that is what is looked for
        report.faults.append(
            Fault(
                door=door.name,
                example=f'{last[0]!r:.400}' if last else '',
                error=f'{type(error).__name__}: {error!s:.400}',
                trace=''.join(traceback.format_tb(error.__traceback__)[-4:]),
                origin=_origin(error),
            )
        )


def fuzz(
    inputs: int,
    *,
    first_seed: int = 0,
    only: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Report:
    """
    Put about so many inputs in, by the shares of the doors; equal seeds give equal inputs.

    ``only`` names the doors that are tried, by the beginning of their names. To be called in the
    main thread, where an input that hangs is interrupted. ``KeyboardInterrupt`` ends it early,
    with what came of it so far.
    """
    report = Report()
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(prefix='memory_fuzz_') as folder:
            number = first_seed
            put = -1
            while put < report.inputs.total() < inputs:
                put = report.inputs.total()
                doors = list(all_doors(Path(folder) / f'{number}'))
                chosen = [d for d in doors if not only or d.name.startswith(tuple(only))]
                left = inputs - report.inputs.total()
                each = min(_ROUND, left / max(1e-9, sum(d.share for d in chosen)))
                for door in chosen:
                    began = time.process_time()
                    known = len(report.faults)
                    _tried(door, math.ceil(each * door.share), number, report)
                    for fault in report.faults[known:]:  # the end may be hours away
                        tell('\n'.join(fault.lines()))
                    report.took_s[door.name] += time.process_time() - began
                for door in doors:
                    spoilt = '; '.join(door.close())
                    if spoilt:
                        report.faults.append(Fault(door=door.name, example='', error=spoilt))
                number += 1
                tell(f'{report.inputs.total()} inputs, {len(report.faults)} faults')
    except KeyboardInterrupt:
        report.stopped = True
        tell('stopped before the end')
    finally:
        logging.disable(logging.NOTSET)
    return report


def _tried(door: Door, count: int, number: int, report: Report) -> None:
    """Put inputs into one door, again after each new fault."""
    began = report.inputs[door.name]
    while len(known := {f.origin for f in report.faults if f.door == door.name}) < _MOST_FAULTS:
        left = count - (report.inputs[door.name] - began)
        faults = len(report.faults)
        if left <= 0:
            return
        _round(door, left, number, report, known)
        if len(report.faults) == faults:
            return
