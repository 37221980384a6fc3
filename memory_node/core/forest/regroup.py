"""
Local batch clustering: areas of one parent drawn anew from their children.

Greedy insertion depends on order. So whenever what lies below an area has grown by a quarter, its
grandchildren are clustered again by average linkage over drive distance and meaning, as a batch
build would. The work is bounded and its cost per insertion vanishes with the growth it waits for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from memory_node.core.forest.node import Corners, diagonal, joined

__all__ = ['match_groups', 'natural_groups']

#: Average dissimilarity above which two areas stay apart even where they would fit in one.
_APART = 0.65
_RELAX = 1.1


def natural_groups(
    similarity: NDArray[np.float64],
    boxes: Sequence[Corners],
    *,
    far: NDArray[np.bool_] | None,
    bound_m: float,
    most: int,
    groups: int,
) -> list[list[int]]:
    """
    Part N >= 2 units into the largest groups that are alike and fit the bounds.

    Parameters
    ----------
    similarity : (N, N) array
        Symmetric, in [0, 1].
    boxes : sequence of N boxes
        Extent of each unit [m].
    far : (N, N) bool array, optional
        Pairs that must not be in one group.
    bound_m : float
        Largest diagonal of a group [m].
    most : int
        Largest number of units in a group.
    groups : int
        Wanted at most; the demand to be alike is lowered until there are so few, if possible.

    Returns
    -------
    list of lists of int
        Units of each group in order; every unit is in one.

    """
    dissimilarity = 1.0 - 0.5 * (similarity + similarity.T)
    np.fill_diagonal(dissimilarity, 0.0)
    tree = linkage(squareform(np.maximum(dissimilarity, 0.0), checks=False), 'average')
    apart = _APART
    found = _cut(tree, boxes, far, bound_m, most, apart)
    while len(found) > groups and apart < 1.0:
        apart *= _RELAX
        found = _cut(tree, boxes, far, bound_m, most, apart)
    return found


def _cut(
    tree: NDArray[np.float64],
    boxes: Sequence[Corners],
    far: NDArray[np.bool_] | None,
    bound_m: float,
    most: int,
    apart: float,
) -> list[list[int]]:
    """Largest subtrees of a dendrogram that satisfy every bound."""
    n = len(boxes)
    if far is not None and not far.any():
        far = None
    members: dict[int, list[int]] = {i: [i] for i in range(n)}
    extents = dict(enumerate(boxes))
    for step, (left, right, height, size) in enumerate(tree.tolist()):
        a, b = int(left), int(right)
        if height > apart or size > most or a not in members or b not in members:
            continue
        box = joined(extents[a], extents[b])
        if far is not None and far[np.ix_(members[a], members[b])].any():
            continue
        if diagonal(box) <= bound_m:
            members[n + step] = members.pop(a) + members.pop(b)
            extents[n + step] = box
    return sorted(sorted(group) for group in members.values())


def match_groups(
    groups: Sequence[Sequence[int]], owners: Sequence[int], weights: Sequence[float]
) -> list[int]:
    """
    Give each group the owner most of it had, so that ids stay; -1 asks for a new one.

    ``owners`` and ``weights`` hold the present owner and the leaf count of each unit.
    """
    shares: list[tuple[float, int, int]] = []
    for g, group in enumerate(groups):
        share: dict[int, float] = {}
        for unit in group:
            share[owners[unit]] = share.get(owners[unit], 0.0) + weights[unit]
        shares.extend((-weight, g, owner) for owner, weight in share.items())
    result = [-1] * len(groups)
    taken: set[int] = set()
    for _, g, owner in sorted(shares):
        if result[g] < 0 and owner not in taken:
            result[g] = owner
            taken.add(owner)
    return result
