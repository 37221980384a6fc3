"""
A bond with a lifecycle manager: each side tells by heartbeats that it lives, and hears the other.

The protocol is that of ``bond`` of ROS 2, as Nav2's nodes use it: both sides publish and hear
``bond/msg/Status`` on one topic, under one id, which is the name of the node. A side that has said
that it ends, or of which nothing comes for its timeout, has broken the bond; a new one begins with
the next activation.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import auto, Enum
import importlib
import importlib.util
import threading
import time
from typing import Any
import uuid

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy

__all__ = ['TOPIC', 'Bond', 'has_bond_messages']

TOPIC = 'bond'
#: How long the other side may take to come, and how long it may then be silent [s].
CONNECT_S, SILENCE_S = 10.0, 4.0
#: How long the farewell is waited for to arrive [s].
_FAREWELL_S = 1.0
_SENT = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
_HEARD = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


def has_bond_messages() -> bool:
    """Whether bonds can be formed: their messages are installed."""
    try:
        return importlib.util.find_spec('bond.msg') is not None
    except ModuleNotFoundError:
        return False


class _State(Enum):
    WAITING = auto()
    BONDED = auto()
    BROKEN = auto()


class Bond:
    """The node's side of a bond, from its making to ``close``; thread-safe."""

    def __init__(
        self,
        node: LifecycleNode,
        period_s: float,
        *,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send a heartbeat every ``period_s``; ``say`` is told when the other side is lost."""
        self._node, self._period_s = node, period_s
        self._say, self._clock = say, clock
        self._kind: Any = importlib.import_module('bond.msg').Status
        self._id, self._instance = node.get_name(), str(uuid.uuid4())
        self._other = ''
        self._state = _State.WAITING
        self._deadline = clock() + CONNECT_S
        self._lock = threading.Lock()
        group = MutuallyExclusiveCallbackGroup()
        self._publisher = node.create_publisher(self._kind, TOPIC, _SENT, callback_group=group)
        self._subscription = node.create_subscription(
            self._kind, TOPIC, self._hear, _HEARD, callback_group=group
        )
        # Steady time: hearts beat on while simulated time stands still.
        self._timer = node.create_timer(
            period_s,
            self._beat,
            callback_group=group,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def close(self) -> None:
        """Tell the other side that this one ends."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)
        with self._lock:
            broken, self._state = self._state is _State.BROKEN, _State.BROKEN
            if not broken:
                self._send(active=False)
        if not broken:
            self._publisher.wait_for_all_acked(Duration(seconds=_FAREWELL_S))
        self._node.destroy_publisher(self._publisher)

    def _beat(self) -> None:
        with self._lock:
            if self._state is _State.BROKEN:
                return
            if self._clock() < self._deadline:
                self._send(active=True)
                return
            lost, self._state = self._state is _State.BONDED, _State.BROKEN
        if lost:  # where nobody came, nobody wants a bond
            self._say(f'bond: the lifecycle manager was silent for {SILENCE_S:g} s')

    def _hear(self, msg: Any) -> None:
        if msg.id != self._id or msg.instance_id == self._instance:
            return
        with self._lock:
            if self._state is _State.BROKEN or msg.instance_id != (self._other or msg.instance_id):
                return
            first, self._other = not self._other, msg.instance_id
            self._state = _State.BONDED if msg.active else _State.BROKEN
            self._deadline = self._clock() + SILENCE_S
            if first or not msg.active:
                self._send(active=msg.active)
        if not msg.active:
            self._say('bond: the lifecycle manager ended it')

    def _send(self, *, active: bool) -> None:
        msg = self._kind(
            id=self._id,
            instance_id=self._instance,
            active=active,
            heartbeat_timeout=SILENCE_S,
            heartbeat_period=self._period_s,
        )
        msg.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(msg)
