"""Candidates among the objects of the map: every object whose name may be meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.retrieval.scale import both, probability
from memory_node.core.view import View

__all__ = ['MOST', 'object_candidates', 'objects_as_candidates']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Objects judged for one request; those whose names fit best, where there are more.
MOST = 4096
#: Names this much less likely than the best one are left out, unless few are better [log-odds].
_SPAN = 8.0
#: Nothing is meant more surely than this.
_SURE = 1.0 - 1e-9
#: Share of names that may be slips of a captioner.
_SLIP = 0.05


def object_candidates(
    view: View,
    odds: FloatArray,
    *,
    wider: NDArray[np.bool_] | None = None,
    gone: bool = False,
    most: int = MOST,
) -> Candidates:
    """
    Return the objects that may be meant, by the (L,) log-odds of names.

    An object that detectors called different things is meant as far as its names are, each
    weighed by its share; names that are ``wider`` (L,) than what is asked for say nothing. With
    ``gone`` an object counts also where it was and is no more, as questions about the past want
    it; what was a mistake of the detector never counts.
    """
    objects = view.objects
    order, starts = view.objects_by_name
    if not len(odds):
        return Candidates.none()
    ranked = np.argsort(-odds, kind='stable')
    ranked = ranked[odds[ranked] > odds[ranked[0]] - _SPAN]
    taken: list[IntArray] = []
    total = 0
    for name in ranked.tolist():
        entries = order[starts[name] : starts[name + 1]]
        taken.append(entries)
        total += len(entries)
        if total >= most:
            break
    if not total:
        return Candidates.none()
    entries = np.concatenate(taken)
    owners, at = np.unique(view.name_owners[entries], return_inverse=True)
    shares, names = view.name_shares[entries], objects.hist_labels[entries]
    fitting = shares * probability(odds)[names]
    called = np.bincount(at, fitting)
    if wider is not None and wider.any():
        apart = wider[names]
        fits = np.bincount(at, np.where(apart, 0.0, fitting))
        silent = np.bincount(at, np.where(apart, shares, 0.0))
        called = np.maximum(called, fits / (1.0 - silent + _SLIP))
    called = np.clip(called, 1e-30, _SURE)
    meant = np.log(called) - np.log1p(-called)
    first = np.sort(np.argsort(-meant, kind='stable')[:most])
    owners, meant = owners[first], meant[first]
    there = objects.real if gone else objects.existence
    meant = both(meant, there[owners].astype(np.float64))
    return objects_as_candidates(view, owners, meant)


def objects_as_candidates(view: View, index: IntArray, odds: FloatArray) -> Candidates:
    """Return some objects as candidates with given log-odds."""
    objects, snapshot = view.objects, view.snapshot
    rows = objects.view_rows[index]
    placed = objects.placed[index]
    position = objects.positions[index].astype(np.float64)
    position[~placed] = snapshot.positions[rows[~placed]]
    return Candidates(
        kind=np.full(len(index), Kind.OBJECT, np.int8),
        index=index.astype(np.int64),
        row=rows,
        position=position,
        placed=placed,
        map=objects.maps[index].astype(np.int64),
        room=view.object_rooms[index],
        name=objects.labels[index].astype(np.int64),
        first_ns=objects.first_ns[index],
        last_ns=objects.last_ns[index],
        odds=odds,
    )
