"""
The incremental semantic forest: areas that grow, split and merge as the robot sees more.

One tree per map and floor. Every leaf of a tree is at the same depth, as in a B+-tree; a node's
row of statistics (BIRCH's clustering feature, over position and meaning jointly) lets an
insertion choose its way down with one small matrix-vector product per level. Areas of the named
levels keep a bounded extent, all areas a bounded fan-out, so an insertion touches O(log N) nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ForestConfig
from memory_node.core.errors import InvalidObservationError
from memory_node.core.forest.cells import REACH_M
from memory_node.core.forest.leaves import checked_position, unit_vector
from memory_node.core.forest.links import Links, Reach
from memory_node.core.forest.node import (
    box_distance,
    Corners,
    diagonal,
    EMPTY_BOX,
    ForestNode,
    joined,
    NO_DIRECTION,
)
from memory_node.core.forest.rebalance import Reshaper
from memory_node.core.forest.similarity import Calibration, Scales
from memory_node.core.forest.view import ForestView

if TYPE_CHECKING:
    from memory_node.core.data import FloatArray, Vector3

__all__ = ['Forest']

#: Places, rooms and the zone they are in are told apart even in one small flat.
LEAST_ROOT_LEVEL = 3
_GOLDEN = 2654435769  # Knuth's multiplier: spreads the leaf that calibration compares with


class Forest(ForestView):
    """
    Semantic forest over observations, kept up to date one leaf at a time.

    Not thread-safe: the owner holds one lock around every call.
    """

    def __init__(self, config: ForestConfig, dim: int) -> None:
        """Make an empty forest for embeddings of size ``dim``."""
        super().__init__(dim, Scales(config.distance_scale_m), config.storey_m)
        self.config = config
        self.fan_out_limit: int | None = config.fan_out
        self.calibration = Calibration()
        self.links = Links(self.leaves, self.nodes)
        self._reshaper = Reshaper(self)
        self.tick = 0

    def insert(
        self,
        key: int,
        position: Vector3 | NDArray[np.float64],
        embedding: FloatArray,
        *,
        stamp_ns: int = 0,
        map_id: str = 'map',
        floor: int | None = None,
        links: Iterable[tuple[int, float]] = (),
    ) -> None:
        """
        Add one leaf; touches O(log N) areas.

        Parameters
        ----------
        key : int
            Identity of the observation, at least 0, unique in the forest.
        position : (3,) array
            Where it was made, in the frame of its map [m].
        embedding : (D,) array
            Its meaning; brought to unit length, zero allowed.
        stamp_ns : int
            When it was made.
        map_id : str
            Areas never span maps.
        floor : int, optional
            Areas never span floors; left out, the floor is told from the height.
        links : iterable of (key, length [m])
            Leaves that can be driven to directly, and how far that is.

        Raises
        ------
        InvalidObservationError
            If a value is not finite, has the wrong shape, or the key is taken.
        UnknownNodeError
            If a link names a leaf that is not there.

        """
        if key < 0 or key in self.leaves.slots:
            raise InvalidObservationError(f'leaf key must be new and at least 0, got {key}')
        p = checked_position(position)
        v = unit_vector(embedding, self.dim)
        edges = self._checked_links(links)
        slot = self.leaves.add(key, p, v, stamp_ns)
        self._calibrate(slot)
        self._place(slot, map_id, floor, edges)

    def remove(self, key: int) -> None:
        """Forget a leaf; raises ``UnknownNodeError``."""
        slot = self.leaves.slot(key)
        self.links.part(slot)
        self._take_out(slot)
        self.leaves.drop(key)

    def move(
        self, key: int, position: Vector3 | NDArray[np.float64], *, map_id: str | None = None
    ) -> None:
        """
        Put a leaf where it really was, for example after a loop closure; its edges stay.

        Raises ``UnknownNodeError`` and ``InvalidObservationError``.
        """
        slot = self.leaves.slot(key)
        p = checked_position(position)
        if map_id is None:
            map_id = home.map_id if (home := self.leaves.homes[slot]) is not None else 'map'
        edges = self.links.part(slot)
        self._take_out(slot)
        self.leaves.move(slot, p)
        self._place(slot, map_id, None, edges)

    def link(self, a: int, b: int, length_m: float) -> None:
        """Tell that leaf ``a`` and leaf ``b`` are joined by a drive of ``length_m``."""
        ((slot, length),) = self._checked_links([(b, length_m)])
        if a != b:
            self.links.join(self.leaves.slot(a), slot, length)

    def tidy(self) -> int:
        """
        Draw areas that have grown anew from their children; returns how many.

        Insertion is greedy, so areas depend on the order a little; this takes it away. It costs
        a few milliseconds per area and is meant for idle moments and the end of a batch.
        """
        return self._reshaper.tidy()

    def renew(self, root: ForestNode) -> None:
        """Recompute a whole tree from its leaves, bottom-up."""
        nodes = [root]
        for node in nodes:
            nodes.extend(node.children)
        self._reshaper.renew(*reversed(nodes))

    def nearest(
        self, position: Vector3 | NDArray[np.float64], radius_m: float, map_id: str, most: int = 4
    ) -> list[tuple[int, float]]:
        """Keys of the nearest leaves of a map within ``radius_m``, with their distance [m]."""
        p = checked_position(position)
        point = (float(p[0]), float(p[1]), float(p[2]))
        slots = self._slots_about(point, radius_m, map_id)
        away = np.linalg.norm(self.leaves.positions[slots] - p, axis=1)
        order = np.lexsort((self.leaves.keys[slots], away))[:most]
        return [
            (int(self.leaves.keys[slots[i]]), float(away[i]))
            for i in order.tolist()
            if away[i] <= radius_m
        ]

    def _slots_about(self, point: Vector3, radius_m: float, map_id: str) -> list[int]:
        """Slots of leaves of a map, all within ``radius_m`` of a point and some beyond."""
        if radius_m <= REACH_M:
            homes = self.leaves.homes
            near = self.leaves.cells.around(point, radius_m)
            return [s for s in near if (home := homes[s]) is not None and home.map_id == map_id]
        slots: list[int] = []
        stack = self.roots(map_id)
        while stack:
            node = stack.pop()
            if box_distance(node.box, point) <= radius_m:
                stack.extend(node.children)
                slots.extend(node.leaves)
        return slots

    def _checked_links(self, links: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
        edges = []
        for key, length in links:
            if not 0.0 <= length < math.inf:
                raise InvalidObservationError(f'link length must be finite metres, got {length}')
            edges.append((self.leaves.slot(key), float(length)))
        return edges

    def _calibrate(self, slot: int) -> None:
        if self.calibration.full or len(self.leaves) < 2:
            return
        self.tick += 1
        other = (self.tick * _GOLDEN >> 7) % slot if slot else len(self.leaves) - 1
        vectors = self.leaves.vectors
        self.calibration.observe(float(np.dot(vectors[slot], vectors[other])))

    def _place(
        self, slot: int, map_id: str, floor: int | None, edges: Sequence[tuple[int, float]]
    ) -> None:
        p = self.leaves.positions[slot]
        v = self.leaves.vectors[slot]
        x, y, z = p.tolist()
        box: Corners = (x, y, z, x, y, z)
        trunk = self.trunk(map_id, self.floors.assign(map_id, z, floor))
        if not trunk.children:
            trunk.attach(self.new_node(LEAST_ROOT_LEVEL, trunk))
        self._raise_root(trunk, box)
        reach = self.links.reach(edges, self.scales.extent_m(3)) if edges else None
        node = trunk.children[0]
        while node.level > 1:
            child = self._choose(node, slot, box, reach)
            if child is None:
                child = self.new_node(node.level - 1, node)
                node.attach(child)
            node = child
        node.leaves.append(slot)
        self.leaves.homes[slot] = node
        self._count_in(node, p, v, box, int(self.leaves.stamps[slot]))
        self.sum_leaves(node)
        for other, length in edges:
            self.links.join(slot, other, length)
        self._reshaper.grown(node)

    def _count_in(
        self, node: ForestNode, p: NDArray[np.float64], v: FloatArray, box: Corners, stamp: int
    ) -> None:
        parent = node.parent
        while parent is not None:
            if parent.counts[node.row] == 0.0:
                node.first_ns = node.last_ns = stamp
            else:
                node.first_ns = min(node.first_ns, stamp)
                node.last_ns = max(node.last_ns, stamp)
            parent.add_to_row(node.row, p, v)
            node.box = joined(node.box, box)
            self.touch(node)
            node, parent = parent, parent.parent

    def _raise_root(self, trunk: ForestNode, box: Corners) -> None:
        root = trunk.children[0]
        while diagonal(joined(root.box, box)) > self.scales.extent_m(root.level):
            root = self.grow_root(trunk)

    def _choose(
        self, node: ForestNode, slot: int, box: Corners, reach: Reach | None
    ) -> ForestNode | None:
        """Most similar child that stays within its extent, or None when a new one is needed."""
        n = len(node.children)
        level = node.level - 1
        bound = self.scales.extent_m(level)
        if n < 2 and reach is None:
            return next((c for c in node.children if self._fits(c, box, bound)), None)
        offset = node.centers[:n] - self.leaves.positions[slot]
        distance = np.sqrt(np.einsum('ij,ij->i', offset, offset))
        cosine = node.sums[:n] @ self.leaves.vectors[slot]
        cosine = cosine / np.sqrt(np.maximum(node.norm2[:n], NO_DIRECTION))
        barred: set[int] = set()
        if reach is not None:
            barred = self._lengthen(node, distance, reach)
        similarity = np.exp(distance * (-1.0 / self.scales.distance_m(level)))
        similarity += cosine * self.calibration.slope(self.config.semantic_weight)
        if n == 0:
            return None
        row = int(similarity.argmax())
        if self._fits(node.children[row], box, bound) and row not in barred:
            return node.children[row]
        order: list[int] = np.argsort(-similarity, kind='stable').tolist()
        for row in order[1:]:
            if row not in barred and self._fits(node.children[row], box, bound):
                return node.children[row]
        return None

    def _lengthen(self, node: ForestNode, distance: NDArray[np.float64], reach: Reach) -> set[int]:
        """Replace lines by drives where they are known; returns rows too long a drive away."""
        bound = self.scales.extent_m(node.level - 1)
        barred = set()
        for row, child in enumerate(node.children):
            drive = reach.drives.get(child.id)
            if drive is None:
                if not self.links.joined(reach.start, child):
                    continue
                drive = reach.horizon_m
            distance[row] = max(distance[row], drive)
            if drive > bound:
                barred.add(row)
        return barred

    @staticmethod
    def _fits(child: ForestNode, box: Corners, bound: float) -> bool:
        return bound == math.inf or diagonal(joined(child.box, box)) <= bound

    def _take_out(self, slot: int) -> None:
        node = self.leaves.homes[slot]
        if node is None:
            return
        p, v = self.leaves.positions[slot], self.leaves.vectors[slot]
        node.leaves.remove(slot)
        self.leaves.homes[slot] = None
        self.floors.release(node.map_id, node.floor, float(p[2]))
        at: ForestNode = node
        while at.parent is not None:
            parent = at.parent
            if parent.counts[at.row] <= 1.0:
                parent.detach(at)
                self.drop_node(at)
            else:
                parent.take_from_row(at.row, p, v)
                if at.level == 1:
                    self.sum_leaves(at)
                self.refit(at)
                self.touch(at)
            at = parent
        if node.id in self.nodes:
            self._reshaper.shrunk(node)
        self._lower_root(at)

    def _lower_root(self, trunk: ForestNode) -> None:
        if not trunk.children:
            del self.trunks[(trunk.map_id, trunk.floor)]
            return
        root = trunk.children[0]
        while root.level > LEAST_ROOT_LEVEL and len(root.children) == 1:
            (child,) = root.children
            trunk.detach(root)
            trunk.attach_as(child, root, 0)
            self.drop_node(root)
            root = child

    def refit(self, node: ForestNode) -> None:
        """Recompute the box and time span of a node from its children."""
        if node.level == 1:
            rows = self.leaves.positions[node.leaves]
            low, high = rows.min(axis=0).tolist(), rows.max(axis=0).tolist()
            node.box = (low[0], low[1], low[2], high[0], high[1], high[2])
            stamps = self.leaves.stamps[node.leaves]
            node.first_ns, node.last_ns = int(stamps.min()), int(stamps.max())
            return
        box = EMPTY_BOX
        for child in node.children:
            box = joined(box, child.box)
        node.box = box
        node.first_ns = min(c.first_ns for c in node.children)
        node.last_ns = max(c.last_ns for c in node.children)
