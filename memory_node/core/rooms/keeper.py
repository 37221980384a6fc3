"""Keeps the rooms of a memory up to date in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import threading
import time

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray
from memory_node.core.errors import IndexDamagedError
from memory_node.core.objects.keeper import KeptObjects
from memory_node.core.objects.meaning import PackVectors
from memory_node.core.objects.names import Names, NameTable
from memory_node.core.rooms.building import MAKING, RoomBuilder
from memory_node.core.rooms.matching import RoomMatcher
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.told import ToldRooms
from memory_node.core.rooms.views import RoomViews
from memory_node.core.rooms.vocabulary import Vocabulary
from memory_node.core.store.files import marked, unmarked
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot
from memory_node.core.worker import Worker

__all__ = ['KeptRooms', 'RoomKeeper']

IntArray = NDArray[np.int64]

#: Rooms are made once nothing has come for this long [s] ...
_PAUSE_S = 0.1
#: Time between two looks of a question that waits for the first rooms [s].
_LOOK_S = 0.02
#: ... and so seldom that they take at most this share of one core.
_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRooms:
    """Rooms, and the ids of the objects that ``rooms.room_of_object`` is about."""

    rooms: Rooms
    object_ids: IntArray
    epoch: int
    #: Without what people said of them.
    perceived: Rooms
    told: ToldRooms
    #: Distinct names of rooms with what such places are for, and (R,) that of each; -1 for none.
    names: Names
    name_ids: IntArray


class RoomKeeper:
    """The rooms of one memory; thread-safe. ``notify`` after every change, ``close`` last."""

    def __init__(
        self,
        mirror: Mirror,
        objects: Callable[[Snapshot], KeptObjects],
        encode: Callable[[list[str]], FloatArray],
        vocabulary: Vocabulary,
        packs: PackVectors,
        correct: Callable[[Rooms, Snapshot], ToldRooms] | None = None,
    ) -> None:
        """
        Follow ``mirror``; ``objects`` returns the object map for a snapshot.

        ``correct`` lays the names that people gave over the rooms.
        """
        self._correct = correct
        self._stale = False
        self._making = threading.Lock()
        self._mirror = mirror
        self._objects = objects
        self._builder = RoomBuilder(vocabulary, encode=encode)
        self.matcher = RoomMatcher(vocabulary, encode)
        self._digest = f'{vocabulary.digest}-{MAKING}'
        self._names = NameTable(encode, packs, {})
        self._kept: KeptRooms | None = None
        #: Whether those that are held were read from a file that knows fewer observations.
        self._partial = False
        self._not_before = 0.0
        #: Whether somebody waits for rooms that know all there is: they are made without a rest.
        self._awaited = False
        self._worker = Worker('memory-rooms', self._bring_up_to_date)
        self.notify, self.wait, self.close = (
            self._worker.notify,
            self._worker.wait,
            self._worker.close,
        )

    def kept(self, epoch: int, patience_s: float) -> KeptRooms:
        """
        Return the newest rooms, which may know fewer observations than the memory.

        ``epoch`` is that of the snapshots they must go with; where there are none of it at all,
        or only some from a file that knows fewer, waits at most ``patience_s``.
        """
        kept = self._kept
        if kept is None or kept.epoch != epoch or self._partial:
            self._worker.notify()
            until_s = time.monotonic() + patience_s
            # Not until it is idle: it rests after each making, with the rooms long there.
            while not (self.fits(epoch) or time.monotonic() > until_s):
                if self._worker.wait(_LOOK_S):
                    break
            kept = self._kept
        if kept is None or kept.epoch != epoch:
            return self._made(self._builder.build(_no_views()), np.empty(0, np.int64), epoch)
        return kept

    def fits(self, epoch: int) -> bool:
        """Tell whether there are rooms that go with snapshots of ``epoch``."""
        return self._kept is not None and self._kept.epoch == epoch and not self._partial

    def dump(self, stamp: Mapping[str, str | int]) -> bytes | None:
        """Return the rooms as bytes for a file; None where there are none of what is held now."""
        kept = self._kept
        if kept is None or kept.epoch != self._mirror.snapshot().epoch:
            return None
        head = {**stamp, 'vocabulary': self._digest, 'objects': kept.object_ids.tolist()}
        text = json.dumps(head).encode()
        data = len(text).to_bytes(8, 'little') + text + kept.perceived.to_bytes()
        return marked(data, self._mirror.content(kept.perceived.keys))

    def restore(self, data: bytes, stamp: Mapping[str, str | int], snapshot: Snapshot) -> None:
        """
        Take over what ``dump`` wrote, where it is of the first observations of ``snapshot``.

        Raises ``IndexDamagedError`` where it is damaged or of something else.
        """
        content, data = unmarked(data)
        size = int.from_bytes(data[:8], 'little')
        try:
            head = json.loads(data[8 : 8 + size])
            object_ids = np.array(head.pop('objects'), np.int64)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexDamagedError(f'the rooms are damaged: {error}') from error
        if head != {**stamp, 'vocabulary': self._digest}:
            raise IndexDamagedError('the rooms are of another content or vocabulary')
        rooms = Rooms.from_bytes(data[8 + size :])
        if not np.array_equal(rooms.keys, snapshot.keys[: len(rooms.keys)]):
            raise IndexDamagedError('the rooms are of other observations')
        if content != self._mirror.content(rooms.keys):
            raise IndexDamagedError('the rooms were made from other observations')
        self._kept = self._made(rooms, object_ids, snapshot.epoch)
        self._partial = len(rooms.keys) < len(snapshot)

    def _made(self, rooms: Rooms, object_ids: IntArray, epoch: int) -> KeptRooms:
        """Return rooms to keep; names that are new are encoded here, never at a question."""
        told = ToldRooms(rooms=rooms)
        snapshot = self._mirror.snapshot()
        if self._correct is not None and snapshot.epoch == epoch:
            told = self._correct(rooms, snapshot)
        perceived, rooms = rooms, told.rooms
        called = [name for name in rooms.names if name]
        name_ids = np.full(len(rooms), -1, np.int64)
        name_ids[[bool(name) for name in rooms.names]] = self._names.add(called)
        return KeptRooms(
            rooms=rooms,
            object_ids=object_ids,
            epoch=epoch,
            perceived=perceived,
            told=told,
            names=self._names.view(),
            name_ids=name_ids,
        )

    def await_rows(self, rows: int, timeout_s: float) -> None:
        """Wait for rooms that know the first ``rows`` observations, made at once; not for long."""
        kept = self._kept
        known = 0 if kept is None else len(kept.perceived.keys)
        if known >= rows:
            return
        self._awaited = True
        try:
            self._worker.notify()
            self._worker.wait(timeout_s)
        finally:
            self._awaited = False

    def again(self) -> None:
        """Name the rooms anew at once, and make them anew later: corrections have changed."""
        with self._making:
            kept = self._kept
            if kept is not None:
                self._kept = self._made(kept.perceived, kept.object_ids, kept.epoch)
            self._stale = True
        self._worker.notify()

    def _may_rest(self) -> bool:
        """Tell whether there are rooms to answer with, those of before a removal not counted."""
        urgent = self._awaited or self._worker.closing
        return not urgent and self.fits(self._mirror.snapshot().epoch)

    def _bring_up_to_date(self) -> None:
        while not self._awaited and self._worker.pause(_PAUSE_S) and not self._worker.closing:
            pass
        while (early := self._not_before - time.monotonic()) > 0.0 and self._may_rest():
            self._worker.pause(early)
        started = time.monotonic()
        known = self._objects(self._mirror.snapshot())
        kept = self._kept
        current = kept is not None and kept.epoch == known.objects.epoch
        rows = len(kept.perceived.keys) if kept is not None else -1
        if current and rows == known.objects.rows and not self._stale:
            return
        if not self._worker.closing:
            self._build(known)
            now = time.monotonic()
            self._not_before = now + (now - started) * (1.0 / _SHARE - 1.0)

    def _build(self, known: KeptObjects) -> None:
        snapshot, objects = known.frames, known.objects
        links = snapshot.rows_of_each(np.concatenate(self._mirror.links())).reshape(2, -1).T
        views = RoomViews(
            keys=snapshot.keys,
            stamps=snapshot.stamps,
            maps=snapshot.maps,
            positions=snapshot.positions,
            captions=self._mirror.captions(snapshot.keys),
            label_starts=snapshot.sighting_starts,
            label_ids=snapshot.sighting_labels.astype(np.int64),
            labels=snapshot.labels,
            mentioned=known.mentioned,
            links=links[(links >= 0).all(axis=1)],
            object_labels=objects.labels.astype(np.int64),
            object_positions=objects.positions.astype(np.float64),
            object_starts=objects.seen_starts,
            object_rows=objects.seen_rows,
        )
        self._stale = False
        previous = None if self._kept is None else self._kept.perceived
        rooms = self._builder.build(views, previous)
        with self._making:
            self._kept = self._made(rooms, objects.ids, snapshot.epoch)
            self._partial = False


def _no_views() -> RoomViews:
    none = np.empty(0, np.int64)
    return RoomViews(
        keys=none,
        stamps=none,
        maps=none.astype(np.int32),
        positions=np.empty((0, 3)),
        captions=(),
        label_starts=np.zeros(1, np.int64),
        label_ids=none,
        labels=(),
    )
