"""
Measure the Habitat backend: how fast it is, and how alike both backends show one world.

Run ``MEMORY_SIM_HABITAT_PYTHON=PYTHON python test/bench/habitat.py``, with the Python that has
habitat-sim. Wall and CPU time of its process are both given, because the machine may be shared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
import sys
import tempfile
import time

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sim')]

from memory_sim.engines.base import Frame, Pose2D, VelocityCommand  # noqa: E402
from memory_sim.engines.embedded import EmbeddedSimulator  # noqa: E402  the path is set above
from memory_sim.engines.habitat.agreement import compare_navigation, compare_pictures  # noqa: E402
from memory_sim.engines.habitat.simulator import HabitatSimulator  # noqa: E402
from memory_sim.formats.export_scene import export_scene  # noqa: E402
from memory_sim.world.generate import generate_world, WORLD_KINDS  # noqa: E402


def timed(call: Callable[[], object], process: psutil.Process | None) -> tuple[float, float]:
    """Return the wall time of a call and the CPU time that a process spent on it [s]."""
    before, began = _cpu(process), time.perf_counter()
    call()
    return time.perf_counter() - began, _cpu(process) - before


def _cpu(process: psutil.Process | None) -> float:
    return 0.0 if process is None else sum(process.cpu_times()[:2])


def side_by_side(frames: list[Frame], classes: int) -> np.ndarray:
    """Return colour, depth and classes of each frame, one row a frame."""
    palette = np.random.default_rng(5).integers(60, 255, (classes, 3), dtype=np.uint8)
    palette[0] = 235
    rows = []
    for frame in frames:
        depth = np.clip(frame.depth / 8.0 * 255.0, 0, 255).astype(np.uint8)
        shown = cv2.applyColorMap(depth, cv2.COLORMAP_VIRIDIS)
        rows.append(np.hstack([frame.color[:, :, ::-1], shown, palette[frame.classes]]))
    return np.vstack(rows)


def measure(kind: str, seed: int, poses: int, sim: HabitatSimulator | None, out: Path | None,
            folder: Path) -> HabitatSimulator:  # fmt: skip
    """Print one row of the table, and return the simulator for the next."""
    world = generate_world(kind, seed)
    embedded = EmbeddedSimulator(world)
    began = time.perf_counter()
    scene = export_scene(world, embedded.scene, folder / kind)
    written = time.perf_counter() - began
    size = sum(f.stat().st_size for f in (folder / kind).rglob('*') if f.is_file()) / 1e6
    began = time.perf_counter()
    if sim is None:
        sim = HabitatSimulator(scene)
    else:
        sim.load(scene)
    opened = time.perf_counter() - began
    process = psutil.Process(sim.process.pid)
    views = [embedded.reset(seed=s) for s in range(poses)]
    found = compare_pictures(embedded, sim, views)
    ways = compare_navigation(embedded, sim)
    draw = [timed(lambda p=p: sim.observe_from(p), process) for p in views]
    drive = timed(lambda: [sim.step(VelocityCommand(linear_m_s=0.5, angular_rad_s=0.3), 0.02)
                           for _ in range(500)], process)  # fmt: skip
    own = np.median([timed(lambda p=p: embedded.observe_from(p), None)[0] for p in views])
    wall, cpu = np.median(draw, axis=0)
    print(
        f'| {kind} {seed} | {len(embedded.scene.corners):,} | {written:.1f} | {size:.0f} '
        f'| {opened:.1f} | {1 / wall:.1f} ({1e3 * cpu:.0f} ms) | {1 / own:.1f} '
        f'| {500 / drive[0]:,.0f} '
        f'| {1e3 * found.depth_median_m:.2f} / {1e3 * found.depth_p95_m:.1f} '
        f'| {100 * found.classes:.2f} % | {100 * found.instances:.2f} % | {found.color:.1f} '
        f'| {100 * ways.navigable:.1f} % ({100 * ways.near_edge:.0f} %) '
        f'| {100 * ways.reachable:.0f} % of {ways.paths}: {ways.length_median:.3f}, '
        f'{ways.length_worst:.2f} |',
        flush=True,
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for i, pose in enumerate(views[:4]):
            write(out / f'{kind}_{seed}_{i}.png', embedded, sim, pose)
    embedded.close()
    return sim


def write(path: Path, embedded: EmbeddedSimulator, sim: HabitatSimulator, pose: Pose2D) -> None:
    """Write what both simulators see: the embedded one above, Habitat below."""
    frames = [embedded.observe_from(pose), sim.observe_from(pose)]
    cv2.imwrite(str(path), side_by_side(frames, len(sim.ground_truth.classes)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kinds', nargs='+', default=list(WORLD_KINDS))
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--poses', type=int, default=20)
    parser.add_argument('--pictures', type=Path, help='folder for pictures of both, side by side')
    args = parser.parse_args()
    print('| world | triangles | export s | MB | open s | frames/s (CPU) | embedded frames/s '
          '| steps/s | depth error median / p95 mm | same class | same instance | colour |'
          ' navigable (else within 0.15 m) | both reach; path ratio median, worst |')  # fmt: skip
    print('|---' * 14 + '|')
    sim: HabitatSimulator | None = None
    with tempfile.TemporaryDirectory() as folder:
        for kind in args.kinds:
            sim = measure(kind, args.seed, args.poses, sim, args.pictures, Path(folder))
    if sim is not None:
        print(f'habitat-sim {sim.process.version}')
        sim.close()


if __name__ == '__main__':
    main()
