"""
Measure the embedded simulator: generating, opening, drawing and driving in an apartment.

Run ``python test/bench/simulator.py``. Wall and CPU time are both given, because the machine may
be shared; frames are 640x480 with colour, depth, instances and classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
import sys
import time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sim')]

from memory_sim.embedded import EmbeddedSimulator  # noqa: E402  the path is set above
from memory_sim.furniture import FurnitureSource  # noqa: E402
from memory_sim.generate import generate_world  # noqa: E402
from memory_sim.simulator import VelocityCommand  # noqa: E402


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and the CPU time of a call."""
    began, began_cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - began_cpu


def row(name: str, values: list[tuple[float, float]], *, per_second: bool = False) -> None:
    """Print the median of wall and CPU time, or the rate that they allow."""
    wall, cpu = np.median(values, axis=0)
    if per_second:
        print(f'| {name} | {1.0 / wall:,.1f} a second | {1e3 * cpu:.2f} ms CPU each |')
    else:
        print(f'| {name} | {wall:.2f} s | {cpu:.2f} s CPU |')


def drive_on(sim: EmbeddedSimulator) -> None:
    """Take 5,000 steps in a circle, sliding along what is in the way."""
    for _ in range(5000):
        sim.step(VelocityCommand(linear_m_s=0.5, angular_rad_s=0.3), 0.05)


def measure(source: FurnitureSource, seeds: range, frames: int) -> None:
    """Print the figures of one furniture source."""
    opened, lit, colored, plain, driven = [], [], [], [], []
    for seed in seeds:
        world = generate_world('apartment', seed)
        began, began_cpu = time.perf_counter(), time.process_time()
        sim = EmbeddedSimulator(world, furniture=source)
        opened.append((time.perf_counter() - began, time.process_time() - began_cpu))
        lit.append(seconds(sim.observe))
        for i in range(frames):
            pose = sim.reset(seed=i)
            colored.append(seconds(sim.observe))
            plain.append(seconds(partial(sim.seen_from, pose)))

        wall, cpu = seconds(partial(drive_on, sim))
        driven.append((wall / 5000, cpu / 5000))
        sim.close()
    row(f'open a world, {source}', opened)
    row(f'light it (first picture), {source}', lit)
    row(f'frames 640x480, {source}', colored, per_second=True)
    row(f'instances only, {source}', plain, per_second=True)
    row(f'steps of 0.05 s, {source}', driven, per_second=True)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--frames', type=int, default=20)
    options = parser.parse_args()
    seeds = range(options.seeds)
    row(
        'generate an apartment',
        [seconds(partial(generate_world, 'apartment', s)) for s in seeds],
    )
    sources: tuple[FurnitureSource, ...] = ('procedural', 'sweethome3d')
    for source in sources:
        measure(source, seeds, options.frames)


if __name__ == '__main__':
    main()
