"""The rooms of a memory as arrays: where they are, what they are called, what is next to them."""

from __future__ import annotations

from dataclasses import dataclass
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from memory_node.core.errors import IndexDamagedError
from memory_node.core.rooms.views import IntArray, RealArray
from memory_node.core.store.files import DAMAGED_ARCHIVE

__all__ = ['Rooms']

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """
    R rooms over N views and O objects; immutable, so any thread may read it.

    Two rooms of one kind are two rooms. Every answer is a look-up of arrays.
    """

    #: (N,) store key of each view.
    keys: IntArray
    #: (N,) room of each view, -1 for none.
    room_of_row: NDArray[np.int32]
    #: (O,) room of each object, -1 for none.
    room_of_object: NDArray[np.int32]
    #: (R,) numbers that a room keeps from one update to the next.
    ids: IntArray
    #: (R,) best name of each room, '' where neither captions nor contents tell.
    names: tuple[str, ...]
    #: (R,) log-odds that the best name is right.
    confidences: RealArray
    #: (R,) whether captions say the best name; else contents suggest it.
    named: NDArray[np.bool_]
    #: (K,) kinds of the vocabulary, and (R, K) log-odds that each room is of each.
    kinds: tuple[str, ...]
    kind_scores: NDArray[np.float32]
    #: (A,) names as captions say them, and (R, A) votes for each.
    said: tuple[str, ...]
    said_votes: NDArray[np.float32]
    #: (R,) map of each room.
    maps: NDArray[np.int32]
    #: (R, 3) mean position of the views [m]; NaN where no position is known.
    centers: RealArray
    #: (R,) view that stands well inside each room.
    representatives: IntArray
    #: (R + 1,) room r has the views ``rows[row_starts[r]:row_starts[r + 1]]``.
    row_starts: IntArray
    rows: IntArray
    #: Links that cross: room r touches ``near_rooms[near_starts[r]:near_starts[r + 1]]``.
    near_starts: IntArray
    near_rooms: IntArray
    near_links: RealArray

    def __len__(self) -> int:
        """Return the number of rooms."""
        return len(self.ids)

    def rows_of(self, room: int) -> IntArray:
        """Return the views of one room."""
        return self.rows[self.row_starts[room] : self.row_starts[room + 1]]

    def neighbors(self, room: int) -> tuple[IntArray, RealArray]:
        """Return the rooms next to one, and how many links cross to each."""
        at = slice(int(self.near_starts[room]), int(self.near_starts[room + 1]))
        return self.near_rooms[at], self.near_links[at]

    @property
    def adjacency(self) -> csr_array:
        """(R, R) number of links that cross from room to room."""
        shape = (len(self), len(self))
        return csr_array((self.near_links, self.near_rooms, self.near_starts), shape, copy=True)

    def to_bytes(self) -> bytes:
        """Return these rooms as an npz archive without pickled objects."""
        arrays: dict[str, Any] = {'format': np.array(_FORMAT)}
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, tuple):  # text as UTF-8, so that no array holds objects
                value = np.frombuffer(json.dumps(value).encode(), np.uint8)
            arrays[name] = value
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Rooms:
        """
        Return the rooms that ``to_bytes`` made these bytes of.

        Raises
        ------
        IndexDamagedError
            The bytes are damaged or of another version.

        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                if int(arrays['format']) != _FORMAT:
                    raise IndexDamagedError(f'expected format {_FORMAT}, got {arrays["format"]}')
                found: dict[str, Any] = {name: arrays[name] for name in cls.__slots__}
            for name in ('names', 'kinds', 'said'):
                found[name] = tuple(json.loads(found[name].tobytes()))
            rooms = cls(**found)
            rooms._check()
        except DAMAGED_ARCHIVE as error:
            raise IndexDamagedError(f'no rooms can be read: {error}') from error
        return rooms

    def _check(self) -> None:
        """Raise ``ValueError`` where arrays disagree, so that no look-up can fail later."""
        count = len(self.ids)
        if {len(self.names), len(self.maps), len(self.centers), len(self.named)} - {count}:
            raise ValueError('arrays of rooms disagree in length')
        if self.kind_scores.shape != (count, len(self.kinds)):
            raise ValueError('scores of kinds have a wrong shape')
        if self.said_votes.shape != (count, len(self.said)):
            raise ValueError('votes for names have a wrong shape')
        if {len(self.row_starts), len(self.near_starts)} - {count + 1}:
            raise ValueError('starts have a wrong length')
        if len(self.rows) != self.row_starts[-1] or len(self.near_rooms) != self.near_starts[-1]:
            raise ValueError('starts do not fit what they index')
        for some in (self.room_of_row, self.room_of_object, self.near_rooms):
            if len(some) and not -1 <= some.min() <= some.max() < count:
                raise ValueError('a room is out of range')
