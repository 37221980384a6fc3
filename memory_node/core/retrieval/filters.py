"""Filters of a query that are no words: map, radius, time span, and given observations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import RetrievalConfig
from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.data import Query
from memory_node.core.errors import EmptyMemoryError, UnknownMapError
from memory_node.core.view import View

__all__ = ['allowed_rows', 'closeness', 'filtered', 'filters_of']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Log-odds of standing right beside ``near``, against far away.
_NEAR = 1.5


def filters_of(query: Query) -> tuple[object, ...]:
    """Return the values that cut what may be answered; None where one is not set."""
    return query.map_id, query.radius_m, query.since_ns, query.until_ns


def allowed_rows(view: View, query: Query, rows: IntArray | None) -> NDArray[np.bool_] | None:
    """Return (N,) which observations pass the filters of a query; None where all do."""
    snapshot = view.snapshot
    if not len(snapshot):
        raise EmptyMemoryError('the memory holds no observation yet')
    if rows is None and all(value is None for value in filters_of(query)):
        return None
    mask = np.zeros(len(snapshot), np.bool_)
    mask[slice(None) if rows is None else rows] = True
    if query.map_id is not None:
        if query.map_id not in snapshot.map_ids:
            raise UnknownMapError(f'no observation is on a map named {query.map_id!r}')
        on_map = snapshot.maps == snapshot.map_ids.index(query.map_id)
        if not on_map.any():
            raise UnknownMapError(f'no observation is on a map named {query.map_id!r}')
        mask &= on_map
    if query.since_ns is not None:
        mask &= snapshot.stamps >= query.since_ns
    if query.until_ns is not None:
        mask &= snapshot.stamps <= query.until_ns
    if query.radius_m is not None and query.near is not None:
        away = np.linalg.norm(snapshot.positions - np.array(query.near), axis=1)
        mask &= away <= query.radius_m
    return mask


def filtered(
    view: View, candidates: Candidates, query: Query, allowed: NDArray[np.bool_] | None
) -> Candidates:
    """Return the candidates that some allowed observation shows, to be stood at there."""
    if allowed is None or not len(candidates):
        return candidates
    rows = candidates.row.copy()
    last = candidates.last_ns.copy()
    kept = allowed[rows]
    for i in np.flatnonzero(~kept).tolist():
        if candidates.kind[i] == Kind.OBJECT:
            seen = view.objects.seen_by(int(candidates.index[i]))
        elif candidates.kind[i] == Kind.ROOM:
            seen = view.rooms.rows_of(int(candidates.index[i]))
        else:
            continue
        seen = seen[allowed[seen]]
        if len(seen):
            kept[i], rows[i] = True, seen[-1]
            last[i] = view.snapshot.stamps[seen].max()
    return replace(candidates, row=rows, last_ns=last).take(kept)


def closeness(query: Query, candidates: Candidates, config: RetrievalConfig) -> RealArray:
    """Return (n,) log-odds for being close to ``query.near``; 0 without one."""
    if query.near is None:
        return np.zeros(len(candidates))
    away = np.linalg.norm(candidates.position - np.array(query.near), axis=1)
    return np.asarray(_NEAR * (np.exp(-away / config.distance_scale_m) - 1.0))
