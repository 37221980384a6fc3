"""
Keeps the semantic forest up with the memory in a thread of its own, and answers from it.

The forest is derived: it is read from ``<store>.forest`` when that fits the store, and grown from
the columns otherwise. Names are written once nothing has changed for a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import logging
import math
from pathlib import Path
import threading
import time

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ForestConfig, TopologyConfig
from memory_node.core.data import FloatArray
from memory_node.core.errors import IndexDamagedError, StoreVersionError, UnknownNodeError
from memory_node.core.forest.batch import build_paper_forest
from memory_node.core.forest.descent import Scope, Traversal, traverse
from memory_node.core.forest.file import forest_bytes, forest_path, read_forest
from memory_node.core.forest.forest import Forest
from memory_node.core.forest.llm_namer import Narrator
from memory_node.core.forest.moves import follow_removals_and_moves
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.paper import MAX_LEAVES
from memory_node.core.forest.summarizer import Survey
from memory_node.core.language.text import observation_text
from memory_node.core.store.files import write_whole
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.worker import Worker

__all__ = ['Areas', 'area_id']

_LOG = logging.getLogger(__name__)
#: Leaves inserted under one hold of the lock: a reader waits for a few milliseconds.
_SLICE = 16
#: Leaves between two redrawings of areas that have grown.
_TIDY_EVERY = 256
#: Names are written after this pause, and at the latest after the second [s].
_PAUSE_S, _LATEST_S = 0.3, 3.0


def area_id(node_id: int) -> str:
    """Return the id of an area as callers see it; observations' ids are the caller's own."""
    return f'area:{node_id}'


def _names(nodes: Sequence[ForestNode]) -> tuple[str, ...]:
    """Names from the last node to the first, without blanks and repeats."""
    names = [name for node in reversed(nodes) if (name := node.name)]
    return tuple(n for i, n in enumerate(names) if i == 0 or names[i - 1] != n)


class Areas:
    """The forest of one memory; thread-safe. ``notify`` after every change, ``close`` last."""

    def __init__(
        self,
        mirror: Mirror,
        config: ForestConfig,
        topology: TopologyConfig,
        narrator: Narrator | None = None,
    ) -> None:
        """Follow ``mirror``; the thread starts with the first ``notify``."""
        self.lock = threading.RLock()
        self.message = ''
        #: Observations that the forest could not take.
        self.skipped = 0
        self._mirror = mirror
        self._config = config
        self._topology = topology
        self._forest = Forest(config, mirror.dim)
        self._survey = Survey(self.captions, self.lock, narrator)
        self._epoch = mirror.snapshot().epoch
        self._last_key = 0
        self._loaded = False
        self._worker = Worker('memory-forest', self._bring_up_to_date)
        self.notify, self.wait, self.close = (
            self._worker.notify,
            self._worker.wait,
            self._worker.close,
        )

    # ---- reading -----------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of areas."""
        return len(self._forest.nodes)

    @property
    def forest(self) -> Forest:
        """The forest itself; hold ``lock`` around every use."""
        return self._forest

    def node(self, node_id: int) -> ForestNode:
        """Return an area by id; raises ``UnknownNodeError``."""
        with self.lock:
            return self._forest.node(node_id)

    def nodes(self) -> list[ForestNode]:
        """Return every area, by id."""
        with self.lock:
            return [self._forest.nodes[i] for i in sorted(self._forest.nodes)]

    def tops(self, map_id: str | None = None) -> list[ForestNode]:
        """Return the largest area of each floor, or the parts of it where there is one floor."""
        with self.lock:
            roots = self._forest.roots(map_id)
            return list(roots[0].children) if len(roots) == 1 else roots

    def path(self, key: int) -> tuple[str, ...]:
        """Return the names of the areas above an observation, root first; repeats left out."""
        with self.lock:
            if key not in self._forest:
                return ()
            return _names(self._forest.ancestors(key))

    def path_of(self, node: ForestNode) -> tuple[str, ...]:
        """Return the names of the areas above an area, root first; repeats left out."""
        with self.lock:
            above = []
            at = node.parent
            while at is not None and at.id >= 0:
                above.append(at)
                at = at.parent
            return _names(above)

    def meaning(self, cosines: Sequence[float]) -> list[float]:
        """Return where cosines lie between the quantiles seen in this memory, in [0, 1]."""
        with self.lock:
            found: list[float] = self._forest.calibration.meaning(np.array(cosines)).tolist()
        return found

    def traverse(
        self, vector: FloatArray, k: int, scope: Scope | None = None, separation_m: float = 0.0
    ) -> Traversal:
        """Rank observations top-down; see ``memory_node.core.forest.descent``."""
        with self.lock:
            return traverse(self._forest, vector, k, scope=scope, separation_m=separation_m)

    def best(self, vector: FloatArray, k: int, scope: Scope) -> list[tuple[ForestNode, float]]:
        """Return at most ``k`` named areas, rooms and larger, by the cosine of their meaning."""
        with self.lock:
            nodes = [
                node
                for node in self._forest.nodes.values()
                if node.level > 1
                and node.name
                and scope.map_id in (None, node.map_id)
                and scope.meets(node)
                and (node.parent is None or node.parent.id < 0 or node.parent.fan_out > 1)
            ]
            if not nodes:
                return []
            cosines = np.stack([node.embedding for node in nodes]) @ vector
            order = sorted(range(len(nodes)), key=lambda i: (-float(cosines[i]), nodes[i].id))
            return [(nodes[i], float(cosines[i])) for i in order[:k]]

    def rooms(self, map_id: str | None = None) -> Counter[str]:
        """Return kinds of rooms that areas are, by the observations in them."""
        found: Counter[str] = Counter()
        with self.lock:
            stack = self._forest.roots(map_id)
            while stack:
                node = stack.pop()
                if node.text is not None and node.text.room:
                    found[node.text.room] += node.count
                else:
                    stack.extend(node.children)
        return found

    def typical(self, node: ForestNode, most: int) -> list[int]:
        """Return the keys of the leaves of an area that are nearest to its middle."""
        with self.lock:
            keys = self._forest.leaf_keys(node).tolist()
            slots = [self._forest.leaves.slot(key) for key in keys]
            away = np.linalg.norm(self._forest.leaves.positions[slots] - node.position, axis=1)
            order = np.lexsort((keys, away))
        return [keys[i] for i in order[:most].tolist()]

    # ---- the thread --------------------------------------------------------------------------

    def _bring_up_to_date(self) -> None:
        """Insert what is new, wait for a pause, and name what changed."""
        if not self._loaded:
            self._load()
        latest = time.monotonic() + _LATEST_S
        while not self._worker.closing:
            self._catch_up()
            if not self._worker.pause(_PAUSE_S):
                break
            if time.monotonic() > latest:
                self._worker.notify()  # name what is there now, then go on
                break
        if not self._worker.closing:
            snapshot = self._mirror.snapshot()
            self._survey.describe(self._forest, snapshot, lambda: self._worker.closing)

    def captions(self, keys: NDArray[np.int64]) -> Sequence[str]:
        """Return what stands for observations in words, in order; none if one is gone."""
        try:
            return [observation_text(o) for o in self._mirror.fetch(keys)]
        except UnknownNodeError:  # removed meanwhile: the next round sees it
            return []

    def _catch_up(self) -> None:
        snapshot = self._mirror.snapshot()
        if snapshot.epoch != self._epoch:
            self._drop_removed(snapshot)
        start = int(np.searchsorted(snapshot.keys, self._last_key, side='right'))
        if start == len(snapshot):
            return
        if self._config.mode == 'paper':
            if len(snapshot) <= MAX_LEAVES:
                self._rebuild(snapshot)
                return
            self.message = f'more than {MAX_LEAVES} observations: the forest grows incrementally'
        given = self._given_links(snapshot, start)
        with self.lock:
            self._forest.leaves.borrow(snapshot)
        for first in range(start, len(snapshot), _SLICE):
            if self._worker.closing:
                return
            with self.lock:
                for row in range(first, min(first + _SLICE, len(snapshot))):
                    self._insert_or_skip(snapshot, row, given)
            if (first - start) // _TIDY_EVERY != (first + _SLICE - start) // _TIDY_EVERY:
                with self.lock:
                    self._forest.tidy()
        with self.lock:
            self._forest.tidy()

    def _rebuild(self, snapshot: Snapshot) -> None:
        built = build_paper_forest(
            snapshot.keys.tolist(),
            np.array(snapshot.positions),
            snapshot.vectors.astype(np.float32),
            self._config,
            stamps=snapshot.stamps,
            map_ids=[snapshot.map_ids[m] for m in snapshot.maps.tolist()],
            first_id=self._forest.next_id,
        )
        with self.lock:
            self._forest = built
            self._last_key = int(snapshot.keys[-1])

    def _drop_removed(self, snapshot: Snapshot) -> None:
        follow_removals_and_moves(self._forest, snapshot, self.lock)
        self._epoch = snapshot.epoch

    def _given_links(self, snapshot: Snapshot, start: int) -> dict[int, list[int]]:
        """Keys of given neighbours by key, for rows from ``start`` on."""
        given: dict[int, list[int]] = {}
        if not snapshot.mapped[start:].any():
            return given
        for a, b in zip(*(ends.tolist() for ends in self._mirror.links()), strict=True):
            given.setdefault(a, []).append(b)
            given.setdefault(b, []).append(a)
        return given

    def _insert_or_skip(self, snapshot: Snapshot, row: int, given: dict[int, list[int]]) -> None:
        """Insert a row, or count it and go on: one that can't be taken must not stop the rest."""
        try:
            self._insert(snapshot, row, given)
        except (ArithmeticError, ValueError, LookupError) as error:
            self.skipped += 1
            self._last_key = int(snapshot.keys[row])
            self.message = f'{self.skipped} observations are in no area, the last because: {error}'
            _LOG.warning('observation %d is in no area: %s', self._last_key, error)

    def _insert(self, snapshot: Snapshot, row: int, given: dict[int, list[int]]) -> None:
        forest, key = self._forest, int(snapshot.keys[row])
        map_id = snapshot.map_ids[int(snapshot.maps[row])]
        position = snapshot.positions[row]
        forest.insert(
            key,
            position,
            snapshot.vectors[row],
            stamp_ns=int(snapshot.stamps[row]),
            map_id=map_id,
            links=self._links(snapshot, row, map_id, given),
        )
        self._last_key = key

    def _links(
        self, snapshot: Snapshot, row: int, map_id: str, given: dict[int, list[int]]
    ) -> list[tuple[int, float]]:
        """Drives to leaves that are there: named by the source, just driven, or on the spot."""
        forest, position = self._forest, snapshot.positions[row]
        if snapshot.mapped[row]:
            keys = [k for k in given.get(int(snapshot.keys[row]), []) if k in forest]
            slots = [forest.leaves.slot(k) for k in keys]
            away = np.linalg.norm(forest.leaves.positions[slots] - position, axis=1)
            return list(zip(keys, away.tolist(), strict=True))
        config = self._topology
        links = forest.nearest(position, config.proximity_distance_m, map_id)
        if row and snapshot.maps[row - 1] == snapshot.maps[row]:
            step = math.dist(snapshot.positions[row - 1], position)
            pause = abs(int(snapshot.stamps[row]) - int(snapshot.stamps[row - 1])) * 1e-9
            last = int(snapshot.keys[row - 1])
            if (
                step <= config.traversal_distance_m
                and pause <= config.traversal_interval_s
                and last in forest
                and all(last != key for key, _ in links)
            ):
                links.append((last, step))
        return links

    def forget(self) -> None:
        """Drop all names of areas; they are written anew after ``notify``."""
        with self.lock:
            self._survey.forget(self._forest)

    # ---- file --------------------------------------------------------------------------------

    def _load(self) -> None:
        """Take the forest beside the store if it fits, so that nothing is clustered again."""
        self._loaded = True
        try:
            forest = read_forest(self._mirror, self._config)
        except (IndexDamagedError, StoreVersionError, OSError) as error:
            self.message = f'growing the forest again: {error}'
            _LOG.warning('%s: %s', forest_path(self._mirror.store.path), self.message)
            return
        if forest is not None:
            with self.lock:
                self._forest = forest
                self._last_key = max(forest.leaves.slots, default=0)

    def save(self, store: Path) -> None:
        """
        Write the forest beside ``store``; raises ``StoreAccessError``.

        One that was not read yet, or holds what was removed, is left as it is on disk.
        """
        with self.lock:
            if not self._loaded or self._epoch != self._mirror.snapshot().epoch:
                return
            data = forest_bytes(self._mirror, self._forest)
        write_whole(forest_path(store), data)
