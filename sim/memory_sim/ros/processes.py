"""
Runs nodes as processes of their own, and never leaves one behind.

Nothing here imports ROS: the benchmark's workers use it on machines without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
from contextlib import contextmanager
import ctypes
from dataclasses import dataclass
import os
from pathlib import Path
import random
import signal
import socket
import subprocess
import sys
import time
from types import TracebackType

__all__ = [
    'ProcessDiedError',
    'Processes',
    'StageTimes',
    'die_with_parent',
    'free_domain_id',
]

_PR_SET_PDEATHSIG = 1


class ProcessDiedError(RuntimeError):
    """A process ended although nobody asked it to; carries the end of its log."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        """Read the last lines of the log of process ``name``, which ended with ``code``."""
        self.name, self.code, self.log = name, code, log
        lines = log.read_text(errors='replace').splitlines()[-15:] if log.is_file() else []
        self.tail = '\n'.join(lines)
        how = f'signal {signal.Signals(-code).name}' if code < 0 else f'exit code {code}'
        super().__init__(f'{name} ended unexpectedly ({how}); its log {log} ends:\n{self.tail}')


@dataclass(frozen=True)
class _Running:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


def die_with_parent() -> None:
    """Have the kernel end this process when its parent is killed and can't clean up."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """
    A set of child processes with logs; leaving the ``with`` block ends all of them.

    Each gets its own session, so Ctrl-C in the terminal reaches only the parent, which then ends
    the children in the reverse order of their start: SIGINT, SIGTERM, SIGKILL.
    """

    def __init__(self, log_folder: Path, env: Mapping[str, str] | None = None) -> None:
        """Write logs to ``log_folder``, made if missing; add ``env`` to the environment."""
        log_folder.mkdir(parents=True, exist_ok=True)
        self._folder = log_folder
        self._env = {**os.environ, **(env or {})}
        self._running: list[_Running] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of all processes that were started and not stopped."""
        return tuple(r.process.pid for r in self._running)

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time that each running process has used so far [s]."""
        tick = os.sysconf('SC_CLK_TCK')
        used = {}
        for running in self._running:
            with contextlib.suppress(OSError):  # it has just ended
                text = Path(f'/proc/{running.process.pid}/stat').read_text()
                fields = text.rsplit(')', 1)[1].split()
                used[running.name] = (int(fields[11]) + int(fields[12])) / tick
        return used

    def start(self, name: str, module: str, arguments: Sequence[str] = ()) -> None:
        """Run ``python -m module arguments`` with its output in ``<name>.log``."""
        log = self._folder / f'{name}.log'
        with log.open('wb') as sink:
            process = subprocess.Popen(
                [sys.executable, '-m', module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._running.append(_Running(name, process, log))

    def check(self) -> None:
        """Raise ``ProcessDiedError`` if any process has ended."""
        for running in self._running:
            code = running.process.poll()
            if code is not None:
                raise ProcessDiedError(running.name, code, running.log)

    def stop_one(self, name: str, patience_s: float = 5.0) -> None:
        """End the processes of one name."""
        self._stop([r for r in self._running if r.name == name], patience_s)

    def stop(self, patience_s: float = 5.0) -> None:
        """End all processes; each stage waits at most ``patience_s``."""
        self._stop(self._running[::-1], patience_s)

    def _stop(self, chosen: list[_Running], patience_s: float) -> None:
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            alive = [r for r in chosen if r.process.poll() is None]
            for running in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.process.pid, sent)
            deadline = time.monotonic() + patience_s
            for running in alive:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.process.wait(max(0.0, deadline - time.monotonic()))
        self._running = [r for r in self._running if r not in chosen]


def free_domain_id(low: int = 1, high: int = 99) -> int:
    """
    Return a ROS domain id in which no participant of this machine is discovered.

    The first participant of a domain binds UDP port 7410 + 250 * id, so a free port says that
    the domain is free.
    """
    candidates = list(range(low, high + 1))
    random.Random(os.getpid()).shuffle(candidates)
    for domain in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7410 + 250 * domain))
            except OSError:
                continue
            return domain
    raise RuntimeError(f'every ROS domain id from {low} to {high} is in use on this machine')


class StageTimes:
    """Adds up the wall time of stages by name."""

    def __init__(self) -> None:
        """Begin with no stage."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Count what happens inside."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 2)
