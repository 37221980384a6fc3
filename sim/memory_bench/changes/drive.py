"""The robot's rounds through the flat: what was in view, and what its detector made of it."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from memory_bench.changes.world import corner, FIXED, ROOM_M, Script, SESSIONS, Stay
from memory_node.core.data import Observation, Pose, Sighting

__all__ = ['RANGE_M', 'STEP_NS', 'Drive', 'Noise', 'View', 'drive', 'miss_share', 'views']

#: How far and how wide the camera sees things [m, rad].
RANGE_M, _HALF_FOV_RAD = 4.5, 0.7
#: Stops in a room, as shares of its size, and views at each.
_STOPS = ((0.3, 0.5), (0.7, 0.5), (0.5, 0.45))
_TURNS = 5
#: Time from one view of a stop to the next [ns].
_VIEW_NS = 3_000_000_000
#: Longest time from one stop to the next [ns].
STEP_NS = (SESSIONS[0][1] - SESSIONS[0][0]) // round(0.8 * len(FIXED) * len(_STOPS))
#: Share of pairs of stop and place between which something stands.
_HIDDEN = 0.1
#: Share of rooms that a later round visits.
_VISITED = 0.8


#: Stamp [ns], room, number of the stop, heading [rad] and position [m] of one view.
View = tuple[int, int, int, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How good the detector and the poses are."""

    #: Share of things in view that are missed; some things are missed more often than others.
    misses: float = 0.1
    #: Share of sightings with the label of another thing, and of views with one of nothing.
    false_labels: float = 0.02
    position_m: float = 0.05
    pose_m: float = 0.03

    def __post_init__(self) -> None:
        """Refuse shares that are none and noise below 0."""
        for name, value in (('misses', self.misses), ('false_labels', self.false_labels)):
            if not 0.0 < value < 1.0:
                raise ValueError(f'{name} must be between 0 and 1, got {value}')
        for name, value in (('position_m', self.position_m), ('pose_m', self.pose_m)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f'{name} must be in [0, 1] m, got {value}')


@dataclass(frozen=True, slots=True)
class Drive:
    """What all rounds brought."""

    observations: tuple[Observation, ...]
    #: By index of the stay: stamps of the views that had the thing in view [ns].
    in_view: dict[int, list[int]]
    #: The same for the views, and the numbers of their stops, that looked at the place after.
    left_view: dict[int, list[tuple[int, int]]]


def drive(script: Script, seed: int, noise: Noise) -> Drive:
    """Drive all rounds; equal arguments give equal observations."""
    rng = np.random.default_rng((seed, 22))
    labels = sorted({s.label for s in script.stays})
    places = np.array([s.position for s in script.stays])
    rooms = np.array([list(FIXED).index(s.room) for s in script.stays])
    hardness = rng.normal(0.0, 0.7, 1 + max(s.thing for s in script.stays))
    in_view: dict[int, list[int]] = {i: [] for i in range(len(script.stays))}
    left: dict[int, list[tuple[int, int]]] = {i: [] for i in range(len(script.stays))}
    observations: list[Observation] = []
    for stamp, room, stop, yaw, x, y in views(rng):
        hidden = np.random.default_rng((seed, 23, stop)).random(len(places)) < _HIDDEN
        away = places[:, :2] - (x, y)
        turn = np.arctan2(away[:, 1], away[:, 0]) - yaw
        turn = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
        range_m = np.hypot(away[:, 0], away[:, 1])
        shown = (rooms == room) & (range_m <= RANGE_M) & (turn <= _HALF_FOV_RAD)
        shown &= (range_m > 0.3) & ~hidden
        seen = []
        for i in np.flatnonzero(shown).tolist():
            stay = script.stays[i]
            if stamp >= stay.until_ns:
                left[i].append((stamp, stop))
            elif stamp >= stay.since_ns:
                in_view[i].append(stamp)
                if rng.random() >= miss_share(noise.misses, float(hardness[stay.thing])):
                    seen.append(_sighting(rng, stay, labels, noise))
        if rng.random() < noise.false_labels:
            seen.append(_ghost(rng, labels, (x, y, yaw)))
        dx, dy = rng.normal(0.0, noise.pose_m, 2).tolist()
        observations.append(
            Observation(
                id=f'{len(observations):05d}',
                stamp_ns=stamp,
                pose=Pose.from_yaw((x + dx, y + dy, 1.0), yaw),
                caption=f'a {list(FIXED)[room]}',
                sightings=tuple(seen),
            )
        )
    return Drive(tuple(observations), in_view, left)


def views(rng: np.random.Generator) -> list[View]:
    """Return stamp, room, number of the stop, heading and position of all views, in order."""
    found: list[View] = []
    stop = 0
    for number, (begin, end) in enumerate(SESSIONS):
        order = rng.permutation(len(FIXED)).tolist()
        if number:
            order = order[: round(_VISITED * len(FIXED))]
        stops = [(room, share) for room in order for share in _STOPS]
        step = (end - begin) // len(stops)
        for k, (room, (sx, sy)) in enumerate(stops):
            left, low = corner(list(FIXED)[room])
            dx, dy, turned = rng.uniform(-0.3, 0.3, 3).tolist()
            x, y = left + sx * ROOM_M[0] + dx, low + sy * ROOM_M[1] + dy
            for i in range(_TURNS):
                yaw = math.remainder(turned + 2.0 * math.pi * i / _TURNS, 2.0 * math.pi)
                found.append((begin + step * k + i * _VIEW_NS, room, stop, yaw, x, y))
            stop += 1
    return found


def miss_share(share: float, hardness: float) -> float:
    """Return how often a thing is missed that is as hard to see as this, in logits."""
    logit = math.log(share / (1.0 - share)) + hardness
    return 1.0 / (1.0 + math.exp(-logit))


def _sighting(rng: np.random.Generator, stay: Stay, labels: list[str], noise: Noise) -> Sighting:
    label, confidence = stay.label, float(rng.uniform(0.5, 0.95))
    if rng.random() < noise.false_labels:
        label, confidence = labels[int(rng.integers(len(labels)))], 0.7 * confidence
    x, y, z = (c + float(e) for c, e in zip(stay.position, rng.normal(0, noise.position_m, 3),
                                             strict=True))  # fmt: skip
    extent = (stay.size_m, stay.size_m, stay.size_m)
    return Sighting(label=label, confidence=confidence, position=(x, y, z), extent=extent)


def _ghost(
    rng: np.random.Generator, labels: list[str], pose: tuple[float, float, float]
) -> Sighting:
    x, y, yaw = pose
    angle = yaw + float(rng.uniform(-0.5, 0.5))
    away = float(rng.uniform(1.0, 3.0))
    where = (x + away * math.cos(angle), y + away * math.sin(angle), 0.7)
    label = labels[int(rng.integers(len(labels)))]
    return Sighting(
        label=label, confidence=float(rng.uniform(0.25, 0.5)), position=where, extent=(0.3,) * 3
    )
