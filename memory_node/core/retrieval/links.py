"""
How things hang together: in a room, on, part of and next to each other, usually with what.

Derived from a view whenever it is asked for. Every link carries how many views bear it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from memory_node.core.objects.mobility import lasting_s
from memory_node.core.view import View

__all__ = ['Link', 'NamedLink', 'links_of', 'named_links', 'usually_with']

IntArray = NDArray[np.int64]
RealArray = NDArray[np.float64]

#: Things whose outlines are this near are next to each other; how far away others are looked for,
#: and how many are [m].
_NEXT_M, _REACH_M, _NEAREST = 1.0, 3.0, 16
#: What stands on a thing begins at most this high above it [m]; boxes often hold it, too.
_ABOVE_M = 0.25
#: Share of its box that a part has in the whole; it has half of its volume at most.
_INSIDE, _SMALLER = 0.8, 0.5
#: Names that are usually together: in so many views, so many times as often as by chance.
_VIEWS, _LIFT = 3, 2.0
#: Names of one view that are paired, and of those that a name is usually with, how many are told.
_NAMES, _TOLD = 32, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One edge: an object stands so to another one, or is in a room."""

    #: Index of the object, and ``in``, ``on``, ``part of`` or ``next to``.
    source: int
    relation: str
    #: Index of the other object, or of the room where the relation is ``in``.
    target: int
    #: Views that show both, or the object from that room.
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLink:
    """One edge as it is shown."""

    #: ``in``, ``on``, ``part of``, ``next to`` or ``usually with``.
    relation: str
    #: What it leads to: a room, a thing or a name; and the id of the thing, -1 for the others.
    name: str
    id: int
    views: int


def named_links(view: View, ids: IntArray) -> dict[int, list[NamedLink]]:
    """Return the links of some objects by their ids, and what their names are usually with."""
    objects, texts = view.objects, view.names.texts
    index = objects.index_of(ids)
    found: dict[int, list[NamedLink]] = {int(i): [] for i in ids}
    for link in links_of(view, index[index >= 0]):
        in_room = link.relation == 'in'
        label = '' if in_room else texts[int(objects.labels[link.target])]
        found[int(objects.ids[link.source])].append(
            NamedLink(
                relation=link.relation,
                name=view.rooms.names[link.target] if in_room else label,
                id=-1 if in_room else int(objects.ids[link.target]),
                views=link.views,
            )
        )
    together = usually_with(view)
    for i, at in zip(ids.tolist(), index.tolist(), strict=True):
        others = together.get(int(objects.labels[at]), []) if at >= 0 else []
        found[i] += [
            NamedLink(relation='usually with', name=texts[name], id=-1, views=views)
            for name, views in others[:_TOLD]
        ]
    return found


def links_of(view: View, wanted: IntArray | None = None) -> list[Link]:
    """
    Return the links of objects that still are there, by object, those of most views first.

    ``wanted`` are the indices of the objects that links begin at; all of them where left out.
    """
    there = view.objects.existence > 0.0
    sources = np.flatnonzero(there) if wanted is None else wanted[there[wanted]]
    found = [*_in_rooms(view, sources), *_among(view, sources, np.flatnonzero(there))]
    return sorted(found, key=lambda link: (link.source, -link.views, link.relation, link.target))


def usually_with(view: View) -> dict[int, list[tuple[int, int]]]:
    """
    Return for each name those that views show with it far more often than by chance.

    Names are rows of the snapshot's labels; each of the others comes with how many views show
    both, the most first.
    """
    snapshot = view.snapshot
    single: dict[int, int] = {}
    double: dict[tuple[int, int], int] = {}
    count = 0
    for row in range(len(snapshot)):
        names = sorted(set(snapshot.sighting_labels[snapshot.sightings_of(row)].tolist()))[:_NAMES]
        count += bool(names)
        for name in names:
            single[name] = single.get(name, 0) + 1
        for pair in combinations(names, 2):
            double[pair] = double.get(pair, 0) + 1
    found: dict[int, list[tuple[int, int]]] = {}
    for (one, other), views in double.items():
        if views >= _VIEWS and views * count >= _LIFT * single[one] * single[other]:
            found.setdefault(one, []).append((other, views))
            found.setdefault(other, []).append((one, views))
    return {name: sorted(w, key=lambda p: (-p[1], p[0])) for name, w in found.items()}


def _in_rooms(view: View, sources: IntArray) -> Iterator[Link]:
    for i in sources.tolist():
        room = int(view.object_rooms[i])
        if room >= 0:
            views = int((view.row_rooms[view.objects.seen_by(i)] == room).sum())
            yield Link(source=i, relation='in', target=room, views=views)


def _among(view: View, sources: IntArray, there: IntArray) -> Iterator[Link]:
    """Yield how each source stands to the nearest things of its map."""
    objects = view.objects
    for number in np.unique(objects.maps[sources]).tolist():
        here = there[(objects.maps[there] == number) & objects.placed[there]]
        own = sources[(objects.maps[sources] == number) & objects.placed[sources]]
        if not len(own) or len(here) < 2:
            continue
        places = objects.positions.astype(np.float64)
        k = min(_NEAREST, len(here))
        _, near = cKDTree(places[here]).query(places[own], k=k, distance_upper_bound=_REACH_M)
        for i, neighbours in zip(own.tolist(), near.reshape(len(own), k).tolist(), strict=True):
            for j in (int(here[n]) for n in neighbours if n < len(here)):
                relation = _relation(view, i, j) if i != j else ''
                both = len(np.intersect1d(objects.seen_by(i), objects.seen_by(j)))
                if relation and both:
                    yield Link(source=i, relation=relation, target=j, views=both)


def _relation(view: View, one: int, other: int) -> str:
    """Return how a thing stands to another one, empty where it does not."""
    objects = view.objects
    sizes = np.nan_to_num(objects.extents[[one, other]].astype(np.float64))
    apart = objects.positions[one].astype(np.float64) - objects.positions[other]
    gap = np.abs(apart) - sizes.sum(axis=0) / 2.0
    if sizes.all():
        shared = np.clip(-gap, 0.0, sizes.min(axis=0)).prod()
        small = sizes[0].prod() <= _SMALLER * sizes[1].prod()
        stays, whole_stays = (
            lasting_s(view.names.texts[int(objects.labels[i])]) for i in (one, other)
        )
        if small and shared >= _INSIDE * sizes[0].prod() and stays >= whole_stays:
            return 'part of'  # and a cup on a table, which is within the table's box too, is not
        over = (np.abs(apart[:2]) <= sizes[1, :2] / 2.0).all()
        smaller = sizes[0, :2].prod() < sizes[1, :2].prod()
        if over and smaller and apart[2] > 0.0 and gap[2] <= _ABOVE_M:
            return 'on'
    level_m = float(np.hypot(*np.maximum(gap[:2], 0.0)))
    return 'next to' if level_m <= _NEXT_M and gap[2] <= _NEXT_M else ''
