"""
Measures rooms of robots that come again: ``python test/rooms/driven.py KIND:SEED:SIZE ...``.

Each world is driven through on two days by the robot of the benchmark, which looks through a
captioner's faults. Prints the adjusted Rand index of rooms against the world's, the share of
views whose room has a right name, and how many rooms there are.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rooms.evaluate import adjusted_rand

from memory_bench.config import BenchConfig
from memory_bench.places import parse_worlds, WorldSpec
from memory_bench.run.episode import prepare
from memory_node import Memory
from memory_node.core.rooms.vocabulary import default_vocabulary


def measured(spec: WorldSpec) -> tuple[float, float, int, int]:
    """Return the adjusted Rand index, the share of right names, and rooms here and in truth."""
    stage = prepare(BenchConfig(worlds=(spec,), methods=('ours',)), spec)
    regions = stage.perception.regions
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory.open(Path(folder) / 'memory.sqlite') as memory,
    ):
        memory.add_many(stage.perception.observations)
        memory.wait_areas()
        rooms = memory.view().rooms
    words = default_vocabulary()
    right = []
    for row, region in enumerate(regions):
        name, truth = rooms.names[rooms.room_of_row[row]], stage.ground.regions.get(region)
        kind = truth.kind if truth is not None else ''
        same = name and words.head_index(name) == words.head_index(kind) >= 0
        right.append(bool(same or name == kind))
    index = adjusted_rand(rooms.room_of_row, regions)
    return index, float(np.mean(right)), len(rooms), len(set(regions))


def main() -> None:
    """Print one line a world, and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('worlds', nargs='+', metavar='KIND:SEED:SIZE')
    found = []
    for world in parser.parse_args().worlds:
        kind, _, seed = world.partition(':')
        for spec in parse_worlds({kind: seed}):
            found.append(measured(spec))
            index, names, count, truth = found[-1]
            told = f'ARI {index:.2f}, right names {names:.2f}, {count} rooms of {truth}'
            sys.stdout.write(f'{world}: {told}\n')
    index, names = np.mean(found, axis=0)[:2]
    sys.stdout.write(f'means: ARI {index:.3f}, right names {names:.3f}\n')


if __name__ == '__main__':
    main()
