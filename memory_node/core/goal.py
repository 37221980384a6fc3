"""Where to stand: a pose the robot really had, near the target and turned to face it."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Place, Pose, Retrieval, Route, Vector3
from memory_node.core.lexical import clean_label
from memory_node.core.store.snapshot import Snapshot

__all__ = ['GoalPlan', 'best_sighting', 'best_view', 'facing', 'stand_row']

#: Sightings of one label this close to each other are one thing.
_CLUSTER_RADIUS_M = 1.0
#: A camera closer than this sees little of the thing, and the robot may touch it.
MIN_STAND_OFF_M = 0.5
_IDEAL_STAND_OFF_M = 1.2
#: Metres that one radian of turning away from what was seen is worth.
_TURN_PRICE_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPlan:
    """A pose to drive to, the way there, and what else may be meant."""

    found: bool
    #: What the goal was made from; None when nothing was found.
    place: Place | None
    #: Pose in the frame of ``place.map_id``; None when nothing was found.
    goal_pose: Pose | None
    #: None when no start was given, or start and goal are not joined.
    route: Route | None
    #: Next best places, best first.
    alternatives: tuple[Place, ...]
    retrieval: Retrieval


def facing(pose: Pose, target: Vector3 | None) -> Pose:
    """Return ``pose`` turned about +z to face ``target`` [m]; unchanged without a target."""
    if target is None:
        return pose
    dx, dy = target[0] - pose.position[0], target[1] - pose.position[1]
    if math.hypot(dx, dy) < 1e-3:
        return pose
    return Pose.from_yaw(pose.position, math.atan2(dy, dx))


def best_sighting(snapshot: Snapshot, row: int, label_cosines: NDArray[np.float64]) -> int | None:
    """
    Return which sighting of a row fits the question best, None if it has none.

    ``label_cosines`` is (L,). Among equals one with a position is taken, then the surest.
    """
    span = snapshot.sightings_of(row)
    if span.start == span.stop:
        return None
    fit = label_cosines[snapshot.sighting_labels[span]]
    placed = ~np.isnan(snapshot.sighting_positions[span, 0])
    order = np.lexsort((-snapshot.sighting_confidences[span], ~placed, -np.round(fit, 6)))
    return int(span.start + order[0])


def stand_row(snapshot: Snapshot, row: int, label: str, target: Vector3) -> tuple[int, Vector3]:
    """
    Return the row to see a target best from, and where the target is [m].

    ``label`` is clean, as a place carries it.

    Sightings of the same label are grown from ``target`` outwards only as far as one thing goes,
    so two kitchens never average into the wall between them; ``row`` is the fallback.
    """
    names = [i for i, name in enumerate(snapshot.labels) if clean_label(name) == label]
    same = np.flatnonzero(
        np.isin(snapshot.sighting_labels, np.array(names, np.int64))
        & ~np.isnan(snapshot.sighting_positions[:, 0])
    )
    seers = np.searchsorted(snapshot.sighting_starts, same, side='right') - 1
    here = snapshot.maps[seers] == snapshot.maps[row]
    same, seers = same[here], seers[here]
    points = snapshot.sighting_positions[same].astype(np.float64)
    centre = np.array(target, np.float64)
    member = np.zeros(len(same), np.bool_)
    for _ in range(3):
        member = np.linalg.norm(points - centre, axis=1) <= _CLUSTER_RADIUS_M
        if not member.any():
            return row, target
        centre = np.median(points[member], axis=0)
    row = best_view(snapshot, np.unique(seers[member]), centre)
    x, y, z = centre.tolist()
    return row, (x, y, z)


def best_view(snapshot: Snapshot, rows: NDArray[np.int64], centre: NDArray[np.float64]) -> int:
    """Return the one of ``rows`` that sees the point ``centre`` (3,) best [m]."""
    offsets = centre[:2] - snapshot.positions[rows, :2]
    away = np.linalg.norm(offsets, axis=1)
    turn = np.arctan2(offsets[:, 1], offsets[:, 0]) - snapshot.yaws[rows]
    turn = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
    price = np.abs(away - _IDEAL_STAND_OFF_M) + _TURN_PRICE_M * turn
    price[away < MIN_STAND_OFF_M] += 100.0
    return int(rows[np.argmin(price)])
