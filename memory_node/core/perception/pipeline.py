"""
From topics to keyframes: pairing, the keyframe gate, the bounded queue, the workers.

Data flow::

    trigger -> waiting (pose, picture) -> gate -> queue (depth, camera_info) -> worker -> store

The trigger is the topic that makes a frame: ``image`` when the node describes pictures itself,
``detections`` or ``caption`` when someone else does, however late and however seldom. A callback
only appends and pairs; describing, encoding and storing happen in the workers, or in the thread of
a reader that has none (``work_off``). One lock guards all state and is never held while a worker
works. Waiting is limited by deadlines; a frame that leaves without being stored is counted under
the reason why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import threading
import time

from memory_node.core.config import IngestConfig, KeyframeConfig
from memory_node.core.errors import CaptionerError, InvalidObservationError, MemoryNodeError
from memory_node.core.perception.buffers import Buffers
from memory_node.core.perception.companions import Companions
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import (
    CameraPose,
    DepthPicture,
    PendingFrame,
    Picture,
    PoseSource,
)
from memory_node.core.perception.geometry import Intrinsics
from memory_node.core.perception.keyframes import KeyframeGate, KeyframeReason
from memory_node.core.perception.synchronizer import (
    Match,
    match,
    PoseStatus,
    StampedBuffer,
    StampOrder,
)
from memory_node.core.ports import Caption

__all__ = ['Outlets', 'Pipeline']

#: Frames that may wait for their pose, and pictures and depths kept for messages that arrive
#: later: two seconds of a 30 Hz camera.
CAPACITY = 64
_TICK_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Outlets:
    """Where the pipeline hands things on."""

    #: Describes and stores a keyframe; runs in a worker; raises typed errors.
    store: Callable[[PendingFrame], None]
    #: Told (topic, message) of every refusal.
    refuse: Callable[[str, str], None]
    #: Told of what is no typed error.
    bug: Callable[[BaseException], None]
    #: Which of ``image`` and ``depth`` somebody publishes now.
    published: Callable[[], frozenset[str]]


class Pipeline:
    """Pairs messages into frames, keeps the keyframes, feeds the workers."""

    def __init__(
        self,
        *,
        trigger: str,
        poses: PoseSource,
        counters: Counters,
        config: Callable[[], IngestConfig],
        keyframes: Callable[[], KeyframeConfig],
        outlets: Outlets,
        depth_is_registered: bool = False,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        """Make a pipeline at rest; ``start`` runs its workers, ``clock`` [s] its deadlines."""
        self._trigger = trigger
        self._poses = poses
        self._gate = KeyframeGate()
        self._keyframes = keyframes
        self._counters = counters
        self._config = config
        self._out = outlets
        self._clock = clock
        self._capacity = capacity
        self._waiting: deque[PendingFrame] = deque()
        self._queue: deque[PendingFrame] = deque()
        self._pictures: StampedBuffer[Picture] = StampedBuffer(capacity)
        self._picture_frame = ''
        self._companions = Companions(
            poses=poses,
            refuse=outlets.refuse,
            published=outlets.published,
            depth_is_registered=depth_is_registered,
            capacity=capacity,
        )
        held = (self._pictures, self._companions.depths, self._waiting, self._queue)
        self._buffers = Buffers(*held, counters=counters, refuse=outlets.refuse)
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self._working = 0
        self._stopping = False
        self._draining = False

    @property
    def queue_length(self) -> int:
        """Keyframes that are not stored yet: waiting, or in a worker's hands."""
        with self._lock:
            return len(self._queue) + self._working

    @property
    def stopping(self) -> bool:
        """Whether what is not stored by now is given up."""
        return self._stopping

    def start(self, workers: int) -> None:
        """Run ``workers`` threads; with more than one, keyframes may be stored out of order."""
        self._stopping = self._draining = False
        for i in range(workers):
            thread = threading.Thread(target=self._work, name=f'ingest-{i}', daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, drain_s: float) -> None:
        """Store what waits for at most ``drain_s``, count the rest as dropped, end the workers."""
        with self._ready:
            self._draining = True
            self._settle()
            self._ready.notify_all()
            self._ready.wait_for(lambda: not self._queue and not self._working, drain_s)
            self._stopping = True
            self._counters.count('frames_dropped', len(self._queue))
            self._queue.clear()
            self._waiting.clear()
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(timeout=drain_s + 1.0)
        self._threads.clear()

    # What the topics bring

    def image(self, stamp_ns: int, frame_id: str, picture: Picture) -> None:
        """Take a colour picture."""
        with self._ready:
            if not self._kept(self._pictures.add(stamp_ns, picture), 'image'):
                return
            self._picture_frame = frame_id
            if self._trigger == 'image':
                frame = self._frame(stamp_ns, frame_id)
                frame.picture = picture
                self._enter(frame)
            else:
                self._settle()
            self._buffers.fit(self._config().buffer_mb << 20, self._slop_ns)

    def depth(self, stamp_ns: int, picture: DepthPicture) -> None:
        """Take a depth picture, decoded by the worker if at all."""
        with self._ready:
            if self._kept(self._companions.add_depth(stamp_ns, picture), 'depth'):
                self._companions.attach_depth(self._queue, self._slop_ns)
                self._buffers.fit(self._config().buffer_mb << 20, self._slop_ns)
                self._ready.notify()

    def camera_info(self, intrinsics: Intrinsics) -> None:
        """Take the calibration of the colour camera."""
        with self._ready:
            self._companions.intrinsics = intrinsics

    def depth_camera_info(self, intrinsics: Intrinsics) -> None:
        """Take the calibration of the depth camera, where it is another."""
        with self._ready:
            self._companions.depth_intrinsics = intrinsics

    def described(self, stamp_ns: int, frame_id: str, caption: Caption) -> None:
        """
        Take what an outside captioner says about the picture of that stamp.

        ``frame_id`` is its camera's, for where no picture tells: boxes are those of the picture.
        """
        with self._ready:
            self._enter(self._frame(stamp_ns, self._picture_frame or frame_id, caption))

    def moved(self) -> None:
        """Look at the waiting frames again: a pose has come."""
        with self._ready:
            self._settle()

    def _kept(self, order: StampOrder, topic: str) -> bool:
        if order is StampOrder.SUSPECT:
            self._out.refuse(topic, 'stamp jumped back')
        elif order is StampOrder.RESET:
            self._out.refuse(topic, 'stamp jumped back for good: time starts anew')
        return order is not StampOrder.SUSPECT

    # Waiting frames, under the lock

    def _frame(self, stamp_ns: int, frame_id: str, caption: Caption | None = None) -> PendingFrame:
        deadline = self._clock() + self._config().companion_timeout_s
        return PendingFrame(
            stamp_ns=stamp_ns, frame_id=frame_id, deadline=deadline, caption=caption
        )

    def _enter(self, frame: PendingFrame) -> None:
        if len(self._waiting) >= self._capacity:
            self._waiting.popleft()
            self._unpaired('no pose while newer frames came')
        self._waiting.append(frame)
        self._buffers.attach(self._slop_ns)
        self._settle()

    def _settle(self) -> None:
        """Let every frame through the gate whose pose and picture are known, in order."""
        now = self._clock()
        while self._waiting:
            frame = self._waiting[0]
            late = self._draining or now >= frame.deadline
            if not self._complete(frame, late):
                return
            self._waiting.popleft()
            if frame.camera is not None:
                self._consider(frame, frame.camera)

    def _complete(self, frame: PendingFrame, late: bool) -> bool:
        """Look for pose and picture; False while one of them may still come."""
        if frame.camera is None:
            try:
                found = self._poses.at(frame.stamp_ns, frame.frame_id, late=late)
            except InvalidObservationError as error:  # transforms that lead out of this world
                self._unpaired(str(error))
                return True
            if isinstance(found, CameraPose):
                frame.camera = found
            elif not late and found in (PoseStatus.PENDING, PoseStatus.EMPTY):
                return False
            else:
                why = '' if found in _TIMING else f': {self._poses.missing()}'
                self._unpaired(_NO_POSE[found] + why)
                return True
        if frame.picture is None:
            picture = match(self._pictures, frame.stamp_ns, self._slop_ns, late=late)
            if not isinstance(picture, Match):
                frame.picture = picture.item
            elif picture is Match.WAIT and 'image' in self._out.published():
                return False
            else:
                self._buffers.missed(frame.stamp_ns)
        return True

    def _consider(self, frame: PendingFrame, camera: CameraPose) -> None:
        preview = frame.picture.preview if frame.picture is not None else None
        self._gate.config = self._keyframes()
        try:
            decision = self._gate.consider(frame.stamp_ns, camera.map_T_base, preview)
        except InvalidObservationError as error:
            self._out.refuse('image', str(error))
            return
        if decision.reason is KeyframeReason.STALE:
            self._out.refuse(self._trigger, 'stamp before that of an earlier frame')
        elif not decision.keep:
            self._counters.count('frames_gated')
        else:
            self._counters.count('keyframes')
            self._queue.append(frame)
            self._companions.attach_depth(self._queue, self._slop_ns)
            while len(self._queue) > self._config().queue_size:
                self._queue.popleft()
                self._counters.count('frames_dropped')
            self._ready.notify()

    def _unpaired(self, why: str) -> None:
        self._counters.count('frames_unpaired')
        self._out.refuse(self._trigger, why)

    @property
    def _slop_ns(self) -> int:
        return int(self._config().pairing_slop_s * 1e9)

    # Workers

    def work_off(self, *, last: bool = False) -> None:
        """Store every keyframe that is ready, in this thread; ``last``: nothing more will come."""
        self._draining = self._draining or last
        while True:
            with self._ready:
                self._settle()
                if not self._head_is_ready():
                    return
                frame = self._queue.popleft()
            self._store(frame)

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._stopping and not self._head_is_ready():
                    self._ready.wait(_TICK_S)
                    self._settle()
                if self._stopping:
                    return
                frame = self._queue.popleft()
                self._working += 1
            try:
                self._store(frame)
            finally:
                with self._ready:
                    self._working -= 1
                    self._ready.notify_all()

    def _head_is_ready(self) -> bool:
        """Give the oldest keyframe its depth and calibration; False while they may still come."""
        if not self._queue:
            return False
        frame = self._queue[0]
        late = self._draining or self._clock() >= frame.deadline
        return self._companions.complete(frame, self._slop_ns, late=late)

    def _store(self, frame: PendingFrame) -> None:
        if frame.depth is not None:
            frame.depth_camera = self._companions.depth_camera(frame, frame.depth)
        self._companions.place(frame)
        try:
            self._out.store(frame)
        except CaptionerError as error:
            self._counters.count('captioner_failures')
            self._out.refuse('captioner', str(error))
        except MemoryNodeError as error:
            self._out.refuse(self._trigger, str(error))
        except Exception as error:  # noqa: BLE001  a bug must not end the worker
            self._out.bug(error)


_NO_POSE = {
    PoseStatus.PENDING: 'no pose as new as the frame within ingest.companion_timeout_s',
    PoseStatus.EMPTY: 'no pose received within ingest.companion_timeout_s',
    PoseStatus.GAP: 'frame within a gap of the poses longer than ingest.odometry_gap_s',
    PoseStatus.EXPIRED: 'frame older than every pose',
}
#: Poses come, but not for this frame.
_TIMING = (PoseStatus.GAP, PoseStatus.EXPIRED)
