"""
Goals in free space: remembered poses of generated worlds, as they are and by an occupancy grid.

Each thing of a world is given poses it is said to have been seen from: where the robot can stand,
the same shifted as by drift, and anywhere near, as where furniture was put there later. The judge
is the simulator's own map of where the robot fits and can drive to, and the walls of the world.

    python test/bench/goals.py [KIND:SEED[:SIZE] ...]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field
import math
import time

import numpy as np

from memory_node.core.data import Pose
from memory_node.core.errors import NoFreePoseError
from memory_node.core.topology.stand_poses import Grid, Placed, Robot, stand_pose
from memory_sim.navigation.occupancy import OccupancyMap
from memory_sim.navigation.storeys import Storeys
from memory_sim.world.generate import generate_world
from memory_sim.world.model import World

WORLDS = (
    'apartment:1',
    'apartment:2',
    'house:3',
    'house:8:large',
    'office:101',
    'school:101',
    'hospital:101',
    'museum:101',
    'supermarket:101',
    'warehouse:101',
)
RADIUS_M = 0.2
ROBOT = Robot(radius_m=RADIUS_M, search_m=3.0)
#: Drift of a remembered pose, standard deviation [m].
DRIFT_M = 0.3
EACH = 3


@dataclass
class Tally:
    """What came of the goals of one kind."""

    goals: int = 0
    free_before: int = 0
    free: int = 0
    reached: int = 0
    seen_before: int = 0
    seen: int = 0
    refused: int = 0
    moved_m: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def grid_of(occupancy: OccupancyMap, elevation_m: float) -> Placed:
    """Return the simulator's map as a node would hear it: y along the rows."""
    cells = np.where(occupancy.occupied.T, 100, 0).astype(np.int8)
    grid = Grid(
        name='map',
        frame_id='map',
        cell_m=occupancy.cell_m,
        origin=(*occupancy.origin, elevation_m, 0.0),
        cells=np.ascontiguousarray(cells),
    )
    return Placed(grid, np.eye(4))


def poses_near(thing, room, occupancy: OccupancyMap, rng) -> dict[str, list[tuple[float, float]]]:
    """Return positions that a thing is remembered from, by how they came about."""
    x, y = thing.position[:2]
    (x0, y0, x1, y1), (ox, oy) = room.bounds, occupancy.origin
    i, j = np.nonzero(occupancy.reachable)
    at = np.column_stack([ox + (i + 0.5) * occupancy.cell_m, oy + (j + 0.5) * occupancy.cell_m])
    far = np.hypot(*(at - (x, y)).T)
    inside = (at >= (x0, y0)).all(axis=1) & (at <= (x1, y1)).all(axis=1)
    stood = at[inside & (far > 0.6) & (far < 2.5)]
    if not len(stood):
        return {}
    stood = stood[rng.integers(len(stood), size=EACH)]
    low = np.maximum((x0 + 0.1, y0 + 0.1), (x - 1.5, y - 1.5))
    high = np.minimum((x1 - 0.1, y1 - 0.1), (x + 1.5, y + 1.5))
    return {
        'where it stood': stood.tolist(),
        'drifted': (stood + rng.normal(0.0, DRIFT_M, stood.shape)).tolist(),
        'anywhere near': rng.uniform(low, np.maximum(low, high), (EACH, 2)).tolist(),
    }


def sees(world: World, start, target, elevation_m: float) -> bool:
    """Whether no wall is between; doorways are open, and what hangs on a wall is before it."""
    a, b = np.array(start[:2]), np.array(target[:2])
    length = float(np.linalg.norm(b - a))
    b = a + (b - a) * max(0.0, 1.0 - 0.3 / max(length, 1e-9))
    for wall in world.walls:
        if abs(wall.elevation_m - elevation_m) > 0.5:
            continue
        p, q = np.array(wall.start), np.array(wall.end)
        way, along = b - a, q - p
        cross = way[0] * along[1] - way[1] * along[0]
        if abs(cross) < 1e-12:
            continue
        t = ((p - a)[0] * along[1] - (p - a)[1] * along[0]) / cross
        u = ((p - a)[0] * way[1] - (p - a)[1] * way[0]) / cross
        if not (0.0 <= t <= 1.0 and 0.0 <= u <= 1.0):
            continue
        at_m = u * wall.length_m
        if not any(abs(at_m - o.offset_m) < 0.5 * o.width_m for o in wall.openings):
            return False
    return True


def measure(world: World, tallies: dict[str, Tally]) -> None:
    rng = np.random.default_rng(0)
    storeys = Storeys(world, radius_m=RADIUS_M)
    rooms = {room.id: room for room in world.rooms}
    for occupancy, (floor, level) in zip(storeys.maps, world.elevations.items(), strict=True):
        placed = grid_of(occupancy, level)
        for thing in world.objects:
            room = rooms[thing.region_id]
            if room.floor != floor:
                continue
            target = (*thing.position[:2], float(thing.position[2]))
            for name, positions in poses_near(thing, room, occupancy, rng).items():
                for x, y in positions:
                    judge(world, occupancy, placed, (x, y, level), target, tallies[name])


def judge(world, occupancy, placed, at, target, tally: Tally) -> None:
    yaw = math.atan2(target[1] - at[1], target[0] - at[0])
    tally.goals += 1
    tally.free_before += occupancy.clearance_at(*at[:2]) >= RADIUS_M - 0.5 * occupancy.cell_m
    tally.seen_before += sees(world, at, target, at[2])
    began = time.process_time()
    try:
        stand = stand_pose([placed], Pose.from_yaw(at, yaw), target, ROBOT)
    except NoFreePoseError:
        tally.refused += 1
        return
    finally:
        tally.ms.append(1e3 * (time.process_time() - began))
    there = stand.pose.position
    tally.free += occupancy.clearance_at(*there[:2]) >= RADIUS_M - 0.5 * occupancy.cell_m
    tally.reached += occupancy.is_navigable(*there[:2])
    tally.seen += sees(world, there, target, at[2])
    if stand.moved_m:
        tally.moved_m.append(stand.moved_m)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('worlds', nargs='*', default=WORLDS, metavar='KIND:SEED[:SIZE]')
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in parser.parse_args().worlds:
        kind, seed, *size = name.split(':')
        measure(generate_world(kind, int(seed), *(size or ['small'])), tallies)
    columns = (
        'remembered from',
        'goals',
        'free as remembered',
        'free by the grid',
        'can be driven to',
        'refused',
        'no wall between, as remembered',
        'by the grid',
        'moved, median',
        'p95',
        'CPU ms, median',
        'p95',
    )
    print(f'| {" | ".join(columns)} |')
    print('|---' * len(columns) + '|')
    for name, t in tallies.items():
        given, moved_m = t.goals - t.refused, t.moved_m or [0.0]
        cells = (
            name,
            t.goals,
            f'{t.free_before / t.goals:.1%}',
            f'{t.free / given:.2%}',
            f'{t.reached / given:.2%}',
            t.refused,
            f'{t.seen_before / t.goals:.1%}',
            f'{t.seen / given:.1%}',
            f'{np.median(moved_m):.2f} m',
            f'{np.percentile(moved_m, 95):.2f} m',
            f'{np.median(t.ms):.1f}',
            f'{np.percentile(t.ms, 95):.1f}',
        )
        print(f'| {" | ".join(map(str, cells))} |')


if __name__ == '__main__':
    main()
