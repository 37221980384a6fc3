"""Batch forests, by the paper's algorithm, as trees of areas like the incremental one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ForestConfig
from memory_node.core.data import FloatArray
from memory_node.core.errors import InvalidObservationError
from memory_node.core.forest.forest import Forest
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.paper import paper_levels

__all__ = ['build_paper_forest']


def build_paper_forest(
    keys: Sequence[int],
    positions: NDArray[np.float64],
    embeddings: FloatArray,
    config: ForestConfig,
    *,
    stamps: NDArray[np.int64] | None = None,
    map_ids: Sequence[str] | None = None,
    first_id: int = 0,
) -> Forest:
    """
    Build the forest of the paper: one tree per map, fan-out and extent as they come out.

    Where the top level of a map has several clusters, one root is put above them.

    Parameters
    ----------
    keys : sequence of N int
        Distinct leaf keys.
    positions : (N, 3) array
        Metres in the map.
    embeddings : (N, D) array
        Unit vectors.
    config : ForestConfig
        Weight of meaning and distance scale.
    stamps : (N,) array, optional
        Nanoseconds; 0 when left out.
    map_ids : sequence of N str, optional
        ``map`` when left out.
    first_id : int
        Id of the first area, so that ids of an earlier build are not used again.

    Raises
    ------
    InvalidObservationError
        If keys repeat, arrays disagree or are not finite, or a map has too many leaves.

    """
    n = len(keys)
    if len(set(keys)) != n:
        raise InvalidObservationError('leaf keys must be distinct')
    if embeddings.ndim != 2 or len(embeddings) != n or positions.shape != (n, 3):
        raise InvalidObservationError(
            f'expected ({n}, 3) positions and ({n}, D) embeddings, got {positions.shape}'
            f' and {embeddings.shape}'
        )
    forest = Forest(config, embeddings.shape[1])
    forest.fan_out_limit = None
    forest.next_id = first_id
    when = np.zeros(n, np.int64) if stamps is None else stamps
    forest.leaves.fill(list(keys), positions, embeddings, when)
    maps = np.array(['map'] * n if map_ids is None else list(map_ids))
    for map_id in dict.fromkeys(maps.tolist()):
        _grow(forest, map_id, np.flatnonzero(maps == map_id))
    return forest


def _grow(forest: Forest, map_id: str, rows: NDArray[np.int64]) -> None:
    """Build the tree of one map from the leaves in ``rows``."""
    positions, vectors = forest.leaves.positions[rows], forest.leaves.vectors[rows]
    for z in positions[:, 2].tolist():
        forest.floors.assign(map_id, z, 0)
    labels = [level.labels for level in paper_levels(positions, vectors, forest.config)]
    if not labels or int(labels[-1].max()) > 0:
        labels.append(np.zeros(len(rows), np.int64))
    trunk = forest.trunk(map_id, 0)
    parents: dict[int, ForestNode] = {0: forest.new_node(len(labels), trunk)}
    trunk.attach(parents[0])
    for depth in range(len(labels) - 2, -1, -1):
        _, first = np.unique(labels[depth], return_index=True)
        nodes = {}
        for row in np.sort(first).tolist():
            parent = parents[int(labels[depth + 1][row])]
            node = forest.new_node(depth + 1, trunk)
            parent.attach(node)
            nodes[int(labels[depth][row])] = node
        parents = nodes
    for slot, label in zip(rows.tolist(), labels[0].tolist(), strict=True):
        parents[label].leaves.append(slot)
        forest.leaves.homes[slot] = parents[label]
    forest.renew(trunk.children[0])
