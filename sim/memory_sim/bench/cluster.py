"""Episodes as Ray tasks, for runs larger than a machine. Needs the optional package ``ray``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
import tempfile
from typing import Any

from memory_sim.bench.errors import BenchError
from memory_sim.bench.pool import Event, Job

__all__ = ['run_on_cluster']

_TICK_S = 1.0


def _run_remotely(episode: Any) -> dict[str, bytes]:
    """Run an episode on whatever machine this is, and return the files it wrote by their path."""
    from memory_sim.bench.runner import work

    with tempfile.TemporaryDirectory(prefix='memory-bench-') as name:
        folder = Path(name)
        work(replace(episode, out=folder), lambda text: None)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob('*'))
            if path.is_file() and 'scratch' not in path.relative_to(folder).parts
        }


def run_on_cluster(jobs: Sequence[Job], address: str, report: Callable[[Event], None]) -> None:
    """
    Run every job as a task of the Ray cluster at ``address``, and write what comes back.

    Every machine of the cluster needs this package. A task whose machine is lost is tried once
    more by Ray; one that takes too long is cancelled. Raises ``BenchError`` without Ray, or if
    no cluster answers at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise BenchError('--ray: the package ray is not installed') from error
    try:
        ray.init(address=address, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BenchError(f'--ray: no cluster at {address!r:.80}: {error}') from error
    try:
        _collect(ray, jobs, report)
    finally:
        ray.shutdown()


def _collect(ray: Any, jobs: Sequence[Job], report: Callable[[Event], None]) -> None:
    task = ray.remote(num_cpus=1, max_retries=1)(_run_remotely)
    running = {task.remote(job.payload): job for job in jobs}
    waited = dict.fromkeys(running, 0.0)
    while running:
        ready, _ = ray.wait(list(running), num_returns=1, timeout=_TICK_S)
        for reference in ready:
            job = running.pop(reference)
            report(_ended(ray, job, reference))
        for reference, job in list(running.items()):
            waited[reference] += _TICK_S if not ready else 0.0
            if waited[reference] > job.timeout_s * len(jobs):
                ray.cancel(reference, force=True)
                del running[reference]
                report(Event(job=job, what='failed', text='given up: the cluster took too long'))


def _ended(ray: Any, job: Job, reference: Any) -> Event:
    try:
        files: dict[str, bytes] = ray.get(reference)
        for name, content in files.items():
            _put(job.payload.out, name, content)
    except (ray.exceptions.RayError, OSError) as error:
        return Event(job=job, what='failed', text=f'{type(error).__name__}: {error}'[:300])
    return Event(job=job, what='done')


def _put(out: Path, name: str, content: bytes) -> None:
    """Write a file that a task made below ``out``, and nowhere else."""
    path = out / name
    if not path.resolve().is_relative_to(out.resolve()):
        raise OSError(f'a task returned a file outside its folder: {name!r:.80}')
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + '.partial')
    partial.write_bytes(content)
    partial.replace(path)
