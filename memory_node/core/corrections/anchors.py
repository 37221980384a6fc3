"""
How a correction finds what it is about again, after every rebuild of the object map.

Ids of objects change when the derived map is lost; those of observations never do. So an object is
anchored by sightings of it: the observation, which of its sightings, and the name it was given
there. The object that most of them belong to is meant. Where all of them were forgotten, it is the
nearest thing of one of its names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.objects.view import IntArray, Objects
from memory_node.core.store.corrections import Correction
from memory_node.core.store.snapshot import Snapshot

__all__ = ['Anchors', 'Ground', 'anchor_of']

#: Sightings that anchor one object: the oldest and the newest.
_KEPT = 8
#: Where no sighting is left: how far from its place a thing of its name is taken for it [m].
_REACH_M = 1.0
#: Ids of objects that are not made of sightings: those that a person told apart.
MADE_IDS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Objects, and what they were made from: what anchors are read in."""

    objects: Objects
    #: Sightings under names, those that captions mention too; see ``objects.frames``.
    frames: Snapshot
    #: The observations themselves.
    taken: Snapshot

    def rows_of(self, sightings: IntArray) -> IntArray:
        """Return the row of each sighting."""
        starts = self.frames.sighting_starts
        return np.searchsorted(starts, sightings, side='right').astype(np.int64) - 1


def anchor_of(
    ground: Ground, index: int, ids: Callable[[IntArray], Sequence[str]]
) -> dict[str, Any]:
    """Return what finds an object again, as plain values; ``ids`` names observations by key."""
    objects, frames = ground.objects, ground.frames
    seen = np.flatnonzero(objects.object_of_sighting == index)
    if len(seen) > 2 * _KEPT:
        seen = np.concatenate([seen[:_KEPT], seen[-_KEPT:]])
    rows = ground.rows_of(seen)
    told = ids(ground.taken.keys[rows])
    places = seen - frames.sighting_starts[rows]
    labels = [frames.labels[i] for i in frames.sighting_labels[seen].tolist()]
    span = slice(int(objects.hist_starts[index]), int(objects.hist_starts[index + 1]))
    position = objects.positions[index].astype(float)
    anchor: dict[str, Any] = {
        'map_id': ground.taken.map_ids[int(objects.maps[index])],
        'names': [frames.labels[i] for i in objects.hist_labels[span].tolist()],
        'position': [round(v, 4) for v in position.tolist()] if objects.placed[index] else None,
        'views': int(objects.frames[index]),
        'misses': int(objects.misses[index]),
        'seen': [list(one) for one in zip(told, places.tolist(), labels, strict=True)],
    }
    if objects.ids[index] >= MADE_IDS:
        anchor['made'] = int(objects.ids[index]) - MADE_IDS
    return anchor


class Anchors:
    """Finds the sightings that anchors name, and remembers where they are."""

    def __init__(self, keys_of: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
        """Look up observations by id with ``keys_of``, which leaves out those that are gone."""
        self._keys_of = keys_of
        self._held: dict[tuple[int, int], tuple[int, int, IntArray]] = {}
        self._after: dict[int, int] = {}

    def clear(self) -> None:
        """Forget where anything is."""
        self._held.clear()
        self._after.clear()

    def sightings(
        self, of: tuple[int, int], anchor: Mapping[str, Any], ground: Ground
    ) -> IntArray:
        """
        Return the sightings that an anchor names and that still are there.

        ``of`` is the number of the correction and of the anchor in it.
        """
        epoch, rows = ground.objects.epoch, ground.objects.rows
        held = self._held.get(of)
        complete = held is not None and len(held[2]) == len(anchor['seen'])
        if held is not None and held[0] == epoch and (complete or held[1] == rows):
            return held[2]
        made = self._find(anchor['seen'], ground)
        self._held[of] = epoch, rows, made
        return made

    def _find(self, seen: Sequence[Sequence[Any]], ground: Ground) -> IntArray:
        frames, found = ground.frames, []
        keys = self._keys_of([str(one[0]) for one in seen])
        for observation_id, place, name in seen:
            key = keys.get(str(observation_id))
            row = -1 if key is None else int(ground.taken.rows_of_each(np.array([key]))[0])
            if not 0 <= row < ground.objects.rows:
                continue
            span = frames.sightings_of(row)
            at = span.start + int(place)
            own = at < span.stop and frames.labels[int(frames.sighting_labels[at])] == name
            if own:
                found.append(at)
        return np.array(found, np.int64)

    def after(self, correction: Correction) -> int:
        """Return the key of the newest observation that was there when a correction was made."""
        key, observation_id = correction.body['after']
        if correction.id not in self._after:
            self._after[correction.id] = self._keys_of([observation_id]).get(observation_id, key)
        return self._after[correction.id]

    def row(self, observation_id: str, snapshot: Snapshot) -> int:
        """Return the row of an observation, -1 where it is gone."""
        key = self._keys_of([observation_id]).get(observation_id)
        return -1 if key is None else int(snapshot.rows_of_each(np.array([key]))[0])

    def point(self, body: Mapping[str, Any], snapshot: Snapshot) -> NDArray[np.float64]:
        """
        Return where the told point of a correction is now [m].

        It stays where it was beside the nearest observation, however poses were corrected since.
        """
        told = np.array(body['position'], float)
        row = self.row(body['near'], snapshot) if body.get('near') else -1
        if row < 0:
            return told
        at = np.array(body['near_at'][:3], float)
        turned = float(snapshot.yaws[row]) - float(body['near_at'][3])
        c, s = math.cos(turned), math.sin(turned)
        x, y, z = (told - at).tolist()
        moved: NDArray[np.float64] = np.array([c * x - s * y, s * x + c * y, z])
        return np.asarray(snapshot.positions[row] + moved)

    @staticmethod
    def nearest(anchor: Mapping[str, Any], ground: Ground) -> int:
        """Return the nearest object of one of an anchor's names, -1 where none is in reach."""
        objects, labels = ground.objects, ground.frames.labels
        if anchor['position'] is None or anchor['map_id'] not in ground.taken.map_ids:
            return -1
        named = np.array([label in set(anchor['names']) for label in labels], np.bool_)
        fits = objects.placed & (objects.maps == ground.taken.map_ids.index(anchor['map_id']))
        fits &= named[objects.labels]
        away = np.linalg.norm(objects.positions - np.array(anchor['position']), axis=1)
        away = np.where(fits, away, np.inf)
        best = int(np.argmin(away)) if len(away) else -1
        return best if best >= 0 and away[best] <= _REACH_M else -1
