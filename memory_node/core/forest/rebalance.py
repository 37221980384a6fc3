"""Splits, merges and redrawing that keep areas bounded, compact and alike inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memory_node.core.forest.node import Corners, diagonal, ForestNode, joined, Unit
from memory_node.core.forest.regroup import match_groups, natural_groups
from memory_node.core.forest.similarity import bipartition, blend, pairwise_distance

if TYPE_CHECKING:
    from memory_node.core.data import FloatArray
    from memory_node.core.forest.forest import Forest

__all__ = ['Reshaper']

#: Two areas merge when together they fill at most this part of the fan-out.
_MERGED_FILL = 0.75
#: Children are drawn anew when there are this many times the grandchildren, and some, since.
_REGROWN = 1.3
_REGROUP_FIRST = 4
_REGROUP_MOST = 512
#: Areas up to this level hold nothing that is a longer drive apart than this many extents.
ROOM_LEVEL = 2
_DETOUR = 1.25


class Reshaper:
    """Keeps the areas of one forest within their bounds after an insertion or a removal."""

    def __init__(self, forest: Forest) -> None:
        """Work on ``forest``."""
        self._forest = forest
        self._fan_out = forest.config.fan_out
        self._grown_ids: set[int] = set()

    def grown(self, node: ForestNode) -> None:
        """Restore the bounds from a level-1 node that took a leaf, up to the root."""
        self._bound(node)
        self._notice(node.parent)

    def _bound(self, node: ForestNode) -> None:
        """Restore the bounded fan-out from a node up to the root: a split adds to the parent."""
        at: ForestNode | None = node
        while at is not None and at.parent is not None:
            if at.fan_out > self._limit(at.level):
                self._relieve(at)
            at = at.parent

    def _notice(self, node: ForestNode | None) -> None:
        """Remember the areas, from ``node`` up, whose grandchildren have become many more."""
        while node is not None and node.parent is not None:
            units = node.grandchildren
            if node.regrouped * _REGROWN + _REGROUP_FIRST <= units <= _REGROUP_MOST:
                self._grown_ids.add(node.id)
            node = node.parent

    def tidy(self) -> int:
        """Draw anew the areas below every node that has grown enough; returns their number."""
        done = 0
        while self._grown_ids:
            pending = [self._forest.nodes.get(i) for i in self._grown_ids]
            self._grown_ids.clear()
            for node in sorted((n for n in pending if n), key=lambda n: (n.level, n.id)):
                if node.parent is not None and node.grandchildren > 1:
                    node.regrouped = node.grandchildren
                    self._regroup(node)
                    self._notice(node.parent)
                    done += 1
        return done

    def _regroup(self, node: ForestNode) -> None:
        """Draw the areas below ``node`` anew from their children."""
        forest = self._forest
        children = list(node.children)
        units = [u for c in children for u in c.units]
        parts = [self._units(c) for c in children]
        positions = np.concatenate([p for p, _ in parts])
        directions = np.concatenate([d for _, d in parts])
        level = node.level - 1
        limit, bound = self._limit(level), forest.scales.extent_m(level)
        straight = pairwise_distance(positions)
        distance = forest.links.drives(units, straight, node.extent_m)
        similarity = blend(
            distance,
            forest.calibration.meaning(directions @ directions.T),
            forest.scales.closeness_m(level),
            forest.config.semantic_weight,
        )
        # Without edges the lines are bounded by the extent of the group already.
        walled = distance is not straight and level <= ROOM_LEVEL
        far = distance > _DETOUR * bound if walled else None
        groups = natural_groups(
            similarity,
            [self._box(u) for u in units],
            far=far,
            bound_m=bound,
            most=limit,
            groups=self._fan_out,
        )
        owners = [i for i, c in enumerate(children) for _ in range(c.fan_out)]
        weights = [u.count if isinstance(u, ForestNode) else 1.0 for u in units]
        matched = match_groups(groups, owners, weights)
        changed: dict[int, ForestNode] = {}
        for group, owner in zip(groups, matched, strict=True):
            target = None if owner < 0 else children[owner]
            for unit in group:
                source = children[owners[unit]]
                if source is target:
                    continue
                if target is None:
                    target = forest.new_node(level, node)
                    node.attach(target)
                self._carry(units[unit], source, target)
                changed[source.id], changed[target.id] = source, target
        for child in changed.values():
            if child.fan_out == 0:
                node.detach(child)
                forest.drop_node(child)
        self.renew(*(c for c in changed.values() if c.fan_out))
        self._bound(node)

    def _limit(self, level: int) -> int:
        return self._forest.config.leaf_fan_out if level == 1 else self._fan_out

    def shrunk(self, node: ForestNode) -> None:
        """Merge a node that lost a child into a sibling where both fit in one."""
        at: ForestNode | None = node
        while at is not None and at.parent is not None:
            parent = at.parent
            if 4 * at.fan_out < self._limit(at.level) and len(parent.children) > 1:
                similarity = self._similarity(parent)
                for row in np.argsort(-similarity[at.row], kind='stable').tolist():
                    other = parent.children[row]
                    if other is not at and self._mergeable(at, other):
                        self._merge(other, at)
                        break
            at = parent

    def _relieve(self, node: ForestNode) -> None:
        if node.level > 1:
            self._merge_children(node)
        limit = self._limit(node.level)
        pending = [node]
        while pending:
            at = pending.pop()
            parent = at.parent
            if at.fan_out <= limit or parent is None:
                continue
            if parent.id < 0:
                parent = self._forest.grow_root(parent)
            pending += [at, self._split(at, parent)]

    def _split(self, node: ForestNode, parent: ForestNode) -> ForestNode:
        forest = self._forest
        least = max(1, self._limit(node.level) // 4)
        group = bipartition(self._similarity(node), least)
        sibling = forest.new_node(node.level, parent)
        parent.attach(sibling)
        units = node.units
        for unit in [u for u, second in zip(units, group.tolist(), strict=True) if second]:
            self._carry(unit, node, sibling)
        self.renew(node, sibling)
        return sibling

    def _carry(self, unit: Unit, source: ForestNode, target: ForestNode) -> None:
        """Move a child between siblings; the caller renews both."""
        if isinstance(unit, ForestNode):
            row = unit.row
            target.attach_as(unit, source, row)
            unit.parent, unit.row = source, row
            source.detach(unit)
            unit.parent, unit.row = target, len(target.children) - 1
        else:
            source.leaves.remove(unit)
            target.leaves.append(unit)
            self._forest.leaves.homes[unit] = target
        self._forest.links.moved(unit, source, target)

    def renew(self, *nodes: ForestNode) -> None:
        """Recompute everything about nodes from their children."""
        forest = self._forest
        for node in nodes:
            parent, row = node.parent, node.row
            if parent is None:
                continue
            if node.level > 1:
                n = len(node.children)
                counts = node.counts[:n]
                total = node.sums[:n].sum(axis=0, dtype=np.float32)
                center = counts @ node.centers[:n] / counts.sum()
                parent.counts[row] = counts.sum()
            else:
                total = forest.leaves.vectors[node.leaves].sum(axis=0)
                center = forest.leaves.positions[node.leaves].mean(axis=0)
                parent.counts[row] = len(node.leaves)
            parent.set_sum(row, total)
            parent.centers[row] = center
            forest.refit(node)
            forest.touch(node)

    def _units(self, node: ForestNode) -> tuple[NDArray[np.float64], FloatArray]:
        """Positions and unit directions of the children of a node."""
        if node.level > 1:
            return node.centers[: len(node.children)], node.directions()
        leaves = self._forest.leaves
        return leaves.positions[node.leaves], leaves.vectors[node.leaves]

    def _similarity(self, node: ForestNode) -> NDArray[np.float64]:
        forest = self._forest
        positions, directions = self._units(node)
        units = node.units
        distance = forest.links.drives(units, pairwise_distance(positions), node.extent_m)
        return blend(
            distance,
            forest.calibration.meaning(directions @ directions.T),
            forest.scales.distance_m(node.level),
            forest.config.semantic_weight,
        )

    def _mergeable(self, a: ForestNode, b: ForestNode) -> bool:
        if a.fan_out + b.fan_out > _MERGED_FILL * self._limit(a.level):
            return False
        bound = self._forest.scales.extent_m(a.level)
        if a.links and b.links and b.id not in a.links and a.level <= 2:
            return False  # both were driven in, but never from one to the other
        return diagonal(joined(a.box, b.box)) <= bound

    def _merge_children(self, node: ForestNode) -> None:
        """Merge the most similar pairs of children that fit in one."""
        similarity = self._similarity(node)
        children = list(node.children)
        first, second = np.triu_indices(len(children), 1)
        order = np.argsort(-similarity[first, second], kind='stable')
        gone: set[int] = set()
        for pair in order.tolist():
            a, b = children[first[pair]], children[second[pair]]
            if a.id in gone or b.id in gone or not self._mergeable(a, b):
                continue
            keep, lose = (a, b) if a.count >= b.count else (b, a)
            self._merge(keep, lose)
            gone.add(lose.id)

    def _merge(self, keep: ForestNode, lose: ForestNode) -> None:
        parent = lose.parent
        units = lose.units
        for unit in list(units):
            self._carry(unit, lose, keep)
        if parent is not None:
            parent.detach(lose)
        self._forest.drop_node(lose)
        self.renew(keep)

    def _box(self, unit: Unit) -> Corners:
        if isinstance(unit, ForestNode):
            return unit.box
        x, y, z = self._forest.leaves.positions[unit].tolist()
        return (x, y, z, x, y, z)
