"""
The published algorithm: complete linkage over space and meaning, level by level, all at once.

S = (1 - a) exp(-d / theta) + a cos(e_i, e_j); complete linkage on 1 - S, cut at
0.4 (1 + 0.1 (level - 1)); a parent is at the mean of its members; at most five levels
(Embodied-RAG, section III-B). The thresholds fit the narrow cosines of ada-002, so those of
another encoder are mapped to that range by their quantiles, and theta grows with the level.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from memory_node.core.config import ForestConfig
from memory_node.core.data import FloatArray
from memory_node.core.errors import InvalidObservationError

__all__ = ['MAX_LEAVES', 'PaperLevel', 'haversine', 'paper_levels']

#: The condensed matrix grows with the square: 5,000 leaves take 50 MB.
MAX_LEAVES = 5000
MAX_LEVELS = 5
_FIRST_CUT, _CUT_STEP = 0.4, 0.1
#: Quantiles of ada-002's cosines between captions, which the published thresholds were tuned on.
_QUANTILES = (0.05, 0.5, 0.95)
_ADA_002 = (0.75, 0.81, 0.90)
_GROWTH = 1.6
_EARTH_M = 6_371_008.8
_SAMPLE = 1500


@dataclass(frozen=True)
class PaperLevel:
    """One level of a batch forest."""

    #: (N,) cluster of each leaf, 0..K-1 in the order of their first leaf.
    labels: NDArray[np.int64]
    #: (K, 3) mean position of the members, in the unit of the input.
    positions: NDArray[np.float64]
    #: (K, D) unit mean embedding of the members.
    embeddings: FloatArray
    #: (K,) distance from the position to the farthest leaf below [m].
    radii: NDArray[np.float64]


def haversine(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distance [m] between (..., 2+) longitude, latitude [deg], broadcast."""
    lon_a, lat_a, lon_b, lat_b = np.radians(
        [*np.broadcast_arrays(a[..., 0], a[..., 1], b[..., 0], b[..., 1])]
    )
    half = (
        np.sin(0.5 * (lat_b - lat_a)) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin(0.5 * (lon_b - lon_a)) ** 2
    )
    return np.asarray(2.0 * _EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def paper_levels(
    positions: NDArray[np.float64],
    embeddings: FloatArray,
    config: ForestConfig,
    *,
    metric: str = 'euclidean',
) -> list[PaperLevel]:
    """
    Cluster leaves bottom-up, as published.

    Parameters
    ----------
    positions : (N, 3) array
        Metres in one map, or longitude, latitude [deg] and height for ``metric='haversine'``.
    embeddings : (N, D) array
        Unit vectors.
    config : ForestConfig
        ``semantic_weight`` is a, ``distance_scale_m`` is theta at level 1.
    metric : {'euclidean', 'haversine'}
        How far two positions are apart.

    Returns
    -------
    list of PaperLevel
        Level 1 first; ends with one cluster, or where nothing merges any more, at most five.

    Raises
    ------
    InvalidObservationError
        If the arrays disagree, are not finite, or hold more than ``MAX_LEAVES`` leaves.

    """
    _check(positions, embeddings, metric)
    levels: list[PaperLevel] = []
    at, meaning = np.asarray(positions, np.float64), np.asarray(embeddings, np.float32)
    labels: NDArray[np.int64] = np.arange(len(at))
    counts: NDArray[np.float64] = np.ones(len(at))
    for level in range(1, MAX_LEVELS + 1):
        if len(at) < 2:
            break
        groups = _clusters(at, meaning, config, level, metric)
        size = int(groups.max()) + 1
        if size == len(at) and level > 1:
            break
        at = _means(at, counts, groups, size)
        meaning = _directions(meaning, counts, groups, size)
        counts = np.bincount(groups, counts, size).astype(np.float64)
        labels = groups[labels]
        levels.append(PaperLevel(labels, at, meaning, _radii(positions, at, labels, metric)))
    return levels


def _check(positions: NDArray[np.float64], embeddings: FloatArray, metric: str) -> None:
    if metric not in ('euclidean', 'haversine'):
        raise ValueError(f'metric must be euclidean or haversine, got {metric!r}')
    n = len(positions)
    if positions.shape != (n, 3) or embeddings.ndim != 2 or len(embeddings) != n:
        raise InvalidObservationError(
            f'expected (N, 3) positions and (N, D) embeddings, got {positions.shape}'
            f' and {embeddings.shape}'
        )
    if n > MAX_LEAVES:
        raise InvalidObservationError(
            f'the batch forest takes at most {MAX_LEAVES} leaves, got {n}; use mode incremental'
        )
    if not (np.isfinite(positions).all() and np.isfinite(embeddings).all()):
        raise InvalidObservationError('positions and embeddings must be finite')


def _clusters(
    positions: NDArray[np.float64],
    embeddings: FloatArray,
    config: ForestConfig,
    level: int,
    metric: str,
) -> NDArray[np.int64]:
    """Cluster index of each node of one level, 0..K-1 in order of first appearance."""
    theta = config.distance_scale_m * _GROWTH ** (level - 1)
    a = config.semantic_weight
    apart = _condensed_distance(positions, metric)
    np.exp(apart * np.float32(-1.0 / theta), out=apart)
    apart *= np.float32(a - 1.0)
    apart -= np.float32(a) * _calibrated(_condensed_cosine(embeddings))
    apart += np.float32(1.0)
    np.maximum(apart, 0.0, out=apart)
    cut = _FIRST_CUT * (1.0 + _CUT_STEP * (level - 1))
    found = fcluster(linkage(apart, 'complete'), cut, 'distance')
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)


def _condensed_distance(positions: NDArray[np.float64], metric: str) -> NDArray[np.float32]:
    if metric == 'euclidean':
        return np.asarray(pdist(positions), dtype=np.float32)
    rows = [haversine(positions[i], positions[i + 1 :]) for i in range(len(positions) - 1)]
    return np.asarray(np.concatenate(rows), dtype=np.float32)


def _condensed_cosine(embeddings: FloatArray) -> NDArray[np.float32]:
    n = len(embeddings)
    condensed = np.empty(n * (n - 1) // 2, np.float32)
    at = 0
    for i in range(n - 1):
        condensed[at : at + n - 1 - i] = embeddings[i + 1 :] @ embeddings[i]
        at += n - 1 - i
    return condensed


def _calibrated(cosine: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map cosines to the range the published thresholds were made for; identical stays 1."""
    step = max(1, len(cosine) // (_SAMPLE * _SAMPLE))
    low, middle, high = np.quantile(cosine[::step], _QUANTILES).tolist()
    seen = [-1.0, low, max(middle, low + 1e-4), max(high, low + 2e-4), 1.0]
    if not all(math.isfinite(s) for s in seen) or seen[3] >= 1.0:
        return cosine
    return np.asarray(np.interp(cosine, seen, [0.0, *_ADA_002, 1.0]), dtype=np.float32)


def _means(
    values: NDArray[np.float64], counts: NDArray[np.float64], groups: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    total = np.zeros((size, values.shape[1]))
    np.add.at(total, groups, values * counts[:, None])
    return np.asarray(total / np.bincount(groups, counts, size)[:, None])


def _directions(
    embeddings: FloatArray, counts: NDArray[np.float64], groups: NDArray[np.int64], size: int
) -> FloatArray:
    mean = _means(embeddings.astype(np.float64), counts, groups, size)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(mean / np.maximum(length, 1e-12), dtype=np.float32)


def _radii(
    positions: NDArray[np.float64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int64],
    metric: str,
) -> NDArray[np.float64]:
    if metric == 'haversine':
        away = haversine(positions, centers[labels])
    else:
        away = np.linalg.norm(positions - centers[labels], axis=1)
    radii = np.zeros(len(centers))
    np.maximum.at(radii, labels, away)
    return radii
