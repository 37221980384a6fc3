"""What must hold of every forest at any time; used by tests and by ``memory check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_node.core.forest.node import ForestNode

if TYPE_CHECKING:
    from memory_node.core.forest.forest import Forest

__all__ = ['check_invariants']

_BOX_SLACK_M = 1e-6


def check_invariants(forest: Forest) -> None:
    """Raise ``AssertionError`` naming the first broken invariant; visits every leaf."""
    seen_nodes: set[int] = set()
    seen_slots: list[int] = []
    for (map_id, floor), trunk in forest.trunks.items():
        _require(len(trunk.children) == 1, f'tree {map_id}/{floor} has one root')
        for node in _walk(trunk.children[0]):
            _require((node.map_id, node.floor) == (map_id, floor), f'{node.id} is in its tree')
            _require(forest.nodes.get(node.id) is node, f'{node.id} is known by its id')
            seen_nodes.add(node.id)
            if node.level == 1:
                seen_slots.extend(node.leaves)
                homes = forest.leaves.homes
                _require(all(homes[s] is node for s in node.leaves), f'leaves of {node.id}')
            _check_node(forest, node)
    _require(seen_nodes == set(forest.nodes), 'every area hangs in a tree')
    _require(sorted(seen_slots) == sorted(forest.leaves.slots.values()), 'every leaf hangs once')
    _require(all(i < forest.next_id for i in seen_nodes), 'ids are never used again')
    _check_links(forest)


def _walk(node: ForestNode) -> list[ForestNode]:
    nodes = [node]
    for at in nodes:
        nodes.extend(at.children)
    return nodes


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(f'forest invariant broken: {what}')


def _check_node(forest: Forest, node: ForestNode) -> None:
    name = f'area {node.id} at level {node.level}'
    parent = node.parent
    if parent is None:
        raise AssertionError(f'forest invariant broken: {name} has a parent')
    _require(parent.children[node.row] is node, f'{name} knows its row')
    _require(parent.id < 0 or parent.level == node.level + 1, f'{name} is below its parent')
    limit = forest.fan_out_limit
    if limit is not None and node.level == 1:
        limit = forest.config.leaf_fan_out
    _require(limit is None or 1 <= node.fan_out <= limit, f'{name} has a bounded fan-out')
    bound = forest.scales.extent_m(node.level)
    _require(
        limit is None or node.extent_m <= bound + _BOX_SLACK_M, f'{name} has a bounded extent'
    )
    slots = [s for n in forest.below(node) for s in n.leaves]
    positions = forest.leaves.positions[slots]
    vectors = forest.leaves.vectors[slots]
    stamps = forest.leaves.stamps[slots]
    _require(node.count == len(slots) > 0, f'{name} counts its leaves')
    _require(bool(np.allclose(node.box[:3], positions.min(axis=0))), f'{name} starts its box')
    _require(bool(np.allclose(node.box[3:], positions.max(axis=0))), f'{name} ends its box')
    _require(
        bool(np.allclose(node.position, positions.mean(axis=0), atol=1e-6)),
        f'{name} is at the mean of its leaves',
    )
    slack = 1e-3 + 5e-4 * len(slots)  # sums of the smallest areas are held as halves
    _require(
        bool(np.allclose(parent.sums[node.row], vectors.sum(axis=0), atol=slack)),
        f'{name} sums the embeddings of its leaves',
    )
    _require(
        (node.first_ns, node.last_ns) == (int(stamps.min()), int(stamps.max())),
        f'{name} spans the stamps of its leaves',
    )


def _check_links(forest: Forest) -> None:
    expected: dict[int, dict[int, int]] = {i: {} for i in forest.nodes}
    for slot in forest.leaves.slots.values():
        for other in forest.leaves.links.of(slot):
            a, b = forest.leaves.homes[slot], forest.leaves.homes[other]
            if a is None or b is None:
                raise AssertionError('forest invariant broken: a link joins leaves that are there')
            _require(slot in forest.leaves.links.of(other), 'links go both ways')
            if (a.map_id, a.floor) != (b.map_id, b.floor):
                continue
            while a is not b and a is not None and b is not None:
                expected[a.id][b.id] = expected[a.id].get(b.id, 0) + 1
                a, b = a.parent, b.parent
    for node_id, links in expected.items():
        _require(forest.nodes[node_id].links == links, f'area {node_id} counts its edges')
