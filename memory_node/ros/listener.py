"""Subscriptions whose messages are checked before anybody reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import threading
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.timer import Timer

from memory_node.core.config import IngestConfig
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception.descriptions import header_of
from memory_node.core.perception.messages import stamp_ns
from memory_node.ros import qos

__all__ = ['Listener']

#: How often it is looked for publishers that latch [s].
_LATCHED_PERIOD_S = 0.5
#: A clock past this has begun: a stamp of zero is none then [ns].
_STARTED_NS = 10 * 10**9


class Listener:
    """Makes subscriptions, refuses stamps that can not be, and ends them all."""

    def __init__(
        self,
        node: LifecycleNode,
        *,
        config: Callable[[], IngestConfig],
        heard: Callable[[str], None],
        refuse: Callable[[str, str], None],
        bug: Callable[[BaseException], None],
    ) -> None:
        """Listen to nothing yet; ``heard`` is told the topic of everything that comes."""
        self._node = node
        self._config = config
        self._heard = heard
        self._refuse = refuse
        self._bug = bug
        self._subscriptions: list[Any] = []
        #: What subscribes to what is latched, by topic, where nobody latches anything yet.
        self._unlatched: dict[str, Callable[[], Any]] = {}
        self._looking: Timer | None = None
        self._lock = threading.Lock()

    @property
    def topics(self) -> dict[str, str]:
        """Topics that are heard, each with its reliability."""
        return {
            s.topic_name: s.qos_profile.reliability.name.lower().replace('_', ' ')
            for s in self._subscriptions
        }

    def close(self) -> None:
        """Unsubscribe."""
        if self._looking is not None:
            self._node.destroy_timer(self._looking)
        with self._lock:
            self._unlatched.clear()
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def unchecked(
        self,
        group: CallbackGroup,
        kind: type,
        topic: str,
        handler: Callable[[Any], None],
        profile: QoSProfile,
    ) -> None:
        """Subscribe to messages without a header of their own."""

        def receive(msg: Any) -> None:
            self._heard(topic)
            handler(msg)

        self._subscriptions.append(
            self._node.create_subscription(kind, topic, receive, profile, callback_group=group)
        )

    def listen(
        self,
        group: CallbackGroup,
        kind: type,
        topic: str,
        handler: Callable[[int, Any], None],
        profile: QoSProfile,
        *,
        stamped: bool = True,
    ) -> None:
        """Call ``handler`` with each message and its stamp [ns], which matters if ``stamped``."""
        self._subscriptions.append(
            self._node.create_subscription(
                kind,
                topic,
                self._bounded(topic, handler, stamped=stamped),
                profile,
                callback_group=group,
                qos_overriding_options=qos.overridable(),
            )
        )

    def listen_latched(
        self,
        group: CallbackGroup,
        kind: type,
        topic: str,
        handler: Callable[[int, Any], None],
    ) -> None:
        """
        Hear what was latched, once somebody latches something, beside what ``listen`` hears.

        A subscription that asks for it makes other publishers warn of a quality of service that
        does not fit, as if nobody heard them.
        """
        self._unlatched[topic] = partial(
            self._node.create_subscription,
            kind,
            topic,
            self._bounded(topic, handler, stamped=False),
            qos.LATCHED,
            callback_group=group,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
        )
        if self._looking is None:
            self._looking = self._node.create_timer(
                _LATCHED_PERIOD_S,
                self._look_for_latched,
                callback_group=group,
                clock=Clock(clock_type=ClockType.STEADY_TIME),
            )
        self._looking.reset()

    def _look_for_latched(self) -> None:
        with self._lock:
            for topic, subscribe in tuple(self._unlatched.items()):
                publishers = self._node.get_publishers_info_by_topic(topic)
                offered = {publisher.qos_profile.durability for publisher in publishers}
                if DurabilityPolicy.TRANSIENT_LOCAL in offered:
                    del self._unlatched[topic]
                    self._subscriptions.append(subscribe())
            if not self._unlatched and self._looking is not None:
                self._looking.cancel()

    def _bounded(
        self, topic: str, handler: Callable[[int, Any], None], *, stamped: bool
    ) -> Callable[[Any], None]:
        """Wrap a handler: refuse stamps that cannot be, count what it refuses."""

        def receive(msg: Any) -> None:
            self._heard(topic)
            try:
                at_ns = stamp_ns(header_of(msg).stamp)
                now_ns = self._node.get_clock().now().nanoseconds
                if stamped and at_ns == 0 and now_ns > _STARTED_NS:
                    self._refuse(topic, 'header.stamp is zero: its publisher sets none')
                elif stamped and self._is_future(at_ns):
                    ahead_s = (at_ns - now_ns) * 1e-9
                    self._refuse(topic, f'header.stamp is in the future, got {ahead_s:.3f} s')
                else:
                    handler(at_ns, msg)
            except MemoryNodeError as error:
                self._refuse(topic, str(error))
            except Exception as error:  # noqa: BLE001  a bug must not stop the executor
                self._bug(error)

        return receive

    def _is_future(self, stamp_ns: int) -> bool:
        now_ns = self._node.get_clock().now().nanoseconds
        if now_ns == 0:  # simulated time whose /clock has not come yet: nothing to compare with
            return False
        return bool(stamp_ns > now_ns + self._config().future_tolerance_s * 1e9)
