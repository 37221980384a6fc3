"""Worker processes that run one job at a time, and are replaced when they die or hang."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass, field
import multiprocessing
from multiprocessing.connection import Connection, wait
import os
import signal
import time
from typing import Any

from memory_sim.ros.processes import die_with_parent

__all__ = ['THREADS', 'Event', 'Job', 'Work', 'run_jobs']

Show = Callable[[str], None]
#: Does one job; must be importable by name in a fresh process.
Work = Callable[[Any, Show], None]

#: Threads of numerical libraries would fight over the cores that processes share.
THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')
#: A job whose worker dies is tried so often.
_ATTEMPTS = 2
_TICK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work; ``payload`` goes through a pipe."""

    name: str
    payload: Any
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What became of a job: ``stage`` while it runs, then ``done`` or ``failed``."""

    job: Job
    what: str
    text: str = ''


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    job: Job | None = None
    deadline: float = 0.0


@dataclass(slots=True)
class _Queue:
    waiting: deque[Job]
    tries: dict[str, int] = field(default_factory=dict)


def _serve(work: Work, pipe: Connection) -> None:
    """Run jobs until the pipe closes; nothing a job raises ends the worker."""
    die_with_parent()
    # Ctrl-C reaches the parent, which decides. A handler, unlike SIG_IGN, is not passed on to
    # the programs that a job starts.
    signal.signal(signal.SIGINT, lambda signum, frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        error = ''
        try:
            work(job.payload, lambda text: pipe.send(('stage', text)))
        except Exception as reason:  # noqa: BLE001  whatever it is, the parent reports it
            error = f'{type(reason).__name__}: {reason}'
        with contextlib.suppress(OSError):
            pipe.send(('failed', error) if error else ('done', ''))


def _start(work: Work) -> _Worker:
    context = multiprocessing.get_context('spawn')
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=False)
    # Ctrl-C while it imports would print a traceback; blocked until it has its own handler.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process=process, pipe=ours)


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    if worker.process.is_alive():
        worker.process.terminate()
        worker.process.join(5.0)
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()


def run_jobs(work: Work, jobs: Sequence[Job], count: int, report: Callable[[Event], None]) -> None:
    """
    Run every job in one of ``count`` processes; ``report`` hears of stages and ends.

    A worker that dies or overruns its job's time is replaced; its job is tried once more after a
    death, and has failed after a time-out. All workers are gone when this returns or raises.
    """
    for name in THREADS:
        os.environ.setdefault(name, '1')
    queue = _Queue(deque(jobs))
    workers = [_start(work) for _ in range(max(1, min(count, len(jobs))))] if jobs else []
    try:
        while queue.waiting or any(w.job for w in workers):
            for worker in workers:
                if worker.job is None and queue.waiting:
                    _give(worker, queue.waiting.popleft())
            wait([w.pipe for w in workers if w.job], timeout=_TICK_S)
            for index, worker in enumerate(workers):
                if not _listen(worker, queue, report):
                    _end(worker)
                    workers[index] = _start(work)
    finally:
        for worker in workers:
            _end(worker)


def _give(worker: _Worker, job: Job) -> None:
    worker.job, worker.deadline = job, time.monotonic() + job.timeout_s
    with contextlib.suppress(OSError):  # it has just died, which is found out next
        worker.pipe.send(job)


def _listen(worker: _Worker, queue: _Queue, report: Callable[[Event], None]) -> bool:
    """Pass on what a worker says; return whether it can be kept."""
    job = worker.job
    if job is None:
        return bool(worker.process.is_alive())
    try:
        while worker.job and worker.pipe.poll():
            what, text = worker.pipe.recv()
            if what != 'stage':
                worker.job = None
            report(Event(job=job, what=what, text=text))
    except (EOFError, OSError):
        _died(worker, job, queue, report)
        return False
    if worker.job and time.monotonic() > worker.deadline:
        report(Event(job=job, what='failed', text=f'given up after {job.timeout_s:.0f} s'))
        return False
    return True


def _died(worker: _Worker, job: Job, queue: _Queue, report: Callable[[Event], None]) -> None:
    worker.process.join(5.0)
    how = f'worker died with exit code {worker.process.exitcode}'
    queue.tries[job.name] = queue.tries.get(job.name, 0) + 1
    if queue.tries[job.name] < _ATTEMPTS:
        report(Event(job=job, what='stage', text=f'{how}; once more'))
        queue.waiting.append(job)
    else:
        report(Event(job=job, what='failed', text=how))
