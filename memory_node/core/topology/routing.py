"""Ways over the topological map between observations and points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import TopologyConfig
from memory_node.core.data import Route, Vector3
from memory_node.core.errors import (
    EmptyMemoryError,
    InvalidQueryError,
    NoRouteError,
    UnknownMapError,
    UnknownNodeError,
)
from memory_node.core.objects.view import Objects
from memory_node.core.queries import checked_point
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.topology.graph import TopologicalMap, Topology
from memory_node.core.topology.travel_distance import TravelDistance
from memory_node.core.worker import Worker

__all__ = ['Router', 'rows_on_map']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]


#: Rows of a map that is joined for questions about what is nearest.
_JOINED_AT_ONCE = 20_000
#: Such a question takes ways that know all rows but this part of them; newer ones are made in the
#: background, for at most this share of the time.
_NEWEST, _SHARE = 1 / 64, 0.1


def rows_on_map(snapshot: Snapshot, map_id: str) -> NDArray[np.int64]:
    """Return the rows of one map; ``UnknownMapError`` if there is none."""
    if map_id in snapshot.map_ids:
        rows = np.flatnonzero(snapshot.maps == snapshot.map_ids.index(map_id))
        if len(rows):
            return rows
    raise UnknownMapError(f'no observation is on a map named {map_id!r}')


def _serves(held: TravelDistance, snapshot: Snapshot) -> bool:
    """Tell whether distances are of these rows, but for a few of the newest."""
    count = len(snapshot)
    return (
        held.snapshot.epoch == held.known[0] == snapshot.epoch
        and count - len(held.snapshot) <= _NEWEST * count
    )


def _lacks(held: TravelDistance, snapshot: Snapshot, objects: Objects) -> bool:
    """Tell whether distances know less than there is."""
    known = objects.epoch, objects.rows
    return held.snapshot.revision != snapshot.revision or held.known < known


class Router:
    """
    Routes over the newest snapshot, and distances over one that is nearly so; thread-safe.

    ``notify`` after every change, ``close`` last.
    """

    def __init__(
        self, mirror: Mirror, config: TopologyConfig, objects: Callable[[], Objects]
    ) -> None:
        """Route over what ``mirror`` holds, along lines of sight to what ``objects`` returns."""
        self._mirror = mirror
        self._topology = Topology(config)
        self._objects = objects
        self._travel: TravelDistance | None = None
        self._worker = Worker('memory-ways', self._bring_up_to_date, share=_SHARE)
        self.notify, self.wait, self.close = (
            self._worker.notify,
            self._worker.wait,
            self._worker.close,
        )

    def newest(self) -> tuple[TopologicalMap, Snapshot]:
        """Return the topological map of what is held now, and its snapshot."""
        with self._mirror.lock:
            snapshot = self._mirror.snapshot()
            held = self._topology.held(snapshot)
            links = None if held else self._mirror.links()
        if held is None and links is not None:
            held = self._topology.build(snapshot, links)
        assert held is not None
        return held, held.snapshot

    def route(self, start: str | Vector3, goal: str | Vector3, map_id: str | None) -> Route:
        """Return the shortest way; see ``Memory.route``."""
        topological_map, snapshot = self.newest()
        if not len(snapshot):
            raise EmptyMemoryError('the memory holds no observation yet')
        named = [self._row(snapshot, end) for end in (start, goal)]
        if map_id is None:
            maps = {snapshot.map_ids[snapshot.maps[r]] for r in named if r is not None}
            maps = maps or {snapshot.map_ids[i] for i in np.unique(snapshot.maps)}
            if len(maps) > 1:
                if None in named:
                    raise InvalidQueryError('map_id is needed: there are several maps')
                raise NoRouteError('start and goal are on different maps')
            map_id = maps.pop()
        rows = rows_on_map(snapshot, map_id)
        ends = []
        for end, row in zip((start, goal), named, strict=True):
            if row is None:
                assert not isinstance(end, str)
                offsets = snapshot.positions[rows] - np.array(checked_point('route end', end))
                row = int(rows[np.argmin(np.einsum('ij,ij->i', offsets, offsets))])
            elif snapshot.map_ids[snapshot.maps[row]] != map_id:
                raise NoRouteError(f'{end!r} is not on the map {map_id!r}')
            ends.append(row)
        return self._described(snapshot, topological_map.shortest_path(*ends))

    def travel(
        self,
        snapshot: Snapshot,
        objects: Objects,
        start: Vector3,
        points: RealArray,
        maps: IntArray,
        *,
        nearest: int | None = None,
    ) -> RealArray:
        """
        Return (n,) estimated travel distance from ``start`` to points on their maps [m].

        With ``nearest``, only so many are wanted: those farther away may be infinite. Lines of
        sight count as ways: this says how far something is, not how to drive there. Straight
        lines count where the memory is too large to be joined for one question.
        """
        at = np.array(checked_point('start', start))
        if not 0 < len(snapshot) <= _JOINED_AT_ONCE:
            straight: RealArray = np.linalg.norm(points - at, axis=1)
            return straight
        held = self._travel
        if held is None or not _serves(held, snapshot):
            held = self._joined(objects)
        elif _lacks(held, snapshot, objects):
            self.notify()
        return held.distances(at, points, maps, nearest)

    def _joined(self, objects: Objects) -> TravelDistance:
        topological_map, _ = self.newest()
        self._travel = made = TravelDistance(topological_map, objects)
        return made

    def _bring_up_to_date(self) -> None:
        held, snapshot = self._travel, self._mirror.snapshot()
        if held is None:
            return  # nobody has asked how far anything is
        if len(snapshot) > _JOINED_AT_ONCE:
            self._travel = None
            return
        objects = self._objects()
        if objects.epoch == snapshot.epoch and _lacks(held, snapshot, objects):
            self._joined(objects)

    def _row(self, snapshot: Snapshot, end: str | Vector3) -> int | None:
        if not isinstance(end, str):
            checked_point('route end', end)
            return None
        rows = snapshot.rows_of(np.array([self._mirror.key_of(end)]))
        if not len(rows):
            raise UnknownNodeError(f'no observation has the id {end!r}')
        return int(rows[0])

    def _described(self, snapshot: Snapshot, path: NDArray[np.int64]) -> Route:
        ids, poses = self._mirror.poses(snapshot.keys[path])
        steps = np.diff(snapshot.positions[path], axis=0)
        return Route(
            node_ids=tuple(ids),
            poses=tuple(poses),
            length_m=float(np.linalg.norm(steps, axis=1).sum()),
        )
