"""What both kinds of forest share: nodes by id, and ways to read them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.errors import UnknownNodeError
from memory_node.core.forest.floors import Floors
from memory_node.core.forest.leaves import LeafTable
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.similarity import Scales

__all__ = ['ForestView']

_TRUNK_LEVEL = 1 << 30


class ForestView:
    """Trees of areas over leaves: one tree per map and floor."""

    def __init__(self, dim: int, scales: Scales, storey_m: float) -> None:
        """Make an empty forest for embeddings of size ``dim``."""
        self.dim = dim
        self.scales = scales
        self.leaves = LeafTable(dim)
        self.floors = Floors(storey_m)
        #: Areas by id; ids grow and are never used again.
        self.nodes: dict[int, ForestNode] = {}
        #: Holder of the root of each tree, by map and floor.
        self.trunks: dict[tuple[str, int], ForestNode] = {}
        self.next_id = 0

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self.leaves)

    def __contains__(self, key: object) -> bool:
        """Tell whether a leaf is there."""
        return key in self.leaves.slots

    def node(self, node_id: int) -> ForestNode:
        """Area by id; raises ``UnknownNodeError``."""
        try:
            return self.nodes[node_id]
        except KeyError:
            raise UnknownNodeError(f'the forest holds no area {node_id}') from None

    def roots(self, map_id: str | None = None) -> list[ForestNode]:
        """Largest area of each floor, maps and floors in order."""
        return [
            self.trunks[key].children[0]
            for key in sorted(self.trunks)
            if map_id is None or key[0] == map_id
        ]

    def ancestors(self, key: int) -> list[ForestNode]:
        """Areas above a leaf, smallest first; raises ``UnknownNodeError``."""
        node = self.leaves.homes[self.leaves.slot(key)]
        path = []
        while node is not None and node.id >= 0:
            path.append(node)
            node = node.parent
        return path

    def leaf_keys(self, node: ForestNode) -> NDArray[np.int64]:
        """Keys of all leaves below an area, in tree order."""
        slots = np.fromiter((s for n in self.below(node) for s in n.leaves), np.int64)
        return self.leaves.keys[slots]

    def below(self, node: ForestNode) -> Iterator[ForestNode]:
        """Level-1 areas below an area, itself included, in tree order."""
        stack = [node]
        while stack:
            at = stack.pop()
            if at.level == 1:
                yield at
            else:
                stack.extend(reversed(at.children))

    def levels(self) -> dict[int, list[ForestNode]]:
        """Areas by level, each level in id order."""
        result: dict[int, list[ForestNode]] = {}
        for node_id in sorted(self.nodes):
            node = self.nodes[node_id]
            result.setdefault(node.level, []).append(node)
        return dict(sorted(result.items()))

    def regions(self, extent_m: float, map_id: str | None = None) -> list[ForestNode]:
        """
        Largest areas whose diagonal is at most ``extent_m``, by id: a cut through the forest.

        Level-1 areas are taken even where they are larger, so every leaf is in one region.
        """
        found, stack = [], self.roots(map_id)
        while stack:
            node = stack.pop()
            if node.level == 1 or node.extent_m <= extent_m:
                found.append(node)
            else:
                stack.extend(node.children)
        return sorted(found, key=lambda node: node.id)

    def dirty(self, change: float = 0.0) -> list[ForestNode]:
        """
        Areas that changed since they were described, lowest level first.

        ``change`` leaves out areas described before of which a smaller part changed since.
        """
        changed = [
            n
            for n in self.nodes.values()
            if n.dirty and (n.text is None or n.revision - n.described >= change * n.count)
        ]
        return sorted(changed, key=lambda node: (node.level, node.id))

    def touch(self, node: ForestNode) -> None:
        """Mark an area as changed."""
        if node.id >= 0:
            node.dirty = True
            node.revision += 1

    def sum_leaves(self, node: ForestNode) -> None:
        """Sum the embeddings of a level-1 area anew: held as halves, errors would add up."""
        if node.parent is not None:
            node.parent.set_sum(node.row, self.leaves.vectors[node.leaves].sum(axis=0))

    def new_node(self, level: int, like: ForestNode) -> ForestNode:
        """Make an area with a fresh id on the map and floor of ``like``."""
        node = ForestNode(self.next_id, level, like.map_id, like.floor, self.dim)
        self.nodes[node.id] = node
        self.next_id += 1
        return node

    def drop_node(self, node: ForestNode) -> None:
        """Forget an area that holds nothing and hangs nowhere."""
        del self.nodes[node.id]

    def grow_root(self, trunk: ForestNode) -> ForestNode:
        """Put a new root above the root of a tree."""
        old = trunk.children[0]
        root = self.new_node(old.level + 1, trunk)
        root.attach_as(old, trunk, 0)
        root.box, root.first_ns, root.last_ns = old.box, old.first_ns, old.last_ns
        trunk.children[0] = root
        root.parent, root.row = trunk, 0
        return root

    def trunk(self, map_id: str, floor: int) -> ForestNode:
        """Holder of a tree's root, made when missing."""
        holder = self.trunks.get((map_id, floor))
        if holder is None:
            holder = ForestNode(-1, _TRUNK_LEVEL, map_id, floor, self.dim)
            self.trunks[(map_id, floor)] = holder
        return holder

    def stacked_vectors(self, keys: list[int]) -> FloatArray:
        """Return unit embeddings of leaves, shape (len(keys), D)."""
        return self.leaves.vectors[[self.leaves.slot(k) for k in keys]]
