"""
Measure the core: search at 3,000 observations, opening and RAM at 100,000, routes.

Run ``python test/bench/core.py``; wall time and CPU time of the asking thread are both given,
because the machine may be shared. Vectors are random and given, so no model is part of any figure.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from fakes import BagOfWordsEncoder  # noqa: E402  the path is set above

from memory_node import Memory, Observation, Pose, Query, Sighting  # noqa: E402

DIM = 384
NOUNS = [f'{a} {b}' for a in ('red', 'old', 'oak', 'tall', 'steel') for b in (
    'sofa', 'table', 'sink', 'lamp', 'bed', 'chair', 'mirror', 'towel', 'shelf', 'oven', 'plant',
    'window', 'stool', 'desk', 'cabinet', 'curtain', 'picture', 'bathtub', 'television', 'rug',
)]  # fmt: skip


class RandomEncoder(BagOfWordsEncoder):
    """Vectors of MiniLM's size."""

    def __init__(self) -> None:
        super().__init__(dim=DIM, model_id='random')


def walk(count: int) -> Iterator[Observation]:
    """Yield a robot's walk through a building of 4 m rooms, five objects a view."""
    rng = np.random.default_rng(1)
    x, y, heading, side = 0.0, 0.0, 0.0, 2.0 * float(np.sqrt(count))
    for i in range(count):
        heading += float(rng.normal(0.0, 0.6))
        if max(abs(x), abs(y)) > side:
            heading = float(np.arctan2(-y, -x))  # back inside
        x, y = x + 0.8 * float(np.cos(heading)), y + 0.8 * float(np.sin(heading))
        seen = rng.choice(len(NOUNS), 5, replace=False)
        vector = rng.standard_normal(DIM).astype(np.float32)
        yield Observation(
            id=f'observation-{i:06d}',
            stamp_ns=i * 10**9,
            pose=Pose.from_yaw((x, y, 0.0), heading),
            caption='a room with ' + ', '.join(NOUNS[j] for j in seen) + ' and a wooden floor',
            sightings=tuple(Sighting(label=NOUNS[j], position=(x + 1.0, y, 1.0)) for j in seen),
            embedding=vector / np.linalg.norm(vector),
        )


def fill(path: Path, count: int) -> None:
    """Make a store with a complete index."""
    if path.exists():
        return
    with Memory.open(path, encoder=RandomEncoder()) as memory:
        memory.add_many(walk(count))
        memory.wait_indexed()


def timed(action: Callable[[], object], repeat: int) -> str:
    """Return median and 95th percentile of wall and CPU milliseconds."""
    wall, cpu = [], []
    for _ in range(repeat):
        began, began_cpu = time.perf_counter(), time.thread_time()
        action()
        wall.append(1e3 * (time.perf_counter() - began))
        cpu.append(1e3 * (time.thread_time() - began_cpu))
    return ' | '.join(f'{np.percentile(v, p):.2f}' for v in (wall, cpu) for p in (50, 95))


def resident_bytes() -> int:
    """Return the resident set of this process."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE')


def show_open(path: Path) -> None:
    """Open a store in this fresh process, and print seconds and resident bytes an observation."""
    import hnswlib  # noqa: F401  libraries are no part of the memory
    import scipy.sparse.csgraph
    import scipy.spatial  # noqa: F401

    before = resident_bytes()
    began, began_cpu = time.perf_counter(), time.process_time()
    with Memory.open(path, encoder=RandomEncoder()) as memory:
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        memory.wait_indexed()
        memory.retrieve('where is the red sofa?')
        count = memory.stats().observations
        each = (resident_bytes() - before) / count
        print(f'| open {count} | {wall:.2f} s wall | {cpu:.2f} s CPU |')
        print(f'| RAM an observation | {each:.0f} B | {each / (4 * DIM):.2f} x raw vector |')


def show(folder: Path, counts: list[int]) -> None:
    """Print a Markdown table."""
    print('| what | wall p50 | wall p95 | CPU p50 | CPU p95 | [ms]')
    for count in counts:
        path = folder / f'walk-{count}.db'
        fill(path, count)
        with Memory.open(path, encoder=RandomEncoder()) as memory:
            question = 'Where is the red sofa with the old lamp next to the window?'
            query = Query(text=question)
            ids = [f'observation-{i:06d}' for i in (0, count // 2)]
            memory.route(*ids)
            memory.wait_areas()
            rows = {
                'retrieve': lambda m=memory, q=query: m.search(q),
                'retrieve, near and radius': lambda m=memory, q=question: m.retrieve(
                    q, near=(20.0, 20.0, 0.0), radius=15.0
                ),
                'route': lambda m=memory, i=ids: m.route(*i),
                'navigation_goal': lambda m=memory, q=query: m.navigation_goal(q, (1, 1, 0)),
            }
            for name, action in rows.items():
                action()
                print(f'| {name} at {count} | {timed(action, 100)} |', flush=True)
        subprocess.run([sys.executable, __file__, '--open', str(path)], check=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--counts', type=int, nargs='+', default=[3000, 100_000])
    parser.add_argument('--folder', type=Path, help='keep the stores here')
    parser.add_argument('--open', type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.open:
        show_open(arguments.open)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            show(arguments.folder or Path(temporary), arguments.counts)
