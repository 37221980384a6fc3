"""
Maps of one place that are joined into one: a session in a frame of its own, brought into another.

A session whose odometry began anew is a map of its own. Where its things are those of another map,
its observations are moved rigidly into that; things of both become one. The store keeps how the
one lay in the other, so what comes for the joined map later is brought over too, and it can be
parted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation
from memory_node.core.errors import InvalidQueryError, MapsDifferError, UnknownMapError
from memory_node.core.joining.landmarks import Landmarks, landmarks_of
from memory_node.core.joining.matching import Match, match_maps
from memory_node.core.memory.loop_closure import carried
from memory_node.core.memory.opened import Opened
from memory_node.core.perception.geometry import inverse, Transform, transform_from_xyz_rpy
from memory_node.core.store.joins import end_of, Join, joins_to, runs_of

__all__ = ['JoinedMaps', 'Joining', 'MapRecord', 'planar_transform', 'rigid_transform']

Keys = NDArray[np.int64]

_PAGE = 256
#: How far the rotation of a transform may be from one.
_RIGID = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRecord:
    """One map and what it holds."""

    id: str
    #: Fixed frame that its geometry is in; '' where that was never told.
    frame: str
    observations: int
    #: Things that are placed in it.
    objects: int
    #: Stamps of its first and last observation [ns].
    first_ns: int
    last_ns: int
    #: Maps that were joined into it.
    joined: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedMaps:
    """What a join did, or would do."""

    source: str
    target: str
    #: (4, 4) rigid ``target_T_source``.
    transform: Transform
    #: Observations that were moved.
    observations: int
    #: What speaks for it; None where the transform was given.
    match: Match | None


class Joining(Opened):
    """The side of a memory that joins its maps."""

    def maps(self) -> list[MapRecord]:
        """Return the maps that hold an observation, the oldest first."""
        self._open()
        view, mirror = self._parts.view(), self._parts.mirror
        with mirror.lock:
            frames, joins = mirror.store.frames, mirror.store.joins
        snapshot, found = view.snapshot, list[MapRecord]()
        for row in np.unique(snapshot.maps).tolist():
            stamps = snapshot.stamps[snapshot.maps == row]
            name = snapshot.map_ids[row]
            found.append(
                MapRecord(
                    id=name,
                    frame=frames.get(name, ''),
                    observations=len(stamps),
                    objects=int((view.objects.placed & (view.objects.maps == row)).sum()),
                    first_ns=int(stamps.min()),
                    last_ns=int(stamps.max()),
                    joined=tuple(j.source for j in joins if end_of(joins, j.source) == name),
                )
            )
        return sorted(found, key=lambda record: (record.first_ns, record.id))

    def map_now(self, map_id: str) -> str:
        """Return the map that a map is part of now: its own name unless it was joined."""
        self._open()
        return str(self._map(map_id))

    def join_maps(
        self,
        source: str,
        target: str,
        transform: Transform | None = None,
        *,
        dry_run: bool = False,
    ) -> JoinedMaps:
        """
        Bring all observations of one map into another, so that things of both become one.

        Parameters
        ----------
        source, target
            The map that is moved, and the one that stays as it is.
        transform
            (4, 4) rigid ``target_T_source``; found by the things of both where left out.
        dry_run
            Find and verify, and move nothing.

        Raises
        ------
        MapsDifferError
            Too few things are in both, or they lie as well in another way; nothing is moved.
        InvalidQueryError, UnknownMapError
            The transform is not rigid, a map is none, or they are one map; nothing is moved.

        """
        if not dry_run:
            self._writable()
        self._open()
        given = None if transform is None else rigid_transform(transform)
        self._check_apart(source, target)
        epoch = self._parts.mirror.snapshot().epoch
        match = self._matched(source, target) if given is None else None
        target_T_source = given if match is None else _transform_of(match)
        assert target_T_source is not None
        moved = 0
        if not dry_run:
            with self._ingest:
                if match is None or epoch == self._parts.mirror.snapshot().epoch:
                    moved = self._join(source, target, target_T_source)
            if not moved:  # poses were corrected meanwhile
                return self.join_maps(source, target)
        return JoinedMaps(
            source=source,
            target=target,
            transform=target_T_source,
            observations=moved,
            match=match,
        )

    def _check_apart(self, source: str, target: str) -> None:
        held = self._parts.mirror.snapshot()
        maps = {held.map_ids[row] for row in np.unique(held.maps).tolist()}
        for name in (source, target):
            if name not in maps:
                now = self.map_now(name)
                part = f'; it was joined into {now!r}' if now != name else ''
                raise UnknownMapError(f'no observation is on a map named {name!r:.80}{part}')
        if source == target:
            raise InvalidQueryError(f'source and target are one map, {source!r:.80}')

    def _matched(self, source: str, target: str) -> Match:
        """Return how two maps lie in each other, verified; ``MapsDifferError`` says why not."""
        parts = self._parts
        parts.objects.catch_up(parts.mirror.snapshot())
        view = parts.view()
        one, other = (
            landmarks_of(view, view.snapshot.map_ids.index(name)) for name in (source, target)
        )
        match = match_maps(one, other)
        if match is None or not match.verified:
            why = _why_not(match, one, other)
            raise MapsDifferError(f'map {source!r:.80} is not joined to {target!r:.80}: {why}')
        return match

    def _join(self, source: str, target: str, target_T_source: Transform) -> int:
        mirror = self._parts.mirror
        self._check_apart(source, target)
        snapshot = mirror.snapshot()
        keys = snapshot.keys[snapshot.maps == snapshot.map_ids.index(source)]
        rows = tuple(tuple(float(v) for v in row) for row in target_T_source)
        join = Join(
            source=source,
            target=target,
            transform=rows,
            runs=runs_of(keys, snapshot.keys),
        )
        moving = self._carried(keys, target_T_source, target)
        with mirror.lock:
            joins = (*mirror.store.joins, join)
            mirror.move(moving, joins=joins_to(joins))
        self._parts.taken_in(moved=True)
        return len(moving)

    def _carried(self, keys: Keys, b_T_a: Transform, map_id: str) -> list[Observation]:
        found = list[Observation]()
        for first in range(0, len(keys), _PAGE):
            page = self._parts.mirror.fetch(keys[first : first + _PAGE])
            found += [replace(carried(o, b_T_a), map_id=map_id) for o in page]
        return found

    def part_maps(self, source: str) -> int:
        """
        Take a join back: what was of ``source`` is a map of its own again; return how much.

        What came for it after it was joined stays where it is. Raises ``UnknownMapError`` where
        no join of that name is kept.
        """
        self._writable()
        with self._ingest:
            mirror = self._parts.mirror
            with mirror.lock:
                joins = mirror.store.joins
            join = next((j for j in reversed(joins) if j.source == source), None)
            if join is None:
                raise UnknownMapError(f'map {source!r:.80} was not joined into another')
            now, now_T_source = _way(joins, source)
            snapshot = mirror.snapshot()
            held = join.holds(snapshot.keys)
            if now in snapshot.map_ids:
                held &= snapshot.maps == snapshot.map_ids.index(now)
            back = self._carried(snapshot.keys[held], inverse(now_T_source), source)
            kept = tuple(j for j in joins if j is not join)
            mirror.move(back, joins=joins_to(kept))
            self._parts.taken_in(moved=True)
        return len(back)

    def _brought(self, items: Iterable[Observation]) -> list[Observation]:
        """Return observations of maps that were joined as they are in the map that holds them."""
        items = list(items)
        with self._parts.mirror.lock:
            joins = self._parts.mirror.store.joins
        ways = {j.source: _way(joins, j.source) for j in joins}
        return [
            replace(carried(o, ways[o.map_id][1]), map_id=ways[o.map_id][0])
            if o.map_id in ways
            else o
            for o in items
        ]


def planar_transform(x_m: float, y_m: float, z_m: float, yaw_rad: float) -> Transform:
    """Return the (4, 4) transform of an offset [m] and a turn about +z [rad]."""
    return transform_from_xyz_rpy((x_m, y_m, z_m, 0.0, 0.0, yaw_rad))


def rigid_transform(transform: object) -> Transform:
    """Return a checked (4, 4) rigid transform; ``InvalidQueryError`` says what is wrong."""
    try:
        matrix = np.array(transform, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidQueryError(
            f'transform must be 4 by 4 numbers, got {transform!r:.80}'
        ) from error
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise InvalidQueryError(f'transform must be 4 by 4 finite numbers, got {transform!r:.80}')
    turn = matrix[:3, :3]
    square = (
        np.abs(turn).max() <= 2.0  # no product of what follows overflows
        and np.abs(turn @ turn.T - np.eye(3)).max() <= _RIGID
        and np.linalg.det(turn) > 0.0
    )
    if not square or np.abs(matrix[3] - (0.0, 0.0, 0.0, 1.0)).max() > _RIGID:
        raise InvalidQueryError('transform must be rigid: it stretches, shears or mirrors')
    return matrix


def _transform_of(match: Match) -> Transform:
    a = match.alignment
    return planar_transform(a.x_m, a.y_m, a.z_m, a.yaw_rad)


def _way(joins: Sequence[Join], source: str) -> tuple[str, Transform]:
    """Return the map that a joined map is part of now, and ``now_T_source``."""
    by_source = {join.source: join for join in joins}
    now_T_source = np.eye(4)
    while join := by_source.pop(source, None):
        now_T_source = np.array(join.transform) @ now_T_source
        source = join.target
    return source, now_T_source


def _why_not(match: Match | None, one: Landmarks, other: Landmarks) -> str:
    """Return in words why two maps are not joined."""
    if match is None:
        alike = len(np.intersect1d(one.kinds, other.kinds))
        return (
            f'they have {len(one)} and {len(other)} placed things, and no two of one kind are as'
            f' far apart in both ({alike} kinds are in both)'
        )
    told = (
        f'the best fit finds {match.found} of {min(len(one), len(other))} things again, and'
        f' {match.missing} that should be in both are not'
    )
    if match.odds < match.SURE:
        return f'{told}, which may be chance (log-odds {match.odds:.0f}, {match.SURE:.0f} needed)'
    if match.next_best > match.NEXT_BEST:
        return f'{told}, but another place fits {match.next_best:.0%} as well'
    return f'{told}; at least {match.LEAST} are needed'
