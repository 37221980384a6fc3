"""The plainest way to join two maps: by things whose label both hold once, unverified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
import math

import numpy as np

from memory_node.core.data import FloatArray, Observation
from memory_node.core.memory.joining import planar_transform
from memory_node.core.perception.geometry import Transform, transform_points

__all__ = ['join_by_unique_labels']

#: Sightings of a label this near to their median are of one thing [m].
_ONE_M = 1.0


def join_by_unique_labels(
    source: Iterable[Observation], target: Iterable[Observation]
) -> Transform | None:
    """
    Return the ``target_T_source`` by which most of these things meet; None below two of them.

    Each pair of them gives one; nothing is asked of it but to be the best.
    """
    ones, others = _unique(source), _unique(target)
    labels = sorted(ones.keys() & others.keys())
    a = np.array([ones[label] for label in labels]).reshape(-1, 3)
    b = np.array([others[label] for label in labels]).reshape(-1, 3)
    best: Transform | None = None
    most = (0, 0.0)
    for i in range(len(labels)):
        for j in range(i + 1, len(labels)):
            p, q = a[j] - a[i], b[j] - b[i]
            yaw = math.atan2(q[1], q[0]) - math.atan2(p[1], p[0])
            turned = transform_points(planar_transform(0.0, 0.0, 0.0, yaw), a)
            x, y, z = (0.5 * (b[i] + b[j] - turned[i] - turned[j])).tolist()
            away = np.linalg.norm(turned + (x, y, z) - b, axis=1)
            met = int((away < 0.5).sum()), -float(away[[i, j]].sum())
            if best is None or met > most:
                best, most = planar_transform(x, y, z, yaw), met
    return best


def _unique(observations: Iterable[Observation]) -> Mapping[str, FloatArray]:
    """Return the middle of all sightings of each label that is at one place."""
    seen: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for observation in observations:
        for sighting in observation.sightings:
            assert sighting.position is not None
            seen[sighting.label].append(sighting.position)
    middles = {label: np.median(np.array(points), axis=0) for label, points in seen.items()}
    return {
        label: middle
        for label, middle in middles.items()
        if (np.linalg.norm(np.array(seen[label]) - middle, axis=1) < _ONE_M).all()
    }
