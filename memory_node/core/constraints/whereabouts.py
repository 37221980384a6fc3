"""In the kitchen, next to the sofa, within reach: conditions on what something is close to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.conditions import Condition
from memory_node.core.constraints.ground import Ground, SIGHT_M
from memory_node.core.constraints.limits import Limit
from memory_node.core.constraints.naming import is_area_word, Landmark

__all__ = ['in_area', 'near_asker', 'next_to']

#: How close "in the fridge" and "at the door" are, where the place is a thing [m].
_AT_THING_M = 1.5


def near_asker(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to what is within the distance said, and prefer what is close."""
    here = ground.asker.here
    if here is None:
        return 'nobody said where that is'
    at = np.array(here)
    away = np.linalg.norm(ground.positions - at, axis=1)
    from_row = np.linalg.norm(ground.snapshot.positions - at, axis=1)
    nearest = -ground.best_of_rows(-away, -from_row)
    reach = condition.distance_m
    if reach is None and condition.negated:
        reach = ground.asker.distance_scale_m
    return Limit(
        condition=condition,
        rows=None if reach is None else (from_row <= reach) != condition.negated,
        sightings=None if reach is None else (away <= reach) != condition.negated,
        preference=None if condition.negated else np.exp(-nearest / ground.asker.distance_scale_m),
    )


def in_area(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to an area, or to right where a thing is; what depth placed by its own place."""
    names = ground.names
    if not is_area_word(condition.about) and len(names.labels(condition.about)):
        landmark = names.landmark(condition.about)
        if landmark is not None:
            return _around(ground, condition, landmark, _AT_THING_M)
    named = names.area(condition.about)
    if named is None:
        return f'I know no {condition.about!r}'
    inside = ground.members(named.rows) if named.sightings is None else named.sightings
    if named.sightings is None or condition.negated:
        maybe = sure = inside
    else:
        # Where a room ends is guessed: what was seen from inside it may be in it as well.
        maybe, sure = inside | named.rows[ground.seers], inside
    return Limit(
        condition=condition,
        rows=named.rows != condition.negated,
        sightings=maybe != condition.negated,
        sure=None if maybe is sure else sure,
        preference=None if condition.negated else named.rows.astype(np.float64),
        told=lambda row: f'{condition.phrase} ({named.known_as})',
    )


def next_to(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to what is beside a thing, or an area, that was seen."""
    names = ground.names
    landmark = None
    if not is_area_word(condition.about) or len(names.labels(condition.about)):
        landmark = names.landmark(condition.about)
    if landmark is None:
        area = names.area(condition.about)
        if area is None:
            return f'I have seen no {condition.about!r}'
        seers = np.flatnonzero(area.rows)
        landmark = Landmark(
            labels=np.empty(0, np.int64),
            points=ground.snapshot.positions[seers],
            placed=np.ones(len(seers), np.bool_),
            maps=ground.snapshot.maps[seers].astype(np.int64),
            rows=area.rows,
        )
    return _around(ground, condition, landmark, condition.distance_m or SIGHT_M)


def _around(ground: Ground, condition: Condition, landmark: Landmark, reach_m: float) -> Limit:
    """Limit to what is within reach of a landmark, the landmark itself left out."""
    snapshot = ground.snapshot
    slack = 0.0 if landmark.placed.all() else SIGHT_M
    most = reach_m + slack + 2.0 * SIGHT_M
    away = ground.distances(landmark, ground.positions, snapshot.maps[ground.seers], most)
    away[~ground.placed] -= SIGHT_M
    away = np.maximum(away - slack, 0.0)
    itself: NDArray[np.bool_] = np.isin(snapshot.sighting_labels, landmark.labels)
    from_row = ground.distances(landmark, snapshot.positions, snapshot.maps, most)
    from_row[landmark.rows] = 0.0
    from_row = np.maximum(from_row - slack, 0.0)
    nearest = -ground.best_of_rows(-np.where(itself, np.inf, away), -from_row)
    told = closeness = None
    if not condition.negated:

        def told(row: int) -> str:
            return f'{condition.phrase} ({nearest[row]:.1f} m)'

        def closeness(points: NDArray[np.float64], maps: NDArray[np.int64]) -> NDArray[np.float64]:
            apart = ground.distances(landmark, points, maps, most)
            return np.asarray(np.exp(-np.maximum(apart - slack, 0.0) / reach_m))

    return Limit(
        condition=condition,
        rows=(from_row <= reach_m + SIGHT_M) != condition.negated,
        sightings=((away <= reach_m) != condition.negated) & ~itself,
        preference=None if condition.negated else np.exp(-nearest / reach_m),
        closeness=closeness,
        told=told,
    )
