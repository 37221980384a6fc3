"""Listens to topics for a while, whatever their types: stamps, frames and what is lost."""

from __future__ import annotations

from collections.abc import Iterator
import struct
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from memory_node.core.perception.loss import arrivals
from memory_node.interchange.findings import BAD, Finding, HINT, OK
from memory_node.ros.diagnostics import LOSS
from memory_node.ros.qos import PROFILE, VARIABLE

__all__ = ['PICTURES', 'Ear']

#: Any publisher is heard by this one.
_ANY = QoSProfile(
    depth=200,
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
)
#: A stamp this far behind is of another clock, or of a slow way [s].
_OLD_S = 2.0
#: Clocks of two machines may differ by this [s].
_AHEAD_S = 0.5
PICTURES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
_MEND_LOSS = f'start its publisher with {VARIABLE}={PROFILE}, or use compressed pictures'


class Ear:
    """Hears one topic whose messages begin with a header, without unpacking them."""

    def __init__(self, node: Node, topic: str, kind: type, type_name: str) -> None:
        """Begin to listen."""
        self.topic, self.type_name = topic, type_name
        self._node, self._began_s = node, time.monotonic()
        self.stamps: list[int] = []
        self.frames: set[str] = set()
        #: Age of each message when it came [s].
        self.ages_s: list[float] = []
        self._subscription = node.create_subscription(kind, topic, self._hear, _ANY, raw=True)

    def _hear(self, packed: Any) -> None:
        header = _header(bytes(packed[:512]))
        if header is None:
            return
        stamp_ns, frame_id = header
        self.stamps.append(stamp_ns)
        self.frames.add(frame_id)
        self.ages_s.append((self._node.get_clock().now().nanoseconds - stamp_ns) * 1e-9)

    def findings(self, *, simulated: bool, needed: bool) -> Iterator[Finding]:
        """
        Tell what was heard since.

        Stamps of simulated time are not compared; silence is bad where the topic is ``needed``.
        """
        count, seconds = len(self.stamps), time.monotonic() - self._began_s
        if not count:
            yield self._say(
                BAD if needed else HINT,
                f'it has publishers, but nothing came in {seconds:.1f} s',
                'is its publisher running and active, and are DDS packets let through?',
            )
            return
        frames = ' and '.join(sorted(map(repr, self.frames)))
        yield self._say(OK, f'{count / seconds:.1f} Hz, frame {frames}')
        if self.type_name in PICTURES and '' in self.frames:
            yield self._say(
                HINT, 'header.frame_id is empty', 'set it at its publisher, or set camera.frame'
            )
        yield from self._loss()
        if 0 in self.stamps:
            yield self._say(
                BAD, 'header.stamp is zero', 'let its publisher stamp messages when they are taken'
            )
        elif not simulated:
            yield from self._clock()

    def _loss(self) -> Iterator[Finding]:
        came = arrivals(self.stamps) if self.type_name in PICTURES else None
        if came is not None and came.share >= LOSS:
            rate = 1.0 / came.period_s
            found = f'{came.lost} of {came.sent} pictures are lost ({rate:.0f} Hz by their stamps)'
            yield self._say(BAD, found, _MEND_LOSS)

    def _clock(self) -> Iterator[Finding]:
        ages = sorted(self.ages_s)
        age_s = ages[len(ages) // 2]
        if age_s < -_AHEAD_S:
            yield self._say(
                BAD,
                f'stamps are {-age_s:.2f} s in the future of this clock',
                'synchronise the clocks of robot and sensors (chrony), or set use_sim_time where'
                ' a simulator or bag gives the time',
            )
        elif age_s > _OLD_S:
            yield self._say(
                BAD if age_s > 60.0 else HINT,
                f'stamps are {age_s:.1f} s old when they come',
                'synchronise the clocks (chrony); for a recording set use_sim_time and play it'
                ' with --clock',
            )

    def _say(self, level: str, found: str, mend: str = '') -> Finding:
        return Finding(level=level, about=self.topic, found=found, mend=mend)


def _header(packed: bytes) -> tuple[int, str] | None:
    """Return stamp [ns] and frame of a message that begins with a header, as CDR packs it."""
    order = '<' if packed[1:2] == b'\x01' else '>'
    try:
        sec, nanosec, length = struct.unpack_from(f'{order}iII', packed, 4)
    except struct.error:
        return None
    name = packed[16 : 16 + max(0, length - 1)].decode(errors='replace')
    return sec * 10**9 + nanosec, name
