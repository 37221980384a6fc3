"""Runs all episodes of a configuration, over the cores or a cluster, and goes on after a kill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
import os
from pathlib import Path
import shutil

from memory_bench.config import BenchConfig, WorldSpec
from memory_bench.errors import BenchError
from memory_bench.run.pool import Event, Job, run_jobs
from memory_bench.run.records import (
    episode_path,
    EpisodeRecord,
    read_episode,
    write_episode,
    write_lines,
)
from memory_bench.run.worker import Episode, work

__all__ = ['pending', 'run']

#: Large worlds first, so that no core waits for one at the end; kinds not listed come first.
_BY_SIZE = (
    'campus', 'hospital', 'museum', 'school', 'supermarket', 'warehouse', 'office', 'house',
    'apartment',
)  # fmt: skip


#: A large world is about as large as a medium one of a kind so many places further up.
_SIZES = {'large': -2, 'medium': 0, 'small': 2}


def pending(config: BenchConfig, out: Path) -> list[Episode]:
    """Return what is left to do, large worlds first; records of other settings count for none."""
    left = []
    for world in config.worlds:
        digest = config.digest(world)
        methods = tuple(m for m in config.methods if not _done(out, world, m, digest))
        if methods:
            left.append(Episode(config=config, world=world, methods=methods, out=out))
    order = {kind: i for i, kind in enumerate(_BY_SIZE)}

    def rank(world: WorldSpec) -> tuple[int, str]:
        return order.get(world.kind, -3) + _SIZES[world.size], world.name

    return sorted(left, key=lambda e: rank(e.world))


def _done(out: Path, world: WorldSpec, method: str, digest: str) -> bool:
    path = episode_path(out, world.name, method)
    if not path.is_file():
        return False
    try:
        record = read_episode(path)
    except BenchError:
        return False
    return record.status == 'ok' and record.digest == digest


def run(
    config: BenchConfig,
    out: Path,
    *,
    jobs: int = 0,
    ray: str = '',
    report: Callable[[Event], None] = lambda event: None,
) -> list[str]:
    """
    Run what is left of a configuration and return what failed, a line for each episode.

    Raises ``BenchError`` if records cannot be written any more, ``OSError`` if not from the start.

    Parameters
    ----------
    config
        What to run.
    out
        Where records are and go.
    jobs
        Processes; the number of cores if 0. Rendered episodes run one at a time.
    ray
        Address of a Ray cluster that runs the episodes instead; empty for this machine.
    report
        Hears how it goes.

    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / 'scratch', ignore_errors=True)
    write_lines(out / 'run.jsonl', [_described(config)])
    episodes = pending(config, out)
    failed: list[str] = []

    def hear(event: Event) -> None:
        if event.what == 'failed':
            failed.append(f'{event.job.name}: {event.text}')
            _mark(event.job.payload, event.text)
        report(event)

    listed = [
        Job(
            name=e.world.name,
            payload=e,
            timeout_s=config.timeout_s * (1 if config.mode == 'rendered' else len(e.methods)),
        )
        for e in episodes
    ]
    if ray:
        from memory_bench.run.ray import run_on_cluster

        run_on_cluster(listed, ray, hear)
    else:
        count = 1 if config.mode == 'rendered' else jobs or os.cpu_count() or 1
        run_jobs(work, listed, count, hear)
    shutil.rmtree(out / 'scratch', ignore_errors=True)
    return failed + _not_ok(config, out, {line.split(':')[0] for line in failed})


def _described(config: BenchConfig) -> dict[str, object]:
    return {**asdict(config), 'worlds': [w.name for w in config.worlds]}


def _mark(episode: Episode, reason: str) -> None:
    """
    Write a record that says why there is none for each method without one.

    Raises ``BenchError`` if not even that can be written: no other episode would fare better.
    """
    record = EpisodeRecord(
        world=episode.world.name,
        kind=episode.world.kind,
        seed=episode.world.seed,
        size=episode.world.size,
        method='',
        digest=episode.config.digest(episode.world),
        mode=episode.config.mode,
        status=reason,
        observations=0,
        build_s=0.0,
        build_cpu_s=0.0,
        bytes_used=0,
    )
    for method in episode.methods:
        if not _done(episode.out, episode.world, method, record.digest):
            try:
                write_episode(episode.out, replace(record, method=method))
            except OSError as error:
                raise BenchError(
                    f'{episode.out}: nothing can be written any more: {error}; what is there '
                    f'stays, and the same command goes on from it'
                ) from error


def _not_ok(config: BenchConfig, out: Path, told: set[str]) -> list[str]:
    """List methods that failed in an episode that did not."""
    lines = []
    for world in (w for w in config.worlds if w.name not in told):
        for method in config.methods:
            path = episode_path(out, world.name, method)
            record = read_episode(path) if path.is_file() else None
            if record is not None and record.status != 'ok':
                lines.append(f'{world.name}: {method}: {record.status}')
    return lines
