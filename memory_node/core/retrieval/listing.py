"""The objects of a memory as plain values, for lists, services and exports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidQueryError, UnknownMapError
from memory_node.core.queries import checked_point
from memory_node.core.retrieval.pipeline import Retriever
from memory_node.core.view import View

__all__ = ['ObjectRecord', 'list_objects', 'records']

IntArray = NDArray[np.int64]

#: A name beside its best one that this share of its sightings gave a thing is one it goes by.
GOES_BY = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRecord:
    """One physical object."""

    #: Stable until observations are removed.
    id: int
    label: str
    #: Every name it was given, with its share, the best first.
    names: tuple[tuple[str, float], ...]
    map_id: str
    #: Position and full size in the map [m]; None where depth never placed it.
    position: Vector3 | None
    extent: Vector3 | None
    #: Observations that saw it.
    views: int
    first_ns: int
    last_ns: int
    #: Probability that it still is there.
    existence: float
    #: Name of the room that holds it, '' where none is known.
    room: str
    #: Store key of the observation that shows it best.
    best_view: int


def records(view: View, index: IntArray) -> list[ObjectRecord]:
    """Return some objects of a view as values, in order."""
    objects = view.objects
    sure = 1.0 / (1.0 + np.exp(-objects.existence[index].astype(np.float64)))
    return [
        ObjectRecord(
            id=int(objects.ids[i]),
            label=view.names.texts[int(objects.labels[i])],
            names=_names(view, i),
            map_id=view.snapshot.map_ids[int(objects.maps[i])],
            position=_vector(objects.positions[i]),
            extent=_vector(objects.extents[i]),
            views=int(objects.frames[i]),
            first_ns=int(objects.first_ns[i]),
            last_ns=int(objects.last_ns[i]),
            existence=float(p),
            room=view.rooms.names[room] if (room := int(view.object_rooms[i])) >= 0 else '',
            best_view=int(view.snapshot.keys[objects.view_rows[i]]),
        )
        for i, p in zip(index.tolist(), sure.tolist(), strict=True)
    ]


def _names(view: View, i: int) -> tuple[tuple[str, float], ...]:
    span = slice(int(view.objects.hist_starts[i]), int(view.objects.hist_starts[i + 1]))
    called = view.objects.hist_labels[span].tolist()
    shares = view.name_shares[span].tolist()
    return tuple((view.names.texts[n], share) for n, share in zip(called, shares, strict=True))


def _vector(values: NDArray[np.float32]) -> Vector3 | None:
    x, y, z = values.tolist()
    return (x, y, z) if np.isfinite(values).all() else None


def _goes_by(view: View, meant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (O,) whether each object goes by one of the names that are meant."""
    objects = view.objects
    entries = meant[objects.hist_labels] & (view.name_shares >= GOES_BY)
    kept = meant[objects.labels]
    kept[view.name_owners[entries]] = True
    return kept


def list_objects(
    retriever: Retriever,
    text: str,
    *,
    area: str = '',
    near: Vector3 | None = None,
    radius: float | None = None,
    map_id: str | None = None,
) -> list[ObjectRecord]:
    """Return the objects that pass all filters; see ``Memory.objects``."""
    view = retriever.view()
    objects = view.objects
    kept = np.ones(len(objects), np.bool_)
    if map_id is not None:
        if map_id not in view.snapshot.map_ids:
            raise UnknownMapError(f'no observation is on a map named {map_id!r}')
        kept &= objects.maps == view.snapshot.map_ids.index(map_id)
    if text.strip():
        kept &= _goes_by(view, retriever.meant_odds(view, text) > 0.0)
    if area.strip():
        meant = np.flatnonzero(retriever.room_words.log_odds(view.rooms, area) > 0.0)
        kept &= np.isin(view.object_rooms, meant)
    at = None if near is None else checked_point('near', near)
    if radius is not None:
        if at is None or not 0.0 < radius < np.inf:
            raise InvalidQueryError(f'radius must be finite and > 0 and needs near, got {radius}')
        away = np.linalg.norm(objects.positions - np.array(at, np.float32), axis=1)
        kept &= away <= radius
    index = np.flatnonzero(kept)
    order = np.argsort(-objects.frames[index].astype(np.int64), kind='stable')
    return records(view, index[order])
