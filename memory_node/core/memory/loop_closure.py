"""
Poses that a SLAM corrects after a loop closure: observations move, and what is made of them.

An observation moves rigidly: its sightings go with it. Ids and keys stay; object map, rooms, areas
and ways are made again from where things are now, so what was double becomes one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
import math

import numpy as np

from memory_node.core.data import Observation, Pose, Sighting
from memory_node.core.errors import InvalidQueryError, UnknownMapError, UnknownNodeError
from memory_node.core.memory.opened import Opened
from memory_node.core.perception.geometry import (
    as_vector,
    interpolate,
    inverse,
    pose_from_transform,
    Transform,
    transform_from_pose,
    transform_points,
)

__all__ = ['LoopClosing', 'carried']

#: Stamps of poses between which others are interpolated lie at most this far apart [ns].
MAX_GAP_NS = 10_000_000_000
#: A correction below this is none [m, or rad].
LEAST_M = 1e-4


def carried(observation: Observation, target_T_source: Transform) -> Observation:
    """Return an observation with its pose and its sightings moved by one rigid transform."""
    turn = np.abs(target_T_source[:3, :3])

    def brought(sighting: Sighting) -> Sighting:
        position, extent = sighting.position, sighting.extent
        return replace(
            sighting,
            position=as_vector(transform_points(target_T_source, np.array(position)))
            if position
            else None,
            extent=as_vector(turn @ np.array(extent)) if extent else None,
        )

    return replace(
        observation,
        pose=pose_from_transform(
            target_T_source @ transform_from_pose(observation.pose), observation.pose.covariance
        ),
        sightings=tuple(brought(s) for s in observation.sightings),
    )


class LoopClosing(Opened):
    """The side of a memory whose poses are corrected."""

    def correct_poses(
        self,
        map_id: str,
        poses: Sequence[tuple[int | str, Pose]],
        *,
        least_m: float = LEAST_M,
    ) -> int:
        """
        Move observations of a map to where they really were; return how many moved.

        Parameters
        ----------
        map_id
            The map whose poses were corrected.
        poses
            Corrected poses, by the id of an observation or by stamp [ns]. Between two stamps at
            most 10 s apart, poses are interpolated; observations outside keep theirs.
        least_m
            Nothing moves unless some observation does so by this much [m], or turns by as many
            radians.

        Raises
        ------
        InvalidQueryError, UnknownMapError, UnknownNodeError
            A key is none, comes twice, or is not of this map; nothing moves then.

        """
        self._writable()
        with self._ingest:
            mirror = self._parts.mirror
            snapshot = mirror.snapshot()
            if map_id not in snapshot.map_ids:
                raise UnknownMapError(f'no observation is on a map named {map_id!r:.80}')
            by_id, by_stamp = _keyed(poses)
            here = snapshot.maps == snapshot.map_ids.index(map_id)
            stamps = sorted(by_stamp)
            wanted = here & (len(stamps) > 1)
            if stamps:
                wanted &= (snapshot.stamps >= stamps[0]) & (snapshot.stamps <= stamps[-1])
            keys = snapshot.keys[wanted]
            named = [mirror.key_of(name) for name in by_id]
            rows = snapshot.rows_of_each(np.array(named, np.int64)).tolist()
            away = [k for k, row in zip(named, rows, strict=True) if row < 0 or not here[row]]
            if away:
                raise UnknownNodeError(
                    f'poses: observation {mirror.ids(np.array(away[:1]))[0]!r} is not on map'
                    f' {map_id!r:.80}'
                )
            keys = np.union1d(keys, np.array(named, np.int64))
            ids, held = mirror.poses(keys)
            stamps_ns = snapshot.stamps[snapshot.rows_of(keys)].tolist()
            wanted_poses: dict[str, Pose] = {}
            farthest = 0.0
            for name, old, stamp_ns in zip(ids, held, stamps_ns, strict=True):
                pose = by_id.get(name) or _pose_at(by_stamp, stamps, stamp_ns)
                if pose is not None and (moved := _difference(pose, old)) > LEAST_M:
                    wanted_poses[name] = pose
                    farthest = max(farthest, moved)
            if not wanted_poses or farthest < least_m:
                return 0
            moving = []
            for o in mirror.observations(keys[[name in wanted_poses for name in ids]]):
                new_T = transform_from_pose(wanted_poses[o.id])
                moving.append(carried(o, new_T @ inverse(transform_from_pose(o.pose))))
            mirror.move(moving)
            self._parts.taken_in(moved=True)
        return len(moving)


def _keyed(
    poses: Sequence[tuple[int | str, Pose]],
) -> tuple[Mapping[str, Pose], Mapping[int, Pose]]:
    by_id: dict[str, Pose] = {}
    by_stamp: dict[int, Pose] = {}
    if not isinstance(poses, Sequence):
        raise InvalidQueryError(f'poses must be a list of keys and poses, got {poses!r:.80}')
    for i, one in enumerate(poses):
        try:
            key, pose = one
        except (TypeError, ValueError) as error:
            raise InvalidQueryError(f'poses[{i}] must be a key and a pose') from error
        if not isinstance(pose, Pose):
            raise InvalidQueryError(f'poses[{i}] must hold a pose, got {pose!r:.80}')
        if isinstance(key, str):
            held: Pose | None = by_id.setdefault(key, pose)
        elif isinstance(key, int) and not isinstance(key, bool):
            held = by_stamp.setdefault(key, pose)
        else:
            raise InvalidQueryError(f'poses[{i}] must be of an id or a stamp, got {key!r:.80}')
        if held is not pose and held != pose:
            raise InvalidQueryError(f'poses[{i}]: {key!r:.80} comes twice with different poses')
    if not poses:
        raise InvalidQueryError('poses must not be empty')
    return by_id, by_stamp


def _pose_at(poses: Mapping[int, Pose], stamps: list[int], stamp_ns: int) -> Pose | None:
    after = bisect_left(stamps, stamp_ns)
    if after < len(stamps) and stamps[after] == stamp_ns:
        return poses[stamp_ns]
    if not 0 < after < len(stamps):
        return None
    first, last = stamps[after - 1], stamps[after]
    if last - first > MAX_GAP_NS:
        return None
    return interpolate(poses[first], poses[last], (stamp_ns - first) / (last - first))


def _difference(one: Pose, other: Pose) -> float:
    """Return how far apart two poses are: metres, or radians where those are more."""
    cosine = abs(sum(a * b for a, b in zip(one.orientation, other.orientation, strict=True)))
    turned = 2.0 * math.acos(min(1.0, cosine))
    return max(turned, math.dist(one.position, other.position))
