"""Keeps names, objects and rooms of a memory up to date, and hands them out together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
import logging
import threading
import time

from memory_node.core.config import ObjectsConfig
from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import IndexDamagedError, StoreFormatError
from memory_node.core.objects.file import dump_kept, load_kept
from memory_node.core.objects.frames import Frames
from memory_node.core.objects.identity import Former, kept_slots
from memory_node.core.objects.meaning import PackVectors
from memory_node.core.objects.names import Names, NameTable
from memory_node.core.objects.object_map import ObjectMap
from memory_node.core.objects.view import Objects
from memory_node.core.store.files import marked, unmarked
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Snapshot

__all__ = ['KeptObjects', 'ObjectKeeper']

_LOG = logging.getLogger(__name__)
#: Observations taken in under one hold of the lock: a question waits for some milliseconds.
_SLICE = 64


#: Objects, names, sightings under names and observations become objects with corrections.
Correct = Callable[[Objects, NameTable, Callable[[], Snapshot], Snapshot], Objects]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObjects:
    """Names and objects that belong together, and the frames they were made from."""

    names: Names
    objects: Objects
    #: What detectors saw and captions mention, by names.
    frames: Snapshot
    #: Names that no detector gave anything.
    mentioned: frozenset[str]
    #: Whether no caption says more than a list of labels.
    bare: bool


class ObjectKeeper:
    """
    The object map of one memory; thread-safe.

    Whoever adds observations brings the map up to date before the call returns, so a question
    finds it ready; after opening a store whose map was lost, a worker does, slice by slice.
    """

    def __init__(
        self,
        mirror: Mirror,
        encode: Callable[[list[str]], FloatArray],
        packs: PackVectors,
        synonyms: Mapping[str, str],
        is_room: Callable[[str], bool],
        config: ObjectsConfig,
        *,
        packs_digest: str = '',
        correct: Correct | None = None,
    ) -> None:
        """
        Follow ``mirror`` with an empty map; ``restore`` may give it an older one.

        ``correct`` lays what people corrected over the objects.
        """
        self._mirror = mirror
        self._encode = encode
        self._packs = packs
        self._synonyms = synonyms
        #: What tells the packs in use from others.
        self.packs = packs_digest
        self._is_room = is_room
        self._config = config
        self._correct = correct
        self._lock = threading.Lock()
        self._published: KeptObjects | None = None
        #: Epoch and rows of what the map knows, and whether that is to be handed out next.
        self._done: tuple[int, int] | None = None
        self._due = False
        self._reset()

    def _reset(self, encoded: Names | None = None) -> None:
        #: The objects of the map that is made again, until that is whole.
        self._former: Former | None = None
        self._names = NameTable(self._encode, self._packs, self._synonyms, encoded)
        self._frames = Frames(self._names, self._is_room)
        self._map = ObjectMap(self._config)
        self._taken = self._mirror.snapshot().first(0)

    def dump(self, stamp: Mapping[str, str | int]) -> bytes | None:
        """Return everything as bytes for a file; None while observations are left out."""
        with self._lock:
            shown = self._published is not None and self._published.objects.rows == self._map.rows
            if not (self._due or shown):
                return None
            content = self._mirror.content(self._taken.keys)
            return marked(dump_kept(self._names, self._frames, self._map, stamp), content)

    def restore(self, data: bytes, stamp: Mapping[str, str | int], snapshot: Snapshot) -> None:
        """
        Take over what ``dump`` wrote of a store that holds ``snapshot`` now.

        Raises ``StoreFormatError`` where it is damaged or of something else; the map then is
        empty, and is made again from the store.
        """
        with self._lock:
            try:
                content, data = unmarked(data)
                self._map = load_kept(
                    data,
                    self._names,
                    self._frames,
                    stamp=stamp,
                    config=self._config,
                    epoch=snapshot.epoch,
                )
                if self._map.rows > len(snapshot):
                    raise StoreFormatError('the object map is ahead of the store')
                if content != self._mirror.content(snapshot.keys[: self._map.rows]):
                    raise StoreFormatError('the object map was made from other observations')
            except StoreFormatError:
                self._reset()
                raise
            except IndexDamagedError as error:
                raise StoreFormatError(f'the object map is damaged: {error}') from error
            self._taken = snapshot.first(self._map.rows)
            self._due, self._done = True, (snapshot.epoch, self._map.rows)

    def know(self, names: Sequence[str]) -> None:
        """Encode names that people give; raises ``EncoderError``."""
        with self._lock:
            self._names.add(names)

    def again(self) -> None:
        """Hand out the objects anew: what people corrected has changed."""
        with self._lock:
            self._due = self._due or self._published is not None

    def forget(self) -> None:
        """
        Make the map anew from what is left, after observations were removed.

        Names that only those had are gone with them; the vectors of others are taken over.
        """
        with self._lock:
            former = self._former or self._objects_now()  # its objects keep their ids
            self._reset(self._names.view())
            self._former, self._done = former, None

    @property
    def taken(self) -> Snapshot:
        """The observations that the map knows."""
        return self._taken

    def prepare(self, items: Sequence[Observation]) -> None:
        """
        Encode the names that observations bring, before they are stored.

        Raises ``EncoderError``; nothing is to be stored then.
        """
        with self._lock:
            self._frames.know(
                [s.label for item in items for s in item.sightings],
                [item.caption for item in items],
            )

    @property
    def message(self) -> str:
        """Which observations the map could not take, in words; '' if none."""
        skipped = self._map.skipped
        if not skipped:
            return ''
        key, why = list(skipped.items())[-1]
        return f'{len(skipped)} observations gave no object, the last ({key}) because: {why}'

    def behind(self, snapshot: Snapshot) -> int:
        """Return how many observations of a snapshot the map does not know."""
        done = self._done
        if done is None or done[0] != snapshot.epoch:
            return len(snapshot)
        return max(0, len(snapshot) - done[1])

    def catch_up(self, snapshot: Snapshot, deadline_s: float | None = None) -> int:
        """
        Take in what is new in a snapshot; return how many observations are left out.

        Stops between two slices once ``time.monotonic()`` has passed ``deadline_s``.
        """
        # Nothing is unknown of an empty snapshot, and yet all that was removed is to go.
        while (left := self.behind(snapshot)) or self._map.epoch < snapshot.epoch:
            late = deadline_s is not None and time.monotonic() > deadline_s
            with self._lock:
                if late or snapshot.epoch < self._map.epoch:
                    self._due = True
                    return left
                self._take_slice(snapshot)
        return 0

    def _take_slice(self, snapshot: Snapshot) -> None:
        first = len(self._frames) if snapshot.epoch == self._map.epoch else 0
        if snapshot.epoch != self._map.epoch and self._former is None:
            self._former = self._objects_now()
        stop = min(first + _SLICE, len(snapshot))
        if stop > first or snapshot.epoch != self._map.epoch:
            part = snapshot.first(stop)
            captions = self._mirror.captions(snapshot.keys[first:stop])
            self._frames.extend(part, captions)
            before = len(self._map.skipped) if part.epoch == self._map.epoch else 0
            self._map.update(self._frames.view(part))
            if len(self._map.skipped) > before:
                _LOG.warning('%s', self.message)
            self._frames.drop_read()
            self._taken = part
        if stop == len(snapshot) and self._former is not None:
            alive = self._map.table.alive
            self._map.renumber(*kept_slots(self._former, self._objects_now(), alive))
            self._former = None
        self._due = stop == len(snapshot)
        self._done = (snapshot.epoch, self._map.rows)

    def _objects_now(self) -> Former:
        """Return which sightings are of which object."""
        return Former(
            keys=self._taken.keys,
            starts=self._frames.view(self._taken).sighting_starts,
            objects=self._map.object_of_sighting.copy(),
            given=len(self._map.table),
        )

    def _publish(self) -> None:
        objects = self._map.view()
        objects.shared['snapshot'] = self._taken
        if self._correct is not None:
            frames = partial(self._frames.view, self._taken)
            objects = self._correct(objects, self._names, frames, self._taken)
        self._published = KeptObjects(
            names=self._names.view(),
            objects=objects,
            frames=self._frames.view(self._taken),
            mentioned=self._frames.mentioned,
            bare=self._frames.captioned == 0,
        )
        self._due = False  # last: without the lock, this says that the newest are published

    def kept(self) -> KeptObjects:
        """Return the newest names and objects."""
        if self._due or self._published is None:
            with self._lock:
                if self._due or self._published is None:
                    self._publish()
        assert self._published is not None
        return self._published
