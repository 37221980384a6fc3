"""How alike two simulators show one world: depth, semantics, and where a robot fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import Frame, Pose2D, Simulator

__all__ = ['Agreement', 'NavigationAgreement', 'compare_navigation', 'compare_pictures']


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike pictures of the same poses are."""

    poses: int
    #: Median and 95 % quantile of the difference in depth where both see something [m].
    depth_median_m: float
    depth_p95_m: float
    #: Share of pixels in which both see something, or neither does.
    hits: float
    #: Share of pixels with the same class, and with the same instance.
    classes: float
    instances: float
    #: Mean absolute difference of colour, 0-255.
    color: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationAgreement:
    """How alike two simulators say where a robot fits and how far it is."""

    points: int
    #: Share of points of which both say the same.
    navigable: float
    #: Of the points on which they differ, the share that lies within 0.15 m of agreement.
    near_edge: float
    paths: int
    #: Share of pairs that both or neither can join.
    reachable: float
    #: Median and largest ratio of the second's path length to the first's, larger over smaller.
    length_median: float
    length_worst: float


def compare_pictures(first: Simulator, second: Simulator, poses: Sequence[Pose2D]) -> Agreement:
    """
    Compare pictures that two simulators draw from the same poses.

    Raises
    ------
    ValueError
        If there are no poses, or the cameras or classes differ.

    """
    if not poses or first.camera != second.camera:
        raise ValueError('expected poses, and the same camera in both simulators')
    if first.ground_truth.classes != second.ground_truth.classes:
        raise ValueError('expected the same classes in both simulators')
    pairs = [(first.observe_from(pose), second.observe_from(pose)) for pose in poses]
    errors = np.concatenate([_depth_errors(a, b) for a, b in pairs])
    apart = [np.abs(a.color.astype(np.int16) - b.color).mean() for a, b in pairs]
    return Agreement(
        poses=len(poses),
        depth_median_m=float(np.median(errors)),
        depth_p95_m=float(np.quantile(errors, 0.95)),
        hits=_share([(a.depth > 0) == (b.depth > 0) for a, b in pairs]),
        classes=_share([a.classes == b.classes for a, b in pairs]),
        instances=_share([a.instances == b.instances for a, b in pairs]),
        color=float(np.mean(apart)),
    )


def _depth_errors(a: Frame, b: Frame) -> NDArray[np.float32]:
    both = (a.depth > 0) & (b.depth > 0)
    errors: NDArray[np.float32] = np.abs(a.depth[both] - b.depth[both])
    return errors


def _share(masks: Sequence[NDArray[np.bool_]]) -> float:
    return float(np.mean([mask.mean() for mask in masks]))


def compare_navigation(
    first: Simulator, second: Simulator, *, points: int = 400, paths: int = 20, seed: int = 0
) -> NavigationAgreement:
    """Compare where a robot fits at random places, and the ways between places it can be put."""
    rng = np.random.default_rng(seed)
    corners = np.array([c for room in first.ground_truth.regions for c in room.polygon])
    low, high = corners.min(axis=0), corners.max(axis=0)
    places = rng.uniform(low, high, (points, 2))
    same = [first.is_navigable(x, y) == second.is_navigable(x, y) for x, y in places]
    wrong = places[~np.array(same)]
    near = [_agree_nearby(first, second, x, y) for x, y in wrong]
    ratios, reached = [], []
    for i in range(paths):
        a, b = first.reset(seed=2 * i), first.reset(seed=2 * i + 1)
        lengths = [_length(sim.shortest_path(a, b)) for sim in (first, second)]
        reached.append((lengths[0] is None) == (lengths[1] is None))
        if lengths[0] and lengths[1]:
            ratios.append(max(lengths[0], lengths[1]) / min(lengths[0], lengths[1]))
    return NavigationAgreement(
        points=points,
        navigable=float(np.mean(same)),
        near_edge=float(np.mean(near)) if near else 1.0,
        paths=len(ratios),
        reachable=float(np.mean(reached)) if reached else 1.0,
        length_median=float(np.median(ratios)) if ratios else 1.0,
        length_worst=max(ratios, default=1.0),
    )


def _agree_nearby(first: Simulator, second: Simulator, x: float, y: float) -> bool:
    ways = [(0.15 * np.cos(a), 0.15 * np.sin(a)) for a in np.arange(8) * np.pi / 4]
    here = first.is_navigable(x, y)
    return any(second.is_navigable(x + dx, y + dy) == here for dx, dy in ways)


def _length(path: NDArray[np.float64] | None) -> float | None:
    if path is None:
        return None
    return float(np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1).sum())
