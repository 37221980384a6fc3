"""What a memory holds: observations, objects, areas, maps, counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from memory_node.core.data import Observation, Vector3
from memory_node.core.forest.updater import Areas
from memory_node.core.memory.opened import Opened
from memory_node.core.memory.statistics import counted, MemoryStatistics
from memory_node.core.ports import Encoder
from memory_node.core.retrieval.links import named_links, NamedLink
from memory_node.core.retrieval.listing import list_objects, ObjectRecord
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.topology.graph import TopologicalMap
from memory_node.core.topology.routing import rows_on_map
from memory_node.core.view import View

__all__ = ['Reading']


class Reading(Opened):
    """The side of a memory that tells what it holds."""

    def view(self) -> View:
        """Return observations, objects and rooms as they are now; it never changes later."""
        self._open()
        return self._parts.view()

    def objects(
        self,
        text: str = '',
        *,
        area: str = '',
        near: Vector3 | None = None,
        radius: float | None = None,
        map_id: str | None = None,
    ) -> list[ObjectRecord]:
        """
        Return the things that were seen, those seen in most views first.

        ``text`` keeps what goes by a name, ``area`` what is in rooms of that name, ``radius`` what
        is this close to ``near`` [m]. Raises ``UnknownMapError`` and ``InvalidQueryError``.
        """
        self._open()
        map_id = self._map(map_id)
        with self._parts.mirror.pinned():
            return list_objects(
                self._parts.retriever, text, area=area, near=near, radius=radius, map_id=map_id
            )

    def links(self, object_ids: Sequence[int]) -> dict[int, list[NamedLink]]:
        """
        Return how some objects hang together with others, by id, each link with its views.

        Objects that are gone, or that there are not, have none.
        """
        self._open()
        return named_links(self._parts.view(), np.array(object_ids, np.int64))

    @property
    def areas(self) -> Areas:
        """The semantic forest."""
        return self._parts.areas

    @property
    def encoder(self) -> Encoder:
        """The encoder in use."""
        return self._parts.encoder

    @property
    def map_ids(self) -> tuple[str, ...]:
        """Ids of the maps that hold an observation, in order of their first."""
        snapshot = self.snapshot()
        held = np.unique(snapshot.maps)
        return tuple(snapshot.map_ids[i] for i in held)

    @property
    def frames(self) -> Mapping[str, str]:
        """Fixed frame that the geometry of each map is in, by map id, where it was told."""
        self._open()
        with self._parts.mirror.lock:
            return self._parts.mirror.store.frames

    def snapshot(self) -> Snapshot:
        """Return everything searchable as read-only arrays; cheap, and never changes later."""
        self._open()
        return self._parts.mirror.snapshot()

    def topological_map(self) -> TopologicalMap:
        """Return which observations a robot can drive between."""
        self._open()
        return self._parts.router.newest()[0]

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids are observations held already."""
        self._open()
        return self._parts.mirror.taken(ids)

    def observation(self, node_id: str) -> Observation:
        """Return one observation with vector and keyframe; ``UnknownNodeError`` without one."""
        self._open()
        return self._parts.mirror.by_id(node_id)

    def by_keys(self, keys: Sequence[int]) -> list[Observation]:
        """Return observations by the keys of a snapshot, in order; those gone are left out."""
        held = self.snapshot().keys
        wanted = np.array(keys, np.int64)
        return self._parts.mirror.fetch(wanted[np.isin(wanted, held)])

    def observations(self, map_id: str | None = None) -> Iterator[Observation]:
        """Yield the observations held now, in the order they came, of one map or of all."""
        self._open()
        map_id = self._map(map_id)
        with self._parts.mirror.pinned():
            snapshot = self._parts.mirror.snapshot()
            keys = snapshot.keys
            if map_id is not None:
                keys = keys[rows_on_map(snapshot, map_id)]
            yield from self._parts.mirror.observations(keys)

    def stats(self) -> MemoryStatistics:
        """Return counts and sizes."""
        self._open()
        return counted(self._parts)
