"""
A jump of map -> odom after a loop closure: what was observed along the loop follows.

A jump tells how far off the robot was at its end, and nothing of when that came about. It is taken
for a loop closure only where things bear that out: what was seen last, moved by the jump, stands
where things of the same names were seen earlier in the run. After a wrong initial pose, or a
change of map, nothing bears it out, and nothing moves.

The error came about since those were seen: evenly along the way, or all of it at one moment, as
where wheels slip. What is believed is what leaves the fewest places with a thing of each name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from memory_node.core.data import Pose
from memory_node.core.errors import MapsDifferError, UnknownMapError
from memory_node.core.memory.joining import rigid_transform
from memory_node.core.memory.loop_closure import LoopClosing
from memory_node.core.perception.geometry import (
    inverse,
    pose_from_transform,
    Transform,
    transform_from_pose,
    transform_points,
)
from memory_node.core.store.snapshot import Snapshot

__all__ = ['JumpFollowing', 'bent']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: What was seen on the last so much of the way is compared with what was seen before [m].
_LATE_M, _LATE_SHARE = 10.0, 0.25
#: A thing is the one seen before where it is this near [m]; what was seen within a cell is one.
_SAME_M, _CELL_M = 0.3, 1.0
#: Labels lie this far apart in the space that positions are compared in [m].
_APART = 1e5
#: Size of a place where places with a thing are counted [m], and moments of which odometry may
#: have slipped in one.
_PLACE_M, _SLIPS = 0.5, 16
#: So many things must be found again, and more than twice as many as by a jump as far to another
#: side, or by none.
_LEAST, _TIMES = 3, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Placed sightings on a part of the way."""

    #: (n, 4) position [m], and the label in units that no position bridges.
    points: RealArray
    #: (n,) row of the snapshot that each is of, and its stamp [ns].
    rows: IntArray
    stamps_ns: IntArray


class JumpFollowing(LoopClosing):
    """The side of a memory that follows jumps of map -> odom."""

    def correct_jump(self, map_id: str, jump: Transform, *, since_ns: int, until_ns: int) -> int:
        """
        Bend the way that led to a loop closure; return how many observations moved.

        Parameters
        ----------
        map_id
            A map whose poses are in the frame that odometry jumped in.
        jump
            (4, 4) rigid ``map_T_odom`` after the jump, times the inverse of the one before.
        since_ns, until_ns
            Stamps of the first observation of the run, and of the last one before the jump.

        Raises
        ------
        InvalidQueryError, UnknownMapError
            The jump is no rigid transform; the map holds nothing.
        MapsDifferError
            What was seen does not bear a loop closure out; nothing moves then.

        """
        self._writable()
        jump = rigid_transform(jump)
        mirror = self._parts.mirror
        snapshot = mirror.snapshot()
        if map_id not in snapshot.map_ids:
            raise UnknownMapError(f'no observation is on a map named {map_id!r:.80}')
        of_run = snapshot.maps == snapshot.map_ids.index(map_id)
        of_run &= (snapshot.stamps >= since_ns) & (snapshot.stamps <= until_ns)
        rows = np.flatnonzero(of_run)
        rows = rows[np.argsort(snapshot.stamps[rows], kind='stable')]
        ids, poses = mirror.poses(snapshot.keys[rows])
        way_m = _way_m(np.array([p.position for p in poses]).reshape(-1, 3))
        if not len(way_m) or way_m[-1] <= 0.0:
            raise MapsDifferError('the robot has not moved since it began: there is no loop')
        first = _begin(snapshot, rows, way_m, jump)
        moved = _best(snapshot, rows[first:], poses[first:], jump)
        return self.correct_poses(map_id, list(zip(ids[first:], moved, strict=True)))


def bent(poses: Sequence[Pose], jump: Transform, shares: RealArray) -> list[Pose]:
    """
    Return a way whose last pose is moved by ``jump`` and whose first one stays.

    Each step is turned by a share of the jump's rotation, as if odometry's heading had drifted;
    what is then missing at the end comes in the same (n,) shares, which go from 0 to 1.
    """
    transforms = np.array([transform_from_pose(pose) for pose in poses])
    places = transforms[:, :3, 3]
    turns = Rotation.from_rotvec(shares[:, None] * Rotation.from_matrix(jump[:3, :3]).as_rotvec())
    moved = transforms.copy()
    moved[1:, :3, 3] = places[0] + np.cumsum(turns[1:].apply(np.diff(places, axis=0)), axis=0)
    missing = transform_points(jump, places[-1]) - moved[-1, :3, 3]
    moved[:, :3, 3] += shares[:, None] * missing
    moved[:, :3, :3] = turns.as_matrix() @ transforms[:, :3, :3]
    return [pose_from_transform(one) for one in moved]


def _best(
    snapshot: Snapshot, rows: IntArray, poses: Sequence[Pose], jump: Transform
) -> list[Pose]:
    """Return the way by which the things along it take up the fewest places."""
    way_m = _way_m(np.array([pose.position for pose in poses]))
    even = way_m / way_m[-1] if way_m[-1] > 0.0 else np.linspace(0.0, 1.0, len(poses))
    slips = [np.where(even > k / _SLIPS, 1.0, 0.0) for k in range(_SLIPS)]
    seen = _seen(snapshot, rows)
    stands = np.zeros(len(snapshot), np.int64)
    stands[rows] = np.arange(len(rows))
    of = stands[seen.rows]
    back = [inverse(transform_from_pose(pose)) for pose in poses]
    found = (_places(seen.points), list(poses))
    for shares in (even, *slips):
        moved = bent(poses, jump, shares)
        now_T_then = np.array(
            [transform_from_pose(m) @ b for m, b in zip(moved, back, strict=True)]
        )[of]
        points = seen.points.copy()
        points[:, :3] = np.einsum('nij,nj->ni', now_T_then[:, :3, :3], points[:, :3])
        points[:, :3] += now_T_then[:, :3, 3]
        if (count := _places(points)) < found[0]:
            found = count, moved
    return found[1]


def _places(points: RealArray) -> int:
    """Return in how many places there is a thing of each name."""
    return len(np.unique(np.round(points / (_PLACE_M, _PLACE_M, _PLACE_M, 1.0)), axis=0))


def _way_m(places: RealArray) -> RealArray:
    """Return the (n,) length of the way up to each of (n, 3) places."""
    steps = np.linalg.norm(np.diff(places, axis=0, prepend=places[:1]), axis=1)
    return np.asarray(np.cumsum(steps))


def _begin(snapshot: Snapshot, rows: IntArray, way_m: RealArray, jump: Transform) -> int:
    """Return on which of the rows what was seen last was seen before the error began."""
    stretch_m = min(_LATE_M, _LATE_SHARE * way_m[-1])
    parted = int(np.searchsorted(way_m, way_m[-1] - stretch_m))
    early, late = _seen(snapshot, rows[:parted]), _seen(snapshot, rows[parted:])
    again, stamps_ns = _again(late, early, jump)
    others = (np.eye(4), *(_turned(jump, late.points, quarters) for quarters in (1, 2, 3)))
    chance = max(_again(late, early, other)[0] for other in others)
    if again < _LEAST or again <= _TIMES * chance:
        raise MapsDifferError(
            f'{again} of the things that were seen last stand, moved by it, where such things were'
            f' seen earlier in this run, and {chance} moved otherwise: at least {_LEAST} are'
            f' needed, and more than {_TIMES} times as many'
        )
    begun = np.searchsorted(snapshot.stamps[rows], np.median(stamps_ns), side='right')
    return max(0, int(begun) - 1)


def _seen(snapshot: Snapshot, rows: IntArray) -> _Seen:
    of = snapshot.seers
    wanted = np.isin(of, rows) & np.isfinite(snapshot.sighting_positions[:, 0])
    labels = snapshot.sighting_labels[wanted].astype(np.float64)
    points = np.column_stack([snapshot.sighting_positions[wanted], _APART * labels])
    of = of[wanted]
    return _Seen(points=points.astype(np.float64), rows=of, stamps_ns=snapshot.stamps[of])


def _again(late: _Seen, early: _Seen, jump: Transform) -> tuple[int, IntArray]:
    """Return how many things are met again by what is moved, and when they were seen [ns]."""
    if not len(late.points) or not len(early.points):
        return 0, np.zeros(0, np.int64)
    moved = late.points.copy()
    moved[:, :3] = transform_points(jump, moved[:, :3])
    away_m, nearest = cKDTree(early.points).query(moved, distance_upper_bound=_SAME_M)
    met = np.isfinite(away_m)
    things = np.unique(np.round(moved[met] / (_CELL_M, _CELL_M, _CELL_M, 1.0)), axis=0)
    return len(things), early.stamps_ns[nearest[met]]


def _turned(jump: Transform, points: RealArray, quarters: int) -> Transform:
    """Return a jump that moves the middle of some points as far, to another side."""
    if not len(points):
        return jump
    middle = points[:, :3].mean(axis=0)
    shift = transform_points(jump, middle) - middle
    turned = Rotation.from_euler('z', quarters * math.pi / 2.0).apply(shift)
    other = jump.copy()
    other[:3, 3] += turned - shift
    return other
