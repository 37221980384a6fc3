"""Pictures and depth that wait, bounded by bytes: which of them leaves first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import DepthPicture, PendingFrame, Picture
from memory_node.core.perception.synchronizer import Match, match, StampedBuffer

__all__ = ['Buffers']

_FULL = 'ingest.buffer_mb is used up'


class Buffers:
    """
    What a pipeline holds, and how much memory it takes. Not thread-safe.

    Pictures and depth are kept for messages that may come; frames wait for their pose, keyframes
    for a worker. One picture is often in several of these and counts once.
    """

    def __init__(
        self,
        pictures: StampedBuffer[Picture],
        depths: StampedBuffer[DepthPicture],
        waiting: deque[PendingFrame],
        queue: deque[PendingFrame],
        *,
        counters: Counters,
        refuse: Callable[[str, str], None],
    ) -> None:
        """Watch what others fill; what is lost is counted, and told with its topic."""
        self._pictures, self._depths = pictures, depths
        self._waiting, self._queue = waiting, queue
        self._counters, self._refuse = counters, refuse
        self._gone_ns = 0  # newest stamp of a picture that had to leave

    def nbytes(self) -> int:
        """Return how much memory pictures and depth take."""
        held: dict[int, int] = {}
        for buffer in (self._pictures, self._depths):
            held.update((id(s.item), s.item.nbytes) for s in buffer)
        for frame in (*self._waiting, *self._queue):
            for picture in (frame.picture, frame.depth):
                if picture is not None:
                    held[id(picture)] = picture.nbytes
        return sum(held.values())

    def attach(self, slop_ns: int) -> None:
        """Give frames that wait for their pose what belongs to them, while it is there."""
        for frame in self._waiting:
            if frame.picture is None:
                picture = match(self._pictures, frame.stamp_ns, slop_ns, late=False)
                frame.picture = None if isinstance(picture, Match) else picture.item
            if frame.depth is None:
                depth = match(self._depths, frame.stamp_ns, slop_ns, late=False)
                frame.depth = None if isinstance(depth, Match) else depth.item

    def missed(self, stamp_ns: int) -> None:
        """Tell of a frame that found no picture, where that one had to leave."""
        if stamp_ns <= self._gone_ns:
            self._refuse('image', f'left before what describes it came: {_FULL}')

    def fit(self, limit: int, slop_ns: int) -> None:
        """Let the oldest go until the rest takes at most ``limit`` bytes; the newest stay."""
        self.attach(slop_ns)
        while self.nbytes() > limit:
            if len(self._pictures) > 1 or len(self._depths) > 1:
                self._let_go()
            elif len(self._queue) > 1:
                self._queue.popleft()
                self._lost('frames_dropped')
            elif len(self._waiting) > 1:
                self._waiting.popleft()
                self._lost('frames_unpaired')
            else:
                return

    def _let_go(self) -> None:
        """Drop the oldest picture or depth, whichever there is more of."""
        if len(self._pictures) >= len(self._depths):
            self._gone_ns = self._pictures.drop_oldest()
        else:
            self._depths.drop_oldest()

    def _lost(self, count: str) -> None:
        self._counters.count(count)
        self._refuse('image', f'frame dropped: {_FULL}')
