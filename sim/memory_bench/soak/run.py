"""The command ``memory-bench soak``: a day of sensors, questions and mishaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
import ctypes
from dataclasses import dataclass, field
import gc
import heapq
import logging
from pathlib import Path
import shutil
import tempfile
import time

import numpy as np

from memory_bench.fuzz.small_memory import HashingEncoder
from memory_bench.soak.endpoint import Endpoint, PLACES
from memory_bench.soak.robot import Robot
from memory_node.core.config import MemoryConfig, PrivacyConfig
from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.store.check import check_store
from memory_node.core.store.sqlite_file import DERIVED
from memory_node.models.openai_captioner import OpenAICaptioner

__all__ = ['SoakConfig', 'SoakReport', 'soak']

#: Parts of the day that are compared with each other.
_PARTS = 10
#: Time between two saves, as the node's save_interval_s [s].
_SAVE_S = 60.0
#: How long an outage of the endpoint lasts [s], and by how much the clock jumps [s].
_OUTAGE_S = 900.0
_JUMPS_S = (-3600.0, 1800.0, -120.0, 3600.0, -7200.0)
#: Figures that are to be as they were.
_COMPARED = ('own_mb', 'p50_ms', 'p95_ms')
#: What is asked, in turn, with a thing of the round.
_ASKED = ('where is the {}?', 'is there a {}?', 'how many {}s are there?', 'the {} near me')


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakConfig:
    """How much is put into the day."""

    odometry: int = 1_000_000
    frames: int = 100_000
    questions: int = 10_000
    restarts: int = 20
    jumps: int = 5
    outages: int = 3
    #: ``privacy.retention_h``; 0 keeps everything, and memory then grows with what is kept.
    retention_h: float = 4.0
    hours: float = 24.0


@dataclass(slots=True)
class Part:
    """What one tenth of the day was like."""

    observations: int = 0
    #: Whether old observations have begun to leave.
    forgot: bool = False
    own_mb: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0

    def line(self, number: int) -> str:
        """Return the figures below the head of the table."""
        return (
            f'{number:4d}  {self.observations:12d}  {self.own_mb:6.1f}  {self.p50_ms:15.2f}'
            f'  {self.p95_ms:6.2f}'
        )


@dataclass(slots=True)
class SoakReport:
    """What became of the day."""

    parts: list[Part] = field(default_factory=list)
    acknowledged: int = 0
    forgotten: int = 0
    captioner_failures: int = 0
    restarts: int = 0
    kept: int = 0
    seconds: float = 0.0
    #: What must not be: rows lost or doubled, damage, untyped errors.
    faults: list[str] = field(default_factory=list)

    def ratio(self, name: str, first: int) -> float:
        """Return a figure of the last part over that of an earlier one, counted from 0."""
        before = float(getattr(self.parts[first], name))
        return float(getattr(self.parts[-1], name)) / before if before else float('nan')

    def lines(self) -> list[str]:
        """Return the figures of every part, then what was lost."""
        lines = ['part  observations  own MB  question p50 ms  p95 ms']
        lines += [part.line(number) for number, part in enumerate(self.parts, 1)]
        lines.append(
            f'{self.acknowledged} acknowledged, {self.forgotten} forgotten, {self.kept} kept,'
            f' {self.captioner_failures} refused by the endpoint, {self.restarts} restarts,'
            f' {self.seconds:.0f} s'
        )
        full = next((i for i, part in enumerate(self.parts) if part.forgot), 0)
        flat = ', '.join(f'{name} {self.ratio(name, full):.2f}' for name in _COMPARED)
        lines.append(f'last part over part {full + 1}, from which on old rows leave: {flat}')
        return [*lines, *(self.faults or ['nothing lost, nothing doubled, nothing damaged'])]


class _Day:
    """The memory of the day, what was acknowledged, and what is to be there at the end."""

    def __init__(self, path: Path, config: SoakConfig, report: SoakReport) -> None:
        self._path, self._report = path, report
        self._config = MemoryConfig(privacy=PrivacyConfig(retention_h=config.retention_h))
        self._encoder = HashingEncoder()
        self.memory = self._opened()
        #: Stamps of acknowledged observations by id.
        self.held: dict[str, int] = {}
        self.forgets = False
        self._saved_s = 0.0

    def _opened(self) -> Memory:
        return Memory.open(self._path, encoder=self._encoder, config=self._config)

    def keep(self, observation: Observation) -> None:
        """Add one observation, and remember that it was acknowledged."""
        self.memory.add(observation)
        self._report.acknowledged += 1
        self.held[observation.id] = observation.stamp_ns

    def tick(self, at_s: float, now_ns: int) -> None:
        """Forget and save as the node does."""
        if at_s - self._saved_s < _SAVE_S:
            return
        self._saved_s = at_s
        if self.memory.forget_old(now=now_ns / 1e9):
            self.forgets = True
            kept_ns = self._config.privacy.retention_h * 3.6e12 * 23 / 24  # it leaves in 24 steps
            gone = [name for name, stamp in self.held.items() if stamp <= now_ns - kept_ns]
            self._report.forgotten += len(gone)
            for name in gone:
                del self.held[name]
        self.memory.save()
        _give_back()

    def restart(self, *, killed: bool) -> None:
        """Close and open again; after a kill, with the files as they lay there before."""
        image = self._path.parent / 'image'
        image.mkdir()
        if killed:
            for end in ('', '-wal', '.lock', *DERIVED):
                with suppress(FileNotFoundError):
                    shutil.copy(f'{self._path}{end}', image)
        self.memory.close()
        if killed:
            for end in ('', '-wal', '-shm', '.lock', *DERIVED):
                Path(f'{self._path}{end}').unlink(missing_ok=True)
            for file in image.iterdir():
                shutil.move(file, self._path.parent)
        image.rmdir()
        gc.collect()  # parts of a memory know each other
        self.memory = self._opened()
        self._report.restarts += 1
        self.compare()

    def compare(self) -> None:
        """Note every acknowledged observation that is gone, and every other that is there."""
        found = [o.id for o in self.memory.observations()]
        for what, ids in (
            ('lost', self.held.keys() - set(found)),
            ('not acknowledged or forgotten', set(found) - self.held.keys()),
        ):
            if ids:
                self._report.faults.append(f'{len(ids)} observations {what}: {sorted(ids)[:3]}')
        if len(found) != len(set(found)):
            self._report.faults.append(f'{len(found) - len(set(found))} observations are doubled')


def _give_back() -> None:
    """Return free pages to the machine, as the node does after each save."""
    with suppress(AttributeError, OSError):  # not the C library of GNU
        ctypes.CDLL(None).malloc_trim(0)


def _own_mb() -> float:
    """Return the memory of this process that nobody can take back [MB]."""
    lines = Path('/proc/self/status').read_text('ascii').splitlines()
    fields = dict(line.split(':', 1) for line in lines)
    return sum(int(fields[name].split()[0]) for name in ('RssAnon', 'RssShmem')) / 1024


def _events(config: SoakConfig) -> Iterator[tuple[float, int, str]]:
    """Yield (moment [s], number, what) of the whole day, in order."""
    end_s = config.hours * 3600.0

    def spread(count: int, what: str, shift: float) -> Iterator[tuple[float, int, str]]:
        return (((i + shift) * end_s / count, i, what) for i in range(count))

    outages = list(spread(config.outages, 'down', 0.5))
    return heapq.merge(
        spread(config.odometry, 'odometry', 0.0),
        spread(config.frames, 'frame', 0.5),
        spread(config.questions, 'question', 0.7),
        spread(config.restarts, 'restart', 0.9),
        spread(config.jumps, 'jump', 0.6),
        outages,
        [(at + min(_OUTAGE_S, 0.1 * end_s), i, 'up') for at, i, _ in outages],
        spread(_PARTS, 'part', 1.0),
    )


def soak(
    config: SoakConfig, folder: Path | None = None, tell: Callable[[str], None] = lambda line: None
) -> SoakReport:
    """Go through the day; ``tell`` hears of every tenth of it."""
    report, began = SoakReport(), time.monotonic()
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    endpoint = Endpoint()
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix='memory_soak_') as place:
            captioner = OpenAICaptioner(
                base_url=endpoint.base_url, model='soak', timeout_s=5.0, retries=0
            )
            day = _Day(Path(place) / 'm.sqlite', config, report)
            robot = Robot(captioner, day.keep)
            _live(config, day, robot, endpoint, report, tell)
            robot.work(last=True)
            day.compare()
            report.kept = day.memory.stats().observations
            report.captioner_failures = robot.counters.value('captioner_failures')
            report.faults += [f'untyped: {error!r}' for error in robot.faults]
            day.memory.close()
            captioner.close()
            report.faults += check_store(Path(place) / 'm.sqlite').problems
    finally:
        endpoint.down()
        logging.disable(disabled)
    report.seconds = time.monotonic() - began
    return report


def _live(
    config: SoakConfig,
    day: _Day,
    robot: Robot,
    endpoint: Endpoint,
    report: SoakReport,
    tell: Callable[[str], None],
) -> None:
    took_ms: list[float] = []
    things = [thing for _, some in PLACES for thing in some]
    for at_s, number, what in _events(config):
        if what == 'odometry':
            robot.move(at_s)
        elif what == 'frame':
            robot.look(at_s)
            robot.work()
            day.tick(at_s, robot.now_ns(at_s))
        elif what == 'question':
            text = _ASKED[number % len(_ASKED)].format(things[number % len(things)])
            started = time.perf_counter()
            with suppress(MemoryNodeError):  # an empty memory says so
                day.memory.ask(text, here=(0.0, 0.0, 0.0), now=robot.now_ns(at_s) / 1e9)
            took_ms.append(1e3 * (time.perf_counter() - started))
        elif what == 'restart':
            day.restart(killed=number % 2 == 1)
        elif what == 'jump':
            robot.offset_ns += round(_JUMPS_S[number % len(_JUMPS_S)] * 1e9)
        elif what in ('up', 'down'):
            getattr(endpoint, what)()
        else:
            report.parts.append(_part(day, took_ms))
            took_ms.clear()
            tell(report.parts[-1].line(len(report.parts)))


def _part(day: _Day, took_ms: list[float]) -> Part:
    p50, p95 = np.percentile(took_ms, (50, 95)) if took_ms else (0.0, 0.0)
    return Part(
        observations=day.memory.stats().observations,
        forgot=day.forgets,
        own_mb=_own_mb(),
        p50_ms=float(p50),
        p95_ms=float(p95),
    )
