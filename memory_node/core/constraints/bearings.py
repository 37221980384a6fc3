"""Upstairs, on the second floor, north of the library: conditions on height and direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.constraints.conditions import Condition
from memory_node.core.constraints.ground import Ground
from memory_node.core.constraints.limits import Limit
from memory_node.core.constraints.naming import is_area_word
from memory_node.core.data import Vector3
from memory_node.core.ranking.floors import find_floors, nearest_floor
from memory_node.core.ranking.parsing import Floor, FloorKind

__all__ = ['on_floor', 'towards']

BoolArray = NDArray[np.bool_]
RealArray = NDArray[np.float64]

#: A direction is what lies within 60 degrees of it.
_CONE = math.cos(math.radians(60.0))
#: What is closer than this to a landmark lies in no direction from it, and what is higher or
#: lower than this is on another floor [m].
_SAME_SPOT_M, _STOREY_M = 0.5, 2.0
#: Turn from north, anticlockwise as seen from above, in half turns.
_BEARINGS = {
    'north': 0.0, 'northwest': 0.25, 'west': 0.5, 'southwest': 0.75, 'south': 1.0,
    'southeast': -0.75, 'east': -0.5, 'northeast': -0.25,
}  # fmt: skip


def on_floor(ground: Ground, condition: Condition) -> Limit:
    """Limit to a floor; floors are the heights where the robot mostly was."""
    assert condition.floor is not None
    snapshot = ground.snapshot
    rows = np.zeros(len(snapshot), np.bool_)
    levels = np.zeros(len(snapshot), np.int64)
    most = 0
    for one in ground.maps:
        here = np.flatnonzero(snapshot.maps == one)
        heights = snapshot.positions[here, 2]
        floors = find_floors(heights)
        most = max(most, len(floors))
        levels[here] = nearest_floor(heights, floors)
        rows[here] = _meant(condition.floor, levels[here], floors, ground.asker.here)
    return Limit(
        condition=condition,
        rows=rows != condition.negated,
        told=lambda row: f'{condition.phrase} (floor {levels[row] + 1} of {most})',
    )


def _meant(
    floor: Floor, levels: NDArray[np.int64], floors: RealArray, here: Vector3 | None
) -> BoolArray:
    """Return which levels, counted from 0, a floor means; up and down start where the asker is."""
    last = len(floors) - 1
    if floor.kind is FloorKind.NUMBER:
        return np.asarray(levels == floor.number - 1)
    if floor.kind is FloorKind.TOP:
        return np.asarray(levels == last)
    if floor.kind is FloorKind.BOTTOM:
        return np.asarray(levels == 0)
    if floor.kind is FloorKind.GROUND:
        return np.asarray(levels == int(np.argmin(np.abs(floors))))
    own = 0 if floor.kind is FloorKind.UP else last
    if here is not None:
        own = int(nearest_floor(np.array([here[2]]), floors)[0])
    return np.asarray(levels > own if floor.kind is FloorKind.UP else levels < own)


def towards(ground: Ground, condition: Condition) -> Limit | str:
    """Limit to what lies in a cardinal direction from something, or in a part of it."""
    snapshot = ground.snapshot
    turn = ground.asker.north_rad + math.pi * _BEARINGS[condition.side]
    ahead = np.array([math.cos(turn), math.sin(turn)])
    found = _origins(ground, condition)
    if isinstance(found, str):
        return found
    origins, inside = found
    level = bool(condition.about)
    rows, seen = (
        _cosines(_offsets(origins, points, maps, level), ahead, condition.within)
        for points, maps in (
            (snapshot.positions, snapshot.maps),
            (ground.positions, snapshot.maps[ground.seers]),
        )
    )
    least = 0.0 if condition.within else _CONE
    members = np.ones(len(seen), np.bool_) if inside is None else ground.members(inside)
    meets = rows > least if inside is None else (rows > least) & inside
    preference = ground.best_of_rows(np.maximum(seen, 0.0), np.maximum(rows, 0.0))
    return Limit(
        condition=condition,
        rows=meets != condition.negated,
        sightings=((seen > least) & members) != condition.negated,
        preference=None if condition.negated else preference,
    )


def _origins(
    ground: Ground, condition: Condition
) -> tuple[dict[int, RealArray], BoolArray | None] | str:
    """Return by map the (P, 3) points that directions are seen from, and rows to stay in."""
    snapshot, names, about = ground.snapshot, ground.names, condition.about
    if not about and not condition.within:
        if ground.asker.here is None:
            return 'nobody said where that is'
        return {one: np.array([ground.asker.here]) for one in ground.maps}, None
    rows = np.ones(len(snapshot), np.bool_)
    if about:
        area = names.area(about) if is_area_word(about) else None
        landmark = None if area else names.landmark(about)
        if landmark is not None:
            maps = np.unique(landmark.maps).tolist()
            return {one: landmark.points[landmark.maps == one] for one in maps}, None
        area = area or names.area(about)
        if area is None:
            return f'I know no {about!r}'
        rows = area.rows
    centers = {}
    for one in np.unique(snapshot.maps[rows]).tolist():
        spots = snapshot.positions[rows & (snapshot.maps == one)]
        centers[one] = 0.5 * (spots.min(axis=0) + spots.max(axis=0))[None]
    return centers, rows if about and condition.within else None


def _offsets(
    origins: dict[int, RealArray], points: RealArray, maps: NDArray[np.int32], level: bool
) -> RealArray:
    """
    Return (P, 2) how far each point is from the nearest origin on its map, NaN without.

    With ``level`` what is on another floor than its origin is nowhere.
    """
    away = np.full((len(points), 2), np.nan)
    for one, spots in origins.items():
        asked = np.flatnonzero(maps == one)
        _, nearest = cKDTree(spots).query(points[asked])
        offsets = points[asked] - spots[nearest]
        if level:
            offsets[np.abs(offsets[:, 2]) > _STOREY_M] = np.nan
        away[asked] = offsets[:, :2]
    return away


def _cosines(offsets: RealArray, ahead: RealArray, within: bool) -> RealArray:
    """Return the cosine of each offset with a direction, -1 where there is none."""
    length = np.linalg.norm(offsets, axis=1)
    with np.errstate(invalid='ignore', divide='ignore'):
        cosine = (offsets @ ahead) / length
    bad = ~np.isfinite(cosine) | (length < (1e-6 if within else _SAME_SPOT_M))
    return np.asarray(np.where(bad, -1.0, cosine))
