"""Whether an answer leads to a sign, by what is really there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import math

import numpy as np

from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.world.sign import DOOR_PLATE, Sign

__all__ = ['Lead', 'SignJudge']

#: From how far a plate, and what hangs overhead, is seen by who has got there [m].
_PLATE_M, _OVERHEAD_M = 3.0, 8.0
#: How far the robot may walk to a place that sees the sign [m], and the directions tried.
_WALK_M, _DIRECTIONS = 1.0, 12
#: Steps in which a straight walk is looked at.
_STEPS = 4
#: How far from a sign the place may lie that an answer points at [m].
_OFF_M = 1.0
#: The line of sight ends so far before the sign's front [m].
_BEFORE_M = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Where an answer leads: the pose to stand at, and the thing there, where it is placed [m]."""

    stand: tuple[float, float]
    target: tuple[float, float, float] | None


class SignJudge:
    """Judges answers in one world; its rays say what can be seen."""

    def __init__(self, sim: EmbeddedSimulator) -> None:
        """Judge in the world of ``sim``, by the height of its camera."""
        self._sim = sim

    def is_right(self, lead: Lead | None, targets: Sequence[Sign]) -> bool:
        """
        Whether an answer is right; ``None`` is a refusal, right where there is no such sign.

        It is right to stand in the room that the sign names, or a metre's walk from where the sign
        is near and its front in view, as in the proving ground; what is pointed at must be the
        sign then, where it is placed.
        """
        if lead is None or not targets:
            return lead is None and not targets
        return any(self._leads_to(lead, sign) for sign in targets)

    def _leads_to(self, lead: Lead, sign: Sign) -> bool:
        x, y = lead.stand
        room = self._sim.world.room_at(x, y, sign.floor)
        if sign.room_id and room is not None and room.id == sign.room_id:
            return True
        if lead.target is not None and math.dist(lead.target, sign.position) > _OFF_M:
            return False
        reach = _PLATE_M if sign.kind == DOOR_PLATE else _OVERHEAD_M
        return any(
            math.dist(place, sign.position[:2]) <= reach and self.is_in_view(place, sign)
            for place in self._around(x, y, self._sim.world.elevations.get(sign.floor, 0.0))
        )

    def _around(self, x: float, y: float, z: float) -> Iterator[tuple[float, float]]:
        """Yield a place and those a straight walk away."""
        yield x, y
        for i in range(_DIRECTIONS):
            angle = 2.0 * math.pi * i / _DIRECTIONS
            way = [
                (x + away * math.cos(angle), y + away * math.sin(angle))
                for away in np.linspace(0.0, _WALK_M, _STEPS + 1)[1:].tolist()
            ]
            if all(self._sim.is_navigable(*place, z) for place in way):
                yield way[-1]

    def is_in_view(self, place: tuple[float, float], sign: Sign) -> bool:
        """Whether a camera at (x, y) has a free line to a front of the sign."""
        x, y = place
        normal = np.array([math.cos(sign.yaw_rad), math.sin(sign.yaw_rad)])
        ahead = float(normal @ (np.array([x, y]) - sign.position[:2]))
        if ahead <= 0.0 and not sign.two_sided:
            return False
        storey = self._sim.world.elevations.get(sign.floor, 0.0)
        eye = np.array([x, y, storey + self._sim.camera.height_m])
        before = math.copysign(_BEFORE_M, ahead)
        aim = np.array([*(sign.position[:2] + before * normal), sign.position[2]])
        ray = np.concatenate([eye, aim - eye]).astype(np.float32)[None, :]
        return not bool(self._sim.scene.rays.occluded(ray, near=0.0, far=1.0)[0])
