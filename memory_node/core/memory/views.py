"""What questions are answered from: objects, rooms and observations of one moment."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from memory_node.core.objects.keeper import ObjectKeeper
from memory_node.core.rooms.keeper import RoomKeeper
from memory_node.core.store.repository import Mirror
from memory_node.core.view import View

__all__ = ['Views']


class Views:
    """Puts views together; the newest is handed out again until something has changed."""

    def __init__(
        self,
        mirror: Mirror,
        objects: ObjectKeeper,
        rooms: RoomKeeper,
        recorrected: Callable[[], None],
    ) -> None:
        """Look at what follows ``mirror``; ``recorrected`` takes over what others corrected."""
        self._mirror = mirror
        self._objects = objects
        self._rooms = rooms
        self._recorrected = recorrected
        self._newest: View | None = None
        #: What is handed out while observations are being evicted.
        self._held: View | None = None

    def hold(self, patience_s: float) -> None:
        """
        Hand out the view as it is now, until ``settled`` or ``release``.

        Whoever evicts calls it first, and deletes nothing from the disk before.
        """
        self._held = None
        self._held = self.view(patience_s)

    def release(self) -> None:
        """Hand out what is there now: somebody corrects, moves or forgets."""
        self._held = None

    @property
    def settled(self) -> bool:
        """Whether objects and rooms are of what is held now."""
        snapshot = self._mirror.snapshot()
        if not len(snapshot):
            return True
        return not self._objects.behind(snapshot) and self._rooms.fits(snapshot.epoch)

    def view(self, patience_s: float) -> View:
        """Return the memory as it is now; waits for what is being made, but no longer."""
        if self._mirror.store.read_only:
            self._recorrected()
        held = self._held
        if held is not None:
            if not self.settled:
                return held
            self._held = None
        deadline = time.monotonic() + patience_s
        while True:
            behind = self._objects.catch_up(self._mirror.snapshot(), deadline)
            known = self._objects.kept()
            left = max(0.0, deadline - time.monotonic())
            rooms = self._rooms.kept(known.objects.epoch, left)
            # Taken last, so that it holds every observation that objects and rooms speak of.
            snapshot = self._mirror.snapshot()
            if known.objects.epoch == snapshot.epoch == rooms.epoch:
                break
            if not left:  # observations are removed faster than rooms are made
                snapshot = known.objects.shared['snapshot']
                break
        parts: dict[str, Any] = {
            'snapshot': snapshot,
            'names': known.names,
            'objects': known.objects,
            'rooms': rooms.rooms,
            'room_object_ids': rooms.object_ids,
            'room_names': rooms.names,
            'room_name_ids': rooms.name_ids,
            'room_notes': rooms.told.notes,
            'spots': rooms.told.spots,
        }
        view = self._newest
        if view is None or view.behind != behind or not view.holds(parts):
            view = View(**parts, bare_labels=known.bare, behind=behind)
            self._newest = view
        return view
