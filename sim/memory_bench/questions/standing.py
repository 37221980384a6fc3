"""What is right depends on where the robot stands when it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
import math

from memory_node.core.data import Vector3
from memory_sim.bench.cases import Case
from memory_sim.bench.desk import Stage
from memory_sim.bench.goals import asked_from
from memory_sim.engines.base import Instance

__all__ = ['asked_at', 'nearest']

#: Another thing counts as nearest too when its way is so much longer [m].
_AS_NEAR_M = 1.0


def nearest(stage: Stage, start: Vector3, things: Iterable[Instance]) -> list[Instance]:
    """Return the things with the shortest way from a place, of those that were ever in view."""
    in_view = stage.perception.in_view
    walks = [(stage.judge.walk_to_m(start, t), t) for t in things if in_view.get((t.id, t.center))]
    best = min((w for w, _ in walks), default=math.inf)
    return [t for w, t in walks if w <= best + _AS_NEAR_M and math.isfinite(w)]


def asked_at(stage: Stage, case: Case, here: Vector3) -> Case:
    """
    Return a question as it is when the robot stands at ``here`` [m].

    What is near, and the shortest way, count from there. What is not near stays right.
    """
    if case.worded or not case.question.answerable:
        return replace(case, start=here)
    if case.radius_m:
        return asked_from(stage.ground, stage.roadmap, case, here)
    question, targets = case.question, case.targets
    if question.near is not None:
        targets = tuple(nearest(stage, here, case.choices)) or targets
        seen = {i for t in targets for i in stage.perception.in_view.get((t.id, t.center), ())}
        question = replace(
            question,
            near=here,
            goals=tuple(t.center for t in targets),
            nodes=tuple(f'{i:05d}' for i in sorted(seen)),
        )
        regions = stage.ground.regions
        case = replace(
            case,
            question=question,
            targets=targets,
            expected='; '.join(
                sorted({f'{t.label} in {regions[t.region_id].kind}' for t in targets
                        if t.region_id in regions})
            ),
        )  # fmt: skip
    shortest_m = stage.judge.shortest_m(here, targets, case.areas)
    return replace(case, start=here, shortest_m=shortest_m)
