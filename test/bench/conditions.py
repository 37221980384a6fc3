"""What reading and grounding conditions of a request cost, and what they do to instructions."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timezone
from pathlib import Path
import statistics
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import reverie
from furnished_home import NOW, observations

from memory_node import Memory, MemoryConfig, Query
from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints import read
from memory_node.core.constraints.times import Clock
from memory_node.models.sentence_encoder import SentenceEncoder

TEXTS = (
    'a chair',
    'a chair near me',
    'a chair within 4 m',
    'a chair in the kitchen',
    'a chair that is not in the kitchen',
    'the lamp next to the bed',
    'a toilet upstairs',
    'a sink east of the sofa',
    'where was the sink yesterday?',
    'a room with two beds',
    'where did you last see a chair?',
    'Go to the bedroom and find the chair',
)
HERE = (7.0, 1.0, 0.3)


def cpu_ms(work: Callable[[], object], times: int) -> float:
    """Return the median CPU time of this thread [ms]."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        work()
        spent.append((time.thread_time() - began) * 1e3)
    return statistics.median(spent)


def costs(encoder: SentenceEncoder) -> None:
    """Print what each text costs in a small home."""
    clock = Clock(int(NOW.timestamp()) * 10**9, timezone.utc)
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory.open(Path(folder) / 'm.db', encoder=encoder) as memory,
    ):
        memory.add_many(observations())
        memory.wait_areas(60)
        print('| request | read ms | read and ground ms | whole answer ms |')
        print('|---|---|---|---|')
        for text in TEXTS:
            query = Query(text=text, k=3, here=HERE, now_ns=clock.now_ns)
            figures = (
                cpu_ms(lambda t=text: read(t, clock), 100),
                cpu_ms(lambda q=query: memory.searcher.understand(q), 30),
                cpu_ms(lambda q=query: memory.search(q), 30),
            )
            print(f'| {text} | ' + ' | '.join(f'{f:.2f}' for f in figures) + ' |')


def instructions(encoder: SentenceEncoder, folder: Path) -> None:
    """Print successes with and without conditions on every fifth building."""
    found: dict[str, list[np.ndarray]] = {'': [], 'conditions': []}
    for building in reverie.buildings(folder)[::5]:
        tasks = reverie.instructions(folder, building, 'val_seen')[:40]
        for left_out, results in found.items():
            config = MemoryConfig(retrieval=RetrievalConfig(left_out=left_out))
            with (
                tempfile.TemporaryDirectory() as scratch,
                Memory.open(Path(scratch) / 'm.db', encoder=encoder, config=config) as memory,
            ):
                memory.add_many(reverie.observations(folder, building))
                results.append(reverie.successes(memory, tasks))
    with_them, without = (np.concatenate(results) for results in found.values())
    print(f'{len(with_them)} instructions; first, any of five: with {with_them.mean(axis=0)},')
    print(f'without {without.mean(axis=0)}; {int((with_them != without).sum())} differ')


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--reverie', type=Path, help='folder of the REVERIE data')
    args = parser.parse_args()
    encoder = SentenceEncoder()
    costs(encoder)
    if args.reverie:
        instructions(encoder, args.reverie)


if __name__ == '__main__':
    main()
