"""The things of one map that another map of the same place would show too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.language.names import Relation
from memory_node.core.objects.mobility import lasting_s
from memory_node.core.objects.names import Names
from memory_node.core.view import View

__all__ = ['Landmarks', 'landmarks_of']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Floor that one thing or view stands for when the size of a map is measured [m].
_CELL_M = 2.0
_STOREY_M = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """N placed things of one map."""

    #: (N, 3) positions [m].
    points: RealArray
    #: (N,) number of what each is called; names of one meaning have one.
    kinds: IntArray
    #: (N,) how long such things usually stay where they are [s].
    lasting_s: RealArray
    #: (N,) probability that each was there at all.
    real: RealArray
    #: (N,) first and last stamp at which each was seen [ns].
    first_ns: IntArray
    last_ns: IntArray
    #: Span of the map's observations [ns], and the floor that they cover [m^2].
    span_ns: tuple[int, int]
    area_m2: float

    def __len__(self) -> int:
        """Return the number of things."""
        return len(self.points)

    def stayed(self, other: Landmarks) -> RealArray:
        """Return the (N,) probability that each was where it is when ``other`` was made."""
        first, last = other.span_ns
        gap_ns = np.maximum(np.maximum(first - self.last_ns, self.first_ns - last), 0)
        stayed: RealArray = self.real * np.exp(-1e-9 * gap_ns / self.lasting_s)
        return stayed


def landmarks_of(view: View, map_row: int) -> Landmarks:
    """Return the placed things of a map, each where it was last."""
    objects, snapshot = view.objects, view.snapshot
    here = (objects.maps == map_row) & objects.placed & (objects.moved_to < 0)
    index = np.flatnonzero(here & (objects.real > 0.0))
    rows = np.flatnonzero(snapshot.maps == map_row)
    labels = objects.labels[index].astype(np.int64)
    lasting = {label: lasting_s(view.names.texts[label]) for label in np.unique(labels).tolist()}
    points = objects.positions[index].astype(np.float64)
    stamps = snapshot.stamps[rows]
    floor = np.concatenate([points, snapshot.positions[rows].reshape(-1, 3)])
    cells = np.unique(np.floor(floor / (_CELL_M, _CELL_M, _STOREY_M)), axis=0)
    return Landmarks(
        points=points,
        kinds=_kinds(view.names, labels),
        lasting_s=np.array([lasting[label] for label in labels.tolist()], np.float64),
        real=1.0 / (1.0 + np.exp(-objects.real[index].astype(np.float64))),
        first_ns=objects.first_ns[index],
        last_ns=objects.last_ns[index],
        span_ns=(int(stamps.min(initial=0)), int(stamps.max(initial=0))),
        area_m2=max(1, len(cells)) * _CELL_M**2,
    )


def _kinds(names: Names, labels: IntArray) -> IntArray:
    """Return for each label the first name that is the same or a synonym of it."""
    kind_of: dict[int, int] = {}
    for label in np.unique(labels).tolist():
        alike = names.matcher.relations(names.texts[label])[: len(names)] <= Relation.SYNONYM
        kind_of[label] = int(np.flatnonzero(alike)[0]) if alike.any() else label
    return np.array([kind_of[label] for label in labels.tolist()], np.int64)
