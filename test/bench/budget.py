"""
Measure a memory that has to keep within a budget while a robot drives the same building for weeks.

Run ``python test/bench/budget.py``: latency of questions before, while and after observations
leave, how long that takes, and what is on the disk. Pictures are random bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import sys
import tempfile
import time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test'), str(ROOT / 'test' / 'bench')]

from core import NOUNS, RandomEncoder  # noqa: E402  the path is set above

from memory_node import Memory, Observation, Pose, Sighting  # noqa: E402

#: Side of the building [m], its things, and how far they are seen [m].
SIDE_M, THINGS, REACH_M = 40.0, 400, 3.0
MIB = 1 << 20


def weeks(count: int, picture: int) -> Iterator[Observation]:
    """Yield a drive to and fro through one building, a view each 0.75 m."""
    rng = np.random.default_rng(1)
    things = np.column_stack([rng.uniform(0, SIDE_M, (THINGS, 2)), np.ones(THINGS)])
    labels = rng.integers(len(NOUNS), size=THINGS)
    at, goal = np.array([1.0, 1.0]), rng.uniform(0, SIDE_M, 2)
    for i in range(count):
        if np.linalg.norm(goal - at) < 1.0:
            goal = rng.uniform(0, SIDE_M, 2)
        step = (goal - at) / np.linalg.norm(goal - at)
        at = at + 0.75 * step
        near = np.flatnonzero(np.linalg.norm(things[:, :2] - at, axis=1) < REACH_M)
        seen = [(NOUNS[labels[j]], things[j] + rng.normal(0, 0.05, 3)) for j in near.tolist()]
        vector = rng.standard_normal(384).astype(np.float32)
        yield Observation(
            id=f'o{i:06d}',
            stamp_ns=i * 2 * 10**9,
            pose=Pose.from_yaw((*at.tolist(), 0.0), float(np.arctan2(step[1], step[0]))),
            caption='a hall with ' + ', '.join(sorted({n for n, _ in seen}) or ['nothing']),
            sightings=tuple(Sighting(label=n, position=tuple(p.tolist())) for n, p in seen),
            embedding=vector / np.linalg.norm(vector),
            keyframe=rng.bytes(picture),
        )


def asked(memory: Memory, seconds: float, until: float = 0.0) -> list[float]:
    """Ask for some time, or until the file is as small as ``until``; return latencies [s]."""
    taken = []
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if until and memory.stats().store_bytes <= until:
            break
        now = time.monotonic()
        memory.retrieve(f'where is the {NOUNS[len(taken) % len(NOUNS)]}?')
        taken.append(time.monotonic() - now)
    return taken


def told(what: str, taken: list[float]) -> None:
    """Print the percentiles of latencies."""
    p50, p95 = np.percentile(taken, [50, 95]) * 1e3
    print(f'{what}: {len(taken)} questions, p50 {p50:.0f} ms, p95 {p95:.0f} ms, most'
          f' {max(taken) * 1e3:.0f} ms')  # fmt: skip


def main() -> None:
    """Fill, cut to a budget, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--count', type=int, default=5000)
    parser.add_argument('--picture', type=int, default=0, help='bytes of each picture')
    parser.add_argument('--share', type=float, default=0.5, help='of the bytes that may stay')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'm.sqlite'
        with Memory.open(path, encoder=RandomEncoder()) as memory:
            memory.add_many(weeks(args.count, args.picture))
            memory.wait_indexed()
            memory.wait_areas()
            memory.save()
            full = memory.stats()
            beside = sum(p.stat().st_size for p in Path(folder).iterdir()) - full.store_bytes
            print(f'{full.observations} observations, {full.objects} objects: store'
                  f' {full.store_bytes / MIB:.1f} MiB, beside {beside / MIB:.1f} MiB')  # fmt: skip
            told('before', asked(memory, 5.0))
            budget = max(4, round(args.share * full.store_bytes / MIB))
            store = replace(memory.config.store, budget_mb=budget)
            begin = time.monotonic()
            memory.config = replace(memory.config, store=store)
            told('while it leaves', asked(memory, 300.0, budget * MIB))
            print(f'on the disk within {budget} MiB after {time.monotonic() - begin:.1f} s')
            begin = time.monotonic()
            told('just after', asked(memory, 5.0))
            memory.wait_areas()
            memory.wait_indexed()
            print(f'all derived made again after {time.monotonic() - begin:.1f} s')
            told('later', asked(memory, 5.0))
            left = memory.stats()
            print(f'{left.observations} observations, {left.objects} objects, store'
                  f' {left.store_bytes / MIB:.1f} MiB {left.budget_message}')  # fmt: skip


if __name__ == '__main__':
    main()
