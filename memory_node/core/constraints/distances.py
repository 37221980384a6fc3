"""How far candidates are from landmarks, and what that says as log-odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.constraints.base import Candidates, Kind, Landmark, Scene, UNMET, UNSURE

__all__ = [
    'Pairs',
    'closeness',
    'judged',
    'log_probability',
    'nearest_landmarks',
]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: What no depth has placed may be this far from where it was seen [m].
SIGHT_M = 3.0
#: Most that closeness adds, so that of two that are close enough the closer one is preferred.
_BONUS = 0.5
#: A length that a request states is taken this much wider, as a share and at least [m].
_TOLERANCE, _LEAST_TOLERANCE_M = 0.1, 0.25
#: Extents of a landmark that nobody measured [m].
_USUAL_EXTENT_M = (0.8, 0.8, 0.0)
#: Landmarks looked at for each candidate.
_NEAREST = 3


def log_probability(odds: FloatArray) -> FloatArray:
    """Return the logarithm of the probability that log-odds stand for."""
    return np.asarray(-np.logaddexp(0.0, -odds))


def judged(odds: FloatArray, *, negated: bool, known: BoolArray | None = None) -> FloatArray:
    """
    Return log-odds of a constraint, turned round where it is negated.

    ``known`` is (n,) whether anybody can tell; where nobody can, the result is ``UNSURE``.
    """
    result = np.clip(odds, UNMET, _BONUS)
    if negated:
        result = np.maximum(np.log(-np.expm1(np.minimum(result, -1e-6))), UNMET)
    return np.asarray(result if known is None else np.where(known, result, UNSURE))


def closeness(distance: FloatArray, reach_m: float, *, stated: bool = False) -> FloatArray:
    """
    Return log-odds that distances [m] are as close as meant.

    0 at ``reach_m``, a little more inside, falling with the square of the distance outside. A
    length that the request has ``stated`` is a limit: outside, a tenth of it costs as much as
    the whole reach costs otherwise.
    """
    inside = _BONUS * (1.0 - distance / reach_m)
    if stated:
        wide = max(_TOLERANCE * reach_m, _LEAST_TOLERANCE_M)
        outside = -(((distance - reach_m) / wide) ** 2)
    else:
        outside = 1.0 - (distance / reach_m) ** 2
    return np.asarray(np.maximum(np.where(distance <= reach_m, inside, outside), UNMET))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Each of n candidates with the k landmarks nearest to it."""

    #: (n, k) distance between the hulls of both [m]; infinite on other maps and for itself.
    distance: FloatArray
    #: (n, k) the same where what depth has not placed is taken to be where it likely is.
    guessed: FloatArray
    #: (n, k) the same along the ground, and how far the candidate's centre is above [m].
    level: FloatArray
    above: FloatArray
    #: (n, k) index into the landmarks.
    landmark: IntArray
    #: (n, k) whether depth has placed both.
    placed: BoolArray
    #: (n, k) whether one frame shows both best.
    together: BoolArray


def nearest_landmarks(scene: Scene, candidates: Candidates, landmark: Landmark) -> Pairs:
    """
    Return every candidate with the landmarks around it.

    O(n log m); an object is never its own landmark.
    """
    index = _nearest_centres(candidates, landmark)
    own_object = np.where(candidates.kind == Kind.OBJECT, candidates.index, -1)
    offset = candidates.position[:, None] - landmark.positions[index]
    half = 0.5 * (
        _extents(scene, own_object, (0.0, 0.0, 0.0))[:, None]
        + _extents(scene, landmark.objects, _USUAL_EXTENT_M)[index]
    )
    gap = np.maximum(np.abs(offset) - half, 0.0)
    placed = candidates.placed[:, None] & landmark.placed[index]
    own = own_object[:, None]
    apart = (candidates.map[:, None] != landmark.maps[index]) | (
        (own >= 0) & (own == landmark.objects[index])
    )
    level = np.where(apart, np.inf, np.sqrt((gap[..., :2] ** 2).sum(axis=-1)))
    # What depth has not placed is only known to be about where it was seen from.
    slack = SIGHT_M * ((~candidates.placed[:, None]).astype(float) + ~landmark.placed[index])
    away = np.where(apart, np.inf, np.sqrt((gap**2).sum(axis=-1)))
    return Pairs(
        distance=np.maximum(away - slack, 0.0),
        guessed=away,
        level=np.maximum(level - slack, 0.0),
        above=offset[..., 2],
        landmark=index,
        placed=placed,
        together=(candidates.row[:, None] == landmark.rows[index]) & ~apart,
    )


def _nearest_centres(candidates: Candidates, landmark: Landmark) -> IntArray:
    """Return (n, k) the landmarks whose centres are nearest, on the candidate's map if any is."""
    count = len(landmark.odds)
    # One more than is looked at: an object may be among its own landmarks.
    k = min(_NEAREST + 1, count)
    if count <= k:
        return np.tile(np.arange(count), (len(candidates), 1))
    # Maps are told apart by a coordinate of their own.
    spread = 1e6
    there = np.column_stack([landmark.positions, spread * landmark.maps])
    here = np.column_stack([candidates.position, spread * candidates.map])
    return np.asarray(cKDTree(there).query(here, k=k)[1], np.int64)


def _extents(scene: Scene, objects: IntArray, usual: tuple[float, float, float]) -> FloatArray:
    """Return (m, 3) extents of objects [m]; ``usual`` where unknown, 0 for what is no object."""
    extents = np.zeros((len(objects), 3))
    held = np.flatnonzero(objects >= 0)
    known = scene.view.objects.extents[objects[held]].astype(np.float64)
    extents[held] = np.where(np.isfinite(known), known, np.array(usual))
    return extents
