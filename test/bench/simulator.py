"""
Measure the embedded simulator in worlds of every kind.

Run ``python test/bench/simulator.py`` for one world of each kind, ``--official`` for the 27
official worlds, or name some (``apartment:7 campus:103:large``). ``--pictures FILE`` draws one
view of each instead. Every world has a process of its own, so that its memory can be told. Wall
and CPU time are both given, because the machine may be shared; frames are 640x480 with colour,
depth, instances and classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
import re
import sys
import time
from typing import get_args

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sim')]

from memory_sim.embedded import EmbeddedSimulator  # noqa: E402  the path is set above
from memory_sim.furniture import FurnitureSource  # noqa: E402
from memory_sim.generate import WORLD_KINDS  # noqa: E402
from memory_sim.official import OFFICIAL, OfficialWorld, parse_world_name  # noqa: E402
from memory_sim.simulator import VelocityCommand  # noqa: E402

_STEPS = 5000
_HEAD = (
    '| world | m2 | things | triangles | generate s | open s | light s | peak MB '
    '| frames/s (CPU ms) | without colour | steps/s |'
)

Seconds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one world cost; times are wall and CPU seconds."""

    name: str
    area_m2: float
    things: int
    triangles: int
    generated: Seconds
    opened: Seconds
    lit: Seconds
    peak_mb: float
    frame: Seconds
    plain: Seconds
    step: Seconds

    def row(self) -> str:
        """Return it as a row of a Markdown table."""
        cells = (
            self.name,
            f'{self.area_m2:,.0f}',
            f'{self.things:,}',
            f'{self.triangles:,}',
            *(f'{wall:.1f} ({cpu:.1f})' for wall, cpu in (self.generated, self.opened, self.lit)),
            f'{self.peak_mb:,.0f}',
            f'{1 / self.frame[0]:.1f} ({1e3 * self.frame[1]:.0f})',
            f'{1 / self.plain[0]:.1f}',
            f'{1 / self.step[0]:,.0f}',
        )
        return f'| {" | ".join(cells)} |'


def seconds(call: Callable[[], object]) -> Seconds:
    """Return the wall and the CPU time of a call."""
    began, began_cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - began_cpu


def peak_mb() -> float:
    """Return the most memory that this process has held [MB]."""
    found = re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())
    return int(found[1]) / 1024 if found else float('nan')


def drive_on(sim: EmbeddedSimulator) -> None:
    """Drive in a circle, sliding along what is in the way."""
    for _ in range(_STEPS):
        sim.step(VelocityCommand(linear_m_s=0.5, angular_rad_s=0.3), 0.05)


def measure(chosen: OfficialWorld, furniture: FurnitureSource, frames: int) -> Measured:
    """Generate, open, light, draw and drive in one world."""
    began, began_cpu = time.perf_counter(), time.process_time()
    world = chosen.generate()
    generated = time.perf_counter() - began, time.process_time() - began_cpu
    began, began_cpu = time.perf_counter(), time.process_time()
    sim = EmbeddedSimulator(world, furniture=furniture)
    opened = time.perf_counter() - began, time.process_time() - began_cpu
    lit = seconds(sim.observe)
    colored, plain = [], []
    for i in range(frames):
        pose = sim.reset(seed=i)
        colored.append(seconds(sim.observe))
        plain.append(seconds(partial(sim.seen_from, pose)))
    wall, cpu = seconds(partial(drive_on, sim))
    triangles = len(sim.scene.corners)
    sim.close()
    return Measured(
        name=chosen.name,
        area_m2=sum(room.area_m2 for room in world.rooms),
        things=len(world.objects),
        triangles=triangles,
        generated=generated,
        opened=opened,
        lit=lit,
        peak_mb=peak_mb(),
        frame=_median(colored),
        plain=_median(plain),
        step=(wall / _STEPS, cpu / _STEPS),
    )


def _median(values: list[Seconds]) -> Seconds:
    wall, cpu = np.median(values, axis=0)
    return float(wall), float(cpu)


def _named(name: str) -> OfficialWorld:
    if name in WORLD_KINDS:
        return OfficialWorld(name, 1)
    found = parse_world_name(name)
    if found is None:
        raise argparse.ArgumentTypeError(f'expected kind:seed or kind:seed:size, got {name!r}')
    return found


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('worlds', nargs='*', type=_named, help='kinds, or kind:seed[:size]')
    parser.add_argument('--official', action='store_true', help='the 27 official worlds')
    parser.add_argument('--furniture', choices=get_args(FurnitureSource), default='auto')
    parser.add_argument('--frames', type=int, default=12, help='pictures of each world')
    options = parser.parse_args()
    chosen = list(options.worlds)
    if options.official:
        chosen += OFFICIAL
    chosen = chosen or [OfficialWorld(kind, 1) for kind in WORLD_KINDS]
    print(_HEAD)
    print('|' + '---|' * _HEAD.count(' | ') + '---|')
    with ProcessPoolExecutor(1, get_context('spawn'), max_tasks_per_child=1) as pool:
        run = partial(measure, furniture=options.furniture, frames=options.frames)
        for measured in pool.map(run, chosen):
            print(measured.row(), flush=True)


if __name__ == '__main__':
    main()
