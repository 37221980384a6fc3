"""The lower bound: a robot that remembers nothing and drives until it sees what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from memory_bench.questions.case import Case
from memory_bench.questions.context import Stage
from memory_bench.questions.goals import goal_places
from memory_bench.world.patrol import nearest_first, place_stops
from memory_sim.engines.base import Vector3

__all__ = ['Exploration', 'explore']


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """Where the search ended, and how far the robot drove for it [m]."""

    found: bool
    position: Vector3
    driven_m: float


def explore(stage: Stage, case: Case, budget_m: float) -> Exploration:
    """
    Drive to the nearest stop not seen yet until one is right; it knows a right thing when in view.

    A question about what is not there costs the whole budget, or the whole world.
    """
    roadmap = stage.roadmap
    right = np.zeros(len(roadmap), bool)
    if case.radius_m:
        right[goal_places(roadmap, case)] = True
    else:
        right[stage.judge.right_places(case.targets, case.areas)] = True
    at = roadmap.nearest(case.start)
    node, driven = at, 0.0
    tour = nearest_first(roadmap, at, place_stops(stage.ground, roadmap), budget_m)
    for node, driven in chain([(at, 0.0)], tour):
        if right[node]:
            return Exploration(found=True, position=_place(stage, node), driven_m=driven)
    return Exploration(found=False, position=_place(stage, node), driven_m=driven)


def _place(stage: Stage, node: int) -> Vector3:
    x, y, z = stage.roadmap.points[node].tolist()
    return x, y, z
