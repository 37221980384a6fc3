"""Questions of Habitat's benchmarks: right is what ends near one of the goals of their file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray

from memory_bench.datasets.habitat_episodes import EpisodeFileError, HabitatEpisode, read_episodes
from memory_bench.errors import BenchError
from memory_bench.judging.place import PlaceVerdict
from memory_bench.questions.case import Case
from memory_bench.world.analytic import Ground
from memory_bench.world.open import Opened
from memory_bench.world.rendered import PicturedGround
from memory_bench.world.roadmap import Roadmap
from memory_node.core.data import Vector3
from memory_sim.engines.base import Pose2D

__all__ = ['Asked', 'asked_from', 'cases_of_episodes', 'goal_places', 'goal_verdict']

IntArray = NDArray[np.int64]

#: Goals of one question closer together than this are one [m].
_SAME_GOAL_M = 0.3
#: Goals of a question that a way is looked for to, the nearest first.
_MOST_WAYS = 40
#: A position this close to where the robot fits is taken for that place [m].
_SNAP_M = 1.0
#: A robot this close to an episode's start is there [m].
_AT_START_M = 0.5
_FORMS = {'explicit': 'object', 'spatial': 'description', 'instruction': 'instruction'}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Questions of a file, and what of it could not be asked."""

    cases: tuple[Case, ...]
    note: str = ''


class Ways:
    """Driving distances, by the simulator where one knows the world, else by the roadmap."""

    def __init__(self, ground: Ground, roadmap: Roadmap) -> None:
        """Measure in one world."""
        self._ground, self._roadmap = ground, roadmap
        sim = ground.sim if isinstance(ground, PicturedGround) else None
        self._measure = getattr(sim, 'geodesic_distance', None)
        self._snap = getattr(sim, 'snap', None)

    def distance_m(self, start: Vector3, goal: Vector3) -> float:
        """Return the driving distance between the places nearest to two points [m]."""
        if self._measure is None or self._snap is None:
            return self._roadmap.distance(start, goal)
        ends = [self._place(start), self._place(goal)]
        if ends[0] is None or ends[1] is None:
            return math.inf
        return float(self._measure(*ends))

    def _place(self, point: Vector3) -> Pose2D | None:
        assert self._snap is not None
        spot = self._snap(*point)
        if spot is None or math.dist(spot[:2], point[:2]) > _SNAP_M:
            return None
        return Pose2D(x=spot[0], y=spot[1], z=spot[2] if len(spot) > 2 else point[2], yaw_rad=0.0)

    def nearest_m(self, start: Vector3, goals: Sequence[Vector3]) -> float:
        """Return the driving distance to the nearest of some goals [m]; infinite if none."""
        best = math.inf
        ranked = sorted(goals, key=lambda g: math.dist(g, start))
        for goal in ranked[:_MOST_WAYS]:
            # No way is shorter than the straight line, up to where both are put on the floor.
            if math.dist(goal[:2], start[:2]) - 2.0 * _SNAP_M > best:
                break
            best = min(best, self.distance_m(start, goal))
        return best


def cases_of_episodes(place: Opened, count: int, seed: int, now_ns: int) -> Asked:
    """
    Draw up to ``count`` of the episodes that take place in a world.

    Those that cannot be reached from their start are left out, and named. Raises ``BenchError``
    if the file is not to be read any more, or nothing in it can be asked.
    """
    spec = place.spec
    try:
        file = read_episodes(spec.episodes_path)
    except EpisodeFileError as error:
        raise BenchError(f'world {spec.name}: {error}') from error
    notes = [*file.problems[:3]]
    if len(file.problems) > 3:
        notes.append(f'{len(file.problems) - 3} more episodes are malformed')
    own = [e for e in file.episodes if e.scene_id == spec.scene_id]
    order = np.random.default_rng((seed, 16)).permutation(len(own))
    ways = Ways(place.ground, place.roadmap)
    cases: list[Case] = []
    for index in order:
        if len(cases) == count:
            break
        case = _case(own[int(index)], ways, now_ns, f'q{len(cases) + 1:02d}')
        if math.isfinite(case.shortest_m):
            cases.append(case)
        else:
            notes.append(f'episode {own[int(index)].question.id}: no goal can be reached')
    note = '; '.join(notes[:6])[:600]
    if not cases:
        raise BenchError(f'world {spec.name}: nothing can be asked: {note or "no episode"}')
    return Asked(cases=tuple(cases), note=note)


def _case(episode: HabitatEpisode, ways: Ways, now_ns: int, name: str) -> Case:
    start = (episode.start.x, episode.start.y, episode.start.z)
    goals = _distinct(episode.question.goals)
    measured = ways.nearest_m(start, goals)
    told = episode.shortest_m
    kind = episode.question.kind
    return Case(
        question=replace(
            episode.question,
            id=name,
            # An instruction tells where, as a condition does.
            kind='spatial' if kind == 'instruction' else kind,
            goals=goals,
            now_ns=now_ns,
        ),
        form=_FORMS[kind],
        start=start,
        radius_m=episode.question.radius_m,
        shortest_m=told if told is not None and math.isfinite(measured) else measured,
        expected=f'episode {episode.question.id}: within {episode.question.radius_m:g} m of '
        + ', '.join(f'({x:.1f}, {y:.1f}, {z:.1f})' for x, y, z in goals[:3])
        + (' ...' if len(goals) > 3 else ''),
    )


def _distinct(goals: Sequence[Vector3]) -> tuple[Vector3, ...]:
    cells = {tuple(round(v / _SAME_GOAL_M) for v in goal): goal for goal in reversed(goals)}
    return tuple(reversed(cells.values()))


def goal_verdict(ground: Ground, roadmap: Roadmap, case: Case, position: Vector3) -> PlaceVerdict:
    """Say how right it is to stand at ``position`` for a question with goals."""
    ways = Ways(ground, roadmap)
    away = ways.nearest_m(position, case.question.goals)
    return PlaceVerdict(
        success=away <= case.radius_m + 1e-6,
        distance_m=away,
        path_m=ways.distance_m(case.start, position),
    )


def goal_places(roadmap: Roadmap, case: Case) -> IntArray:
    """Return the places of the roadmap that are right for a question with goals, by index."""
    near = [roadmap.within(goal, case.radius_m) for goal in case.question.goals]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *near]))


def asked_from(ground: Ground, roadmap: Roadmap, case: Case, here: Vector3) -> Case:
    """Return a question with goals as it is when the robot stands at ``here`` [m]."""
    shortest_m = case.shortest_m
    if math.dist(here, case.start) > _AT_START_M:
        shortest_m = Ways(ground, roadmap).nearest_m(here, case.question.goals)
    return replace(case, start=here, shortest_m=shortest_m)
