"""How well areas agree with rooms, or one clustering with another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ['adjusted_rand_index', 'purity', 'v_measure']


def _table(a: Sequence[Hashable], b: Sequence[Hashable]) -> NDArray[np.int64]:
    """Count how often each label of ``a`` meets each label of ``b``."""
    if len(a) != len(b):
        raise ValueError(f'labelings must have one length, got {len(a)} and {len(b)}')
    rows = {label: i for i, label in enumerate(dict.fromkeys(a))}
    columns = {label: i for i, label in enumerate(dict.fromkeys(b))}
    table = np.zeros((len(rows), len(columns)), np.int64)
    for one, other in zip(a, b, strict=True):
        table[rows[one], columns[other]] += 1
    return table


def purity(areas: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """Part of the leaves that are in the room most leaves of their area are in, in [0, 1]."""
    if not areas:
        return 1.0
    return float(_table(areas, truth).max(axis=1).sum() / len(areas))


def adjusted_rand_index(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Agreement of two labelings on pairs, 1 for the same parts, 0 for chance (Hubert 1985)."""
    table = _table(a, b).astype(np.float64)
    pairs = (table * (table - 1.0)).sum()
    in_a = (table.sum(axis=1) * (table.sum(axis=1) - 1.0)).sum()
    in_b = (table.sum(axis=0) * (table.sum(axis=0) - 1.0)).sum()
    n = table.sum()
    chance = in_a * in_b / (n * (n - 1.0)) if n > 1 else 0.0
    best = 0.5 * (in_a + in_b)
    return 1.0 if best == chance else float((pairs - chance) / (best - chance))


def v_measure(areas: Sequence[Hashable], truth: Sequence[Hashable]) -> tuple[float, float, float]:
    """Homogeneity, completeness and their harmonic mean, each in [0, 1] (Rosenberg 2007)."""
    table = _table(areas, truth).astype(np.float64)
    n = table.sum()
    if n == 0:
        return 1.0, 1.0, 1.0
    joint = table / n
    by_area, by_room = joint.sum(axis=1), joint.sum(axis=0)

    def entropy(p: NDArray[np.float64]) -> float:
        p = p[p > 0]
        return float(-(p * np.log(p)).sum())

    h_joint = entropy(joint.ravel())
    h_area, h_room = entropy(by_area), entropy(by_room)
    homogeneity = 1.0 if h_room == 0 else 1.0 - (h_joint - h_area) / h_room
    completeness = 1.0 if h_area == 0 else 1.0 - (h_joint - h_room) / h_area
    both = homogeneity + completeness
    return homogeneity, completeness, 2 * homogeneity * completeness / both if both else 0.0
