"""The drives of the robot through a world: from which poses it takes its keyframes, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from memory_bench.world.analytic import Ground
from memory_bench.world.history import History, Round, ROUNDS
from memory_bench.world.roadmap import Roadmap
from memory_sim.engines.base import Vector3

__all__ = ['Drive', 'Keyframe', 'drive_rounds', 'nearest_first', 'place_stops']

IntArray = NDArray[np.int64]

#: Usual distance between stops [m], and most stops of a world.
_SPACING_M = 1.2
_MAX_STOPS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """One pose from which a picture is kept."""

    stamp_ns: int
    position: Vector3
    yaw_rad: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """All rounds: keyframes in order, and what was driven [m]."""

    keyframes: tuple[Keyframe, ...]
    length_m: float
    #: Places of the roadmap where the robot stopped, in the order of the first round.
    stops: tuple[int, ...]


@lru_cache(maxsize=1)
def place_stops(ground: Ground, roadmap: Roadmap) -> IntArray:
    """
    Choose places of the roadmap at keyframe spacing, a wall between two of them or not.

    Places are taken in their own order unless one already chosen is near and in plain view.
    """
    area = sum(room.area_m2 for room in ground.world.rooms)
    spacing = max(_SPACING_M, math.sqrt(1.3 * area / _MAX_STOPS))
    near = cKDTree(roadmap.points).query_ball_point(roadmap.points, spacing)
    taken = np.zeros(len(roadmap), bool)
    covered = np.zeros(len(roadmap), bool)
    for index in range(len(roadmap)):
        if covered[index]:
            continue
        taken[index] = covered[index] = True
        others = np.array(near[index], np.int64)
        others = others[~covered[others]]
        storey = ground.storey_at(float(roadmap.points[index, 2]))
        here = np.tile(roadmap.points[index, :2], (len(others), 1))
        plain = ~storey.sight.blocked(here, roadmap.points[others, :2])
        covered[others[plain]] = True
    stops = np.flatnonzero(taken)
    stops.setflags(write=False)
    return stops


def drive_rounds(
    ground: Ground,
    roadmap: Roadmap,
    history: History,
    *,
    seed: int,
    budget_m: float = math.inf,
    rounds: tuple[Round, ...] = ROUNDS,
) -> Drive:
    """
    Drive to the nearest stop not seen yet, again and again, in every round.

    The first round goes everywhere that ``budget_m`` allows [m]; the later ones through a part of
    the areas, and through those where something was moved. A round's keyframes are spread evenly
    over its time by the way driven.
    """
    rng = np.random.default_rng((seed, 12))
    every = place_stops(ground, roadmap)
    at = int(every[int(rng.integers(len(every)))])
    keyframes: list[Keyframe] = []
    length_m = 0.0
    first: tuple[int, ...] = ()
    for number, plan in enumerate(rounds):
        wanted = every
        if plan.share < 1.0:
            wanted = _part(roadmap, every, plan, history, rng)
        tour = list(nearest_first(roadmap, at, wanted, budget_m))
        if not tour:
            continue
        first = first or tuple(node for node, _ in tour)
        keyframes += _pictures(roadmap, tour, plan, look_around=number == 0)
        length_m += tour[-1][1]
        at = tour[-1][0]
    return Drive(keyframes=tuple(keyframes), length_m=length_m, stops=first)


def _part(
    roadmap: Roadmap, stops: IntArray, plan: Round, history: History, rng: np.random.Generator
) -> IntArray:
    areas = np.unique(roadmap.regions[stops])
    count = max(1, round(plan.share * len(areas)))
    chosen = set(rng.permutation(areas)[:count].tolist())
    chosen |= history.areas_to_visit(plan.begin_ns, plan.end_ns)
    return stops[np.isin(roadmap.regions[stops], sorted(chosen))]


def nearest_first(
    roadmap: Roadmap, start: int, stops: IntArray, budget_m: float
) -> Iterator[tuple[int, float]]:
    """Yield stops and the way driven up to each [m]."""
    left = np.zeros(len(roadmap), bool)
    left[stops] = True
    at, driven = start, 0.0
    reach = 6.0
    while left.any():
        distance = np.full(len(roadmap), np.inf)
        limit = reach
        while True:
            distance = csgraph.dijkstra(roadmap.graph, directed=False, indices=at, limit=limit)
            found = left & np.isfinite(distance)
            if found.any():
                break
            if limit > 1e7:
                return
            limit *= 4.0
        candidates = np.flatnonzero(found)
        best = int(candidates[int(distance[candidates].argmin())])
        driven += float(distance[best])
        if driven > budget_m:
            return
        yield best, driven
        left[best] = False
        at = best


def _pictures(
    roadmap: Roadmap, tour: list[tuple[int, float]], plan: Round, *, look_around: bool
) -> list[Keyframe]:
    """Look along the way at each stop, and around, or later just back, at every other."""
    total = max(tour[-1][1], 1e-6)
    length_ns = plan.end_ns - plan.begin_ns
    keyframes = []
    yaw = 0.0
    for number, (node, driven) in enumerate(tour):
        here = roadmap.points[node]
        if number + 1 < len(tour):
            ahead = roadmap.points[tour[number + 1][0]] - here
            yaw = math.atan2(ahead[1], ahead[0]) if np.any(ahead[:2]) else yaw
        turns: tuple[float, ...] = (0.0,)
        if number % 2 == 0:
            turns = (0.0, 2.1, -2.1) if look_around else (0.0, math.pi)
        for view, turn in enumerate(turns):
            stamp = plan.begin_ns + round(length_ns * driven / total) + view * 2 * 10**9
            keyframes.append(
                Keyframe(
                    stamp_ns=stamp,
                    position=(float(here[0]), float(here[1]), float(here[2])),
                    yaw_rad=math.remainder(yaw + turn, 2.0 * math.pi),
                )
            )
    return keyframes
