"""
Measure what safety costs: bytes of log and milliseconds per single add, for each ``store.sync``.

Run ``python test/bench/durability.py [FOLDER]`` with a folder on the disk that the robot will use.
``--kills N`` also kills a writer N times and counts acknowledged observations that are gone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import random
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]

from fakes import BagOfWordsEncoder, seen  # noqa: E402  the path is set above

from memory_node import Memory  # noqa: E402
from memory_node.core.config import MemoryConfig, StoreConfig  # noqa: E402

DIM = 384
THINGS = ('sofa', 'lamp', 'table', 'shelf', 'plant')


def views(count: int):
    """Yield views as a robot stores them: five things, a vector of MiniLM's size, no picture."""
    rng = np.random.default_rng(1)
    for i in range(count):
        yield seen(
            f'view-{i:06d}',
            (0.7 * i, 0.0, 0.0),
            f'a room with {", ".join(THINGS)} and a wooden floor, number {i}',
            stamp=i,
            objects={name: (0.7 * i + 1.0, n, 1.0) for n, name in enumerate(THINGS)},
            embedding=rng.standard_normal(DIM).astype(np.float32),
        )


def measure(folder: Path, sync: str, count: int) -> dict[str, float]:
    """Add one by one; return bytes and milliseconds per add."""
    path = folder / f'{sync}.db'
    config = MemoryConfig(store=StoreConfig(sync=sync))
    with Memory.open(path, encoder=BagOfWordsEncoder(DIM), config=config) as memory:
        store = memory._mirror.store
        store.connection.execute('PRAGMA wal_autocheckpoint = 0')
        times = []
        observations = list(views(count))
        memory.add(observations[0])
        before = Path(f'{path}-wal').stat().st_size
        for observation in observations[1:]:
            start = time.perf_counter()
            memory.add(observation)
            times.append(1e3 * (time.perf_counter() - start))
        log = Path(f'{path}-wal').stat().st_size - before
        start = time.perf_counter()
        memory.save()
        saved = time.perf_counter() - start
    return {
        'log': log / (count - 1),
        'kept': path.stat().st_size / count,
        'p50': float(np.percentile(times, 50)),
        'p95': float(np.percentile(times, 95)),
        'save': 1e3 * saved,
    }


_WRITER = """
import sys; sys.path[:0] = sys.argv[2:]
from fakes import BagOfWordsEncoder, seen
from memory_node import Memory
memory = Memory.open(sys.argv[1], encoder=BagOfWordsEncoder())
first = memory.stats().observations
print('ready', flush=True)
for i in range(first, 10**9):
    memory.add(seen(f'n{i}', (i % 50, i // 50, 0), f'shelf {i}'))
    print(i, flush=True)
"""


def kill(folder: Path, kills: int) -> str:
    """Kill a writer again and again; return what was acknowledged and what is gone."""
    path, rng, acknowledged = folder / 'killed.db', random.Random(1), -1
    for _ in range(kills):
        command = [sys.executable, '-c', _WRITER, str(path), str(ROOT), str(ROOT / 'test')]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout as lines:
            lines.readline()
            for _ in range(rng.randrange(1, 40)):
                acknowledged = int(lines.readline())
            process.send_signal(signal.SIGKILL)
            acknowledged = max(
                [acknowledged, *(int(line) for line in lines if line.endswith('\n'))]
            )
        process.wait()
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory._mirror.store.verify()
        ids = [o.id for o in memory.observations()]
    lost = {f'n{i}' for i in range(acknowledged + 1)} - set(ids)
    doubled = len(ids) - len(set(ids))
    return f'{kills} kills, {acknowledged + 1} acknowledged, {len(lost)} lost, {doubled} doubled'


def main() -> None:
    """Print one line a policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', nargs='?', type=Path, default=None)
    parser.add_argument('--count', type=int, default=300)
    parser.add_argument('--kills', type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print('| store.sync | log, bytes/add | kept, bytes | add p50, ms | p95, ms | save, ms |')
        print('|---|---|---|---|---|---|')
        for sync in ('batch', 'interval', 'checkpoint'):
            m = measure(Path(folder), sync, given.count)
            print(
                f'| {sync} | {m["log"]:,.0f} | {m["kept"]:,.0f} | {m["p50"]:.1f} | {m["p95"]:.1f}'
                f' | {m["save"]:.0f} |'
            )
        if given.kills:
            print(kill(Path(folder), given.kills))


if __name__ == '__main__':
    main()
