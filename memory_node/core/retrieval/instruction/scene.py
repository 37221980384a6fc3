"""
Candidates as the model sees them: who shows which label, who is near whom, on which floor.

Everything comes from positions and labels, so that a robot's own run, a simulator and a data set
look alike: no neighbour lists, no rooms, no stamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from memory_node.core.retrieval.instruction.floors import find_floors, nearest_floor

__all__ = ['KERNEL_RADII_M', 'STRUCTURE', 'Scene', 'build_scene', 'crowding']

FloatMatrix = NDArray[np.float32]
IntArray = NDArray[np.int64]

#: Scales at which labels around a candidate are gathered [m]; the candidate itself comes first.
KERNEL_RADII_M = (1.5, 2.5, 4.0, 7.0)
#: Weight of "nothing around" in each kernel's average.
_KERNEL_FLOOR = (0.5, 0.5, 0.5, 1.0)
#: Candidates further apart in height than this are on different floors [m].
_SAME_FLOOR_M = 1.5
#: Columns of ``Scene.structure``.
STRUCTURE = ('labels', 'blank', 'within_3m', 'within_6m', 'spacing', 'labels_around')
#: Poses closer than this count as one when places compete [m].
_CROWD_M = 0.4
_STRUCTURE_LOW = (0.0, 0.0, 0.0, -1.5, 0.1, 0.0)
_STRUCTURE_HIGH = (3.2, 1.0, 3.0, 2.5, 1.4, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """C candidates and the L labels that any of them shows."""

    #: (L,) rows of the labels in the caller's table, ascending.
    labels: IntArray
    #: (C, L) 1 where a candidate shows a label, else 0.
    presence: FloatMatrix
    #: (K, C, C) weights of candidates for each other; the first kernel is the identity.
    kernels: FloatMatrix
    #: (C, S) columns of ``STRUCTURE``.
    structure: FloatMatrix
    #: (C, C) squared distances [m^2]; infinite between maps.
    squared_m2: NDArray[np.float64]
    #: (C,) floor of each candidate, and (F,) heights of the floors [m].
    levels: IntArray
    floors: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.presence)


def _squared_distances(
    positions: NDArray[np.float64], maps: NDArray[np.int32]
) -> NDArray[np.float64]:
    squared = cdist(positions, positions, 'sqeuclidean')
    if (maps != maps[0]).any():
        squared[maps[:, None] != maps[None]] = np.inf
    return np.asarray(squared)


def _presence(
    starts: IntArray, sighting_labels: NDArray[np.int32], rows: IntArray
) -> tuple[IntArray, FloatMatrix]:
    counts = starts[rows + 1] - starts[rows]
    owners = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    shown = sighting_labels[np.repeat(starts[rows], counts) + offsets]
    labels, columns = np.unique(shown, return_inverse=True)
    presence = np.zeros((len(rows), len(labels)), np.float32)
    presence[owners, columns.reshape(-1)] = 1.0
    return labels.astype(np.int64), presence


def _structure(
    presence: FloatMatrix, around: FloatMatrix, flat: FloatMatrix, same: FloatMatrix
) -> FloatMatrix:
    count = presence.sum(axis=1)
    apart = flat.copy()
    np.fill_diagonal(apart, np.inf)
    spacing = np.clip(np.sqrt(apart.min(axis=1)), 0.5, 4.0) / 3.0
    columns = np.column_stack(
        [
            np.log1p(count),
            count == 0,
            np.log(np.einsum('ij,ij->i', flat < 9.0, same)),
            np.log(np.einsum('ij,ij->i', flat < 36.0, same)) - 1.5,
            spacing,
            around @ (count > 0).astype(np.float32),
        ]
    )
    clipped = np.clip(columns, _STRUCTURE_LOW, _STRUCTURE_HIGH)
    return np.asarray(clipped, np.float32)


def _kernels(flat: FloatMatrix, same: FloatMatrix) -> FloatMatrix:
    """Return (K, C, C) Gaussian weights of the others on the floor, rows summing to below 1."""
    kernels = np.empty((1 + len(KERNEL_RADII_M), *flat.shape), np.float32)
    kernels[0] = np.eye(len(flat), dtype=np.float32)
    for i, (radius, floor) in enumerate(zip(KERNEL_RADII_M, _KERNEL_FLOOR, strict=True), 1):
        weights = kernels[i]
        np.multiply(flat, np.float32(-1.0 / radius**2), out=weights)
        np.exp(weights, out=weights)
        weights *= same
        np.fill_diagonal(weights, 0.0)
        weights /= weights.sum(axis=1, keepdims=True) + np.float32(floor)
    return kernels


def build_scene(
    positions: NDArray[np.float64],
    maps: NDArray[np.int32],
    starts: IntArray,
    sighting_labels: NDArray[np.int32],
    rows: IntArray,
    *,
    floors: NDArray[np.float64] | None = None,
) -> Scene:
    """
    Return the scene of the candidates ``rows``.

    Parameters
    ----------
    positions : (N, 3) array
        Of all observations [m].
    maps : (N,) array
        Map of each observation; candidates of different maps are no neighbours.
    starts : (N + 1,) array
        Observation i shows ``sighting_labels[starts[i]:starts[i + 1]]``.
    sighting_labels : (S,) array
        Rows of labels.
    rows : (C,) array
        The candidates, at least one. Cost grows with C squared.
    floors
        Heights of the floors [m] when they are known from more than the candidates.

    """
    own = positions[rows]
    squared = _squared_distances(own, maps[rows])
    heights = own[:, 2]
    same = (np.abs(heights[:, None] - heights[None]) < _SAME_FLOOR_M).astype(np.float32)
    flat = squared.astype(np.float32)
    kernels = _kernels(flat, same)
    labels, presence = _presence(starts, sighting_labels, rows)
    floors = find_floors(heights) if floors is None else floors
    return Scene(
        labels=labels,
        presence=presence,
        kernels=kernels,
        structure=_structure(presence, kernels[1], flat, same),
        squared_m2=squared,
        levels=nearest_floor(heights, floors),
        floors=floors,
    )


def crowding(squared_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return (C,) the log of how many candidates stand where each stands, 0 for one alone.

    A robot that looked often from one spot must not make that spot more likely.
    """
    flat = squared_m2.astype(np.float32)
    flat *= np.float32(-1.0 / _CROWD_M**2)
    return np.asarray(np.log(np.exp(flat, out=flat).sum(axis=1)), np.float64)
