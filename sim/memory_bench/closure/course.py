"""A corridor round two corners with 100 things, and what a robot saw on its way down and back."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from memory_bench.changes.drive import Noise
from memory_node.core.data import Observation, Pose, Sighting, Vector3
from memory_node.core.perception.geometry import inverse, Transform, transform_from_pose

__all__ = ['DRIFTS', 'THINGS', 'Driven', 'Drift', 'drive']

RealArray = NDArray[np.float64]
Drift = Literal['grows', 'wanders', 'slips']
#: How the error of odometry comes about: evenly along the way, by a random walk, or all of it at
#: one moment half-way.
DRIFTS: tuple[Drift, ...] = ('grows', 'wanders', 'slips')
#: The error at the end of the drive [m, rad].
OFF_M, OFF_RAD = 1.0, math.radians(5.0)

#: Parts of the corridor's middle line, each after a turn to the left [m]; things stand along it,
#: left and right by turns.
_SIDES_M = (40.0, 20.0, 40.0)
_LENGTH_M = sum(_SIDES_M)
_ASIDE_M, _EVERY_M, _STEP_M = 1.5, 1.0, 0.5
_NAMES = (
    'chair', 'cabinet', 'plant', 'printer', 'bin', 'bench', 'lamp', 'shelf', 'screen', 'clock',
    'sofa', 'table', 'fridge', 'desk', 'mirror', 'sink', 'ladder', 'trolley', 'pallet', 'drum',
)  # fmt: skip
_RANGE_M, _HALF_FOV_RAD = 4.0, 0.8
_STEP_NS = 1_000_000_000
#: What is left of the error in the poses that a SLAM corrects [m, rad].
_LEFT_M, _LEFT_RAD = 0.02, 0.002


def _along(way_m: float) -> tuple[float, float, float]:
    """Return position and heading on the middle line, so far from its beginning [m, rad]."""
    x, y, yaw = 0.0, 0.0, 0.0
    for turn, side in enumerate(_SIDES_M):
        yaw = turn * math.pi / 2.0
        done = min(way_m, side)
        x, y = x + done * math.cos(yaw), y + done * math.sin(yaw)
        way_m -= done
        if way_m <= 0.0:
            break
    return x, y, yaw


def _things() -> tuple[tuple[str, Vector3], ...]:
    found = []
    for i in range(round(_LENGTH_M / _EVERY_M)):
        x, y, yaw = _along(_EVERY_M * i)
        aside = _ASIDE_M if i % 2 else -_ASIDE_M
        where = (x - aside * math.sin(yaw), y + aside * math.cos(yaw), 0.6)
        found.append((_NAMES[i % len(_NAMES)], where))
    return tuple(found)


THINGS = _things()


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """A drive, as it was believed and as it was."""

    #: By the poses of odometry.
    observations: tuple[Observation, ...]
    #: What a SLAM says of them after the loop closure, by id.
    corrected: tuple[tuple[str, Pose], ...]
    #: By how much map -> odom jumps then: what was believed last to where it was.
    jump: Transform


def drive(drift: Drift, seed: int, noise: Noise) -> Driven:
    """Drive down and back; odometry is 1 m and 5 degrees off at the end."""
    rng = np.random.default_rng((seed, 31))
    down = [_along(_STEP_M * i) for i in range(round(_LENGTH_M / _STEP_M) + 1)]
    true = np.array([*down, *((x, y, yaw + math.pi) for x, y, yaw in reversed(down))])
    count = len(true)
    believed = _believed(true, _shares(drift, count, rng), rng)
    observations, corrected = [], []
    for i, ((x, y, yaw), held) in enumerate(zip(true.tolist(), believed.tolist(), strict=True)):
        name, stamp_ns = f'{i:04d}', _STEP_NS * (i + 1)
        observations.append(_look(rng, name, stamp_ns, (x, y, yaw), held, noise))
        dx, dy, dyaw = (rng.normal(0.0, 1.0, 3) * (_LEFT_M, _LEFT_M, _LEFT_RAD)).tolist()
        corrected.append((name, Pose.from_yaw((x + dx, y + dy, 0.0), yaw + dyaw)))
    end = transform_from_pose(Pose.from_yaw((*true[-1, :2].tolist(), 0.0), float(true[-1, 2])))
    jump = end @ inverse(transform_from_pose(observations[-1].pose))
    return Driven(observations=tuple(observations), corrected=tuple(corrected), jump=jump)


def _shares(drift: Drift, count: int, rng: np.random.Generator) -> RealArray:
    """Return (count,) shares of the error that each pose has, 0 at first and 1 at the end."""
    even: RealArray = np.linspace(0.0, 1.0, count)
    if drift == 'slips':
        return np.asarray(even > 0.5, np.float64)
    if drift == 'wanders':
        walk = np.cumsum(rng.normal(0.0, 1.0, count)) / math.sqrt(count)
        return np.asarray(even + 0.5 * (walk - even * walk[-1]))
    return even


def _believed(true: RealArray, shares: RealArray, rng: np.random.Generator) -> RealArray:
    """
    Return (n, 3) poses that odometry adds up from its steps, of which each is turned a little.

    What is then missing to ``OFF_M`` at the end comes in the same shares.
    """
    yaw_off = shares * OFF_RAD
    cosine, sine = np.cos(yaw_off[:-1]), np.sin(yaw_off[:-1])
    dx, dy = np.diff(true[:, :2], axis=0).T
    steps = np.stack([cosine * dx - sine * dy, sine * dx + cosine * dy], axis=1)
    places = true[0, :2] + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    angle = rng.uniform(-math.pi, math.pi)
    wanted = true[-1, :2] + OFF_M * np.array([math.cos(angle), math.sin(angle)])
    places += shares[:, None] * (wanted - places[-1])
    return np.column_stack([places, true[:, 2] + yaw_off])


def _look(
    rng: np.random.Generator,
    name: str,
    stamp_ns: int,
    true: tuple[float, float, float],
    held: list[float],
    noise: Noise,
) -> Observation:
    """See what is ahead from where the robot is, put where it believes to be."""
    x, y, yaw = true
    sightings = []
    for label, where in THINGS:
        away = math.dist((x, y), where[:2])
        turn = math.remainder(math.atan2(where[1] - y, where[0] - x) - yaw, 2.0 * math.pi)
        if away > _RANGE_M or abs(turn) > _HALF_FOV_RAD or rng.random() < noise.misses:
            continue
        said = label
        if rng.random() < noise.false_labels:
            said = _NAMES[int(rng.integers(len(_NAMES)))]
        dx, dy, dz = rng.normal(0.0, noise.position_m, 3).tolist()
        angle = held[2] + turn
        sightings.append(
            Sighting(
                label=said,
                confidence=float(rng.uniform(0.5, 0.95)),
                position=(
                    held[0] + away * math.cos(angle) + dx,
                    held[1] + away * math.sin(angle) + dy,
                    where[2] + dz,
                ),
                extent=(0.4, 0.4, 0.4),
            )
        )
    return Observation(
        id=name,
        stamp_ns=stamp_ns,
        pose=Pose.from_yaw((held[0], held[1], 0.0), held[2]),
        caption='a corridor',
        sightings=tuple(sightings),
    )
