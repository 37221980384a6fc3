"""A node of the semantic forest, with its children's statistics in contiguous blocks."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any, TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from memory_node.core.data import FloatArray, Vector3
    from memory_node.core.forest.summaries import AreaText

__all__ = ['Corners', 'ForestNode', 'Unit', 'box_distance', 'diagonal', 'joined']

#: A child of an area: an area of the level below, or the slot of a leaf.
Unit: TypeAlias = 'ForestNode | int'

#: Lower and upper corner of an axis-aligned box in the map frame [m].
Corners = tuple[float, float, float, float, float, float]
Sums: TypeAlias = 'NDArray[np.floating[Any]]'

EMPTY_BOX: Corners = (math.inf, math.inf, math.inf, -math.inf, -math.inf, -math.inf)
_FIRST_ROWS = 4
#: Blocks of an area of leaves, which has no children; never written to.
_NO_SUMS, _NO_ROWS = np.zeros((0, 0), np.float32), np.zeros(0)
_NO_CENTERS = np.zeros((0, 3))
#: Squared length below which a summed embedding has no direction.
NO_DIRECTION = 1e-12


def diagonal(box: Corners) -> float:
    """Length of a box's diagonal [m]; 0 for the empty box."""
    if box[3] < box[0]:
        return 0.0
    return math.sqrt((box[3] - box[0]) ** 2 + (box[4] - box[1]) ** 2 + (box[5] - box[2]) ** 2)


def box_distance(box: Corners, point: Vector3) -> float:
    """Distance from a point to a box [m]; 0 inside."""
    return math.sqrt(
        sum(max(box[i] - point[i], 0.0, point[i] - box[i + 3]) ** 2 for i in range(3))
    )


def joined(box: Corners, other: Corners) -> Corners:
    """Smallest box around two boxes."""
    # Comparisons, not min and max: this runs several times per level of every insertion.
    x0, y0, z0, x1, y1, z1 = box
    u0, v0, w0, u1, v1, w1 = other
    if x0 <= u0 and y0 <= v0 and z0 <= w0 and x1 >= u1 and y1 >= v1 and z1 >= w1:
        return box
    return (
        x0 if x0 < u0 else u0,
        y0 if y0 < v0 else v0,
        z0 if z0 < w0 else w0,
        x1 if x1 > u1 else u1,
        y1 if y1 > v1 else v1,
        z1 if z1 > w1 else w1,
    )


class ForestNode:
    """
    One area of the forest.

    At level 1 ``leaves`` holds leaf slots. Above, ``children`` holds nodes, and row ``i`` of the
    blocks holds the statistics of child ``i``, so that choosing a child is one small
    matrix-vector product. A node's own sums therefore live in its parent.
    """

    __slots__ = (
        'box',
        'centers',
        'children',
        'counts',
        'described',
        'dirty',
        'first_ns',
        'floor',
        'id',
        'last_ns',
        'leaves',
        'level',
        'links',
        'map_id',
        'norm2',
        'parent',
        'regrouped',
        'revision',
        'row',
        'sums',
        'text',
    )

    def __init__(
        self, node_id: int, level: int, map_id: str, floor: int, dim: int, rows: int = _FIRST_ROWS
    ) -> None:
        """Make an empty node with room for ``rows`` children; ``dim`` is the embedding's size."""
        self.id = node_id
        self.level = level
        self.map_id = map_id
        self.floor = floor
        self.parent: ForestNode | None = None
        self.row = -1
        self.children: list[ForestNode] = []
        self.leaves: list[int] = []
        #: Per child: summed unit embeddings, their squared length, mean position, leaf count.
        self.sums: Sums = _NO_SUMS
        self.norm2: NDArray[np.float64] = _NO_ROWS
        self.centers: NDArray[np.float64] = _NO_CENTERS
        self.counts: NDArray[np.float64] = _NO_ROWS
        if level > 1:
            rows = max(1, rows)
            # Most areas hold leaves, and few of them: their sums need no more digits.
            self.sums = np.zeros((rows, dim), np.float16 if level == 2 else np.float32)
            self.norm2, self.counts = np.zeros(rows), np.zeros(rows)
            self.centers = np.zeros((rows, 3))
        self.box = EMPTY_BOX
        self.first_ns = 0
        self.last_ns = 0
        #: Number of topological edges to other nodes of this level, by node id.
        self.links: dict[int, int] = {}
        #: Number of grandchildren when the children were last drawn anew.
        self.regrouped = 0
        #: Name and description, once there is one.
        self.text: AreaText | None = None
        self.dirty = True
        self.revision = 0
        #: Revision that ``text`` was written for.
        self.described = 0

    @property
    def fan_out(self) -> int:
        """Number of direct children."""
        return len(self.children) if self.level > 1 else len(self.leaves)

    @property
    def name(self) -> str:
        """Short name, '' until the area was described."""
        return self.text.name if self.text else ''

    @property
    def summary(self) -> str:
        """Description, '' until there is one."""
        return self.text.summary if self.text else ''

    @property
    def units(self) -> Sequence[Unit]:
        """Direct children, in order."""
        return self.children if self.level > 1 else self.leaves

    @property
    def grandchildren(self) -> int:
        """Number of children's children; at level 2 these are the leaves below."""
        if self.level == 2:
            return self.count
        return sum([len(c.children) for c in self.children])  # a list: twice as fast

    @property
    def count(self) -> int:
        """Number of leaves below."""
        return int(self._holder.counts[self.row])

    @property
    def position(self) -> Vector3:
        """Mean position of the leaves below, in the map frame [m]."""
        x, y, z = self._holder.centers[self.row].tolist()
        return (x, y, z)

    @property
    def embedding(self) -> FloatArray:
        """Unit direction of the mean embedding of the leaves below, shape (D,)."""
        total = self._holder.sums[self.row].astype(np.float32)
        norm2 = float(self._holder.norm2[self.row])
        return np.asarray(total / math.sqrt(max(norm2, NO_DIRECTION)), dtype=np.float32)

    @property
    def extent_m(self) -> float:
        """Diagonal of the box around the leaves below [m]."""
        return diagonal(self.box)

    @property
    def _holder(self) -> ForestNode:
        if self.parent is None:
            raise RuntimeError(f'forest node {self.id} hangs nowhere')
        return self.parent

    def directions(self) -> FloatArray:
        """Return unit mean embeddings of the children, shape (fan_out, D); level 2 and above."""
        n = len(self.children)
        scale = 1.0 / np.sqrt(np.maximum(self.norm2[:n], NO_DIRECTION))
        return np.asarray(self.sums[:n] * scale[:, None], dtype=np.float32)

    def attach(self, child: ForestNode) -> None:
        """Append a node of the level below with empty statistics; the caller fills its row."""
        row = len(self.children)
        if row == len(self.counts):
            self._grow(2 * row)
        self.sums[row] = 0.0
        self.norm2[row] = self.counts[row] = 0.0
        self.centers[row] = 0.0
        self.children.append(child)
        child.parent, child.row = self, row

    def attach_as(self, child: ForestNode, source: ForestNode, row: int) -> None:
        """Append ``child`` with the statistics it had at ``row`` of ``source``."""
        self.attach(child)
        self.sums[child.row] = source.sums[row]
        self.norm2[child.row] = source.norm2[row]
        self.centers[child.row] = source.centers[row]
        self.counts[child.row] = source.counts[row]

    def detach(self, child: ForestNode) -> None:
        """Take a child out; the last row fills its place."""
        row, last = child.row, len(self.children) - 1
        if row != last:
            moved = self.children[last]
            self.children[row] = moved
            moved.row = row
            for block in (self.sums, self.norm2, self.centers, self.counts):
                block[row] = block[last]
        self.children.pop()
        child.parent, child.row = None, -1

    def add_to_row(self, row: int, position: NDArray[np.float64], vector: FloatArray) -> None:
        """Count one leaf more below child ``row``."""
        self.counts[row] += 1.0
        self.centers[row] += (position - self.centers[row]) / self.counts[row]
        self.set_sum(row, self.sums[row] + vector)

    def take_from_row(self, row: int, position: NDArray[np.float64], vector: FloatArray) -> None:
        """Count one leaf less below child ``row``, which must keep at least one."""
        self.counts[row] -= 1.0
        self.centers[row] -= (position - self.centers[row]) / self.counts[row]
        self.set_sum(row, self.sums[row] - vector)

    def set_sum(self, row: int, total: FloatArray) -> None:
        """Replace the summed embeddings of child ``row``."""
        self.sums[row] = total
        self.norm2[row] = np.dot(total, total)

    def _grow(self, rows: int) -> None:
        self.sums = np.resize(self.sums, (rows, self.sums.shape[1]))
        self.norm2 = np.resize(self.norm2, rows)
        self.centers = np.resize(self.centers, (rows, 3))
        self.counts = np.resize(self.counts, rows)
