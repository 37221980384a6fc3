"""Two drives through a world, each in a frame of its own that begins where the drive begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from memory_bench.perception.sensing import perceive, SensorModel
from memory_bench.world.analytic import Ground
from memory_bench.world.history import at_hour, draw_history
from memory_bench.world.patrol import Keyframe, nearest_first, place_stops
from memory_bench.world.roadmap import Roadmap
from memory_node.core.data import Observation
from memory_node.core.memory.loop_closure import carried
from memory_node.core.perception.geometry import inverse, Transform, transform_from_xyz_rpy

__all__ = ['SENSOR', 'Session', 'draw_sessions']

#: Misses a tenth of what is in view, and puts the rest 5 cm off.
SENSOR = SensorModel(
    miss_near=0.08, miss_far=0.14, confusion=0.02, position_m=0.05, position_per_m=0.0
)
#: Things that people carry elsewhere between two sessions.
_MOVED = 10
#: Begin and end of the two [ns]: nine in the morning of two days.
_SPANS = tuple((at_hour(day, 9.0), at_hour(day, 11.0)) for day in (0, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one drive brought, in its own frame."""

    observations: tuple[Observation, ...]
    #: Where that frame is in the world: ``world_T_odom``.
    frame: Transform


def draw_sessions(
    ground: Ground,
    roadmap: Roadmap,
    seed: int,
    *,
    share: float = 0.65,
    drift_rad: float = 0.0,
) -> tuple[Session, Session]:
    """
    Drive twice, from places far from each other; equal arguments give equal sessions.

    Each session comes to a ``share`` of all stops, those nearest to where it begins. Its heading
    drifts by ``drift_rad``, one standard deviation, in each metre.
    """
    rng = np.random.default_rng((seed, 31))
    stops = place_stops(ground, roadmap)
    first = int(stops[int(rng.integers(len(stops)))])
    away = csgraph.dijkstra(roadmap.graph, directed=False, indices=first)[stops]
    reached = stops[np.isfinite(away)]
    last = int(reached[int(np.argmax(away[np.isfinite(away)]))])
    history = draw_history(ground, roadmap, seed=seed, moved=_MOVED)
    sessions = []
    for number, start in enumerate((first, last)):
        keyframes = _keyframes(roadmap, start, reached, _SPANS[number], share)
        seen = perceive(ground, history, keyframes, seed=2 * seed + number, model=SENSOR)
        begin = keyframes[0]
        world_T_odom = transform_from_xyz_rpy((*begin.position, 0.0, 0.0, begin.yaw_rad))
        believed = _believed(
            keyframes, inverse(world_T_odom), drift_rad * rng.normal(size=len(keyframes))
        )
        own = tuple(
            replace(
                carried(o, odom_T_world),
                id=f's{number}-{o.id}',
                neighbors=tuple(f's{number}-{n}' for n in o.neighbors),
            )
            for o, odom_T_world in zip(seen.observations, believed, strict=True)
        )
        sessions.append(Session(observations=own, frame=world_T_odom))
    return sessions[0], sessions[1]


def _keyframes(
    roadmap: Roadmap, start: int, stops: NDArray[np.int64], span_ns: tuple[int, int], share: float
) -> tuple[Keyframe, ...]:
    """Return views ahead and to both sides from the stops nearest to the first one."""
    away = csgraph.dijkstra(roadmap.graph, directed=False, indices=start)[stops]
    near = stops[np.argsort(away, kind='stable')[: max(2, round(share * len(stops)))]]
    tour = list(nearest_first(roadmap, start, near, math.inf))
    total = max(tour[-1][1], 1e-6)
    keyframes, yaw = [], 0.0
    for number, (node, driven) in enumerate(tour):
        here = roadmap.points[node]
        if number + 1 < len(tour):
            ahead = roadmap.points[tour[number + 1][0]] - here
            yaw = math.atan2(ahead[1], ahead[0]) if np.any(ahead[:2]) else yaw
        for view, turn in enumerate((0.0, 2.1, -2.1)):
            stamp = span_ns[0] + round((span_ns[1] - span_ns[0]) * driven / total)
            keyframes.append(
                Keyframe(
                    stamp_ns=stamp + view * 2 * 10**9,
                    position=(float(here[0]), float(here[1]), float(here[2])),
                    yaw_rad=math.remainder(yaw + turn, 2.0 * math.pi),
                )
            )
    return tuple(keyframes)


def _believed(
    keyframes: tuple[Keyframe, ...], odom_T_world: Transform, drifts: NDArray[np.float64]
) -> list[Transform]:
    """Return for each keyframe ``odom_T_world`` as the odometry has it there, drift and all."""
    believed, last = [odom_T_world], keyframes[0]
    for keyframe, drift in zip(keyframes[1:], drifts[1:].tolist(), strict=True):
        driven_m = math.dist(keyframe.position, last.position)
        x, y, _ = last.position
        about = transform_from_xyz_rpy((x, y, 0.0, 0.0, 0.0, 0.0))
        turn = transform_from_xyz_rpy((0.0, 0.0, 0.0, 0.0, 0.0, drift * math.sqrt(driven_m)))
        believed.append(believed[-1] @ about @ turn @ inverse(about))
        last = keyframe
    return believed
