"""
Measure the embedded simulator in worlds of every kind.

Run ``python test/bench/simulator.py`` for one world of each kind, ``--official`` for the 27
official worlds, or name some (``apartment:7 campus:103:large``). ``--pictures FILE`` draws a view
and the plan of each instead. Every world has a process of its own, so that its memory can be
told. Wall and CPU time are both given, because the machine may be shared; frames are 640x480 with
colour, depth, instances and classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
import math
from multiprocessing import get_context
from pathlib import Path
import re
import sys
import time
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sim')]

from memory_sim.engines.base import CameraModel, VelocityCommand  # noqa: E402
from memory_sim.engines.embedded import EmbeddedSimulator  # noqa: E402  the path is set above
from memory_sim.furniture.meshes import Furniture, FurnitureSource  # noqa: E402
from memory_sim.furniture.sweethome import FOLDER, SweetHome  # noqa: E402
from memory_sim.world.generate import WORLD_KINDS  # noqa: E402
from memory_sim.world.splits import OFFICIAL, OfficialWorld, parse_world_name  # noqa: E402

_STEPS = 5000
_HEAD = (
    '| world | m2 | things | triangles | generate s | open s | light s | peak MB '
    '| frames/s (CPU ms) | without colour | steps/s |'
)

Seconds = tuple[float, float]
Picture = NDArray[np.uint8]

#: Views tried for a picture, its width and height, the plan in its corner, and its caption.
_TRIED = 60
_VIEW = CameraModel(width=400, height=300)
_PLAN = 118
_CAPTION = 26
_COLUMNS = 3


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


def source_of(furniture: FurnitureSource, folder: Path) -> Furniture:
    """Return where meshes come from; ``folder`` holds the libraries of sweethome3d-furniture."""
    return Furniture(furniture, SweetHome(folder))


def measure(
    chosen: OfficialWorld, furniture: FurnitureSource, folder: Path, frames: int
) -> Measured:
    """Generate, open, light, draw and drive in one world."""
    began, began_cpu = time.perf_counter(), time.process_time()
    world = chosen.generate()
    generated = time.perf_counter() - began, time.process_time() - began_cpu
    began, began_cpu = time.perf_counter(), time.process_time()
    sim = EmbeddedSimulator(world, furniture=source_of(furniture, folder))
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


def draw(chosen: OfficialWorld, furniture: FurnitureSource, folder: Path) -> Picture:
    """Draw the view that shows most different things, the plan in its corner, and a caption."""
    source = source_of(furniture, folder)
    sim = EmbeddedSimulator(chosen.generate(), furniture=source, camera=_VIEW)
    labels = {i.id: i.label for i in sim.ground_truth.instances}

    def shown(seed: int) -> float:
        pixels = sim.seen_from(sim.reset(seed=seed))
        kinds: dict[str, float] = {}
        for thing, count in pixels.items():
            kinds[labels[thing]] = kinds.get(labels[thing], 0) + count / (400 * 300)
        # Many kinds, of which none fills the picture.
        return sum(math.sqrt(min(share, 0.05)) for share in kinds.values() if share < 0.35)

    view = sim.observe_from(sim.reset(seed=max(range(_TRIED), key=shown))).color
    x0, y0, x1, y1 = sim.world.bounds
    plan = sim.top_down(resolution_m=max(x1 - x0, y1 - y0) / 400, labels=False).image
    scale = _PLAN / max(plan.shape[:2])
    small = cv2.resize(plan, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    cell = np.full((_VIEW.height + _CAPTION, _VIEW.width, 3), 255, dtype=np.uint8)
    cell[: _VIEW.height] = view
    h, w = small.shape[:2]
    cell[_VIEW.height - h : _VIEW.height, _VIEW.width - w :] = small
    area = sum(room.area_m2 for room in sim.world.rooms)
    text = f'{chosen.kind}: {len(sim.world.objects):,} things on {area:,.0f} m2'
    cv2.putText(cell, text, (6, _VIEW.height + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 44), 1,
                cv2.LINE_AA)  # fmt: skip
    sim.close()
    return cell


def save_grid(cells: list[Picture], path: Path) -> None:
    """Write pictures in rows, in few enough colours for a page."""
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % _COLUMNS)
    rows = [np.hstack(cells[i : i + _COLUMNS]) for i in range(0, len(cells), _COLUMNS)]
    grid = Image.fromarray(np.vstack(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    grid.quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)


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
    parser.add_argument('--sweethome', type=Path, default=FOLDER, help='folder of its libraries')
    parser.add_argument('--pictures', type=Path, help='draw each world to this file instead')
    parser.add_argument('--frames', type=int, default=12, help='pictures of each world')
    options = parser.parse_args()
    chosen = list(options.worlds)
    if options.official:
        chosen += OFFICIAL
    chosen = chosen or [OfficialWorld(kind, 1) for kind in WORLD_KINDS]
    where = {'furniture': options.furniture, 'folder': options.sweethome}
    with ProcessPoolExecutor(1, get_context('spawn'), max_tasks_per_child=1) as pool:
        if options.pictures:
            save_grid(list(pool.map(partial(draw, **where), chosen)), options.pictures)
            return
        print(_HEAD)
        print('|' + '---|' * _HEAD.count(' | ') + '---|')
        run = partial(measure, frames=options.frames, **where)
        for measured in pool.map(run, chosen):
            print(measured.row(), flush=True)


if __name__ == '__main__':
    main()
