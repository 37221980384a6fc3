"""The corrections of one memory: read from the store, laid over objects and rooms, listed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
import logging
import threading

import numpy as np

from memory_node.core.corrections.anchors import Anchors, Ground
from memory_node.core.corrections.edit import EditKind
from memory_node.core.corrections.forgetting import named_by, without_forgotten
from memory_node.core.corrections.overlay import IN_FORCE, LOST, Overlay, said_by
from memory_node.core.corrections.places import Naming, with_names
from memory_node.core.objects.names import NameTable
from memory_node.core.objects.view import Objects
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.told import ToldRooms
from memory_node.core.rooms.vocabulary import Vocabulary
from memory_node.core.store.corrections import Correction
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot

__all__ = ['DONE', 'UNDONE', 'Corrections']

_LOG = logging.getLogger(__name__)
UNDONE, DONE = 'undone', 'done'
#: A place that no view is nearer to than this is on no map any more [m].
_REACH_M = 10.0


class Corrections:
    """Keeps what people corrected; thread-safe. ``follow`` takes over what others wrote."""

    def __init__(self, mirror: Mirror, vocabulary: Vocabulary) -> None:
        """Read the corrections of a store."""
        self._mirror = mirror
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._anchors = Anchors(self._keys_of)
        self._overlay = Overlay(self._anchors)
        self._states: dict[int, str] = {}
        self._told: set[int] = set()
        self._epoch = -1
        self._version = -1
        self._rows: tuple[Correction, ...] = ()
        self.follow()

    @property
    def rows(self) -> tuple[Correction, ...]:
        """Every correction, undone ones too."""
        return self._rows

    def follow(self, *, always: bool = False) -> bool:
        """Read the corrections where the store has changed; tell whether they differ."""
        store = self._mirror.store
        with self._mirror.lock:
            version = store.data_version
            if version == self._version and not always:
                return False
            self._version = version
            rows = store.corrections()
        if rows == self._rows:
            return False
        self._rows = rows
        return True

    def _keys_of(self, ids: Sequence[str]) -> Mapping[str, int]:
        with self._mirror.lock:
            return self._mirror.store.keys_by_id(ids)

    def forget(self, names: Collection[str]) -> None:
        """Take out of all corrections what names forgotten observations, or none of ``names``."""
        with self._mirror.lock:
            store = self._mirror.store
            rows = store.corrections()
            ids = {name for row in rows for name in named_by(row.body)}
            known = store.keys_by_id(list(ids))
            store.replace_bodies(
                {
                    row.id: body
                    for row in rows
                    if (body := without_forgotten(row.body, known, names)) != row.body
                }
            )

    def _live(self) -> tuple[Correction, ...]:
        return tuple(c for c in self._rows if c.undone_ns is None)

    def names(self) -> list[str]:
        """Return the names that people gave, so that they can be encoded before a question."""
        return [str(c.body['name']) for c in self._live() if c.body.get('name')]

    def of_objects(
        self, objects: Objects, names: NameTable, frames: Callable[[], Snapshot], taken: Snapshot
    ) -> Objects:
        """Return objects with corrections over them; the same where there are none."""
        rows = self._live()
        if not rows:
            return objects
        with self._lock:
            if self._epoch != objects.epoch:
                self._epoch = objects.epoch
                self._anchors.clear()
            ground = Ground(objects=objects, frames=frames(), taken=taken)
            made, states = self._overlay.apply(
                rows, ground, lambda name: int(names.add([name])[0])
            )
            if len(taken) >= len(self._mirror.snapshot()):  # else what is lost may be yet to come
                self._say(states)
            self._states.update(states)
        return made

    def _say(self, states: Mapping[int, str]) -> None:
        for number, state in states.items():
            if state != IN_FORCE and number not in self._told:
                self._told.add(number)
                why = 'finds what it is about no more' if state == LOST else f'is {state}'
                _LOG.warning('correction %d %s', number, why)
            elif state == IN_FORCE:
                self._told.discard(number)

    def of_rooms(self, rooms: Rooms, snapshot: Snapshot) -> ToldRooms:
        """Return rooms under the names that people gave them."""
        namings = []
        states: dict[int, str] = {}
        for correction in self._live():
            if correction.kind == EditKind.PLACE:
                naming = self._naming(correction, snapshot)
                states[correction.id] = LOST if naming is None else IN_FORCE
                namings += [] if naming is None else [naming]
        if not namings and not states:
            return ToldRooms(rooms=rooms)
        with self._lock:
            self._states.update(states)
            self._say(states)
        return with_names(rooms, namings, snapshot, self._vocabulary)

    def _naming(self, correction: Correction, snapshot: Snapshot) -> Naming | None:
        body = correction.body
        told = self._anchors.point(body, snapshot)
        row = self._anchors.row(body['near'], snapshot)
        if row < 0 and body['map_id'] in snapshot.map_ids:
            away = np.linalg.norm(snapshot.positions - told, axis=1)
            away[snapshot.maps != snapshot.map_ids.index(body['map_id'])] = np.inf
            best = int(np.argmin(away)) if len(away) else -1
            row = best if best >= 0 and away[best] <= _REACH_M else -1
        if row < 0:
            return None
        x, y, z = told.tolist()
        return Naming(
            number=correction.id,
            name=str(body['name']),
            row=row,
            position=(x, y, z),
            radius_m=float(body.get('radius_m', 0.0)),
            note=said_by(correction, 'the name of this place'),
        )

    def state_of(self, correction: Correction) -> str:
        """Return what has become of a correction."""
        if correction.undone_ns is not None:
            return UNDONE
        if correction.kind == EditKind.FORGET:
            return DONE
        return self._states.get(correction.id, IN_FORCE)

    @property
    def lost(self) -> int:
        """Number of corrections that find what they are about no more."""
        return sum(self.state_of(c) == LOST for c in self._rows)
