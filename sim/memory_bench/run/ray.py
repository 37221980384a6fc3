"""Episodes as Ray tasks, for runs larger than a machine. Needs the optional package ``ray``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
import hashlib
import os
from pathlib import Path
import re
import signal
import socket
import tempfile
import time
from typing import Any

import memory_bench
from memory_bench.errors import BenchError
from memory_bench.run.pool import Event, Job, THREADS
import memory_node
import memory_sim
from memory_sim.formats.whole_files import write_whole

__all__ = ['run_on_cluster']

_TICK_S = 1.0
_CONNECT_S = 5.0
#: A task whose machine is lost is begun so often.
_ATTEMPTS = 2
_BEGUN = 'begun'
#: How a client of HTTP/2, which Ray speaks, begins; a server answers with a frame of type 4.
_KNOCK = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@dataclass(slots=True)
class _Task:
    """A job on the cluster; ``began`` is when its present attempt did, None while it waits."""

    job: Job
    began: float | None = None
    attempts: int = 0


class _Board:
    """What tasks say until the driver collects it; a Ray actor beside the driver."""

    def __init__(self) -> None:
        self._said: list[tuple[int, str]] = []

    def say(self, number: int, text: str) -> None:
        """Keep what a task says."""
        self._said.append((number, text))

    def collect(self) -> list[tuple[int, str]]:
        """Return what was said since the last call."""
        said, self._said = self._said, []
        return said


@cache
def _fingerprint() -> str:
    """Identify the code and data of this installation, so that machines do not mix versions."""
    told = hashlib.blake2b(digest_size=8)
    for package in (memory_node, memory_sim, memory_bench):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob('*')):
            if path.suffix in ('.json', '.jsonl', '.npz', '.py', '.yaml'):
                told.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return told.hexdigest()


def _run_remotely(episode: Any, fingerprint: str, board: Any, number: int) -> dict[str, bytes]:
    """Run an episode on whatever machine this is, and return the files it wrote by their path."""
    from memory_bench.run.worker import work

    board.say.remote(number, _BEGUN)
    if _fingerprint() != fingerprint:
        raise BenchError(f'{socket.gethostname()} has another version of this package')
    with tempfile.TemporaryDirectory(prefix='memory-bench-') as name:
        folder = Path(name)
        work(replace(episode, out=folder), lambda text: board.say.remote(number, text))
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob('*'))
            if path.is_file() and 'scratch' not in path.relative_to(folder).parts
        }


def run_on_cluster(jobs: Sequence[Job], address: str, report: Callable[[Event], None]) -> None:
    """
    Run every job as a task of the Ray cluster at ``address``, and write what comes back.

    The address is ``auto`` or ``HOST:PORT`` of a cluster that this machine belongs to; every
    machine of it needs this package in this version. A task whose machine is lost is tried once
    more; one that takes too long is cancelled, and has failed. No task is left when this returns
    or raises. Raises ``BenchError`` without Ray, or if no cluster answers at the address.
    """
    _check_address(address)
    try:
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        import ray
    except ImportError as error:
        raise BenchError("--ray: pip install 'memory_node[ray]' first") from error
    with _connected(ray, address):
        _collect(ray, jobs, report)


def _check_address(address: str) -> None:
    """Knock at the address: Ray itself waits for minutes where nobody answers."""
    if address == 'auto':
        return
    parts = re.fullmatch(r'(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})', address)
    if parts is None or int(parts[3]) > 65535:
        raise BenchError(f'--ray: expected auto or HOST:PORT, got {address!r:.80}')
    try:
        with socket.create_connection((parts[1] or parts[2], int(parts[3])), _CONNECT_S) as link:
            if os.environ.get('RAY_USE_TLS', '0') == '0':
                link.sendall(_KNOCK)
                if link.recv(4)[3:] != b'\x04':
                    raise OSError('what answers there is not Ray')
    except OSError as error:
        raise BenchError(f'--ray: no cluster at {address!r:.80}: {error}') from error


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    # What numerical libraries read at import must be set before a worker process begins.
    environment = {**dict.fromkeys(THREADS, '1'), 'HF_HUB_OFFLINE': '1'}
    on_term = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level='CRITICAL',
            runtime_env={'env_vars': environment},
        )
    except (ConnectionError, RuntimeError, TimeoutError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise BenchError(f'--ray: no cluster at {address!r:.80}: {reason[0]}') from error
    finally:
        signal.signal(signal.SIGTERM, on_term)  # Ray sets its own, which would end us unheard
    try:
        yield
    finally:
        ray.shutdown()


def _collect(ray: Any, jobs: Sequence[Job], report: Callable[[Event], None]) -> None:
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    board = ray.remote(num_cpus=0, scheduling_strategy=here)(_Board).remote()
    start = ray.remote(num_cpus=1, max_retries=_ATTEMPTS - 1)(_run_remotely)
    tasks = [_Task(job=job) for job in jobs]
    running = {
        start.remote(task.job.payload, _fingerprint(), board, number): task
        for number, task in enumerate(tasks)
    }
    heard = time.monotonic()
    try:
        while running:
            ready, _ = ray.wait(list(running), num_returns=1, timeout=_TICK_S)
            said = _collected(ray, board)
            for number, text in said:
                _hear(tasks[number], text, tasks[number] in running.values(), report)
            for reference in ready:
                report(_ended(ray, running.pop(reference).job, reference))
            now = time.monotonic()
            heard = now if said or ready else heard
            for reference, task in list(running.items()):
                if reason := _overdue(task, now, heard):
                    ray.cancel(reference, force=True)
                    del running[reference]
                    report(Event(job=task.job, what='failed', text=reason))
    finally:
        for reference in running:
            with suppress(ray.exceptions.RayError):
                ray.cancel(reference, force=True)


def _collected(ray: Any, board: Any) -> list[tuple[int, str]]:
    """Return what tasks said; nothing while the board cannot be reached, and later all of it."""
    try:
        said: list[tuple[int, str]] = ray.get(board.collect.remote())
    except ray.exceptions.ActorUnavailableError:  # for a moment, under load or when a node leaves
        return []
    return said


def _hear(task: _Task, text: str, runs: bool, report: Callable[[Event], None]) -> None:
    if not runs:
        return
    if text == _BEGUN:
        task.began = time.monotonic()
        task.attempts += 1
        text = 'running' if task.attempts == 1 else 'its machine was lost; once more'
    report(Event(job=task.job, what='stage', text=text))


def _overdue(task: _Task, now: float, heard: float) -> str:
    """
    Say why a task is given up, if it is.

    Its time counts from when it began, since it may have to wait for a free core; while nothing
    is heard of any task, waiting counts as well.
    """
    allowed = task.job.timeout_s
    if task.attempts > _ATTEMPTS:  # Ray does not count a worker that ran out of memory
        return f'given up: its machine was lost {_ATTEMPTS} times'
    if task.began is not None and now - task.began > allowed:
        return f'given up after {allowed:.0f} s'
    if task.began is None and now - heard > allowed:
        return f'given up: no machine of the cluster began with it in {allowed:.0f} s'
    return ''


def _ended(ray: Any, job: Job, reference: Any) -> Event:
    try:
        files: dict[str, bytes] = ray.get(reference)
        for name, content in files.items():
            _put(job.payload.out, name, content)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        return Event(job=job, what='failed', text=f'{type(cause).__name__}: {cause}'[:300])
    except (ray.exceptions.RayError, OSError) as error:
        reason = (str(error).strip().splitlines() or [''])[0]
        return Event(job=job, what='failed', text=f'{type(error).__name__}: {reason}'[:300])
    return Event(job=job, what='done')


def _put(out: Path, name: str, content: bytes) -> None:
    """Write a file that a task made below ``out``, and nowhere else."""
    path = out / name
    if not path.resolve().is_relative_to(out.resolve()):
        raise OSError(f'a task returned a file outside its folder: {name!r:.80}')
    write_whole(path, content)
